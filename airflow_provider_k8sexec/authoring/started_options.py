"""The pod options of a KubernetesPodOperator: separated from Airflow's arguments, layered, checked and held.

A worker of the KubernetesExecutor keeps them unread, as those of its own pod; but it starts a pod, and then
reads them all (``read_at_run_time``).
"""

from __future__ import annotations

import inspect
import os
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_provider_k8sexec.authoring.attach import find_misspelt, parameters_of
from airflow_provider_k8sexec.authoring.author import find_author
from airflow_provider_k8sexec.authoring.layers import Layer, describe_task, find_defaults
from airflow_provider_k8sexec.authoring.templates import drop_unknown, mark_known, without_unknown
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.exceptions import DeploymentError, K8sExecError, Problem, SpecError
from airflow_provider_k8sexec.options.airflow_forms import COINCIDING, split_value
from airflow_provider_k8sexec.options.jinja import is_template
from airflow_provider_k8sexec.options.pod_options import POD_OPTIONS
from airflow_provider_k8sexec.pod.started import HELD_AS, StartedPod
from airflow_provider_k8sexec.pod.task_request import StartedPodRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from airflow_provider_k8sexec.pod.task_request import TaskRequest

_MOST_CHECKED = 100
"""The most mapped values that are checked before a run; each instance checks its own."""


class Separated(NamedTuple):
    """The arguments of an operator that starts a pod.

    Attributes:
        airflows: Those that Airflow gets.
        started: What the pod options request.
    """

    airflows: dict[str, Any]
    started: StartedPod


def separate(arguments: Mapping[str, Any], operator_class: type) -> Separated:
    """Separate the pod options from Airflow's arguments, and check what they request.

    Args:
        arguments: Keyword arguments of the operator; Airflow may have applied ``default_args`` already.
        operator_class: The operator of Airflow.

    Raises:
        SpecError: An option cannot be as it is; the error names the task and lists all problems.
        DeploymentError: A key of the deployment's secret is requested, in a deployment of unknown release.
    """
    own = parameters_of(operator_class)
    merged = arguments.get("default_args") or {}
    given = {name: value for name, value in arguments.items() if not _is_default(name, value, merged)}
    layers, airflows = _split(given)
    passed_on = {name: value for name, value in given.items() if name not in POD_OPTIONS}
    before = passed_on.pop(HELD_AS, None)
    if before is not None:  # of a mapped task: its own layers, which the mapped values lie over
        layers = [*before.layers, *layers[-1:]]
    layers = [layer for layer in layers if not layer.is_empty]
    misspelt = list(find_misspelt(passed_on, own))
    location = find_author() if before is None else before.location
    started = _hold(layers, misspelt, describe_task(arguments), location)
    for problem in misspelt:
        del passed_on[problem.field]
    hidden = {name: _default_of(operator_class, name) for name in POD_OPTIONS & own & merged.keys()}
    return Separated({**hidden, **passed_on, **airflows}, started)


def _is_default(name: str, value: Any, merged: Mapping[str, Any]) -> bool:
    """Report whether Airflow has filled in a pod option from ``default_args``, which are layers."""
    return name in POD_OPTIONS and name in merged and merged[name] is value


def _split(arguments: Mapping[str, Any]) -> tuple[list[Layer], dict[str, Any]]:
    """Split what each layer has of the pod options; of what is Airflow's, the innermost holds."""
    layers: list[Layer] = []
    airflows: dict[str, Any] = {}
    for layer, given in (*find_defaults(arguments), ("", arguments)):
        parts = {name: split_value(name, value) for name, value in given.items() if name in POD_OPTIONS}
        layers.append(
            Layer({name: part for name, (part, _) in parts.items() if part is not None}, None, layer)
        )
        airflows.update({name: part for name, (_, part) in parts.items() if part is not None})
    return layers, airflows


def _default_of(operator_class: type, name: str) -> Any:
    """Give the value of an argument that is not given; else Airflow would fill in that of default_args."""
    for base in operator_class.__mro__:
        defaults = getattr(inspect.unwrap(vars(base).get("__init__", object)), "__kwdefaults__", None) or {}
        if name in defaults:
            return defaults[name]
    return None


def shown_arguments(layers: Iterable[Layer]) -> dict[str, Any]:
    """Give the pod options that mean the same to Airflow, as it stores and shows them, layers merged."""
    merged: dict[str, Any] = {}
    for layer in layers:
        for name in COINCIDING:
            value = layer.options.get(name)
            if isinstance(value, dict) and isinstance(merged.get(name), dict):
                merged[name] = {**merged[name], **value}
            elif value is not None:
                merged[name] = value
    variables = merged.get("env_vars")
    if isinstance(variables, dict):  # sources are shown in no template field
        merged["env_vars"] = {name: value for name, value in variables.items() if isinstance(value, str)}
    else:
        merged.pop("env_vars", None)
    return merged


