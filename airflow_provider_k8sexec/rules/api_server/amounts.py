"""Amounts in manifests: what the API server refuses, and what is legal but probably a mistake.

Source: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.options.manifests import SIDES
from airflow_provider_k8sexec.options.nearest_names import find_nearest
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.options.quantity import LARGEST, Quantity, describe_few_bytes
from airflow_provider_k8sexec.options.resource_names import COMPUTE_RESOURCES, HUGE_PAGES
from airflow_provider_k8sexec.rules.api_server.names import check_label_key
from airflow_provider_k8sexec.rules.findings import Finding, of_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import Path

_MANY_CORES = 100
_LONGEST_VENDOR = 253 - len("requests.")
_BINARY = {"Ki", "Mi", "Gi", "Ti", "Pi", "Ei"}
_COMPUTE_RESOURCES = tuple(COMPUTE_RESOURCES.values())


def check_resources(path: Path, part: Manifest) -> Iterator[Finding]:
    """Check the ``resources`` of a container: names, amounts, and requests against limits."""
    sides: dict[str, dict[str, Quantity]] = {side: {} for side in SIDES}
    for side, amounts in sides.items():
        for name, value in (part.get(side) or {}).items():
            here = (*path, side, name)
            found = [*of_key(here, _check_resource_name(here, name)), *_check_value(here, name, value)]
            yield from found
            if not found:
                amounts[name] = Quantity(str(value))
    yield from _check_sides(path, *sides.values())


def _check_resource_name(path: Path, name: str) -> Iterator[Finding]:
    """A resource is one of Kubernetes's own, or an extended one, whose name has its vendor's domain."""
    if "/" in name:
        yield from check_label_key(path, name)
        # A quota names it `requests.<name>`, and that must be a name with a domain as well.
        if name.startswith("requests.") or len(name.partition("/")[0]) > _LONGEST_VENDOR:
            reason = "cannot stand in a quota as 'requests.<name>'"
            yield Finding(path, show(name), reason, "write for example 'nvidia.com/gpu'", code="K8S203")
    elif not is_kubernetes_resource(name):
        reason = "is neither a resource of Kubernetes nor an extended one, whose name has its vendor's domain"
        nearest = find_nearest(name, _COMPUTE_RESOURCES)
        known = ", ".join(map(repr, _COMPUTE_RESOURCES))
        remedy = (
            f"write {nearest!r}" if nearest else f"write one of {known}, or for example 'nvidia.com/{name}'"
        )
        yield Finding(path, show(name), reason, remedy, code="K8S203")


def is_kubernetes_resource(name: str) -> bool:
    """Report whether a resource is one of Kubernetes's own that a container can have."""
    return name in _COMPUTE_RESOURCES or name.startswith(HUGE_PAGES)


def _check_value(path: Path, resource: str, value: Any) -> Iterator[Finding]:
    try:
        amount = Quantity(str(value))
    except ValueError:
        remedy = "write for example '500m' or '1Gi'"
        yield Finding(path, show(value), "is not a Kubernetes quantity", remedy, code="K8S203")
        return
    yield from check_amount(path, resource, amount)


def check_size(path: Path, value: Any) -> Iterator[Finding]:
    """Check an amount of bytes."""
    yield from _check_value(path, "memory", value)


def check_amount(path: Path, resource: str, amount: Quantity) -> Iterator[Finding]:
    """Check one amount of a resource, in Kubernetes's name for it."""
    if amount.number < 0:
        yield Finding(
            path, show(amount.text), "is negative", f"write '{amount.text.lstrip('-')}'", code="K8S203"
        )
    elif amount.number > LARGEST:
        yield Finding(
            path,
            show(amount.text),
            "is more than Kubernetes can count",
            "write a smaller amount",
            code="K8S203",
        )
    elif resource == "cpu":
        yield from _check_cores(path, amount)
    elif "/" in resource:
        if amount.number != amount.number.to_integral_value():
            reason = "is not an integer, as devices are counted"
            yield Finding(path, show(amount.text), reason, "write for example 1", code="K8S203")
    elif resource.startswith(HUGE_PAGES):
        yield from _check_pages(path, resource, amount)
    elif resource in _COMPUTE_RESOURCES:
        yield from _check_bytes(path, amount)


def _check_pages(path: Path, resource: str, amount: Quantity) -> Iterator[Finding]:
    page = resource.removeprefix(HUGE_PAGES)
    try:
        size = Quantity(page).number
    except ValueError:
        return  # the server takes any name
    if size > 0 and amount.number % size:
        reason = f"is not a multiple of a page of {page}"
        yield Finding(path, show(amount.text), reason, f"write for example '{page}'", code="K8S203")


def _check_cores(path: Path, amount: Quantity) -> Iterator[Finding]:
    written = f"{amount.number:f}" if amount.suffix == "e" else amount.text.removesuffix(amount.suffix)
    if amount.suffix in _BINARY:
        reason = f"has {amount.suffix!r}, a unit of bytes"
        yield Finding(
            path, show(amount.text), reason, f"write '{written}m' for thousandths of a core", code="K8S203"
        )
    elif amount.number >= _MANY_CORES and amount.suffix != "m":
        reason = f"is {amount.text} whole cores"
        meant = f"'{written}m' for thousandths of a core, or '{amount.number * 1000:f}m' if cores are meant"
        yield Finding(path, show(amount.text), reason, f"write {meant.replace('.0m', 'm')}", code="K8S203")


def _check_bytes(path: Path, amount: Quantity) -> Iterator[Finding]:
    few = describe_few_bytes(amount)
    if few is not None:
        yield Finding(path, show(amount.text), *few, code="K8S203")


def check_within_pod(path: Path, amount: Quantity | None, whole: Quantity | None) -> Iterator[Finding]:
    """Check that an amount of a container is within that of the pod as a whole."""
    if amount is not None and whole is not None and amount > whole:
        reason = f"is more than the pod as a whole has, {whole}"
        remedy = "write at most that, or more in the pod's resources"
        yield Finding(path, show(amount.text), reason, remedy, code="K8S203")


def check_order(path: Path, request: Quantity | None, limit: Quantity | None) -> Iterator[Finding]:
    """Check that the request is within the limit."""
    if request is not None and limit is not None and request > limit:
        shown = f"({request.text!r}, {limit.text!r})"
        reason = f"has a request, {request}, above its limit, {limit}"
        remedy = f"write the smaller first: ({limit.text!r}, {request.text!r})"
        yield Finding(path, shown, reason, remedy, code="K8S203")


def _check_sides(
    path: Path, requests: Mapping[str, Quantity], limits: Mapping[str, Quantity]
) -> Iterator[Finding]:
    for name, request in requests.items():
        here, limit = (*path, "requests", name), limits.get(name)
        if "/" in name and request != limit:
            reason = "requests a device without the same limit, and devices cannot be shared out twice"
            remedy = f"write 'limits': {{{name!r}: {request.text!r}}}, too"
            yield Finding(here, show(request.text), reason, remedy, code="K8S203")
        elif name.startswith(HUGE_PAGES) and limit is not None and request.number != limit.number:
            reason = f"is not the limit, {limit}, and huge pages are reserved whole"
            yield Finding(here, show(request.text), reason, f"write '{limit.text}'", code="K8S203")
        else:
            yield from check_order(here, request, limit)
