"""What Kubernetes and Airflow silently accept, and what probably does not do what was meant.

All of it is a warning: these rules know what people get wrong, and cannot know what a task is for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.options.manifest_parts import amounts_of, mapping_of, maps_at, maps_of, texts_in
from airflow_provider_k8sexec.options.manifests import SIDES
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.options.requested_pod import WORKER
from airflow_provider_k8sexec.rules.api_server.names import ENVIRONMENT_NAME, PORTABLE_NAME
from airflow_provider_k8sexec.rules.findings import name_findings
from airflow_provider_k8sexec.rules.plaintext_secrets import is_plaintext_secret
from airflow_provider_k8sexec.rules.requested_pod.beside_worker import check_ends_of_task, check_positions
from airflow_provider_k8sexec.rules.requested_pod.mounts import (
    check_replaced_volumes,
    check_unmounted,
    check_volume_claims,
)
from airflow_provider_k8sexec.rules.requested_pod.sub_paths import check_expressions, check_sub_paths
from airflow_provider_k8sexec.rules.requested_pod.template_fields import write_instead
from airflow_provider_k8sexec.rules.requested_pod.variables import check_references, check_shell_forms

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from airflow_provider_k8sexec.options.paths import Path
    from airflow_provider_k8sexec.options.requested_pod import RequestedPod

_WITHOUT_AIRFLOW = re.compile(
    r"alpine|amazonlinux|bash|busybox|centos|curl|debian|fedora|golang|hello-world|httpd|jupyter|maven|miniconda3"
    r"|mongo|mysql|nginx|node|openjdk|perl|php|postgres|python|r-base|redis|rockylinux|ruby|rust|tensorflow|ubuntu"
)
_RANDOM_NAME = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_GPU_WORD = re.compile(r"gpu|nvidia|accelerator", re.IGNORECASE)


def check_passwords(requested: RequestedPod) -> Iterator[Problem]:
    """A password in a DAG file is in the repository, in the database and in the UI."""
    for path, container in requested.every_container():
        for here, variable in maps_at(path, container, "env"):
            name, value = str(variable.get("name")), variable.get("value")
            if isinstance(value, str) and is_plaintext_secret(name, value):
                reason = "looks like a plaintext password, visible to everyone with the DAG or the UI"
                remedy = f"put it into a secret, and write secrets=[{name!r}]"
                yield Problem(requested.name_path(here), "", reason, remedy, code="K8S401")


def check_airflow_image(requested: RequestedPod) -> Iterator[Problem]:
    """The worker's image has Airflow in it, because Airflow runs the task."""
    image = requested.worker.get("image")
    if not isinstance(image, str):
        return
    repository = image.partition("@")[0].removeprefix("docker.io/").removeprefix("library/")
    name = repository.rpartition("/")[2].partition(":")[0]
    if _WITHOUT_AIRFLOW.fullmatch(name) and "airflow" not in image:
        reason = "has no Airflow in it, and Airflow runs the task in this container"
        remedy = "build on the deployment's own image, or use the KubernetesPodOperator"
        yield Problem(
            requested.name_path((*requested.worker_path, "image")), show(image), reason, remedy, code="K8S402"
        )


def check_portable_names(requested: RequestedPod) -> Iterator[Problem]:
    """A variable has a name that every release of Kubernetes takes."""
    for path, container in requested.every_container():
        for here, variable in maps_at(path, container, "env"):
            name = variable.get("name") or ""
            is_right = isinstance(name, str) and ENVIRONMENT_NAME.pattern.fullmatch(name)
            if is_right and not PORTABLE_NAME.fullmatch(name):
                reason = "is a name that only Kubernetes 1.34 and later take, and that no shell can read"
                remedy = "write letters, digits and '_'"
                yield Problem(requested.name_path((*here, "name")), show(name), reason, remedy, code="K8S403")


def check_gpu_requested(requested: RequestedPod) -> Iterator[Problem]:
    """A pod that is sent to GPU nodes requests a GPU, or cannot use one."""
    devices = [
        name
        for container in requested.containers()
        for name in amounts_of(container, "limits")
        if "/" in name and _GPU_WORD.search(name)
    ]
    if devices:
        return
    for key, value in mapping_of(requested.spec.get("nodeSelector")).items():
        if _GPU_WORD.search(f"{key}={value}"):
            yield _without_gpu(requested, ("spec", "nodeSelector", str(key)), value)
    for path, toleration in maps_at(("spec",), requested.spec, "tolerations"):
        if _GPU_WORD.search(str(toleration.get("key"))):
            yield _without_gpu(requested, path, toleration["key"])


def _without_gpu(requested: RequestedPod, path: Path, value: object) -> Problem:
    reason = "is for nodes with GPUs, and the task requests no GPU, so it cannot see one"
    return Problem(
        requested.name_path(path), show(value), reason, "write gpu=1, too, or remove it", code="K8S404"
    )


