"""The try of a task instance that a worker pod is for, as the executor writes it into annotations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import asdict, frozen

if TYPE_CHECKING:
    from collections.abc import Mapping


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

    The executor writes ``map_index`` for mapped tasks only.
    """
    try:
        return PodTry(
            dag_id=str(annotations["dag_id"]),
            task_id=str(annotations["task_id"]),
            run_id=str(annotations["run_id"]),
            map_index=int(annotations.get("map_index", -1)),
            try_number=int(annotations["try_number"]),
        )
    except (KeyError, ValueError, TypeError, AttributeError):
        return None
