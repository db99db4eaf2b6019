"""Amounts of compute resources: a request, a limit, or both at once.

Source: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from attrs import frozen

from airflow_provider_k8sexec.exceptions import Problem, SpecError, show
from airflow_provider_k8sexec.quantity import Quantity, guess_bytes
from airflow_provider_k8sexec.spec.shapes import name_of, parse_list

if TYPE_CHECKING:
    from typing import TypeGuard

NVIDIA_GPU = "nvidia.com/gpu"
_PAIR = 2
_WRITTEN = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?|\.[0-9]+)\s*([a-z]*)\s*\Z", re.IGNORECASE)


@frozen
class Bounds:
    """What one resource is guaranteed (request) and where it is capped (limit).

    Attributes:
        request: The amount that the scheduler reserves; ``None`` leaves it unset.
        limit: The amount that the container cannot exceed; ``None`` leaves it unset.
    """

    request: Quantity | None
    limit: Quantity | None


def parse_cpu(field: str, value: object) -> Bounds:
    """Read cores: ``0.5``, ``"500m"`` or ``(request, limit)``.

    Raises:
        SpecError: The value is neither a number nor a quantity, nor a pair of them.
    """
    return _parse_bounds(field, value, _parse_cpu_amount)


def parse_bytes(field: str, value: object) -> Bounds:
    """Read bytes as a quantity, ``"512Mi"``, or ``(request, limit)``.

    Raises:
        SpecError: The value is a bare number, or not a quantity, nor a pair of them.
    """
    return _parse_bounds(field, value, parse_size)


def parse_size(field: str, value: object) -> Quantity:
    """Read one amount of bytes as a quantity with a unit, ``"512Mi"``.

    Raises:
        SpecError: The value is a bare number, or not a quantity.
    """
    if _is_number(value):
        guess = guess_bytes(Decimal(str(value)))
        remedy = f"write {'' if guess else 'for example '}{name_of(field)}='{guess or '512Mi'}'"
        raise SpecError.of(field, value, f"is {value} bytes", remedy)
    return _parse_text(field, value, _BYTE_UNITS, "512Mi")


def parse_gpu(field: str, value: object) -> dict[str, int]:
    """Read whole devices: ``1`` (NVIDIA) or ``{"amd.com/gpu": 2}`` for another extended resource.

    Source: https://kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus/

    Raises:
        SpecError: A count is not a whole number.
    """
    devices = value if isinstance(value, Mapping) else {NVIDIA_GPU: value}
    problems = [
        Problem(
            field,
            show(value),
            f"asks for {count!r} of {name!r}, and a device has a name and a whole number",
            f"write {field}=1 or {field}={{'amd.com/gpu': 2}}",
        )
        for name, count in devices.items()
        if not isinstance(name, str) or not isinstance(count, int) or isinstance(count, bool) or count < 0
    ]
    if problems:
        raise SpecError(problems)
    return dict(devices)


def _parse_bounds(field: str, value: object, parse_amount: Callable[[str, object], Quantity]) -> Bounds:
    if not isinstance(value, (tuple, list)):
        amount = parse_amount(field, value)
        return Bounds(amount, amount)
    if len(value) != _PAIR or all(side is None for side in value):
        reason = "is not a pair of a request and a limit"
        raise SpecError.of(field, value, reason, f"write {field}=(request, limit)")

    def parse_side(place: str, side: object) -> Quantity | None:
        return None if side is None else parse_amount(place, side)

    request, limit = parse_list(field, value, "amounts", "1", parse_side)
    return Bounds(request, limit)


def _parse_cpu_amount(field: str, value: object) -> Quantity:
    if _is_number(value) and Decimal(value).is_finite():
        return Quantity(str(value))
    return _parse_text(field, value, _CPU_UNITS, "500m")


def _is_number(value: object) -> TypeGuard[int | float | Decimal]:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _parse_text(field: str, value: object, units: Mapping[str, str], example: str) -> Quantity:
    if not isinstance(value, str):
        reason = f"is {_article(type(value).__name__)}, not a Kubernetes quantity"
        raise SpecError.of(field, value, reason, _shape_remedy(field, value, example))
    try:
        return Quantity(value)
    except ValueError:
        nearest = _nearest_quantity(value, units)
        remedy = f"write {'' if nearest else 'for example '}{name_of(field)}='{nearest or example}'"
        raise SpecError.of(field, value, "is not a Kubernetes quantity", remedy) from None


def _shape_remedy(field: str, value: object, example: str) -> str:
    if isinstance(value, Mapping):
        request = value.get("request", value.get("requests"))
        limit = value.get("limit", value.get("limits"))
        if request is not None or limit is not None:
            return f"write {field}=({request!r}, {limit!r})"
    return f"write for example {name_of(field)}='{example}'"


_BYTE_UNITS = {
    name: unit
    for letter in "KMGTPE"
    for unit in [f"{letter}i"]
    for name in [letter.lower(), f"{letter}b".lower(), f"{letter}i".lower(), f"{letter}ib".lower()]
}
_CPU_UNITS = {
    "": "",
    "m": "m",
    "mi": "m",
    "c": "",
    "cpu": "",
    "cpus": "",
    "core": "",
    "cores": "",
    "vcpu": "",
}


def _nearest_quantity(text: str, units: Mapping[str, str]) -> str | None:
    match = _WRITTEN.match(text)
    unit = units.get(match[2].lower()) if match else None
    return f"{match[1]}{unit}" if match and unit is not None else None


def _article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
