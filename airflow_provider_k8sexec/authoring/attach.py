"""From an author's arguments to the task's ``executor_config``: gather the layers, judge them, attach.

Layers, outer to inner: site settings, profile, DAG ``default_args``, TaskGroup ``default_args``, the task.
Airflow itself replaces ``executor_config`` wholesale and lets tasks share one object; here each task gets
its own.
"""

from __future__ import annotations

import inspect
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from airflow_provider_k8sexec._compat import get_current_dag, get_current_task_group, load_option
from airflow_provider_k8sexec.authoring.author import find_author
from airflow_provider_k8sexec.authoring.masking import mask_declared
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.exceptions import (
    DeploymentError,
    K8sExecError,
    Problem,
    SpecError,
    SpecWarning,
)
from airflow_provider_k8sexec.options.declaration import (
    NOTHING,
    Declaration,
    describe_unknown,
    nearest_option,
    parse_declaration,
    resolve_layers,
)
from airflow_provider_k8sexec.options.pod_options import POD_OPTIONS
from airflow_provider_k8sexec.pod.executor_config import (
    KNOWN_KEYS,
    POD_OVERRIDE,
    POD_TEMPLATE_FILE,
    ExecutorConfig,
)
from airflow_provider_k8sexec.pod.manifest import build_manifest, lacks_release, read_per_try
from airflow_provider_k8sexec.site.deployment import (
    SET_RELEASE,
    UNKNOWN_SECRET,
    Deployment,
    describe_unknown_release,
)
from airflow_provider_k8sexec.site.option_table import SECTION

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from airflow_provider_k8sexec.options.pod_options import PodOptions

EXECUTOR_CONFIG = "executor_config"


@frozen
class Layer:
    """What is said of a pod in one place.

    Attributes:
        options: The pod options.
        executor_config: Airflow's own argument beside them; the options are laid over it.
        place: The place, for errors; empty for the task's own arguments.
    """

    options: Mapping[str, Any] = field(factory=dict)
    executor_config: object = None
    place: str = ""


def k8s_config(**options: Unpack[PodOptions]) -> dict[str, Any]:
    """Make the ``executor_config`` of any operator, or of ``default_args``.

    Source: https://airflow.apache.org/docs/apache-airflow-providers-cncf-kubernetes/stable/kubernetes_executor.html

    Args:
        **options: Pod options; :class:`~airflow_provider_k8sexec.PodOptions` describes them.

    Returns:
        A dict with the key ``pod_override``, and ``pod_template_file`` if that is asked for.

    Raises:
        SpecError: An option cannot be as it is; the error lists all such options.
        DeploymentError: A key of the deployment's secret is requested, in a deployment of unknown release.
    """
    try:
        return attach_layers([Layer(options)], [], None)
    except K8sExecError as error:
        stand_in = load_context().stand_in_for(error)
        if stand_in is not None:
            return stand_in
        # An import error shows the last two lines of the traceback: the author's is to be among them.
        raise error.with_traceback(None) from None


def attach_pod_options(arguments: Mapping[str, Any], operator_class: type) -> dict[str, Any]:
    """Turn the pod options among an operator's arguments into its ``executor_config``.

    An argument that the operator itself has, such as the ``image`` of a DockerOperator, stays the operator's.

    Args:
        arguments: Keyword arguments of an operator, ``default_args`` not yet applied.
        operator_class: The operator.

    Returns:
        The arguments that Airflow gets.

    Raises:
        SpecError: An option cannot be as it is; the error names the task and lists all such options.
        DeploymentError: A key of the deployment's secret is requested, in a deployment of unknown release.
    """
    own = parameters_of(operator_class)
    accepted = POD_OPTIONS - own
    passed_on = {name: value for name, value in arguments.items() if name not in accepted}
    reason = "is neither a pod option nor an argument of the operator"
    misspelt = [
        describe_unknown(name, value, reason)
        for name, value in passed_on.items()
        if name not in own and nearest_option(name) is not None
    ]
    options = {name: value for name, value in arguments.items() if name in accepted}
    layers = [
        *(_layer_of_defaults(place, defaults, accepted) for place, defaults in find_defaults(arguments)),
        Layer(options, arguments.get(EXECUTOR_CONFIG)),
    ]
    try:
        config = attach_layers(layers, misspelt, describe_task(arguments))
    except K8sExecError as error:
        stand_in = load_context().stand_in_for(error)
        if stand_in is None:
            raise
        for problem in misspelt:  # Airflow refuses them as well
            del passed_on[problem.field]
        return {**passed_on, EXECUTOR_CONFIG: stand_in}
    _warn_of_tries(config.declaration, arguments)
    return {**passed_on, EXECUTOR_CONFIG: config} if config else passed_on


