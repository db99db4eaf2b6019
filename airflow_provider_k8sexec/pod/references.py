"""What a pod needs of the cluster: the objects that it names, their keys, and where the API has each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from airflow_provider_k8sexec.options.kueue import QUEUE_LABEL
from airflow_provider_k8sexec.options.manifest_parts import mapping_of, maps_of
from airflow_provider_k8sexec.pod.key_sources import (
    CONFIG_MAP,
    SECRET,
    SECRET_STORE,
    read_files,
    read_text,
    read_variables,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.pod.key_sources import KeyedKind, KeySource


@frozen
class Kind:
    """A kind of objects, as the Kubernetes API has it.

    Attributes:
        group: The API group; empty for the core of Kubernetes.
        plural: Its name in paths and roles: ``secrets``.
        versions: The versions of the group that have the kind, the newest first.
        remedy: What to do in a cluster that does not have the kind, as an imperative.
        is_of_cluster: Whether an object belongs to the cluster, and to no namespace.
        is_listed: Whether ``check`` names those that there are where the named one does not exist.
    """

    group: str
    plural: str
    versions: tuple[str, ...] = ("v1",)
    remedy: str = "upgrade the cluster"
    is_of_cluster: bool = False
    is_listed: bool = False


_DEVICES = ("v1", "v1beta2", "v1beta1")
_WITH_DEVICES = "upgrade the cluster to Kubernetes 1.34"

LOCAL_QUEUE = "LocalQueue"
"""The kind of a queue of Kueue; source: https://kueue.sigs.k8s.io/docs/concepts/local_queue/"""

KINDS = {
    "ConfigMap": Kind("", "configmaps"),
    "PersistentVolumeClaim": Kind("", "persistentvolumeclaims"),
    "Secret": Kind("", "secrets"),
    "ServiceAccount": Kind("", "serviceaccounts"),
    LOCAL_QUEUE: Kind(
        "kueue.x-k8s.io", "localqueues", ("v1beta2", "v1beta1"), "install Kueue", is_listed=True
    ),
    "ResourceClaim": Kind("resource.k8s.io", "resourceclaims", _DEVICES, _WITH_DEVICES),
    "ResourceClaimTemplate": Kind("resource.k8s.io", "resourceclaimtemplates", _DEVICES, _WITH_DEVICES),
    "SecretProviderClass": Kind(
        "secrets-store.csi.x-k8s.io", "secretproviderclasses", remedy="install the Secrets Store CSI driver"
    ),
    "CSIDriver": Kind("storage.k8s.io", "csidrivers", is_of_cluster=True),
    "PriorityClass": Kind("scheduling.k8s.io", "priorityclasses", is_of_cluster=True),
    "RuntimeClass": Kind("node.k8s.io", "runtimeclasses", is_of_cluster=True),
    "StorageClass": Kind("storage.k8s.io", "storageclasses", is_of_cluster=True),
}
"""The kinds that a pod can name. Source: https://kubernetes.io/docs/reference/kubernetes-api/

``resource.k8s.io/v1`` is in Kubernetes 1.34 and later, its betas are off unless switched on:
https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/
"""


@frozen(order=True)
class Reference:
    """One object that a pod cannot start without.

    Attributes:
        kind: The kind of the object, one of :data:`KINDS`.
        name: Its name.
        key: The key in it that the pod needs; empty for the whole object.
    """

    kind: str
    name: str
    key: str = ""


def resolve_references(pod: Manifest) -> list[Reference]:
    """Find what a merged pod names and does not call optional, each once, in order."""
    found = {Reference(LOCAL_QUEUE, read_queue_name(pod)), *_find_references(pod["spec"])}
    return sorted(reference for reference in found if reference.name)


def read_queue_name(pod: Manifest) -> str:
    """Read the name of the queue that is to admit a pod; empty where it waits in none."""
    return read_text(mapping_of(mapping_of(pod.get("metadata")).get("labels")), QUEUE_LABEL)


def _find_references(spec: Manifest) -> Iterator[Reference]:
    for kind, field in _NAMED_BY_SPEC.items():
        yield Reference(kind, read_text(spec, field))
    for secret in maps_of(spec.get("imagePullSecrets")):
        yield Reference("Secret", read_text(secret, "name"))
    for claim in maps_of(spec.get("resourceClaims")):
        yield Reference("ResourceClaim", read_text(claim, "resourceClaimName"))
        yield Reference("ResourceClaimTemplate", read_text(claim, "resourceClaimTemplateName"))
    for keyed in (SECRET, CONFIG_MAP):
        for source in _read_sources(spec, keyed):
            if not source.is_optional:
                yield Reference(keyed.kind, source.name, source.key)
    for volume in maps_of(spec.get("volumes")):
        yield from _find_in_volume(volume)


_NAMED_BY_SPEC = {
    "ServiceAccount": "serviceAccountName",
    "PriorityClass": "priorityClassName",
    "RuntimeClass": "runtimeClassName",
}
_SECRET_FIELDS = ("nodePublishSecretRef", "secretRef")
"""What CSI, flexVolume, cephfs, rbd, iscsi, scaleIO and storageos volumes name their secret by."""


def _find_in_volume(volume: Mapping[str, Any]) -> Iterator[Reference]:
    """Find what a volume names beside secrets and config maps whose keys are its files.

    Sources: https://kubernetes.io/docs/concepts/storage/volumes/ and
    https://kubernetes.io/docs/concepts/storage/ephemeral-volumes/
    """
    for source in map(mapping_of, volume.values()):
        for field in _SECRET_FIELDS:
            yield Reference("Secret", read_text(mapping_of(source.get(field)), "name"))
    yield Reference(
        "PersistentVolumeClaim", read_text(mapping_of(volume.get("persistentVolumeClaim")), "claimName")
    )
    yield Reference("Secret", read_text(mapping_of(volume.get("azureFile")), "secretName"))
    template = mapping_of(mapping_of(volume.get("ephemeral")).get("volumeClaimTemplate"))
    yield Reference("StorageClass", read_text(mapping_of(template.get("spec")), "storageClassName"))
    driver = mapping_of(volume.get("csi"))
    # The kubelet mounts a volume of the pod itself only where the driver's object allows that.
    yield Reference("CSIDriver", read_text(driver, "driver"))
    if driver.get("driver") == SECRET_STORE:
        attributes = mapping_of(driver.get("volumeAttributes"))
        yield Reference("SecretProviderClass", read_text(attributes, "secretProviderClass"))


def _read_sources(spec: Manifest, keyed: KeyedKind) -> Iterator[KeySource]:
    for container in [*maps_of(spec.get("containers")), *maps_of(spec.get("initContainers"))]:
        yield from read_variables(container, keyed)
    for volume in maps_of(spec.get("volumes")):
        yield from read_files(volume, keyed)
