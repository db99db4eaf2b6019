"""The partial pod that a declaration stands for, as a manifest: pure, and the same bytes every time.

Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from typing import TYPE_CHECKING

from attrs import evolve

from airflow_provider_k8sexec.executor_names import NAME_PREFIX, POD_OVERRIDE, WORKER_CONTAINER
from airflow_provider_k8sexec.options.manifests import SIDES, Manifest, merge_manifests, present
from airflow_provider_k8sexec.options.origins import Origin
from airflow_provider_k8sexec.options.requested_pod import RequestedPod
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
from airflow_provider_k8sexec.pod.annotations import (
    EXACT_ANNOTATION,
    PER_TRY_ANNOTATION,
    find_exact,
    read_per_try,
    write_annotation,
)
from airflow_provider_k8sexec.pod.assembly import WORKER, Assembly
from airflow_provider_k8sexec.pod.authors import Authors
from airflow_provider_k8sexec.site.deployment import Deployment, resolve_secret_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow_provider_k8sexec.options.declaration import Declaration, Layers
    from airflow_provider_k8sexec.options.paths import Path
    from airflow_provider_k8sexec.options.resources import Bounds

_LONGEST_NAME = 63
_EMPTY: Manifest = {"metadata": {}, "spec": {"containers": [{"name": WORKER_CONTAINER}]}}
_LABELLED: Path = ("metadata", "labels")
_ANNOTATED: Path = ("metadata", "annotations")
_SPEC_FIELDS = {
    "priorityClassName": "priority_class_name",
    "schedulerName": "scheduler_name",
    "serviceAccountName": "service_account_name",
    "automountServiceAccountToken": "automount_service_account_token",
    "runtimeClassName": "runtime_class_name",
    "terminationGracePeriodSeconds": "termination_grace_period_seconds",
    "activeDeadlineSeconds": "active_deadline_seconds",
}
"""Fields of a pod's spec that hold an option's value as it is."""


def build_requested_pod(
    declaration: Declaration, deployment: Deployment, layers: Layers = ()
) -> RequestedPod:
    """Build the partial pod that Airflow lays over the pod template, with the origin of each part.

    Args:
        declaration: What is requested; nothing of it need be right but its types.
        deployment: Where it is to run.
        layers: What the declaration is made of, the outermost first; the task alone, where none are given.

    Returns:
        A requested pod whose first container is ``base``; its pod is empty if nothing of a pod is requested.
    """
    authors = Authors(layers or [("", declaration)])
    assembly = _assemble(declaration, deployment, authors)
    return _complete(assembly, declaration, authors)


def add_defaults(
    requested: RequestedPod, defaults: Declaration, deployment: Deployment, layer: str
) -> RequestedPod:
    """Add defaults for what a pod lacks to it, so that it need not be built anew.

    Args:
        requested: The pod.
        defaults: What it lacks.
        deployment: Where it is to run.
        layer: The layer that the defaults come from.
    """
    authors = Authors([(layer, defaults)])
    assembly = Assembly(requested.pod or _EMPTY, requested.origins)
    _lay_options(assembly, defaults, authors, resolve_own_secret(defaults, deployment))
    _drop_empty_metadata(assembly)
    filled = _complete(assembly, defaults, authors)
    return evolve(requested, pod=filled.pod, origins=filled.origins, per_try_values=filled.per_try_values)


def build_override(layers: Layers) -> RequestedPod:
    """Build what the overrides of layers are together, without the options that are laid over them."""
    assembly = Assembly({})
    for layer, override in Authors(layers).overrides():
        assembly.lay_manifest(override, Origin(layer, POD_OVERRIDE))
    return RequestedPod(assembly.pod, origins=assembly.origins)


def build_template(base: Manifest, declaration: Declaration, deployment: Deployment) -> Manifest:
    """Build a pod template: what is requested, laid over a base by the names of containers.

    Args:
        base: A right template.
        declaration: What is requested.
        deployment: Where the pods are to run.
    """
    return _put_worker_first(merge_manifests(base, build_layer(declaration, deployment)))


def build_layer(declaration: Declaration, deployment: Deployment) -> Manifest:
    """Build the partial pod that is laid over a pod template; empty if nothing of a pod is requested."""
    return _assemble(declaration, deployment, Authors([("", declaration)])).pod


def _assemble(declaration: Declaration, deployment: Deployment, authors: Authors) -> Assembly:
    assembly = Assembly(_EMPTY)
    for layer, override in authors.overrides():
        assembly.lay_manifest(override, Origin(layer, POD_OVERRIDE))
    _lay_options(assembly, declaration, authors, resolve_own_secret(declaration, deployment))
    has_steps = any(bounds.later for bounds in declaration.resources.values())
    if not (assembly.origins or declaration.pod_override or has_steps):
        return Assembly({})
    assembly.place_worker(WORKER_CONTAINER)
    _drop_empty_metadata(assembly)
    return assembly


def _drop_empty_metadata(assembly: Assembly) -> None:
    if not assembly.pod.get("metadata"):
        assembly.pod.pop("metadata", None)


def _complete(assembly: Assembly, declaration: Declaration, authors: Authors) -> RequestedPod:
    """Annotate a pod with what Airflow's merge would lose."""
    if not assembly.pod:
        return RequestedPod({}, declaration.pod_template_file)
    _annotate_exact(assembly, authors)
    per_try_values = _annotate_per_try(assembly, declaration, authors)
    return RequestedPod(
        assembly.pod,
        declaration.pod_template_file,
        per_try_values=per_try_values,
        origins=assembly.origins,
    )


