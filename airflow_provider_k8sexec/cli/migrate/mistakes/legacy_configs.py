"""The executor config of Airflow 1, a plain dictionary, as the pod that it once made.

The keys are those of ``KubernetesExecutorConfig`` and of the class after it, ``PodGenerator``, whose pods
Airflow 2.0 still made: https://github.com/apache/airflow/blob/2.0.0/airflow/kubernetes/pod_generator.py
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.cli.migrate.reading.values import (
    Fields,
    Items,
    UnreadableError,
    is_scalar,
    known,
)
from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER
from airflow_provider_k8sexec.options.manifests import SIDES
from airflow_provider_k8sexec.options.resource_names import NVIDIA_GPU
from airflow_provider_k8sexec.options.secrets import Secret
from airflow_provider_k8sexec.pod.shortest.rest import BASE
from airflow_provider_k8sexec.rules.api_server.schema import POD_MODEL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_k8sexec.options.paths import Path

GOOGLE_KEY = "gcp_service_account_key"
"""The key for a secret of Google's, ``name:/file``, for which an option stands rather than a field."""

_GOOGLE_FOLDER = "/var/secrets/google"
_RESOURCES: Path = (*BASE, "resources")

_FIELDS: dict[str, tuple[Path, ...]] = {
    "image": ((*BASE, "image"),),
    "image_pull_policy": ((*BASE, "imagePullPolicy"),),
    "request_cpu": ((*_RESOURCES, "requests", "cpu"),),
    "request_memory": ((*_RESOURCES, "requests", "memory"),),
    "limit_cpu": ((*_RESOURCES, "limits", "cpu"),),
    "limit_memory": ((*_RESOURCES, "limits", "memory"),),
    "limit_gpu": tuple((*_RESOURCES, side, NVIDIA_GPU) for side in SIDES),
    "resources": (_RESOURCES,),
    "volume_mounts": ((*BASE, "volumeMounts"),),
    "volumes": (("spec", "volumes"),),
    "node_selectors": (("spec", "nodeSelector"),),
    "tolerations": (("spec", "tolerations"),),
    "affinity": (("spec", "affinity"),),
    "service_account_name": (("spec", "serviceAccountName"),),
    "security_context": (("spec", "securityContext"),),
    "labels": (("metadata", "labels"),),
    "annotations": (("metadata", "annotations"),),
}


def read_legacy(content: Fields) -> Fields:
    """Read the content of the legacy key as a pod.

    Raises:
        UnreadableError: A key is unknown, or its value has another form.
    """
    pod = Fields(model=POD_MODEL)
    for key, value in content.items():
        line = content.lines.get(key)
        for path, part in _read_key(key, value):
            lay(pod, path, part, line)
    return pod


def read_google_secret(content: Fields) -> Secret | None:
    """Read the secret with the key of a service account of Google's; ``None`` where there is none.

    Raises:
        UnreadableError: It has another form than ``name:/file``.
    """
    given = known(content.get(GOOGLE_KEY))
    if not given:
        return None
    name, _, key = given.partition(":") if isinstance(given, str) else ("", "", "")
    key = key.strip("/")
    if not name or not key:
        raise UnreadableError(f"{GOOGLE_KEY!r} has not the form 'name:/file'")
    return Secret(key, file=f"{_GOOGLE_FOLDER}/{key}", name=name)


def _read_key(key: Any, value: Any) -> Iterator[tuple[Path, Any]]:
    """Give what a key sets, with the paths of the fields."""
    if key == GOOGLE_KEY or not (is_scalar(value) or value):  # an empty list or mapping set nothing
        return
    if key in _LISTS:
        path, read = _LISTS[key]
        yield path, read(value)
        return
    if key not in _FIELDS:
        raise UnreadableError(f"{key!r} was never a key of this form that made a part of a pod")
    for path in _FIELDS[key]:
        yield path, value


def _read_variables(value: Any) -> Items:
    """Read ``{"LOG_LEVEL": "debug"}`` as the variables of a container."""
    if not isinstance(value, Fields):
        raise UnreadableError("'envs' is not a mapping")
    return Items([Fields({"name": name, "value": text}) for name, text in value.items()])


def _read_config_maps(value: Any) -> Items:
    """Read ``["app"]`` as the config maps from which all variables come."""
    if not isinstance(value, list):
        raise UnreadableError("'configmaps' is not a list")
    return Items([Fields({"configMapRef": Fields({"name": name})}) for name in value])


_LISTS: dict[str, tuple[Path, Callable[[Any], Items]]] = {
    "envs": ((*BASE, "env"), _read_variables),
    "configmaps": ((*BASE, "envFrom"), _read_config_maps),
}


def lay(pod: Fields, path: Path, value: Any, line: int | None) -> None:
    """Set a field of a pod, with the line on which its key is written."""
    here: Any = pod
    for step in path[:-1]:
        if isinstance(here, Fields) and step not in here:
            here[step] = Items([Fields({"name": WORKER_CONTAINER})]) if step == "containers" else Fields()
        here = here[step]
    here[path[-1]] = value
    if line is not None:
        here.lines[path[-1]] = line
