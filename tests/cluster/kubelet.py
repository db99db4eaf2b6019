"""The part of a kubelet that the API server calls: it gives the output of a pod's container, over HTTPS.

The API server finds it by the address and the port in the status of the pod's node:
https://kubernetes.io/docs/concepts/architecture/control-plane-node-communication/#api-server-to-kubelet
"""

from __future__ import annotations

import datetime as dt
import ssl
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from control_plane import HOST, write_certificate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    from kubernetes.client import ApiClient
    from typing_extensions import Self

    Manifest = Mapping[str, Any]
    Line = tuple[dt.datetime, bytes]


class Kubelet:
    """A node that is registered with the API server, and serves the logs of the pods that are bound to it.

    Attributes:
        name: The name of its node.
    """

    def __init__(self, client: ApiClient, name: str, folder: Path) -> None:
        """Make one.

        Args:
            client: An admin's client.
            name: The name of its node.
            folder: An empty directory, for its certificate.
        """
        from kubernetes.client import CoreV1Api

        folder.mkdir(parents=True)
        certificate, key = folder / "certificate.pem", folder / "key.pem"
        write_certificate(certificate, key)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, key)
        self.name = name
        self._api = CoreV1Api(client)
        self._outputs: dict[str, _Output] = {}
        self._server = _LogServer(self._outputs)
        self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, name=name)

    def __enter__(self) -> Self:
        """Register the node, and begin to answer."""
        self._thread.start()
        self._api.create_node({"metadata": {"name": self.name}})
        endpoint = {"kubeletEndpoint": {"Port": self._server.server_port}}
        addresses = [{"type": "InternalIP", "address": HOST}]
        status = {"addresses": addresses, "daemonEndpoints": endpoint}
        self._api.patch_node_status(self.name, {"status": status})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Answer no more, and take the node away."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._api.delete_node(self.name)

    def serve(self, pod: Manifest, log: Path, run: threading.Thread) -> None:
        """Serve the output of a pod from now on.

        Args:
            pod: The pod.
            log: The file that gets its output.
            run: Lives as long as the pod.
        """
        metadata = pod["metadata"]
        self._outputs[f"{metadata['namespace']}/{metadata['name']}"] = _Output(log, run)


class _Output:
    """What a pod writes, line by line, each with the time at which it was first seen."""

    def __init__(self, log: Path, run: threading.Thread) -> None:
        self._log = log
        self._run = run
        self._lock = threading.Lock()
        self._lines: list[Line] = []
        self._read = 0

    def follow(self) -> Iterator[Line]:
        """Give each line as soon as it is there, until the pod has ended."""
        given = 0
        while True:
            has_ended = not self._run.is_alive()
            lines = self.read()
            yield from lines[given:]
            given = len(lines)
            if has_ended:
                return
            time.sleep(0.1)

    def read(self) -> list[Line]:
        """Give the lines that are there."""
        with self._lock:
            content = self._log.read_bytes()[self._read :] if self._log.exists() else b""
            if self._run.is_alive():
                content = content[: content.rfind(b"\n") + 1]
            self._read += len(content)
            now = dt.datetime.now(dt.timezone.utc)
            self._lines += [(now, line) for line in content.splitlines(keepends=True)]
            return list(self._lines)


class _LogServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, outputs: Mapping[str, _Output]) -> None:
        super().__init__((HOST, 0), _Handler)
        self.outputs = outputs


class _Handler(BaseHTTPRequestHandler):
    server: _LogServer

    def do_GET(self) -> None:  # the name that http.server calls
        """Answer ``/containerLogs/<namespace>/<pod>/<container>``."""
        url = urlsplit(self.path)
        _, kind, namespace, pod, *_ = [*url.path.split("/"), "", "", ""]
        output = self.server.outputs.get(f"{namespace}/{pod}")
        if kind != "containerLogs" or output is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        options = {name: values[-1] for name, values in parse_qs(url.query).items()}
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        past = dt.timedelta(seconds=int(options.get("sinceSeconds", 10**6)))
        since = dt.datetime.now(dt.timezone.utc) - past
        for moment, line in output.follow() if options.get("follow") == "true" else output.read():
            if moment >= since:
                stamp = f"{moment:%Y-%m-%dT%H:%M:%S.%f}000Z " if options.get("timestamps") == "true" else ""
                self.wfile.write(stamp.encode() + line)
                self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        """Write nothing: each request is in the API server's own log."""
