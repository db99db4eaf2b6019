"""From an author's arguments to the task's ``executor_config``: parse, resolve, build, check, attach.

A worker does none of this: it keeps what was given, and reads it only for masking and for the usage record.
Each task gets an ``executor_config`` of its own, though Airflow lets tasks share one.
"""

from __future__ import annotations

import inspect
import os
from functools import cache, partial
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_k8sexec._compat import add_upstream
from airflow_provider_k8sexec.authoring.author import find_author
from airflow_provider_k8sexec.authoring.layers import (
    OWN_DEFAULTS,
    Layer,
    describe_task,
    find_defaults,
    find_results,
    gather_layers,
    keep_plain,
    may_have_masked,
)
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.exceptions import K8sExecError, Problem, SpecError
from airflow_provider_k8sexec.executor_names import EXECUTOR_CONFIG, NAMES_VARIABLE, POD_OPERATOR
from airflow_provider_k8sexec.options.pod_options import POD_OPTIONS
from airflow_provider_k8sexec.pod.executor_config import ExecutorConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from types import CodeType, MappingProxyType

    from typing_extensions import Unpack

    from airflow_provider_k8sexec.authoring.keywords import take_options
    from airflow_provider_k8sexec.context.site_context import SiteContext
    from airflow_provider_k8sexec.options.pod_options import PodOptions
    from airflow_provider_k8sexec.pod.task_request import TaskRequest

T = TypeVar("T")

NEITHER = "is neither a pod option nor an argument of the operator"


class OptionsSignature(inspect.Signature):
    """The signature of what takes pod options besides arguments of its own; they are read on access."""

    __slots__ = ()

    @property
    def parameters(self) -> MappingProxyType[str, inspect.Parameter]:
        """The function's own parameters, and each pod option with its type."""
        from airflow_provider_k8sexec.authoring.option_help import add_options  # no DAG file comes here

        return add_options(super().parameters)


class SignatureOfClass:
    """The signature of an operator: its own arguments, and the pod options."""

    def __get__(self, instance: object, owner: type) -> OptionsSignature:
        """Give the signature of a class, on access."""
        from airflow_provider_k8sexec.authoring.option_help import parameters_of_constructor  # as above

        return OptionsSignature(parameters_of_constructor(owner))


def k8s_config(**options: Unpack[PodOptions]) -> dict[str, Any]:
    """Make the ``executor_config`` of any operator, or of ``default_args``.

    Source: https://airflow.apache.org/docs/apache-airflow-providers-cncf-kubernetes/stable/kubernetes_executor.html

    Args:
        **options: Pod options; ``help(k8s_task)`` describes them.

    Returns:
        A dict with the key ``pod_override``, and ``pod_template_file`` if that is requested.

    Raises:
        SpecError: An option cannot be as it is; the error lists all problems.
        DeploymentError: A key of the deployment's secret is requested, in a deployment of unknown release.
    """
    if TYPE_CHECKING:  # jedi completes the parameters of what the options are passed to
        take_options(**options)
    try:
        layers = [Layer(options)]
        return attach_layers(layers, _refuse_results(options) if find_results(layers) else [], None)
    except K8sExecError as error:
        # An import error shows the last two lines of the traceback: the author's is to be among them.
        raise error.with_traceback(None) from None


k8s_config.__signature__ = OptionsSignature(  # type: ignore[attr-defined]  # inspect.signature reads it
    return_annotation="dict[str, Any]"
)


def _refuse_results(options: Mapping[str, Any]) -> Iterator[Problem]:
    """Refuse the results of other tasks where it is not known which task is to follow those."""
    from airflow_provider_k8sexec.options.problems import show_type  # nearly no file comes here
    from airflow_provider_k8sexec.options.run_time_forms import convert_result

    for name, given in options.items():
        for result in find_results([Layer({name: given})]):
            later = convert_result(result)
            if later is None:
                continue
            reason = "is the result of a task, and k8s_config does not know which task is to follow that one"
            remedy = f"write {later!r}, and let the task follow it with >>"
            yield Problem(name, show_type(given), reason, remedy, code="K8S116")


