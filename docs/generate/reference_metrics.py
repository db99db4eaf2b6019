"""Makes the page of metrics, and the mapping by which Prometheus gets them from StatsD."""

from __future__ import annotations

from page_parts import write_page

from airflow_provider_k8sexec.site.metric_table import METRICS, PREFIX

_FIRST = """\
Where Airflow has metrics (`[metrics] statsd_on`, `statsd_datadog_enabled` or `otel_on`), this package sends its own by
them. Each is sent twice: with tags, and, for StatsD, which has none, with the values of the tags in the name, in the
order of the table: `k8sexec.pod_problems.<dag_id>.<task_id>.<code>`. There, whatever is not a letter, a digit, `-` or `_`
becomes `_`, and a tag without a value is `none`. Such a name is not sent where it is longer than 200 characters. A metric
that cannot be sent costs nothing but the metric.

Workers send what a try used as its task ends; the scheduler sends the rest, from the threads that watch pods and write
records, and what history suggests as it launches a pod. Of several schedulers, the one that writes the record sends the
metric. `[metrics] metrics_allow_list` and `metrics_block_list` choose from these names as from Airflow's own."""
_LAST = """\
**How many series.** Each row is one series a task, times the values of its further tags: there are at most some ten
codes for a task that fails in many ways, and one team. Runs, tries and map indices are in no name, so their number does not
count. A thousand tasks have some fifteen thousand series. Where that is too much, block the rows by their names.

**Amounts with decimals.** Counters of hours and of cost grow by parts of one, as in `0.0028|c`. StatsD, its exporter for
Prometheus, DogStatsD and OpenTelemetry add them up; a server that takes whole counts alone loses them.

**OpenTelemetry.** Use the rows with tags, and drop the names that have the values in them. On Airflow 2.11, what workers
send is lost: their process ends before its exporter runs. On Airflow 3.3, it arrives.

**The first value.** Prometheus sees a counter grow from its second value on: it does not count with what a series began,
such as the first failure of a task since the exporter has started."""
_PROMETHEUS = """\
[`statsd-mapping.yml`](../dashboards/statsd-mapping.yml) is a mapping for Prometheus' StatsD exporter: it makes
`k8sexec_memory_peak_bytes{dag_id="...", task_id="..."}` of `airflow.k8sexec.memory_peak_bytes.<dag_id>.<task_id>`, for the
default `[metrics] statsd_prefix`. [`k8sexec.json`](../dashboards/k8sexec.json) is a dashboard for Grafana on these names.
[How to use both](../guides/cost.md#prometheus-and-grafana).

What was tested: schedulers and workers of Airflow 2.11.2 and 3.3.2 send these names to a StatsD server, and schedulers to a
collector of OpenTelemetry; a Prometheus 2.42 that has them answers each query of the dashboard; and the file has the types
that Grafana publishes for dashboards (its Foundation SDK 0.0.21). Grafana itself and the StatsD exporter were not
run, nor was Datadog."""


def build_page() -> str:
    """Make the page."""
    rows = "\n".join(
        f"| `{PREFIX}{name}` | {metric.kind} | {metric.unit} | {', '.join(f'`{tag}`' for tag in metric.tags)} "
        f"| {metric.sender} | {metric.meaning} |"
        for name, metric in METRICS.items()
    )
    table = f"| metric | kind | unit | tags | sent by | what it is |\n|---|---|---|---|---|---|\n{rows}"
    return write_page(
        "Metrics", [_FIRST, table, "## Limits", _LAST, "## Prometheus and Grafana", _PROMETHEUS]
    )


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
