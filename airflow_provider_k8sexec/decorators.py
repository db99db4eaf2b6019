"""``@k8s_task``: Airflow's ``@task``, in all its flavours, with pod options.

Source: https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/taskflow.html
"""

from __future__ import annotations

import ast
import inspect
from functools import cache
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec import _compat
from airflow_provider_k8sexec.authoring.attach import (
    OptionsSignature,
    attach_pod_options,
    check_called,
    check_mapped,
    construct,
    follow_sources,
    parameters_of,
    starts_pod,
)
from airflow_provider_k8sexec.authoring.author import find_author
from airflow_provider_k8sexec.authoring.layers import describe_task
from airflow_provider_k8sexec.exceptions import K8sExecError
from airflow_provider_k8sexec.executor_names import EXECUTOR_CONFIG
from airflow_provider_k8sexec.options.pod_options import POD_OPTIONS
from airflow_provider_k8sexec.pod.started import HELD_AS

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_k8sexec.authoring.task_types import TaskFlavours


_HELP = """\
Airflow's {decorator} with pod options: @k8s_task(cpu=0.5, memory="1Gi", secrets=["MY_SECRET"])

Works bare, with .override(), .partial() and .expand(), and as k8s_task.bash, .branch, .virtualenv and every
other flavour that Airflow has. Arguments that are not pod options go to Airflow. Calling the decorated
function in a DAG raises SpecError for wrong options, and DeploymentError if a key of the deployment's secret
is requested in a deployment whose release is unknown."""


class _Flavour:
    """One of Airflow's taskflow decorators, with pod options."""

    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def __doc__(self) -> str:  # type: ignore[override]  # a string to all who read it
        """What ``help(k8s_task)`` shows."""
        from airflow_provider_k8sexec.authoring.option_help import describe_options  # on access alone

        return describe_options(_HELP.format(decorator=f"@task.{self._name}"))

    @property
    def __signature__(self) -> inspect.Signature:
        """What ``inspect.signature`` and notebooks show."""
        kinds = inspect.Parameter
        function = kinds("python_callable", kinds.POSITIONAL_ONLY, default=None)
        return OptionsSignature([function, kinds("arguments", kinds.VAR_KEYWORD)])

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        given_at = find_author()  # the function may be called far below
        decorator = getattr(_compat.task, self._name)
        made = decorator(*args, **kwargs)
        if _is_task(made):
            return self._give_pod_options(made, given_at)
        # Airflow's decorator gives the name of its first function to every other one, so each gets its own.
        return lambda function: self._give_pod_options(decorator(*args, **kwargs)(function), given_at)

    def _give_pod_options(self, task: Any, given_at: tuple[str, int]) -> Any:
        if not _is_task(task):
            raise K8sExecError(f"@task.{self._name} makes {task!r}, which is no task, so it has no pod.")
        if isinstance(task, _PodOptions):
            return task
        task_class: Any = type(task)
        with_options = _recast(task, _with_pod_options(task_class))
        with_options.given_at = given_at
        with_options.operator_class = _with_started_pod(_with_clean_source(task.operator_class))
        return with_options


class _K8sTask(_Flavour):
    """``@k8s_task``, with a flavour for each of Airflow's taskflow decorators, third-party ones included."""

    __doc__ = vars(_Flavour)["__doc__"]

    def __getattr__(self, name: str) -> _Flavour:
        """Give the flavour that Airflow has under that name: ``k8s_task.bash`` is ``task.bash``."""
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            getattr(_compat.task, name)
        except AttributeError:
            raise AttributeError(_describe_unknown_flavour(name)) from None
        return _Flavour(name)


def _describe_unknown_flavour(name: str) -> str:
    from airflow_provider_k8sexec.authoring.task_types import TaskFlavours  # nearly no file comes here
    from airflow_provider_k8sexec.options.nearest_names import find_nearest

    installed = [flavour for flavour in TaskFlavours.__annotations__ if hasattr(_compat.task, flavour)]
    nearest = find_nearest(name, installed, cutoff=0.7)
    remedy = f"write k8s_task.{nearest}" if nearest else "install the provider that it comes from"
    return f"k8s_task.{name} is unknown, because Airflow has no decorator @task.{name}; {remedy}."


_K8S_TASK: Any = _K8sTask("python")
k8s_task: TaskFlavours = _K8S_TASK  # editors read the annotation
"""Airflow's ``@task``, in all its flavours, which takes the pod options besides its own arguments."""


def _is_task(made: Any) -> bool:
    return bool(getattr(made, "_airflow_is_task_decorator", False))


