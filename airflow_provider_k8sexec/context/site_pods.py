"""What the site says of all tasks' pods: its rules, its pod template, and what its own options ask for."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec import _compat
from airflow_provider_k8sexec.authoring.attach import load_place, load_site_profiles
from airflow_provider_k8sexec.context.executors import load_executors
from airflow_provider_k8sexec.exceptions import DeploymentError, K8sExecError, SpecError
from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER
from airflow_provider_k8sexec.options.declaration import Declaration, parse_declaration, resolve_layers
from airflow_provider_k8sexec.options.manifests import Manifest, present, to_manifest
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.options.requested_pod import AskedPod, mapping_of, maps_of
from airflow_provider_k8sexec.pod.executor_config import build_v1_pod
from airflow_provider_k8sexec.pod.manifest import build_manifest, read_ladders
from airflow_provider_k8sexec.rules.requested_pod.site_limits import Traces
from airflow_provider_k8sexec.site.located_yaml import parse_yaml
from airflow_provider_k8sexec.site.pod_template import load_template
from airflow_provider_k8sexec.site.policy_rules import SiteRules, parse_site_rules
from airflow_provider_k8sexec.site.settings import SECTION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

OPTION = "policy_rules"
_EXECUTOR_OPTIONS = (
    "pod_template_file",
    "worker_container_repository",
    "worker_container_tag",
    "namespace",
)


@cache
def load_site_rules() -> SiteRules:
    """Read the site's rules, once a process.

    Raises:
        DeploymentError: They cannot be read; every mistake in them is named.
    """
    settings, _ = load_place()
    text = settings.policy_rules.strip()
    if not text:
        return SiteRules()
    source = f"[{SECTION}] {OPTION}"
    content: str | bytes = text
    try:
        if not text.startswith("{"):
            source += f" = {show(text)}"
            content = Path(text).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no path"
        raise DeploymentError(f"{source} cannot be read: {reason}; write a path, or JSON.") from None
    document, problems = parse_yaml(source, content)
    if problems:
        raise DeploymentError("\n".join(map(str, problems)))
    try:
        return parse_site_rules(document.content)
    except SpecError as error:
        found = (f"{document.place_of(*_split(problem.field))}: {problem}" for problem in error.problems)
        raise DeploymentError("\n".join(found)) from None


def _split(field: str) -> tuple[str, str]:
    """Split the way to a rule, ``max.memory``, after the rule's own name."""
    rule, _, rest = field.partition(".")
    return rule, rest


def load_site_template() -> Manifest | None:
    """Read the pod template of all tasks; ``None`` where there is none to be read in this process."""
    path = _compat.load_option("kubernetes_executor", "pod_template_file")
    return read_template(path) if path else None


def load_only_template() -> Manifest | None:
    """Read the pod template of all tasks; ``None`` where teams or coordinators may have another one."""
    return load_site_template() if len(list(_load_executor_options())) == 1 else None


def read_template(path: str) -> Manifest | None:
    """Read a pod template where that can be done: the scheduler has it, this process may not."""
    try:
        return load_template(path)
    except K8sExecError:
        return None


def load_base_traces(rules: SiteRules) -> Traces:
    """Look for what the site's rules forbid in its pod templates, as the executor completes them."""
    return Traces.of([AskedPod(pod) for pod in _load_base_pods()], rules).set_values()


def _load_base_pods() -> Iterator[Manifest]:
    """Give each template that the site has set, and what the executor sets of pods by its own options."""
    for options in _load_executor_options():
        path, repository, tag, namespace = (options.get(name) for name in _EXECUTOR_OPTIONS)
        yield _launch_alone(read_template(path) if path else None)
        image = f"{repository}:{tag}" if repository and tag else None
        worker = present(name=WORKER_CONTAINER, image=image)
        yield {"metadata": present(namespace=namespace), "spec": {"containers": [worker]}}


def _launch_alone(template: Manifest | None) -> Manifest:
    """Give a template as the executor reads it, cast to the client's models; its first container is base."""
    with suppress(Exception):  # a template that the client cannot read launches no pod
        pod: Manifest = to_manifest(build_v1_pod(template or {}))
        for container in maps_of(mapping_of(pod.get("spec")).get("containers"))[:1]:
            if isinstance(container, dict):
                container["name"] = WORKER_CONTAINER
        return pod
    return {}


def _load_executor_options() -> Iterator[Mapping[str, Any]]:
    """Give the executor's options, those of teams, and what coordinators have in their place."""
    teams = {executor.team for executor in load_executors()}
    for team in sorted({"", *teams}):
        yield {
            name: _compat.load_option("kubernetes_executor", name, team=team) for name in _EXECUTOR_OPTIONS
        }
    with suppress(ValueError, AttributeError):  # Airflow itself passes over what is not right there
        coordinators = json.loads(_compat.load_option("sdk", "coordinators") or "{}")
        extras = [coordinator.get("extra") for coordinator in coordinators.values()]
        yield from (extra for extra in extras if isinstance(extra, dict))


@cache
def load_option_traces() -> Traces:
    """Look for it in the pod options and in each profile of ``[k8sexec]``, once a process."""
    _, deployment = load_place()
    pods = [build_manifest(declaration, deployment) for declaration in _site_declarations()]
    asked = [AskedPod(pod, ladders=read_ladders(pod)) for pod in pods]
    return Traces.of(asked, load_site_rules()).as_chosen()


def _site_declarations() -> Iterator[Declaration]:
    """Give the site's options, each of its profiles with all that it extends, and its defaults."""
    settings, _ = load_place()
    yield parse_declaration(settings.pod_options)[0]
    yield load_site_rules().default
    profiles = load_site_profiles()
    for name in profiles.by_name:
        yield resolve_layers(declaration for _, declaration in profiles.resolve(name))
