"""Amounts of compute resources: a request, a limit, or both at once.

Source: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from airflow_provider_k8sexec.options.per_try import (
    Doubling,
    Parse,
    PerTry,
    parse_doubling,
    parse_mapping_form,
    parse_steps,
)
from airflow_provider_k8sexec.options.problems import PartReader, refusal, show
from airflow_provider_k8sexec.options.quantity import Quantity, guess_bytes
from airflow_provider_k8sexec.options.readers import name_of, parse_list
from airflow_provider_k8sexec.options.resource_names import DEVICES, NVIDIA_GPU

if TYPE_CHECKING:
    from typing import TypeGuard

_PAIR = 2
_WRITTEN = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?|\.[0-9]+)\s*([a-z]*)\s*\Z", re.IGNORECASE)


@frozen
class Bounds:
    """The request and the limit of one resource.

    Attributes:
        request: The amount that the scheduler reserves; ``None`` leaves it unset.
        limit: The amount that the container cannot exceed; ``None`` leaves it unset.
        later: The bounds of the tries after the first; the last of them count for all that follow.
    """

    request: Quantity | None
    limit: Quantity | None
    later: tuple[Bounds, ...] = ()

    @property
    def steps(self) -> tuple[Bounds, ...]:
        """The bounds of each try, those of the first one first."""
        return (evolve(self, later=()), *self.later)


_UNREAD = Bounds(None, None)


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
        remedy = f"write {'' if guess else 'for example '}{_assign(field, guess or '512Mi')}"
        raise refusal(field, value, f"is {value} bytes", remedy)
    return _parse_text(field, value, _BYTE_UNITS, "512Mi")


def parse_gpu(field: str, value: object) -> dict[str, Bounds]:
    """Read whole devices: ``1`` (NVIDIA) or ``{"amd.com/gpu": 2}`` for another extended resource.

    Source: https://kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus/

    Raises:
        SpecError: A count is not an integer.
    """
    devices = value if isinstance(value, Mapping) else {NVIDIA_GPU: value}
    parts = PartReader()
    read: dict[str, Bounds] = {}
    for name, count in devices.items():
        parse_count = partial(_parse_count, name, value)
        bounds = parts.read(_parse_bounds, field, count, parse_amount=parse_count, parse_one=_parse_both)
        read[name] = bounds or _UNREAD
    parts.require_none({name: bounds for name, bounds in read.items() if isinstance(name, str)})
    return read


def parse_pod_resources(field: str, value: object) -> dict[str, Bounds]:
    """Read what all containers have together: ``{"cpu": (1, 2), "memory": "4Gi"}``.

    Source: https://kubernetes.io/docs/tasks/configure-pod-container/assign-pod-level-resources/

    Raises:
        SpecError: The value is not a mapping of resources to amounts, or an amount differs between tries.
    """
    example = "{'cpu': (1, 2), 'memory': '4Gi'}"
    if not isinstance(value, Mapping):
        raise refusal(field, value, "is not a mapping of resources to amounts", f"write {field}={example}")
    parts = PartReader()
    read: dict[str, Bounds] = {}
    for name, amount in value.items():
        path = f"{field}[{show(name)}]"
        is_count = name in ("cpu", DEVICES) or "/" in str(name)  # that a pod has no devices is for the rules
        parse_amount = _parse_cpu_amount if is_count else parse_size
        read[name] = parts.read(partial(_parse_pod_amount, parse_amount), path, amount) or _UNREAD
    parts.require_none({name: bounds for name, bounds in read.items() if isinstance(name, str)})
    return read


def _parse_pod_amount(parse_amount: Parse[Quantity], field: str, value: object) -> Bounds:
    if isinstance(parse_mapping_form(value), (PerTry, Doubling)):
        reason = "differs between tries, which only the amounts of the task's container can"
        raise refusal(field, value, reason, "write one amount, and cpu= or memory=per_try(...)")
    return _parse_sides(parse_amount, field, value)


def _parse_count(name: object, devices: object, field: str, count: object) -> Quantity:
    if isinstance(name, str) and isinstance(count, int) and not isinstance(count, bool) and count >= 0:
        return Quantity(str(count))
    given = count if field.endswith("]") else devices
    reason = f"requests {show(count)} of {show(name)}, but devices have a name and an integer count"
    raise refusal(field, given, reason, "write gpu=1 or gpu={'amd.com/gpu': 2}")


def _parse_both(parse_amount: Parse[Quantity], field: str, value: object) -> Bounds:
    amount = parse_amount(field, value)
    return Bounds(amount, amount)


def _parse_sides(parse_amount: Parse[Quantity], field: str, value: object) -> Bounds:
    if not isinstance(value, (tuple, list)):
        return _parse_both(parse_amount, field, value)
    if len(value) != _PAIR or all(side is None for side in value):
        reason = "is not a pair of a request and a limit"
        name = "" if field.endswith("]") else f"{name_of(field)}="
        raise refusal(field, value, reason, f"write {name}(request, limit)")

    def parse_side(path: str, side: object) -> Quantity | None:
        return None if side is None else parse_amount(path, side)

    parts = PartReader()
    sides = parts.read(parse_list, field, value, kind="amounts", example="1", parse_item=parse_side)
    bounds = Bounds(*(sides or (None, None)))
    parts.require_none(bounds)
    return bounds


def _parse_bounds(
    field: str,
    value: object,
    parse_amount: Parse[Quantity],
    parse_one: Callable[[Parse[Quantity], str, object], Bounds] = _parse_sides,
) -> Bounds:
    """Read the bounds for all tries, or those of each try."""
    per_try = parse_mapping_form(value)
    match per_try:
        case PerTry():
            parts = PartReader()
            steps = parts.read(parse_steps, field, per_try, parse_step=partial(parse_one, parse_amount))
            first, *later = [step or _UNREAD for step in steps or (None,)]
            bounds = Bounds(first.request, first.limit, tuple(later))
            parts.require_none(bounds)
            return bounds
        case Doubling():
            amount, *doubled = parse_doubling(field, per_try, parse_amount)
            return Bounds(amount, amount, tuple(Bounds(more, more) for more in doubled))
        case _:
            return parse_one(parse_amount, field, value)


def _parse_cpu_amount(field: str, value: object) -> Quantity:
    if _is_number(value) and Decimal(value).is_finite():
        return Quantity(str(value))
    return _parse_text(field, value, _CPU_UNITS, "500m")


def _is_number(value: object) -> TypeGuard[int | float | Decimal]:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _parse_text(field: str, value: object, units: Mapping[str, str], example: str) -> Quantity:
    if not isinstance(value, str):
        reason = f"is {_article(type(value).__name__)}, not a Kubernetes quantity"
        raise refusal(field, value, reason, _shape_remedy(field, value, example))
    try:
        return Quantity(value)
    except ValueError:
        nearest = _nearest_quantity(value, units)
        remedy = f"write {'' if nearest else 'for example '}{_assign(field, nearest or example)}"
        raise refusal(field, value, "is not a Kubernetes quantity", remedy) from None


def _shape_remedy(field: str, value: object, example: str) -> str:
    if isinstance(value, Mapping):
        request = value.get("request", value.get("requests"))
        limit = value.get("limit", value.get("limits"))
        if request is not None or limit is not None:
            return f"write {field}=({show(request)}, {show(limit)})"
    return f"write for example {_assign(field, example)}"


def _assign(field: str, text: str) -> str:
    """Write an amount as the author would; one of several is written without the argument's name."""
    return f"'{text}'" if field.endswith("]") else f"{name_of(field)}='{text}'"


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
