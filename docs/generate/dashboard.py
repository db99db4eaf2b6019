"""Makes the dashboard for Grafana, on the names that the metrics have in Prometheus.

Source: https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
"""

from __future__ import annotations

import json
from typing import Any

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
_UNUSED = (
    f"{_added('memory_asked_gib_hours', 'dag_id, task_id')} - "
    f"{_added('memory_used_gib_hours', 'dag_id, task_id')}"
)
_QUEUED = f'{prometheus_name("pod_problems")}{{code="Queued"}}'
_PANELS: list[tuple[str, str, str, list[tuple[str, str]]]] = [
    (
        "Memory of tasks: requested, used, suggested",
        "timeseries",
        "bytes",
        [
            (_of("memory_requested_bytes"), f"{_TASK} requested"),
            (_of("memory_peak_bytes"), f"{_TASK} used"),
            (_of("memory_suggested_bytes"), f"{_TASK} suggested"),
        ],
    ),
    (
        "CPU of tasks: requested, used",
        "timeseries",
        "none",
        [
            (_of("cpu_requested_cores"), f"{_TASK} requested"),
            (_of("cpu_average_cores"), f"{_TASK} used"),
        ],
    ),
    ("Problems of pods", "timeseries", "none", [(_over_time("pod_problems", "code"), "{{code}}")]),
    (
        "Tries with a later step, and processes killed for their memory",
        "timeseries",
        "none",
        [
            (_over_time("steps_taken", "after"), "steps after {{after}}"),
            (_over_time("oom_kills", "dag_id"), "OOM kills of {{dag_id}}"),
        ],
    ),
    (
        "GiB-hours requested and not used",
        "bargauge",
        "none",
        [(f"topk(10, {_UNUSED})", _TASK)],
    ),
    ("Estimated cost of DAGs", "bargauge", "none", [(f"topk(10, {_added('cost', 'dag_id')})", "{{dag_id}}")]),
    ("Estimated cost of teams", "piechart", "none", [(_added("cost", "team"), "{{team}}")]),
    (
        "Pods that waited in a queue",
        "timeseries",
        "none",
        [(f"sum by (dag_id) (increase({_QUEUED}[$__rate_interval]))", "{{dag_id}}")],
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
        "panels": [_build_panel(index, *panel) for index, panel in enumerate(_PANELS)],
    }
    return json.dumps(content, indent=1) + "\n"


def _choose_source() -> dict[str, Any]:
    return {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Data source"}


def _choose(label: str) -> dict[str, Any]:
    query = f"label_values({prometheus_name('memory_asked_gib_hours')}, {label})"
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


def _build_panel(
    index: int, title: str, kind: str, unit: str, queries: list[tuple[str, str]]
) -> dict[str, Any]:
    return {
        "id": index + 1,
        "title": title,
        "type": kind,
        "datasource": _SOURCE,
        "gridPos": {"h": _HEIGHT, "w": _WIDTH, "x": index % 2 * _WIDTH, "y": index // 2 * _HEIGHT},
        "fieldConfig": {"defaults": {"unit": unit}, "overrides": []},
        "options": {},
        "targets": [
            {"refId": chr(ord("A") + number), "datasource": _SOURCE, "expr": query, "legendFormat": legend}
            for number, (query, legend) in enumerate(queries)
        ],
    }
