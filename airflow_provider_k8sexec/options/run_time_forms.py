"""Reads values that are known only at run time, in the forms that authors write: calls, results, mappings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.exceptions import Problem, SpecError
from airflow_provider_k8sexec.options.jinja import TO_THE_TASK
from airflow_provider_k8sexec.options.nearest_names import find_nearest
from airflow_provider_k8sexec.options.plain_values import is_own
from airflow_provider_k8sexec.options.problems import PartReader, list_names, refusal, show, show_type
from airflow_provider_k8sexec.options.resource_names import COMPUTE_RESOURCES, DEVICES, NVIDIA_GPU
from airflow_provider_k8sexec.options.run_time import (
    ABSENT,
    RETURN_VALUE,
    FromParam,
    FromXCom,
    RunTimeValue,
    describe_source,
)
from airflow_provider_k8sexec.options.run_time_places import MAPPINGS, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

RUN_TIME_OPTIONS = frozenset({*COMPUTE_RESOURCES, DEVICES, "image", *MAPPINGS})
"""The options whose values can be known later."""

_FORMS = {"from_param": ("default",), "from_xcom": ("key", "default")}
_OTHER_FORMS = ("per_try", "auto")
_CUTOFF_OF_FORMS = 0.85


def is_run_time(value: object) -> bool:
    """Report whether a value is one that is known later, in any of the forms that authors write."""
    if isinstance(value, str):
        return False
    return isinstance(value, RunTimeValue) or is_result(value) or _read_mapping_form(value) is not None


def is_result(value: object) -> bool:
    """Report whether a value stands for the result of another task, or for a parameter of the DAG."""
    kind: Any = type(value)
    return hasattr(kind, "resolve") and hasattr(kind, "iter_references")


def convert_result(result: Any) -> FromXCom | None:
    """Convert Airflow's ``XComArg``; ``None`` where it is computed from one, or is a param of the DAG."""
    if type(result).__name__ != "PlainXComArg":
        return None
    return FromXCom(result.operator.task_id, result.key)


def split_value(option: str, value: object) -> tuple[Any, dict[Place, RunTimeValue], list[Problem]]:
    """Split the value of an option into what is known, and what will be known later.

    Args:
        option: One of ``RUN_TIME_OPTIONS``.
        value: What was given.

    Returns:
        The known part, ``None`` where there is none; the others by their places; and what is wrong with them.
    """
    if uncalled := _name_uncalled(value):
        remedy = f"call it: write {option}={uncalled}()"
        problem = Problem(option, uncalled, "is a task's function, and not its result", remedy, code="K8S116")
        return None, {}, [problem]
    if is_run_time(value):
        parts = PartReader()
        later = parts.read(_parse, option, value)
        place = (option, NVIDIA_GPU) if option == DEVICES else (option,)
        return None, {place: later} if later is not None else {}, parts.problems
    if isinstance(value, Mapping) and (mistaken := _describe_form(option, value)):
        return None, {}, [mistaken]
    if not isinstance(value, Mapping) or option not in (*MAPPINGS, DEVICES):
        return value, {}, []
    parts = PartReader()
    read: dict[str, RunTimeValue | None] = {
        key: parts.read(_parse, f"{option}[{show(key)}]", item)
        for key, item in value.items()
        if isinstance(key, str) and is_run_time(item)
    }
    known = {key: item for key, item in value.items() if key not in read}
    places: dict[Place, RunTimeValue] = {
        (option, key): later for key, later in read.items() if later is not None
    }
    return known if known or not read else None, places, parts.problems


def _parse(place: str, value: object) -> RunTimeValue:
    """Read a value that is known later.

    Raises:
        SpecError: It is computed from results, which no launch can do, or a name in it is no string.
    """
    later: Any = _read_mapping_form(value) or value
    if is_result(later):
        return _parse_result(place, later)
    read: RunTimeValue = later
    names = (read.name,) if isinstance(read, FromParam) else (read.task_id, read.key)
    if not all(isinstance(name, str) and name for name in names):
        raise refusal(place, read, "names what is no string", _write_named(read), "K8S116")
    return read


def _write_named(given: RunTimeValue) -> str:
    """Write what names no string as it was probably meant: by the id of a task, by its result."""
    task = given.task_id if isinstance(given, FromXCom) else None
    if isinstance(task, str):
        return f"write from_xcom({task!r}, key='name')"
    if name := _name_uncalled(task):
        return f"write from_xcom({name!r})"
    later = convert_result(task) if is_result(task) else None
    if later is not None:
        return f"write {later!r}, or the result itself"
    return "write from_param('name'), or from_xcom('task_id')"


def _name_uncalled(value: object) -> str:
    """Name the function of a task that is not called; empty for anything else."""
    function = getattr(value, "function", None) if type(value).__name__ == "_TaskDecorator" else None
    return str(getattr(function, "__name__", ""))


