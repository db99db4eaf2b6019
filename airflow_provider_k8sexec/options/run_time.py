"""Values that are known only once a run, or an upstream task, has them: parameters and XComs.

An option holds where its value will come from. The scheduler reads it as it launches the pod
(``launch/run_time.py``); everything before that knows the source and the default alone.
Source: https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/params.html
"""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

from airflow_provider_k8sexec.exceptions import Problem, SpecError
from airflow_provider_k8sexec.options.nearest_names import find_nearest
from airflow_provider_k8sexec.options.plain_values import is_own
from airflow_provider_k8sexec.options.problems import PartReader, list_names, refusal, show, show_type
from airflow_provider_k8sexec.options.resource_names import COMPUTE_RESOURCES, DEVICES, NVIDIA_GPU

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Place = tuple[str, ...]
"""Where a value belongs: an option, and the key of one that is a mapping."""

MAPPINGS = ("node_selector", "labels")
"""The options that are mappings, of which the whole can be known later, too."""

RUN_TIME_OPTIONS = frozenset({*COMPUTE_RESOURCES, DEVICES, "image", *MAPPINGS})
"""The options whose values can be known later."""

RETURN_VALUE = "return_value"
"""The key under which Airflow stores what a task returns."""

_FORMS = {"from_param": ("default",), "from_xcom": ("key", "default")}
_OTHER_FORMS = ("per_try", "auto")
_CUTOFF_OF_FORMS = 0.85

AT_RUN_TIME = "at run time"
"""Stands for the value wherever it is shown before a launch."""


class Absent(enum.Enum):
    """The type of ``ABSENT``: ``None`` is a value that a parameter may have."""

    ABSENT = enum.auto()

    def __repr__(self) -> str:
        """Show it as what it means."""
        return "absent"


ABSENT = Absent.ABSENT
"""Stands for a default that is not given."""


def _sort(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names))


@frozen(repr=False)
class FromParam:
    """The value of one of the run's params.

    Attributes:
        name: The param.
        default: The value where neither the DAG, the task nor the run has the param.
        declared: The default that the DAG or the task declares for the param.
        kept: The keys of a mapping that inner layers have set, which this value leaves alone.
    """

    name: str
    default: Any = ABSENT
    declared: Any = ABSENT
    kept: tuple[str, ...] = field(default=(), converter=_sort)

    def __repr__(self) -> str:
        """Show it as it is written."""
        return f"from_param({', '.join([show(self.name), *_show_default(self)])})"


@frozen(repr=False)
class FromXCom:
    """The value of an XCom of an upstream task in the same run.

    Attributes:
        task_id: The task.
        key: The key of the XCom.
        default: The value where the task has pushed no such XCom.
        kept: The keys of a mapping that inner layers have set, which this value leaves alone.
    """

    task_id: str
    key: str = RETURN_VALUE
    default: Any = ABSENT
    kept: tuple[str, ...] = field(default=(), converter=_sort)

    def __repr__(self) -> str:
        """Show it as it is written."""
        key = [] if self.key == RETURN_VALUE else [f"key={show(self.key)}"]
        return f"from_xcom({', '.join([show(self.task_id), *key, *_show_default(self)])})"


RunTimeValue = FromParam | FromXCom


def _show_default(value: RunTimeValue) -> list[str]:
    return [] if value.default is ABSENT else [f"default={show(value.default)}"]


def from_param(name: str, default: Any = ABSENT) -> FromParam:
    """Take an option's value from the run's params, as the task is launched.

    ``memory=from_param("memory")`` has the value of the param ``memory``: as in Airflow, that of the run's
    ``conf`` before the task's, before the DAG's. A list has one value for each mapped instance.

    Args:
        name: The param.
        default: The value where there is no such param. It does not replace a value that is wrong.
    """
    return FromParam(name, default)


