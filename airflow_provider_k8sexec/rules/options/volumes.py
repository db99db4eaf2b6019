"""Rules about what is mounted, and where.

Source: https://kubernetes.io/docs/concepts/storage/volumes/
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, get_args

from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.options.quantity import Quantity
from airflow_provider_k8sexec.options.secrets import Secret
from airflow_provider_k8sexec.options.volumes import (
    SHARED_MEMORY_PATH,
    ConfigMap,
    EmptyDir,
    HostPath,
    HostPathType,
    Mount,
    PersistentVolumeClaim,
)
from airflow_provider_k8sexec.rules.api_server.names import DNS_LABEL, DNS_SUBDOMAIN, SECRET_KEY, check_choice
from airflow_provider_k8sexec.rules.api_server.schema import check_manifest
from airflow_provider_k8sexec.rules.options.resources import check_amount

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.options.declaration import Declaration
    from airflow_provider_k8sexec.options.manifests import Manifest


_OPTIONAL_FILES = "an optional secret's file"


def check_mount_paths(declaration: Declaration) -> Iterator[Problem]:
    """Every mount has a path of its own, absolute and without a colon."""
    taken = {SHARED_MEMORY_PATH: "shared_memory"} if declaration.shared_memory is not None else {}
    for path, mount in declaration.mounts.items():
        option = "secrets" if isinstance(mount, Secret) else "volumes"
        optional = isinstance(mount, Secret) and mount.optional
        mounted = posixpath.dirname(path) if optional else path
        yield from check_mount_path(option, path)
        if mounted == "/" != path:
            reason = "is optional, so its directory is mounted, which would hide the whole image"
            yield Problem(option, repr(path), reason, f"write for example '/secrets{path}'")
        if mounted in taken and not (optional and taken[mounted] == _OPTIONAL_FILES):
            reason = f"is mounted at {mounted!r}, where {taken[mounted]} puts something already"
            yield Problem(option, repr(path), reason, "choose another path")
        taken[mounted] = _OPTIONAL_FILES if optional else option


def check_mount_path(field: str, path: object) -> Iterator[Problem]:
    """Check the path of one mount."""
    if not isinstance(path, str) or not path.startswith("/"):
        remedy = f"write '/{path}'" if isinstance(path, str) and path else "write for example '/scratch'"
        yield Problem(field, show(path), "is not an absolute path", remedy)
    elif ":" in path:
        yield Problem(field, show(path), "has a colon, which a mount path cannot", "choose another path")
    elif posixpath.normpath(path).strip("/") == "":
        yield Problem(field, show(path), "hides the whole image", "write for example '/scratch'")


def check_sources(declaration: Declaration) -> Iterator[Problem]:
    """Every volume has a source that Kubernetes knows."""
    names: dict[str, Manifest] = {}
    for path, mount in declaration.mounts.items():
        if not isinstance(mount, Mount):
            continue
        field = f"volumes[{path!r}]"
        if isinstance(mount.source, dict):
            yield from _check_manifest_source(field, mount.source, names)
        else:
            yield from _check_source(field, mount.source)
        if mount.sub_path is not None:
            yield from _check_relative(f"{field}.sub_path", mount.sub_path)


def _check_manifest_source(field: str, source: Manifest, names: dict[str, Manifest]) -> Iterator[Problem]:
    shape = check_manifest({"name": "volume", **source}, "V1Volume", field)
    yield from shape
    if shape:
        return
    kinds = [key for key in source if key != "name"]
    if len(kinds) != 1:
        reason = f"has {len(kinds)} volume sources, and a volume has one"
        yield Problem(field, show(kinds), reason, "write for example EmptyDir() or {'projected': {...}}")
    if "name" not in source:
        return
    yield from DNS_LABEL.check(f"{field}['name']", source["name"])
    if source["name"].startswith("k8sexec-"):
        reason = "begins as the names that volumes get from their mount paths"
        yield Problem(f"{field}['name']", show(source["name"]), reason, "choose another, or none")
    if names.setdefault(str(source["name"]), source) != source:
        yield Problem(field, show(source["name"]), "names another volume, too", "give each a name of its own")


def _check_source(
    field: str, source: EmptyDir | ConfigMap | PersistentVolumeClaim | HostPath
) -> Iterator[Problem]:
    match source:
        case EmptyDir():
            yield from _check_empty_dir(field, source)
        case ConfigMap():
            yield from DNS_SUBDOMAIN.check(f"{field}.name", source.name)
            for key, path in (source.items or {}).items():
                yield from SECRET_KEY.check(f"{field}.items", key)
                yield from _check_relative(f"{field}.items[{key!r}]", path)
                if str(path).startswith("..") and ".." not in str(path).split("/"):
                    reason = "begins with '..', which no file of a volume can"
                    yield Problem(f"{field}.items[{key!r}]", show(path), reason, "rename it")
        case PersistentVolumeClaim():
            yield from DNS_SUBDOMAIN.check(f"{field}.claim_name", source.claim_name)
        case _:
            if not str(source.path).startswith("/") or ".." in str(source.path).split("/"):
                reason = "is not an absolute path without '..'"
                yield Problem(
                    f"{field}.path", show(source.path), reason, "write for example '/mnt/disks/ssd0'"
                )
            if source.type is not None:
                yield from check_choice(f"{field}.type", source.type, get_args(HostPathType))


def _check_empty_dir(field: str, source: EmptyDir) -> Iterator[Problem]:
    if source.medium is not None:
        yield from check_choice(f"{field}.medium", source.medium, ["Memory"])
    if source.size is None:
        return
    yield from check_amount(f"{field}.size", "memory", Quantity(source.size))


def _check_relative(field: str, path: object) -> Iterator[Problem]:
    if not isinstance(path, str) or not path or path.startswith("/") or ".." in path.split("/"):
        yield Problem(
            field, show(path), "is not a path inside the volume", "write it without '/' first, or '..'"
        )


def check_files(declaration: Declaration) -> Iterator[Problem]:
    """A secret's file has a name that Kubernetes can give it."""
    for path, mount in declaration.mounts.items():
        if isinstance(mount, Secret) and posixpath.basename(path).startswith(".."):
            yield Problem(
                "secrets", repr(path), "begins with '..', which no file of a volume can", "rename it"
            )