def resolve_own_secret(declaration: Declaration, deployment: Deployment) -> str | None:
    """Resolve the name of the deployment's secret, a placeholder if need be; ``None`` if it isn't needed."""
    if not _needs_own_secret(declaration):
        return None
    return resolve_secret_name(deployment, declaration.release)


def lacks_release(declaration: Declaration, deployment: Deployment) -> bool:
    """Report whether the declaration needs the deployment's secret, and its name is unknown."""
    is_known = declaration.release is not None or deployment.secret_name is not None
    return _needs_own_secret(declaration) and not is_known


def _needs_own_secret(declaration: Declaration) -> bool:
    return any(secret.name is None for secret in declaration.secrets())


def _lay_options(
    assembly: Assembly, declaration: Declaration, authors: Authors, own_secret: str | None
) -> None:
    _lay_metadata(assembly, declaration, authors)
    _lay_container(assembly, declaration, authors, own_secret)
    _lay_mounts(assembly, declaration, authors, own_secret)
    _lay_spec(assembly, declaration, authors)


def _lay_metadata(assembly: Assembly, declaration: Declaration, authors: Authors) -> None:
    for path, option in ((_ANNOTATED, "annotations"), (_LABELLED, "labels")):
        for key, value in sorted(getattr(declaration, option).items()):
            assembly.lay((*path, key), value, authors.of_key(option, key))
    if declaration.namespace is not None:
        assembly.lay(("metadata", "namespace"), declaration.namespace, authors.of_option("namespace"))


def _lay_container(
    assembly: Assembly, declaration: Declaration, authors: Authors, own_secret: str | None
) -> None:
    for field, option in (("image", "image"), ("imagePullPolicy", "image_pull_policy")):
        value = getattr(declaration, option)
        if value is not None:
            assembly.lay((*WORKER, field), value, authors.of_option(option))
    assembly.lay_items(
        (*WORKER, "env"),
        [
            (_build_variable(name, source, own_secret), authors.of_variable(name, source))
            for name, source in declaration.env.items()
        ],
    )
    sources = [(source, authors.of_item("env_from", source)) for source in declaration.env_from]
    assembly.lay_items((*WORKER, "envFrom"), sources)
    for name, bounds in declaration.resources.items():
        for side, amount in zip(SIDES, _write_bounds(name, bounds), strict=True):
            if amount is not None:
                path = (*WORKER, "resources", side, name)
                assembly.lay(path, amount, authors.of_resource(name))
    for key, value in declaration.container_security_context.items():
        path = (*WORKER, "securityContext", key)
        assembly.lay(path, value, authors.of_key("container_security_context", key))


