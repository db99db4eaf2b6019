"""How much a whole pod requests of a resource, and where that is more than its platform or site allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from attrs import frozen

from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.options.manifest_parts import amounts_of, is_sidecar, maps_of
from airflow_provider_k8sexec.options.manifests import SIDES
from airflow_provider_k8sexec.options.per_try import name_step
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.options.quantity import add_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from airflow_provider_k8sexec.options.quantity import Quantity
    from airflow_provider_k8sexec.options.requested_pod import RequestedPod


class Amount(NamedTuple):
    """How much one container requests of a resource.

    Attributes:
        container: Its name; empty for the pod as a whole.
        side: ``requests`` or ``limits``.
        resource: The resource in Kubernetes's words: ``cpu``, ``ephemeral-storage``.
        quantity: How much.
    """

    container: str
    side: str
    resource: str
    quantity: Quantity


@frozen
class Excess:
    """One resource of which a pod requests more than a maximum.

    Attributes:
        resource: The resource in Kubernetes's words.
        side: ``requests`` or ``limits``.
        amount: What the pod requests.
        most: The maximum.
        step: The step of per-try values that requests so much: ``[try 2]``; empty where it is the first.
    """

    resource: str
    side: str
    amount: Quantity
    most: Quantity | None
    step: str = ""

    def describe(self, reason: str) -> Problem:
        """Give the excess as a problem; the reason says whose the maximum is."""
        field = f"{self.resource} {self.side[:-1]}{self.step}"
        return Problem(field, show(self.amount.text), reason, f"request at most '{self.most}'", code="K8S601")


def find_excess(
    pod: RequestedPod,
    maximum: Mapping[str, Quantity | None],
    counts: Callable[[Amount], bool],
    is_allowed: Callable[[Amount], bool] = lambda _: False,
) -> Iterator[Excess]:
    """Find the resources of which a pod requests more than a maximum, each once.

    Args:
        pod: The pod.
        maximum: The maximum of each resource.
        counts: Whether the amount of a container counts.
        is_allowed: Whether it is allowed whatever the maximum is.
    """
    for resource, most in maximum.items():
        for side in reversed(SIDES):
            amount = _total(pod, resource, side, counts)
            if amount is None or (most is not None and amount <= most):
                continue
            allowed = max(filter(None, (most, _total(pod, resource, side, is_allowed))), default=None)
            if allowed is not None and amount > allowed:
                yield Excess(resource, side, amount, most, _name_largest_step(pod, resource, side))
                break  # a request above the maximum is no second problem where the limit is


def _name_largest_step(pod: RequestedPod, resource: str, side: str) -> str:
    """Name the step of the worker with the largest amount, if that is not the first."""
    amounts = [*pod.amounts_of_tries(resource, side)]
    if not amounts or max(amounts) == amounts[0]:
        return ""
    return name_step("", amounts.index(max(amounts)), pod.per_try_values[resource].after)


def _total(pod: RequestedPod, resource: str, side: str, counts: Callable[[Amount], bool]) -> Quantity | None:
    """Add up what a pod reserves or may use of a resource, in the try that requests most of it.

    Init containers run one after the other, beside the native sidecars that stand before them.
    Source: https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers
    """
    worker = pod.worker

    def most_of(holder: Mapping[str, Any]) -> list[Quantity]:
        amounts = [*filter(None, [amounts_of(holder, side).get(resource)])]
        if holder is worker:
            amounts += pod.amounts_of_tries(resource, side)
        name = str(holder.get("name") or "")
        return [max(amounts)] if amounts and counts(Amount(name, side, resource, max(amounts))) else []

    sidecars: list[Quantity] = []
    phases = [most_of(pod.spec)]
    for container in pod.init_containers():
        if is_sidecar(container):
            sidecars += most_of(container)
        else:
            phases.append([*sidecars, *most_of(container)])
    regular = maps_of(pod.spec.get("containers"))
    phases.append([amount for container in regular for amount in most_of(container)] + sidecars)
    return max(filter(None, map(add_up, phases)), default=None)
