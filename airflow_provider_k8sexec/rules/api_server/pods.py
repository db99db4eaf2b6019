"""The one engine of rules: it validates any manifest of a pod, whole or partial, whoever wrote it.

The rules are the API server's own, so that a pod is refused here, with its task's name, and not at its
launch. The shape comes first, then single fields, then fields that must fit together: each within the parts
that have the right shape, so that a wrong part never hides the mistakes of others.
Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.rules.api_server.combinations import COMBINATIONS
from airflow_provider_k8sexec.rules.api_server.containers import PARTS
from airflow_provider_k8sexec.rules.api_server.fields import FIELDS, REQUIRED
from airflow_provider_k8sexec.rules.api_server.schema import find_models, read_manifest
from airflow_provider_k8sexec.rules.api_server.security import check_app_armor
from airflow_provider_k8sexec.rules.api_server.since import check_client
from airflow_provider_k8sexec.rules.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import Path

    PodRule = Callable[[Manifest], Iterator[Finding]]


def check_pod(pod: object, *rules: PodRule) -> list[Finding]:
    """Find every mistake in the manifest of a pod.

    Args:
        pod: The manifest; a partial one need not have containers, because the template has them.
        *rules: Further rules, which get the parts of the pod that have the right shape.
    """
    whole = pod
    if isinstance(pod, dict) and isinstance(pod.get("spec"), dict):
        whole = {**pod, "spec": {"containers": [], **pod["spec"]}}
    right, found = read_manifest(whole, "V1Pod")
    wrong = {finding.path[:-1] for finding in found}
    for path, model, part in find_models(right, "V1Pod"):
        found += check_client(path, model, part)
        found += _check_parts(path, model, part)
        found += _check_whole(path, model, part) if path not in wrong else ()
    found += check_app_armor((), right or {})
    return [*found, *(finding for rule in rules for finding in rule(right or {}))]


def _check_parts(path: Path, model: str, part: dict[str, Any]) -> Iterator[Finding]:
    for name, value in part.items():
        if (model, name) in FIELDS:
            yield from FIELDS[model, name]((*path, name), value)
    if model in PARTS:
        yield from PARTS[model](path, part)


def _check_whole(path: Path, model: str, part: dict[str, Any]) -> Iterator[Finding]:
    """Check an object each of whose own fields has its right shape."""
    name, what = REQUIRED.get(model, ("", ""))
    if name and name not in part:
        yield Finding(
            (*path, name), "None", "is missing, and Kubernetes requires it", f"write {what}", code="K8S205"
        )
    if model in COMBINATIONS:
        yield from COMBINATIONS[model](path, part)