def _build_variable(name: str, source: str | Manifest | Secret, own_secret: str | None) -> Manifest:
    if isinstance(source, str):
        return {"name": name, "value": source}
    if isinstance(source, Secret):
        optional = source.optional or None
        reference = present(name=source.name or own_secret, key=source.key, optional=optional)
        return {"name": name, "valueFrom": {"secretKeyRef": reference}}
    return {"name": name, "valueFrom": source}


def _write_bounds(name: str, bounds: Bounds) -> list[str | None]:
    """Write request and limit; a device of which there are none is not requested."""
    is_device = "/" in name
    return [
        None if amount is None or (is_device and not amount.number) else str(amount)
        for amount in (bounds.request, bounds.limit)
    ]


def mounts_of(declaration: Declaration) -> dict[str, Mount | Secret]:
    """Give everything that is mounted, shared memory included, by its path in the container."""
    mounts = dict(declaration.mounts)
    if declaration.shared_memory is not None:
        mounts[SHARED_MEMORY_PATH] = Mount(EmptyDir(str(declaration.shared_memory), "Memory"))
    return mounts


def _lay_mounts(
    assembly: Assembly, declaration: Declaration, authors: Authors, own_secret: str | None
) -> None:
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


def _lay_spec(assembly: Assembly, declaration: Declaration, authors: Authors) -> None:
    for field, option in (
        ("nodeSelector", "node_selector"),
        ("affinity", "affinity"),
        ("securityContext", "security_context"),
    ):
        given = getattr(declaration, option)
        for key in sorted(given) if option == "node_selector" else given:
            assembly.lay(("spec", field, key), given[key], authors.of_key(option, key))
    for field, option in _SPEC_FIELDS.items():
        value = getattr(declaration, option)
        if value is not None:
            assembly.lay(("spec", field), value, authors.of_option(option))
    tolerations = [(item, authors.of_item("tolerations", item)) for item in declaration.tolerations]
    assembly.lay_items(("spec", "tolerations"), tolerations)
    pull_secrets = [
        ({"name": name}, authors.of_item("image_pull_secrets", name))
        for name in declaration.image_pull_secrets
    ]
    assembly.lay_items(("spec", "imagePullSecrets"), pull_secrets)
    containers = [
        ({**container, **more}, authors.of_container(option, name))
        for option, more in (("init_containers", {}), ("sidecars", {"restartPolicy": "Always"}))
        for name, container in getattr(declaration, option).items()
    ]
    assembly.lay_items(("spec", "initContainers"), containers)


def _put_worker_first(pod: Manifest) -> Manifest:
    """Airflow merges containers by position, and its own is the first."""
    containers = sorted(pod["spec"]["containers"], key=lambda item: item["name"] != WORKER_CONTAINER)
    return {**pod, "spec": {**pod["spec"], "containers": containers}}


def _annotate_exact(assembly: Assembly, authors: Authors) -> None:
    """Annotate the fields that are lost on their way to the pod with what they are to be."""
    exact = find_exact(assembly.pod)
    paths: list[Path] = [("spec", name) for name in exact.get("spec", ())]
    paths += [(*WORKER, name) for name in exact.get("container", ())]
    _annotate(assembly, EXACT_ANNOTATION, exact, authors, [assembly.origins.get(path) for path in paths])


def _annotate_per_try(assembly: Assembly, declaration: Declaration, authors: Authors) -> Manifest:
    """Annotate the amounts of all tries; what an override has annotated holds for what no option requests."""
    requested = declaration.resources
    own = {
        name: [_write_bounds(name, step) for step in bounds.steps]
        for name, bounds in requested.items()
        if bounds.later
    }
    annotated = read_per_try(assembly.pod)
    of_override = {name: steps for name, steps in annotated.items() if name not in requested}
    values = {**of_override, **own}
    _annotate(assembly, PER_TRY_ANNOTATION, values, authors, map(authors.of_resource, own))
    return values


def _annotate(
    assembly: Assembly,
    annotation: str,
    content: Manifest,
    authors: Authors,
    origins: Iterable[Origin | None],
) -> None:
    """Set one of the annotations, or take it off where there is nothing to annotate."""
    path = (*_ANNOTATED, annotation)
    if content:
        origin = authors.innermost(origin for origin in origins if origin is not None)
        assembly.lay(path, write_annotation(content), origin or Origin("", POD_OVERRIDE))
    else:
        assembly.remove(path)
