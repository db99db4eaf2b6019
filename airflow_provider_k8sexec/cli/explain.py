"""``k8sexec explain``: who set what of a task's pod, and what that overrode."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from airflow_provider_k8sexec.authoring.layers import find_defaults
from airflow_provider_k8sexec.cli.output import print_result, to_terminal
from airflow_provider_k8sexec.cli.pods import OfPod, map_pods
from airflow_provider_k8sexec.cli.shown_try import ShownTry
from airflow_provider_k8sexec.context.coordinators import check_coordinator
from airflow_provider_k8sexec.executor_names import EXECUTOR_CONFIG
from airflow_provider_k8sexec.options.requested_pod import STARTED_POD
from airflow_provider_k8sexec.pod.provenance import EXECUTOR, TEMPLATE
from airflow_provider_k8sexec.render.explanation import explain_pod
from airflow_provider_k8sexec.render.started_pod import OPERATOR, StartedMerge, explain_started_pod
from airflow_provider_k8sexec.site_policy.validate import read_requested

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from airflow_provider_k8sexec.pod.field_history import Field

_BASE = {TEMPLATE, EXECUTOR, OPERATOR}
"""Who has set what every pod has."""


@frozen
class Explanation:
    """What is reported of one task.

    Attributes:
        fields: The fields of its pod.
        inherited_from: The ``default_args`` that gave it its ``executor_config`` as a whole; empty where it
            has its own. Of such a task, "the task" means these.
        unused: What of its own has no effect, because its queue has a coordinator.
    """

    fields: list[Field]
    inherited_from: str
    unused: tuple[str, ...] = ()


def explain(arguments: argparse.Namespace) -> None:
    """Print who set each field of the task's pod.

    Raises:
        SystemExit: A file cannot be loaded, a pod cannot be built, or there is no such task; with status 1.
    """
    explain_fields = _explain_whole if arguments.all else _explain_set
    shown = ShownTry.of(arguments)
    reports = map_pods(arguments, lambda task, kind: explain_fields(task, kind, shown))
    explained = reports.pods
    print_result(arguments.output, lambda: _build_rows(explained), lambda: [*map(_to_json, explained)])
    for pod in explained:
        for line in _describe(pod):
            print(to_terminal(line), file=sys.stderr)
    reports.finish()


def _explain_set(task: Any, kind: str, shown: ShownTry) -> Explanation:
    """Explain what is set, beside the pod template and Airflow itself, or has taken away."""
    whole = _explain_whole(task, kind, shown)
    return evolve(whole, fields=[field for field in whole.fields if not _BASE.issuperset(_split(field))])


def _split(field: Field) -> list[str]:
    return field.origin.split(", ")


def _explain_whole(task: Any, kind: str, shown: ShownTry) -> Explanation:
    if kind == STARTED_POD:
        return Explanation(explain_started_pod(StartedMerge.load(task, shown.number)), "")
    merge = shown.load_merge(task)
    coordinator = merge.run.coordinator
    unused = check_coordinator(read_requested(task.executor_config, coordinator), coordinator)
    return Explanation(explain_pod(merge), _find_holder(task), tuple(map(str, unused)))


def _find_holder(task: Any) -> str:
    """Find who gave a task its ``executor_config``: Airflow hands that of ``default_args`` on as a whole."""
    holder = ""
    for place, defaults in find_defaults({"dag": task.dag, "task_group": task.task_group}):
        if task.executor_config and defaults.get(EXECUTOR_CONFIG) == task.executor_config:
            holder = place
    return holder


def _build_rows(explained: list[OfPod[Explanation]]) -> list[dict[str, str]]:
    return [
        {
            **({"task": pod.name} if len(explained) > 1 else {}),
            "field": field.path,
            "value": "(removed)" if field.value is None else _write(field.value),
            "set by": field.origin,
            "overrode": "\n".join(f"{_write(value)} of {origin}" for origin, value in field.overrode),
        }
        for pod in explained
        for field in pod.report.fields
    ]


def _describe(pod: OfPod[Explanation]) -> Iterator[str]:
    """Say what the rows do not: whose config it is, what has no effect, and that there may be more."""
    if pod.report.inherited_from:
        yield f"{pod.name}: its executor_config comes from {pod.report.inherited_from}."
    for problem in pod.report.unused:
        yield f"{pod.name}: note: {problem}"
    if not pod.report.fields:
        yield f"{pod.name}: nothing is set, beside what the pod template and Airflow have; --all shows that."


def _write(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _to_json(pod: OfPod[Explanation]) -> dict[str, Any]:
    return {
        "task": pod.task,
        "pod": pod.kind,
        "inherited_from": pod.report.inherited_from or None,
        "unused": list(pod.report.unused),
        "fields": [_field_to_json(field) for field in pod.report.fields],
    }


def _field_to_json(field: Field) -> dict[str, Any]:
    overrode = [{"set_by": origin, "value": value} for origin, value in field.overrode]
    return {"field": field.path, "value": field.value, "set_by": field.origin, "overrode": overrode}
