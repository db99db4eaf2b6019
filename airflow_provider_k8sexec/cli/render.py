"""``k8sexec render``: the pods that the KubernetesExecutor would launch."""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from airflow_provider_k8sexec import _compat
from airflow_provider_k8sexec.cli.output import kept_stdout, print_table, stop_on
from airflow_provider_k8sexec.exceptions import K8sExecError
from airflow_provider_k8sexec.executor_config import POD_TEMPLATE_FILE

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from airflow_provider_k8sexec.spec.manifests import Manifest

MINIMAL_TEMPLATE: Manifest = {
    "apiVersion": "v1",
    "kind": "Pod",
    "spec": {"containers": [{"name": "base"}], "restartPolicy": "Never"},
}
_UNKNOWN = "known when the task is queued"


def render(arguments: argparse.Namespace) -> None:
    """Print the pods of the tasks that the arguments name.

    Raises:
        SystemExit: A file cannot be loaded, a pod cannot be built, or there is no such task; with status 1.
    """
    pods, problems = load_pods(arguments)
    if pods:
        _PRINTERS[arguments.output](pods)
    stop_on(problems)


def load_pods(arguments: argparse.Namespace) -> tuple[list[tuple[str, Manifest]], list[str]]:
    """Merge the pods of the tasks that the arguments name.

    Returns:
        The pods, each with its DAG's and task's names; and what went wrong, for people.
    """
    pods: list[tuple[str, Manifest]] = []
    problems: list[str] = []
    with kept_stdout():
        for path in arguments.dag_files:
            dags, errors = _load_dags(path)
            problems += errors
            for task in _select(dags, arguments.dag, arguments.task):
                try:
                    pods.append((f"{task.dag_id}.{task.task_id}", render_pod(task)))
                except K8sExecError as error:
                    problems.append(str(error))
    if not pods and not problems:
        choice = {"--dag": arguments.dag, "--task": arguments.task}
        asked = " ".join(f"{name} {value}" for name, value in choice.items() if value)
        problems.append(f"No task matches {asked}." if asked else "There is no task.")
    return pods, problems


def _load_dags(path: str) -> tuple[list[Any], list[str]]:
    if not Path(path).exists():
        return [], [f"There is no file {path!r}."]
    bag = _compat.load_dag_bag(path)
    errors = [f"{file}:\n{error}" for file, error in bag.import_errors.items()]
    if not bag.dags and not errors:
        errors.append(f"{path} defines no DAG.")
    return [dag for _, dag in sorted(bag.dags.items())], errors


def _select(dags: list[Any], dag_id: str | None, task_id: str | None) -> Iterator[Any]:
    for dag in dags:
        for task in dag.tasks:
            if dag_id in (None, dag.dag_id) and task_id in (None, task.task_id):
                yield task


def render_pod(task: Any) -> Manifest:
    """Merge a task's pod as the KubernetesExecutor does, hooks included.

    The names that a run gives (of the pod, the run, the executor) and the workload are placeholders.

    Raises:
        K8sExecError: The executor would fail on the task.
    """
    from airflow.providers.cncf.kubernetes.kube_config import KubeConfig  # imports kubernetes
    from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator  # likewise

    config = KubeConfig()
    executor_config = task.executor_config or {}
    try:
        template = _load_template(executor_config.get(POD_TEMPLATE_FILE) or config.pod_template_file)
        pod = PodGenerator.construct_pod(
            dag_id=task.dag_id,
            task_id=task.task_id,
            pod_id=_pod_id(task),
            try_number=1,
            kube_image=config.kube_image,
            date=None,
            args=_worker_arguments(task),
            pod_override_object=PodGenerator.from_obj(executor_config),
            base_worker_pod=PodGenerator.deserialize_model_dict(template),
            namespace=config.executor_namespace,
            scheduler_job_id="0",
            run_id="run",
            with_mutation_hook=True,
        )
    except Exception as error:
        # Airflow's own errors of a merge have the reason as their cause, and no text.
        reason = str(error) or error.__cause__
        raise K8sExecError(f"task {task.task_id!r} of DAG {task.dag_id!r}: {reason}") from error
    manifest: Manifest = PodGenerator.serialize_pod(pod)
    return manifest


@cache
def _load_template(path: str | None) -> Manifest:
    if not path:
        print(
            "[kubernetes_executor] pod_template_file is not set: rendered on a minimal one.", file=sys.stderr
        )
        return MINIMAL_TEMPLATE
    try:
        template = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise K8sExecError(f"The pod template {path!r} cannot be read: {error}") from error
    if not isinstance(template, dict):
        raise K8sExecError(f"The pod template {path!r} is not a pod manifest.")
    return template


def _pod_id(task: Any) -> str:
    return f"{task.dag_id}-{task.task_id}".lower().replace("_", "-").replace(".", "-")[:63].strip("-")


def _worker_arguments(task: Any) -> list[str]:
    if _compat.AIRFLOW_3:
        module = "airflow.sdk.execution_time.execute_workload"
        return ["python", "-m", module, "--json-string", f"<{_UNKNOWN}>"]
    return ["airflow", "tasks", "run", task.dag_id, task.task_id, f"<{_UNKNOWN}>", "--local"]


def _print_yaml(pods: list[tuple[str, Manifest]]) -> None:
    yaml.safe_dump_all([pod for _, pod in pods], sys.stdout, sort_keys=False, explicit_start=True)


def _print_json(pods: list[tuple[str, Manifest]]) -> None:
    print(json.dumps([pod for _, pod in pods], indent=2))


def _print_table(pods: list[tuple[str, Manifest]]) -> None:
    print_table([{"task": name, **summarize(pod)} for name, pod in pods])


_PRINTERS = {"yaml": _print_yaml, "json": _print_json, "table": _print_table}


def summarize(pod: Manifest) -> dict[str, str]:
    """Tell what people ask about a pod: resources, secrets by name, image, nodes."""
    worker = pod["spec"]["containers"][0]
    resources = worker.get("resources") or {}
    requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
    gpus = [f"{count} {name}" for name, count in limits.items() if name.partition("/")[2] == "gpu"]
    selector = pod["spec"].get("nodeSelector") or {}
    return {
        "cpu": _range(requests.get("cpu"), limits.get("cpu")),
        "memory": _range(requests.get("memory"), limits.get("memory")),
        "gpu": ", ".join(gpus),
        "secrets": ", ".join(_secret_keys(pod, worker)),
        "image": worker.get("image") or "",
        "node selector": ", ".join(f"{key}={value}" for key, value in selector.items()),
    }


def _range(request: object, limit: object) -> str:
    return str(request or "") if request == limit else f"{request or ''}..{limit or ''}"


def _secret_keys(pod: Manifest, worker: Manifest) -> Iterator[str]:
    for variable in worker.get("env") or []:
        reference = (variable.get("valueFrom") or {}).get("secretKeyRef")
        if reference:
            yield f"{reference['name']}/{reference['key']}"
    for source in worker.get("envFrom") or []:
        if "secretRef" in source:
            yield f"{source['secretRef']['name']}/*"
    for volume in pod["spec"].get("volumes") or []:
        secret = volume.get("secret")
        if secret:
            keys = [item["key"] for item in secret.get("items") or []] or ["*"]
            yield from (f"{secret['secretName']}/{key}" for key in keys)
