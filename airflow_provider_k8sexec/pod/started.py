"""What a task requests of the pod that it starts: a KubernetesPodOperator's, with pod options.

Such a task has two pods: the worker, which runs the operator, and the started pod, with the author's image.
Source: https://airflow.apache.org/docs/apache-airflow-providers-cncf-kubernetes/stable/operators.html
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.executor_names import POD_TEMPLATE_FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from airflow_provider_k8sexec.pod.task_request import TaskRequest

HELD_AS = "k8sexec_started_pod"
"""The attribute of a task, and the argument of a mapped one, that holds what is requested of that pod."""

AIRFLOWS = "_k8sexec_airflows"
"""The attribute of such a task that names its arguments which have a value in Airflow's own form."""

TEMPLATES = (POD_TEMPLATE_FILE, "pod_template_dict")
"""The arguments of such a task that name its pod template."""


class StartedPod:
    """What a task requests of the pod that it starts, unread until it is needed.

    It is an argument of mapped tasks, and so Airflow stores its string with the DAG: that is always the same,
    and has no value of an author.

    Attributes:
        layers: The layers inside the site's settings, as their authors wrote them, the outermost first.
        location: The file and line of the task's author, for errors at run time.
    """

    def __init__(
        self, layers: Sequence[Any], location: tuple[str, int], read: Callable[[], TaskRequest]
    ) -> None:
        """Hold the layers.

        Args:
            layers: The layers inside the site's settings, the outermost first.
            location: The file and line of the task's author.
            read: Gives what the layers request, on first access.
        """
        self.layers = layers
        self.location = location
        self._read = read

    @cached_property
    def request(self) -> TaskRequest:
        """What the task requests, as it is known before a run: templates are not rendered."""
        return self._read()

    @property
    def values(self) -> list[Any]:
        """Every value of the options, for the tasks whose results they are."""
        return [value for layer in self.layers for value in layer.options.values()]

    def __repr__(self) -> str:
        """Give a string that is the same for all tasks, and in every process."""
        return "pod options"


def started_request(task: Any) -> TaskRequest | None:
    """Give what a task requests of the pod that it starts; ``None`` for any other task.

    Args:
        task: A task of a DAG, mapped or not.
    """
    started = find_started(task)
    return None if started is None else started.request


def find_started(task: Any) -> StartedPod | None:
    """Find what a task holds of the pod that it starts; ``None`` for any other task."""
    held = getattr(task, HELD_AS, None)
    if held is None:
        held = (getattr(task, "partial_kwargs", None) or {}).get(HELD_AS)
    return held if isinstance(held, StartedPod) else None
