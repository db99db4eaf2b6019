"""The options for what is mounted into the worker's container: volumes, files of secrets, shared memory.

A volume for which ``volumes`` has no exact form stays in ``pod_override``, and its mounts refer to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from airflow_provider_k8sexec.options.code import Code
from airflow_provider_k8sexec.options.manifests import CONTAINER_KINDS
from airflow_provider_k8sexec.options.volumes import SHARED_MEMORY_PATH, TemplateVolume, normalize_path
from airflow_provider_k8sexec.pod.mounts import OF_THIS_POD
from airflow_provider_k8sexec.pod.normal_form import without_defaults
from airflow_provider_k8sexec.pod.shortest.files import read_files
from airflow_provider_k8sexec.pod.shortest.rest import BASE
from airflow_provider_k8sexec.pod.shortest.sources import read_in_volume, read_source

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import Path
    from airflow_provider_k8sexec.pod.shortest.rest import Rest

_MOUNTS: Path = (*BASE, "volumeMounts")
_VOLUMES: Path = ("spec", "volumes")
_OF_MOUNT = frozenset({"name", "mountPath", "readOnly", "subPath", "subPathExpr"})


@frozen
class _Volume:
    """Volumes of one source, and the mounts of them in the worker's container.

    Attributes:
        name: The name of the first of them.
        source: The source; empty where the pod does not define the volume.
        fields: The volumes.
        mounts: The mounts, with their paths in the pod.
        is_named: Whether something else in the pod refers to it, so that it keeps its name.
    """

    name: Any
    source: Manifest
    fields: list[Path]
    mounts: list[tuple[Path, Manifest]] = field(factory=list)
    is_named: bool = False


def write_volumes(rest: Rest, own_secret: str | None, kept_names: Collection[str] = ()) -> None:
    """Let options stand for mounts, and for the volumes that they are of."""
    mounts, volumes = rest.items_at(_MOUNTS), rest.items_at(_VOLUMES)
    if not mounts or isinstance(rest.at(_VOLUMES), Code) or not _are_distinct(mounts, "mountPath"):
        return
    known = [(path, volume) for path, volume in volumes if isinstance(volume, dict)]
    if not _are_distinct(known, "name"):
        return
    written: dict[Any, tuple[Any, list[Path]]] = {}
    for volume in _group(mounts, known, _find_kept(rest, kept_names)):
        fields = [*volume.fields, *(path for path, _ in volume.mounts)]
        files = None if volume.is_named else read_files(volume.source, volume.mounts, own_secret)
        if files is not None:
            keys, key_fields = rest.written.get("secrets", ([], ()))
            rest.write("secrets", [*keys, *files], [*key_fields, *fields])
        elif _is_shared_memory(volume):
            rest.write("shared_memory", volume.source["emptyDir"]["sizeLimit"], fields)
        else:
            written.update(_write_volume(volume))
    order = [mount.get("mountPath") for _, mount in mounts]
    ordered = {path: written[path] for path in order if path in written}
    taken = dict.fromkeys(path for _, fields in ordered.values() for path in fields)
    rest.write("volumes", {path: source for path, (source, _) in ordered.items()}, taken)


def _are_distinct(items: list[tuple[Path, Any]], key: str) -> bool:
    """Report whether each item is a mapping with a name of its own."""
    if not all(isinstance(item, dict) and isinstance(item.get(key), (str, Code)) for _, item in items):
        return False
    return len({item[key] for _, item in items}) == len(items)


def _find_kept(rest: Rest, kept_names: Collection[str]) -> Callable[[Any], bool]:
    """Find which names of volumes mean something outside the worker's mounts."""
    elsewhere = _names_elsewhere(rest)
    return lambda name: elsewhere is None or name in elsewhere or name in kept_names


