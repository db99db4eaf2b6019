"""``k8sexec doctor``: what was found about this deployment, from where, and what is wrong with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from attrs import asdict, frozen

from airflow_provider_k8sexec import __version__
from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.cli.output import print_table, stop_on
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.context.site_pods import load_worker_image
from airflow_provider_k8sexec.exceptions import DeploymentError
from airflow_provider_k8sexec.executor_names import name_variable
from airflow_provider_k8sexec.rules.template_file import check_site_template
from airflow_provider_k8sexec.site.deployment import SET_RELEASE, UNKNOWN_SECRET
from airflow_provider_k8sexec.site.policy_rules import OPTION
from airflow_provider_k8sexec.site.settings import SECTION

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator


@frozen
class Fact:
    """One thing about the deployment.

    Attributes:
        what: What it is.
        value: What was found; empty if nothing was.
        source: Where it was found, or where it was looked for.
        remedy: What to do if that is wrong; empty if all is well.
    """

    what: str
    value: str
    source: str
    remedy: str = ""


def doctor(arguments: argparse.Namespace) -> None:
    """Print what was found, and what is wrong.

    Raises:
        SystemExit: With status 1, if something is wrong.
    """
    try:
        facts = [*_versions(), *_executor(), *_place(), *_profiles(), *_policy(), _template()]
    except DeploymentError as error:
        stop_on([str(error)], failed=True)
        return
    _PRINTERS[arguments.output](facts)
    stop_on([f"{fact.what}: {fact.remedy}" for fact in facts if fact.remedy], failed=False)


def _versions() -> Iterator[Fact]:
    yield Fact("airflow-provider-k8sexec", __version__, "the installed package")
    yield Fact("Airflow", compat.airflow_version, "the installed package")


def _executor() -> Iterator[Fact]:
    executor = compat.load_option("core", "executor") or ""
    remedy = "" if "Kubernetes" in executor else "pod options do nothing here; set it to KubernetesExecutor"
    yield Fact("executor", executor, "[core] executor", remedy)


def _place() -> Iterator[Fact]:
    deployment = load_context().deployment
    found: dict[str, Any] = {
        "platform": deployment.platform,
        "namespace": deployment.namespace,
        "release": deployment.release,
        "secret_name": deployment.secret_name,
    }
    for what, value in found.items():
        yield Fact(what.replace("_", " "), value or "", deployment.sources[what], _remedy(what, value))
    keys = deployment.secret_keys
    yield Fact(
        "secret keys",
        ", ".join(sorted(keys)) if keys is not None else "not known",
        "the environment variables AIRFLOW__KUBERNETES_SECRETS__*",
    )


def _remedy(what: str, value: str | None) -> str:
    if value or what != "secret_name":
        return ""
    effect = (
        "a DAG that requests keys of the deployment's secret fails to import"
        if load_context().is_deployment
        else f"pods that request keys of the deployment's secret refer to {UNKNOWN_SECRET!r}"
    )
    return f"{effect}; {SET_RELEASE}, or {name_variable(SECTION, 'secret_name')}=<secret>"


def _profiles() -> Iterator[Fact]:
    settings = load_context().settings
    sources = {"profiles_file": settings.profiles_file, "profiles": settings.profiles and "the option itself"}
    told = [f"[{SECTION}] {option}: {place}" for option, place in sources.items() if place]
    source = ", ".join(told) or f"[{SECTION}] profiles_file"
    try:
        profiles = load_context().profiles
    except DeploymentError as error:
        yield Fact("profiles", "", source, str(error))
        return
    yield Fact("profiles", ", ".join(sorted(profiles.by_name)), source)
    yield Fact("default profile", settings.default_profile or "", f"[{SECTION}] default_profile")


def _policy() -> Iterator[Fact]:
    settings = load_context().settings
    yield Fact("policy", settings.policy, f"[{SECTION}] policy")
    remedy = ""
    try:
        load_context().rules  # noqa: B018  # read, for its problems
    except DeploymentError as error:
        remedy = str(error)
    yield Fact("policy rules", settings.policy_rules, f"[{SECTION}] {OPTION}", remedy)


def _template() -> Fact:
    path = compat.load_option("kubernetes_executor", "pod_template_file") or ""
    remedy = "\n".join(str(problem) for problem in check_site_template(path, load_worker_image()))
    if not path:
        remedy = "the KubernetesExecutor needs one; set the path of a pod template"
    return Fact("pod template", path, "[kubernetes_executor] pod_template_file", remedy)


def _print_table(facts: list[Fact]) -> None:
    print_table([{"what": fact.what, "value": fact.value, "from": fact.source} for fact in facts])


def _print_json(facts: list[Fact]) -> None:
    print(json.dumps([asdict(fact) for fact in facts], indent=2))


_PRINTERS = {"table": _print_table, "json": _print_json}
