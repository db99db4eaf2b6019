"""The sources of volumes as authors write them: a value for the usual ones, else the manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.options.code import Code
from airflow_provider_k8sexec.options.manifests import Manifest, present
from airflow_provider_k8sexec.options.volumes import (
    ConfigMap,
    EmptyDir,
    HostPath,
    ImageVolume,
    PersistentVolumeClaim,
    VolumeSource,
)
from airflow_provider_k8sexec.pod.mounts import OF_THIS_POD
from airflow_provider_k8sexec.pod.normal_form import without_defaults

if TYPE_CHECKING:
    from collections.abc import Callable


def read_in_volume(mount: Manifest, *, read_only: bool | None) -> Manifest:
    """Give what a value of ``volumes`` has of a mount."""
    return present(read_only=read_only, sub_path=mount.get("subPath"), sub_path_expr=mount.get("subPathExpr"))


def read_source(source: Manifest, mounts: list[Manifest]) -> Manifest:
    """Write what is mounted of a volume, by mount path; empty where there is no exact form of it.

    Args:
        source: The source of the volume.
        mounts: Its mounts, which have nothing that ``volumes`` lacks.
    """
    if len(source) != 1:
        return {}
    ((kind, content),) = source.items()
    content = without_defaults(kind, content) if isinstance(content, dict) else content
    read = _READERS.get(kind)
    written: Manifest = {}
    for mount in mounts:
        value: Any = read(content, mount, mounts) if read and isinstance(content, dict) else None
        if value is None and not any(read_in_volume(mount, read_only=mount.get("readOnly") or None)):
            value = {kind: content}
        if value is None:
            return {}
        written[mount["mountPath"]] = value
    is_one = len(mounts) == 1 or kind not in OF_THIS_POD
    return written if is_one else {}


def _read_empty_dir(content: Manifest, mount: Manifest, mounts: list[Manifest]) -> VolumeSource | None:
    size = content.get("sizeLimit")
    is_known = not content.keys() - {"sizeLimit", "medium"} and content.get("medium", "Memory") == "Memory"
    has_more = any(read_in_volume(mount, read_only=mount.get("readOnly") or None))
    if not is_known or has_more or len(mounts) > 1 or not isinstance(size, (str, Code, type(None))):
        return None
    return EmptyDir(**present(size=size, medium=content.get("medium")))


def _read_config_map(content: Manifest, mount: Manifest, _mounts: list[Manifest]) -> VolumeSource | None:
    items = _read_items(content.get("items"))
    is_optional = content.get("optional", True) is True
    if not _has(content, "name", "items", "optional") or items == {} or not is_optional:
        return None
    if mount.get("readOnly") is not True:
        return None
    optional = True if "optional" in content else None
    return ConfigMap(
        content["name"], **present(items=items, optional=optional), **read_in_volume(mount, read_only=None)
    )


def _read_items(items: Any) -> Manifest | None:
    """Read the files of a config map by their keys; empty where a mapping does not have all of them."""
    if items is None:
        return None
    if not isinstance(items, list):
        return {}
    if any(not isinstance(item, dict) or item.keys() != {"key", "path"} for item in items):
        return {}
    mapped = {item["key"]: item["path"] for item in items}
    return mapped if len(mapped) == len(items) else {}


def _read_claim(content: Manifest, mount: Manifest, mounts: list[Manifest]) -> VolumeSource | None:
    if not _has(content, "claimName", "readOnly"):
        return None
    of_claim = content.get("readOnly") is True
    # `read_only=True` is of the claim as well, unless another mount of it may write.
    if not of_claim and all(other.get("readOnly") is True for other in mounts):
        return None
    read_only = True if of_claim or mount.get("readOnly") is True else None
    return PersistentVolumeClaim(content["claimName"], **read_in_volume(mount, read_only=read_only))


def _read_host_path(content: Manifest, mount: Manifest, _mounts: list[Manifest]) -> VolumeSource | None:
    if not _has(content, "path", "type"):
        return None
    read_only = True if mount.get("readOnly") is True else None
    return HostPath(
        content["path"], **present(type=content.get("type")), **read_in_volume(mount, read_only=read_only)
    )


def _read_image(content: Manifest, mount: Manifest, _mounts: list[Manifest]) -> VolumeSource | None:
    if not _has(content, "reference", "pullPolicy") or mount.get("readOnly"):
        return None
    return ImageVolume(
        content["reference"],
        **present(pull_policy=content.get("pullPolicy")),
        **read_in_volume(mount, read_only=None),
    )


def _has(content: Manifest, required: str, *others: str) -> bool:
    return required in content and not content.keys() - {required, *others}


_READERS: dict[str, Callable[[Manifest, Manifest, list[Manifest]], VolumeSource | None]] = {
    "emptyDir": _read_empty_dir,
    "configMap": _read_config_map,
    "persistentVolumeClaim": _read_claim,
    "hostPath": _read_host_path,
    "image": _read_image,
}
