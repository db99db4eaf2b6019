"""``k8sexec check``: the pods that the KubernetesExecutor would launch, against the cluster."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.cli.output import kept_stdout, print_table, stop_on
from airflow_provider_k8sexec.cli.render import map_tasks
from airflow_provider_k8sexec.cli.task_pod import TaskPod
from airflow_provider_k8sexec.exceptions import ClusterError

if TYPE_CHECKING:
    import argparse

    from airflow_provider_k8sexec.cli.inspector import Verdict


def check(arguments: argparse.Namespace) -> None:
    """Print what is wrong with each task's pod in the cluster.

    Raises:
        SystemExit: With status 1, if anything is wrong, or the cluster does not answer.
    """
    from airflow_provider_k8sexec.cli.inspector import Inspector  # imports kubernetes
    from airflow_provider_k8sexec.hooks import DeploymentHook  # likewise

    pods, errors = map_tasks(arguments, TaskPod.load)
    # Without a connection, the hook takes the cluster of KUBECONFIG, or of its pod, and asks no database.
    inspector = Inspector(DeploymentHook(arguments.conn_id, kubernetes_conn_id=None))
    found: dict[str, Verdict] = {}
    with kept_stdout():
        try:
            for task, pod in pods:
                verdict = inspector.inspect(pod)
                if verdict:
                    found[task] = verdict
        except ClusterError as error:
            errors = [*errors, str(error)]
    _PRINTERS[arguments.output](found)
    for warning in inspector.warnings.values():
        print(f"Warning: {warning}", file=sys.stderr)
    unchecked = len(pods) - len(found)
    if unchecked:
        errors = [*errors, *inspector.errors.values(), f"Not checked: {unchecked} of {len(pods)} tasks."]
    stop_on(errors, failed=any(verdict.objections for verdict in found.values()))


def _print_problems(found: dict[str, Verdict]) -> None:
    rows = []
    for task, verdict in found.items():
        texts = [str(objection.problem) for objection in verdict.objections] or ["ok"]
        texts += [f"warning: {warning}" for warning in verdict.warnings]
        rows += [{"task": task, "verdict": text} for text in texts]
    print_table(rows)


def _print_json(found: dict[str, Verdict]) -> None:
    report = [
        {
            "task": task,
            "ok": not verdict.objections,
            "problems": [{"code": item.code, **item.problem._asdict()} for item in verdict.objections],
            "warnings": verdict.warnings,
        }
        for task, verdict in found.items()
    ]
    print(json.dumps(report, indent=2))


_PRINTERS = {"table": _print_problems, "json": _print_json}
