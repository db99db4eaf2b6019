"""Why a container of a pod failed or does not start, from the statuses of the containers.

Sources: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/,
https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/,
https://kubernetes.io/docs/concepts/containers/images/ and, for the reasons why a container waits,
``pkg/kubelet/images/types.go`` of Kubernetes.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.diagnosis.lookup import (
    TIME,
    Object,
    find,
    find_named,
    find_number,
    find_objects,
    find_text,
    find_time,
)
from airflow_provider_k8sexec.diagnosis.phases import has_failed, has_succeeded
from airflow_provider_k8sexec.diagnosis.sentence import Diagnosis, double, parse_amount, show_option
from airflow_provider_k8sexec.diagnosis.volumes import after_config_error
from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER
from airflow_provider_k8sexec.options.manifest_parts import is_sidecar
from airflow_provider_k8sexec.pod.annotations import PER_TRY_ANNOTATION, read_steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow_provider_k8sexec.options.quantity import Quantity

_KILLED = 137
_NO_PROGRAM = {126, 127, 128}
_NOT_STARTED = {"StartError", "ContainerCannotRun"}
_IMAGE = {
    *("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable"),
    *("ImageInspectError", "SignatureValidationFailed"),
}
_CREATE = {"CreateContainerError", "RunContainerError"}
_PASSING = {"", "ContainerCreating", "PodInitializing"}
_CLOSED = re.compile(r"authoriz|authentic|denied|forbidden|\b40[13]\b", re.IGNORECASE)
_LIMITED = re.compile(r"toomanyrequests|\b429\b|rate limit", re.IGNORECASE)
_UNREACHABLE = re.compile(
    r"i/o timeout|no such host|TLS handshake|connection (?:refused|reset)|deadline exceeded|x509|\b50[0-4]\b",
    re.IGNORECASE,
)
_ARCHITECTURE = re.compile(r"no match for platform|no matching manifest", re.IGNORECASE)


def diagnose_memory(pod: Object) -> Diagnosis | None:
    """Diagnose a container that exceeded its memory limit."""
    of_pod = parse_amount(find(pod, "spec", "resources", "limits", "memory"))
    for name, end in _containers(pod, "terminated"):
        is_worker = name == WORKER_CONTAINER
        if end.get("reason") == "OOMKilled" and (is_worker or not has_succeeded(pod)):
            limit = parse_amount(find(_container(pod, name), "resources", "limits", "memory"))
            if limit is None and of_pod is not None:
                return diagnose_whole_exceeded(name, of_pod)
            if limit is None:
                cause = f"container {name!r}, which has no memory limit, used more memory than its node has"
                option = "memory=..." if is_worker else "its resources.limits.memory"
                return Diagnosis("OOMKilled", cause, f"set {option} to what it needs")
            if is_worker:
                return diagnose_exceeded(limit, _memory_steps(pod))
            cause = f"container {name!r} exceeded its memory limit of {limit.text}"
            return Diagnosis("OOMKilled", cause, f"set its resources.limits.memory to {double(limit)!r}")
    return None


def diagnose_exceeded(limit: Quantity, steps: Iterable[object]) -> Diagnosis:
    """Diagnose a worker that exceeded its memory limit.

    Args:
        limit: The limit.
        steps: The limit of each try, where the task requests per-try values.
    """
    return Diagnosis("OOMKilled", f"{show_option('memory', limit.text)} was exceeded", _more(limit, steps))


def diagnose_whole_exceeded(name: str, limit: Quantity) -> Diagnosis:
    """Diagnose a container without a limit that exceeded the memory limit of the pod as a whole."""
    cause = f"container {name!r} exceeded the memory limit of the pod as a whole, {limit.text}"
    return Diagnosis("OOMKilled", cause, f"write pod_resources={{'memory': {double(limit)!r}}}")


def _more(limit: Quantity, steps: Iterable[object]) -> str:
    """Suggest how to get more memory: by the next try, where that has more, or by one more step."""
    known = [amount for amount in map(parse_amount, steps) if amount is not None]
    larger = next((amount for amount in known if amount > limit), None)
    if larger is not None:
        return f"set retries=... so that it runs again, with {show_option('memory', larger.text)}"
    amounts = [amount.text for amount in known] or [limit.text]
    return f"try memory=per_try({', '.join(map(repr, [*amounts, double(limit)]))})"


def _memory_steps(pod: Object) -> Iterator[object]:
    """Read the memory limit of each try, where the task requests per-try values."""
    annotation = find_text(pod, "metadata", "annotations", PER_TRY_ANNOTATION)
    found = read_steps({PER_TRY_ANNOTATION: annotation or "{}"}).get("memory")
    for _, limit in found.steps if found is not None else ():
        yield limit


def diagnose_waiting(pod: Object) -> Diagnosis | None:
    """Diagnose a container that waits, for a reason that does not pass as the pod starts."""
    for name, wait in _containers(pod, "waiting"):
        reason, message = find_text(wait, "reason"), find_text(wait, "message")
        if reason in _IMAGE:
            return _diagnose_image(pod, name, reason, message)
        if reason == "CreateContainerConfigError":
            cause = message or f"container {name!r} cannot be created"
            return Diagnosis(reason, cause, after_config_error(message))
        if reason in _CREATE:
            return _diagnose_create(pod, name, reason, message)
        if reason == "CrashLoopBackOff":
            cause = f"container {name!r} ends shortly after each start"
            return Diagnosis(reason, cause, _read_log(pod, name))
        if reason not in _PASSING:
            return Diagnosis("Waiting", message or f"container {name!r} waits", _describe(pod), reason)
    return _diagnose_sidecar(pod)


def _diagnose_create(pod: Object, name: str, reason: str, message: str) -> Diagnosis:
    cause = message or f"container {name!r} cannot be created"
    if "exec: " in message or "no command specified" in message.lower():
        return _diagnose_program(name, cause, reason)
    return Diagnosis("CreateContainerError", cause, _describe(pod), reason)


def _diagnose_program(name: str, cause: str, reason: str) -> Diagnosis:
    if name == WORKER_CONTAINER:
        return Diagnosis(
            "StartError", cause, "name an image=... that has Airflow, and its shell, in it", reason
        )
    return Diagnosis("StartError", cause, f"correct the command or the image of container {name!r}", reason)


def _diagnose_image(pod: Object, name: str, reason: str, message: str) -> Diagnosis:
    image = find_text(_container(pod, name), "image")
    which = f"image={image!r}" if name == WORKER_CONTAINER else f"the image {image!r} of container {name!r}"
    if reason == "InvalidImageName":
        return Diagnosis("ImagePull", f"{which} is not a name of an image", "write registry/name:tag", reason)
    if reason == "ErrImageNeverPull":
        remedy = "write image_pull_policy='IfNotPresent'"
        return Diagnosis("ImagePull", f"{which} is not on the node, and is never pulled", remedy, reason)
    if _LIMITED.search(message):
        remedy = "pull it from a mirror, or set image_pull_secrets=['...'] to an account with a higher limit"
        return Diagnosis("RegistryUnavailable", f"the registry limits pulls of {which}", remedy)
    if reason == "RegistryUnavailable" or (_UNREACHABLE.search(message) and not _CLOSED.search(message)):
        remedy = "check that the nodes reach the registry; the node tries again"
        return Diagnosis("RegistryUnavailable", f"{which} cannot be pulled: {message}", remedy)
    if _ARCHITECTURE.search(message):
        remedy = "build it for the node's architecture, or write node_selector={'kubernetes.io/arch': '...'}"
        return Diagnosis("ImagePull", f"{which} has no variant for the node", remedy)
    if _CLOSED.search(message):
        remedy = "set image_pull_secrets=['...'] to a secret with the credentials of its registry"
    else:
        remedy = "set an image that exists, or, if its registry needs credentials, image_pull_secrets=['...']"
    return Diagnosis("ImagePull", f"{which} cannot be pulled", remedy)


def _diagnose_sidecar(pod: Object) -> Diagnosis | None:
    """Diagnose a sidecar that runs, but has not become ready, so that the worker does not begin."""
    for status in find_objects(pod, "status", "initContainerStatuses"):
        name = find_text(status, "name")
        is_running = isinstance(find(status, "state", "running"), dict)
        if is_running and status.get("started") is False and _is_sidecar(pod, name):
            cause = f"container {name!r}, which starts before the worker, has not passed its startup probe"
            return Diagnosis("SidecarNotStarted", cause, _read_log(pod, name))
    return None


def diagnose_end(pod: Object) -> Diagnosis | None:
    """Diagnose a container that ended badly; an error of the task's own is its log's to show."""
    deleted_at = _requested_deletion(pod)
    for name, end in _containers(pod, "terminated"):
        finished_at = find_text(end, "finishedAt") or deleted_at
        if not (deleted_at and finished_at >= deleted_at):
            found = _diagnose_terminated(pod, name, end)
            if found is not None:
                return found
            if name == WORKER_CONTAINER and find_number(end, "exitCode"):
                return None  # it failed by itself, and the others end because of that
    return _diagnose_company(pod)


def _diagnose_terminated(pod: Object, name: str, end: Object) -> Diagnosis | None:
    code, reason, message = find_number(end, "exitCode"), find_text(end, "reason"), find_text(end, "message")
    if reason == "ContainerStatusUnknown":
        cause = message or "its node does not know what became of it"
        return Diagnosis("NodeLost", cause, "set retries=... so that the task runs again", reason)
    if code in _NO_PROGRAM and reason in _NOT_STARTED:
        return _diagnose_program(name, message or f"container {name!r} could not be started", reason)
    if name != WORKER_CONTAINER:
        return _diagnose_other(pod, name, code)
    if code == _KILLED:
        cause = f"container {name!r} was killed (exit code 137), not for its own memory limit"
        remedy = "check whether its node was short of memory or was shut down, and set retries=..."
        return Diagnosis("Killed", cause, remedy)
    return None


def _diagnose_other(pod: Object, name: str, code: int) -> Diagnosis | None:
    """Diagnose a container before or beside the worker that failed, and the pod with it."""
    if not code or not has_failed(pod) or _is_sidecar(pod, name):
        return None  # a sidecar is ended when the worker has ended, however that shows in its exit code
    cause = f"container {name!r} ended with exit code {code}"
    if find_named(pod, "containers", name):
        return Diagnosis("SidecarFailed", cause, _read_log(pod, name))
    return Diagnosis("InitContainerFailed", f"{cause}, so that the worker never began", _read_log(pod, name))


def _diagnose_company(pod: Object) -> Diagnosis | None:
    """Diagnose a container beside the worker that goes on though the worker has ended."""
    regular = find_objects(pod, "status", "containerStatuses")
    has_ended = any(
        status.get("name") == WORKER_CONTAINER and isinstance(find(status, "state", "terminated"), dict)
        for status in regular
    )
    for status in regular if has_ended and find(pod, "status", "phase") == "Running" else []:
        if isinstance(find(status, "state", "running"), dict):
            cause = f"the worker has ended, and container {find_text(status, 'name')!r} keeps the pod running"
            remedy = "make it an init container with restartPolicy: Always, which ends with the worker"
            return Diagnosis("SidecarRunning", cause, remedy)
    return None


def _containers(pod: Object, state: str) -> Iterator[tuple[str, Object]]:
    """Iterate over the containers in a state, by name: the worker first, then in the order of the pod."""
    statuses = [
        status
        for field in ("initContainerStatuses", "containerStatuses")
        for status in find_objects(pod, "status", field)
    ]
    for status in sorted(statuses, key=lambda item: item.get("name") != WORKER_CONTAINER):
        found = find(status, "state", state)
        if isinstance(found, dict):
            yield find_text(status, "name"), found


def _container(pod: Object, name: str) -> Object:
    return find_named(pod, "containers", name) or find_named(pod, "initContainers", name)


def _is_sidecar(pod: Object, name: str) -> bool:
    return is_sidecar(find_named(pod, "initContainers", name))


def _requested_deletion(pod: Object) -> str:
    """Compute the timestamp at which the deletion of a pod was requested; empty where it was not.

    A container that ends after that was ended by the deletion, such as by a user who clears the task.
    ``deletionTimestamp`` is the end of the grace period; the two fields change together where a later request
    shortens the period.
    """
    end = find_time(pod, "metadata", "deletionTimestamp")
    if end is None:
        return ""
    try:
        grace = dt.timedelta(seconds=find_number(pod, "metadata", "deletionGracePeriodSeconds"))
        return (end - grace).strftime(TIME)
    except (ValueError, OverflowError):
        return ""


def _read_log(pod: Object, container: str) -> str:
    name, namespace = find_text(pod, "metadata", "name"), find_text(pod, "metadata", "namespace")
    return f"read its log: kubectl logs {name} -n {namespace} -c {container}"


def _describe(pod: Object) -> str:
    name, namespace = find_text(pod, "metadata", "name"), find_text(pod, "metadata", "namespace")
    return f"look at the pod: kubectl describe pod {name} -n {namespace}"
