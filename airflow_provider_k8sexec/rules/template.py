"""Rules about a pod template: the pod over which Airflow lays what a task asks for.

Source: https://airflow.apache.org/docs/apache-airflow-providers-cncf-kubernetes/stable/kubernetes_executor.html#pod-template-file
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.options.shown import is_free
from airflow_provider_k8sexec.rules.api_server.schema import check_manifest
from airflow_provider_k8sexec.rules.options.containers import check_container
from airflow_provider_k8sexec.rules.options.environment import check_in_clear
from airflow_provider_k8sexec.rules.options.values import check_manifest_values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.options.manifests import Manifest


def check_template(template: object, field: str) -> list[Problem]:
    """Find every mistake in a pod template.

    Args:
        template: What stands in its file.
        field: What the template is called, where the path of every problem begins.
    """
    if not isinstance(template, dict):
        remedy = "write apiVersion: v1, kind: Pod, metadata and spec"
        return [Problem(field, f"<{type(template).__name__}>", "is not the manifest of a pod", remedy)]
    kind = list(_check_kind(template, field))
    found = kind or check_manifest(template, "V1Pod", field) or list(_check_pod(template, field))
    return [_without_hidden_value(problem, field) for problem in found]


def _without_hidden_value(problem: Problem, field: str) -> Problem:
    """Leave out what a template has in a field that is not shown of one."""
    keys = re.findall(r"\['([^']+)'\]", problem.field.removeprefix(field))
    if not problem.value or not keys or not is_free(".".join(keys)):
        return problem
    quotes_it = problem.value.strip("'") in problem.remedy
    return replace(problem, value="", remedy="write a valid one" if quotes_it else problem.remedy)


def _check_kind(template: Manifest, field: str) -> Iterator[Problem]:
    for key, word in (("apiVersion", "v1"), ("kind", "Pod")):
        if template.get(key, word) != word:
            reason = "is another kind of object, and a pod template is a Pod"
            yield Problem(f"{field}[{key!r}]", show(template[key]), reason, f"write {key}: {word}")


def _check_pod(template: Manifest, field: str) -> Iterator[Problem]:
    spec = template.get("spec") or {}
    yield from check_worker(template, field)
    if spec.get("restartPolicy") != "Never":
        given = show(spec["restartPolicy"]) if "restartPolicy" in spec else ""
        reason = "would start a finished task once more" if given else "is missing, and Always if not said"
        yield Problem(f"{field}['spec']['restartPolicy']", given, reason, "write restartPolicy: Never")
    for kind in ("containers", "initContainers"):
        for index, container in enumerate(spec.get(kind) or []):
            place = f"{field}['spec'][{kind!r}][{index}]"
            yield from check_container(place, container)
            yield from check_in_clear(f"{place}['env']", container.get("env") or [])
    yield from check_manifest_values(field, "V1Pod", template)


def check_worker(template: Manifest, field: str) -> Iterator[Problem]:
    """The first container is the worker's: Airflow merges by position, whatever the names are."""
    containers = (template.get("spec") or {}).get("containers") or []
    names = [container.get("name") for container in containers]
    place = f"{field}['spec']['containers']"
    if WORKER_CONTAINER in names[1:]:
        reason = f"has {WORKER_CONTAINER!r} behind another, and Airflow would put the task into {names[0]!r}"
        yield Problem(place, show(names), reason, f"write {WORKER_CONTAINER!r} first")
    elif not names:
        remedy = f"write one, with the name {WORKER_CONTAINER!r}"
        yield Problem(place, "", "has no container for the task", remedy)
    elif names[0] != WORKER_CONTAINER:
        reason = f"is not {WORKER_CONTAINER!r}, and Airflow would put the task into it"
        yield Problem(f"{place}[0]['name']", show(names[0]), reason, f"write name: {WORKER_CONTAINER}")


def image_of_worker(template: Any) -> str | None:
    """Give the image of a right template's worker."""
    image: str | None = template["spec"]["containers"][0].get("image")
    return image or None


def check_image(template: Manifest, field: str, worker_image: str | None) -> list[Problem]:
    """Report that neither a right template nor the executor says the image of the worker."""
    if image_of_worker(template) or worker_image:
        return []
    reason = "is missing, and [kubernetes_executor] worker_container_repository and _tag name none"
    remedy = "write the image of the deployment"
    return [Problem(f"{field}['spec']['containers'][0]['image']", "", reason, remedy)]
