"""Rules about images, rights, and the containers beside the worker's.

Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Container
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.rules.api_server.names import DNS_LABEL, ENVIRONMENT_NAME, IMAGE, check_choice
from airflow_provider_k8sexec.rules.api_server.schema import check_manifest
from airflow_provider_k8sexec.rules.options.environment import (
    check_variable_name,
    check_variable_source,
    check_whole_source,
)
from airflow_provider_k8sexec.rules.options.resources import check_resource_manifest
from airflow_provider_k8sexec.rules.options.volumes import check_mount_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.options.declaration import Declaration
    from airflow_provider_k8sexec.options.manifests import Manifest

_PULL_POLICIES = ("Always", "IfNotPresent", "Never")


def check_image(declaration: Declaration) -> Iterator[Problem]:
    """The image is a reference, and the pull policy a word that Kubernetes knows."""
    if declaration.image is not None:
        yield from IMAGE.check("image", declaration.image)
    if declaration.image_pull_policy is not None:
        yield from check_choice("image_pull_policy", declaration.image_pull_policy, _PULL_POLICIES)


def check_security_contexts(declaration: Declaration) -> Iterator[Problem]:
    """Security contexts have the fields that Kubernetes knows: a pod's others than a container's."""
    yield from check_manifest(declaration.security_context, "V1PodSecurityContext", "security_context")
    context = declaration.container_security_context
    yield from check_manifest(context, "V1SecurityContext", "container_security_context")


def check_other_containers(declaration: Declaration) -> Iterator[Problem]:
    """Init containers and sidecars are containers, none is the worker's, and no two have one name."""
    for option in ("init_containers", "sidecars"):
        for index, (name, container) in enumerate(getattr(declaration, option).items()):
            field = f"{option}[{index}]"
            yield from check_container(field, container)
            if name == WORKER_CONTAINER:
                yield Problem(
                    field, repr(name), "is the name of the worker's own container", "choose another name"
                )
            if "image" not in container:
                yield Problem(field, repr(name), "has no image", "write 'image': 'busybox:1.37'")
    for name in sorted(declaration.init_containers.keys() & declaration.sidecars.keys()):
        reason = "names an init container and a sidecar"
        yield Problem("sidecars", repr(name), reason, "give each a name of its own")


def check_container(field: str, container: Manifest) -> Iterator[Problem]:
    """Check one container, as a manifest: its fields, name, image, resources, variables and mounts."""
    shape = check_manifest(container, "V1Container", field)
    yield from shape
    if shape:
        return
    yield from DNS_LABEL.check(f"{field}['name']", container.get("name"))
    if "image" in container:
        yield from IMAGE.check(f"{field}['image']", container["image"])
    if "imagePullPolicy" in container:
        yield from check_choice(f"{field}['imagePullPolicy']", container["imagePullPolicy"], _PULL_POLICIES)
    yield from check_resource_manifest(f"{field}['resources']", container.get("resources") or {})
    is_worker = container.get("name") == WORKER_CONTAINER
    yield from _check_variables(f"{field}['env']", container.get("env") or [], is_worker=is_worker)
    for index, source in enumerate(container.get("envFrom") or []):
        yield from check_whole_source(f"{field}['envFrom'][{index}]", source)
    yield from _check_mounts(f"{field}['volumeMounts']", container.get("volumeMounts") or [])


def _check_variables(field: str, variables: list[Manifest], *, is_worker: bool) -> Iterator[Problem]:
    names = [variable["name"] for variable in variables]
    for name, variable in zip(names, variables, strict=True):
        yield from check_variable_name(field, name) if is_worker else ENVIRONMENT_NAME.check(field, name)
        if "valueFrom" in variable:
            yield from check_variable_source(f"{field}[{name!r}]", variable["valueFrom"])
            if variable.get("value"):
                reason = "has a value and a source of one"
                yield Problem(field, show(name), reason, "leave one of the two out")
    yield from _check_repeats(field, names)


def _check_mounts(field: str, mounts: list[Manifest]) -> Iterator[Problem]:
    paths = [mount["mountPath"] for mount in mounts]
    for path in paths:
        yield from check_mount_path(field, path)
    yield from _check_repeats(field, paths)


def _check_repeats(field: str, names: list[str]) -> Iterator[Problem]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(field, show(name), "stands there twice", "leave one of the two out")
