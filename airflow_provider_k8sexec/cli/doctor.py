"""``k8sexec doctor``: what was detected of this deployment, from where, and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import asdict, frozen

from airflow_provider_k8sexec import __version__
from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.cli.notices import print_notice
from airflow_provider_k8sexec.cli.output import print_result, stop_on
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.context.executors import (
    describe_completion,
    find_lacking,
    parse_executors,
    resolve_executors,
)
from airflow_provider_k8sexec.context.site_pods import find_site_requests
from airflow_provider_k8sexec.context.unapplied import describe_unapplied
from airflow_provider_k8sexec.exceptions import ClusterError, ConfigurationError
from airflow_provider_k8sexec.executor_names import EXECUTOR_VARIABLE, POD_TEMPLATE_FILE, name_variable
from airflow_provider_k8sexec.options.manifest_parts import literal_of, worker_of
from airflow_provider_k8sexec.pod.declared import OPTIONS
from airflow_provider_k8sexec.rules.api_server.since import check_gates, check_server, write_version
from airflow_provider_k8sexec.rules.findings import name_findings
from airflow_provider_k8sexec.rules.template_file import check_site_template
from airflow_provider_k8sexec.site.deployment import SET_RELEASE, describe_effect
from airflow_provider_k8sexec.site.option_table import SECTION, name_option

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from airflow_provider_k8sexec.context.executors import ExecutorName
    from airflow_provider_k8sexec.context.site_context import SiteContext
    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.rules.api_server.since import Version
    from airflow_provider_k8sexec.rules.findings import Finding

    ServerCheck = Callable[[Manifest, Version], Iterable[Finding]]

_TEMPLATE_VARIABLE = name_variable("kubernetes_executor", POD_TEMPLATE_FILE)


@frozen
class Fact:
    """One thing about the deployment.

    Attributes:
        what: What it is.
        value: What was found; empty if nothing was.
        source: Where it was found, or would be.
        remedy: What is wrong with it, and what to do; empty if it is right.
        warning: What is probably not meant; empty if nothing is.
    """

    what: str
    value: str
    source: str
    remedy: str = ""
    warning: str = ""


def doctor(arguments: argparse.Namespace) -> None:
    """Print what was found, and what is wrong.

    Raises:
        SystemExit: With status 1, if something is wrong.
    """
    context = load_context()
    facts = [
        *_versions(),
        *_executors(context),
        *_deployment(context),
        *_configuration(context),
        _template(context),
        *_worker_executors(context),
        *_cluster(context),
    ]
    print_result(arguments.output, lambda: [*map(_build_row, facts)], lambda: [*map(asdict, facts)])
    for fact in facts:
        if fact.warning:
            print_notice(f"{fact.what}: {fact.warning}")
    stop_on([f"{fact.what}: {fact.remedy}" for fact in facts if fact.remedy])


def _versions() -> Iterator[Fact]:
    yield Fact("airflow-provider-k8sexec", __version__, "the installed package")
    yield Fact("Airflow", compat.airflow_version, "the installed package")


def _executors(context: SiteContext) -> Iterator[Fact]:
    """Give the executors, those that run tasks in pods, and what runs a task that names none."""
    option, source = compat.load_option("core", "executor") or "", "[core] executor"
    executors = _executors_of(context)
    with_pods = dict.fromkeys(executor.name for executor in executors if executor.is_kubernetes)
    defaults = resolve_executors(executors, None, compat.load_option("operators", "default_queue"), None)
    unapplied = [
        f"where a task names no executor, {describe_unapplied(OPTIONS, item, executors, item.executor.team)}"
        for item in defaults
        if not item.has_pod and not context.readable_settings.executor
    ]
    yield Fact("executor", option, source)
    yield Fact("executors with pods", ", ".join(with_pods) or "none", source)
    names = [f"{item.executor.name} ({item.reason})" for item in defaults]
    # No mistake: pods that operators start need no executor with pods.
    yield Fact("default executor", ", ".join(names), source, "", "\n".join(unapplied))


def _executors_of(context: SiteContext) -> Sequence[ExecutorName]:
    """Give the executors that the site sets; where it sets none, Airflow's default."""
    return context.executors or parse_executors(compat.load_option("core", "executor") or "")


