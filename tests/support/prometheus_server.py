"""A Prometheus that has the samples of a test, to run queries on."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HOW_TO_GET_PROMETHEUS = "needs prometheus and promtool, for example by `apt-get install prometheus`"
STEP, SAMPLES = 60, 31
"""Every minute, for half an hour until now."""


def find_prometheus() -> bool:
    """Report whether there is one."""
    return all(map(shutil.which, ("prometheus", "promtool")))


@contextmanager
def run_prometheus(folder: Path, series: dict[str, str]) -> Iterator[Callable[[str], list[dict[str, Any]]]]:
    """Run a server, and give how to query it at the time of the last sample.

    Args:
        folder: An empty directory.
        series: The kind of each series, ``gauge`` or ``counter``, by its name with labels. A gauge is 1, and
            a counter grows by 1 every minute.
    """
    now = int(time.time())
    _write_samples(folder, series, now)
    port = _find_port()
    (folder / "prometheus.yml").write_text("scrape_configs: []\n", encoding="utf-8")
    server = subprocess.Popen(  # noqa: S603  # Prometheus' own command
        [
            *(_path("prometheus"), f"--config.file={folder}/prometheus.yml"),
            f"--storage.tsdb.path={folder}/data",
            "--storage.tsdb.allow-overlapping-blocks",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        stderr=subprocess.DEVNULL,
    )

    def query(expression: str) -> list[dict[str, Any]]:
        words = urlencode({"query": expression, "time": now})
        with urlopen(f"http://127.0.0.1:{port}/api/v1/query?{words}", timeout=30) as answer:
            found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
            return found

    try:
        _wait_for(f"http://127.0.0.1:{port}/-/ready")
        yield query
    finally:
        server.terminate()
        server.wait()


def _path(command: str) -> str:
    return shutil.which(command) or command


def _write_samples(folder: Path, series: dict[str, str], now: int) -> None:
    lines = []
    for name, kind in series.items():
        for index in range(SAMPLES):
            value = index if kind == "counter" else 1
            lines.append(f"{name} {value} {now - (SAMPLES - 1 - index) * STEP}")
    text = folder / "samples.txt"
    text.write_text("\n".join([*lines, "# EOF\n"]), encoding="utf-8")
    subprocess.run(  # noqa: S603  # Prometheus' own command
        [_path("promtool"), "tsdb", "create-blocks-from", "openmetrics", str(text), str(folder / "data")],
        check=True,
        capture_output=True,
    )


def _find_port() -> int:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def _wait_for(url: str) -> None:
    for _ in range(300):
        with suppress(URLError, ConnectionError), urlopen(url, timeout=5):  # noqa: S310  # of this machine
            return
        time.sleep(0.1)
    raise TimeoutError(url)
