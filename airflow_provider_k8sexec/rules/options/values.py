"""Rules about what stands in manifests, wherever they are given: field by field, and fields together.

They are the API server's own, so that a pod is refused here, with its task's name, and not at its launch.
Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER
from airflow_provider_k8sexec.options.manifests import merge_manifests
from airflow_provider_k8sexec.options.volumes import Mount
from airflow_provider_k8sexec.rules.api_server.combinations import MODELS, check_init_container
from airflow_provider_k8sexec.rules.api_server.fields import FIELDS, REQUIRED
from airflow_provider_k8sexec.rules.api_server.schema import check_manifest, find_models

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.options.declaration import Declaration
    from airflow_provider_k8sexec.options.manifests import Manifest


def check_values(declaration: Declaration) -> Iterator[Problem]:
    """What stands in manifests is what the API server takes; the wrong shapes are other rules' matter."""
    found = [
        problem
        for field, model, manifest in _manifests_of(declaration)
        for problem in check_manifest_values(field, model, manifest)
    ]
    # Two that are right may contradict each other.
    yield from found or [
        problem
        for field, model, manifest in _merged_manifests_of(declaration)
        for problem in check_manifest_values(field, model, manifest)
    ]
    for index, container in enumerate(declaration.init_containers.values()):
        yield from check_init_container(f"init_containers[{index}]", container)


def check_manifest_values(field: str, model: str, manifest: Any) -> Iterator[Problem]:
    """Check what stands in one manifest; of a wrong shape, nothing is said."""
    if manifest and not check_manifest(manifest, model, field):
        for path, kind, part in find_models(manifest, model, field):
            yield from _check_part(path, kind, part)


def _manifests_of(declaration: Declaration) -> Iterator[tuple[str, str, Any]]:
    for name, source in declaration.env.items():
        if isinstance(source, dict):
            yield f"env_vars[{name!r}]", "V1EnvVarSource", source
    for path, mount in declaration.mounts.items():
        if isinstance(mount, Mount) and isinstance(mount.source, dict):
            yield f"volumes[{path!r}]", "V1Volume", {"name": "volume", **mount.source}
    yield "container_security_context", "V1SecurityContext", declaration.container_security_context
    yield "security_context", "V1PodSecurityContext", declaration.security_context
    yield "tolerations", "list[V1Toleration]", declaration.tolerations
    yield "affinity", "V1Affinity", declaration.affinity
    for option in ("init_containers", "sidecars"):
        yield option, "list[V1Container]", [*getattr(declaration, option).values()]
    pod = declaration.pod_override
    if isinstance(pod.get("spec"), dict):
        pod = {**pod, "spec": {"containers": [], **pod["spec"]}}
    yield "pod_override", "V1Pod", pod


def _merged_manifests_of(declaration: Declaration) -> Iterator[tuple[str, str, Any]]:
    spec = declaration.pod_override.get("spec")
    if not (declaration.container_security_context or declaration.security_context):
        return
    if not isinstance(spec, dict) or check_manifest({"containers": [], **spec}, "V1PodSpec", ""):
        return
    containers = spec.get("containers") or []
    worker: Manifest = next((item for item in containers if item["name"] == WORKER_CONTAINER), {})
    for option, model, below in (
        ("container_security_context", "V1SecurityContext", worker.get("securityContext")),
        ("security_context", "V1PodSecurityContext", spec.get("securityContext")),
    ):
        own = getattr(declaration, option)
        if own and below:
            yield f"pod_override and {option}", model, merge_manifests(below, own)


def _check_part(path: str, model: str, part: Manifest) -> Iterator[Problem]:
    for name, value in part.items():
        if value is not None and (model, name) in FIELDS:
            yield from FIELDS[model, name](f"{path}[{name!r}]", value)
    name, what = REQUIRED.get(model, ("", ""))
    if name and part.get(name) is None:
        yield Problem(f"{path}[{name!r}]", "", "is missing, and Kubernetes requires it", f"write {what}")
    if model in MODELS:
        yield from MODELS[model](path, part)
