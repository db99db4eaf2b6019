"""The pod that an operator starts: what its options request, merged with what Airflow's arguments set.

Weakest first, as Airflow itself orders them: the pod template, the pod options, ``full_pod_spec``, the
arguments of the operator. Airflow merges by position and appends lists, with duplicates; so each part is laid
in its place here, and Airflow gets the whole as ``full_pod_spec``, with those arguments unset that are in it.
"""

from __future__ import annotations

import copy
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.executor_names import (
    ANNOTATION_PREFIX,
    NAME_PREFIX,
    WORKER_CONTAINER,
)
from airflow_provider_k8sexec.options.airflow_forms import MODELS
from airflow_provider_k8sexec.options.assembly import copy_manifest
from airflow_provider_k8sexec.options.manifest_parts import mapping_of, maps_of
from airflow_provider_k8sexec.options.manifests import CONTAINERS, Manifest, identity_of, to_manifest
from airflow_provider_k8sexec.options.per_try import choose_by_try
from airflow_provider_k8sexec.options.variable_references import ReferenceOrder
from airflow_provider_k8sexec.pod.amend import set_exact
from airflow_provider_k8sexec.pod.annotations import find_exact
from airflow_provider_k8sexec.pod.executor_config import build_v1_pod
from airflow_provider_k8sexec.pod.merge_repair import drop_repeats
from airflow_provider_k8sexec.pod.started import TEMPLATES
from airflow_provider_k8sexec.pod.steps import set_steps

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from airflow_provider_k8sexec.pod.task_request import TaskRequest

_IN_CONTAINER = {
    "image": "image",
    "image_pull_policy": "image_pull_policy",
    "container_security_context": "security_context",
}
_IN_METADATA = {"namespace": "namespace", "labels": "labels", "annotations": "annotations"}
_IN_SPEC = {
    "node_selector": "node_selector",
    "affinity": "affinity",
    "security_context": "security_context",
    "service_account_name": "service_account_name",
    "automount_service_account_token": "automount_service_account_token",
    "runtime_class_name": "runtime_class_name",
    "priority_class_name": "priority_class_name",
    "active_deadline_seconds": "active_deadline_seconds",
}
_JOINED = {
    "tolerations": "tolerations",
    "imagePullSecrets": "image_pull_secrets",
    "hostAliases": "host_aliases",
}
"""Lists of which Airflow's merge takes the argument's alone; what the options request joins it."""

_UNSET: dict[str, list[Any]] = {
    "env_vars": [],
    "pod_runtime_info_envs": [],
    "env_from": [],
    "configmaps": [],
    "volumes": [],
    "volume_mounts": [],
    "secrets": [],
    "tolerations": [],
    "image_pull_secrets": [],
    "host_aliases": [],
    "init_containers": [],
}
"""The arguments that are lists: they are laid here, with each item once."""

POD_ARGUMENTS = frozenset(
    {
        *_IN_CONTAINER,
        *_IN_METADATA,
        *_IN_SPEC,
        *_JOINED.values(),
        *_UNSET,
        *TEMPLATES,
        "container_resources",
        "full_pod_spec",
    }
)
"""The arguments of which pod options may take the place: all that they set is in the pod."""


@contextmanager
def replaced(operator: Any, arguments: Mapping[str, Any]) -> Iterator[None]:
    """Give an operator other arguments for a block; after it, all are what they were before.

    Airflow's own method changes ``env_vars``, so that a second call would have them twice.
    """
    attributes = vars(operator)
    before = {name: attributes.get(name) for name in (*_UNSET, *TEMPLATES, "full_pod_spec", *arguments)}
    attributes.update(arguments)
    if isinstance(attributes.get("env_vars"), list):
        attributes["env_vars"] = [*attributes["env_vars"]]
    try:
        yield
    finally:
        attributes.update(before)


