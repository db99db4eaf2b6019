"""What a platform does to pods, beyond what Kubernetes does.

What fails there is an error; what is silently changed, or is not supported well, is a warning. Each
rule names the vendor's page that it comes from. Where pages differ, the newer one is followed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.executor_names import POD_TEMPLATE_FILE, WORKER_CONTAINER
from airflow_provider_k8sexec.options.manifest_parts import amounts_of, is_sidecar, maps_at
from airflow_provider_k8sexec.options.manifests import SIDES
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.options.quantity import Quantity
from airflow_provider_k8sexec.options.requested_pod import WORKER
from airflow_provider_k8sexec.rules.api_server.amounts import check_amount
from airflow_provider_k8sexec.rules.requested_pod.maximum import find_excess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from airflow_provider_k8sexec.options.requested_pod import RequestedPod
    from airflow_provider_k8sexec.rules.requested_pod.maximum import Amount

    Rules = tuple[Callable[[RequestedPod], Iterator[Problem]], ...]

ASTRO_EXECUTOR = "https://www.astronomer.io/docs/astro/kubernetes-executor"
ASTRO_PODS = "https://www.astronomer.io/docs/astro/kubernetespodoperator"
ASTRO_RESOURCES = "https://www.astronomer.io/docs/astro/kpo-task-level-resources"
SOFTWARE_LIMITS = "https://www.astronomer.io/docs/astro-private-cloud/configure-component-size-limits"

_ASTRO_USUAL = {"cpu": Quantity("43"), "memory": Quantity("86Gi")}
_ASTRO_MOST = {"cpu": Quantity("86"), "memory": Quantity("172Gi")}
_SOFTWARE_DEFAULT = {"cpu": Quantity("3500m"), "memory": Quantity("13440Mi")}


def check_platform_errors(requested: RequestedPod, platform: str) -> list[Problem]:
    """Find what the platform cannot run."""
    return _check_by(ERRORS, requested, platform)


def check_platform_warnings(requested: RequestedPod, platform: str) -> list[Problem]:
    """Find what the platform silently changes, or does not support well."""
    return _check_by(_WARNINGS, requested, platform)


def _check_by(rules: Mapping[str, Rules], requested: RequestedPod, platform: str) -> list[Problem]:
    is_worker = requested.kind == WORKER
    chosen = (rule for rule in rules.get(platform, ()) if is_worker or rule not in _OF_WORKERS)
    return [problem for rule in chosen for problem in rule(requested)]


def _check_astro_claims(requested: RequestedPod) -> Iterator[Problem]:
    """Astro has no persistent volumes, so the pod would wait for its claim for good."""
    for path, volume in maps_at(("spec",), requested.spec, "volumes"):
        for source in ("persistentVolumeClaim", "ephemeral"):
            if source in volume:
                reason = f"has the source {source}, and Astro has no persistent volumes ({ASTRO_PODS})"
                remedy = "write EmptyDir() for scratch space, and keep what is to stay in object storage"
                yield Problem(requested.name_path(path), "", reason, remedy, code="K8S501")


def _check_astro_template(requested: RequestedPod) -> Iterator[Problem]:
    """On Astro a task with a template of its own fails."""
    if requested.pod_template_file is not None:
        reason = f"makes the task fail on Astro, which overrides parts of it ({ASTRO_EXECUTOR})"
        yield Problem(
            POD_TEMPLATE_FILE,
            show(requested.pod_template_file),
            reason,
            "write pod options instead",
            code="K8S502",
        )


def _check_astro_most(requested: RequestedPod) -> Iterator[Problem]:
    """No pod on Astro is larger than the largest that its support can allow."""
    reason = f"is more than any pod on Astro can have ({ASTRO_EXECUTOR})"
    yield from _check_most(requested, _ASTRO_MOST, reason)


def _check_astro_usual(requested: RequestedPod) -> Iterator[Problem]:
    """A large pod needs a word with Astro's support."""
    reason = f"is more than a pod on Astro can have unless its support has raised that ({ASTRO_EXECUTOR})"
    most = [problem.field for problem in _check_astro_most(requested)]
    yield from (
        problem for problem in _check_most(requested, _ASTRO_USUAL, reason) if problem.field not in most
    )


def _check_astro_requests(requested: RequestedPod) -> Iterator[Problem]:
    """Astro raises a request to its limit, and bills the limit."""
    for path, container in requested.every_container():
        requests, limits = (amounts_of(container, side) for side in SIDES)
        for name, request in requests.items():
            if name in limits and request < limits[name]:
                limit = limits[name].text
                reason = f"is raised to the limit {limit!r} on Astro, which also bills it ({ASTRO_RESOURCES})"
                field = requested.name_path((*path, "resources", "requests", name))
                yield Problem(field, show(request.text), reason, f"write {limit!r} for both", code="K8S503")


def _check_astro_containers(requested: RequestedPod) -> Iterator[Problem]:
    """Astro does not test pods with more than the worker's container."""
    beside: dict[str, list[object]] = {}
    for path, container in requested.every_container():
        name = container.get("name")
        is_init = "initContainers" in path and not is_sidecar(container)
        if name != WORKER_CONTAINER and not is_init:
            beside.setdefault(requested.name_holder(path), []).append(name)
    for field, names in beside.items():
        reason = f"run beside the task, which Astro does not test ({ASTRO_EXECUTOR})"
        yield Problem(field, show(names), reason, "try it on a small Deployment first", code="K8S504")


def _check_astro_account(requested: RequestedPod) -> Iterator[Problem]:
    """Astro does not support service accounts of another cloud account."""
    name = requested.spec.get("serviceAccountName")
    if name is not None:
        reason = f"cannot act for another cloud account on Astro ({ASTRO_PODS})"
        remedy = "give the task its credentials as secrets, or remove it"
        yield Problem(
            requested.name_path(("spec", "serviceAccountName")), show(name), reason, remedy, code="K8S505"
        )


def _check_software_default(requested: RequestedPod) -> Iterator[Problem]:
    """An installation of Astronomer Software refuses pods above its maximum, which it can raise."""
    reason = (
        "is more than a pod can have on Astronomer Software unless the installation's maxPodCapacity is "
        f"raised ({SOFTWARE_LIMITS})"
    )
    yield from _check_most(requested, _SOFTWARE_DEFAULT, reason)


def _check_most(requested: RequestedPod, most: Mapping[str, Quantity], reason: str) -> Iterator[Problem]:
    return (excess.describe(reason) for excess in find_excess(requested, most, _has_right_unit))


def _has_right_unit(amount: Amount) -> bool:
    """Count the amounts that can be meant: that 500Mi are no cores is another rule's matter."""
    return not any(check_amount((), amount.resource, amount.quantity))


ERRORS: dict[str, Rules] = {
    "astro": (_check_astro_claims, _check_astro_template, _check_astro_most),
}
_WARNINGS: dict[str, Rules] = {
    "astro": (
        _check_astro_usual,
        _check_astro_requests,
        _check_astro_containers,
        _check_astro_account,
    ),
    "software": (_check_software_default,),
}
_OF_WORKERS = (_check_astro_template, _check_astro_containers)
"""What the platform does to workers alone, by its own page."""
