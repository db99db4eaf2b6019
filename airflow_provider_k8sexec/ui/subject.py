"""What a page of the tab is about, and what is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import Factory, frozen

from airflow_provider_k8sexec.options.after import FAILURE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_k8sexec.options.per_try import Steps


@frozen
class Subject:
    """What a page is about: a task, or one of its instances.

    Attributes:
        dag_id: The DAG.
        task_id: The task, with its groups.
        run_id: The run; ``None`` for the task of the newest DAG version.
        map_index: The mapped instance; -1 if the task is not mapped.
        try_number: The try; ``None`` for the newest.
    """

    dag_id: str
    task_id: str
    run_id: str | None = None
    map_index: int = -1
    try_number: int | None = None


@frozen
class Try:
    """What is known of a try of a task.

    Attributes:
        number: The number of the try, from 1.
        executor_config: What the executor got for it, or would get.
        tries: The numbers of all tries that there are, or may be.
        state: The state that it is or ended in; empty for one that has not been queued.
        hostname: Where its worker ran, as it reported; empty before it starts.
        executor: The executor that the task names; ``None`` where it names none.
        queue: The queue of the task.
        named_executors: The executors that tasks of the DAG, or of the run, name.
        team: The team of its DAG; empty where there are no teams.
        schedulers: The ids of the jobs of this installation's schedulers; empty where they are not known.
        operator: The name of the task's operator class; empty where it is not known.
        ended: How many of the tries before it ended by an OOM or a disruption, where a step depends on that.
    """

    number: int
    executor_config: dict[str, Any]
    tries: tuple[int, ...]
    state: str = ""
    hostname: str = ""
    executor: str | None = None
    queue: str | None = None
    named_executors: frozenset[str] = frozenset()
    team: str = ""
    schedulers: frozenset[str] = frozenset()
    operator: str = ""
    ended: Mapping[str, int] = Factory(dict)

    def choose(self, steps: Steps) -> int:
        """Choose the step that the try takes of per-try values."""
        return self.number - 1 if steps.after == FAILURE else self.ended.get(steps.after, 0)

    @property
    def has_failed(self) -> bool:
        """Whether the try has ended badly."""
        return self.state in {"failed", "up_for_retry"}
