"""Replaces files: each is whole at any time, old or new, whatever ends the process."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from airflow_provider_k8sexec.cli.output import shorten
from airflow_provider_k8sexec.exceptions import K8sExecError

if TYPE_CHECKING:
    from collections.abc import Iterator

_ANY_WRITES = 0o222
_OF_SHELLS = 128
"""What shells add to the number of the signal that has ended a program."""


def replace_file(file: str, before: bytes, after: bytes) -> None:
    """Replace a file by a new one in its folder: of a link, the file that it leads to.

    Args:
        file: Its path.
        before: What it had when it was read.
        after: What it is to have.

    Raises:
        K8sExecError: It has changed since then, or cannot be written.
    """
    target = Path(file).resolve()
    try:
        with _temporary_file(target, after) as new:
            if target.read_bytes() != before:
                raise K8sExecError(f"{shorten(file)} has changed since it was read; run the command again.")
            new.replace(target)
    except OSError as error:
        raise K8sExecError(_explain(file, error)) from error


def explain_unwritable(file: str) -> str:
    """Explain why a file cannot be replaced, before one is written; empty where it can be."""
    target = Path(file).resolve()
    if not (os.access(target, os.W_OK) and target.stat().st_mode & _ANY_WRITES):
        return f"{shorten(file)} is read-only; make it writable (chmod u+w), and run the command again."
    if not (os.access(target.parent, os.W_OK | os.X_OK) and target.parent.stat().st_mode & _ANY_WRITES):
        remedy = "make it writable, and run the command again"
        return f"The folder of {shorten(file)}, {str(target.parent)!r}, is read-only; {remedy}."
    return ""


@contextlib.contextmanager
def _temporary_file(target: Path, content: bytes) -> Iterator[Path]:
    """Write a file beside another one, with its mode and owner; remove it if it has not become that one."""
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}-", suffix=".k8sexec", dir=target.parent)
    path = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        shutil.copystat(target, path)
        os.utime(path)  # the dag-processor parses a file again when its time has changed
        owner = target.stat()
        os.chown(path, owner.st_uid, owner.st_gid)
        yield path
    finally:
        path.unlink(missing_ok=True)


def _explain(file: str, error: OSError) -> str:
    reason = (error.strerror or str(error)).lower()
    return f"{shorten(file)} could not be written: {reason}; it is as it was."


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let SIGTERM end the block as an exception does, so that no temporary file stays."""
    if threading.current_thread() is not threading.main_thread():  # only there Python takes handlers
        yield
        return

    def end(number: int, _: object) -> NoReturn:
        raise SystemExit(_OF_SHELLS + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
