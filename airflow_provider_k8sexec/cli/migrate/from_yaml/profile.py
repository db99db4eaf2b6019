"""``k8sexec migrate --profile``: a pod template becomes a profile that gives the same pods."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from attrs import frozen

from airflow_provider_k8sexec.cli.migrate.from_yaml.profile_values import find_profile
from airflow_provider_k8sexec.cli.migrate.from_yaml.template_difference import TemplateDifference
from airflow_provider_k8sexec.cli.notices import print_notice
from airflow_provider_k8sexec.cli.output import result_stdout, stop_on
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.exceptions import K8sExecError
from airflow_provider_k8sexec.executor_names import POD_TEMPLATE_FILE
from airflow_provider_k8sexec.options.problems import describe_unreadable
from airflow_provider_k8sexec.pod.executor_config import ExecutorConfig
from airflow_provider_k8sexec.pod.same_pod import find_difference
from airflow_provider_k8sexec.pod.task_request import TaskRequest
from airflow_provider_k8sexec.render.executor_pod import PodMerge
from airflow_provider_k8sexec.render.yaml_text import to_yaml
from airflow_provider_k8sexec.rules import check_declaration
from airflow_provider_k8sexec.rules.template import check_template
from airflow_provider_k8sexec.site.files import version_of
from airflow_provider_k8sexec.site.pod_template import MINIMAL_TEMPLATE, read_template
from airflow_provider_k8sexec.site.profiles import parse_profiles

if TYPE_CHECKING:
    import argparse

    from airflow_provider_k8sexec.exceptions import Problem
    from airflow_provider_k8sexec.options.declaration import Declaration
    from airflow_provider_k8sexec.options.manifests import Manifest

_NO_TEMPLATE = "K8S310"
_NO_WORKER = "K8S302"


@frozen
class _Written:
    """A profile that was made of a template.

    Attributes:
        text: The profile, in YAML.
        notices: What of the template is not in it, and why.
        difference: Where its pod is another one than the template's; empty where it is the same.
    """

    text: str
    notices: tuple[str, ...]
    difference: str


def print_profile(name: str, template_path: str, arguments: argparse.Namespace) -> None:  # noqa: ARG001  # as of every command
    """Print a profile that gives the pods of a pod template, and on standard error what it lacks of it.

    Args:
        name: The name of the profile.
        template_path: The file of the template: the site's own, or one that tasks name.
        arguments: Those of the command.

    Raises:
        SystemExit: The file is no pod template, or its pods are others than those of the profile; with
            status 1.
    """
    try:
        written = _write_profile(name, template_path)
    except K8sExecError as error:
        stop_on([str(error)])
        return
    with result_stdout():
        sys.stdout.write(written.text)
    for notice in written.notices:
        print_notice(notice)
    stop_on([written.difference] if written.difference else [])


def _write_profile(name: str, path: str) -> _Written:
    template = _load(path)
    base, about_base = _load_base(path)
    context = load_context()
    found = TemplateDifference(context.worker_image)
    pod = found.find(template, base)
    try:
        options = find_profile(pod, context.deployment.secret_name, base)
    except ValueError as error:
        raise K8sExecError(f"The pod template {path!r} has no profile: {error}.") from None
    text = to_yaml({name: options})
    declaration = _read_profile(name, text)
    difference = _find_difference(name, template, base, declaration)
    return _Written(text, (*about_base, *found.left_out), difference)


def _load(path: str) -> Manifest:
    """Read a pod template.

    Raises:
        K8sExecError: It cannot be read, or is none.
    """
    try:
        template = read_template(path).content
    except (OSError, ValueError) as error:
        reason = describe_unreadable(error)
        raise K8sExecError(f"The pod template {path!r} {reason}; name the file of one.") from None
    problems = [
        problem
        for problem in check_template(template, "template")
        if problem.code in {_NO_TEMPLATE, _NO_WORKER}
    ]
    if problems:
        raise K8sExecError("\n".join(f"{path}: {problem}" for problem in problems))
    content: Manifest = template
    return content


def _load_base(path: str) -> tuple[Manifest, list[str]]:
    """Give the template that profiles are laid over, and what is to be known of it."""
    site_path = load_context().template_path
    if site_path is None:
        reason = f"[kubernetes_executor] {POD_TEMPLATE_FILE} is not set"
    elif _is_same_file(site_path, path):
        reason = f"the file is [kubernetes_executor] {POD_TEMPLATE_FILE} itself"
    else:
        return _load(site_path), []
    remedy = "what every worker needs, such as its configuration and its logs, belongs into a template"
    return MINIMAL_TEMPLATE, [f"The profile is laid over a minimal template, for {reason}; {remedy}."]


def _is_same_file(site_path: str, path: str) -> bool:
    try:
        return version_of(site_path) == version_of(path)
    except (OSError, ValueError):  # the scheduler has it, and this machine does not
        return False


def _read_profile(name: str, text: str) -> Declaration:
    """Read the profile as the site will.

    Raises:
        K8sExecError: The rules refuse it.
    """

    def check(declared: Declaration) -> list[Problem]:
        context = load_context()
        request = TaskRequest([("", declared)], [], context.deployment)
        return check_declaration(request, context.worker_image).errors

    profiles, problems = parse_profiles([("profile", text)], check)
    if problems:
        raise K8sExecError("\n".join(map(str, problems)))
    return profiles.by_name[name].declaration


def _find_difference(name: str, template: Manifest, base: Manifest, declaration: Declaration) -> str:
    """Compare the pods that a worker has today with those of the profile."""
    request = TaskRequest([(f"profile {name!r}", declaration)], [], load_context().deployment)
    before = PodMerge("dag", "task", {}, template).render()
    after = PodMerge("dag", "task", ExecutorConfig.of(request), base).render()
    difference = find_difference(before, after)
    return f"The pod of the profile is not that of the template: {difference}" if difference else ""
