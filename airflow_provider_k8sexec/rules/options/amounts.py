"""Rules about amounts that the pod of the first try does not show: those of later tries, and shared memory.

Source: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_k8sexec.options.paths import Written
from airflow_provider_k8sexec.options.per_try import name_step
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.options.resource_names import DEVICES, NVIDIA_GPU, option_of
from airflow_provider_k8sexec.rules.api_server.amounts import (
    check_amount,
    check_order,
    check_within_pod,
    is_kubernetes_resource,
)
from airflow_provider_k8sexec.rules.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.options.declaration import Declaration


def check_later_tries(declaration: Declaration) -> Iterator[Finding]:
    """The amounts of later tries are right by the rules that hold for those of the first."""
    for resource, bounds in declaration.resources.items():
        for index, step in enumerate(bounds.later, start=1):
            path = (option_of(resource), Written(name_step("", index, bounds.after)))
            amounts = sorted({amount for amount in (step.request, step.limit) if amount is not None})
            found = [finding for amount in amounts for finding in check_amount(path, resource, amount)]
            yield from found or check_order(path, step.request, step.limit)
            whole = declaration.pod_resources.get(resource)
            if whole is not None:
                sides = ((step.request, whole.request), (step.limit, whole.limit))
                yield from dict.fromkeys(found for side in sides for found in check_within_pod(path, *side))


def check_devices(declaration: Declaration) -> Iterator[Finding]:
    """A device is an extended resource: one of Kubernetes's own would be no device in the pod."""
    for name in declaration.gpu:
        if is_kubernetes_resource(name):
            reason = "is not an extended resource, whose name has its vendor's domain"
            remedy = f"write for example {{{NVIDIA_GPU!r}: 1}}"
            yield Finding((DEVICES, name), show(name), reason, remedy, is_of_key=True, code="K8S106")


def check_shared_memory(declaration: Declaration) -> Iterator[Finding]:
    """Shared memory fits into the memory limit of each try, against which it counts."""
    size, memory = declaration.shared_memory, declaration.memory
    if size is None or memory is None or any(check_amount((), "memory", size)):
        return
    for index, step in enumerate(memory.steps):
        if step.limit is not None and size > step.limit:
            of_try = f" of {name_step('memory', index, memory.after)}" if memory.later else ""
            reason = f"is more than the memory limit {step.limit}{of_try}, against which it counts"
            yield Finding(
                ("shared_memory",), show(size.text), reason, "request less, or more memory", code="K8S106"
            )
