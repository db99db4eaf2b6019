"""Pod templates as files, validated: the site's own, and those that tasks name."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.executor_names import POD_TEMPLATE_FILE
from airflow_provider_k8sexec.options.problems import describe_unreadable, show
from airflow_provider_k8sexec.rules.template import check_image, check_template, check_template_meaning
from airflow_provider_k8sexec.site.pod_template import MOST_TEMPLATES, TemplateFile, read_template

if TYPE_CHECKING:
    from airflow_provider_k8sexec.options.requested_pod import RequestedPod
    from airflow_provider_k8sexec.site.deployment import Deployment

_ONE_IMAGE = ("astro", "software")
"""Platforms that give all components the same image and settings: what is not here is nowhere."""


def check_site_template(path: str, worker_image: str | None) -> tuple[list[Problem], list[Problem]]:
    """Find every mistake in the template of all tasks, which this process must have.

    Args:
        path: The template's file.
        worker_image: The image that the executor gives every worker, if it does.

    Returns:
        What is wrong, and what is probably not meant.
    """
    try:
        template, problems = _check_content(path, "template")
    except OSError as error:
        remedy = "set the path that it has in the scheduler's image"
        return [Problem("template", show(path), describe_unreadable(error), remedy, code="K8S310")], []
    if problems:
        return [*problems], []
    return check_image(template, "template", worker_image), check_template_meaning(template, "template")


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
    field = _name_template(path)
    found: tuple[Problem, ...] = ()
    in_doubt: list[Problem] = []
    try:
        template, found = _check_content(path, field)
        if not found and not requested.worker.get("image"):
            in_doubt += check_image(template, field, worker_image)
    except OSError as error:
        remedy = "copy it into the image, or write the path that it has there"
        in_doubt.append(
            Problem(POD_TEMPLATE_FILE, show(path), describe_unreadable(error), remedy, code="K8S310")
        )
    if deployment.platform in _ONE_IMAGE:
        return [*found, *in_doubt], []
    return [*found], in_doubt


def check_task_template_meaning(requested: RequestedPod) -> list[Problem]:
    """Find what is probably not meant in the template that a task names, where it can be read."""
    path = requested.pod_template_file
    return check_template_meaning(requested.template, _name_template(path)) if path else []


def _name_template(path: str) -> str:
    return f"pod_template_file {path!r}: template"


def _check_content(path: str, field: str) -> tuple[Any, tuple[Problem, ...]]:
    """Give what a template's file holds, and every mistake in it."""
    try:
        file = read_template(path)
    except ValueError as error:
        return None, (Problem(field, "", str(error), "write the manifest of a pod", code="K8S310"),)
    return file.content, _check_file(file, field)


@lru_cache(maxsize=MOST_TEMPLATES)
def _check_file(file: TemplateFile, field: str) -> tuple[Problem, ...]:
    repeats = (problem.within(field) for problem in file.repeats)
    return (*repeats, *check_template(file.content, field))