class _PodOptions:
    """Laid over Airflow's class of decorated functions: turns options into ``executor_config``."""

    airflow_class: type
    kwargs: dict[str, Any]
    operator_class: type
    function_signature: inspect.Signature
    given_at: tuple[str, int]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self._remove_options(kwargs)
        attached = self._attached()

        def make(**arguments: Any) -> Any:
            attached.kwargs = arguments
            return attached(*args, **kwargs)

        given, task = attached.kwargs, describe_task(self.kwargs)
        made = construct(make, given, self.operator_class, task, self._locate)
        return _follow(made, given)

    def partial(self, **kwargs: Any) -> Any:
        self._remove_options(kwargs)
        return super().partial(**kwargs)  # type: ignore[misc]  # the base is of the installed Airflow

    def expand(self, **mapped: Any) -> Any:
        names = [name for name in mapped if name not in self.function_signature.parameters]
        for name in check_mapped(names, self.operator_class, describe_task(self.kwargs), "k8s_task"):
            del mapped[name]
        if not mapped:  # refused as a whole, in a file that goes on
            return self.expand_kwargs([{}])
        partial = self._partial()
        return _without_options(partial.expand(**mapped), partial.kwargs)

    def expand_kwargs(self, *args: Any, **kwargs: Any) -> Any:
        partial = self._partial()
        return _without_options(partial.expand_kwargs(*args, **kwargs), partial.kwargs)

    def _remove_options(self, given: dict[str, Any]) -> None:
        """Refuse pod options among the arguments of the function; where the file goes on, go on without."""
        if not POD_OPTIONS.isdisjoint(given):
            task = describe_task(self.kwargs)
            for name in check_called(given, self.function_signature, task, find_author):
                del given[name]

    def _attached(self) -> Any:
        """Copy the decorated function as Airflow knows it."""
        plain = _recast(self, self.airflow_class)
        if not starts_pod(self.operator_class):  # that takes the options itself
            plain.kwargs = attach_pod_options(self.kwargs, self.operator_class, self._locate)
        return plain

    def _locate(self) -> tuple[str, int]:
        """Find the author's line: where the options were given; of those of ``override``, the call."""
        return vars(self).get("given_at") or find_author()

    def _partial(self) -> Any:
        """Copy the decorated function, to be mapped."""
        plain = self._attached()
        if starts_pod(self.operator_class):
            from airflow_provider_k8sexec.authoring.pod_operator import hold_partial  # few files come here

            plain.kwargs = hold_partial(self.kwargs, self.operator_class)
        return plain


def _recast(task: Any, task_class: type) -> Any:
    """Copy a decorated function into another class of such."""
    recast: Any = object.__new__(task_class)
    vars(recast).update(vars(task))
    return recast


@cache
def _with_pod_options(task_class: Any) -> type:
    attributes = {"__module__": task_class.__module__, "airflow_class": task_class}
    return type(task_class.__name__, (_PodOptions, task_class), attributes)


def _without_options(argument: Any, given: dict[str, Any]) -> Any:
    """Airflow 2 copies all ``default_args`` into a mapped task, and refuses those that its operator lacks."""
    operator = argument.operator
    kept = given if starts_pod(operator.operator_class) else parameters_of(operator.operator_class)
    for name in POD_OPTIONS.difference(kept):
        operator.partial_kwargs.pop(name, None)
    if HELD_AS in given:
        _compat.add_upstream(operator, given[HELD_AS].values)
    return _follow(argument, given)


def _follow(argument: Any, given: dict[str, Any]) -> Any:
    """Let a task follow those whose results its pod options name."""
    follow_sources(argument.operator, given.get(EXECUTOR_CONFIG))
    return argument


@cache
def _with_clean_source(operator_class: type) -> type:
    """Take this package's decorator off the source that flavours run elsewhere: they take only their own."""
    base: Any = operator_class

    class CleanSource(base):  # type: ignore[misc]  # the base is only known at run time
        takes_pod_options = True

        def get_python_source(self) -> str:
            flavour = self.custom_operator_name.rpartition(".")[2]
            return _without_own_decorators(super().get_python_source(), self.python_callable, flavour)

    for attribute in ("__name__", "__qualname__", "__module__", "__doc__"):
        setattr(CleanSource, attribute, getattr(operator_class, attribute))
    return CleanSource


def _with_started_pod(operator_class: type) -> type:
    """Let an operator that starts a pod take the options itself, for that pod."""
    if not starts_pod(operator_class):
        return operator_class
    from airflow_provider_k8sexec.authoring.pod_operator import with_started_pod  # few DAG files come here

    made: type = with_started_pod(operator_class, operator_class.__module__, operator_class.__name__)
    return made


def _without_own_decorators(source: str, function: Callable[..., Any], flavour: str) -> str:
    """Take off our decorator, and all above it, which decorate the task and not the function."""
    decorators = getattr(ast.parse(source).body[0], "decorator_list", [])
    own = [decorator for decorator in decorators if _is_own(decorator, function, flavour)]
    return "".join(source.splitlines(keepends=True)[own[-1].end_lineno if own else 0 :])


def _is_own(decorator: ast.expr, function: Callable[..., Any], flavour: str) -> bool:
    names = ast.unparse(decorator).partition("(")[0].split(".")
    found = getattr(function, "__globals__", {}).get(names[0])
    for name in names[1:]:
        found = getattr(found, name, None)
    # A name that is local to the function around it cannot be looked up.
    return getattr(found, "__module__", None) == __name__ or names[-1] == flavour
