"""``k8sexec check``: the pods that the KubernetesExecutor would launch, against the cluster."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.cli.output import kept_stdout, print_table, stop_on
from airflow_provider_k8sexec.cli.render import map_tasks
from airflow_provider_k8sexec.exceptions import ClusterError, Problem
from airflow_provider_k8sexec.options.nearest_names import find_nearest
from airflow_provider_k8sexec.options.paths import write_field
from airflow_provider_k8sexec.pod.references import Reference, resolve_references
from airflow_provider_k8sexec.render.executor_pod import render_pod
from airflow_provider_k8sexec.rules.api_server.since import check_server
from airflow_provider_k8sexec.site.deployment import UNKNOWN_SECRET, report_unknown_release

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from airflow_provider_k8sexec.hooks import DeploymentHook
    from airflow_provider_k8sexec.options.manifests import Manifest


def check(arguments: argparse.Namespace) -> None:
    """Print what is wrong with each task's pod in the cluster.

    Raises:
        SystemExit: With status 1, if anything is wrong, or the cluster does not answer.
    """
    from airflow_provider_k8sexec.hooks import DeploymentHook  # imports kubernetes

    pods, errors = map_tasks(
        arguments, lambda task: render_pod(task.dag_id, task.task_id, task.executor_config)
    )
    # Without a connection, the hook takes the cluster of KUBECONFIG, or of its pod, and asks no database.
    inspector = Inspector(DeploymentHook(arguments.conn_id, kubernetes_conn_id=None))
    try:
        with kept_stdout():
            found = {task: list(dict.fromkeys(inspector.check_pod(pod))) for task, pod in pods}
    except ClusterError as error:
        found, errors = {}, [*errors, str(error)]
    _PRINTERS[arguments.output](found)
    stop_on(errors, failed=any(found.values()))


class Inspector:
    """Checks pods against a cluster, and reads each object once."""

    def __init__(self, hook: DeploymentHook) -> None:
        self._hook = hook
        self._keys = cache(hook.read_keys)
        self._exists = cache(hook.has)
        self._version = cache(hook.read_version)

    def check_pod(self, pod: Manifest) -> Iterator[Problem]:
        """Find the objects and keys that the pod lacks, what the server is too old for, and its objections.

        Raises:
            ClusterError: The cluster refuses a request, or does not answer.
        """
        namespace = pod["metadata"]["namespace"]
        for reference in resolve_references(pod):
            yield from self._check_reference(reference, namespace)
        version = self._version()
        for finding in check_server(pod, version) if version else ():
            yield Problem(write_field(finding.path), finding.value, finding.reason, finding.remedy)
        for objection in self._hook.refusals(pod):
            yield Problem("pod", "", f"is refused by the server: {objection}", "request what it accepts")

    def _check_reference(self, reference: Reference, namespace: str) -> Iterator[Problem]:
        kind, name, key = reference.kind, reference.name, reference.key
        if name == UNKNOWN_SECRET:
            yield report_unknown_release(kind, repr(name))
            return
        if not key:
            if not self._exists(reference, namespace):
                remedy = f"create it in the namespace {namespace!r}, or name another"
                yield Problem(kind, repr(name), "does not exist", remedy)
            return
        keys = self._keys(kind, name, namespace)
        if keys is None:
            yield Problem(kind, repr(name), "does not exist", f"create it in the namespace {namespace!r}")
        elif key not in keys:
            nearest = find_nearest(key, keys)
            remedy = f"write {nearest!r}" if nearest else f"choose from {', '.join(sorted(keys))}, or add it"
            yield Problem(f"{kind} {name}", repr(key), "is not one of its keys", remedy)


def _print_problems(found: dict[str, list[Problem]]) -> None:
    verdicts = {task: [str(problem) for problem in problems] or ["ok"] for task, problems in found.items()}
    print_table([{"task": task, "verdict": text} for task, texts in verdicts.items() for text in texts])


def _print_json(found: dict[str, list[Problem]]) -> None:
    report = [
        {"task": task, "ok": not problems, "problems": [problem._asdict() for problem in problems]}
        for task, problems in found.items()
    ]
    print(json.dumps(report, indent=2))


_PRINTERS = {"table": _print_problems, "json": _print_json}
