"""The options for resources that a pod requests: amounts, devices, claims of devices."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.options.code import UNKNOWN, Code
from airflow_provider_k8sexec.options.manifests import SIDES, Manifest, present
from airflow_provider_k8sexec.options.quantity import Quantity, format_bytes
from airflow_provider_k8sexec.options.resource_claims import ResourceClaim, ResourceClaimTemplate
from airflow_provider_k8sexec.options.resource_names import (
    COMPUTE_RESOURCES,
    DEVICES,
    NVIDIA_GPU,
    is_pod_resource,
)
from airflow_provider_k8sexec.pod.shortest.rest import BASE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_k8sexec.options.paths import Path
    from airflow_provider_k8sexec.pod.shortest.rest import Rest

_RESOURCES: Path = (*BASE, "resources")
_CPU = "cpu"
_UNWRITABLE: Any = object()
"""What is no amount as the options have it."""

_CLAIMS = {"resourceClaimName": ResourceClaim, "resourceClaimTemplateName": ResourceClaimTemplate}


def write_resources(rest: Rest) -> None:
    """Let options stand for what the worker's container, and the pod as a whole, request."""
    for option, resource in COMPUTE_RESOURCES.items():
        for sides, fields in _sides_of(rest, _RESOURCES, resource.__eq__):
            value = _write_bounds(resource, sides)
            if value is not _UNWRITABLE:
                rest.write(option, value, fields)
    _write_devices(rest)
    _write_pod_resources(rest)
    _write_claims(rest)


def _sides_of(
    rest: Rest, holder: Path, is_wanted: Callable[[str], bool]
) -> Iterator[tuple[Manifest, list[Path]]]:
    """Give the sides of each wanted resource, with their paths: ``{"requests": "1Gi"}``."""
    found: dict[str, Manifest] = {}
    given = [(side, rest.at((*holder, side))) for side in SIDES]
    if any(isinstance(amounts, Code) for _, amounts in given):
        return
    for side, amounts in given:
        for name, amount in (amounts if isinstance(amounts, dict) else {}).items():
            if amount is not None and isinstance(name, str) and is_wanted(name):
                found.setdefault(name, {})[side] = amount
    for name, sides in found.items():
        yield sides, [(*holder, side, name) for side in sides]


def _write_bounds(resource: str, sides: Manifest) -> Any:
    """Write request and limit as one amount where they are equal, else as a pair."""
    amounts = [sides.get(side) for side in SIDES]
    written = [None if amount is None else _write_amount(resource, amount) for amount in amounts]
    if _UNWRITABLE in written:
        return _UNWRITABLE
    request, limit = written
    if _is_same(request, limit):
        return request if isinstance(request, Code) else min(written, key=lambda amount: len(str(amount)))
    return (request, limit)


def _is_same(request: Any, limit: Any) -> bool:
    if isinstance(request, Code) or isinstance(limit, Code):
        return bool(request == limit)
    try:
        return None not in (request, limit) and Quantity(str(request)) == Quantity(str(limit))
    except ValueError:  # the option refuses it, and shows it as it is
        return bool(request == limit)


def _write_amount(resource: str, amount: Any) -> Any:
    """Write an amount as its option takes it: numbers are cores, and bytes have their unit."""
    is_bytes = resource != _CPU
    if isinstance(amount, Code):
        is_number = amount.value is not UNKNOWN and not isinstance(amount.value, str)
        return _UNWRITABLE if is_number and is_bytes else amount
    if isinstance(amount, bool) or not isinstance(amount, (str, int, float, Decimal)):
        return _UNWRITABLE
    if is_bytes:
        return amount if isinstance(amount, str) else _write_bytes(Decimal(str(amount)))
    return _write_cores(amount)


def _write_bytes(number: Decimal) -> Any:
    is_whole = number.is_finite() and number >= 0 and number == number.to_integral_value()
    return format_bytes(number) if is_whole else _UNWRITABLE


def _write_cores(amount: str | float | Decimal) -> Any:
    """Write cores as a number where they have no unit."""
    text = str(amount)
    if not text.replace(".", "", 1).isdecimal() or not text.isascii():
        return amount if isinstance(amount, (str, int, float)) else text
    number = Decimal(text)
    if number == number.to_integral_value():
        return int(number)
    return float(number) if Decimal(str(float(number))) == number else text


def _write_devices(rest: Rest) -> None:
    """Let ``gpu`` stand for whole devices, which have no request of another number than the limit."""
    devices: dict[str, Any] = {}
    fields: list[Path] = []
    for sides, paths in _sides_of(rest, _RESOURCES, lambda name: "/" in name):
        count = _write_count(sides)
        if count is not _UNWRITABLE:
            devices[str(paths[0][-1])] = count
            fields += paths
    if devices:
        rest.write(DEVICES, devices[NVIDIA_GPU] if [*devices] == [NVIDIA_GPU] else devices, fields)


def _write_count(sides: Manifest) -> Any:
    request, limit = (sides.get(side) for side in SIDES)
    if limit is None or (request is not None and not _is_same(request, limit)):
        return _UNWRITABLE
    if isinstance(limit, Code):
        is_count = limit.value is UNKNOWN or (
            isinstance(limit.value, int) and not isinstance(limit.value, bool)
        )
        return limit if is_count else _UNWRITABLE
    number = _write_cores(limit) if isinstance(limit, (str, int, float)) else None
    return number if isinstance(number, int) and not isinstance(number, bool) and number > 0 else _UNWRITABLE


def _write_pod_resources(rest: Rest) -> None:
    written: dict[str, Any] = {}
    fields: list[Path] = []
    for sides, paths in _sides_of(rest, ("spec", "resources"), is_pod_resource):
        name = str(paths[0][-1])
        value = _write_bounds(name, sides)
        if value is not _UNWRITABLE:
            written[name] = value
            fields += paths
    rest.write("pod_resources", written, fields)


def _write_claims(rest: Rest) -> None:
    """Let ``resource_claims`` stand for the claims of the pod that the worker's container uses."""
    used = rest.items_at((*_RESOURCES, "claims"))
    claims = rest.items_at(("spec", "resourceClaims"))
    if any(not isinstance(item, dict) for _, item in used + claims):
        return
    known = {item["name"]: (path, item) for path, item in claims if "name" in item}
    written: dict[str, Any] = {}
    fields: list[Path] = []
    for path, use in used:
        name = use.get("name")
        if name not in known or use.keys() - {"name", "request"}:
            continue
        claim_path, claim = known[name]
        value = _write_claim(claim, use.get("request"))
        if value is not None and name not in written:
            written[name] = value
            fields += [path, claim_path]
    rest.write("resource_claims", written, fields)


def _write_claim(claim: Manifest, request: Any) -> Any:
    source = {key: name for key, name in claim.items() if key != "name"}
    if len(source) != 1 or source.keys() - _CLAIMS.keys():
        return None
    ((key, name),) = source.items()
    if request is None and _CLAIMS[key] is ResourceClaim:
        return name
    return _CLAIMS[key](name, **present(request=request))
