"""Pod options in ``default_args`` that an operator takes for arguments of its own.

Airflow gives ``default_args`` to each operator that has an argument of the name, whoever it was meant for
(https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/dags.html#default-arguments). So
``secrets=["TOKEN"]`` reaches a KubernetesPodOperator, which fails on it at run time, and ``labels`` that were
meant for workers are silently those of the pod that it starts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_provider_k8sexec import _compat
from airflow_provider_k8sexec.authoring.attach import parameters_of, starts_pod
from airflow_provider_k8sexec.authoring.layers import find_defaults, is_option_value
from airflow_provider_k8sexec.authoring.refused_arguments import find_invalid
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.exceptions import Problem, name_task
from airflow_provider_k8sexec.executor_names import EXECUTOR_CONFIG, POD_OPERATOR
from airflow_provider_k8sexec.options.field_words import find_meant
from airflow_provider_k8sexec.options.pod_options import POD_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Meant = set[tuple[str, object]]

_REFUSED_FORM = re.compile(
    r"Expected (?:dict or )?<class 'kubernetes\.client\.models\.\w+\.V1(\w+)'>, "
    r"got <class '(?:str|airflow_provider_k8sexec\.[\w.]+)'>"
)
_OPTION_OF_MODEL = {
    "Toleration": "tolerations",
    "Volume": "volumes",
    "LocalObjectReference": "image_pull_secrets",
    "Affinity": "affinity",
}


class _Misread(NamedTuple):
    """Options of one layer that the tasks of one operator take for arguments of their own."""

    task: Any
    layer: str
    names: list[str]


def warn_of_misread(dag: Any, locate: Callable[[Any], tuple[str, int]]) -> None:
    """Warn of pod options in ``default_args`` that operators take for arguments of their own.

    Of a name that is both, only those are found that were meant as pod options: their value has no form that
    the operator reads, or other tasks of the DAG take them as pod options. One warning for each operator.
    No process that runs a task warns: the log of each try would repeat it.

    Args:
        dag: A complete DAG.
        locate: Finds the file and line where a task is made.
    """
    if _compat.runs_task():
        return
    meant = {item for task in dag.tasks for item in _find_meant(task)}
    found: dict[type, _Misread] = {}
    for task in dag.tasks:
        for layer, name in _find_misread(task, meant):
            misread = found.setdefault(class_of(task), _Misread(task, layer, []))
            if name not in misread.names:
                misread.names.append(name)
    for operator_class, (task, layer, names) in found.items():
        problem = _describe(operator_class, layer, sorted(names))
        whose = name_task(task.task_id, task.dag_id)
        load_context().warn(f"{whose}: {problem}", problem.code, locate(task))


def explain_import_error(text: str) -> Problem | None:
    """Explain an import error that an operator raises when it is given a pod option.

    Such an error ends the DAG file, so that no policy sees the DAG. For a form that a KubernetesPodOperator
    cannot read, Airflow does not name the argument.

    Args:
        text: The import error as Airflow has it.
    """
    refused = [name for name in find_invalid(text) if name in POD_OPTIONS or find_meant(name)]
    if refused:
        return _explain_refused(refused)
    match = _REFUSED_FORM.search(text)
    option = _OPTION_OF_MODEL.get(match[1]) if match else None
    if option is None:
        return None
    reason = f"has the form of a pod option, which {POD_OPERATOR} cannot read"
    remedy = f"if it comes from default_args, {write_config([option])}; K8sPodOperator takes it as it is"
    return Problem(option, "", reason, remedy, code="K8S705")


def _explain_refused(names: list[str]) -> Problem:
    meant = {
        option: None for name in names for option in ((name,) if name in POD_OPTIONS else find_meant(name))
    }
    options = ", ".join(f"{option}=..." for option in meant)
    is_one = len(names) == 1
    reason = f"{'is no argument' if is_one else 'are no arguments'} of this operator"
    remedy = f"write executor_config=k8s_config({options}), or make the task with k8s_task or k8s_operator"
    return Problem(", ".join(names), "", reason, remedy, code="K8S101")


def _find_meant(task: Any) -> Iterator[tuple[str, object]]:
    """Find what a task takes from ``default_args`` as pod options: the names, each with what it is."""
    options = options_of(class_of(task))
    for layer, defaults in _defaults_of(task) if options else ():
        for name in options.intersection(defaults):
            yield name, _identify(layer, defaults[name])


def _identify(layer: str, value: Any) -> object:
    """Identify a value of one layer: two layers may share a dict or a list, and of strings, any two do."""
    return id(value) if isinstance(value, (dict, list)) else layer


def _find_misread(task: Any, meant: Meant) -> Iterator[tuple[str, str]]:
    """Find the options that a task takes for its own arguments: the layer that has each, and its name."""
    operator_class = class_of(task)
    own = (POD_OPTIONS & parameters_of(operator_class)) - options_of(operator_class)
    given = _compat.arguments_of(task) if own else {}
    for layer, defaults in _defaults_of(task) if own else ():
        for name in own.intersection(defaults):
            value = defaults[name]
            if value is None or given.get(name, value) is not value:  # the task has one of its own
                continue
            if (name, _identify(layer, value)) in meant or _has_own_form(operator_class, name, value):
                yield layer, name


def class_of(task: Any) -> type:
    """Give the operator of a task."""
    # A mapped task is no instance of its operator.
    operator_class: type = getattr(task, "operator_class", None) or type(task)
    return operator_class


def options_of(operator_class: type) -> frozenset[str]:
    """Give the names that an operator takes as pod options; none, unless it is of this package."""
    if not getattr(operator_class, "takes_pod_options", False):
        return frozenset()
    return POD_OPTIONS if starts_pod(operator_class) else POD_OPTIONS - parameters_of(operator_class)


def _defaults_of(task: Any) -> Iterable[tuple[str, Mapping[str, Any]]]:
    return find_defaults({"dag": task.dag, "task_group": task.task_group})


def _has_own_form(operator_class: type, name: str, value: Any) -> bool:
    """Report whether a value can only be one of this package's: any operator would misread its objects."""
    if is_option_value(value) or any(map(is_option_value, _items_of(value))):
        return True
    has_own_form = _OWN_FORMS.get(name) if starts_pod(operator_class) else None
    return has_own_form is not None and has_own_form(value)


