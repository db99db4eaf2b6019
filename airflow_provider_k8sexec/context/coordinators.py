"""The coordinator of a queue (Airflow 3.3), whose template the executor takes instead of the task's.

Source: https://airflow.apache.org/docs/apache-airflow/stable/configurations-ref.html#coordinators
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

from attrs import frozen

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.executor_names import POD_TEMPLATE_FILE
from airflow_provider_k8sexec.options.manifest_parts import worker_of
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.site.pod_template import find_template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.options.requested_pod import RequestedPod


@frozen
class Coordinator:
    """What runs the tasks of a queue, in another language perhaps, and what their pods are made from.

    Attributes:
        name: Its key in ``[sdk] coordinators``.
        queue: The queue.
        template: The path of its pod template, which the executor takes instead of the task's, if it has one.
        image: Its image, which the executor takes instead of its own, if it has one. A task's ``image`` wins.
    """

    name: str
    queue: str
    template: str | None = None
    image: str | None = None


def find_coordinator(queue: str | None) -> Coordinator | None:
    """Find the coordinator of a queue; ``None`` where it has none, or Airflow ignores the configuration."""
    option = compat.load_option("sdk", "queue_to_coordinator") if queue else None
    if not option or queue is None:
        return None
    extra = compat.load_coordinator_extra(queue)
    if extra is None:
        return None
    name = str(json.loads(option)[queue])  # Airflow has read it, so it can be
    repository, tag = extra.get("worker_container_repository"), extra.get("worker_container_tag")
    image = f"{repository}:{tag}" if repository and tag else None
    return Coordinator(name, queue, extra.get(POD_TEMPLATE_FILE), image)


def check_coordinator(requested: RequestedPod, coordinator: Coordinator | None) -> Iterator[Problem]:
    """Find what of a task's own pod template has no effect, because its queue has a coordinator."""
    path = requested.pod_template_file
    if coordinator is None or path is None:
        return
    of_queue = f"the coordinator {coordinator.name!r} of queue {coordinator.queue!r}"
    remedy = "remove it, or write a queue without a coordinator"
    if coordinator.template is not None:
        reason = f"is not read, because {of_queue} has the template {coordinator.template!r}"
        yield Problem(POD_TEMPLATE_FILE, show(path), reason, remedy, code="K8S702")
    elif coordinator.image is not None:
        with suppress(OSError):
            image = worker_of(find_template(path) or {}).get("image")
            if image and not worker_of(requested.pod).get("image"):
                reason = f"has an image that is replaced by {coordinator.image!r} of {of_queue}"
                yield Problem(
                    POD_TEMPLATE_FILE, show(path), reason, f"write image={show(image)}", code="K8S702"
                )