def attach_layers(layers: Iterable[Layer], problems: Iterable[Problem], task: str | None) -> ExecutorConfig:
    """Lay the layers over the site's settings, judge the whole, and make the ``executor_config``.

    Args:
        layers: The layers inside the site's settings, the outermost first.
        problems: What has been found wrong already.
        task: The task, for errors.

    Raises:
        SpecError: Something is wrong with what was asked for.
        DeploymentError: A key of the deployment's secret is requested, in a deployment of unknown release.
    """
    context = load_context()
    settings, deployment = context.settings, context.deployment
    found = list(problems)
    said: list[tuple[str, Declaration]] = [(f"[{SECTION}] pod_options", context.site_options)]
    others: dict[str, Any] = {}
    for layer in layers:
        declaration, foreign, wrong = _parse_layer(layer)
        said.append((layer.place, declaration))
        others.update(foreign)
        found += wrong
    named = (declaration.profile for _, declaration in reversed(said) if declaration.profile is not None)
    profile, wrong = _resolve_profile(next(named, settings.default_profile), deployment)
    found += wrong
    outer, inner = [said[0], *profile], said[1:]
    declaration = resolve_layers(declaration for _, declaration in [*outer, *inner])
    if not deployment.is_worker:
        found += _check(declaration, deployment, task)
    if found:
        raise SpecError(dict.fromkeys(found), task)
    mask_declared(declaration, os.environ)
    build = partial(build_manifest, deployment=deployment)
    return ExecutorConfig(declaration, build, others, outer, inner)


def _check(declaration: Declaration, deployment: Deployment, task: str | None) -> list[Problem]:
    # A worker has no use for the rules, and doesn't wait for them.
    from airflow_provider_k8sexec.rules import check_declaration
    from airflow_provider_k8sexec.rules.template_file import check_task_template

    found = check_declaration(declaration, deployment)
    if not found:
        wrong, doubtful = check_task_template(declaration, deployment, load_context().worker_image)
        found += wrong
        for problem in doubtful:
            _warn(f"{task or 'a pod template'}: {problem}")
        _check_release(declaration, deployment, task)
        found += _check_platform(declaration, deployment)
    return found


def _check_release(declaration: Declaration, deployment: Deployment, task: str | None) -> None:
    """Require that the deployment's secret is known, if the task needs it and this is a deployment."""
    if not lacks_release(declaration, deployment):
        return
    if load_context().is_deployment:
        reason = describe_unknown_release()
        raise DeploymentError(f"{task}: {reason}" if task else reason)
    if load_context().is_first("the release is unknown"):
        _warn(
            "Keys of the deployment's secret are requested, but the release name is unknown: the pods refer "
            f"to the secret {UNKNOWN_SECRET!r} instead; {SET_RELEASE}."
        )


def _warn_of_tries(declaration: Declaration, arguments: Mapping[str, Any]) -> None:
    """Warn the author of amounts that no try will have."""
    if (
        not any(bounds.later for bounds in declaration.resources.values())
        or load_context().deployment.is_worker
    ):
        return
    from airflow_provider_k8sexec.rules.options.resources import check_tries  # no worker judges

    given = [defaults for _, defaults in find_defaults(arguments)] + [arguments]
    retries = [place["retries"] for place in given if "retries" in place]
    with suppress(TypeError, ValueError):  # Airflow refuses what is no number
        count = int((retries[-1] if retries else load_option("core", "default_task_retries")) or 0)
        for problem in check_tries(declaration, count):
            _warn(f"{describe_task(arguments) or 'a task'}: {problem}")


def _warn(message: str) -> None:
    """Warn with the line of the DAG file, which Airflow shows where it shows warnings."""
    warnings.warn_explicit(message, SpecWarning, *find_author())


def _resolve_profile(
    name: str | None, deployment: Deployment
) -> tuple[list[tuple[str, Declaration]], list[Problem]]:
    """Find a profile's layers; in a worker whose image lacks the profile, none: its pod is there already."""
    if name is None:
        return [], []
    profiles = load_context().profiles
    if name in profiles.by_name:
        return profiles.resolve(name), []
    return [], [] if deployment.is_worker else [profiles.describe_unknown("profile", name)]


def _check_platform(declaration: Declaration, deployment: Deployment) -> list[Problem]:
    from airflow_provider_k8sexec.options.requested_pod import RequestedPod
    from airflow_provider_k8sexec.rules.requested_pod.platform import ERRORS, check_platform_errors

    if deployment.platform not in ERRORS:
        return []
    pod = build_manifest(declaration, deployment)
    requested = RequestedPod(pod, declaration.pod_template_file, per_try_values=read_per_try(pod))
    return check_platform_errors(requested, deployment.platform)


