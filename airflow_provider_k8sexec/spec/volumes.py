"""Volumes by mount path: scratch space, config maps, claims, host paths, and any other source as a manifest.

Source: https://kubernetes.io/docs/concepts/storage/volumes/
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Literal

from attrs import frozen

from airflow_provider_k8sexec.exceptions import Problem, SpecError, show
from airflow_provider_k8sexec.spec.manifests import Manifest, to_manifest

SHARED_MEMORY_PATH = "/dev/shm"  # noqa: S108  # a path in the pod, not on this machine

HostPathType = Literal[
    "", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"
]


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


@frozen
class ConfigMap:
    """A config map's keys as read-only files.

    Source: https://kubernetes.io/docs/concepts/storage/volumes/#configmap

    Attributes:
        name: The config map's name.
        items: The keys to show, each with its file name; every key under its own name if not given.
        optional: Whether the pod starts although the config map or a key is missing.
        sub_path: The one file to mount at the mount path itself, instead of the directory.
    """

    name: str
    items: Mapping[str, str] | None = None
    optional: bool = False
    sub_path: str | None = None


@frozen
class PersistentVolumeClaim:
    """Storage that outlives the pod.

    Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#claims-as-volumes

    Attributes:
        claim_name: The claim's name, in the pod's namespace.
        read_only: Whether the task may not write.
        sub_path: A directory inside the volume to mount instead of its root.
    """

    claim_name: str
    read_only: bool = False
    sub_path: str | None = None


@frozen
class HostPath:
    """A file or directory of the node.

    Source: https://kubernetes.io/docs/concepts/storage/volumes/#hostpath

    Attributes:
        path: The absolute path on the node.
        type: What must be there: ``"Directory"``, ``"File"``, ...; not checked if not given.
        read_only: Whether the task may not write.
        sub_path: A directory inside it to mount instead of its root.
    """

    path: str
    type: HostPathType | None = None
    read_only: bool = False
    sub_path: str | None = None


VolumeSource = EmptyDir | ConfigMap | PersistentVolumeClaim | HostPath


@frozen
class Mount:
    """What is mounted at a path.

    Attributes:
        source: One of the volume values, or any other volume source as its manifest
            (``{"projected": {...}}``), which may carry a ``name``.
        read_only: Whether the container may not write.
        sub_path: A path inside the volume to mount instead of its root.
    """

    source: VolumeSource | Manifest
    read_only: bool = False
    sub_path: str | None = None


def parse_volumes(field: str, value: object) -> dict[str, Mount]:
    """Read ``{mount_path: source}``.

    Raises:
        SpecError: The value is not a mapping, or a source is neither a volume value nor a manifest.
    """
    example = f"write {field}={{'/scratch': EmptyDir()}}"
    if not isinstance(value, Mapping):
        raise SpecError.of(field, value, "is not a mapping of mount paths to sources", example)
    mounts = {}
    problems = []
    for path, source in value.items():
        if not isinstance(path, str):
            problems.append(
                Problem(field, f"{{{path!r}: ...}}", "has a mount path that is not a text", example)
            )
        elif isinstance(source, VolumeSource):
            mounts[posixpath.normpath(path)] = _mount(source)
        elif isinstance(manifest := to_manifest(source), dict):
            mounts[posixpath.normpath(path)] = Mount(manifest)
        else:
            reason = f"has {show(source)} as the source of {path!r}, which is no volume source"
            problems.append(Problem(field, f"{{{path!r}: ...}}", reason, example))
    if problems:
        raise SpecError(problems)
    return mounts


def _mount(source: VolumeSource) -> Mount:
    read_only = isinstance(source, ConfigMap) or getattr(source, "read_only", False)
    return Mount(source, read_only, getattr(source, "sub_path", None))
