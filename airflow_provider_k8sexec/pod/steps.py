"""Sets the per-try values of a try: the amounts of the worker, and where the pod may run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.options.after import FAILURE
from airflow_provider_k8sexec.options.manifests import SIDES, to_manifest
from airflow_provider_k8sexec.options.per_try import name_end
from airflow_provider_k8sexec.options.placement_steps import OF_SPEC
from airflow_provider_k8sexec.pod.executor_config import build_v1_pod
from airflow_provider_k8sexec.pod.fields import read_field, write_field

if TYPE_CHECKING:
    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.per_try import Chooser, Steps


def set_steps(spec: Any, worker: Any, per_try_values: Mapping[str, Steps], choose: Chooser) -> list[str]:
    """Set the per-try values of a try, in place.

    Where the pod no longer has the value of the first step, a hook has set another, and it stays.

    Args:
        spec: The spec of a merged pod, or of what its task requests.
        worker: The worker's container in it.
        per_try_values: The per-try values by field.
        choose: Chooses the step of each.

    Returns:
        The changes, each as a sentence.
    """
    changes = []
    for field, steps in per_try_values.items():
        index = choose(steps)
        when = _describe(steps, index)
        if field in OF_SPEC:
            changes += _set_placement(spec, steps, steps.at(index), when)
        else:
            changes += _set_amounts(worker, steps, steps.at(index), when)
    return changes


def _describe(steps: Steps, index: int) -> str:
    return f"for try {index + 1}" if steps.after == FAILURE else name_end(index, steps.after)


def _set_amounts(worker: Any, steps: Steps, step: list[str | None], when: str) -> list[str]:
    resources, name = read_field(worker, "resources") or {}, steps.field
    present = [read_amounts(resources, side).get(name) for side in SIDES]
    if step == present:
        return []
    if present != steps.steps[0]:
        return [f"{name} is not the amount {_of(when)}, because another hook changed it"]
    for side, amount in zip(SIDES, step, strict=True):
        others = {key: item for key, item in read_amounts(resources, side).items() if key != name}
        write_field(resources, side, others if amount is None else {**others, name: amount})
    write_field(worker, "resources", resources)
    return [f"{name} is {step[1] or step[0] or 0} {when}"]


def _of(when: str) -> str:
    return when.replace("for try", "of try")


def read_amounts(resources: Any, side: str) -> Mapping[str, Any]:
    """Read the requests or limits of a container's resources."""
    amounts = read_field(resources, side)
    return amounts if isinstance(amounts, Mapping) else {}


def _set_placement(spec: Any, steps: Steps, step: Any, when: str) -> list[str]:
    """Set a field of the spec as a whole.

    Where the first step is empty, Airflow's merge has left what the template has.
    """
    field, first = steps.field, steps.steps[0]
    present = to_manifest(read_field(spec, field))
    if (present or None) == (step or None):
        return []
    if first and present != first:
        return [f"{field} is not that {_of(when)}, because another hook changed it"]
    write_field(spec, field, step if isinstance(spec, Mapping) else _build_field(field, step))
    return [f"{field} is that {_of(when)}"]


def _build_field(field: str, value: Any) -> Any:
    """Build the models of a field: hooks of the site, which come later, expect them."""
    manifest: Manifest = {"spec": {"containers": [], field: value}}
    return read_field(build_v1_pod(manifest).spec, field)
