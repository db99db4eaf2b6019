"""Pod templates as files: each is read once until it changes, and held against the rules."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec import _compat
from airflow_provider_k8sexec.exceptions import K8sExecError, Problem
from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.rules.template import check_template, image_of_worker

if TYPE_CHECKING:
    from airflow_provider_k8sexec.options.declaration import Declaration
    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.site.deployment import Deployment

MINIMAL_TEMPLATE: Manifest = {
    "apiVersion": "v1",
    "kind": "Pod",
    "spec": {"containers": [{"name": WORKER_CONTAINER}], "restartPolicy": "Never"},
}
_MOST_TEMPLATES = 64
_ONE_IMAGE = ("astro", "software")
"""Platforms that give all components the same image and settings: what is not here is nowhere."""


def load_template(path: str) -> Manifest:
    """Read a pod template.

    Raises:
        K8sExecError: It cannot be read, or is no manifest.
    """
    try:
        template = _read(path)
    except OSError as error:
        raise K8sExecError(f"The pod template {path!r} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise K8sExecError(f"The pod template {path!r} {error}.") from None
    if not isinstance(template, dict):
        raise K8sExecError(f"The pod template {path!r} is not a pod manifest.")
    return template


def load_worker_image() -> str | None:
    """Tell the image that the executor gives every worker; ``None`` where the template says it."""
    words = [
        _compat.load_option("kubernetes_executor", f"worker_container_{part}")
        for part in ("repository", "tag")
    ]
    return ":".join(word for word in words if word) if all(words) else None


def check_site_template(path: str) -> list[Problem]:
    """Find every mistake in the template of all tasks, which this process is to have."""
    try:
        problems = _check_content(path, "template")
        return [*problems] if problems else check_image(_read(path), "template")
    except OSError as error:
        remedy = "set the path that it has in the scheduler's image"
        return [Problem("template", show(path), f"cannot be read: {error.strerror}", remedy)]


def check_task_template(
    declaration: Declaration, deployment: Deployment
) -> tuple[list[Problem], list[Problem]]:
    """Find every mistake in the template that a task names.

    The scheduler reads that file, and this process may be another one. What the file says is wrong
    everywhere; that it is not here, or that no image is known here, is in doubt, unless the platform runs
    all components on one image.

    Args:
        declaration: What was asked for.
        deployment: Where it is to run.

    Returns:
        What is wrong, and what may be.
    """
    path = declaration.pod_template_file
    if path is None or not path.startswith("/"):
        return [], []
    field = f"pod_template_file {path!r}: template"
    found: list[Problem] = []
    in_doubt: list[Problem] = []
    try:
        found += _check_content(path, field)
        if not found and not _image_of(declaration):
            in_doubt += check_image(_read(path), field)
    except OSError as error:
        remedy = "copy it into the image, or write the path that it has there"
        in_doubt.append(Problem("pod_template_file", show(path), f"cannot be read: {error.strerror}", remedy))
    if deployment.platform in _ONE_IMAGE:
        return found + in_doubt, []
    return found, in_doubt


def _read(path: str) -> Any:
    return _read_version(path, _version_of(path))


def _check_content(path: str, field: str) -> tuple[Problem, ...]:
    return _check_version(path, _version_of(path), field)


def _version_of(path: str) -> tuple[int, ...]:
    """Tell one content of a file from another; a mounted ConfigMap changes by another file in its place."""
    status = Path(path).stat()
    return status.st_mtime_ns, status.st_size, status.st_ino


@lru_cache(maxsize=_MOST_TEMPLATES)
def _read_version(path: str, _version: tuple[int, ...]) -> Any:
    import yaml  # noqa: PLC0415  # few tasks have a template of their own

    from airflow_provider_k8sexec.site.located_yaml import load_yaml, reason_of  # noqa: PLC0415  # likewise

    try:
        return load_yaml(Path(path).read_text(encoding="utf-8"))
    except yaml.MarkedYAMLError as error:
        line = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ValueError(f"is not YAML{line}: {reason_of(error)}") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise ValueError("is not YAML, which is text in UTF-8") from None


@lru_cache(maxsize=_MOST_TEMPLATES)
def _check_version(path: str, version: tuple[int, ...], field: str) -> tuple[Problem, ...]:
    try:
        return tuple(check_template(_read_version(path, version), field))
    except ValueError as error:
        return (Problem(field, "", str(error), "write the manifest of a pod"),)


def check_image(template: Manifest, field: str) -> list[Problem]:
    """Tell if neither a right template nor the executor's settings say the image of the worker."""
    if image_of_worker(template) or load_worker_image():
        return []
    reason = "is missing, and [kubernetes_executor] worker_container_repository and _tag name none"
    remedy = "write the image of the deployment"
    return [Problem(f"{field}['spec']['containers'][0]['image']", "", reason, remedy)]


def _image_of(declaration: Declaration) -> str | None:
    """Tell the image that the task itself asks for; the rules have looked at the override."""
    containers = (declaration.pod_override.get("spec") or {}).get("containers") or []
    images = [item.get("image") for item in containers if item.get("name") == WORKER_CONTAINER]
    return declaration.image or next(iter(images), None)
