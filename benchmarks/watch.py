"""What the scheduler's watch costs: the CPU of a relist, and the memory of many pods that come and go.

Usage: python -m benchmarks.watch

A program in a process of its own plays the API server, with pods such as a chart's template makes. What is
measured is the process that watches, with the kubernetes client, and with records in a database of Airflow on
SQLite, which knows none of the tries.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

LISTED = int(os.environ.get("BENCH_LISTED_PODS", "10000"))
STREAMED = int(os.environ.get("BENCH_STREAMED_PODS", "100000"))
BUDGET = 3.0
_FAILING = 20
"""Of so many pods that come and go, one fails."""
_STEPS = 5


def main() -> None:
    """Measure, and print the figures beside the budget."""
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        _prepare_airflow(folder)
        command = [sys.executable, "-m", "benchmarks.watch", "serve"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603  # this very program
        try:
            _measure(server.stdout.readline().strip() if server.stdout else "")
        finally:
            server.kill()
            server.wait()


def _prepare_airflow(folder: str) -> None:
    os.environ["AIRFLOW_HOME"] = folder
    os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
    airflow = str(Path(sys.executable).parent / "airflow")
    subprocess.run([airflow, "db", "migrate"], check=True, capture_output=True)  # noqa: S603


def _measure(url: str) -> None:
    from kubernetes.client import ApiClient, Configuration, CoreV1Api

    from airflow_provider_k8sexec.diagnosis import Diagnosis
    from airflow_provider_k8sexec.launch import record_writer
    from airflow_provider_k8sexec.launch.failure_events import record_pod
    from airflow_provider_k8sexec.launch.watch import PodWatch, Target
    from airflow_provider_k8sexec.pod.pod_try import PodTry

    configuration = Configuration()
    configuration.host = url
    api = CoreV1Api(ApiClient(configuration))
    # A scheduler has all of Airflow loaded.
    PodWatch(Target("warm-up", "7")).go_round(api, 1)
    record_pod(PodTry("d", "t", "r", -1, 1), Diagnosis("Warm-up", "none", "none"))
    record_writer.flush(60)
    watch = PodWatch(Target("relist", "7"))
    began, memory = time.process_time(), _memory()
    watch._list(api)  # noqa: SLF001  # what is measured
    cpu = time.process_time() - began
    verdict = "within" if cpu <= BUDGET else "OVER"
    print(f"relist of {LISTED} pods: {cpu:.2f} s of CPU, {verdict} {BUDGET} s; +{_memory() - memory:.0f} MiB")
    watch = PodWatch(Target("stream", "7"))
    for step in range(_STEPS):
        began = time.process_time()
        watch._follow(api, STREAMED // _STEPS)  # noqa: SLF001  # likewise
        record_writer.flush(600)
        cpu = time.process_time() - began
        done = (step + 1) * STREAMED // _STEPS
        print(f"{done} pods have come and gone: {_memory():.0f} MiB; {cpu:.1f} s of CPU since the last line")


def _memory() -> float:
    """Give the resident memory of this process, in MiB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if "watch" in query:
            self._send_chunks(_stream(int(query["timeoutSeconds"])) if "stream" in parts.path else iter(()))
        elif "relist" in parts.path and "!=" not in query.get("labelSelector", ""):
            self._send_chunks(_page(int(query.get("continue", "0")), int(query["limit"])))
        else:
            self._send_chunks(iter([b'{"metadata": {"resourceVersion": "1"}, "items": []}']))

    def _send_chunks(self, chunks: Iterator[bytes]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for chunk in chunks:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def _page(first: int, limit: int) -> Iterator[bytes]:
    last = min(first + limit, LISTED)
    token = str(last) if last < LISTED else ""
    phases = (*["Running"] * 80, *["Pending"] * 10, *["Succeeded"] * 8, *["Failed"] * 2)
    items = b",".join(_pod(number, phases[number % len(phases)]) for number in range(first, last))
    yield b'{"metadata": {"resourceVersion": "1", "continue": "%s"}, "items": [%s]}' % (token.encode(), items)


def _stream(pods: int) -> Iterator[bytes]:
    for number in range(pods):
        end = "Failed" if number % _FAILING == 0 else "Succeeded"
        for kind, phase in (
            ("ADDED", "Pending"),
            ("MODIFIED", "Running"),
            ("MODIFIED", end),
            ("DELETED", end),
        ):
            yield b'{"type": "%s", "object": %s}\n' % (kind.encode(), _pod(number, phase))


def _pod(number: int, phase: str) -> bytes:
    """Give a pod as the API server sends it, of which little differs from one to the next."""
    state = {
        "Pending": {"waiting": {"reason": "ContainerCreating"}},
        "Running": {"running": {"startedAt": "2026-01-01T00:00:00Z"}},
        "Succeeded": {"terminated": {"exitCode": 0, "reason": "Completed"}},
        "Failed": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
    }[phase]
    filled = _TEMPLATE.replace(b"@NUMBER@", b"%d" % number).replace(b"@PHASE@", phase.encode())
    return filled.replace(b'"@STATE@"', json.dumps(state).encode())


def _make_template() -> bytes:
    names = [f"AIRFLOW__SECTION__OPTION_{number}" for number in range(40)]
    source = {"secretKeyRef": {"name": "release-env", "key": "a-key"}}
    variables = [{"name": name, "valueFrom": source} for name in names]
    container = {
        "name": "base",
        "image": "registry.example.com/airflow:1",
        "args": ["python", "-m", "airflow.sdk.execution_time.execute_workload", "--json-string", "x" * 900],
        "env": variables,
        "resources": {"limits": {"memory": "1Gi", "cpu": "1"}, "requests": {"memory": "1Gi", "cpu": "1"}},
        "volumeMounts": [{"name": f"volume-{number}", "mountPath": f"/mnt/{number}"} for number in range(6)],
    }
    annotations = {"dag_id": "a_dag", "task_id": "a_task", "try_number": "1", "run_id": "run-@NUMBER@"}
    fields: dict[str, Any] = {f"f:{name}": {".": {}, "f:name": {}, "f:valueFrom": {}} for name in names}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "a-dag-a-task-@NUMBER@",
            "namespace": "airflow",
            "uid": "7f0c3f0e-0000-4000-8000-@NUMBER@",
            "resourceVersion": "1",
            "labels": {"airflow-worker": "7", "dag_id": "a_dag", "task_id": "a_task", "tier": "airflow"},
            "annotations": annotations,
            "managedFields": [{"manager": "OpenAPI-Generator", "fieldsV1": {"f:spec": {"f:env": fields}}}],
        },
        "spec": {"containers": [container], "nodeName": "node-1", "restartPolicy": "Never"},
        "status": {
            "phase": "@PHASE@",
            "conditions": [{"type": kind, "status": "True"} for kind in ("Initialized", "PodScheduled")],
            "containerStatuses": [{"name": "base", "image": "airflow", "state": "@STATE@"}],
        },
    }
    return json.dumps(pod).encode()


_TEMPLATE = _make_template()


def serve() -> None:
    """Play the API server, and print where."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    serve() if sys.argv[1:] == ["serve"] else main()