def _hold(
    layers: Sequence[Layer], misspelt: list[Problem], task: str | None, location: tuple[str, int]
) -> StartedPod:
    if load_context().is_worker:
        return StartedPod(layers, location, partial(_read_unchecked, layers))
    request = _check(layers, misspelt, task, lambda: location)
    return StartedPod(layers, location, partial(_give, request))


def _give(request: TaskRequest) -> TaskRequest:
    """Give what was read; a lambda could not be pickled with its task."""
    return request


def _read_unchecked(layers: Sequence[Layer]) -> TaskRequest:
    from airflow_provider_k8sexec.authoring.resolve import resolve_request  # on first access alone

    return resolve_request(without_unknown(layers), load_context().of_started_pods, StartedPodRequest)[0]


def _check(
    layers: Sequence[Layer],
    misspelt: list[Problem],
    task: str | None,
    locate: Callable[[], tuple[str, int]],
) -> TaskRequest:
    """Read and check layers as far as they are known before a run, with an error for the author."""
    from airflow_provider_k8sexec.authoring.check import report_findings  # no worker checks
    from airflow_provider_k8sexec.authoring.checked import read_and_check
    from airflow_provider_k8sexec.authoring.masking import mask_declared
    from airflow_provider_k8sexec.rules import Findings

    context = load_context()
    known = mark_known(layers)
    request, findings = read_and_check(known, context, StartedPodRequest)
    if known != [*layers]:
        request = _read_unchecked(layers)
        findings = Findings(drop_unknown(findings.errors), drop_unknown(findings.warnings))
    try:
        report_findings(request, findings.preceded_by(misspelt), task, context, locate)
    except K8sExecError as error:
        request = context.replace_refused(error, request)
    _warn_of_namespace(request, task, locate)
    mask_declared(request.declaration, os.environ)
    return request


def _warn_of_namespace(request: TaskRequest, task: str | None, locate: Callable[[], tuple[str, int]]) -> None:
    """Warn where a pod gets the deployment's own secret, and is in another namespace."""
    namespace, own = request.declaration.namespace, request.deployment.namespace
    needs_own = any(secret.name is None for secret in request.declaration.secrets())
    is_known = namespace is not None and own is not None and not is_template(namespace)
    if needs_own and is_known and namespace != own and load_context().is_deployment:
        reason = f"is not {own!r}, where the deployment's secret is, and a pod reads its own namespace alone"
        remedy = "create a secret of that name there, or name another one: Secret(key, name=...)"
        problem = Problem("namespace", repr(namespace), reason, remedy, code="K8S707")
        load_context().warn(f"{task or 'the pod options'}: {problem}", problem.code, locate())


def read_at_run_time(layers: Sequence[Layer], task: str | None, location: tuple[str, int]) -> TaskRequest:
    """Read rendered layers, and check them by the same rules, before the pod is started.

    Args:
        layers: The layers inside the site's settings, with all templates rendered.
        task: The task, for errors.
        location: The file and line of its author.

    Raises:
        SpecError: Something is wrong with what is requested.
        DeploymentError: A key of the deployment's secret is requested, and the release is unknown here.
        ConfigurationError: The site's settings cannot be read in this process.
    """
    from airflow_provider_k8sexec.authoring.checked import read_and_check  # where a pod is started
    from airflow_provider_k8sexec.pod.own_secret import lacks_release
    from airflow_provider_k8sexec.site.deployment import describe_unknown_release

    request, findings = read_and_check(layers, load_context().of_started_pods, StartedPodRequest)
    if findings.errors:
        raise SpecError(findings.errors, task, location)
    if lacks_release(request.declaration, request.deployment):
        raise DeploymentError(describe_unknown_release(), task, location)
    return request


def check_mapped_values(
    before: StartedPod, values: Iterable[tuple[str, Mapping[str, Any]]], task: str | None
) -> None:
    """Check what a task is mapped over, as far as it is known before a run.

    Args:
        before: What the task requests besides.
        values: Arguments of mapped instances, each with its name for errors.
        task: The task, for errors.

    Raises:
        SpecError: An option cannot be as it is.
    """
    context = load_context()
    if context.is_worker:
        return
    from airflow_provider_k8sexec.authoring.checked import read_and_check  # no worker checks

    known = mark_known(before.layers)
    problems: dict[Problem, None] = {}
    _, findings = read_and_check(known, context, StartedPodRequest)
    for name, arguments in islice(values, _MOST_CHECKED):
        layers, _ = _split({key: value for key, value in arguments.items() if key in POD_OPTIONS})
        mapped = mark_known([layers[-1]._replace(name=name)])
        _, found = read_and_check([*known, *mapped], context, StartedPodRequest)
        problems.update(dict.fromkeys(found.errors))
    new = [problem for problem in drop_unknown(problems) if problem not in findings.errors]
    if new:
        context.replace_refused(SpecError(new, task, find_author()), before.request)
