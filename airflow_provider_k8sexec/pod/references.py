"""What a pod needs of the cluster: the objects that it names, and the keys in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.options.manifests import Manifest


@frozen(order=True)
class Reference:
    """One object that a pod cannot start without.

    Attributes:
        kind: The kind of the object: ``Secret``, ``ConfigMap``, ``PersistentVolumeClaim``, ...
        name: Its name.
        key: The key in it that the pod asks for; empty for the whole object.
    """

    kind: str
    name: str
    key: str = ""


def resolve_references(pod: Manifest) -> list[Reference]:
    """Find what a merged pod names and does not call optional, each once, in order."""
    return sorted(set(_references(pod["spec"])))


def _references(spec: Manifest) -> Iterator[Reference]:
    for kind, field in _NAMED_BY_SPEC.items():
        if spec.get(field):
            yield Reference(kind, spec[field])
    for secret in spec.get("imagePullSecrets") or []:
        yield Reference("Secret", secret["name"])
    for container in [*spec["containers"], *(spec.get("initContainers") or [])]:
        yield from _container_references(container)
    for volume in spec.get("volumes") or []:
        yield from _volume_references(volume)


_NAMED_BY_SPEC = {
    "ServiceAccount": "serviceAccountName",
    "PriorityClass": "priorityClassName",
    "RuntimeClass": "runtimeClassName",
}


def _container_references(container: Manifest) -> Iterator[Reference]:
    for variable in container.get("env") or []:
        source = variable.get("valueFrom") or {}
        for kind, field in (("Secret", "secretKeyRef"), ("ConfigMap", "configMapKeyRef")):
            yield from _required(kind, source.get(field), "name", "key")
    for source in container.get("envFrom") or []:
        for kind, field in (("Secret", "secretRef"), ("ConfigMap", "configMapRef")):
            yield from _required(kind, source.get(field), "name")


def _volume_references(volume: Manifest) -> Iterator[Reference]:
    sources = (volume.get("projected") or {}).get("sources") or []
    for source in [volume, *sources]:
        name = "secretName" if source is volume else "name"
        for kind, field, naming in (("Secret", "secret", name), ("ConfigMap", "configMap", "name")):
            yield from _files(kind, source.get(field), naming)
    claim = volume.get("persistentVolumeClaim")
    if claim:
        yield Reference("PersistentVolumeClaim", claim["claimName"])


def _files(kind: str, source: Any, naming: str) -> Iterator[Reference]:
    for item in (source or {}).get("items") or [{}]:
        yield from _required(kind, source and {**source, **item}, naming, "key")


def _required(kind: str, source: Any, naming: str, key: str = "") -> Iterator[Reference]:
    if source and not source.get("optional"):
        yield Reference(kind, source[naming], source.get(key, ""))