def build_arguments(
    operator: Any, request: TaskRequest, try_number: int, given: Collection[str]
) -> dict[str, Any]:
    """Build the arguments of which Airflow makes the pod that is requested, in place of the operator's.

    Args:
        operator: The operator, its templates rendered.
        request: What its pod options request.
        try_number: The try.
        given: The options that the DAG, its groups or the task set: what Airflow has as well has its rank.

    Returns:
        The arguments by their names; none where nothing is requested.
    """
    if not request.requested.pod and request.declaration.pod_template_file is None:
        return {}
    name = operator.base_container_name
    own = _build_own(request, try_number, name)
    last = _build_last(operator, own, name, given)
    of_options = build_v1_pod(own)
    merged = of_options
    template = _load_template(operator, request.declaration.pod_template_file)
    if template is not None:
        merged = _merge(_with_first(template, name), merged)
    if request.requested.pod:
        set_exact(find_exact(request.requested.pod), merged.spec, merged.spec.containers[0])
    if operator.full_pod_spec is not None:
        whole = _with_first(copy.deepcopy(operator.full_pod_spec), name)
        for container in ((whole.spec and whole.spec.containers) or [])[:1]:
            container.env = None  # ordered with the others, and laid last
        merged = _merge(merged, whole)
    merged = _merge(merged, build_v1_pod(last))
    deque(drop_repeats(merged.spec), maxlen=0)  # what Airflow appended twice, as in a worker
    arguments = _write_coinciding(operator, of_options, merged, given)
    return {**_UNSET, **dict.fromkeys(TEMPLATES), **arguments, "full_pod_spec": merged}


def _build_own(request: TaskRequest, try_number: int, name: str) -> Manifest:
    """Build what the options request, for one try, and without annotations for the pod mutation hook."""
    requested = request.requested
    pod: Manifest = copy_manifest(requested.pod) or {"spec": {"containers": [{"name": WORKER_CONTAINER}]}}
    worker = pod["spec"]["containers"][0]
    set_steps(pod["spec"], worker, requested.per_try_values, choose_by_try(try_number))
    worker["name"] = name
    metadata = pod.setdefault("metadata", {})
    annotations = mapping_of(metadata.pop("annotations", None))
    others = {key: item for key, item in annotations.items() if not key.startswith(ANNOTATION_PREFIX)}
    if others:
        metadata["annotations"] = others
    return pod


def _build_last(operator: Any, own: Manifest, name: str, given: Collection[str]) -> Manifest:
    """Build what is laid last: the lists among Airflow's arguments, each item once.

    What they set is taken out of what the options request, but for variables: those of both are ordered
    together, because Kubernetes replaces ``$(NAME)`` only below the variable of that name.
    """
    worker, spec = own["spec"]["containers"][0], own["spec"]
    container = _build_container(operator, name)
    last: Manifest = {
        "containers": [container],
        **_lists(
            volumes=[*_items(operator.volumes), *_volumes_of_secrets(operator, container)],
            initContainers=_items(operator.init_containers),
            tolerations=_items(operator.tolerations),
            imagePullSecrets=_items(operator.image_pull_secrets),
            hostAliases=_items(operator.host_aliases),
        ),
    }
    for field, option in _JOINED.items():
        if option in given or last.get(field):
            items = last.pop(field, [])
            last.update(_lists(**{field: _join(spec.pop(field, []), items, identity_of(field)[0])}))
    of_whole = _variables_of(operator.full_pod_spec)
    variables = _join(_join(worker.pop("env", []), of_whole, "name"), container.pop("env", []), "name")
    container.update(_lists(env=[variables[position] for position in ReferenceOrder.of(variables).positions]))
    for holder, later, fields in (
        (worker, container, ("volumeMounts", "envFrom")),
        (spec, last, ("volumes", "initContainers")),
    ):
        for field in fields:
            left = _without(holder.pop(field, []), later.get(field, []), identity_of(field)[0])
            holder.update(_lists(**{field: left}))
    _drop_unmounted(spec, worker, container)
    return {"metadata": {}, "spec": last}


def _variables_of(full_pod_spec: Any) -> list[Manifest]:
    """Give the variables of ``full_pod_spec``, which win over those of options."""
    containers = maps_of(mapping_of(mapping_of(to_manifest(full_pod_spec)).get("spec")).get("containers"))
    return [dict(variable) for variable in maps_of(containers[0].get("env"))] if containers else []


def _build_container(operator: Any, name: str) -> Manifest:
    """Build what Airflow's list arguments set in the container."""
    variables = operator.env_vars
    if isinstance(variables, dict):
        variables = [{"name": key, "value": value} for key, value in variables.items()]
    secrets = [secret for secret in operator.secrets if secret.deploy_type == "env"]
    # Older releases of the provider have put them into env_from as the operator was constructed.
    maps = [{"configMapRef": {"name": item}} for item in getattr(operator, "configmaps", None) or ()]
    return {
        "name": name,
        **_lists(
            env=[
                *_items(variables),
                *_items(operator.pod_runtime_info_envs),
                *_items([secret.to_env_secret() for secret in secrets if secret.key is not None]),
            ],
            envFrom=[
                *_items(operator.env_from),
                *maps,
                *_items([secret.to_env_from_secret() for secret in secrets if secret.key is None]),
            ],
            volumeMounts=_items(operator.volume_mounts),
        ),
    }