def _group(
    mounts: list[tuple[Path, Any]], volumes: list[tuple[Path, Any]], is_kept: Callable[[Any], bool]
) -> list[_Volume]:
    """Group mounts by the source that they are of: several volumes of one source are one."""
    found: dict[Any, _Volume] = {}
    groups: list[_Volume] = []
    for path, volume in volumes:
        name, source = volume["name"], {key: part for key, part in volume.items() if key != "name"}
        is_named = is_kept(name)
        is_shared = not (is_named or OF_THIS_POD & source.keys())
        same = [other for other in groups if is_shared and not other.is_named and other.source == source]
        if same:
            same[0].fields.append(path)
        else:
            groups.append(_Volume(name, source, [path], is_named=is_named))
        found[name] = same[0] if same else groups[-1]
    for path, mount in mounts:
        if mount["name"] not in found:
            found[mount["name"]] = _Volume(mount["name"], {}, [])
            groups.append(found[mount["name"]])
        found[mount["name"]].mounts.append((path, without_defaults("volumeMounts", mount)))
    return [group for group in groups if group.mounts]


def _names_elsewhere(rest: Rest) -> set[Any] | None:
    """Give the names of volumes that the pod uses elsewhere; ``None`` where any may be."""
    names: set[Any] = set()
    for kind in CONTAINER_KINDS:
        holders = rest.at(("spec", kind))
        if isinstance(holders, Code):
            return None
        for path, container in rest.items_at(("spec", kind)):
            if not isinstance(container, dict):
                return None
            for key in ("volumeDevices",) if path == BASE else ("volumeMounts", "volumeDevices"):
                used = container.get(key) or []
                if isinstance(used, Code) or not all(isinstance(item, dict) for item in used):
                    return None
                names.update(item.get("name") for item in used)
    return names


def _is_shared_memory(volume: _Volume) -> bool:
    """Report whether it is what ``shared_memory`` builds."""
    source = volume.source.get("emptyDir")
    if volume.is_named or not isinstance(source, dict) or source.keys() != {"medium", "sizeLimit"}:
        return False
    is_at_path = [mount["mountPath"] for _, mount in volume.mounts] == [SHARED_MEMORY_PATH]
    return is_at_path and source["medium"] == "Memory" and _is_plain(volume.mounts[0][1])


def _is_plain(mount: Manifest) -> bool:
    """Report whether a mount has nothing but its name and path."""
    return not any(part for key, part in mount.items() if key not in {"name", "mountPath"})


def _write_volume(volume: _Volume) -> dict[Any, tuple[Any, list[Path]]]:
    """Write the mounts of a volume by their paths, each with the fields that it stands for."""
    writable = [(path, mount) for path, mount in volume.mounts if _is_writable(mount)]
    sources: dict[Any, Any] = {}
    if not volume.is_named and len(writable) == len(volume.mounts):
        sources = read_source(volume.source, [mount for _, mount in writable])
    if sources:
        fields = volume.fields
    else:
        sources, fields = _write_named(volume, writable)
    own = {mount["mountPath"]: [path, *fields] for path, mount in writable}
    return {path: (source, own[path]) for path, source in sources.items()}


def _is_writable(mount: Manifest) -> bool:
    """Report whether ``volumes`` has all that a mount has."""
    path = mount["mountPath"]
    is_path = isinstance(path, Code) or (path.startswith("/") and normalize_path(path) == path)
    is_switch = mount.get("readOnly") in (None, True, False)
    return is_path and is_switch and not mount.keys() - _OF_MOUNT


def _write_named(volume: _Volume, writable: list[tuple[Path, Manifest]]) -> tuple[dict[Any, Any], list[Path]]:
    """Write the mounts of a volume that keeps its name: with its source, or as one of ``pod_override``."""
    sources: dict[Any, Any] = {}
    for _, mount in writable:
        read_only = True if mount.get("readOnly") else None
        sources[mount["mountPath"]] = TemplateVolume(
            volume.name, **read_in_volume(mount, read_only=read_only)
        )
    plain = [mount for _, mount in writable if _is_plain(mount)]
    is_here = len(volume.fields) == 1 and len(volume.source) == 1 and len(writable) == len(volume.mounts)
    if plain and is_here:
        sources[plain[0]["mountPath"]] = {"name": volume.name, **volume.source}
        return sources, volume.fields
    return sources, []
