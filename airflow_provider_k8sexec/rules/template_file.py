"""Pod templates as files, validated: the site's own, and those that tasks name."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.executor_names import POD_TEMPLATE_FILE
from airflow_provider_k8sexec.options.problems import describe_unreadable, show
from airflow_provider_k8sexec.rules.template import check_image, check_template
from airflow_provider_k8sexec.site.files import Version, version_of
from airflow_provider_k8sexec.site.pod_template import MOST_TEMPLATES, check_template_repeats, read_template

if TYPE_CHECKING:
    from airflow_provider_k8sexec.options.requested_pod import RequestedPod
    from airflow_provider_k8sexec.site.deployment import Deployment

_ONE_IMAGE = ("astro", "software")
"""Platforms that give all components the same image and settings: what is not here is nowhere."""


def check_site_template(path: str, worker_image: str | None) -> list[Problem]:
    """Find every mistake in the template of all tasks, which this process must have.

    Args:
        path: The template's file.
        worker_image: The image that the executor gives every worker, if it does.
    """
    try:
        problems = _check_content(path, "template")
        return [*problems] if problems else check_image(read_template(path), "template", worker_image)
    except OSError as error:
        remedy = "set the path that it has in the scheduler's image"
        return [Problem("template", show(path), describe_unreadable(error), remedy)]


def check_task_template(
    requested: RequestedPod, deployment: Deployment, worker_image: str | None
) -> tuple[list[Problem], list[Problem]]:
    """Find every mistake in the template that a task names.

    The scheduler reads that file, and this process may be another one. What the file says is wrong
    everywhere; that it is not here, or that no image is known here, is in doubt, unless the platform runs
    all components on one image.

    Args:
        requested: What the task requests of its pod.
        deployment: Where it is to run.
        worker_image: The image that the executor gives every worker, if it does.

    Returns:
        What is wrong, and what may be.
    """
    path = requested.pod_template_file
    if path is None or not path.startswith("/"):
        return [], []
    field = f"pod_template_file {path!r}: template"
    found: list[Problem] = []
    in_doubt: list[Problem] = []
    try:
        found += _check_content(path, field)
        if not found and not requested.worker.get("image"):
            in_doubt += check_image(read_template(path), field, worker_image)
    except OSError as error:
        remedy = "copy it into the image, or write the path that it has there"
        in_doubt.append(Problem(POD_TEMPLATE_FILE, show(path), describe_unreadable(error), remedy))
    if deployment.platform in _ONE_IMAGE:
        return found + in_doubt, []
    return found, in_doubt


def _check_content(path: str, field: str) -> tuple[Problem, ...]:
    try:
        return _check_version(path, version_of(path), field)
    except ValueError as error:
        return (Problem(field, "", str(error), "write the manifest of a pod"),)


@lru_cache(maxsize=MOST_TEMPLATES)
def _check_version(path: str, _version: Version, field: str) -> tuple[Problem, ...]:
    return (*check_template_repeats(path, field), *check_template(read_template(path), field))
