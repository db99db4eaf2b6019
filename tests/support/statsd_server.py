"""A StatsD server that keeps what it is sent."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@contextmanager
def run_statsd() -> Iterator[tuple[int, list[str]]]:
    """Listen as a StatsD server does: give its port, and the lines that it is sent."""
    lines: list[str] = []
    ended = threading.Event()
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.2)

        def listen() -> None:
            while True:
                try:
                    lines.extend(server.recv(65536).decode().splitlines())
                except TimeoutError:
                    if ended.is_set():
                        return

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield server.getsockname()[1], lines
        finally:
            ended.set()
            thread.join()


def statsd_settings(port: int) -> dict[str, str]:
    """Write the variables by which Airflow sends its metrics to such a server."""
    return {"AIRFLOW__METRICS__STATSD_ON": "True", "AIRFLOW__METRICS__STATSD_PORT": str(port)}


def read_metrics(lines: Iterable[str]) -> dict[str, float]:
    """Read what a server was sent: of a gauge the last value, of a counter the sum, by name."""
    metrics: Counter[str] = Counter()
    for line in lines:
        name, _, rest = line.partition(":")
        value, kind, *_ = rest.split("|")
        metrics[name] = float(value) + (metrics[name] if kind == "c" else 0)
    return dict(metrics)
