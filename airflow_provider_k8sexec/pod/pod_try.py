"""The try of a task instance that a worker pod is for, as the executor writes it into annotations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import asdict, frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST = 250
"""The most characters of Airflow's own columns for ids."""
_LARGEST = 2**31 - 1
"""The largest number of Airflow's own columns for numbers."""


@frozen
class PodTry:
    """The try of a task instance that a pod is for.

    Annotations hold these names whole; the labels of the same names are shortened to 63 characters.
    """

    dag_id: str
    task_id: str
    run_id: str
    map_index: int
    try_number: int

    @property
    def instance(self) -> dict[str, Any]:
        """What identifies the task instance, whatever the number of the try."""
        identity = asdict(self)
        del identity["try_number"]
        return identity

    def __str__(self) -> str:
        """Give it as it appears in the scheduler's log."""
        return " ".join(f"{name}={value}" for name, value in asdict(self).items())


def parse_try(annotations: Mapping[str, Any]) -> PodTry | None:
    """Read the try of a worker pod from its annotations; ``None`` where they name none.

    The executor writes ``map_index`` for mapped tasks only. An override can replace each of them: what
    Airflow's tables cannot hold names no try, for no statement with it would succeed.
    """
    try:
        return PodTry(
            dag_id=_read_id(annotations["dag_id"]),
            task_id=_read_id(annotations["task_id"]),
            run_id=_read_id(annotations["run_id"]),
            map_index=_read_number(annotations.get("map_index", -1), least=-1),
            try_number=_read_number(annotations["try_number"], least=0),
        )
    except (KeyError, ValueError, TypeError, AttributeError):
        return None


def _read_id(given: object) -> str:
    text = str(given)
    text.encode()  # a ValueError for half of a surrogate pair
    if len(text) > _LONGEST or "\0" in text:
        raise ValueError
    return text


def _read_number(given: Any, least: int) -> int:
    number = int(given)
    if not least <= number <= _LARGEST:
        raise ValueError
    return number
