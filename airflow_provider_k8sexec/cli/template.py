"""``k8sexec template``: a pod template with the site's pod options, for one Deployment or for all."""

from __future__ import annotations

import posixpath
import sys
from typing import TYPE_CHECKING
from uuid import uuid4

from attrs import evolve

from airflow_provider_k8sexec.cli.helm_merge import find_base, lay_over
from airflow_provider_k8sexec.cli.helm_text import has_actions, read_around_actions
from airflow_provider_k8sexec.cli.helm_values import CHARTS, OF_THE_COMMUNITY, build_values, find_template
from airflow_provider_k8sexec.cli.notices import write_notice
from airflow_provider_k8sexec.cli.output import result_stdout, stop_on
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.exceptions import DeploymentError, K8sExecError, SpecError
from airflow_provider_k8sexec.executor_names import POD_TEMPLATE_FILE, WORKER_CONTAINER, name_variable
from airflow_provider_k8sexec.options.declaration import Declaration, parse_declaration
from airflow_provider_k8sexec.options.manifests import Manifest, present
from airflow_provider_k8sexec.pod.manifest import (
    build_layer,
    build_template,
)
from airflow_provider_k8sexec.pod.own_secret import lacks_release
from airflow_provider_k8sexec.pod.task_request import TaskRequest
from airflow_provider_k8sexec.render.yaml_text import to_yaml
from airflow_provider_k8sexec.rules import check_declaration
from airflow_provider_k8sexec.rules.template import (
    check_image,
    check_template,
    check_template_meaning,
    check_worker,
)
from airflow_provider_k8sexec.site.deployment import describe_unknown_release
from airflow_provider_k8sexec.site.files import read_file
from airflow_provider_k8sexec.site.located_yaml import load_yaml

if TYPE_CHECKING:
    import argparse

    from airflow_provider_k8sexec.exceptions import Problem
    from airflow_provider_k8sexec.site.deployment import Deployment

VARIABLE = name_variable("kubernetes_executor", POD_TEMPLATE_FILE)
_HELM_RELEASE = "{{ .Release.Name }}"


def template(arguments: argparse.Namespace) -> None:
    """Print a pod template, and on standard error what to do with it.

    Raises:
        SystemExit: No right template can be made, with status 1.
    """
    try:
        text, advice = _WRITERS[arguments.output](arguments)
    except K8sExecError as error:
        stop_on([str(error)])
        return
    with result_stdout():
        sys.stdout.write(text)
    print(advice, file=sys.stderr)


def _write_yaml(arguments: argparse.Namespace) -> tuple[str, str]:
    _, base = _load_base(arguments.base)
    if has_actions(base):
        remedy = "write -o helm, or let Helm render it first"
        raise K8sExecError(f"The base {arguments.base!r} is in Helm's language; {remedy}.")
    pod = _build_pod(arguments, base)
    path = arguments.path
    advice = [
        *_warn(pod),
        f"In the Dockerfile:   COPY {posixpath.basename(path)} {path}",
        f"In the environment:  {VARIABLE}={path}",
    ]
    return to_yaml(pod), "\n".join(advice)


def _build_pod(arguments: argparse.Namespace, base: str) -> Manifest:
    """Build the template of one deployment."""
    deployment = load_context().deployment
    declaration = _declare(arguments, deployment)
    if lacks_release(declaration, deployment):  # no deployment can use such a template
        raise DeploymentError(describe_unknown_release())
    pod = build_template(load_yaml(base), declaration, deployment)
    _stop_on_problems(check_template(pod, "template") or _check_image(pod))
    return pod


def _check_image(pod: Manifest) -> list[Problem]:
    found = check_image(pod, "template", load_context().worker_image)
    return [problem._replace(remedy="name that of the deployment with --image") for problem in found]


