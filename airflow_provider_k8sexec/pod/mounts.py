"""What is mounted in the worker's container: the mounts, and the volumes that they are of.

Source: https://kubernetes.io/docs/concepts/storage/volumes/
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.executor_names import NAME_PREFIX
from airflow_provider_k8sexec.options.assembly import WORKER, Assembly
from airflow_provider_k8sexec.options.manifests import Manifest, present
from airflow_provider_k8sexec.options.secrets import Secret
from airflow_provider_k8sexec.options.volumes import (
    SHARED_MEMORY_PATH,
    ConfigMap,
    EmptyDir,
    HostPath,
    Mount,
    PersistentVolumeClaim,
    VolumeSource,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_k8sexec.options.declaration import Declaration
    from airflow_provider_k8sexec.options.origins import Origin
    from airflow_provider_k8sexec.pod.authors import Authors

_LONGEST_NAME = 63


def mounts_of(declaration: Declaration) -> dict[str, Mount | Secret]:
    """Give everything that is mounted, shared memory included, by its path in the container."""
    mounts = dict(declaration.mounts)
    if declaration.shared_memory is not None:
        mounts[SHARED_MEMORY_PATH] = Mount(EmptyDir(str(declaration.shared_memory), "Memory"))
    return mounts


def lay_mounts(
    assembly: Assembly, declaration: Declaration, authors: Authors, own_secret: str | None
) -> None:
    """Lay everything that is mounted over a pod, with the origin of each part."""
    mounts: dict[str, tuple[Manifest, Origin]] = {}
    volumes: dict[str, tuple[Manifest, Origin]] = {}
    for path, mount in mounts_of(declaration).items():
        origin = _origin_of_mount(path, mount, declaration, authors)
        mounted = _build_mount(path, mount, declaration)
        mounts[mounted["mountPath"]] = (mounted, origin)
        volume = _build_volume(path, mount, declaration, own_secret)
        volumes[volume["name"]] = (volume, origin)
    assembly.lay_items((*WORKER, "volumeMounts"), mounts.values())
    assembly.lay_items(("spec", "volumes"), volumes.values())


def _origin_of_mount(path: str, mount: Mount | Secret, declaration: Declaration, authors: Authors) -> Origin:
    if path == SHARED_MEMORY_PATH and declaration.shared_memory is not None:
        return authors.of_option("shared_memory")
    if not isinstance(mount, Secret):
        return authors.of_mount(path, mount)
    files = _files_beside(path, mount, declaration).items()
    together = authors.innermost(authors.of_mount(other, file) for other, file in files)
    return together or authors.of_mount(path, mount)


def _build_mount(path: str, mount: Mount | Secret, declaration: Declaration) -> Manifest:
    if isinstance(mount, Mount):
        read_only = mount.read_only or None
        name = _volume_name(path, mount)
        return present(name=name, mountPath=path, readOnly=read_only, subPath=mount.sub_path)
    name = _volume_name(next(iter(_files_beside(path, mount, declaration))), mount)
    # A sub path that is missing becomes a directory, so an optional file comes with its own directory.
    if mount.optional:
        return {"name": name, "mountPath": posixpath.dirname(path), "readOnly": True}
    return {"name": name, "mountPath": path, "readOnly": True, "subPath": posixpath.basename(path)}


def _files_beside(path: str, secret: Secret, declaration: Declaration) -> dict[str, Secret]:
    """Give the files of secrets that come in one volume: the optional ones of a directory."""
    if not secret.optional:
        return {path: secret}
    return {
        other: mount
        for other, mount in declaration.mounts.items()
        if isinstance(mount, Secret)
        and mount.optional
        and posixpath.dirname(other) == posixpath.dirname(path)
    }


def _build_volume(
    path: str, mount: Mount | Secret, declaration: Declaration, own_secret: str | None
) -> Manifest:
    if isinstance(mount, Secret):
        files = _files_beside(path, mount, declaration)
        return {"name": _volume_name(next(iter(files)), mount), **_build_files(files, own_secret)}
    return {"name": _volume_name(path, mount), **_build_source(mount.source)}


def _build_files(files: Mapping[str, Secret], own_secret: str | None) -> Manifest:
    items: dict[str | None, list[Manifest]] = {}
    for path, secret in files.items():
        item = {"key": secret.key, "path": posixpath.basename(path)}
        items.setdefault(secret.name or own_secret, []).append(item)
    optional = next(iter(files.values())).optional or None
    if len(items) == 1:
        ((name, keys),) = items.items()
        return {"secret": present(secretName=name, items=keys, optional=optional)}
    sources = [present(name=name, items=keys, optional=optional) for name, keys in items.items()]
    return {"projected": {"sources": [{"secret": source} for source in sources]}}


def _build_source(source: VolumeSource | Manifest) -> Manifest:
    match source:
        case EmptyDir():
            return {"emptyDir": present(medium=source.medium, sizeLimit=source.size)}
        case ConfigMap():
            items = [{"key": key, "path": path} for key, path in (source.items or {}).items()] or None
            optional = source.optional or None
            return {"configMap": present(name=source.name, items=items, optional=optional)}
        case PersistentVolumeClaim():
            read_only = source.read_only or None
            return {"persistentVolumeClaim": present(claimName=source.claim_name, readOnly=read_only)}
        case HostPath():
            return {"hostPath": present(path=source.path, type=source.type)}
        case _:
            return source


def _volume_name(path: str, mount: Mount | Secret) -> str:
    """Name a volume after its mount path: the same at every parse, and no two alike."""
    if isinstance(mount, Mount) and isinstance(mount.source, dict) and "name" in mount.source:
        return str(mount.source["name"])
    slug = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")
    name = f"{NAME_PREFIX}{slug}"
    if slug and f"/{slug.replace('-', '/')}" == path and len(name) <= _LONGEST_NAME:
        return name
    digest = f"--{hashlib.sha256(path.encode()).hexdigest()[:8]}"
    return f"{name[: _LONGEST_NAME - len(digest)].rstrip('-')}{digest}"