def check_mapped(names: Iterable[str], operator_class: type, task: str | None) -> set[str]:
    """Refuse to map a task over pod options: Airflow has one ``executor_config`` for all its instances.

    Args:
        names: The arguments that are mapped over.
        operator_class: The operator.
        task: The task, for errors.

    Returns:
        The names that Airflow must not get, where a refused declaration does not end the DAG file.

    Raises:
        SpecError: Some of the names are pod options.
    """
    reason = "cannot be mapped, because Airflow takes one executor_config for all mapped instances"
    accepted = {EXECUTOR_CONFIG, *(POD_OPTIONS - parameters_of(operator_class))}
    refused = [name for name in names if name in accepted]
    problems = [
        Problem(f"expand({name}=...)", "", reason, f"write partial({name}=...), or k8s_task({name}=...)")
        for name in refused
    ]
    error = SpecError(problems, task)
    if problems and load_context().stand_in_for(error) is None:
        raise error
    return {*refused}


@cache
def parameters_of(operator_class: type) -> frozenset[str]:
    """Give the names of the arguments that an operator and its bases take."""
    constructors = [vars(base)["__init__"] for base in operator_class.__mro__ if "__init__" in vars(base)]
    return frozenset(
        name
        for constructor in constructors
        if constructor is not object.__init__
        for name, parameter in inspect.signature(constructor).parameters.items()
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    )


def describe_task(arguments: Mapping[str, Any]) -> str | None:
    """Name the task that has these arguments, with its group and DAG."""
    task_id = arguments.get("task_id")
    if task_id is None:
        return None
    dag, group = _surroundings(arguments)
    full_id = group.child_id(task_id) if group is not None else task_id
    return f"task {full_id!r}" + (f" of DAG {dag.dag_id!r}" if dag is not None else "")


def _surroundings(arguments: Mapping[str, Any]) -> tuple[Any, Any]:
    dag = arguments.get("dag") or get_current_dag()
    return dag, arguments.get("task_group") or (get_current_task_group(dag) if dag else None)


def find_defaults(arguments: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give the ``default_args`` that hold for a task, the outermost first, each without what it inherits."""
    dag, group = _surroundings(arguments)
    places = [("default_args of the DAG", dag.default_args)] if dag is not None else []
    groups = []
    while group is not None:
        groups.append((f"default_args of the task group {group.group_id!r}", group.default_args))
        group = group.parent_group
    places += [*reversed(groups), ("default_args of the task", arguments.get("default_args") or {})]
    inherited: dict[str, Any] = {}
    for place, defaults in places:
        yield place, {name: value for name, value in defaults.items() if inherited.get(name) is not value}
        inherited.update(defaults)


def _layer_of_defaults(place: str, defaults: Mapping[str, Any], accepted: frozenset[str]) -> Layer:
    options = {name: value for name, value in defaults.items() if name in accepted}
    return Layer(options, defaults.get(EXECUTOR_CONFIG), place)


def _parse_layer(layer: Layer) -> tuple[Declaration, dict[str, Any], list[Problem]]:
    below, others, problems = _parse_executor_config(layer.executor_config)
    declared, wrong = parse_declaration(layer.options)
    problems += wrong
    if layer.place:
        problems = [problem.within(f"{layer.place}: ") for problem in problems]
    return resolve_layers([below, declared]), others, problems


def _parse_executor_config(config: object) -> tuple[Declaration, dict[str, Any], list[Problem]]:
    """Read Airflow's own argument: one of ours, or a dict that somebody wrote by hand."""
    if isinstance(config, ExecutorConfig) and config.is_as_declared:
        inside_site = resolve_layers(said for _, said in config.inner)
        return inside_site, {key: item for key, item in dict.items(config) if key not in KNOWN_KEYS}, []
    if config is None:
        return NOTHING, {}, []
    if not isinstance(config, Mapping):
        from airflow_provider_k8sexec.rules.requested_pod.handwritten import check_config_shape

        return NOTHING, {}, list(check_config_shape(config))
    options = {key: value for key, value in config.items() if key in (POD_OVERRIDE, POD_TEMPLATE_FILE)}
    others = {key: value for key, value in config.items() if key not in KNOWN_KEYS}
    declared, problems = parse_declaration(options)
    if others:
        from airflow_provider_k8sexec.rules.requested_pod.handwritten import check_config_key

        problems += [problem for key in others for problem in check_config_key(key)]
    return declared, others, problems