def follow_sources(task: Any, config: object) -> None:
    """Let a task follow those whose results its pod options name; Airflow does so for template fields alone.

    Args:
        task: The task, mapped or not, as it is made.
        config: Its ``executor_config``.
    """
    results = config.follows if isinstance(config, ExecutorConfig) else ()
    if results and not getattr(task, "_BaseOperator__from_mapped", False):
        add_upstream(task, results)


def _write_for_all(name: str, instead: str) -> str:
    from airflow_provider_k8sexec.options.run_time_forms import RUN_TIME_OPTIONS  # nearly no file comes here

    of_each = "; of a list that from_xcom('task_id') reads, each instance has its own value"
    return f"write {instead}({name}=...){of_each if name in RUN_TIME_OPTIONS else ''}"


def attach_pod_options(
    arguments: Mapping[str, Any],
    operator_class: type,
    locate: Callable[[], tuple[str, int]] = find_author,
) -> dict[str, Any]:
    """Turn the pod options among an operator's arguments into its ``executor_config``.

    An argument that the operator itself has, such as the ``image`` of a DockerOperator, stays the operator's.

    Args:
        arguments: Keyword arguments of an operator, ``default_args`` not yet applied.
        operator_class: The operator.
        locate: Finds the file and line of the author, for errors and warnings.

    Returns:
        The arguments that Airflow gets.

    Raises:
        SpecError: An option cannot be as it is; the error names the task and lists all problems.
        DeploymentError: A key of the deployment's secret is requested, in a deployment of unknown release.
    """
    own = parameters_of(operator_class)
    accepted = POD_OPTIONS - own
    passed_on = {name: value for name, value in arguments.items() if name not in accepted}
    layers = gather_layers(arguments, accepted)
    follows = find_results(layers)
    if load_context().is_worker:
        return {**passed_on, EXECUTOR_CONFIG: attach_layers(layers, [], None).as_whole(follows)}
    from airflow_provider_k8sexec.authoring.check import warn_of_tries  # no worker checks

    misspelt = list(find_misspelt(passed_on, own))
    in_defaults = find_misspelt_defaults(arguments, own)
    config = attach_layers(layers, [*misspelt, *in_defaults], describe_task(arguments), locate)
    for problem in misspelt:  # they do not end this file, and Airflow would refuse them
        del passed_on[problem.field]
    warn_of_tries(config.request, arguments, locate)
    return {**passed_on, EXECUTOR_CONFIG: config.as_whole(follows)} if config else passed_on


def construct(
    make: Callable[..., T],
    arguments: Mapping[str, Any],
    operator_class: type,
    task: str | None,
    locate: Callable[[], tuple[str, int]] = find_author,
) -> T:
    """Make a task of the arguments that Airflow gets; those that it refuses are explained to the author.

    Args:
        make: Makes the task.
        arguments: What Airflow gets.
        operator_class: The operator.
        task: The task, for errors.
        locate: Finds the file and line of the author.

    Raises:
        SpecError: Airflow refuses some of the arguments, or misses one.
    """
    try:
        return make(**arguments)
    except Exception as error:
        if load_context().is_worker:
            raise
        from airflow_provider_k8sexec.authoring.refused_arguments import Making, retry_without_refused  # rare

        made: T = retry_without_refused(error, Making(make, arguments, operator_class, task, locate()))
        return made


def find_misspelt(passed_on: Mapping[str, Any], own: frozenset[str]) -> Iterator[Problem]:
    """Find the arguments that neither Airflow nor this package knows, and that were meant for this one."""
    from airflow_provider_k8sexec.options.declaration import describe_unknown
    from airflow_provider_k8sexec.options.field_words import find_meant

    for name, value in passed_on.items():
        if name not in own and find_meant(name):
            yield describe_unknown(name, value, NEITHER)


