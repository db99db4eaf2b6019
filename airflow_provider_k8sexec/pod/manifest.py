"""The partial pod that a declaration stands for, as a manifest: pure, and the same bytes every time.

Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
"""

from __future__ import annotations

import copy
import hashlib
import json
import posixpath
import re
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER
from airflow_provider_k8sexec.options.manifests import Manifest, merge_manifests, present
from airflow_provider_k8sexec.options.quantity import Quantity
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
from airflow_provider_k8sexec.site.deployment import Deployment, resolve_secret_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_k8sexec.options.declaration import Declaration
    from airflow_provider_k8sexec.options.resources import Bounds

EXACT_ANNOTATION = "k8sexec/exact"
"""Fields that are lost on their way to the pod, as JSON, for the pod mutation hook to set."""

PER_TRY_ANNOTATION = "k8sexec/per-try"
"""Amounts of each try by resource, ``[request, limit]``, as JSON, for the pod mutation hook to set."""

_PLAIN_FIELDS = {
    "spec": frozenset(
        {
            "activeDeadlineSeconds",
            "automountServiceAccountToken",
            "enableServiceLinks",
            "hostIPC",
            "hostNetwork",
            "hostPID",
            "hostUsers",
            "priority",
            "setHostnameAsFQDN",
            "shareProcessNamespace",
            "terminationGracePeriodSeconds",
        }
    ),
    "container": frozenset({"stdin", "stdinOnce", "tty"}),
}
"""Fields that hold ``true`` or ``false``, or a whole number: Airflow's merge loses ``false`` and 0."""

_REPLACED_WHOLE = {
    "spec": frozenset(
        {"hostAliases", "imagePullSecrets", "nodeSelector", "tolerations", "topologySpreadConstraints"}
    ),
    "container": frozenset(),
}
"""Fields of which Airflow's merge takes the task's, and the template's where the task's is empty."""

_LONGEST_NAME = 63
_NUMBER = re.compile(r"[0-9]{1,9}\Z")
_PAIR = 2


def build_manifest(declaration: Declaration, deployment: Deployment) -> Manifest:
    """Build the partial pod that Airflow lays over the pod template.

    Args:
        declaration: What was asked for.
        deployment: Where it is to run.

    Returns:
        A pod manifest whose first container is ``base``; empty if nothing of a pod was asked for.
    """
    pod = build_layer(declaration, deployment)
    return _annotate_per_try(_keep_exact(pod), declaration) if pod else pod


def build_template(base: Manifest, declaration: Declaration, deployment: Deployment) -> Manifest:
    """Build a pod template: what was asked for, laid over a base by the names of containers.

    Args:
        base: A right template.
        declaration: What is asked for.
        deployment: Where the pods are to run.
    """
    return _put_worker_first(merge_manifests(base, build_layer(declaration, deployment)))


def build_layer(declaration: Declaration, deployment: Deployment) -> Manifest:
    """Build the partial pod that is laid over a pod template; empty if nothing of a pod was asked for."""
    own_secret = resolve_own_secret(declaration, deployment)
    container = _build_container(declaration, own_secret)
    metadata = present(
        annotations=dict(sorted(declaration.annotations.items())) or None,
        labels=dict(sorted(declaration.labels.items())) or None,
        namespace=declaration.namespace,
    )
    spec = present(volumes=_build_volumes(declaration, own_secret) or None, **_build_spec(declaration))
    has_ladders = any(bounds.later for bounds in declaration.resources.values())
    if not (container or metadata or spec or has_ladders or declaration.pod_override):
        return {}
    spec["containers"] = [{"name": WORKER_CONTAINER, **container}]
    override = copy.deepcopy(declaration.pod_override)
    pod = merge_manifests(override, present(metadata=metadata or None, spec=spec))
    return _put_worker_first(pod)


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


def _build_container(declaration: Declaration, own_secret: str | None) -> Manifest:
    return present(
        image=declaration.image,
        imagePullPolicy=declaration.image_pull_policy,
        env=[_build_variable(name, source, own_secret) for name, source in declaration.env.items()] or None,
        envFrom=list(declaration.env_from) or None,
        resources=_build_resources(declaration) or None,
        volumeMounts=_build_mounts(declaration) or None,
        securityContext=declaration.container_security_context or None,
    )


def _build_variable(name: str, source: str | Manifest | Secret, own_secret: str | None) -> Manifest:
    if isinstance(source, str):
        return {"name": name, "value": source}
    if isinstance(source, Secret):
        optional = source.optional or None
        reference = present(name=source.name or own_secret, key=source.key, optional=optional)
        return {"name": name, "valueFrom": {"secretKeyRef": reference}}
    return {"name": name, "valueFrom": source}


def _build_resources(declaration: Declaration) -> Manifest:
    """Build the resources of the first try."""
    amounts = {name: _write_bounds(name, bounds) for name, bounds in declaration.resources.items()}
    requests = {name: request for name, (request, _) in amounts.items() if request is not None}
    limits = {name: limit for name, (_, limit) in amounts.items() if limit is not None}
    return present(requests=requests or None, limits=limits or None)


def _write_bounds(name: str, bounds: Bounds) -> list[str | None]:
    """Write request and limit; a device of which there are none is not asked for."""
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


def _build_mounts(declaration: Declaration) -> list[Manifest]:
    mounts = [_build_mount(path, mount, declaration) for path, mount in mounts_of(declaration).items()]
    return list({mount["mountPath"]: mount for mount in mounts}.values())


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


