"""Rules about amounts: what the server refuses, and what is legal but surely a mistake.

Source: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.options.per_try import name_step
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.options.quantity import LARGEST, Quantity, guess_bytes
from airflow_provider_k8sexec.rules.api_server.names import check_label_key

if TYPE_CHECKING:
    from airflow_provider_k8sexec.options.declaration import Declaration
    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.resources import Bounds

_MANY_CORES = 100
_FEW_BYTES = 1024**2
_LONGEST_VENDOR = 253 - len("requests.")
_BINARY = {"Ki", "Mi", "Gi", "Ti", "Pi", "Ei"}
_FRACTIONS = {"n", "u", "m"}


def check_cpu(declaration: Declaration) -> Iterator[Problem]:
    """The request is within the limit, and the unit is one of cores."""
    yield from _check_bounds("cpu", declaration)


def check_memory(declaration: Declaration) -> Iterator[Problem]:
    """The request is within the limit, and the unit is one of bytes."""
    yield from _check_bounds("memory", declaration)


def check_ephemeral_storage(declaration: Declaration) -> Iterator[Problem]:
    """The request is within the limit, and the unit is one of bytes."""
    yield from _check_bounds("ephemeral_storage", declaration)


def check_gpu(declaration: Declaration) -> Iterator[Problem]:
    """A device is an extended resource, whose name has a domain."""
    for name, counts in declaration.gpu.items():
        if "/" not in name:
            reason = "is not an extended resource, whose name begins with its vendor's domain"
            yield Problem("gpu", show(name), reason, f"write {{'nvidia.com/{name}': 1}}")
        else:
            yield from check_label_key("gpu", name)
            # A quota writes it as `requests.<name>`, and that is a name with a domain as well.
            if name.startswith("requests.") or len(name.partition("/")[0]) > _LONGEST_VENDOR:
                reason = "cannot stand in a quota as 'requests.<name>'"
                yield Problem("gpu", show(name), reason, "write for example 'nvidia.com/gpu'")
        for field, bounds in each_try("gpu", counts):
            if bounds.limit is not None and bounds.limit.number > LARGEST:
                reason = "is more than Kubernetes can count"
                yield Problem(field, bounds.limit.text, reason, "write a smaller number")


def check_shared_memory(declaration: Declaration) -> Iterator[Problem]:
    """Shared memory fits into the memory limit, against which it counts."""
    size = declaration.shared_memory
    if size is None:
        return
    found = [*check_amount("shared_memory", "memory", size)]
    yield from found
    for field, bounds in () if found else each_try("memory", declaration.memory):
        if bounds.limit is not None and size > bounds.limit:
            limit = f"{bounds.limit}" if field == "memory" else f"{bounds.limit} of {field}"
            reason = f"is more than the memory limit {limit}, against which it counts"
            yield Problem("shared_memory", show(size.text), reason, "ask for less, or for more memory")


def check_tries(declaration: Declaration, retries: int) -> Iterator[Problem]:
    """Every amount of a ladder has a try, which Airflow's ``retries`` of the task must give."""
    tries = max(retries, 0) + 1
    for name, bounds in declaration.resources.items():
        steps = bounds.steps
        if len(steps) > tries:
            field = f"gpu[{name!r}]" if "/" in name else name.replace("-", "_")
            amounts = [str(step.limit or step.request) for step in steps]
            shown = ", ".join(amounts if "/" in name else map(repr, amounts))
            reason = f"has amounts for {len(steps)} tries, and with retries={retries} the task has {tries}"
            yield Problem(field, f"per_try({shown})", reason, f"write retries={len(steps) - 1}")


def _check_bounds(option: str, declaration: Declaration) -> Iterator[Problem]:
    for field, bounds in each_try(option, getattr(declaration, option)):
        amounts = sorted({amount for amount in (bounds.request, bounds.limit) if amount is not None})
        found = [problem for amount in amounts for problem in check_amount(field, option, amount)]
        yield from found or check_order(field, bounds.request, bounds.limit)


