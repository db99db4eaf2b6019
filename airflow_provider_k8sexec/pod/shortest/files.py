"""Files that come from secrets, as ``Secret(file=...)`` builds them, read from a volume and its mount."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.options.volumes import normalize_path
from airflow_provider_k8sexec.pod.normal_form import without_defaults
from airflow_provider_k8sexec.pod.shortest.environment import build_secret

if TYPE_CHECKING:
    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import Path

_OF_MOUNT = {"name", "mountPath", "readOnly"}


def read_files(
    source: Manifest, mounts: list[tuple[Path, Manifest]], own_secret: str | None
) -> list[Any] | None:
    """Read the files of secrets that a volume has; ``None`` where it is not what ``Secret`` builds.

    Args:
        source: The source of the volume.
        mounts: Where it is mounted.
        own_secret: The deployment's own secret.
    """
    keys = _read_source(source)
    if len(mounts) != 1 or not keys or len({key["path"] for key in keys}) < len(keys):
        return None
    mount = mounts[0][1]
    path = mount["mountPath"]
    if not isinstance(path, str) or mount.get("readOnly") is not True:
        return None
    if mount.keys() == _OF_MOUNT and all("optional" in key for key in keys):
        files = [posixpath.join(path, key["path"]) for key in keys]
    elif mount.keys() == {*_OF_MOUNT, "subPath"} and "optional" not in keys[0]:
        is_built = [posixpath.basename(path), mount["subPath"]] == [key["path"] for key in keys] * 2
        files = [path] if is_built else []
    else:
        files = []
    paths = [path, *files]
    if not files or any(not it.startswith("/") or normalize_path(it) != it for it in paths):
        return None
    return [build_secret(key, None, file, own_secret) for key, file in zip(keys, files, strict=True)]


def _read_source(source: Manifest) -> list[Manifest]:
    """Give each key that a volume shows as a file; empty where ``Secret`` has no form for one."""
    match source:
        case {"secret": dict(secret), **others} if not others:
            return _read_keys(secret, "secretName")
        case {"projected": dict(projected), **others} if not others:
            return _read_projection(without_defaults("projected", projected))
    return []


def _read_projection(projected: Manifest) -> list[Manifest]:
    sources = projected.get("sources")
    if not isinstance(sources, list) or len(projected) > 1:
        return []
    keys: list[Manifest] = []
    for item in sources:
        secret = item.get("secret") if isinstance(item, dict) and len(item) == 1 else None
        of_secret = _read_keys(secret, "name") if isinstance(secret, dict) else []
        # Files that must be there have a volume each, which is of one secret.
        if not of_secret or not all("optional" in key for key in of_secret):
            return []
        keys += of_secret
    return keys


def _read_keys(secret: Manifest, name: str) -> list[Manifest]:
    secret = without_defaults("secret", secret)
    items = secret.get("items")
    is_known = {name, "items"} <= secret.keys() <= {name, "items", "optional"}
    if not is_known or not isinstance(items, list) or secret.get("optional", True) is not True:
        return []
    optional = {"optional": True} if "optional" in secret else {}
    is_read = all(isinstance(item, dict) and item.keys() == {"key", "path"} for item in items)
    is_flat = is_read and all(isinstance(item["path"], str) and "/" not in item["path"] for item in items)
    return [{"name": secret[name], **item, **optional} for item in items] if is_flat else []
