"""Makes the page of metrics, and the mapping by which Prometheus gets them from StatsD."""

from __future__ import annotations

from page_parts import write_page

from airflow_provider_k8sexec.site.metric_table import METRICS, PREFIX

_FIRST = """\
Where Airflow has metrics (`[metrics] statsd_on`, `statsd_datadog_enabled` or `otel_on`), this package sends its own by
them. Each is sent twice: with tags, and, for StatsD, which has none, with the values of the tags in the name, in the
order of the table: `k8sexec.pod_problems.<dag_id>.<task_id>.<code>`. There, whatever is not a letter, a digit, `-` or `_`
becomes `_`, and a tag without a value is `none`. A metric that cannot be sent costs nothing but the metric.

Workers send what a try used as its task ends; the scheduler sends the rest, from the thread that writes records. Each
row is one series a task, times the values of its further tags. Of several schedulers, the one that writes the record
sends the metric."""
_LAST = """\
[`statsd-mapping.yml`](../dashboards/statsd-mapping.yml) is a mapping for Prometheus' StatsD exporter: it makes
`k8sexec_memory_peak_bytes{dag_id="...", task_id="..."}` of `airflow.k8sexec.memory_peak_bytes.<dag_id>.<task_id>`, for the
default `[metrics] statsd_prefix`. [`k8sexec.json`](../dashboards/k8sexec.json) is a dashboard for Grafana on these names: in
Grafana, New, Import, upload the file, and choose the Prometheus data source. The tests hold every name in both files
against this table; no Grafana and no Prometheus runs in them."""


def build_page() -> str:
    """Make the page."""
    rows = "\n".join(
        f"| `{PREFIX}{name}` | {metric.kind} | {metric.unit} | {', '.join(f'`{tag}`' for tag in metric.tags)} "
        f"| {metric.sender} | {metric.meaning} |"
        for name, metric in METRICS.items()
    )
    table = f"| metric | kind | unit | tags | sent by | what it is |\n|---|---|---|---|---|---|\n{rows}"
    return write_page("Metrics", [_FIRST, table, "## Prometheus and Grafana", _LAST])


def build_mapping() -> str:
    """Make the mapping of the StatsD exporter."""
    lines = ["# Made by `make reference` from the table of metrics.", "mappings:"]
    for name, metric in METRICS.items():
        match = ".".join([f"airflow.{PREFIX}{name}", *("*" for _ in metric.tags)])
        lines += [f'- match: "{match}"', f'  name: "{prometheus_name(name)}"']
        lines += ["  labels:"] if metric.tags else []
        lines += [f'    {tag}: "${number}"' for number, tag in enumerate(metric.tags, 1)]
    lines += [
        "# The same without tags in their names.",
        f'- match: "airflow.{PREFIX}*"',
        "  action: drop",
        '  name: "dropped"',
    ]
    return "\n".join(lines) + "\n"


def prometheus_name(name: str) -> str:
    """Give the name that a metric has in Prometheus."""
    return f"{PREFIX}{name}".replace(".", "_")