def _items_of(value: Any) -> Iterable[Any]:
    if type(value) is dict:
        return value.values()
    return value if type(value) in (list, tuple) else ()


def _has_string(value: Any) -> bool:
    return type(value) in (list, tuple) and any(isinstance(item, str) for item in value)


def _has_mapping(value: Any) -> bool:
    return any(isinstance(item, Mapping) for item in _items_of(value))


_OWN_FORMS: dict[str, Callable[[Any], bool]] = {
    "secrets": lambda value: _has_string(value) or _has_mapping(value),
    "volumes": lambda value: isinstance(value, Mapping),
    "tolerations": _has_string,
    "env_vars": lambda value: isinstance(value, Mapping) and _has_mapping(value),
    "env_from": _has_string,
    "host_aliases": lambda value: isinstance(value, Mapping),
}
"""The forms of options that no KubernetesPodOperator reads; of the others, both have the same."""


def _describe(operator_class: type, layer: str, names: list[str]) -> Problem:
    operator = getattr(operator_class, "custom_operator_name", None) or operator_class.__name__
    is_one = len(names) == 1
    meant = "is a pod option here" if is_one else "are pod options here"
    taken = "it for an argument of its own" if is_one else "them for arguments of its own"
    other = "make the task with K8sPodOperator" if starts_pod(operator_class) else f"give {operator} its own"
    listed = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    reason = f"{meant}, and {operator} takes {taken}"
    return Problem(f"{layer}: {listed}", "", reason, f"{write_config(names)}, or {other}", code="K8S705")


def write_config(names: Iterable[str]) -> str:
    """Write ``default_args`` that give pod options to any operator."""
    options = ", ".join(f"{name}=..." for name in names)
    return f"write default_args={{{EXECUTOR_CONFIG!r}: k8s_config({options})}}"