def _build_volumes(declaration: Declaration, own_secret: str | None) -> list[Manifest]:
    volumes: dict[str, Manifest] = {}
    for path, mount in mounts_of(declaration).items():
        if isinstance(mount, Secret):
            files = _files_beside(path, mount, declaration)
            name, source = _volume_name(next(iter(files)), mount), _build_files(files, own_secret)
        else:
            name, source = _volume_name(path, mount), _build_source(mount.source)
        volumes[name] = {"name": name, **source}
    return list(volumes.values())


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
    name = f"k8sexec-{slug}"
    if f"/{slug.replace('-', '/')}" == path and len(name) <= _LONGEST_NAME:
        return name
    digest = f"--{hashlib.sha256(path.encode()).hexdigest()[:8]}"
    return f"{name[: _LONGEST_NAME - len(digest)].rstrip('-')}{digest}"


def _build_spec(declaration: Declaration) -> Manifest:
    sidecars = [{**sidecar, "restartPolicy": "Always"} for sidecar in declaration.sidecars.values()]
    return present(
        nodeSelector=dict(sorted(declaration.node_selector.items())) or None,
        tolerations=list(declaration.tolerations) or None,
        affinity=declaration.affinity or None,
        priorityClassName=declaration.priority_class_name,
        schedulerName=declaration.scheduler_name,
        serviceAccountName=declaration.service_account_name,
        automountServiceAccountToken=declaration.automount_service_account_token,
        runtimeClassName=declaration.runtime_class_name,
        securityContext=declaration.security_context or None,
        imagePullSecrets=[{"name": name} for name in declaration.image_pull_secrets] or None,
        initContainers=[*declaration.init_containers.values(), *sidecars] or None,
        terminationGracePeriodSeconds=declaration.termination_grace_period_seconds,
        activeDeadlineSeconds=declaration.active_deadline_seconds,
    )


def _put_worker_first(pod: Manifest) -> Manifest:
    """Airflow merges containers by position, and its own is the first."""
    containers = sorted(pod["spec"]["containers"], key=lambda item: item["name"] != WORKER_CONTAINER)
    return {**pod, "spec": {**pod["spec"], "containers": containers}}


def _keep_exact(pod: Manifest) -> Manifest:
    """Note the fields that are lost on their way to the pod, as they are to be."""
    spec = pod["spec"]
    container = spec["containers"][0]
    exact = present(
        spec={name: value for name, value in spec.items() if is_lost("spec", name, value)} or None,
        container={name: value for name, value in container.items() if is_lost("container", name, value)}
        or None,
    )
    return _annotate(pod, EXACT_ANNOTATION, exact)


def is_lost(part: str, name: str, value: object) -> bool:
    """Tell whether Airflow's merge takes the value of a field for unset.

    Args:
        part: ``spec``, or ``container`` for the worker's.
        name: The field.
        value: Its value.
    """
    if name in _REPLACED_WHOLE[part]:
        return value in ({}, [])
    return name in _PLAIN_FIELDS[part] and isinstance(value, int) and not value


def _annotate_per_try(pod: Manifest, declaration: Declaration) -> Manifest:
    """Note the amounts of all tries; what an override has noted holds for what no option asks for."""
    requested = declaration.resources
    per_try_values = {
        name: [_write_bounds(name, step) for step in bounds.steps]
        for name, bounds in requested.items()
        if bounds.later
    }
    noted = read_per_try(pod)
    of_override = {name: steps for name, steps in noted.items() if name not in requested}
    return _annotate(pod, PER_TRY_ANNOTATION, {**of_override, **per_try_values})


def resolve_step(steps: object, try_number: str) -> list[str | None] | None:
    """Choose the request and limit of a try; ``None`` where there are none, or not such."""
    if not isinstance(steps, list) or not steps:
        return None
    number = int(try_number) if _NUMBER.match(try_number) else 1
    step = steps[min(max(number, 1), len(steps)) - 1]
    is_pair = isinstance(step, list) and len(step) == _PAIR
    return step if is_pair and all(side is None or is_quantity(side) for side in step) else None


def is_quantity(value: object) -> bool:
    """Tell a quantity as a manifest has it."""
    try:
        return isinstance(value, str) and bool(Quantity(value))
    except ValueError:
        return False


def read_annotation(annotations: Mapping[str, str], annotation: str) -> Manifest:
    """Read what is noted in an annotation; what this package cannot have written is nothing."""
    try:
        note = json.loads(annotations.get(annotation, "{}"))
    except (ValueError, TypeError, RecursionError):
        return {}
    return note if isinstance(note, dict) else {}


def read_per_try(pod: Manifest) -> Manifest:
    """Read the amounts of each try that a pod notes, ``[request, limit]`` by resource."""
    return read_annotation(_annotations(pod), PER_TRY_ANNOTATION)


def _annotations(pod: Manifest) -> Mapping[str, str]:
    metadata = pod.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return annotations if isinstance(annotations, dict) else {}


def _annotate(pod: Manifest, annotation: str, note: Manifest) -> Manifest:
    """Set one of the annotations, or take it off where there is nothing to note."""
    annotations = {name: text for name, text in _annotations(pod).items() if name != annotation}
    if note:
        annotations[annotation] = json.dumps(note, sort_keys=True)
    if annotations == _annotations(pod):
        return pod
    metadata = {**(pod.get("metadata") or {}), "annotations": annotations or None}
    return {**pod, "metadata": present(**metadata)}
