"""What the KubernetesExecutor needs of the pod that a task requests, and of the template below it.

Source: https://airflow.apache.org/docs/apache-airflow-providers-cncf-kubernetes/stable/kubernetes_executor.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.executor_names import EXECUTOR_KEYS, WORKER_CONTAINER, WORKER_VARIABLE
from airflow_provider_k8sexec.options.manifest_parts import containers_at, maps_at
from airflow_provider_k8sexec.options.problems import show, show_shape
from airflow_provider_k8sexec.rules.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import Path

_SPEC = ("spec",)
_CONTAINERS = ("spec", "containers")
_RESTARTS = "would start a finished task once more"
_RESTARTS_ALL = "RestartAllContainers"
"""The action of a rule, of any container, that starts all of the pod again (KEP 5532, since 1.35)."""


def check_names_of_pod(pod: Manifest) -> Iterator[Finding]:
    """The executor knows its pods by a name, labels and annotations, which no task replaces."""
    metadata = pod.get("metadata") or {}
    for key in ("name", "generateName"):
        if key in metadata:
            reason = "replaces the name that the executor gives each pod"
            yield Finding(("metadata", key), show(metadata[key]), reason, "remove it", code="K8S301")
    for kind in ("labels", "annotations"):
        for key in sorted(EXECUTOR_KEYS & (metadata.get(kind) or {}).keys()):
            reason = "is the KubernetesExecutor's own, by which it knows its pods"
            remedy = f"choose another, for example 'my-{key.replace('_', '-')}'"
            yield Finding(("metadata", kind, key), repr(key), reason, remedy, is_of_key=True, code="K8S301")


def check_worker_name(pod: Manifest) -> Iterator[Finding]:
    """A pod with containers has one of the name that Airflow puts the task into."""
    containers = _containers_of(pod)
    names = [container.get("name") for _, container in containers]
    if names and None not in names and WORKER_CONTAINER not in names:
        reason = f"has no container {WORKER_CONTAINER!r}, and Airflow would put the task into {names[0]!r}"
        yield Finding(
            _CONTAINERS,
            show(names),
            reason,
            f"name the worker's container {WORKER_CONTAINER!r}",
            code="K8S302",
        )


def check_worker_command(pod: Manifest) -> Iterator[Finding]:
    """The worker's container keeps the command that the executor gives it."""
    containers = _containers_of(pod)
    workers = [item for item in containers if item[1].get("name") == WORKER_CONTAINER]
    for path, container in workers or containers[:1]:
        for key in ("command", "args"):
            if container.get(key):
                reason = f"replaces the {key} by which Airflow runs the task"
                yield Finding((*path, key), show_shape(container[key]), reason, "remove it", code="K8S303")


def check_worker_variables(pod: Manifest) -> Iterator[Finding]:
    """No one sets the variable by which a worker knows that it is one."""
    for path, container in _containers_of(pod):
        for here, variable in maps_at(path, container, "env"):
            if variable.get("name") == WORKER_VARIABLE and container.get("name") == WORKER_CONTAINER:
                reason = "is set by the KubernetesExecutor itself"
                yield Finding(
                    (*here, "name"), repr(WORKER_VARIABLE), reason, "choose another name", code="K8S304"
                )


def check_restarts(pod: Manifest) -> Iterator[Finding]:
    """A finished task is not started once more: neither with its pod, nor its container alone."""
    yield from _check_policy(_SPEC, pod.get("spec") or {})
    for path, container in containers_at(pod):
        is_worker = container.get("name") == WORKER_CONTAINER and path[1] == "containers"
        if is_worker:
            yield from _check_policy(path, container)
        for here, rule in maps_at(path, container, "restartPolicyRules"):
            if is_worker or rule.get("action") == _RESTARTS_ALL:
                yield Finding(
                    (*here, "action"), show(rule.get("action")), _RESTARTS, "remove the rule", code="K8S305"
                )


def _check_policy(path: Path, holder: Mapping[str, Any]) -> Iterator[Finding]:
    policy = holder.get("restartPolicy", "Never")
    if policy != "Never":
        yield Finding(
            (*path, "restartPolicy"), show(policy), _RESTARTS, "write 'Never', or remove it", code="K8S305"
        )


def check_restarts_of_template(pod: Manifest) -> Iterator[Finding]:
    """A template says that a finished task is not started once more."""
    yield from check_restarts(pod)
    if "restartPolicy" not in (pod.get("spec") or {}):
        reason = "is missing; the default, Always, restarts a finished task"
        yield Finding(("spec", "restartPolicy"), "", reason, "write restartPolicy: Never", code="K8S305")


def check_worker_of_template(pod: Manifest) -> Iterator[Finding]:
    """The first container is the worker's: Airflow merges by position, whatever the names are."""
    names = [container.get("name") for _, container in _containers_of(pod)]
    if WORKER_CONTAINER in names[1:]:
        yield _find_worker_behind(names)
    elif not names:
        remedy = f"write one, with the name {WORKER_CONTAINER!r}"
        yield Finding(_CONTAINERS, "", "has no container for the task", remedy, code="K8S302")
    elif names[0] != WORKER_CONTAINER:
        reason = f"is not {WORKER_CONTAINER!r}, and Airflow would put the task into it"
        yield Finding(
            (*_CONTAINERS, 0, "name"),
            show(names[0]),
            reason,
            f"write name: {WORKER_CONTAINER}",
            code="K8S302",
        )


def check_worker_is_first(pod: Manifest) -> Iterator[Finding]:
    """The worker's container is the first where a pod is laid over the template as it is."""
    names = [container.get("name") for _, container in _containers_of(pod)]
    if WORKER_CONTAINER in names[1:]:
        yield _find_worker_behind(names)


def _find_worker_behind(names: list[Any]) -> Finding:
    reason = f"has {WORKER_CONTAINER!r} behind {names[0]!r}, and Airflow puts the task into the first"
    return Finding(_CONTAINERS, show(names), reason, f"write {WORKER_CONTAINER!r} first", code="K8S302")


def _containers_of(pod: Manifest) -> list[tuple[Path, Any]]:
    return maps_at(_SPEC, pod.get("spec") or {}, "containers")


OF_WORKERS = (
    check_names_of_pod,
    check_worker_name,
    check_worker_command,
    check_worker_variables,
    check_restarts,
)
"""What holds for the pod of a task, before Airflow lays it over the template."""

OF_TEMPLATES = (check_worker_of_template, check_worker_variables, check_restarts_of_template)
"""What holds for a template."""
