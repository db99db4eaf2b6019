"""What a pod needs of the cluster: the objects that it names, and the keys in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from airflow_provider_k8sexec.pod.key_sources import CONFIG_MAP, SECRET, read_files, read_variables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.pod.key_sources import KeyedKind, KeySource


@frozen(order=True)
class Reference:
    """One object that a pod cannot start without.

    Attributes:
        kind: The kind of the object: ``Secret``, ``ConfigMap``, ``PersistentVolumeClaim``, ...
        name: Its name.
        key: The key in it that the pod needs; empty for the whole object.
    """

    kind: str
    name: str
    key: str = ""


def resolve_references(pod: Manifest) -> list[Reference]:
    """Find what a merged pod names and does not call optional, each once, in order."""
    return sorted(set(_find_references(pod["spec"])))


def _find_references(spec: Manifest) -> Iterator[Reference]:
    for kind, field in _NAMED_BY_SPEC.items():
        if spec.get(field):
            yield Reference(kind, spec[field])
    for secret in spec.get("imagePullSecrets") or []:
        yield Reference("Secret", secret["name"])
    for keyed in (SECRET, CONFIG_MAP):
        for source in _read_sources(spec, keyed):
            if source.name and not source.is_optional:
                yield Reference(keyed.kind, source.name, source.key)
    for volume in spec.get("volumes") or []:
        claim = volume.get("persistentVolumeClaim")
        if claim:
            yield Reference("PersistentVolumeClaim", claim["claimName"])


_NAMED_BY_SPEC = {
    "ServiceAccount": "serviceAccountName",
    "PriorityClass": "priorityClassName",
    "RuntimeClass": "runtimeClassName",
}


def _read_sources(spec: Manifest, keyed: KeyedKind) -> Iterator[KeySource]:
    for container in [*spec["containers"], *(spec.get("initContainers") or [])]:
        yield from read_variables(container, keyed)
    for volume in spec.get("volumes") or []:
        yield from read_files(volume, keyed)