def find_misspelt_defaults(arguments: Mapping[str, Any], own: frozenset[str]) -> Iterator[Problem]:
    """Find the same in the ``default_args`` of the task alone: Airflow ignores what no operator takes."""
    if "default_args" not in arguments:
        return
    for layer, given in find_defaults(arguments):
        if layer == OWN_DEFAULTS:
            unknown = {name: value for name, value in given.items() if name not in POD_OPTIONS}
            yield from (problem.within(f"{layer}: ") for problem in find_misspelt(unknown, own))


def attach_layers(
    layers: Sequence[Layer],
    problems: Iterable[Problem],
    task: str | None,
    locate: Callable[[], tuple[str, int]] = find_author,
) -> ExecutorConfig:
    """Lay the layers over the site's settings, check the whole, and make the ``executor_config``.

    Args:
        layers: The layers inside the site's settings, the outermost first.
        problems: What has been found wrong already.
        task: The task, for errors.
        locate: Finds the file and line of its author, for errors and warnings.

    Raises:
        SpecError: Something is wrong with what is requested.
        DeploymentError: A key of the deployment's secret is requested, in a deployment of unknown release.
    """
    context = load_context()
    if context.is_worker:
        return _keep_in_worker(layers, context)
    from airflow_provider_k8sexec.authoring.check import report_findings
    from airflow_provider_k8sexec.authoring.checked import read_and_check
    from airflow_provider_k8sexec.authoring.masking import mask_declared

    request, findings = read_and_check(layers, context)
    try:
        report_findings(request, findings.preceded_by(problems), task, context, locate)
    except K8sExecError as error:
        request = context.replace_refused(error, request)
    mask_declared(request.declaration, os.environ)
    return ExecutorConfig.of(request)


def _keep_in_worker(layers: Sequence[Layer], context: SiteContext) -> ExecutorConfig:
    """Keep the layers as they were given; what is to be masked of them is masked."""
    # Where the scheduler has named what is to be masked, it is masked already.
    has_masked = NAMES_VARIABLE not in os.environ and may_have_masked(layers, context.readable_settings)
    # A loop may change a dict between the tasks that it gives it to.
    kept = keep_plain(layers)
    config = keep_unread(layers if kept is None else kept)
    if kept is None:
        _ = config.request
    if has_masked:
        from airflow_provider_k8sexec.authoring.masking import mask_declared  # few workers come here

        mask_declared(config.request.declaration, os.environ)
    return config


def keep_unread(layers: Sequence[Layer]) -> ExecutorConfig:
    """Keep layers that will not change, in a worker, to be read on first access."""
    return ExecutorConfig(partial(_read_in_worker, layers))


def _read_in_worker(layers: Sequence[Layer]) -> TaskRequest:
    """Read what a task requests; its problems are old news, for its pod has already been created."""
    from airflow_provider_k8sexec.authoring.resolve import resolve_request  # on first access alone

    return resolve_request(layers, load_context())[0]


def check_mapped(names: Iterable[str], operator_class: type, task: str | None, instead: str) -> set[str]:
    """Refuse to map a task over pod options: Airflow has one ``executor_config`` for all its instances.

    Args:
        names: The arguments that are mapped over.
        operator_class: The operator.
        task: The task, for errors.
        instead: The call of the author that takes one value for all instances: ``partial``.

    Returns:
        The names that Airflow must not get, where a refused declaration does not end the DAG file.

    Raises:
        SpecError: Some of the names are pod options.
    """
    if starts_pod(operator_class):  # K8sPodOperator itself can be mapped over them
        reason = "cannot be mapped, because Airflow maps a function over its own arguments alone"
        accepted = {EXECUTOR_CONFIG, *POD_OPTIONS}
    else:
        reason = "cannot be mapped, because Airflow takes one executor_config for all mapped instances"
        accepted = {EXECUTOR_CONFIG, *(POD_OPTIONS - parameters_of(operator_class))}
    refused = [name for name in names if name in accepted]
    problems = [
        Problem(f"expand({name}=...)", "", reason, _write_for_all(name, instead), code="K8S110")
        for name in refused
    ]
    if problems:
        from airflow_provider_k8sexec.pod.task_request import TaskRequest  # nearly no file comes here

        error, context = SpecError(problems, task, find_author()), load_context()
        context.replace_refused(error, TaskRequest((), (), context.deployment))
    return {*refused}


