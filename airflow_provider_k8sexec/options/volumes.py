"""Volumes by mount path: scratch space, config maps, claims, host paths, and any other source as a manifest.

Source: https://kubernetes.io/docs/concepts/storage/volumes/
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Mapping
from typing import Literal

from attrs import field, frozen

from airflow_provider_k8sexec.exceptions import Problem, SpecError
from airflow_provider_k8sexec.options.manifests import Manifest, to_manifest
from airflow_provider_k8sexec.options.problems import (
    PartReader,
    name_arguments,
    repr_fields,
    show,
    show_shape,
)
from airflow_provider_k8sexec.options.readers import (
    parse_attributes,
    parse_boolean,
    parse_mapping,
    parse_text,
)
from airflow_provider_k8sexec.options.resources import parse_size

SHARED_MEMORY_PATH = "/dev/shm"  # noqa: S108  # a path in the pod, not on this machine

HostPathType = Literal[
    "", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"
]


@name_arguments
@frozen
class EmptyDir:
    """Scratch space that lives as long as the pod.

    Source: https://kubernetes.io/docs/concepts/storage/volumes/#emptydir

    Attributes:
        size: The most it may hold, as a quantity of bytes: ``"2Gi"``. Beyond it the pod is evicted.
        medium: ``"Memory"`` for a tmpfs, which counts against the memory limit; the node's disk otherwise.
    """

    size: str | None = None
    medium: Literal["Memory"] | None = None

    __repr__ = repr_fields


@name_arguments
@frozen
class ConfigMap:
    """A config map's keys as read-only files.

    Source: https://kubernetes.io/docs/concepts/storage/volumes/#configmap

    Attributes:
        name: The config map's name.
        items: The keys to show, each with its file name; every key under its own name if not given.
        optional: Whether the pod starts although the config map or a key is missing.
        sub_path: The one file to mount at the mount path itself, instead of the directory.
        sub_path_expr: The same, composed of the container's variables: ``"$(STAGE).toml"``.
    """

    name: str
    items: Mapping[str, str] | None = None
    optional: bool = False
    sub_path: str | None = None
    sub_path_expr: str | None = None

    __repr__ = repr_fields


@name_arguments
@frozen
class PersistentVolumeClaim:
    """Storage that outlives the pod.

    Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#claims-as-volumes

    Attributes:
        claim_name: The claim's name, in the pod's namespace.
        read_only: Whether the task may not write at this mount path.
        sub_path: A directory inside the volume to mount instead of its root.
        sub_path_expr: The same, composed of the container's variables: ``"$(TEAM)/logs"``.
    """

    claim_name: str
    read_only: bool = False
    sub_path: str | None = None
    sub_path_expr: str | None = None

    __repr__ = repr_fields


@name_arguments
@frozen
class HostPath:
    """A file or directory of the node.

    Source: https://kubernetes.io/docs/concepts/storage/volumes/#hostpath

    Attributes:
        path: The absolute path on the node.
        type: What must be there: ``"Directory"``, ``"File"``, ...; not checked if not given.
        read_only: Whether the task may not write.
        sub_path: A directory inside it to mount instead of its root.
        sub_path_expr: The same, composed of the container's variables: ``"$(POD_NAME)"``.
    """

    path: str
    type: HostPathType | None = None
    read_only: bool = False
    sub_path: str | None = None
    sub_path_expr: str | None = None

    __repr__ = repr_fields


@name_arguments
@frozen
class ImageVolume:
    """The files of an image, such as a model, as a read-only directory; Kubernetes 1.35.

    Source: https://kubernetes.io/docs/tasks/configure-pod-container/image-volumes/

    Attributes:
        reference: The image, or another artifact of a registry.
        pull_policy: When the node pulls it: ``"Always"``, ``"IfNotPresent"`` or ``"Never"``.
        sub_path: A directory inside it to mount instead of its root.
        sub_path_expr: The same, composed of the container's variables: ``"$(TEAM)/model"``.
    """

    reference: str
    pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None
    sub_path: str | None = None
    sub_path_expr: str | None = None

    __repr__ = repr_fields


@name_arguments
@frozen
class TemplateVolume:
    """A volume that the pod template, or a ``pod_override``, has already; it is mounted once more.

    Source: https://kubernetes.io/docs/concepts/storage/volumes/

    Attributes:
        name: The volume's name there: ``"logs"``.
        read_only: Whether the task may not write at this mount path.
        sub_path: A directory or file inside the volume to mount instead of its root.
        sub_path_expr: The same, composed of the container's variables: ``"$(TEAM)/logs"``.
    """

    name: str
    read_only: bool = False
    sub_path: str | None = None
    sub_path_expr: str | None = None

    __repr__ = repr_fields


VolumeSource = EmptyDir | ConfigMap | PersistentVolumeClaim | HostPath | ImageVolume | TemplateVolume


@frozen
class Mount:
    """What is mounted at a path.

    Attributes:
        source: One of the volume values, or any other volume source as its manifest
            (``{"projected": {...}}``), which may carry a ``name``.
        read_only: Whether the container may not write.
        sub_path: A path inside the volume to mount instead of its root.
        sub_path_expr: The same, composed of variables.
        position: Where it stands in ``secrets``, if it is one of Airflow's own ``Secret`` objects.
    """

    source: VolumeSource | Manifest
    read_only: bool = False
    sub_path: str | None = None
    sub_path_expr: str | None = None
    position: int | None = field(default=None, eq=False)


def parse_volumes(field: str, value: object) -> dict[str, Mount]:
    """Read ``{mount_path: source}``.

    Raises:
        SpecError: The value is not a mapping, or a source is neither a volume value nor a manifest.
    """
    example = f"write {field}={{'/scratch': EmptyDir()}}"
    if not isinstance(value, Mapping):
        reason = "is not a mapping of mount paths to sources"
        raise SpecError([Problem(field, show_shape(value), reason, example, code="K8S102")])
    mounts: dict[str, Mount] = {}
    parts = PartReader()
    for given, source in value.items():
        if not isinstance(given, (str, os.PathLike)):
            reason = "has a mount path that is not a string"
            parts.problems.append(Problem(field, f"{{{show(given)}: ...}}", reason, example, code="K8S102"))
            continue
        path = normalize_path(os.fspath(given))
        if path in mounts:
            reason = f"has two sources for the mount path {path!r}"
            parts.problems.append(Problem(field, f"{{{given!r}: ...}}", reason, "remove one", code="K8S102"))
        # Of a source that cannot be read, the rules still check the path.
        mounts[path] = parts.read(_parse_mount, f"{field}[{given!r}]", source) or Mount(EmptyDir())
    parts.require_none(mounts)
    return mounts


def normalize_path(path: str) -> str:
    """Normalise an absolute path, so that equal paths are equal strings."""
    return f"/{posixpath.normpath(path).lstrip('/')}" if path.startswith("/") else path


def _parse_mount(field: str, source: object) -> Mount:
    if isinstance(source, VolumeSource):
        parts = PartReader()
        read = parts.read(parse_attributes, field, source, **_ATTRIBUTES[type(source)])
        read_only = isinstance(read, ConfigMap) or getattr(read, "read_only", False)
        sub_paths = (getattr(read, name, None) for name in ("sub_path", "sub_path_expr"))
        mount = Mount(read or EmptyDir(), read_only, *sub_paths)
        parts.require_none(mount)
        return mount
    manifest = to_manifest(source)
    if isinstance(manifest, dict) and [*manifest] != ["name"]:
        return Mount(manifest)
    if isinstance(manifest, dict):
        name = show(manifest["name"])
        remedy = f"write TemplateVolume({name}) for the pod template's volume, or a source beside the name"
        raise SpecError(
            [
                Problem(
                    field, show(manifest), "names a volume, and has no source of one", remedy, code="K8S102"
                )
            ]
        )
    meant = f"PersistentVolumeClaim({show(source)})" if isinstance(source, str) else "for example EmptyDir()"
    given = show(source) if isinstance(source, str) else show_shape(source)
    raise SpecError([Problem(field, given, "is not a volume source", f"write {meant}", code="K8S102")])


def _parse_size_text(field: str, value: object) -> str:
    return parse_size(field, value).text


_IN_VOLUME: dict[str, Callable[[str, object], object]] = {"sub_path": parse_text, "sub_path_expr": parse_text}
_OF_MOUNT: dict[str, Callable[[str, object], object]] = {"read_only": parse_boolean, **_IN_VOLUME}
_ATTRIBUTES: dict[type, dict[str, Callable[[str, object], object]]] = {
    EmptyDir: {"size": _parse_size_text, "medium": parse_text},
    ConfigMap: {"name": parse_text, "items": parse_mapping, "optional": parse_boolean, **_IN_VOLUME},
    PersistentVolumeClaim: {"claim_name": parse_text, **_OF_MOUNT},
    HostPath: {"path": parse_text, "type": parse_text, **_OF_MOUNT},
    TemplateVolume: {"name": parse_text, **_OF_MOUNT},
    ImageVolume: {"reference": parse_text, "pull_policy": parse_text, **_IN_VOLUME},
}
