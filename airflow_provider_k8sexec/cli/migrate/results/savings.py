"""What a worker saves that no longer imports the kubernetes client, as measured on this machine."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_k8sexec import _compat as compat

if TYPE_CHECKING:
    from typing_extensions import Self

_LONGEST = 60
"""Seconds to wait for the measurement: it runs beside the work, and takes some seconds."""

_OF_TASKS = "airflow.sdk" if compat.AIRFLOW_3 else "airflow.models.dag"
"""What a worker imports for any DAG file."""

_PROGRAM = """
import gc, json, os, sys, time
__import__(sys.argv[1])
def measure():
    with open("/proc/self/statm") as pages:
        memory = int(pages.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return memory, time.process_time()
gc.collect()
is_there = "kubernetes.client.models" in sys.modules
before = measure()
import kubernetes.client.models
after = measure()
if not is_there:
    print(json.dumps([after[0] - before[0], after[1] - before[1]]))
"""


class Saving(NamedTuple):
    """What the import of the client costs a process.

    Attributes:
        mebibytes: Its memory.
        milliseconds: Its processor time.
    """

    mebibytes: int
    milliseconds: int


class Measurement:
    """A process that imports the client on top of what a worker has anyway, as the block goes on."""

    def __init__(self, *, is_wanted: bool) -> None:
        """Take whether the figures will be needed; they are measured once."""
        self._is_wanted = is_wanted and not _measured
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        """Start it."""
        if self._is_wanted:
            with suppress(OSError):
                self._process = subprocess.Popen(  # noqa: S603  # this Python, with a program of our own
                    [sys.executable, "-c", _PROGRAM, _OF_TASKS],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                )
        return self

    def read(self) -> Saving | None:
        """Wait for the figures; ``None`` where they could not be measured."""
        if self._process is not None and not _measured:
            with suppress(ValueError, subprocess.TimeoutExpired):
                output, _ = self._process.communicate(timeout=_LONGEST)
                memory, seconds = json.loads(output)
                _measured.append(Saving(round(memory / 2**20), round(seconds * 1000)))
        return _measured[0] if _measured else None

    def __exit__(self, *_: object) -> None:
        """End the process, if it has not ended."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.communicate()


_measured: list[Saving] = []
"""The figures, once they are known: they are the same each time."""
