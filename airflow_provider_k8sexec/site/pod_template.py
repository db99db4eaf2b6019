"""Pod templates as files: each is read once until it changes."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from attrs import frozen

from airflow_provider_k8sexec.exceptions import K8sExecError
from airflow_provider_k8sexec.executor_names import POD_TEMPLATE_FILE, WORKER_CONTAINER
from airflow_provider_k8sexec.options.problems import describe_unreadable
from airflow_provider_k8sexec.site.files import Version, read_file, version_of

if TYPE_CHECKING:
    from airflow_provider_k8sexec.exceptions import Problem
    from airflow_provider_k8sexec.options.manifests import Manifest

MINIMAL_TEMPLATE: Manifest = {
    "apiVersion": "v1",
    "kind": "Pod",
    "spec": {"containers": [{"name": WORKER_CONTAINER}], "restartPolicy": "Never"},
}
MOST_TEMPLATES = 64
_REMEDY = f"set {POD_TEMPLATE_FILE} to the file of one that this process can read"


@frozen(eq=False)
class TemplateFile:
    """What a template's file holds; it is the same object as long as the file is the same.

    Attributes:
        content: The content, of whatever shape; of a key that is defined twice, the last, as Airflow has it.
        repeats: The keys that are defined twice.
    """

    content: Any
    repeats: tuple[Problem, ...]


def load_template(path: str) -> Manifest:
    """Read a pod template.

    Raises:
        K8sExecError: It cannot be read, or is no manifest.
    """
    try:
        template = read_template(path).content
    except (OSError, ValueError) as error:
        raise K8sExecError(f"The pod template {path!r} {describe_unreadable(error)}; {_REMEDY}.") from None
    if not isinstance(template, dict):
        raise K8sExecError(f"The pod template {path!r} is not a pod manifest; {_REMEDY}.")
    return template


def find_template(path: str) -> Manifest | None:
    """Read a pod template where that can be done: the scheduler has it, this process may not."""
    try:
        return load_template(path)
    except K8sExecError:
        return None


def read_template(path: str) -> TemplateFile:
    """Read what a template's file holds.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is not YAML, or too much of it.
    """
    return _read_version(path, version_of(path))


@lru_cache(maxsize=MOST_TEMPLATES)
def _read_version(path: str, _version: Version) -> TemplateFile:
    import yaml  # few tasks have a template of their own

    from airflow_provider_k8sexec.site.located_yaml import (
        check_repeats,
        compose_yaml,
        construct_yaml,
    )
    from airflow_provider_k8sexec.site.syntax_errors import describe_yaml_error

    content = read_file(path)
    try:
        root = compose_yaml(content.decode())
        repeats = tuple(check_repeats("", root))
        return TemplateFile(construct_yaml(root), repeats)
    except yaml.YAMLError as error:
        raise ValueError(describe_yaml_error(error, content).describe_in_place()) from None
    except UnicodeDecodeError:
        raise ValueError("cannot be read as YAML, which is text in UTF-8") from None
