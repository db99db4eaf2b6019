"""What is right and wrong in the pod that a task requests: one engine, and all that its rules find at once.

The rules of the API server (``api_server``) hold for any manifest: what options build, a hand-written
override, a profile, a template. Options have rules of their own (``options``) for what a manifest no longer
shows. The platform's and the site's rules, and likely mistakes (``requested_pod``), look at the whole of
what a task requests.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from attrs import field, frozen

from airflow_provider_k8sexec.options.requested_pod import STARTED_POD, WORKER
from airflow_provider_k8sexec.options.run_time_places import name_place
from airflow_provider_k8sexec.rules.api_server.pods import check_pod
from airflow_provider_k8sexec.rules.findings import name_findings
from airflow_provider_k8sexec.rules.options import amounts, claims, history, pod, run_time, secrets, steps
from airflow_provider_k8sexec.rules.requested_pod.app_armor import check_profiles
from airflow_provider_k8sexec.rules.requested_pod.beside_worker import check_kinds, check_ports
from airflow_provider_k8sexec.rules.requested_pod.device_claims import check_claims
from airflow_provider_k8sexec.rules.requested_pod.executor import OF_WORKERS, check_worker_is_first
from airflow_provider_k8sexec.rules.requested_pod.handwritten import check_executor_config
from airflow_provider_k8sexec.rules.requested_pod.likely_mistakes import (
    check_likely_mistakes,
    check_merge_surprises,
)
from airflow_provider_k8sexec.rules.requested_pod.mounts import check_mounts
from airflow_provider_k8sexec.rules.requested_pod.platform import (
    check_platform_errors,
    check_platform_warnings,
)
from airflow_provider_k8sexec.rules.requested_pod.pod_operator import OF_STARTED_PODS
from airflow_provider_k8sexec.rules.requested_pod.template_fields import explain_template
from airflow_provider_k8sexec.rules.requested_pod.variables import check_rings, check_rings_by_template
from airflow_provider_k8sexec.rules.template_file import check_task_template, check_task_template_meaning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from airflow_provider_k8sexec.exceptions import Problem
    from airflow_provider_k8sexec.options.requested_pod import RequestedPod
    from airflow_provider_k8sexec.options.run_time_places import Place
    from airflow_provider_k8sexec.pod.task_request import TaskRequest
    from airflow_provider_k8sexec.site.deployment import Deployment


OPTION_RULES = (
    amounts.check_later_tries,
    amounts.check_devices,
    amounts.check_shared_memory,
    pod.check_release,
    pod.check_template_file,
    pod.check_annotations,
    pod.check_disruption,
    pod.check_queue_name,
    pod.check_images,
    pod.check_sub_paths,
    claims.check_mount_paths,
    claims.check_volume_names,
)
"""The rules of options alone; each yields what is wrong under the option's own name."""

BESIDE_TEMPLATE = (
    check_mounts,
    check_claims,
    check_profiles,
    check_kinds,
    check_ports,
    check_rings_by_template,
)
"""The rules of what a task requests together with the pod template; without it they can only doubt."""

OF_KIND = {WORKER: OF_WORKERS, STARTED_POD: OF_STARTED_PODS}
"""What Airflow needs of a task's pod beside the API server, by the kind of the pod."""


def _each_once(found: Iterable[Problem]) -> list[Problem]:
    return list(dict.fromkeys(found))


@frozen
class Findings:
    """What is wrong with one task.

    Attributes:
        errors: What Airflow, Kubernetes or the platform refuses or ignores, or the site does not allow.
        warnings: What works, and probably not as it was meant.
    """

    errors: list[Problem] = field(factory=list, converter=_each_once)
    warnings: list[Problem] = field(factory=list, converter=_each_once)

    def __or__(self, other: Findings) -> Findings:
        """Give both, each problem once."""
        return Findings([*self.errors, *other.errors], [*self.warnings, *other.warnings])

    def preceded_by(self, errors: Iterable[Problem]) -> Findings:
        """Give these findings after errors that were found before."""
        return Findings([*errors, *self.errors], self.warnings)


def check_declaration(request: TaskRequest, worker_image: str | None = None) -> Findings:
    """Find every mistake in what options declare, hand-written overrides among them.

    Args:
        request: What is declared, all layers of it, and the pod that is built of it.
        worker_image: The image that the executor gives every worker, if it does.
    """
    declaration, deployment = request.declaration, request.deployment
    found = [finding for rule in OPTION_RULES for finding in rule(declaration)]
    found += claims.check_override(request.layers)
    found += secrets.check_known_keys(declaration, deployment)
    problems = name_findings(found, request.authors)
    problems += name_findings(check_rings(request.requested.pod), request.requested)
    if request.kind == STARTED_POD:
        problems += name_findings(steps.check_started_steps(declaration), request.authors)
    if declaration.pod_override:
        # What options lay over an override would hide the mistakes below.
        problems += check_manifest(request.override)
    if declaration.run_time:
        problems += _check_run_time(request, worker_image)
    found_around = check_surroundings(request.requested, deployment, worker_image)
    return Findings([*problems, *check_manifest(request.requested)]) | found_around


