"""A proxy in front of an API server that gives some requests an error instead of an answer."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from kubernetes.client import ApiClient

RESET = 0
"""In place of a status: the connection is reset."""

STATUSES = (429, 500, 502, 503, 504, RESET)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

HOST = "127.0.0.1"
_PASSED_ON = ("Accept", "Content-Type", "Content-Length")


@dataclass(frozen=True)
class PlayedAnswer:
    """An answer that the server behind the proxy cannot give, because it is too old or has no webhooks.

    Attributes:
        parts: The texts that are in the path or the body of the requests which get it.
        status: The HTTP status.
        body: Gives the body for the body of the request.
        headers: The headers, beside those of every answer.
        seconds: How long the answer takes.
    """

    parts: tuple[str, ...]
    status: int
    body: Callable[[bytes], bytes]
    headers: Sequence[tuple[str, str]] = ()
    seconds: float = 0


class FaultProxy:
    """Passes requests on, with the rights of its own client, or gives them an error.

    Attributes:
        url: Where it answers.
        faults: How many requests got each error, by HTTP method and status.
        played: Answers to some requests, in place of the server's; the first that fits is given.
    """

    def __init__(self, client: ApiClient) -> None:
        self.faults: Counter[tuple[str, int]] = Counter()
        self.played: list[PlayedAnswer] = []
        self._turns: dict[str, Iterator[int | None]] | None = None
        self._answered: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._client = client
        self._server = _Server((HOST, 0), type("Handler", (_Handler,), {"proxy": self}))
        self._thread = threading.Thread(target=self._server.serve_forever, name="fault proxy")
        self.url = f"http://{HOST}:{self._server.server_port}"

    def write_kubeconfig(self, path: Path) -> Path:
        """Write a kubeconfig that leads here."""
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "proxy", "cluster": {"server": self.url}}],
            "users": [{"name": "anybody", "user": {}}],
            "contexts": [{"name": "proxy", "context": {"cluster": "proxy", "user": "anybody"}}],
            "current-context": "proxy",
        }
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    def begin_faults(self) -> None:
        """Give each error once to each kind of request, and cut off the answers that go on.

        Every second request gets one; of those that only ask, every fourth. No error lasts, for Airflow's
        scheduler sends several requests at its start, ends when one of them fails, and would get no further.
        """
        with self._lock:
            self._turns = {method: _take_turns(3 if method == "GET" else 1) for method in METHODS}
            for connection in self._answered:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def end_faults(self) -> None:
        """Pass all requests on again."""
        with self._lock:
            self._turns = None

    def next_fault(self, method: str) -> int | None:
        """Give the error for a request, ``None`` if it is to be passed on."""
        with self._lock:
            status = next(self._turns[method], None) if self._turns is not None else None
            if status is not None:
                self.faults[method, status] += 1
            return status

    def find_played(self, path: str, body: bytes) -> PlayedAnswer | None:
        """Give the answer that is to be played to a request; ``None`` if it is to be passed on."""
        text = path + body.decode()
        return next((item for item in self.played if all(part in text for part in item.parts)), None)

    @contextmanager
    def answering(self, connection: socket.socket) -> Iterator[None]:
        """Note that an answer goes over a connection."""
        with self._lock:
            self._answered.add(connection)
        try:
            yield
        finally:
            with self._lock:
                self._answered.remove(connection)

    def ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Any:
        """Pass a request on, and give the response, unread."""
        self._client.update_params_for_auth(headers, [], ["BearerToken"])
        return self._client.rest_client.pool_manager.request(
            method,
            self._client.configuration.host + path,
            headers=headers,
            body=body or None,
            preload_content=False,
            retries=False,
        )

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _take_turns(passed: int) -> Iterator[int | None]:
    """Give each error once, each after some requests that pass."""
    for status in STATUSES:
        yield from [None] * passed
        yield status


class _Server(ThreadingHTTPServer):
    # A watch whose watcher was killed ends when the server has something to tell.
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: who was killed, or gets a reset, does not read to the end."""


class _Handler(BaseHTTPRequestHandler):
    proxy: FaultProxy
    protocol_version = "HTTP/1.1"

    def _handle(self) -> None:
        from urllib3.exceptions import HTTPError

        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault, played = self.proxy.next_fault(self.command), self.proxy.find_played(self.path, body)
        if played is not None:
            self._play(played, body)
        elif fault == RESET:
            self._reset()
        elif fault is not None:
            self._refuse(fault)
        else:
            headers = {name: self.headers[name] for name in _PASSED_ON if name in self.headers}
            # As seen from here, an API server that is killed, or isn't there, resets connections.
            try:
                with self.proxy.answering(self.connection):
                    self._pass_back(self.proxy.ask(self.command, self.path, headers, body))
            except HTTPError:
                self._reset()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815  # the names that the base calls

    def _pass_back(self, response: Any) -> None:
        # An answer that goes on, to a watch, has no length; clients wait for its end if it isn't in chunks.
        has_length = "Content-Length" in response.headers
        try:
            self.send_response(response.status)
            for name in ("Content-Type", "Content-Length", "Retry-After", "Warning"):
                if name in response.headers:
                    self.send_header(name, response.headers[name])
            if not has_length:
                self.send_header("Transfer-Encoding", "chunked")
            self._end_headers()
            for chunk in response.stream():
                self.wfile.write(chunk if has_length else b"%x\r\n%s\r\n" % (len(chunk), chunk))
            if not has_length:
                self.wfile.write(b"0\r\n\r\n")
        finally:
            response.close()

    def _play(self, played: PlayedAnswer, body: bytes) -> None:
        if played.status == RESET:
            self._reset()
            return
        time.sleep(played.seconds)
        content = played.body(body)
        with suppress(OSError):  # who has waited long enough has gone
            self.send_response(played.status)
            for name, value in [*played.headers, ("Content-Length", str(len(content)))]:
                self.send_header(name, value)
            self._end_headers()
            self.wfile.write(content)

    def _refuse(self, status: int) -> None:
        content = json.dumps({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": status})
        self.send_response(status)
        if status == 429:
            self.send_header("Retry-After", "1")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self._end_headers()
        self.wfile.write(content.encode())

    def _end_headers(self) -> None:
        self.send_header("Connection", "close")
        self.end_headers()

    def _reset(self) -> None:
        self.close_connection = True
        # Without time to linger, a close is a reset.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with suppress(OSError):
            self.connection.close()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def run_fault_proxy(client: ApiClient) -> Iterator[FaultProxy]:
    """Run a proxy, and stop it."""
    proxy = FaultProxy(client)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
