"""``k8sexec check``: the pods that the KubernetesExecutor would launch, against the cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.cli.notices import print_notice
from airflow_provider_k8sexec.cli.output import count, print_result
from airflow_provider_k8sexec.cli.pods import OfPod, map_pods
from airflow_provider_k8sexec.cli.shown_try import ShownTry
from airflow_provider_k8sexec.cli.task_pod import load_pod
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

    shown = ShownTry.of(arguments)
    reports = map_pods(arguments, lambda task, kind: load_pod(task, kind, shown))
    pods, errors = reports.pods, reports.problems
    # Without a connection, the hook takes the cluster of KUBECONFIG, or of its pod, and asks no database.
    inspector = Inspector(DeploymentHook(arguments.conn_id, kubernetes_conn_id=None))
    found: list[OfPod[Verdict]] = []
    try:
        for pod in pods:
            verdict = inspector.inspect(pod.report)
            if verdict:
                found.append(OfPod(pod.task, pod.kind, verdict))
    except ClusterError as error:
        errors.append(str(error))
    print_result(arguments.output, lambda: _build_rows(found), lambda: [*map(_to_json, found)])
    for warning in inspector.warnings.values():
        print_notice(str(warning))
    unchecked = len(pods) - len(found)
    if unchecked:
        errors += inspector.errors.values()
        print_notice(f"Not checked: {unchecked} of {count(len(pods), 'pod')}.")
    reports.finish(sum(len(pod.report.objections) for pod in found))


def _build_rows(found: list[OfPod[Verdict]]) -> list[dict[str, str]]:
    rows = []
    for pod in found:
        verdict = pod.report
        texts = [str(problem) for problem in verdict.objections] or ["ok"]
        texts += [f"warning: {warning}" for warning in verdict.warnings]
        rows += [{"task": pod.name, "verdict": text} for text in texts]
    return rows


def _to_json(pod: OfPod[Verdict]) -> dict[str, Any]:
    return {
        "task": pod.task,
        "pod": pod.kind,
        "ok": not pod.report.objections,
        "problems": [problem._asdict() for problem in pod.report.objections],
        "warnings": pod.report.warnings,
    }