def _volumes_of_secrets(operator: Any, container: Manifest) -> Iterator[Manifest]:
    """Give the volumes of Airflow's secrets, and mount them."""
    for secret in operator.secrets:
        if secret.deploy_type == "volume":
            volume, mount = map(to_manifest, secret.to_volume_secret())
            container.setdefault("volumeMounts", []).append(mount)
            yield volume


def _lists(**fields: list[Manifest]) -> Manifest:
    return {name: items for name, items in fields.items() if items}


def _items(items: Any) -> list[Manifest]:
    """Give the manifests of models, of those of Airflow that become such, and of manifests."""
    converted = [getattr(item, "to_k8s_client_obj", lambda item=item: item)() for item in items or ()]
    return list(map(to_manifest, converted))


def _without(items: list[Manifest], others: list[Manifest], identity: str) -> list[Manifest]:
    """Take out of a list what another one sets; what has no name of its own, where it is equal."""
    names = [item.get(identity) for item in others if item.get(identity) is not None]
    return [item for item in items if item.get(identity) not in names and item not in others]


def _join(items: list[Manifest], others: list[Manifest], identity: str) -> list[Manifest]:
    return [*_without(items, others, identity), *others]


def _drop_unmounted(spec: Manifest, worker: Manifest, container: Manifest) -> None:
    """Drop the volumes of options that nothing mounts any more, because an argument mounts another there."""
    mounted = {
        mount.get("name") for mount in [*worker.get("volumeMounts", ()), *container.get("volumeMounts", ())]
    }
    others = [item for kind in CONTAINERS for item in spec.get(kind, ()) if item is not worker]
    mounted |= {mount.get("name") for item in others for mount in item.get("volumeMounts", ())}
    kept = [
        volume
        for volume in spec.pop("volumes", [])
        if volume.get("name") in mounted or not str(volume.get("name")).startswith(NAME_PREFIX)
    ]
    spec.update(_lists(volumes=kept))


def _load_template(operator: Any, of_site: str | None) -> Any:
    """Load the pod template as Airflow does; a profile may name one where the operator has none."""
    generator = compat.load_pod_generator()
    if operator.pod_template_file:
        return generator.deserialize_model_file(operator.pod_template_file)
    if operator.pod_template_dict:
        return generator.deserialize_model_dict(operator.pod_template_dict)
    return generator.deserialize_model_file(of_site) if of_site else None


def _with_first(pod: Any, name: str) -> Any:
    """Put the container of the task first, where Airflow merges what the operator sets."""
    if pod.spec is not None and pod.spec.containers:
        pod.spec.containers.sort(key=lambda container: container.name != name)
    return pod


def _merge(below: Any, above: Any) -> Any:
    """Merge two pods as Airflow does, but for containers besides the first: those by their names."""
    if above.spec is not None and below.spec is not None:
        above.spec.containers = _align(below.spec.containers or [], above.spec.containers or [])
    return compat.load_pod_generator().reconcile_pods(below, above)


def _align(below: list[Any], above: list[Any]) -> list[Any]:
    if not above:
        return above
    named = {container.name: container for container in above[1:]}
    aligned = [named.pop(item.name, None) or type(item)(name=item.name) for item in below[1:]]
    return [above[0], *aligned, *named.values()]


def _write_coinciding(operator: Any, of_options: Any, merged: Any, given: Collection[str]) -> dict[str, Any]:
    """Give the options that are arguments of Airflow's as well, as such: they have the rank of arguments."""
    arguments: dict[str, Any] = {}
    pods = [(pod.spec.containers[0], pod.metadata, pod.spec) for pod in (of_options, merged)]
    for part, fields in enumerate((_IN_CONTAINER, _IN_METADATA, _IN_SPEC)):
        for option, field in fields.items():
            if option not in given or (option in MODELS and getattr(operator, option)):
                continue
            value = getattr(pods[0][part], field)
            if value is None or to_manifest(value) == {}:  # unset to Airflow, and adds nothing
                continue
            arguments[option] = value
            if not value:  # Airflow takes what is false or 0 for unset
                setattr(pods[1][part], field, value)
    return arguments