def _write_helm(arguments: argparse.Namespace) -> tuple[str, str]:
    if arguments.base is None:
        remedy = "give the podTemplate of your version of the chart with --from"
        raise K8sExecError(f"A template for all Deployments needs the chart's own as its base; {remedy}.")
    found, base = _load_base(arguments.base)
    home = CHARTS[arguments.chart or found]
    warnings: list[str] = []
    if home != OF_THE_COMMUNITY:
        text = _build_text(arguments, base)
    elif has_actions(base):
        reason = "is in Helm's language, and the community's chart does not render it"
        remedy = "let Helm render the chart, and give its ConfigMap with --from"
        raise K8sExecError(f"The base {arguments.base!r} {reason}; {remedy}.")
    else:
        pod = _build_pod(arguments, base)
        text, warnings = to_yaml(pod), _warn(pod)
    return build_values(text, home), "\n".join(
        [*warnings, "Merge this into your values.yaml, and apply the change."]
    )


def _warn(pod: Manifest) -> list[str]:
    return [write_notice(str(problem)) for problem in check_template_meaning(pod, "template")]


def _build_text(arguments: argparse.Namespace, base: str) -> str:
    """Build a template in Helm's language, one for many releases: Helm puts the name of each."""
    of_any_release = evolve(load_context().deployment, release=None, secret_name=None, secret_keys=None)
    declaration = _declare(arguments, of_any_release)
    # What looks like Helm's in an option is text, so another name stands for the release meanwhile.
    release = f"release-{uuid4().hex}"
    layer = build_layer(declaration, evolve(of_any_release, secret_name=f"{release}-env"))
    try:
        return lay_over(base, layer).replace(release, _HELM_RELEASE)
    except K8sExecError as error:
        raise K8sExecError(f"The base {arguments.base!r}:\n{error}") from None


_WRITERS = {"yaml": _write_yaml, "helm": _write_helm}


def _declare(arguments: argparse.Namespace, deployment: Deployment) -> Declaration:
    """Gather what every task is to have: the site's options, its profile, and the image."""
    own, problems = parse_declaration(present(image=arguments.image))
    layers, unknown = load_context().resolve_layers(arguments.profile)
    problems += unknown
    request = TaskRequest(layers, [("", own)], deployment)
    problems += check_declaration(request, load_context().worker_image).errors
    if problems:
        raise SpecError(dict.fromkeys(problems), "the pod template")
    return request.declaration


def _load_base(path: str | None) -> tuple[str, str]:
    """Give the chart of a base, and its text, which is right as far as it can be read."""
    if path is None:
        return "astronomer", to_yaml(_minimal_template())
    try:
        text = read_file(path).decode("utf-8-sig")
        chart, text = find_template(text) or ("astronomer", text)
        text = find_base(text)
        base = read_around_actions(text)
    except OSError as error:
        remedy = "name the file of a pod template, or of a chart's values"
        raise K8sExecError(f"The base {path!r} cannot be read: {error.strerror}; {remedy}.") from None
    except UnicodeDecodeError:
        remedy = "name the file of a pod template"
        raise K8sExecError(f"The base {path!r} is not YAML, which is text in UTF-8; {remedy}.") from None
    except (ValueError, K8sExecError) as error:
        raise K8sExecError(f"The base {path!r} cannot be read: {error}") from None
    # What Helm will put into the places of its actions is not known.
    check = check_worker if has_actions(text) and isinstance(base, dict) else check_template
    _stop_on_problems(list(check(base, "base")))
    return chart, text


def _minimal_template() -> Manifest:
    variables = [{"name": name_variable("core", "executor"), "value": "LocalExecutor"}]
    worker = present(name=WORKER_CONTAINER, image=load_context().worker_image, env=variables)
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "airflow-worker", "labels": {"tier": "airflow", "component": "worker"}},
        "spec": {"containers": [worker], "restartPolicy": "Never"},
    }


def _stop_on_problems(problems: list[Problem]) -> None:
    if problems:
        raise K8sExecError("\n".join(map(str, problems)))
