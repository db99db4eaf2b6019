"""The kernel's counters of the container that this process runs in: memory and CPU time.

Sources: https://docs.kernel.org/admin-guide/cgroup-v2.html and, for version 1,
https://docs.kernel.org/admin-guide/cgroup-v1/memory.html; nodes have either. Nothing here raises: what cannot
be read is ``None`` or 0.
"""

from __future__ import annotations

import os
import resource
from pathlib import Path
from typing import NamedTuple

_KIB = 1024
_UNLIMITED = 2**62
"""Version 1 reports the absence of a limit as the largest number of pages, some bytes below 2**63."""


class Counters(NamedTuple):
    """The counters of a container, from its start to now.

    Attributes:
        memory_peak: The most memory that the container has had at once, in bytes, page cache included; where
            the kernel does not count that (version 2 before Linux 5.19), the most that is known.
        is_peak_counted: Whether the kernel counted it.
        memory_cache: The part of the container's memory that is page cache of files, now, in bytes.
        memory_resident: The most memory that any one process has had, in bytes.
        memory_limit: The limit of the container's memory, in bytes; ``None`` if there is none.
        oom_kills: How many processes the kernel killed because the limit was reached.
        cpu_seconds: CPU time; ``None`` if it is not known.
        cpu_limit: The limit of the container's CPU time, in cores; ``None`` if there is none.
        seconds: How long the container has run.
    """

    memory_peak: int
    is_peak_counted: bool
    memory_cache: int
    memory_resident: int
    memory_limit: int | None
    oom_kills: int
    cpu_seconds: float | None
    cpu_limit: float | None
    seconds: float


class _Group(NamedTuple):
    """The content of a cgroup's files, of either version; ``None`` where a file cannot be read."""

    folder: Path
    peak: int | None
    current: int | None
    cache: int
    limit: int | None
    oom_kills: int
    cpu_seconds: float | None
    cpu_limit: float | None


def read_counters(root: Path = Path("/")) -> Counters | None:
    """Read the counters of this process's container.

    Args:
        root: The root of the file system with ``/proc`` and ``/sys``.

    Returns:
        The counters; ``None`` where there is no container, or its memory is not known.
    """
    paths = _controllers(root)
    group = _read_version_1(root, paths) if "memory" in paths else _read_version_2(root, paths.get("", "/"))
    if group.current is None:
        return None
    resident = _read_resident(root)
    return Counters(
        memory_peak=max(group.current, resident) if group.peak is None else group.peak,
        is_peak_counted=group.peak is not None,
        memory_cache=group.cache,
        memory_resident=resident,
        memory_limit=group.limit,
        oom_kills=group.oom_kills,
        cpu_seconds=group.cpu_seconds,
        cpu_limit=group.cpu_limit,
        seconds=_read_age(root, group.folder),
    )


def _controllers(root: Path) -> dict[str, str]:
    """Read this process's cgroup for each controller; that of version 2 has the name ``""``."""
    lines = [line.split(":", 2) for line in _text(root / "proc/self/cgroup").splitlines()]
    return {name: line[-1] for line in lines for names in line[1:2] for name in names.split(",")}


def _read_version_1(root: Path, paths: dict[str, str]) -> _Group:
    memory, accounting, cpu = (
        _folder(root / "sys/fs/cgroup" / name, paths.get(name, "/")) for name in ("memory", "cpuacct", "cpu")
    )
    statistics = _table(memory / "memory.stat")
    limit = _number(memory / "memory.limit_in_bytes")
    nanoseconds = _number(accounting / "cpuacct.usage")
    quota, period = _number(cpu / "cpu.cfs_quota_us"), _number(cpu / "cpu.cfs_period_us")
    return _Group(
        folder=memory,
        peak=_number(memory / "memory.max_usage_in_bytes"),
        current=_number(memory / "memory.usage_in_bytes"),
        cache=statistics.get("total_active_file", 0) + statistics.get("total_inactive_file", 0),
        limit=None if limit is None or limit >= _UNLIMITED else limit,
        oom_kills=_table(memory / "memory.oom_control").get("oom_kill", 0),
        cpu_seconds=None if nanoseconds is None else nanoseconds / 1e9,
        cpu_limit=quota / period if quota and period and quota > 0 else None,
    )


def _read_version_2(root: Path, path: str) -> _Group:
    folder = _folder(root / "sys/fs/cgroup", path)
    statistics = _table(folder / "memory.stat")
    microseconds = _table(folder / "cpu.stat").get("usage_usec")
    quota, _, period = _text(folder / "cpu.max").strip().partition(" ")
    return _Group(
        folder=folder,
        peak=_number(folder / "memory.peak"),
        current=_number(folder / "memory.current"),
        cache=statistics.get("active_file", 0) + statistics.get("inactive_file", 0),
        limit=_number(folder / "memory.max"),
        oom_kills=_table(folder / "memory.events").get("oom_kill", 0),
        cpu_seconds=None if microseconds is None else microseconds / 1e6,
        cpu_limit=int(quota) / int(period) if quota.isdecimal() and period.isdecimal() else None,
    )


def _folder(mount: Path, path: str) -> Path:
    """Find a cgroup below a mount; in a container, the mount itself is usually the container's own cgroup.

    The root cgroup of version 1 has counters, too, but they are the machine's and not a container's. It alone
    has a file ``release_agent``; the path of that file is returned, below which no counter is found.
    """
    folder = mount / path.lstrip("/")
    found = folder if ".." not in folder.parts and folder.is_dir() else mount
    agent = found / "release_agent"
    return agent if agent.exists() else found


def _read_resident(root: Path) -> int:
    """Read the most memory that this process had, or any process that it started and that has ended."""
    own = _table(root / "proc/self/status").get("VmHWM:", 0)
    return _KIB * max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)


def _read_age(root: Path, folder: Path) -> float:
    """Compute how long ago the oldest of a cgroup's processes was started, in seconds."""
    now = float(_text(root / "proc/uptime").partition(" ")[0] or 0)
    ticks = [_start_of(root, process) for process in _text(folder / "cgroup.procs").split()]
    started = min((tick for tick in ticks if tick is not None), default=_start_of(root, "self"))
    return now - (started or 0) / os.sysconf("SC_CLK_TCK")


def _start_of(root: Path, process: str) -> int | None:
    """Read when a process was started, in clock ticks since the machine was."""
    # The second field is the program's name in parentheses, and may contain spaces and parentheses itself.
    fields = _text(root / "proc" / process / "stat").rpartition(")")[2].split()
    return int(fields[19]) if fields else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def _number(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if text.lstrip("-").isdecimal() else None


def _table(path: Path) -> dict[str, int]:
    """Read lines that hold a name and an integer."""
    rows = [line.split() for line in _text(path).splitlines()]
    return {row[0]: int(row[1]) for row in rows if len(row) > 1 and row[1].isdecimal()}