def _deployment(context: SiteContext) -> Iterator[Fact]:
    deployment = context.deployment
    found: dict[str, str | None] = {
        "platform": deployment.platform,
        "namespace": deployment.namespace,
        "release": deployment.release,
    }
    for what, value in found.items():
        yield Fact(what, value or "", deployment.sources[what])
    secret, source = deployment.secret_name, deployment.sources["secret_name"]
    yield Fact("secret name", secret or "", source, "" if secret else _describe_unknown_secret(context))
    keys = deployment.secret_keys
    yield Fact(
        "secret keys",
        ", ".join(sorted(keys)) if keys is not None else "not known",
        "the environment variables AIRFLOW__KUBERNETES_SECRETS__*",
    )


def _describe_unknown_secret(context: SiteContext) -> str:
    effect = describe_effect(is_deployment=context.is_deployment)
    return f"{effect}; {SET_RELEASE}, or {name_variable(SECTION, 'secret_name')}=<secret>"


def _configuration(context: SiteContext) -> Iterator[Fact]:
    """Give what the site configures, and after it every mistake therein."""
    settings, problems = context.readable_settings, context.find_problems()
    given = {
        "profiles_file": settings.profiles_file,
        "profiles": settings.profiles and "the option itself",
    }
    sources = [f"{name_option(option)}: {where}" for option, where in given.items() if where]
    names = [] if problems else sorted(context.profiles.by_name)
    yield Fact("profiles", ", ".join(names), ", ".join(sources) or name_option("profiles_file"))
    for option in ("default_profile", "policy", "policy_rules"):
        value = getattr(settings, option) or ""
        yield Fact(option.replace("_", " "), value, name_option(option))
    yield Fact("executor of pod options", settings.executor or "", name_option("executor"))
    prices = settings.prices.strip()
    yield Fact("prices", "the option itself" if prices.startswith("{") else prices, name_option("prices"))
    remedy = str(ConfigurationError(problems)) if problems else ""
    yield Fact("configuration", "", f"[{SECTION}], and the files that it names", remedy)


def _template(context: SiteContext) -> Fact:
    path = context.template_path or ""
    wrong, doubtful = check_site_template(path, context.worker_image) if path else ([], [])
    remedy, warning = ("\n".join(map(str, problems)) for problems in (wrong, doubtful))
    if not path and any(executor.is_kubernetes for executor in _executors_of(context)):
        remedy = f"the KubernetesExecutor needs one; set {_TEMPLATE_VARIABLE}=<file>"
    return Fact("pod template", path, "[kubernetes_executor] pod_template_file", remedy, warning)


def _worker_executors(context: SiteContext) -> Iterator[Fact]:
    """Give what the template sets of ``[core] executor``, where there are several to choose from."""
    present = literal_of(worker_of(context.template or {}), EXECUTOR_VARIABLE)
    if present is None or len(context.executors) == 1:
        return
    named = [item.alias or item.name for item in context.executors if item.is_kubernetes]
    lacking = find_lacking(present, context.executors, named)
    is_amended = context.is_on("amend_pods")
    effect = f"a DAG of which a task names {', '.join(lacking)} cannot be loaded by its workers"
    trouble = f"{effect}; {describe_completion(is_amended=is_amended)}" if lacking else ""
    source = f"{EXECUTOR_VARIABLE} in the pod template"
    yield Fact("executors of workers", present, source, *(("", trouble) if is_amended else (trouble, "")))


def _cluster(context: SiteContext) -> Iterator[Fact]:
    """Give the version of the cluster at hand, and what the site's pods have that it lacks."""
    from airflow_provider_k8sexec.hooks import DeploymentHook  # imports kubernetes

    server, source = None, "the API server, which reports no version"
    try:
        # Without a connection, the hook takes the cluster of KUBECONFIG, or of its pod.
        server = DeploymentHook(None, kubernetes_conn_id=None).read_version()
    except ClusterError as error:
        source = str(error).partition("\n")[0]
    if server is None:
        yield Fact("Kubernetes", "not known", source)
        return
    lacking, off = ([*_name_lacking(context, check, server)] for check in (check_server, check_gates))
    yield Fact("Kubernetes", write_version(server), "the API server", "\n".join(lacking))
    yield Fact("feature gates", "\n".join(off) or "none needed", "the site's pod template and options")


def _name_lacking(context: SiteContext, check: ServerCheck, server: Version) -> Iterator[str]:
    for requested in () if context.find_problems() else find_site_requests(context):
        for problem in name_findings(check(requested.pod, server), requested):
            yield str(problem._replace(value=""))  # of a template, the names of fields alone are shown


def _build_row(fact: Fact) -> dict[str, str]:
    return {"what": fact.what, "value": fact.value, "from": fact.source}
