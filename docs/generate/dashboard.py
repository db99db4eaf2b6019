"""Makes the dashboard for Grafana, on the names that the metrics have in Prometheus.

Source: https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from reference_metrics import prometheus_name

_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_SELECTED = '{dag_id=~"$dag_id", task_id=~"$task_id"}'
_WIDTH, _HEIGHT = 12, 8


def _of(name: str) -> str:
    return f"{prometheus_name(name)}{_SELECTED}"


def _added(name: str, by: str) -> str:
    return f"sum by ({by}) (increase({_of(name)}[$__range]))"


def _over_time(name: str, by: str) -> str:
    return f"sum by ({by}) (increase({_of(name)}[$__rate_interval]))"


_TASK = "{{dag_id}}.{{task_id}}"
_QUEUED = f'{prometheus_name("pod_problems")}{{code="Queued", dag_id=~"$dag_id", task_id=~"$task_id"}}'
_LOST = f'{prometheus_name("pods_ended")}{{ended!="Succeeded", dag_id=~"$dag_id", task_id=~"$task_id"}}'


class _Panel(NamedTuple):
    title: str
    kind: str
    unit: str
    queries: list[tuple[str, str]]


_PANELS = [
    _Panel(
        "Memory of tasks: requested, used, suggested",
        "timeseries",
        "bytes",
        [
            (_of("memory_requested_bytes"), f"{_TASK} requested"),
            (_of("memory_peak_bytes"), f"{_TASK} used"),
            (_of("memory_suggested_bytes"), f"{_TASK} suggested, applied: {{{{applied}}}}"),
        ],
    ),
    _Panel(
        "CPU of tasks: requested, used",
        "timeseries",
        "none",
        [
            (_of("cpu_requested_cores"), f"{_TASK} requested"),
            (_of("cpu_average_cores"), f"{_TASK} used"),
        ],
    ),
    _Panel(
        "Most memory requested and not used, in GiB-hours",
        "bargauge",
        "none",
        [(f"topk(10, {_added('memory_unused_gib_hours', 'dag_id, task_id')})", _TASK)],
    ),
    _Panel(
        "Memory requested and used, in GiB-hours",
        "timeseries",
        "none",
        [
            (_over_time("memory_requested_gib_hours", "team"), "{{team}} requested"),
            (_over_time("memory_used_gib_hours", "team"), "{{team}} used"),
        ],
    ),
    _Panel(
        "Tries lost, by what ended them",
        "timeseries",
        "none",
        [(f"sum by (ended) (increase({_LOST}[$__rate_interval]))", "{{ended}}")],
    ),
    _Panel(
        "Problems of pods, by code", "timeseries", "none", [(_over_time("pod_problems", "code"), "{{code}}")]
    ),
    _Panel(
        "Processes killed for their memory",
        "timeseries",
        "none",
        [(_over_time("oom_kills", "dag_id"), "{{dag_id}}")],
    ),
    _Panel(
        "Launches with a later step",
        "timeseries",
        "none",
        [(_over_time("steps_taken", "after"), "after {{after}}")],
    ),
    _Panel(
        "Pods that waited in a queue",
        "timeseries",
        "none",
        [(f"sum by (dag_id) (increase({_QUEUED}[$__rate_interval]))", "{{dag_id}}")],
    ),
    _Panel(
        "Pod hours, by team", "piechart", "none", [(f"{_added('pod_seconds', 'team')} / 3600", "{{team}}")]
    ),
    _Panel(
        "Estimated cost of DAGs",
        "bargauge",
        "none",
        [(f"topk(10, {_added('cost', 'dag_id')})", "{{dag_id}}")],
    ),
    _Panel("Estimated cost of teams", "piechart", "none", [(_added("cost", "team"), "{{team}}")]),
    _Panel(
        "Health of the watch and its records",
        "timeseries",
        "none",
        [
            (
                f"sum(increase({prometheus_name('watch_failures')}[$__rate_interval]))",
                "failures of the watch",
            ),
            (f"sum(increase({prometheus_name('records_failed')}[$__rate_interval]))", "records not written"),
            (f"max({prometheus_name('records_waiting')})", "records that wait"),
        ],
    ),
]


def build_dashboard() -> str:
    """Make the file."""
    content = {
        "title": "Airflow pods (k8sexec)",
        "uid": "k8sexec",
        "tags": ["airflow", "kubernetes"],
        "schemaVersion": 39,
        "editable": True,
        "time": {"from": "now-24h", "to": "now"},
        "refresh": "1m",
        "templating": {"list": [_choose_source(), _choose("dag_id"), _choose("task_id")]},
        "annotations": {"list": []},
        "panels": [_build_panel(index, panel) for index, panel in enumerate(_PANELS)],
    }
    return json.dumps(content, indent=1) + "\n"


def _choose_source() -> dict[str, Any]:
    return {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Data source"}


def _choose(label: str) -> dict[str, Any]:
    query = f"label_values({prometheus_name('pods_ended')}, {label})"
    return {
        "name": label,
        "type": "query",
        "datasource": _SOURCE,
        "query": {"query": query, "refId": label},
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }


def _build_panel(index: int, panel: _Panel) -> dict[str, Any]:
    return {
        "id": index + 1,
        "title": panel.title,
        "type": panel.kind,
        "datasource": _SOURCE,
        "gridPos": {"h": _HEIGHT, "w": _WIDTH, "x": index % 2 * _WIDTH, "y": index // 2 * _HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit}, "overrides": []},
        "options": {"orientation": "horizontal"} if panel.kind == "bargauge" else {},
        "targets": [_build_query(panel, *query) for query in zip("ABC", panel.queries, strict=False)],
    }


def _build_query(panel: _Panel, reference: str, query: tuple[str, str]) -> dict[str, Any]:
    """Write a query; of bars and pies, which show one value, for the end of the time that is chosen."""
    is_instant = panel.kind != "timeseries"
    return {
        "refId": reference,
        "datasource": _SOURCE,
        "expr": query[0],
        "legendFormat": query[1],
        "instant": is_instant,
        "range": not is_instant,
    }
