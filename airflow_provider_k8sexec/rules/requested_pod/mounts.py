"""What the mounts of a pod refer to, volumes and claims; and which volumes have no mount."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.executor_names import POD_TEMPLATE_FILE, name_variable
from airflow_provider_k8sexec.options.manifest_parts import (
    containers_at,
    mapping_of,
    maps_at,
    maps_of,
    name_of,
    names_at,
)
from airflow_provider_k8sexec.options.nearest_names import find_nearest
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.rules.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import Path
    from airflow_provider_k8sexec.options.requested_pod import RequestedPod


_SET_TEMPLATE = f"set {name_variable('kubernetes_executor', POD_TEMPLATE_FILE)} to its path"


def check_template_mounts(template: Manifest) -> Iterator[Finding]:
    """Every mount of a template has a volume there."""
    volumes = names_at(template, "volumes")
    for path, container, name in _uses(template):
        if name not in volumes:
            reason = f"is mounted by {container!r}, and there is no volume of that name"
            yield Finding(path, show(name), reason, _remedy(name, volumes, volumes), code="K8S309")


def check_mounts(requested: RequestedPod) -> Iterator[Finding]:
    """Every mount has a volume, here or in the template."""
    of_template = names_at(requested.template, "volumes")
    volumes = [*names_at(requested.pod, "volumes"), *of_template]
    for path, container, name in _uses(requested.pod):
        if name in volumes:
            continue
        reason = f"is mounted by {container!r}, and there is no volume of that name"
        remedy = _remedy(name, volumes, of_template)
        if requested.template is not None:
            reason += ", neither here nor in the pod template"
        else:
            reason += " here, nor is the pod template at hand, which may have it"
            # What a task's own template is found by has a message of its own.
            remedy = f"{_SET_TEMPLATE}, or {remedy}" if requested.pod_template_file is None else remedy
        yield Finding(path, show(name), reason, remedy, code="K8S309")


def _remedy(name: object, volumes: list[str], of_template: list[str]) -> str:
    nearest = find_nearest(str(name), filter(None, volumes))
    listed = f"; the pod template has {', '.join(map(show, sorted(of_template)))}" if of_template else ""
    if nearest is not None:
        return f"write {show(nearest)}{listed}"
    return f"correct the name, or add the volume{listed}"


def check_volume_claims(requested: RequestedPod) -> Iterator[Finding]:
    """A claim is one volume: two of them keep a pod from starting on some nodes, for good.

    Source: https://github.com/kubernetes/kubernetes/issues/82526
    """
    names: dict[object, object] = {}
    for volume in maps_of(requested.template_spec.get("volumes")):
        names[_claim_of(volume)] = volume.get("name")
    for path, volume in maps_at(("spec",), requested.spec, "volumes"):
        claim, name = _claim_of(volume), volume.get("name")
        if claim is not None and names.setdefault(claim, name) != name:
            at = (*path, "persistentVolumeClaim", "claimName")
            reason = (
                f"is the claim of the volume {show(names[claim])}, too, and some nodes mount only one of two"
            )
            yield Finding(
                at,
                show(claim),
                reason,
                f"mount that volume: TemplateVolume({show(names[claim])})",
                code="K8S410",
            )


def check_replaced_volumes(requested: RequestedPod) -> Iterator[Finding]:
    """A volume does not take the place of another one that the template mounts."""
    of_template = {name_of(item): item for item in maps_of(requested.template_spec.get("volumes"))}
    own = [(container, mount.get("mountPath")) for _, container, mount in _mounts(requested.pod)]
    for path, volume in maps_at(("spec",), requested.spec, "volumes"):
        name = name_of(volume)
        if name not in of_template or of_template[name] == volume:
            continue
        mounts = _mounts(requested.template or {})
        there = [(container, item.get("mountPath")) for _, container, item in mounts if name_of(item) == name]
        kept = [mount_path for container, mount_path in there if (container, mount_path) not in own]
        if kept:
            reason = f"is also a volume of the pod template, and would be mounted at {kept[0]} in its place"
            yield Finding(
                (*path, "name"), show(name), reason, "choose another name or mount path", code="K8S309"
            )


def _claim_of(volume: Mapping[str, Any]) -> str | None:
    claim = mapping_of(volume.get("persistentVolumeClaim")).get("claimName")
    return claim if isinstance(claim, str) else None


def check_unmounted(requested: RequestedPod) -> Iterator[Finding]:
    """Every volume is mounted."""
    mounted = [mount.get("name") for *_, mount in _mounts(requested.pod)]
    for path, volume in maps_at(("spec",), requested.spec, "volumes"):
        if volume.get("name") not in mounted:
            remedy = "write a volume mount of that name, or remove it"
            yield Finding(path, show(volume.get("name")), "is mounted by no container", remedy, code="K8S410")


def _uses(pod: Mapping[str, Any]) -> Iterator[tuple[Path, object, object]]:
    """Find where containers name volumes: in mounts, and in variables that come from files."""
    for path, container, mount in _mounts(pod):
        yield (*path, "name"), container, mount.get("name")
    for path, container in containers_at(pod):
        for here, variable in maps_at(path, container, "env"):
            source = mapping_of(mapping_of(variable.get("valueFrom")).get("fileKeyRef"))
            if "volumeName" in source:
                at = (*here, "valueFrom", "fileKeyRef", "volumeName")
                yield at, container.get("name"), source["volumeName"]


def _mounts(pod: Mapping[str, Any]) -> Iterator[tuple[Path, object, Mapping[str, Any]]]:
    for path, container in containers_at(pod):
        for field in ("volumeMounts", "volumeDevices"):
            for here, mount in maps_at(path, container, field):
                yield here, container.get("name"), mount
