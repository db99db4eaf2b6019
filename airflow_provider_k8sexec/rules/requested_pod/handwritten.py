"""Rules about a hand-written ``executor_config``.

Sources: https://airflow.apache.org/docs/apache-airflow-providers-cncf-kubernetes/stable/kubernetes_executor.html
and what the executor does with each form when it launches the task.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.executor_names import (
    EXECUTOR_CONFIG,
    KNOWN_KEYS,
    LEGACY_KEY,
    POD_OVERRIDE,
    POD_TEMPLATE_FILE,
)
from airflow_provider_k8sexec.options.manifests import is_built, to_manifest
from airflow_provider_k8sexec.options.nearest_names import find_nearest
from airflow_provider_k8sexec.options.pod_options import POD_OPTIONS
from airflow_provider_k8sexec.options.problems import show, show_shape
from airflow_provider_k8sexec.options.readers import check_own_annotations

if TYPE_CHECKING:
    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import Path

_KEYS = (POD_OVERRIDE, POD_TEMPLATE_FILE)
"""The keys that an author writes, and may misspell."""

PARTS_OF_PODS: Mapping[str, Path] = {
    "metadata": ("metadata",),
    "spec": ("spec",),
    "containers": ("spec", "containers"),
    "resources": ("spec", "containers", 0, "resources"),
    "nodeSelector": ("spec", "nodeSelector"),
    "serviceAccountName": ("spec", "serviceAccountName"),
}
"""The parts of pods that authors write as keys of a config, with where they belong."""

BARE_POD = Problem(
    EXECUTOR_CONFIG,
    "<V1Pod>",
    "is a V1Pod, where Airflow takes a dict",
    "write executor_config={'pod_override': ...}",
    code="K8S306",
)
"""What is wrong with a pod in the place of a config."""


def check_executor_config(config: object) -> list[Problem]:
    """Find what is wrong with the form of a config; what its pod requests is other rules' matter.

    Args:
        config: The ``executor_config`` of a task, of any type.
    """
    problems = list(check_config_shape(config))
    if isinstance(config, Mapping):
        problems += [problem for key in config for problem in check_config_key(key)]
        problems += check_override_models(config.get(POD_OVERRIDE))
    return problems


def check_config_shape(config: object) -> Iterator[Problem]:
    """The config is a dict."""
    if is_pod(config):
        yield BARE_POD
    elif not isinstance(config, Mapping):
        remedy = "write executor_config={'pod_override': ...}"
        yield Problem(EXECUTOR_CONFIG, show(type(config)), "is not a dict", remedy, code="K8S306")


def check_config_key(key: object) -> Iterator[Problem]:
    """A key is one that the KubernetesExecutor knows, or plainly another executor's."""
    field, name = f"{EXECUTOR_CONFIG}[{key!r}]", str(key)
    if name in KNOWN_KEYS:
        return
    nearest = find_nearest_key(name)
    if name == LEGACY_KEY:
        reason = "is the form of Airflow 1, which today's executor refuses"
        yield Problem(
            field, "", reason, "write its content as pod options, for example memory='1Gi'", code="K8S306"
        )
    elif nearest:
        yield Problem(
            field, "", "is a key that Airflow silently ignores", f"write {nearest!r}", code="K8S306"
        )
    elif name in POD_OPTIONS:
        reason = "is a key that the KubernetesExecutor silently ignores"
        yield Problem(field, "", reason, f"write the pod option {name}=...", code="K8S306")
    elif name in PARTS_OF_PODS:
        reason = "is a key that the KubernetesExecutor silently ignores"
        yield Problem(field, "", reason, "write it into a V1Pod under 'pod_override'", code="K8S306")


def find_nearest_key(name: str) -> str | None:
    """Find the key of a config that was probably meant."""
    return find_nearest(name, _KEYS, cutoff=0.8)  # 'overrides' is the EcsExecutor's


def check_override_models(override: object) -> Iterator[Problem]:
    """The override is a ``V1Pod``, made of models as deep as Airflow's merge looks into it."""
    field = f"{EXECUTOR_CONFIG}[{POD_OVERRIDE!r}]"
    if override is None or override == {}:
        return
    if not is_pod(override):
        reason = "is not a V1Pod, and the executor refuses anything else when it launches the task"
        yield Problem(
            field,
            show_shape(override),
            reason,
            "write k8s_config(pod_override=...), which takes a dict, too",
            code="K8S307",
        )
        return
    spec, metadata = getattr(override, "spec", None), getattr(override, "metadata", None)
    annotations = getattr(metadata, "annotations", None)
    if isinstance(annotations, Mapping) and not is_built(override):
        yield from check_own_annotations(f"{field}.metadata.annotations", annotations)
    for name, part, model in (("spec", spec, "V1PodSpec"), ("metadata", metadata, "V1ObjectMeta")):
        if isinstance(part, dict):
            yield explain_plain_dict(f"{field}.{name}", model)
    for kind in ("containers", "init_containers"):
        for index, container in enumerate(getattr(spec, kind, None) or []):
            if isinstance(container, dict):
                yield explain_plain_dict(f"{field}.spec.{kind}[{index}]", "V1Container")


def explain_plain_dict(field: str, model: str) -> Problem:
    """Explain what is wrong with a dict in the place of a model."""
    reason = f"is a dict, and Airflow's merge needs a {model} there"
    return Problem(
        field, "<dict>", reason, f"write k8s.{model}(...), or k8s_config(pod_override=...)", code="K8S307"
    )


def is_pod(value: object) -> bool:
    """Recognise a ``V1Pod`` of any release of the client, without importing the client."""
    return any(base.__name__ == "V1Pod" for base in type(value).__mro__)


def override_of(config: object) -> Manifest:
    """Give the pod override of a config as a manifest; empty where it is none."""
    override: Any = config.get(POD_OVERRIDE) if isinstance(config, Mapping) else config
    manifest = to_manifest(override) if is_pod(override) else {}
    return manifest if isinstance(manifest, dict) else {}


def template_of(config: object) -> str | None:
    """Give the path of a config's own pod template."""
    path = config.get(POD_TEMPLATE_FILE) if isinstance(config, Mapping) else None
    return path if isinstance(path, str) else None