def _check_run_time(request: TaskRequest, worker_image: str | None) -> list[Problem]:
    """Find the mistakes in the defaults of values that are known later."""
    wrong = list(run_time.check_sources(request))
    if wrong:
        return wrong
    found = check_declaration(request.assumed, worker_image).errors
    return [problem for problem in found if run_time.is_about_default(problem, request)]


def check_known_value(place: Place, request: TaskRequest) -> list[Problem]:
    """Find what the API server or the executor would refuse of a value that has become known, by itself.

    Args:
        place: Where it belongs.
        request: What declares the value, and nothing else.
    """
    found = check_declaration(request).errors
    return [problem._replace(field=name_place(place)) for problem in found]


def check_history(request: TaskRequest, is_on: Callable[[str], bool]) -> list[Problem]:
    """Find the amounts from history that would have none.

    Args:
        request: What is declared, all layers of it.
        is_on: Reports whether a part of this package is switched on.
    """
    found = history.check_history(request.declaration, is_worker=request.kind == WORKER, is_on=is_on)
    return name_findings(found, request.authors)


def check_retries(request: TaskRequest, retries: int) -> list[Problem]:
    """Find the per-try values that no try will have: Airflow's ``retries`` of the task are too few."""
    found = [
        *steps.check_tries(request.declaration, retries),
        *history.check_tries_of_history(request.declaration, retries),
    ]
    return name_findings(found, request.authors)


def check_manifest(requested: RequestedPod) -> list[Problem]:
    """Find what the API server refuses, or Airflow's executor, in the manifest that a task requests."""
    rules = OF_KIND[requested.kind]
    pods = (requested, *requested.variants())
    return [problem for pod in pods for problem in name_findings(check_pod(pod.pod, *rules), pod)]


def check_config(config: object, requested: RequestedPod) -> Findings:
    """Find every mistake in a hand-written ``executor_config``.

    Args:
        config: Whatever a task has as its ``executor_config``.
        requested: What it requests.
    """
    by_hand = name_findings(check_worker_is_first(requested.pod), requested)
    errors = [*check_executor_config(config), *by_hand, *check_manifest(requested)]
    return Findings(errors, check_merge_surprises(requested))


def check_surroundings(requested: RequestedPod, deployment: Deployment, worker_image: str | None) -> Findings:
    """Find what the platform, or the task's own template, does not allow of the pod that a task requests.

    Args:
        requested: What the task requests.
        deployment: Where the pod is to run.
        worker_image: The image that the executor gives every worker, if it does.
    """
    pods = (requested, *requested.variants())
    errors = [problem for pod in pods for problem in check_platform_errors(pod, deployment.platform)]
    if requested.kind == STARTED_POD:  # the operator reads its template itself
        return Findings(errors)
    wrong, doubtful = check_task_template(requested, deployment, worker_image)
    return Findings([*errors, *wrong], doubtful)


def explain_templates(findings: Findings, kind: str) -> Findings:
    """Explain what is wrong because it is a Jinja template, or a result, where nothing renders it.

    Args:
        findings: What is wrong with a task.
        kind: Which of its pods that is about.
    """
    errors = [explain_template(problem, kind) for problem in findings.errors]
    refused = {problem.field for problem in errors}
    warnings = [item for item in findings.warnings if item.code != "K8S406" or item.field not in refused]
    return Findings(errors, warnings)


def check_meaning(requested: RequestedPod, deployment: Deployment) -> Findings:
    """Find what a task probably did not mean, in any step, and what the platform silently changes."""
    pods = (requested, *requested.variants())
    return reduce(or_, (_check_meaning(pod, deployment) for pod in pods))


def _check_meaning(requested: RequestedPod, deployment: Deployment) -> Findings:
    # What else is in a started pod, by Airflow's arguments and its own template, may be unknown.
    has_rest = requested.kind == WORKER or requested.template is not None
    of_both = (finding for rule in BESIDE_TEMPLATE if has_rest for finding in rule(requested))
    clashes = name_findings(of_both, requested)
    warnings = [
        *check_likely_mistakes(requested),
        *check_platform_warnings(requested, deployment.platform),
        *check_task_template_meaning(requested),
    ]
    # Without the template, it is unknown which volumes, claims and containers it has.
    is_known = requested.template is not None
    return Findings(clashes, warnings) if is_known else Findings([], [*warnings, *clashes])
