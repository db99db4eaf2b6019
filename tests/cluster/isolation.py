"""Processes of the test node and of Airflow's components, with everything that they start.

A process gets PID and mount namespaces of its own, as in a container: whoever kills it kills its children
with it, and it is killed with the thread that started it. Only Linux has that; root may do it everywhere,
others where the kernel lets them have user namespaces.
"""

from __future__ import annotations

import os
import shlex
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@frozen
class Bind:
    """A file or directory of this machine, as the process sees it.

    Attributes:
        source: Where it is on this machine.
        target: Where the process sees it.
        read_only: Whether the process may not change it.
    """

    source: Path
    target: Path
    read_only: bool = False


def isolate(command: list[str]) -> list[str]:
    """Give a command that runs a command in namespaces of its own, as their first process.

    Raises:
        RuntimeError: This machine lacks the programs for it.
    """
    programs = {name: shutil.which(name) for name in ("setpriv", "unshare")}
    missing = [name for name, path in programs.items() if path is None]
    if missing:
        raise RuntimeError(f"{' and '.join(missing)} of util-linux are needed: worker pods need namespaces")
    return [
        *(programs["setpriv"], "--pdeathsig", "KILL"),
        *(programs["unshare"], "--pid", "--fork", "--kill-child", "--mount", "--mount-proc"),
        *([] if os.geteuid() == 0 else ["--map-root-user"]),
        *command,
    ]


def read_memory(process: int) -> int:
    """Give the bytes of memory that a process and all that it has started hold by themselves."""
    held, seen = 0, [process]
    for number in seen:
        folder = Path("/proc", str(number))
        with suppress(OSError):  # it has ended
            rows = (folder / "smaps_rollup").read_text(encoding="ascii").splitlines()
            held += sum(1024 * int(row.split()[1]) for row in rows if row.startswith("Pss_Anon:"))
            for children in folder.glob("task/*/children"):
                seen += map(int, children.read_text(encoding="ascii").split())
    return held


def isolate_with(binds: Iterable[Bind], root: Path, command: list[str]) -> list[str]:
    """Give a command that runs a command, in namespaces of its own, on this machine's files and a few more.

    Args:
        binds: What is laid over this machine's files; nothing of it is seen outside.
        root: An empty directory, whose path becomes the root of the process's files.
        command: What is run.
    """
    binds = sorted(binds, key=lambda bind: bind.target.parts)
    lines = [
        "set -eu",
        _mount("-t", "tmpfs", "pod", root),
        *_share(Path("/"), root, [bind.target.resolve() for bind in binds]),
        *(line for bind in binds for line in _lay(bind, root)),
        shlex.join(["exec", "chroot", str(root), *command]),
    ]
    return isolate(["/bin/sh", "-c", "\n".join(lines)])


def _share(folder: Path, root: Path, targets: list[Path]) -> Iterator[str]:
    """Show what a directory has; one that is to get more becomes a directory of the process's own."""
    for item in sorted(folder.iterdir()):
        new = [target for target in targets if target.is_relative_to(item) and not target.exists()]
        if item.is_symlink():
            yield _run("ln", "-s", item.readlink(), _inside(root, item))
        elif item.is_dir() and new:
            yield _run("mkdir", _inside(root, item))
            yield from _share(item, root, new)
        elif item.is_dir() or item.is_file():
            yield from _lay(Bind(item, item), root)


def _lay(bind: Bind, root: Path) -> Iterator[str]:
    place = _inside(root, bind.target.resolve())
    if bind.source.is_dir():
        yield _run("mkdir", "-p", place)
    else:
        yield _run("mkdir", "-p", place.parent)
        yield _run("touch", place)
    yield _mount("--rbind", bind.source, place)
    if bind.read_only:
        yield _mount("-o", "remount,bind,ro", place)


def _inside(root: Path, path: Path) -> Path:
    return root / path.relative_to("/")


def _mount(*words: str | Path) -> str:
    return _run("mount", *words)


def _run(*words: str | Path) -> str:
    return shlex.join(str(word) for word in words)
