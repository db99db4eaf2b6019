"""A cgroup that a test makes, as a kubelet makes one for a container; root may, where the machine lets it.

What a machine gives differs: cgroups of version 1 or 2, writable or not. Where none can be made, the tests
run their processes where they are, ask for less, and say so.
"""

from __future__ import annotations

import os
import shlex
import signal
import time
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

REPORT: set[str] = set()
"""Lines for the end of this test run's report."""

MOUNT = Path("/sys/fs/cgroup")
PERIOD = 100_000


@frozen
class OwnCgroup:
    """A cgroup of the test's own.

    Attributes:
        version: 1 or 2; 0 if none can be made, and processes stay where they are.
        folders: Its folder for each controller of version 1, or the one of version 2.
    """

    version: int
    folders: tuple[Path, ...] = ()

    def enter(self, command: list[str]) -> list[str]:
        """Give a command that runs a command inside."""
        joins = [f"echo $$ > {shlex.quote(str(folder / 'cgroup.procs'))}" for folder in self.folders]
        return ["/bin/sh", "-c", "\n".join(["set -e", *joins, 'exec "$@"']), "sh", *command]

    def read_peak(self) -> int:
        """Read the most memory that all of its processes have had at once."""
        name = "memory.max_usage_in_bytes" if self.version == 1 else "memory.peak"
        return int((self.folders[0] / name).read_text())

    def read_held(self) -> int:
        """Read what its processes hold now, by their own page tables, and its page cache."""
        held = 0
        for process in (self.folders[0] / "cgroup.procs").read_text().split():
            with suppress(OSError):  # it has ended
                table = _table(Path("/proc", process, "smaps_rollup"))
                held += 1024 * (table["Pss_Anon:"] + table["Pss_Shmem:"])
        statistics = _table(self.folders[0] / "memory.stat")
        lists = (
            ("total_active_file", "total_inactive_file")
            if self.version == 1
            else ("active_file", "inactive_file")
        )
        return held + sum(statistics[name] for name in lists)

    def _limit(self, memory: int, cpu: float) -> None:
        quota = round(cpu * PERIOD)
        if self.version == 1:
            (self.folders[0] / "memory.limit_in_bytes").write_text(str(memory))
            (self.folders[2] / "cpu.cfs_quota_us").write_text(str(quota))
        else:
            (self.folders[0] / "memory.max").write_text(str(memory))
            (self.folders[0] / "cpu.max").write_text(f"{quota} {PERIOD}")


@contextmanager
def make_cgroup(memory: int | None = None, cpu: float | None = None) -> Iterator[OwnCgroup]:
    """Make a cgroup, and take it away.

    Args:
        memory: Its limit in bytes, with that of CPU.
        cpu: Its limit in cores.
    """
    with suppress(OSError):
        (MOUNT / "cgroup.subtree_control").write_text("+memory +cpu")
    version = 1 if (MOUNT / "memory/cgroup.procs").exists() else 2
    parents = [MOUNT / name for name in ("memory", "cpuacct", "cpu")] if version == 1 else [MOUNT]
    folders = tuple(parent / f"k8sexec-test-{uuid.uuid4().hex[:8]}" for parent in parents)
    made: list[Path] = []
    cgroup = OwnCgroup(version, folders)
    try:
        for folder in folders:
            folder.mkdir()
            made.append(folder)
        cgroup.read_peak()
        if memory is not None and cpu is not None:
            cgroup._limit(memory, cpu)
    except OSError:
        cgroup = OwnCgroup(0)
    REPORT.add(_describe(cgroup))
    try:
        yield cgroup
    finally:
        for folder in made:
            _remove(folder)


def _remove(folder: Path) -> None:
    """Take a cgroup away with what still runs in it, as soon as the kernel has let go of that."""
    for _ in range(100):
        with suppress(OSError):
            for process in (folder / "cgroup.procs").read_text().split():
                os.kill(int(process), signal.SIGKILL)
            folder.rmdir()
            return
        time.sleep(0.1)
    folder.rmdir()


def _describe(cgroup: OwnCgroup) -> str:
    if cgroup.version:
        return f"what tasks use was measured in cgroups of version {cgroup.version}, made by the tests"
    return f"user {os.geteuid()} could make NO cgroup here: what tasks use was not held against limits"


def _table(path: Path) -> dict[str, int]:
    rows = [line.split() for line in path.read_text().splitlines()]
    return {row[0]: int(row[1]) for row in rows if len(row) > 1 and row[1].isdecimal()}