def from_xcom(task_id: str, key: str = RETURN_VALUE, default: Any = ABSENT) -> FromXCom:
    """Take an option's value from an XCom of an upstream task, as the task is launched.

    ``memory=from_xcom("plan", key="memory")`` reads what ``plan`` has pushed in the same run. A list has one
    value for each mapped instance; of a task that is mapped itself, the instance of the same index counts.

    Args:
        task_id: The task, with the ids of its groups. It must be upstream of the one that asks.
        key: The key of the XCom: ``return_value`` is what the task returns.
        default: The value where the task has pushed none. It does not replace a value that is wrong.
    """
    return FromXCom(task_id, key, default)


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
    found = next((part for part in _parts_of(value) if isinstance(part, RunTimeValue)), None)
    if found is None:
        return None
    if option in RUN_TIME_OPTIONS and option not in MAPPINGS:
        reason = "holds a value that is known later, which can only be the whole value of the option"
        remedy = f"write {option}={found!r}; a list in the param or XCom is a (request, limit) pair"
    elif option in MAPPINGS:
        reason = "holds a value that is known later, which is neither the whole mapping nor that of one key"
        remedy = f"write {option}={{'key': {found!r}}}"
    else:
        reason = "cannot be known later"
        remedy = f"write it for one of {', '.join(sorted(RUN_TIME_OPTIONS))}"
    return Problem(option, repr(found), reason, remedy, code="K8S116")


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


def lay_run_time(
    outer: Mapping[Place, RunTimeValue],
    inner: Mapping[Place, RunTimeValue],
    replaced: Iterable[str],
    keys: Mapping[str, Iterable[str]],
) -> dict[Place, RunTimeValue]:
    """Lay what one layer knows later over that of another.

    Args:
        outer: Those of the outer layer.
        inner: Those of the inner layer.
        replaced: The options with one value that the inner layer sets.
        keys: The keys that the inner layer sets, by the options that are mappings.
    """
    single = {(option,) for option in replaced}
    laid: dict[Place, RunTimeValue] = {}
    for place, value in outer.items():
        option, *key = place
        own = {*keys.get(option, ()), *(step for name, *steps in inner for step in steps if name == option)}
        if place in inner or place in single or own.intersection(key):
            continue
        laid[place] = evolve(value, kept={*value.kept, *own}) if option in MAPPINGS and not key else value
    return {**laid, **inner}


def to_json(value: Any) -> Any:
    """Give a default as JSON has it; a type's name for what JSON has not, which the rules refuse."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    return show_type(value)


def write_stand_ins(places: Iterable[Place]) -> dict[str, Any]:
    """Write options with the keys that have values later, each with a right one, to check the keys."""
    written: dict[str, Any] = {}
    for option, *keys in places:
        if keys:
            written.setdefault(option, {})[keys[0]] = 1 if option == DEVICES else "x"
    return written


def write_option(place: Place, value: object) -> dict[str, Any]:
    """Write a value as the option that has it in that place."""
    option, *keys = place
    return {option: {keys[0]: value} if keys else value}


def find_defaults(value: RunTimeValue) -> list[Any]:
    """Give the defaults of a value, as far as there are any, the one that counts first."""
    declared = value.declared if isinstance(value, FromParam) else ABSENT
    return [default for default in (declared, value.default) if default is not ABSENT]


def describe_source(value: RunTimeValue) -> str:
    """Describe where a value comes from, for sentences: ``the param 'memory'``."""
    if isinstance(value, FromParam):
        return f"the param {value.name!r}"
    what = "the result" if value.key == RETURN_VALUE else f"the XCom {value.key!r}"
    return f"{what} of task {value.task_id!r}"


def describe_later(value: RunTimeValue) -> str:
    """Describe a value where it is shown: ``<at run time: from_param('memory'), default '1Gi'>``."""
    defaults = [f", default {show(default)}" for default in find_defaults(value)[:1]]
    return f"<{AT_RUN_TIME}: {evolve(value, default=ABSENT)!r}{''.join(defaults)}>"


def name_place(place: Place) -> str:
    """Write a place as its author would: ``memory``, ``node_selector['pool']``."""
    option, *keys = place
    if option == DEVICES and keys == [NVIDIA_GPU]:
        return option
    return "".join([option, *(f"[{key!r}]" for key in keys)])