def _parse_result(place: str, result: Any) -> FromXCom:
    later = convert_result(result)
    shown = show_type(result)
    if later is None:
        if type(result).__name__ == "DagParam":
            reason, remedy = "is a param of the DAG", "write from_param('name')"
        else:
            reason = "is computed from the results of tasks, which no launch can do"
            remedy = "compute it in a task of its own, and give the result of that"
        raise SpecError([Problem(place, shown, reason, remedy, code="K8S116")])
    if later.key != RETURN_VALUE and _has_one_output(result.operator):
        task = f"task {later.task_id!r}"
        reason = f"is the XCom {later.key!r} of {task}, which has no multiple_outputs, and so pushes none"
        remedy = (
            f"write multiple_outputs=True; or, if the task pushes it itself, {later!r} and its dependency"
        )
        raise SpecError([Problem(place, shown, reason, remedy, code="K8S116")])
    return later


def _has_one_output(operator: Any) -> bool:
    """Report whether a task is a decorated function that pushes its result under one key alone."""
    partial = getattr(operator, "partial_kwargs", None)
    if isinstance(partial, Mapping):
        return partial.get("multiple_outputs", True) is False
    return getattr(operator, "multiple_outputs", True) is False


def _read_mapping_form(value: object) -> RunTimeValue | None:
    """Read the form that YAML and JSON have: ``{"from_param": "memory", "default": "1Gi"}``."""
    match value:
        case {"from_param": name, **others} if others.keys() <= {"default"}:
            return FromParam(name, others.get("default", ABSENT))
        case {"from_xcom": task_id, **others} if others.keys() <= {"key", "default"}:
            key: Any = others.get("key", RETURN_VALUE)
            return FromXCom(task_id, key, others.get("default", ABSENT))
    return None


def _describe_form(option: str, value: Mapping[Any, object]) -> Problem | None:
    """Describe a mapping that is meant as a value that is known later, and has a key too many."""
    form = next((name for name in _FORMS if _is_meant(name, option, value)), None)
    if form is None:
        return None
    unknown = [key for key in value if key not in (form, *_FORMS[form])]
    reason = f"has {list_names([*map(show, unknown)])}, which {form} does not have"
    remedy = f"write {form}, and beside it {' or '.join(_FORMS[form])}"
    return Problem(option, show_type(value), reason, remedy, code="K8S116")


def _is_meant(form: str, option: str, value: Mapping[Any, object]) -> bool:
    """Report whether a mapping has a form's name as a key; of amounts, one that is nearly that, too."""
    if not value.keys().isdisjoint((form, *_OTHER_FORMS)) or option in (*MAPPINGS, DEVICES):
        return form in value
    return any(isinstance(key, str) and find_nearest(key, [form], _CUTOFF_OF_FORMS) for key in value)


def is_whole_value(field: str) -> bool:
    """Report whether a field, as errors name it, can be known later: an option, or one key of a mapping."""
    option, bracket, _ = field.partition("[")
    return option in RUN_TIME_OPTIONS and (not bracket or option in (*MAPPINGS, DEVICES))


def describe_misplaced(option: str, value: object) -> Problem | None:
    """Describe a value that is known later where none can be: in ``per_try``, in a pair, in other options."""
    sources = (_find_source(option, part) for part in _parts_of(value))
    found = next((source for source in sources if source is not None), None)
    if found is None:
        return _describe_misplaced_result(option, value)
    if option in RUN_TIME_OPTIONS and option not in MAPPINGS:
        reason = "holds a value that is known later, which can only be the whole value of the option"
        remedy = f"write {option}={found!r}; a list in the param or XCom is a (request, limit) pair"
    elif option in MAPPINGS:
        reason = "holds a value that is known later, which is neither the whole mapping nor that of one key"
        remedy = f"write {option}={{'key': {found!r}}}"
    else:
        reason = "cannot be known later"
        elsewhere = f"write it for one of {', '.join(sorted(RUN_TIME_OPTIONS))}"
        remedy = TO_THE_TASK if option == "env_vars" else elsewhere
    return Problem(option, repr(found), reason, remedy, code="K8S116")


def _find_source(option: str, part: object) -> RunTimeValue | None:
    """Find a source in either form; of the options that can have none, a mapping may have such a key."""
    if isinstance(part, RunTimeValue):
        return part
    return _read_mapping_form(part) if option in RUN_TIME_OPTIONS else None


def _describe_misplaced_result(option: str, value: object) -> Problem | None:
    """Describe the result of a task in a pair or in ``per_try``; others are explained as templates are."""
    found = next((part for part in _parts_of(value) if is_result(part)), None)
    later = convert_result(found) if found is not None else None
    if later is None or option not in RUN_TIME_OPTIONS or option in MAPPINGS:
        return None
    reason = f"is {describe_source(later)}, which can only be the whole value of the option"
    remedy = f"write it alone as {option}=; a list in it is a (request, limit) pair"
    return Problem(option, show_type(found), reason, remedy, code="K8S116")


def _parts_of(value: object, levels: int = 4) -> Iterator[object]:
    """Give a value, and what it holds: items, values of mappings, the steps of ``per_try``."""
    yield value
    if not levels or isinstance(value, (str, RunTimeValue)):
        return
    held: Iterable[object] = ()
    if isinstance(value, Mapping):
        held = value.values()
    elif isinstance(value, (list, tuple)):
        held = value
    elif is_own(value):
        attributes = getattr(type(value), "__attrs_attrs__", ())
        held = [getattr(value, attribute.name) for attribute in attributes]
    for part in held:
        yield from _parts_of(part, levels - 1)