def check_spread_selectors(requested: RequestedPod) -> Iterator[Problem]:
    """A topology spread constraint counts the pods of its selector: without one, it spreads none.

    Source: https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
    """
    for path, constraint in maps_at(("spec",), requested.spec, "topologySpreadConstraints"):
        if constraint.get("labelSelector") is None:
            reason = "has no labelSelector, so that it counts no pod and spreads none"
            remedy = "write 'labelSelector': {'matchLabels': {...}}, with labels of the pods to spread"
            yield Problem(
                requested.name_path(path), show(constraint.get("topologyKey")), reason, remedy, code="K8S405"
            )


def check_templating(requested: RequestedPod) -> Iterator[Problem]:
    """Airflow renders no Jinja in a pod."""
    for path, text in texts_in(requested.pod):
        if "{{" in text and "}}" in text:
            reason = "is written as a Jinja template, and Airflow renders none in executor_config"
            name = requested.name_path(path)
            yield Problem(name, "", reason, write_instead(name, text), code="K8S406")


def check_stable_names(requested: RequestedPod) -> Iterator[Problem]:
    """A name that is new at every parse makes a new version of the DAG every time."""
    for path, volume in maps_at(("spec",), requested.spec, "volumes"):
        name = str(volume.get("name"))
        if _RANDOM_NAME.search(name):
            reason = "is named anew at each parse, and each time the DAG has a new version"
            remedy = "name it yourself, or write secrets=[Secret('KEY', file='/path')]"
            yield Problem(requested.name_path(path), show(name), reason, remedy, code="K8S407")


def check_dropped_limits(requested: RequestedPod) -> Iterator[Problem]:
    """Resources are replaced as a whole: requests alone drop the template's limits."""
    requests, limits = (amounts_of(requested.worker, side) for side in SIDES)
    below = _template_worker(requested)
    kept = amounts_of(below, "limits")
    if not requests or limits or (requested.template is not None and not kept):
        return
    dropped = f" {', '.join(f'{name}={amount}' for name, amount in kept.items())}" if kept else ""
    reason = f"are given without limits, which drops the pod template's{dropped}"
    remedy = "write the limits, too"
    path = (*requested.worker_path, "resources", "requests")
    yield Problem(requested.name_path(path), show(sorted(requests)), reason, remedy, code="K8S308")


def check_device_claims(requested: RequestedPod) -> Iterator[Problem]:
    """Resources are replaced as a whole: claims of devices alone drop the template's amounts."""
    given = mapping_of(requested.worker.get("resources"))
    kept = amounts_of(_template_worker(requested), "limits")
    if given.get("claims") and not (given.get("requests") or given.get("limits")) and kept:
        dropped = ", ".join(f"{name}={amount}" for name, amount in kept.items())
        reason = f"is requested without amounts, which drops the pod template's {dropped}"
        path = (*requested.worker_path, "resources", "claims", 0)
        names = [claim.get("name") for claim in maps_of(given["claims"])]
        remedy = "request cpu=... and memory=... as well"
        yield Problem(requested.name_path(path), show(names), reason, remedy, code="K8S308")


def check_lost_values(requested: RequestedPod) -> Iterator[Problem]:
    """Airflow's merge takes false and zero for unset, so that the template's value stands."""
    parts: list[tuple[Path, Mapping[str, Any], Mapping[str, Any]]] = [
        (("spec",), requested.spec, requested.template_spec),
        (requested.worker_path, requested.worker, _template_worker(requested)),
    ]
    for path, part, below in parts:
        for name, value in part.items():
            if isinstance(value, (bool, int)) and not value and below.get(name):
                reason = f"is lost in Airflow's merge, and the pod template's {below[name]!r} stands"
                remedy = f"write k8s_config(pod_override=...), with which {value!r} arrives"
                yield Problem(requested.name_path((*path, name)), show(value), reason, remedy, code="K8S308")


def _template_worker(requested: RequestedPod) -> Mapping[str, Any]:
    return next(iter(maps_of(requested.template_spec.get("containers"))), {})


_ALWAYS = (
    check_passwords,
    check_portable_names,
    check_gpu_requested,
    check_spread_selectors,
    check_stable_names,
    check_device_claims,
)
_IN_WHOLE_PODS = (
    check_unmounted,
    check_volume_claims,
    check_replaced_volumes,
    check_sub_paths,
    check_expressions,
    check_references,
    check_shell_forms,
    check_ends_of_task,
)
_OF_WORKERS = (check_airflow_image, check_templating)
_MERGED_BY_POSITION = (check_positions,)
_BY_HAND = (check_dropped_limits, check_lost_values)


def check_likely_mistakes(requested: RequestedPod) -> list[Problem]:
    """Find what was probably not meant, in any pod."""
    is_worker = requested.kind == WORKER
    alone = (*_ALWAYS, *(_OF_WORKERS if is_worker else ()))
    found = [problem for rule in alone for problem in rule(requested)]
    whole = (*_IN_WHOLE_PODS, *(_MERGED_BY_POSITION if is_worker else ()))
    named = (finding for rule in whole for finding in rule(requested))
    return [*found, *name_findings(named, requested)]


def check_merge_surprises(requested: RequestedPod) -> list[Problem]:
    """Find what Airflow's merge makes of a hand-written override, and its author may not know."""
    return [problem for rule in _BY_HAND for problem in rule(requested)]