def check_called(
    names: Iterable[str],
    signature: inspect.Signature,
    task: str | None,
    locate: Callable[[], tuple[str, int]],
) -> set[str]:
    """Refuse pod options that are given where a decorated function is called, as arguments of the function.

    Args:
        names: The keyword arguments of the call.
        signature: The function's own.
        task: The task, for errors.
        locate: Finds the file and line of the author.

    Returns:
        The names that Airflow must not get, where a refused declaration does not end the DAG file.

    Raises:
        SpecError: Some of the names are pod options, and no arguments of the function.
    """
    parameters = signature.parameters
    takes_any = any(item.kind is item.VAR_KEYWORD for item in parameters.values())
    refused = [name for name in names if name in POD_OPTIONS - parameters.keys() and not takes_any]
    if refused:
        from airflow_provider_k8sexec.pod.task_request import TaskRequest  # nearly no file comes here

        reason = "is a pod option, and no argument of the decorated function"
        remedy = "write it in the decorator, or write .override({name}=...) before the call"
        problems = [Problem(name, "", reason, remedy.format(name=name), code="K8S101") for name in refused]
        error, context = SpecError(problems, task, locate()), load_context()
        context.replace_refused(error, TaskRequest((), (), context.deployment))
    return {*refused}


def starts_pod(operator_class: type) -> bool:
    """Recognise a KubernetesPodOperator, or a subclass, by its name: other operators do not import it."""
    return any(base.__name__ == POD_OPERATOR for base in operator_class.__mro__)


def check_operator(function: str, given: object) -> None:
    """Refuse what is no operator class.

    Args:
        function: The function of this package that is to make an operator of it.
        given: What the author has given.

    Raises:
        SpecError: It is no operator class.
    """
    bases = given.__mro__ if isinstance(given, type) else ()
    if any(base.__name__ == "BaseOperator" for base in bases):
        return
    from airflow_provider_k8sexec.options.problems import show  # nearly no file comes here

    is_task = hasattr(given, "task_id")
    reason = "is a task, and no operator class" if is_task else "is no operator class"
    remedy = f"write {function}({type(given).__name__ if is_task else 'BashOperator'})(task_id=..., ...)"
    problem = Problem(f"{function}({show(given)})", "", reason, remedy, code="K8S102")
    raise SpecError([problem], None, find_author())


@cache
def parameters_of(operator_class: type) -> frozenset[str]:
    """Give the names of the arguments that an operator and its bases take."""
    constructors = [vars(base)["__init__"] for base in operator_class.__mro__ if "__init__" in vars(base)]
    constructors.remove(object.__init__)
    return frozenset(name for constructor in constructors for name in _names_of(constructor))


def _names_of(constructor: Any) -> Iterable[str]:
    # inspect.signature takes 2 ms for an operator of Airflow, which is most of what a worker may spend.
    code: CodeType | None = getattr(inspect.unwrap(constructor), "__code__", None)
    if code is not None:
        return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    try:
        parameters = inspect.signature(constructor).parameters.values()
    except (TypeError, ValueError):  # of an object that is no function, such as a partialmethod
        return ()
    return [item.name for item in parameters if item.kind not in (item.VAR_POSITIONAL, item.VAR_KEYWORD)]
