"""Why a pod failed or does not start, from its status, and from its events where the status has no reason.

Sources: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/ and
https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.diagnosis.disruptions import diagnose_disruption
from airflow_provider_k8sexec.diagnosis.lookup import (
    Object,
    find,
    find_named,
    find_number,
    find_objects,
    find_text,
)
from airflow_provider_k8sexec.diagnosis.scheduling import diagnose_scheduling
from airflow_provider_k8sexec.diagnosis.sentence import CORRECT, Diagnosis, double, parse_amount, show_option
from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER
from airflow_provider_k8sexec.options.resource_names import BYTES, EPHEMERAL_STORAGE
from airflow_provider_k8sexec.pod.annotations import PER_TRY_ANNOTATION, read_annotation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow_provider_k8sexec.options.quantity import Quantity

_KILLED = 137
_NO_PROGRAM = {126, 127, 128}
_IMAGE = {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable"}
_CONFIG = {"CreateContainerConfigError", "CreateContainerError", "RunContainerError"}
_PASSING = {"", "ContainerCreating", "PodInitializing"}
_MISSING_KEY = re.compile(
    r"couldn't find key (?P<key>\S+) in (?P<kind>Secret|ConfigMap) \S+?/(?P<name>[^\s,]+)", re.IGNORECASE
)
_MISSING_OBJECT = re.compile(r'(?P<kind>secret|configmap) "(?P<name>[^"]+)" not found')
_MISSING_FILE = re.compile(r"references non-existent (?P<kind>secret|config) key: (?P<key>\S+)")
_EMPTY_DIR = re.compile(r'EmptyDir volume "(?P<name>[^"]+)" exceeds the limit "(?P<limit>[^"]+)"')
_OWN_DISK = re.compile(r'(?:storage limit|total limit of containers) "?(?P<limit>[0-9][^\s"]*?)"?\.?(?:\s|$)')
_LOW = re.compile(r"low on resource: (?P<resource>[a-z-]+)")
_WAS_USING = re.compile(rf"Container {WORKER_CONTAINER} was using (?P<amount>[0-9][^\s,]*)")
_CLOSED = re.compile(r"authoriz|authentic|denied|forbidden|\b40[13]\b", re.IGNORECASE)
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_VOLUME_EVENTS = {"FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox"}


def diagnose_pod(pod: Object, events: Iterable[Object] = ()) -> Diagnosis | None:
    """Diagnose why a pod failed or does not start.

    The most specific cause comes first: a container that exceeded its memory limit, for example, also ends
    with exit code 137, as does one that is killed with its pod.

    Args:
        pod: The pod as the API server returns it.
        events: Events about it, the latest one last.

    Returns:
        The diagnosis; ``None`` if nothing is wrong, or if the task ended with an error of its own, which its
        log shows better.
    """
    return (
        _diagnose_memory(pod)
        or _diagnose_whole(pod)
        or diagnose_disruption(pod)
        or _diagnose_waiting(pod)
        or diagnose_scheduling(pod)
        or _diagnose_end(pod)
        or diagnose_events(events)
    )


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


def _diagnose_memory(pod: Object) -> Diagnosis | None:
    for name, end in _containers(pod, "terminated"):
        if end.get("reason") == "OOMKilled":
            limit = parse_amount(find(_container(pod, name), "resources", "limits", "memory"))
            is_worker = name == WORKER_CONTAINER
            if limit is None:
                cause = f"container {name!r}, which has no memory limit, used more memory than its node has"
                option = "memory=..." if is_worker else "its resources.limits.memory"
                return Diagnosis("OOMKilled", cause, f"set {option} to what it needs")
            if is_worker:
                cause = f"{show_option('memory', limit.text)} was exceeded"
                return Diagnosis("OOMKilled", cause, _next_step(pod, limit))
            cause = f"container {name!r} exceeded its memory limit of {limit.text}"
            return Diagnosis("OOMKilled", cause, f"set its resources.limits.memory to {double(limit)!r}")
    return None


def _next_step(pod: Object, limit: Quantity) -> str:
    """Suggest how to get more memory: by the next try, where that has more, or by one more step."""
    steps = [amount for amount in map(parse_amount, _memory_steps(pod)) if amount is not None]
    larger = next((amount for amount in steps if amount > limit), None)
    if larger is not None:
        return f"set retries=... so that it runs again, with {show_option('memory', larger.text)}"
    amounts = [amount.text for amount in steps] or [limit.text]
    return f"try memory=per_try({', '.join(map(repr, [*amounts, double(limit)]))})"


def _memory_steps(pod: Object) -> Iterator[object]:
    """Read the memory limit of each try, where the task requests per-try values."""
    annotation = find_text(pod, "metadata", "annotations", PER_TRY_ANNOTATION)
    steps = read_annotation({PER_TRY_ANNOTATION: annotation or "{}"}, PER_TRY_ANNOTATION).get("memory")
    for step in steps if isinstance(steps, list) else []:
        yield step[-1] if isinstance(step, list) and step else None


def _diagnose_whole(pod: Object) -> Diagnosis | None:
    """Diagnose by the reason of the pod as a whole, which its node sets when it ends the pod."""
    reason, message = find_text(pod, "status", "reason"), find_text(pod, "status", "message")
    if find(pod, "status", "phase") != "Failed" or not reason:
        return None
    if reason == "DeadlineExceeded":
        return _diagnose_deadline(find_number(pod, "spec", "activeDeadlineSeconds"), message)
    if reason == "Evicted":
        cause = message or "the node was short of a resource that the pod used"
        return Diagnosis("Evicted", cause, _after_eviction(message, pod))
    remedy = "set retries=... so that the task runs again, on another node"
    return Diagnosis("NodeFailure", message or "the node ended the pod", remedy, reason)


def _diagnose_deadline(seconds: int, message: str) -> Diagnosis:
    if not seconds:
        remedy = "set a longer active_deadline_seconds=..., or remove the option"
        return Diagnosis("DeadlineExceeded", message or "its time limit had passed", remedy)
    remedy = f"set active_deadline_seconds={2 * seconds}, or remove the option"
    return Diagnosis("DeadlineExceeded", f"active_deadline_seconds={seconds} had passed", remedy)


def _after_eviction(message: str, pod: Object) -> str:
    volume, own, low = _EMPTY_DIR.search(message), _OWN_DISK.search(message), _LOW.search(message)
    if volume:
        mounts = find_objects(_container(pod, WORKER_CONTAINER), "volumeMounts")
        path = next(
            (mount.get("mountPath") for mount in mounts if mount.get("name") == volume["name"]), "..."
        )
        limit = parse_amount(volume["limit"])
        size = repr(double(limit)) if limit else "..."
        return f"write volumes={{{path!r}: EmptyDir(size={size})}}"
    if own:
        limit = parse_amount(own["limit"])
        return (
            f"write {show_option(EPHEMERAL_STORAGE, double(limit))}"
            if limit
            else "write ephemeral_storage=..."
        )
    if low and low["resource"] in BYTES:
        used = _WAS_USING.search(message)
        amount = parse_amount(used["amount"]) if used else None
        option = f"{low['resource'].replace('-', '_')}=..."
        requested = show_option(low["resource"], amount.text) if amount else option
        return f"request what the task needs, {requested}, so that a node keeps it free"
    return "set retries=... so that the task runs again, on another node"


def _diagnose_waiting(pod: Object) -> Diagnosis | None:
    for name, wait in _containers(pod, "waiting"):
        reason, message = find_text(wait, "reason"), find_text(wait, "message")
        if reason in _IMAGE:
            return _diagnose_image(pod, name, message)
        if reason in _CONFIG:
            cause = message or f"container {name!r} cannot be created"
            return Diagnosis("CreateContainerConfigError", cause, _after_missing(message), reason)
        if reason == "CrashLoopBackOff":
            cause = f"container {name!r} ends shortly after each start"
            return Diagnosis("CrashLoopBackOff", cause, _read_log(pod, name))
        if reason not in _PASSING:
            return Diagnosis("Waiting", message or f"container {name!r} waits", _describe(pod), reason)
    return None


def _diagnose_image(pod: Object, name: str, message: str) -> Diagnosis:
    image = find_text(_container(pod, name), "image")
    which = f"image={image!r}" if name == WORKER_CONTAINER else f"the image {image!r} of container {name!r}"
    if _CLOSED.search(message):
        remedy = "set image_pull_secrets=['...'] to a secret with the credentials of its registry"
    else:
        remedy = "set an image that exists, or, if its registry needs credentials, image_pull_secrets=['...']"
    return Diagnosis("ImagePull", f"{which} cannot be pulled", remedy)


def _after_missing(message: str) -> str:
    key, missing, file = (
        _MISSING_KEY.search(message),
        _MISSING_OBJECT.search(message),
        _MISSING_FILE.search(message),
    )
    if key:
        kind = "secret" if key["kind"].lower() == "secret" else "config map"
        optional = (
            f", or write Secret({key['key']!r}, name={key['name']!r}, optional=True)"
            if kind == "secret"
            else ""
        )
        return f"add the key {key['key']!r} to the {kind} {key['name']!r}{optional}"
    if missing:
        kind = "secret" if missing["kind"] == "secret" else "config map"
        return f"create the {kind} {missing['name']!r}, or refer to another one"
    if file:
        kind = "secret" if file["kind"] == "secret" else "config map"
        return f"add the key {file['key']!r} to the {kind}, or remove it from the pod options"
    if "runAsNonRoot" in message:
        return "write container_security_context={'runAsUser': 50000}"
    return CORRECT


def _diagnose_end(pod: Object) -> Diagnosis | None:
    deleted_at = _requested_deletion(pod)
    for name, end in _containers(pod, "terminated"):
        finished_at = find_text(end, "finishedAt") or deleted_at
        if deleted_at and finished_at >= deleted_at:
            continue
        code, reason, message = (
            find_number(end, "exitCode"),
            find_text(end, "reason"),
            find_text(end, "message"),
        )
        if code == _KILLED:
            cause = f"container {name!r} was killed (exit code 137), not for its own memory limit"
            remedy = "check whether its node was short of memory or was shut down, and set retries=..."
            return Diagnosis("Killed", cause, remedy)
        if code in _NO_PROGRAM and reason in {"StartError", "ContainerCannotRun"}:
            cause = message or f"container {name!r} could not be started"
            return Diagnosis("StartError", cause, "name an image=... that has Airflow, and its shell, in it")
        if code and name != WORKER_CONTAINER and find(pod, "status", "phase") == "Failed":
            cause = f"container {name!r} ended with exit code {code}"
            return Diagnosis("InitContainerFailed", cause, _read_log(pod, name))
    return None


def _requested_deletion(pod: Object) -> str:
    """Compute the timestamp at which the deletion of a pod was requested; empty where it was not.

    A container that ends after that was ended by the deletion, such as by a user who clears the task.
    ``deletionTimestamp`` is the end of the grace period; the two fields change together where a later request
    shortens the period.
    """
    try:
        end = dt.datetime.strptime(find_text(pod, "metadata", "deletionTimestamp"), _TIME)  # noqa: DTZ007  # both times are UTC
        grace = dt.timedelta(seconds=find_number(pod, "metadata", "deletionGracePeriodSeconds"))
        return (end - grace).strftime(_TIME)
    except (ValueError, OverflowError):
        return ""


def diagnose_events(events: Iterable[Object]) -> Diagnosis | None:
    """Diagnose from its events why a pod does not start; the latest one with a known reason counts."""
    found = None
    for event in events:
        reason, message = find_text(event, "reason"), find_text(event, "message")
        if reason in _VOLUME_EVENTS and message:
            found = Diagnosis("VolumeMount", message, _after_missing(message), reason)
    return found


def _read_log(pod: Object, container: str) -> str:
    name, namespace = find_text(pod, "metadata", "name"), find_text(pod, "metadata", "namespace")
    return f"read its log: kubectl logs {name} -n {namespace} -c {container}"


def _describe(pod: Object) -> str:
    name, namespace = find_text(pod, "metadata", "name"), find_text(pod, "metadata", "namespace")
    return f"look at the pod: kubectl describe pod {name} -n {namespace}"
