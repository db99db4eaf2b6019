"""The metrics that this package sends: the one table of their names, units and tags.

``docs/reference/metrics.md``, the mapping for StatsD and the dashboard are made from it.
Source: https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/logging-monitoring/metrics.html
"""

from __future__ import annotations

from typing import Literal, NamedTuple

PREFIX = "k8sexec."
TASK_TAGS = ("dag_id", "task_id")
TEAM_TAGS = (*TASK_TAGS, "team")

Sender = Literal["worker", "scheduler"]


class Metric(NamedTuple):
    """A metric.

    Attributes:
        kind: What it is to Airflow: a gauge has the last value, a counter adds up.
        unit: The unit of its value.
        sender: Which process sends it: a worker as its task ends, or the scheduler.
        meaning: What it is.
        tags: Its tags, in the order in which a name without tags has their values.
    """

    kind: Literal["gauge", "counter"]
    unit: str
    sender: Sender
    meaning: str
    tags: tuple[str, ...] = TASK_TAGS


METRICS: dict[str, Metric] = {
    "memory_peak_bytes": Metric("gauge", "bytes", "worker", "The most memory that the try had at once."),
    "memory_requested_bytes": Metric("gauge", "bytes", "worker", "The memory that the try requested."),
    "cpu_average_cores": Metric("gauge", "cores", "worker", "The cores that were busy on average."),
    "cpu_requested_cores": Metric("gauge", "cores", "worker", "The cores that the try requested."),
    "oom_kills": Metric(
        "counter", "processes", "worker", "Processes that the kernel killed at the memory limit."
    ),
    "memory_suggested_bytes": Metric(
        "gauge",
        "bytes",
        "scheduler",
        "The memory that [history](../guides/retries.md#sizes-from-history) suggests for the try. "
        "`applied` is `true`, or `false` where it is only recorded (`apply=False`).",
        (*TASK_TAGS, "applied"),
    ),
    "steps_taken": Metric(
        "counter",
        "launches",
        "scheduler",
        "Launches with a later step than the first. `after` is `oom` or `disruption`.",
        (*TASK_TAGS, "after"),
    ),
    "pod_problems": Metric(
        "counter",
        "problems",
        "scheduler",
        "Pods that failed, wait or were refused. `code` is that of [the failure](failures.md): "
        "`Queued` waits in a queue, `RunTimeValue` was refused for a value that is known only at run time.",
        (*TASK_TAGS, "code"),
    ),
    "pods_ended": Metric(
        "counter",
        "pods",
        "scheduler",
        "Worker pods that ended. `ended` is `Succeeded`, the code of the failure, or `Failed`. "
        "All but the first are lost tries.",
        (*TASK_TAGS, "ended"),
    ),
    "pod_seconds": Metric(
        "counter", "seconds", "scheduler", "How long their workers' containers ran.", TEAM_TAGS
    ),
    "memory_requested_gib_hours": Metric(
        "counter", "GiB-hours", "scheduler", "The memory that they requested, times that time.", TEAM_TAGS
    ),
    "memory_used_gib_hours": Metric(
        "counter",
        "GiB-hours",
        "scheduler",
        "The peak of their memory, times that time; of pods whose peak is known.",
        TEAM_TAGS,
    ),
    "memory_unused_gib_hours": Metric(
        "counter",
        "GiB-hours",
        "scheduler",
        "What they requested above their peak, times that time; of pods whose peak is known.",
        TEAM_TAGS,
    ),
    "cost": Metric(
        "counter",
        "the site's currency",
        "scheduler",
        "Their estimated cost, where `[k8sexec] prices` is set.",
        TEAM_TAGS,
    ),
    "watch_failures": Metric(
        "counter",
        "requests",
        "scheduler",
        "Failures of the watch over worker pods (`[k8sexec] watch_pods`). It is tried again.",
        (),
    ),
    "records_failed": Metric(
        "counter",
        "records",
        "scheduler",
        "Records of pods that could not be written into the event log. Each is tried 12 times at most.",
        (),
    ),
    "records_waiting": Metric(
        "gauge", "records", "scheduler", "Records of pods that wait to be written, after each that was.", ()
    ),
}
"""The metrics, by their names without the prefix."""
