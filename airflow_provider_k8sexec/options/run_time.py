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

from airflow_provider_k8sexec.options.problems import show, show_type

if TYPE_CHECKING:
    from collections.abc import Iterable

RETURN_VALUE = "return_value"
"""The key under which Airflow stores what a task returns."""

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
