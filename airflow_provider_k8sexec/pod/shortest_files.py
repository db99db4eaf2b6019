"""Files that come from secrets, as ``Secret(file=...)`` builds them, read from a volume and its mount."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.pod.shortest_environment import build_secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import Path


def read_files(
    source: Manifest, mounts: list[tuple[Path, Manifest]], own_secret: str | None
) -> list[Any] | None:
    """Read the files of secrets that a volume has; ``None`` where it is not what ``Secret`` builds.

    Args:
        source: The source of the volume.
        mounts: Where it is mounted.
        own_secret: The deployment's own secret.
    """
    items = [*_read_items(source)]
    if len(mounts) != 1 or not items or None in items:
        return None
    mount = mounts[0][1]
    path = mount["mountPath"]
    if not isinstance(path, str) or mount.get("readOnly") is not True or not path.startswith("/"):
        return None
    names = [item["path"] for item in items if item is not None]
    if all("optional" in item for item in items if item is not None):
        is_built = mount.keys() == {"name", "mountPath", "readOnly"} and len({*names}) == len(names)
        files = [posixpath.join(path, name) for name in names]
    else:
        is_file = mount.keys() == {"name", "mountPath", "readOnly", "subPath"} and names == [mount["subPath"]]
        is_built = is_file and posixpath.basename(path) == names[0]
        files = [path]
    if not is_built or any(posixpath.normpath(file) != file for file in files):
        return None
    return [
        build_secret(item, None, file, own_secret)
        for item, file in zip(items, files, strict=True)
        if item is not None
    ]


def _read_items(source: Manifest) -> Iterator[Manifest | None]:
    """Give each key that a volume shows as a file; ``None`` for what ``Secret`` has no form for."""
    match source:
        case {"secret": dict(secret), **more} if not more:
            yield from _read_keys(secret, "secretName")
        case {"projected": {"sources": list(sources), **more}, **others} if not more and not others:
            for item in sources:
                if isinstance(item, dict) and [*item] == ["secret"] and isinstance(item["secret"], dict):
                    keys = [*_read_keys(item["secret"], "name")]
                    # Files that must be there have a volume each, which is of one secret.
                    yield from (key if key and "optional" in key else None for key in keys)
                else:
                    yield None
        case _:
            yield None


def _read_keys(secret: Manifest, name: str) -> Iterator[Manifest | None]:
    items = secret.get("items")
    is_known = {name, "items"} <= secret.keys() <= {name, "items", "optional"}
    if not is_known or not isinstance(items, list) or secret.get("optional", True) is not True:
        yield None
        return
    optional = {"optional": True} if "optional" in secret else {}
    for item in items:
        is_key = isinstance(item, dict) and item.keys() == {"key", "path"}
        is_file = is_key and isinstance(item["path"], str) and "/" not in item["path"]
        yield {"name": secret[name], **item, **optional} if is_file else None
