"""The most important fields of a pod, as one row of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_k8sexec.options.after import FAILURE
from airflow_provider_k8sexec.options.auto import APPLY
from airflow_provider_k8sexec.options.manifests import SIDES
from airflow_provider_k8sexec.options.placement_steps import OF_SPEC
from airflow_provider_k8sexec.pod.annotations import read_per_try
from airflow_provider_k8sexec.pod.merge_repair import find_worker
from airflow_provider_k8sexec.pod.secret_uses import read_secret_uses

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.per_try import Chooser, Steps

_SELECTOR = "nodeSelector"


def summarize(pod: Manifest, choose: Chooser) -> dict[str, str]:
    """Summarize a worker's merged pod: resources of its try and of later ones, secrets, image, nodes.

    Args:
        pod: The pod.
        choose: Chooses the steps that it has.
    """
    return summarize_container(pod, find_worker(pod["spec"]), read_per_try(pod), choose)


def summarize_container(
    pod: Manifest, worker: Manifest, per_try_values: Mapping[str, Steps], choose: Chooser
) -> dict[str, str]:
    """Summarize a pod by the container of its task.

    Args:
        pod: The pod.
        worker: The container.
        per_try_values: What differs between its tries, by field.
        choose: Chooses the steps that the pod has.
    """
    later = {field: steps.steps[max(choose(steps), 0) + 1 :] for field, steps in per_try_values.items()}

    def write(field: str, *values: str) -> str:
        return _write_steps(per_try_values[field], values) if field in later else values[0]

    amounts = {
        name: write(name, *(_write_range(*amounts) or "none" for amounts in [first, *later.get(name, ())]))
        for name, first in _read_amounts(worker, [*later]).items()
    }
    gpus = [f"{text} {name}" for name, text in amounts.items() if name.partition("/")[2] == "gpu"]
    selectors = [pod["spec"].get(_SELECTOR) or {}, *later.get(_SELECTOR, ())]
    selector = write(_SELECTOR, *(_write_selector(item) or "none" for item in selectors))
    return {
        "cpu": amounts.get("cpu", ""),
        "memory": amounts.get("memory", ""),
        "gpu": ", ".join(gpus),
        "secrets": ", ".join(_name_secrets(pod, worker)),
        "image": worker.get("image") or "",
        "node selector": selector if any(selectors) else "",
    }


def _read_amounts(worker: Manifest, more: Iterable[str]) -> dict[str, list[object]]:
    """Read request and limit of each resource, also of those that a later step alone requests."""
    sides = [(worker.get("resources") or {}).get(side) or {} for side in SIDES]
    names = [*sides[0], *sides[1], *(name for name in more if name not in OF_SPEC)]
    return {name: [side.get(name) for side in sides] for name in dict.fromkeys(names)}


def _write_steps(steps: Steps, values: Sequence[str]) -> str:
    """Write the value that a pod has, and those of the steps that follow: ``1Gi, after an OOM 2Gi, 4Gi``.

    Where history decides, the steps are those of a task without one.
    """
    first, *later = values
    after = steps.after
    if steps.history == APPLY:
        return f"{first}, or by history up to {steps.steps[-1][-1]}"
    if after == FAILURE or not later:
        return ", then ".join(values)
    noun = {"oom": "an OOM", "disruption": "a disruption"}[after]
    return f"{first}, after {noun} {', '.join(later)}"


def _write_selector(selector: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in selector.items())


def _write_range(request: object, limit: object) -> str:
    return str(request or "") if request == limit else f"{request or ''}..{limit or ''}"


def _name_secrets(pod: Manifest, worker: Manifest) -> dict[str, None]:
    uses = [use for use in read_secret_uses(pod["spec"], worker) if use.secret]
    return dict.fromkeys(f"{use.secret}/{use.key or '*'}" for use in uses)
