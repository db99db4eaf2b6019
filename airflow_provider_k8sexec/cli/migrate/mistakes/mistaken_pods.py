"""What is wrong with a pod as the source has it, by the rules that ``lint`` applies to a loaded task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from airflow_provider_k8sexec.cli.migrate.reading.values import Fields, Items, known
from airflow_provider_k8sexec.executor_names import EXECUTOR_CONFIG, POD_OVERRIDE, WORKER_CONTAINER
from airflow_provider_k8sexec.options.code import UNKNOWN, Code
from airflow_provider_k8sexec.options.requested_pod import RequestedPod
from airflow_provider_k8sexec.rules.findings import name_findings
from airflow_provider_k8sexec.rules.requested_pod.executor import (
    check_worker_command,
    check_worker_is_first,
    check_worker_name,
)
from airflow_provider_k8sexec.rules.requested_pod.handwritten import explain_plain_dict
from airflow_provider_k8sexec.rules.requested_pod.mounts import check_mounts, check_unmounted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.exceptions import Problem
    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.rules.findings import Finding

OVERRIDE = f"{EXECUTOR_CONFIG}[{POD_OVERRIDE!r}]"
"""What an author calls the pod."""

_NOT_RUN = ", so the task itself does not run"
_COMMAND = ("command", "args")
_OF_SERVICES = frozenset({*_COMMAND, "ports", "livenessProbe", "readinessProbe", "startupProbe"})
"""What only a container has that runs something of its own."""

_IMAGES = ("airflow", "astro")
"""What the name of an image has that runs a task."""


@frozen
class Verdict:
    """What is wrong with a pod.

    Attributes:
        problems: The problems.
        effect: What follows from them, as the end of a sentence.
        pod: What was meant; ``None`` where that is not sure.
    """

    problems: list[Problem] = field(factory=list)
    effect: str = ""
    pod: Fields | None = None


def examine_pod(pod: Fields, template: Manifest | None) -> Verdict:
    """Find what keeps a pod from doing what was meant.

    Args:
        pod: The pod; not changed.
        template: The pod template, if it is known; without it, a mount may be of one of its volumes.
    """
    shown = _show(pod)
    requested = RequestedPod.of_manifest(shown, POD_OVERRIDE, template=template)
    unsure = name_findings(_find_unsure(shown, requested, template), requested)
    if unsure:
        return Verdict(unsure)
    name = name_findings(check_worker_name(shown), requested) if _has_known_names(pod) else []
    command = name_findings(check_worker_command(shown), requested)
    problems = [*name, *command]
    if not problems:
        return Verdict(pod=pod)
    return Verdict(problems, _NOT_RUN if command else "", _mend(pod))


def _find_unsure(shown: Manifest, requested: RequestedPod, template: Manifest | None) -> Iterator[Finding]:
    yield from check_worker_is_first(shown)
    yield from check_unmounted(requested)
    if template is not None:
        yield from check_mounts(requested)


def find_plain_dicts(pod: Fields) -> Iterator[Problem]:
    """Find dicts where Airflow's merge needs models."""
    spec, metadata = pod.get("spec"), pod.get("metadata")
    for name, part, model in (("spec", spec, "V1PodSpec"), ("metadata", metadata, "V1ObjectMeta")):
        if isinstance(part, Fields) and not part.model:
            yield explain_plain_dict(f"{OVERRIDE}.{name}", model)
    if isinstance(spec, Fields) and spec.model:
        for index, container in enumerate(_containers_of(pod)):
            if not container.model:
                yield explain_plain_dict(f"{OVERRIDE}.spec.containers[{index}]", "V1Container")


def _has_known_names(pod: Fields) -> bool:
    return all(isinstance(known(container.get("name")), str) for container in _containers_of(pod))


def _containers_of(pod: Fields) -> list[Fields]:
    spec = pod.get("spec")
    containers = spec.get("containers") if isinstance(spec, Fields) else None
    items = containers if isinstance(containers, list) else []
    return [container for container in items if isinstance(container, Fields)]


def _mend(pod: Fields) -> Fields | None:
    """Give the pod with a container that runs the task; ``None`` where it is not sure which one."""
    mended: Fields = _copy(pod)
    containers = _containers_of(mended)
    workers = [item for item in containers if known(item.get("name")) == WORKER_CONTAINER]
    if not workers and not (len(containers) == 1 and _may_be_worker(containers[0])):
        return None if containers else mended
    worker = (workers or containers)[0]
    worker["name"] = WORKER_CONTAINER
    for key in _COMMAND:
        worker.pop(key, None)
    return mended


def _may_be_worker(container: Fields) -> bool:
    """Report whether the only container, of another name, was certainly meant for the task."""
    image = str(_show(container.get("image")) or "").lower()
    return _OF_SERVICES.isdisjoint(container) and (not image or any(word in image for word in _IMAGES))


def _copy(value: Any) -> Any:
    """Copy mappings and lists; expressions stay the objects that they are."""
    if isinstance(value, Fields):
        copied = Fields({key: _copy(item) for key, item in value.items()}, value.model)
        copied.lines |= value.lines
        return copied
    return (
        Items([_copy(item) for item in value], getattr(value, "lines", {}))
        if isinstance(value, list)
        else value
    )


def _show(value: Any) -> Any:
    """Give a value as rules look at it: an expression is its value, or where that is unknown its text."""
    if isinstance(value, dict):
        return {key: _show(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_show(item) for item in value]
    if isinstance(value, Code):
        return value.text if value.value is UNKNOWN else value.value
    return value
