"""What is mounted in the worker's container: the mounts, and the volumes that they are of.

Source: https://kubernetes.io/docs/concepts/storage/volumes/
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from typing import TYPE_CHECKING

from attrs import field, frozen

from airflow_provider_k8sexec.executor_names import NAME_PREFIX
from airflow_provider_k8sexec.options.assembly import WORKER, Assembly
from airflow_provider_k8sexec.options.manifest_parts import mapping_of
from airflow_provider_k8sexec.options.manifests import Manifest, present
from airflow_provider_k8sexec.options.secrets import Secret
from airflow_provider_k8sexec.options.volumes import (
    SHARED_MEMORY_PATH,
    ConfigMap,
    EmptyDir,
    HostPath,
    ImageVolume,
    Mount,
    PersistentVolumeClaim,
    TemplateVolume,
    VolumeSource,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_k8sexec.options.declaration import Declaration
    from airflow_provider_k8sexec.options.origins import Origin
    from airflow_provider_k8sexec.pod.authors import Authors

_LONGEST_NAME = 63
CLAIM = "persistentVolumeClaim"
"""The source that is a claim, in a volume."""

OF_THIS_POD = frozenset({"emptyDir", "ephemeral", "csi"})
"""Sources that each volume has anew, so that two equal ones are two things."""


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
    mounted = mounts_of(declaration)
    shared = _group_by_volume(mounted)
    for path, mount in mounted.items():
        origin = _origin_of_mount(path, mount, declaration, authors)
        item: Manifest
        volume: Manifest | None
        if isinstance(mount, Secret):
            files = _files_beside(path, mount, declaration)
            item = _mount_file(path, mount, _name_after(next(iter(files))))
            volume = {"name": item["name"], **_build_files(files, own_secret)}
        else:
            item, volume = shared[path].build_mount(path), shared[path].build()
        mounts[item["mountPath"]] = (item, origin)
        if volume is not None:
            before = volumes.get(item["name"], (volume, origin))[1]
            volumes[item["name"]] = (volume, authors.innermost([before, origin]) or origin)
    assembly.lay_items((*WORKER, "volumeMounts"), mounts.values())
    assembly.lay_items(("spec", "volumes"), volumes.values())


@frozen
class _Volume:
    """One volume, and everything that is mounted of it.

    Two volumes of one claim keep a pod from starting on some nodes, for good
    (https://github.com/kubernetes/kubernetes/issues/82526).

    Attributes:
        mounts: The mounts by their paths.
    """

    mounts: dict[str, Mount] = field(factory=dict)

    @property
    def name(self) -> str:
        """The volume's own name, or that of its first mount path."""
        path, mount = next(iter(self.mounts.items()))
        given = _given_name(mount.source)
        return _name_after(path) if given is None else given

    @property
    def is_read_only(self) -> bool:
        """Whether the claim is mounted by nothing that may write."""
        return all(_is_read_only(mount.source) for mount in self.mounts.values())

    def build(self) -> Manifest | None:
        """Build the volume; ``None`` if the pod template has it."""
        sources = [mount.source for mount in self.mounts.values()]
        # A source of that name may stand behind its TemplateVolume, and is what is to be mounted.
        source = next((item for item in sources if not isinstance(item, TemplateVolume)), sources[0])
        if isinstance(source, TemplateVolume):
            return None
        built = _build_source(source)
        if _is_read_only(source) and not self.is_read_only:
            built = {**built, **_as_writable(built)}
        return {"name": self.name, **built}

    def build_mount(self, path: str) -> Manifest:
        """Build one of the mounts; it is read-only if its own source is, and the volume no longer is."""
        mount = self.mounts[path]
        read_only = mount.read_only or (_is_read_only(mount.source) and not self.is_read_only) or None
        return present(
            name=self.name,
            mountPath=path,
            readOnly=read_only,
            subPath=mount.sub_path,
            subPathExpr=mount.sub_path_expr,
        )


def _group_by_volume(mounted: Mapping[str, Mount | Secret]) -> dict[str, _Volume]:
    """Give the volume of each path where something else than a secret's file is mounted."""
    volumes: dict[tuple[str, str], _Volume] = {}
    by_path: dict[str, _Volume] = {}
    for path, mount in mounted.items():
        if isinstance(mount, Mount):
            by_path[path] = volumes.setdefault(_identify(path, mount.source), _Volume())
            by_path[path].mounts[path] = mount
    return by_path


def _identify(path: str, source: VolumeSource | Manifest) -> tuple[str, str]:
    """Identify the volume of a source: by its name, by what the source refers to, or by its mount path."""
    name = _given_name(source)
    if name is not None:
        return ("name", name)
    built = _build_source(source)
    if OF_THIS_POD & built.keys():
        return ("path", path)
    if mapping_of(built.get(CLAIM)):
        built = {**built, **_as_writable(built)}
    # A foreign object in a manifest, which the rules refuse, equals itself alone.
    return ("source", json.dumps(built, skipkeys=True, default=id))


def _given_name(source: VolumeSource | Manifest) -> str | None:
    if isinstance(source, TemplateVolume):
        return source.name
    return str(source["name"]) if isinstance(source, dict) and "name" in source else None


def _is_read_only(source: VolumeSource | Manifest) -> bool:
    """Report whether a source is a claim of which no mount may write."""
    if isinstance(source, PersistentVolumeClaim):
        return source.read_only
    return isinstance(source, dict) and mapping_of(source.get(CLAIM)).get("readOnly") is True


def _origin_of_mount(path: str, mount: Mount | Secret, declaration: Declaration, authors: Authors) -> Origin:
    if path == SHARED_MEMORY_PATH and declaration.shared_memory is not None:
        return authors.of_option("shared_memory")
    if not isinstance(mount, Secret):
        return authors.of_mount(path, mount)
    files = _files_beside(path, mount, declaration).items()
    together = authors.innermost(authors.of_mount(other, file) for other, file in files)
    return together or authors.of_mount(path, mount)


def _as_writable(claim: Manifest) -> Manifest:
    return {CLAIM: {key: value for key, value in claim[CLAIM].items() if key != "readOnly"}}


def _mount_file(path: str, secret: Secret, name: str) -> Manifest:
    # A sub path that is missing becomes a directory, so an optional file comes with its own directory.
    if secret.optional:
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
            built = {"emptyDir": present(medium=source.medium, sizeLimit=source.size)}
        case ConfigMap():
            items = [{"key": key, "path": path} for key, path in (source.items or {}).items()] or None
            optional = source.optional or None
            built = {"configMap": present(name=source.name, items=items, optional=optional)}
        case PersistentVolumeClaim():
            read_only = source.read_only or None
            built = {"persistentVolumeClaim": present(claimName=source.claim_name, readOnly=read_only)}
        case HostPath():
            built = {"hostPath": present(path=source.path, type=source.type)}
        case ImageVolume():
            built = {"image": present(reference=source.reference, pullPolicy=source.pull_policy)}
        case TemplateVolume():
            return {"name": source.name}
        case _:
            return source
    return built


def _name_after(path: str) -> str:
    """Name a volume after its mount path: the same at every parse, and no two alike."""
    slug = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")
    name = f"{NAME_PREFIX}{slug}"
    if slug and f"/{slug.replace('-', '/')}" == path and len(name) <= _LONGEST_NAME:
        return name
    digest = f"--{hashlib.sha256(path.encode()).hexdigest()[:8]}"
    return f"{name[: _LONGEST_NAME - len(digest)].rstrip('-')}{digest}"
