"""The metrics: one table, what is sent by it, and what is made from it."""

import ast
import gzip
import threading
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from processes import output_of, run_python
from send_metrics import TAGS
from statsd_server import read_metrics, run_statsd, statsd_settings

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.past_tries.metrics import send_metric
from airflow_provider_k8sexec.site.metric_table import METRICS

ROOT = Path(__file__).parents[2]
DASHBOARDS = ROOT / "docs/dashboards"


SEND = ROOT / "tests/support/send_metrics.py"
SENT = [name for name, metric in METRICS.items() if metric.sender == "scheduler"]


def describe(metric: str, form: str, **changed: str) -> str:
    """Write the name of a metric with the values of its tags, each in a form."""
    tags = {tag: {**TAGS, **changed}.get(tag, "none") for tag in METRICS[metric].tags}
    return f"airflow.k8sexec.{metric}{''.join(form.format(*tag) for tag in tags.items())}"


@contextmanager
def run_collector():
    """Listen as a collector of OpenTelemetry does: give its port, and the bodies of the requests."""
    bodies = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            bodies.append(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port, bodies
        finally:
            server.shutdown()
            thread.join()


def read_points(bodies):
    """Read the last value of each metric that a collector got, with its attributes."""
    points = {}
    for body in bodies:
        request = ExportMetricsServiceRequest.FromString(body)
        scopes = [scope for resource in request.resource_metrics for scope in resource.scope_metrics]
        for metric in (metric for scope in scopes for metric in scope.metrics):
            for point in (*metric.gauge.data_points, *metric.sum.data_points):
                tags = {it.key: it.value.string_value for it in point.attributes}
                points[metric.name] = point.as_double, tags
    return points


def send_as_scheduler(**settings: str) -> None:
    """Send each metric of the scheduler in a process that is set up as a scheduler."""
    output_of(run_python(SEND, **settings))


@pytest.mark.once_a_line
def test_statsd_gets_names_with_the_values_of_tags_and_names_with_tags():
    """Where a server knows InfluxDB's form of tags, it gets them; what a name cannot have becomes `_`."""
    with run_statsd() as (port, lines):
        send_as_scheduler(**statsd_settings(port), AIRFLOW__METRICS__STATSD_INFLUXDB_ENABLED="True")
    sent = read_metrics(lines)
    assert {name for name in sent if "k8sexec" in name} == {
        name
        for metric in SENT
        for name in (describe(metric, ",{}={}"), describe(metric, ".{1}", dag_id="my_dag"))
    }
    assert {sent[describe(metric, ".{1}", dag_id="my_dag")] for metric in SENT} == {0.25}


@pytest.mark.once_a_line
def test_opentelemetry_gets_tags_as_attributes():
    """A collector gets each metric under one name; a counter only ever grows there."""
    with run_collector() as (port, requests):
        send_as_scheduler(
            AIRFLOW__METRICS__OTEL_ON="True",
            AIRFLOW__METRICS__OTEL_PORT=str(port),
            OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=f"http://127.0.0.1:{port}/v1/metrics",
        )
    sent = read_points(requests)
    for metric in SENT:
        value, tags = sent[f"airflow.k8sexec.{metric}"]
        assert value == 0.25
        assert tags == {tag: TAGS.get(tag, "none") for tag in METRICS[metric].tags}


def test_a_backend_that_fails_disturbs_nobody(monkeypatch):
    """What is measured goes on."""

    def fail(sender):
        raise OSError(sender)

    monkeypatch.setattr(compat, "load_stats", fail)
    send_metric("oom_kills", 1, {"dag_id": "d", "task_id": "t"})


def test_what_is_not_known_is_not_sent(monkeypatch):
    """A gauge of nothing would look like zero."""
    monkeypatch.setattr(compat, "load_stats", pytest.fail)
    send_metric("memory_peak_bytes", None, {})


def test_every_metric_of_the_table_is_sent_and_no_other():
    """The table is complete, and promises nothing that no code sends."""
    sources = [
        *(ROOT / "airflow_provider_k8sexec/launch").glob("*.py"),
        *(ROOT / "airflow_provider_k8sexec/usage").glob("*.py"),
    ]
    strings = {
        node.value
        for file in sources
        if "send_metric" in file.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert METRICS.keys() <= strings


def test_the_guide_names_the_tags_of_what_history_suggests():
    """A reader who writes a query needs all of them."""
    guide = (ROOT / "docs/guides/retries.md").read_text(encoding="utf-8")
    *tags, last = (f"`{tag}`" for tag in METRICS["memory_suggested_bytes"].tags)
    assert f"with the tags {', '.join(tags)} and {last}." in " ".join(guide.split())
