"""The partial pod that a declaration stands for, as a manifest: pure, and the same bytes every time.

Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from airflow_provider_k8sexec.executor_names import POD_OVERRIDE, WORKER_CONTAINER
from airflow_provider_k8sexec.options.assembly import WORKER, Assembly, merge_manifests
from airflow_provider_k8sexec.options.manifest_parts import containers_at
from airflow_provider_k8sexec.options.origins import Origin
from airflow_provider_k8sexec.options.per_try import Steps
from airflow_provider_k8sexec.options.requested_pod import RequestedPod
from airflow_provider_k8sexec.options.resources import Bounds
from airflow_provider_k8sexec.options.variable_references import ReferenceOrder
from airflow_provider_k8sexec.pod.annotations import (
    AT_RUN_TIME_ANNOTATION,
    EXACT_ANNOTATION,
    PER_TRY_ANNOTATION,
    find_exact,
    read_per_try,
    write_annotation,
    write_steps,
)
from airflow_provider_k8sexec.pod.authors import Authors
from airflow_provider_k8sexec.pod.option_parts import ANNOTATIONS, lay_options, write_bounds
from airflow_provider_k8sexec.pod.placement_parts import build_placement_steps
from airflow_provider_k8sexec.pod.run_time_fields import (
    find_later,
    list_paths,
    read_later_of,
    write_later,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow_provider_k8sexec.options.declaration import Declaration, Layers
    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import Path
    from airflow_provider_k8sexec.options.run_time import RunTimeValue
    from airflow_provider_k8sexec.options.run_time_places import Place
    from airflow_provider_k8sexec.site.deployment import Deployment

_EMPTY: Manifest = {"metadata": {}, "spec": {"containers": [{"name": WORKER_CONTAINER}]}}


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
    lay_options(assembly, defaults, deployment, authors)
    _order_variables(assembly)
    _drop_empty_metadata(assembly)
    filled = _complete(assembly, defaults, authors)
    return evolve(
        requested,
        pod=filled.pod,
        origins=filled.origins,
        per_try_values=filled.per_try_values,
        run_time=filled.run_time,
    )


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
    assembly = Assembly(merge_manifests(base, build_layer(declaration, deployment)))
    _order_variables(assembly)
    return _put_worker_first(assembly.pod)


def build_layer(declaration: Declaration, deployment: Deployment) -> Manifest:
    """Build the partial pod that is laid over a pod template; empty if nothing of a pod is requested."""
    return _assemble(declaration, deployment, Authors([("", declaration)])).pod


def _assemble(declaration: Declaration, deployment: Deployment, authors: Authors) -> Assembly:
    assembly = Assembly(_EMPTY)
    for layer, override in authors.overrides():
        assembly.lay_manifest(override, Origin(layer, POD_OVERRIDE))
    lay_options(assembly, declaration, deployment, authors)
    if not (assembly.origins or declaration.pod_override or declaration.has_steps or declaration.run_time):
        return Assembly({})
    assembly.place_worker(WORKER_CONTAINER)
    _order_variables(assembly)
    _drop_empty_metadata(assembly)
    return assembly


def _order_variables(assembly: Assembly) -> None:
    """Put each variable below those that it refers to: Kubernetes replaces ``$(NAME)`` only there."""
    for path, container in containers_at(assembly.pod):
        variables = container.get("env")
        if isinstance(variables, list):
            positions = ReferenceOrder.of(variables).positions
            if positions != [*range(len(variables))]:
                assembly.order_items((*path, "env"), positions)


def _drop_empty_metadata(assembly: Assembly) -> None:
    if not assembly.pod.get("metadata"):
        assembly.pod.pop("metadata", None)


def _complete(assembly: Assembly, declaration: Declaration, authors: Authors) -> RequestedPod:
    """Annotate a pod with what Airflow's merge would lose."""
    if not assembly.pod:
        return RequestedPod({}, declaration.pod_template_file)
    _annotate_exact(assembly, authors)
    placement, step_origins = build_placement_steps(declaration, authors)
    per_try_values = _annotate_per_try(assembly, declaration, authors, placement)
    run_time = _annotate_run_time(assembly, declaration, authors)
    return RequestedPod(
        assembly.pod,
        declaration.pod_template_file,
        per_try_values=per_try_values,
        run_time=run_time,
        origins=assembly.origins,
        step_origins=step_origins,
    )


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


def _annotate_per_try(
    assembly: Assembly, declaration: Declaration, authors: Authors, placement: Mapping[str, Steps]
) -> Mapping[str, Steps]:
    """Annotate the values of all steps; what an override has annotated holds for what no option requests."""
    requested = declaration.resources
    own = {
        name: Steps(
            name, bounds.after, tuple(write_bounds(name, step) for step in bounds.steps), bounds.history
        )
        for name, bounds in requested.items()
        if bounds.has_steps
    }
    annotated = read_per_try(assembly.pod)
    of_override = {name: steps for name, steps in annotated.items() if name not in requested}
    values = {**of_override, **own, **placement}
    changing = [found.option for found in declaration.changing_placement]
    origins = [*map(authors.of_resource, own), *map(authors.of_option, changing)]
    _annotate(assembly, PER_TRY_ANNOTATION, write_steps(values), authors, origins)
    return values


def _annotate_run_time(
    assembly: Assembly, declaration: Declaration, authors: Authors
) -> Mapping[Place, RunTimeValue]:
    """Annotate what is known later; what an override has annotated holds for what no option sets."""
    own = declaration.run_time
    annotated = read_later_of(assembly.pod).values
    if not (own or annotated):
        return {}
    of_override = {
        place: value
        for place, value in annotated.items()
        if place not in own and not _is_set(declaration, place)
    }
    values = {**of_override, **own}
    assembly.origins.update({path: authors.of_run_time(place) for place in own for path in list_paths(place)})
    content = write_later(find_later(assembly.pod, values))
    _annotate(assembly, AT_RUN_TIME_ANNOTATION, content, authors, map(authors.of_run_time, own))
    return values


def _is_set(declaration: Declaration, place: Place) -> bool:
    option, *keys = place
    value = getattr(declaration, option)
    return bool(keys and keys[0] in value) or (not keys and isinstance(value, (str, Bounds)))


def _annotate(
    assembly: Assembly,
    annotation: str,
    content: Manifest,
    authors: Authors,
    origins: Iterable[Origin | None],
) -> None:
    """Set one of the annotations, or take it off where there is nothing to annotate."""
    path = (*ANNOTATIONS, annotation)
    if content:
        origin = authors.innermost(origin for origin in origins if origin is not None)
        assembly.lay(path, write_annotation(content), origin or Origin("", POD_OVERRIDE))
    else:
        assembly.remove(path)
