"""The metrics that this package sends: the one table of their names, units and tags.

``docs/reference/metrics.md`` and the dashboard are made from it.
Source: https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/logging-monitoring/metrics.html
"""

from __future__ import annotations

from typing import Literal, NamedTuple

PREFIX = "k8sexec."
TASK_TAGS = ("dag_id", "task_id")


class Metric(NamedTuple):
    """A metric.

    Attributes:
        kind: What it is to Airflow: a gauge has the last value, a counter adds up.
        unit: The unit of its value.
        sender: Which process sends it: a worker as its task ends, or the scheduler.
        meaning: What it is.
        tags: Its tags besides the DAG and the task.
    """

    kind: Literal["gauge", "counter"]
    unit: str
    sender: Literal["worker", "scheduler"]
    meaning: str
    tags: tuple[str, ...] = ()

    @property
    def all_tags(self) -> tuple[str, ...]:
        """The tags, in the order in which a name without tags has their values."""
        return (*TASK_TAGS, *self.tags)


METRICS: dict[str, Metric] = {
    "memory_peak_bytes": Metric("gauge", "bytes", "worker", "The most memory that the try had at once."),
    "memory_requested_bytes": Metric("gauge", "bytes", "worker", "The memory that the try requested."),
    "cpu_average_cores": Metric("gauge", "cores", "worker", "The cores that were busy on average."),
    "cpu_requested_cores": Metric("gauge", "cores", "worker", "The cores that the try requested."),
    "oom_kills": Metric(
        "counter", "processes", "worker", "Processes that the kernel killed at the memory limit."
    ),
    "memory_suggested_bytes": Metric(
        "gauge", "bytes", "scheduler", "What history suggests for the try, requested or only recorded."
    ),
    "steps_taken": Metric(
        "counter",
        "launches",
        "scheduler",
        "Launches with a later step than the first, after OOMs or disruptions.",
        ("after",),
    ),
    "pod_problems": Metric(
        "counter", "problems", "scheduler", "Problems of pods, by the code of the failure.", ("code",)
    ),
    "memory_asked_gib_hours": Metric(
        "counter",
        "GiB-hours",
        "scheduler",
        "The memory that pods requested, for as long as they ran.",
        ("team",),
    ),
    "memory_used_gib_hours": Metric(
        "counter",
        "GiB-hours",
        "scheduler",
        "The peak of their memory, for as long as they ran; of pods whose peak is known.",
        ("team",),
    ),
    "cost": Metric(
        "counter",
        "the site's currency",
        "scheduler",
        "The estimated cost of pods that have ended, where `[k8sexec] prices` is set.",
        ("team",),
    ),
}
"""The metrics, by their names without the prefix."""