def each_try(option: str, bounds: Bounds | None) -> list[tuple[str, Bounds]]:
    """Give the bounds of each try, with their names for errors."""
    if bounds is None or not bounds.later:
        return [] if bounds is None else [(option, bounds)]
    return [(name_step(option, index), step) for index, step in enumerate(bounds.steps)]


def check_order(field: str, request: Quantity | None, limit: Quantity | None) -> Iterator[Problem]:
    """Check that a request is within its limit."""
    if request is not None and limit is not None and request > limit:
        value = f"({request.text!r}, {limit.text!r})"
        reason = f"has a request, {request}, above its limit, {limit}"
        yield Problem(field, value, reason, f"write the smaller first: ({limit.text!r}, {request.text!r})")


def check_amount(field: str, resource: str, amount: Quantity) -> Iterator[Problem]:
    """Check one amount of ``resource``: ``cpu``, or another, which is counted in bytes."""
    if amount.number < 0:
        yield Problem(field, show(amount.text), "is negative", f"write '{amount.text.lstrip('-')}'")
    elif amount.number > LARGEST:
        yield Problem(field, show(amount.text), "is more than Kubernetes can count", "write a smaller amount")
    elif resource == "cpu":
        yield from _check_cores(field, amount)
    else:
        yield from _check_bytes(field, amount)


def _check_cores(field: str, amount: Quantity) -> Iterator[Problem]:
    written = f"{amount.number:f}" if amount.suffix == "e" else amount.text.removesuffix(amount.suffix)
    if amount.suffix in _BINARY:
        reason = f"has {amount.suffix!r}, a unit of bytes"
        yield Problem(field, show(amount.text), reason, f"write '{written}m' for thousandths of a core")
    elif amount.number >= _MANY_CORES and amount.suffix != "m":
        reason = f"is {amount.text} whole cores"
        meant = f"'{written}m' for thousandths of a core, or '{amount.number * 1000:f}m' if cores are meant"
        yield Problem(field, show(amount.text), reason, f"write {meant.replace('.0m', 'm')}")


def _check_bytes(field: str, amount: Quantity) -> Iterator[Problem]:
    if amount.number == 0 or (amount.number >= _FEW_BYTES and amount.suffix not in _FRACTIONS):
        return
    written = amount.number if amount.suffix == "e" else Decimal(amount.text.removesuffix(amount.suffix))
    guess = guess_bytes(written)
    remedy = f"write '{guess}'" if guess else "write for example '512Mi'"
    if amount.suffix in _FRACTIONS:
        reason = f"has {amount.suffix!r}, a fraction of a byte"
    else:
        count = f"{amount.number:f} bytes" if amount.number >= 1 else "less than a byte"
        reason = f"is {count}, too few for any task"
    yield Problem(field, show(amount.text), reason, remedy)


def check_resource_manifest(field: str, resources: Manifest) -> Iterator[Problem]:
    """Check the ``resources`` of a container as a manifest, in a hand-written part of a pod."""
    sides: dict[str, dict[str, Quantity]] = {"requests": {}, "limits": {}}
    found = []
    for side, amounts in sides.items():
        given = resources.get(side)
        for name, value in given.items() if isinstance(given, Mapping) else ():
            place = f"{field}[{side!r}][{name!r}]"
            try:
                amounts[name] = Quantity(str(value))
            except ValueError:
                remedy = "write for example '500m' or '1Gi'"
                found.append(Problem(place, show(value), "is not a Kubernetes quantity", remedy))
                continue
            if name in {"cpu", "memory", "ephemeral-storage"}:
                found += check_amount(place, name, amounts[name])
    yield from found or _check_sides(field, sides["requests"], sides["limits"])


def _check_sides(
    field: str, requests: Mapping[str, Quantity], limits: Mapping[str, Quantity]
) -> Iterator[Problem]:
    for name, request in requests.items():
        limit = limits.get(name)
        if "/" in name and request != limit:
            reason = "asks for a device without the same limit, and devices cannot be shared out twice"
            remedy = f"write 'limits': {{{name!r}: {request.text!r}}}, too"
            yield Problem(f"{field}['requests'][{name!r}]", show(request.text), reason, remedy)
        else:
            yield from check_order(f"{field}[...][{name!r}]", request, limit)
