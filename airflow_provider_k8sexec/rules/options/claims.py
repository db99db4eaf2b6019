"""Rules about two options that claim one place, of which a pod can show but one.

Source: https://kubernetes.io/docs/concepts/storage/volumes/
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.executor_names import NAME_PREFIX, POD_OVERRIDE
from airflow_provider_k8sexec.options.author_words import locate_mount
from airflow_provider_k8sexec.options.manifest_parts import maps_of, worker_of
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.options.secrets import Secret
from airflow_provider_k8sexec.options.volumes import SHARED_MEMORY_PATH, Mount, normalize_path
from airflow_provider_k8sexec.rules.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from airflow_provider_k8sexec.options.declaration import Declaration, Layers
    from airflow_provider_k8sexec.options.manifests import Manifest

_OPTIONAL_FILES = "an optional secret's file"


def check_mount_paths(declaration: Declaration) -> Iterator[Finding]:
    """Every mount has a path of its own; the optional files of a directory share one volume."""
    taken = {SHARED_MEMORY_PATH: "shared_memory"} if declaration.shared_memory is not None else {}
    for path, mount in declaration.mounts.items():
        option, key = locate_mount(path, mount)
        optional = isinstance(mount, Secret) and mount.optional
        mounted = posixpath.dirname(path) if optional else path
        if mounted in taken and not (optional and taken[mounted] == _OPTIONAL_FILES):
            reason = f"is mounted at {mounted!r}, where {taken[mounted]} puts something already"
            yield Finding(
                (option, key), repr(path), reason, "choose another path", is_of_key=True, code="K8S104"
            )
        taken[mounted] = _OPTIONAL_FILES if optional else option


def check_volume_names(declaration: Declaration) -> Iterator[Finding]:
    """A name that the author gives a volume is not given to another one, by the author or by this package."""
    sources: dict[str, Manifest] = {}
    for path, mount in declaration.mounts.items():
        source = mount.source if isinstance(mount, Mount) else None
        name = source.get("name") if isinstance(source, dict) else None
        if not isinstance(source, dict) or not isinstance(name, str):
            continue
        if name.startswith(NAME_PREFIX):
            reason = "begins as the names that volumes get from their mount paths"
            yield Finding(
                ("volumes", path, "name"), show(name), reason, "choose another, or none", code="K8S104"
            )
        if sources.setdefault(name, source) != source:
            remedy = "give each a name of its own"
            yield Finding(("volumes", path), show(name), "names another volume, too", remedy, code="K8S104")


def check_override(layers: Layers) -> Iterator[Finding]:
    """What a layer's override sets of the worker's container, no option sets as well; an inner layer's may.

    Options lie over the overrides of all layers, so an option of an inner layer wins, as everywhere. One of
    the same layer, or of an outer one, would win against what its author wrote further inside.
    """
    variables: list[tuple[set[str], Iterable[str]]] = []
    paths: list[tuple[set[str], Iterable[str]]] = []
    odd_forms: set[str] = set()
    for _, declared in layers:
        worker = worker_of(declared.pod_override)
        variables.append((_names(maps_of(worker.get("env")), "name"), declared.env))
        mounted = _names(maps_of(worker.get("volumeMounts")), "mountPath")
        paths.append(({normalize_path(path) for path in mounted}, declared.mounts))
        odd_forms.update(normalize_path(path) for path in mounted if path != normalize_path(path))
    for name in _find_claimed(variables):
        reason = "is an environment variable of pod_override and of env_vars or secrets"
        yield Finding((POD_OVERRIDE,), repr(name), reason, "remove one", code="K8S104")
    # A mount replaces that of the same path: another form of it would stay, and be mounted as well.
    by_options = {path for _, declared in layers for path in declared.mounts}
    for path in sorted({*_find_claimed(paths), *(odd_forms & by_options)}):
        reason = "is a mount path of pod_override and of volumes or secrets"
        yield Finding((POD_OVERRIDE,), repr(path), reason, "remove one", code="K8S104")


def _find_claimed(layers: Iterable[tuple[set[str], Iterable[str]]]) -> list[str]:
    """Find the names of overrides that options of the same layer, or of one outside it, have as well.

    Args:
        layers: The names that each layer's override has and those that its options have, the outermost first.
    """
    by_options: set[str] = set()
    claimed: set[str] = set()
    for of_override, of_options in layers:
        by_options.update(of_options)
        claimed |= of_override & by_options
    return sorted(claimed)


def _names(items: Iterable[Mapping[str, Any]], field: str) -> set[str]:
    return {item[field] for item in items if isinstance(item.get(field), str)}
