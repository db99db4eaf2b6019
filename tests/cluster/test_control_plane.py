"""The test cluster itself: it is there, and leaves no process behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Cluster

STARTS_ONE_AND_STAYS = """
import signal
import sys
import time
from pathlib import Path
from control_plane import Server

# Where this runs in the background of a shell, Ctrl-C would be ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
server = Server(Path(sys.executable), Path(sys.argv[1]), {})
server._command = [sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(600)"]
server.start()
time.sleep(600)
"""


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _wait_for(condition, seconds: float = 30):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


@pytest.mark.parametrize("fate", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_server_ends_with_the_process_that_started_it(tmp_path: Path, fate: signal.Signals) -> None:
    """However a test run ends, also by Ctrl-C or SIGKILL, its servers end, too."""
    log = tmp_path / "log"
    owner = subprocess.Popen(  # noqa: S603  # this very Python
        [sys.executable, "-c", STARTS_ONE_AND_STAYS, str(log)],
        cwd=Path(__file__).parent,
        stderr=subprocess.DEVNULL,
    )
    try:
        pid = int(_wait_for(lambda: log.exists() and log.read_text(encoding="utf-8").strip()))
        assert _is_alive(pid)
        owner.send_signal(fate)
        owner.wait(timeout=30)
        _wait_for(lambda: not _is_alive(pid))
    finally:
        owner.kill()
        owner.wait()


def test_the_api_server_answers(cluster: Cluster, namespace: str) -> None:
    """The fixture's client is an admin's, and each test's namespace is a new one."""
    from kubernetes.client import CoreV1Api

    found = CoreV1Api(cluster.client).read_namespace(namespace)
    assert found.metadata.name.startswith(f"k8sexec-{cluster.token}-")
    assert cluster.create_namespace("test") != namespace
