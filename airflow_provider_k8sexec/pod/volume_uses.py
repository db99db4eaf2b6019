"""The volumes of a pod where they are used: in the mounts, by their sources.

A volume's name means nothing outside its pod. What counts is its source and, of a source that each volume has
anew, what else is mounted from the same volume.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.options.manifest_parts import mapping_of, maps_of, name_of
from airflow_provider_k8sexec.options.manifests import CONTAINERS, IDENTITIES, Manifest
from airflow_provider_k8sexec.pod.mounts import CLAIM, OF_THIS_POD

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

VOLUME = "volume"
"""The field of a mount that has its volume."""

USES = ("volumeMounts", "volumeDevices")
"""The fields of a container that use volumes by their names."""

_TOGETHER = "mountedTogetherWith"


def put_volumes_into_mounts(pod: Manifest) -> Manifest:
    """Give a pod whose mounts have their volumes inside; it shares unchanged parts with the given one.

    A volume that no container of the pod uses stays among the volumes, by its name: the pod template may
    mount it, and a claim must be bound even so. Everything stays as it is where a volume is defined twice,
    because it depends on who repairs the pod which one counts, or where a variable refers to a volume.

    Args:
        pod: The pod, of any shape.
    """
    spec = mapping_of(pod.get("spec"))
    volumes = maps_of(spec.get("volumes"))
    names = {name_of(volume) for volume in volumes} - {""}
    containers = [(kind, item) for kind in CONTAINERS for item in maps_of(spec.get(kind))]
    if not volumes or len(names) < len(spec["volumes"]) or any(map(_reads_files, containers)):
        return pod
    uses = [use for kind, container in containers for use in _iter_uses(kind, container)]
    held = _describe_volumes(volumes, uses)
    filled = {
        kind: [_fill(item, held) if isinstance(item, dict) else item for item in spec[kind]]
        for kind in CONTAINERS
        if isinstance(spec.get(kind), list)
    }
    unused = [volume for volume in volumes if volume["name"] not in held]
    return {**pod, "spec": {**spec, **filled, "volumes": unused}}


def _iter_uses(kind: str, container: Mapping[str, Any]) -> Iterator[tuple[str, str, bool]]:
    """Give the uses of volumes: the name, where it is mounted, and whether that is for reading alone."""
    for field in USES:
        for item in maps_of(container.get(field)):
            where = f"{kind}[{container.get('name')}].{field}[{item.get(IDENTITIES[field])}]"
            yield name_of(item), where, item.get("readOnly") is True


def _describe_volumes(
    volumes: Sequence[Mapping[str, Any]], uses: Sequence[tuple[str, str, bool]]
) -> dict[str, Manifest]:
    """Describe each volume that is used by what makes it another one."""
    places: dict[str, list[str]] = {}
    for name, where, _ in uses:
        places.setdefault(name, []).append(where)
    writable = {
        claim.get("claimName")
        for volume in volumes
        if (claim := mapping_of(volume.get(CLAIM))) and claim.get("readOnly") is not True
    }
    held = {}
    for volume in volumes:
        name = volume["name"]
        if name not in places:
            continue
        source = {key: value for key, value in volume.items() if key != "name"}
        claim = mapping_of(source.get(CLAIM))
        if claim.get("claimName") in writable:
            # A claim that anything may write is one volume, of which some mounts are for reading alone.
            source[CLAIM] = {key: value for key, value in claim.items() if key != "readOnly"}
        if OF_THIS_POD & source.keys() and len(places[name]) > 1:
            source[_TOGETHER] = min(places[name])
        held[name] = {"source": source, "readOnly": claim.get("readOnly") is True}
    return held


def _fill(container: Manifest, held: Mapping[str, Manifest]) -> Manifest:
    """Put the volumes into the mounts of a container."""
    filled = {
        field: [_fill_mount(item, held) if isinstance(item, dict) else item for item in container[field]]
        for field in USES
        if isinstance(container.get(field), list)
    }
    return {**container, **filled}


def _fill_mount(mount: Manifest, held: Mapping[str, Manifest]) -> Manifest:
    volume = held.get(name_of(mount))
    if volume is None:  # it is the pod template's, which has it by that name
        return mount
    read_only = {"readOnly": True} if volume["readOnly"] else {}
    return {
        **{key: value for key, value in mount.items() if key != "name"},
        **read_only,
        VOLUME: volume["source"],
    }


def _reads_files(located: tuple[str, Mapping[str, Any]]) -> bool:
    variables = maps_of(located[1].get("env"))
    return any("fileKeyRef" in mapping_of(variable.get("valueFrom")) for variable in variables)
