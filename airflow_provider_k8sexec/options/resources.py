"""Amounts of compute resources: a request, a limit, or both at once.

Source: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from attrs import frozen

from airflow_provider_k8sexec.exceptions import Problem, SpecError
from airflow_provider_k8sexec.options.after import FAILURE, After
from airflow_provider_k8sexec.options.auto import Auto, auto, parse_auto_form
from airflow_provider_k8sexec.options.manifests import SIDES
from airflow_provider_k8sexec.options.nearest_names import find_nearest
from airflow_provider_k8sexec.options.per_try import (
    Doubling,
    Parse,
    PerTry,
    parse_after,
    parse_doubling,
    parse_mapping_form,
    parse_steps,
)
from airflow_provider_k8sexec.options.problems import (
    NOT_BOOLEAN,
    PartReader,
    refusal,
    show,
    show_scalar,
    show_shape,
)
from airflow_provider_k8sexec.options.quantity import Quantity, describe_few_bytes, guess_bytes
from airflow_provider_k8sexec.options.readers import name_of, parse_list
from airflow_provider_k8sexec.options.resource_names import (
    BYTES,
    COMPUTE_RESOURCES,
    DEVICES,
    NVIDIA_GPU,
    POD_RESOURCES,
    is_pod_resource,
    option_of,
)

if TYPE_CHECKING:
    from typing import TypeGuard

_PAIR = 2
_HOLDS_SOURCE = re.compile(r"from_(?:param|xcom)\(")
_WRITTEN = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?|\.[0-9]+)\s*([a-z]*)\s*\Z", re.IGNORECASE)


@frozen
class Bounds:
    """The request and the limit of one resource.

    Attributes:
        request: The amount that the scheduler reserves; ``None`` leaves it unset.
        limit: The amount that the container cannot exceed; ``None`` leaves it unset.
        later: The bounds of the steps after the first; the last of them count for all tries that follow.
        after: After which end of a try the next step is taken.
        history: What is done with the amount that earlier runs suggest; empty where none is.
    """

    request: Quantity | None
    limit: Quantity | None
    later: tuple[Bounds, ...] = ()
    after: After = FAILURE
    history: str = ""

    @property
    def steps(self) -> tuple[Bounds, ...]:
        """The bounds of each step, those of the first one first."""
        return (Bounds(self.request, self.limit), *self.later)

    @property
    def has_steps(self) -> bool:
        """Whether a try may have other amounts than the first."""
        return bool(self.later or self.history)


_UNREAD = Bounds(None, None)


def find_excess(
    amounts: Mapping[str, Bounds], most: Mapping[str, Bounds]
) -> Iterator[tuple[str, Quantity | None, Quantity]]:
    """Find the resources that exceed the most that is allowed of them.

    Args:
        amounts: The bounds by resource.
        most: The bounds whose limits are the most; a resource that is not in it may have any amount.

    Yields:
        The resource; its amount, ``None`` where it has no limit; and the most.
    """
    for name, bounds in amounts.items():
        allowed = most[name].limit if name in most else None
        if allowed is None:
            continue
        if bounds.limit is None:
            yield name, None, allowed
        elif (amount := max(bounds.limit, bounds.request or bounds.limit)) > allowed:
            yield name, amount, allowed


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
    return _parse_bounds(field, value, parse_size, parse_end=_parse_end_size)


def parse_memory(field: str, value: object) -> Bounds:
    """Read memory: bytes as above, or an amount from history, ``auto("1Gi", up_to="16Gi")``.

    Raises:
        SpecError: As above, or the amounts of ``auto`` cannot be read.
    """
    given = parse_auto_form(field, value)
    if given is auto or given == "auto":
        remedy = f"write for example {name_of(field)}=auto('1Gi', up_to='16Gi')"
        raise refusal(field, given, "has no first amount, and no largest one", remedy, code="K8S107")
    return _parse_auto(field, given) if isinstance(given, Auto) else parse_bytes(field, value)


def _parse_auto(field: str, given: Auto) -> Bounds:
    if not isinstance(given.apply, bool):
        raise refusal(f"{field}.apply", given.apply, NOT_BOOLEAN, "write one of the two", code="K8S102")
    start: Doubling[object] = Doubling(given.start, given.up_to, "oom")
    try:
        first, *later = (Bounds(amount, amount) for amount in parse_doubling(field, start, _parse_end_size))
    except SpecError as error:
        raise SpecError([_name_auto(problem, given) for problem in error.problems]) from None
    return Bounds(first.request, first.limit, tuple(later), "oom", given.history)


def _name_auto(problem: Problem, given: Auto) -> Problem:
    """Name a problem of the doubling that ``auto`` starts as, in the words of the author."""
    field = re.sub(r"\.first\Z", ".start", problem.field)
    if field != problem.field or field.endswith(".up_to"):
        return problem._replace(field=field, remedy=problem.remedy.replace("first=", "start="))
    swapped = f"write {name_of(field)}=auto({show(given.up_to)}, up_to={show(given.start)})"
    remedy = swapped if "starts above" in problem.reason else problem.remedy
    return problem._replace(value=show(given), remedy=remedy)


def parse_size(field: str, value: object) -> Quantity:
    """Read one amount of bytes as a quantity with a unit, ``"512Mi"``.

    Raises:
        SpecError: The value is a bare number, or not a quantity.
    """
    if _is_number(value):
        guess = guess_bytes(Decimal(str(value)))
        remedy = f"write {'' if guess else 'for example '}{_assign(field, guess or '512Mi')}"
        raise refusal(field, value, f"is {value} bytes", remedy, code="K8S103")
    return _parse_text(field, value, _BYTE_UNITS, "512Mi")


def _parse_end_size(field: str, value: object) -> Quantity:
    """Read the first or the last of amounts that double: without its unit, all between would be wrong."""
    size = parse_size(field, value)
    few = describe_few_bytes(size)
    if few is not None:
        raise refusal(field, value, *few, code="K8S203")
    return size


def parse_gpu(field: str, value: object) -> dict[str, Bounds]:
    """Read whole devices: ``1`` (NVIDIA) or ``{"amd.com/gpu": 2}`` for another extended resource.

    Source: https://kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus/

    Raises:
        SpecError: A count is not an integer.
    """
    value = parse_mapping_form(field, value)
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
        SpecError: The value is not a mapping of a pod's resources to amounts, or an amount differs between
            tries.
    """
    example = "{'cpu': (1, 2), 'memory': '4Gi'}"
    if not isinstance(value, Mapping):
        raise refusal(
            field,
            value,
            "is not a mapping of resources to amounts",
            f"write {field}={example}",
            code="K8S103",
        )
    if set(value) & set(SIDES):
        reason = "has Kubernetes' requests and limits, not a pair for each resource"
        raise SpecError(
            [
                Problem(
                    field, show_shape(value), reason, f"write {_write_pairs(value) or example}", code="K8S103"
                )
            ]
        )
    parts = PartReader()
    read: dict[str, Bounds] = {}
    for name, amount in value.items():
        path = f"{field}[{show(name)}]"
        if not isinstance(name, str) or not is_pod_resource(name):
            reason, remedy = "is not a resource of a pod as a whole", _suggest_resource(name, amount)
            parts.problems.append(Problem(path, show_scalar(amount), reason, remedy, code="K8S103"))
            continue
        parse_amount = _parse_cpu_amount if name == "cpu" else parse_size
        read[name] = parts.read(partial(_parse_pod_amount, parse_amount), path, amount) or _UNREAD
    parts.require_none(read)
    return read


def _write_pairs(sides: Mapping[object, object]) -> str | None:
    """Write Kubernetes' two mappings as one of pairs: ``{'cpu': (1, 2)}``."""
    given = [amounts for side in SIDES if isinstance(amounts := sides.get(side, {}), Mapping)]
    if len(given) < len(SIDES):
        return None
    names = dict.fromkeys(name for amounts in given for name in amounts)
    return show({name: tuple(amounts.get(name) for amounts in given) for name in names}) if names else None


def _suggest_resource(name: object, amount: object) -> str:
    """Suggest the resource of a pod that was meant, or the option that requests this one for the task."""
    name = name if isinstance(name, str) else ""
    if nearest := find_nearest(name, POD_RESOURCES):
        return f"write {nearest!r}"
    resource = NVIDIA_GPU if name == DEVICES else COMPUTE_RESOURCES.get(name, name)
    if resource in BYTES:
        given = amount if isinstance(amount, str) else "1Gi"
        return f"write {option_of(resource)}={show(given)} instead"
    if "/" in resource:
        count = amount if isinstance(amount, int) else 1
        return f"write {DEVICES}={show(count if resource == NVIDIA_GPU else {resource: count})} instead"
    return f"write one of {', '.join(map(repr, POD_RESOURCES))}, or for example 'hugepages-2Mi'"


def _parse_pod_amount(parse_amount: Parse[Quantity], field: str, value: object) -> Bounds:
    if isinstance(parse_mapping_form(field, value), (PerTry, Doubling, Auto)):
        reason = "differs between tries, which only the amounts of the task's container can"
        raise refusal(
            field, value, reason, "write one amount, and cpu= or memory=per_try(...)", code="K8S103"
        )
    return _parse_sides(parse_amount, field, value)


def _parse_count(name: object, devices: object, field: str, count: object) -> Quantity:
    if isinstance(name, str) and isinstance(count, int) and not isinstance(count, bool) and count >= 0:
        return Quantity(str(count))
    given = count if field.endswith("]") else devices
    reason = f"requests {show(count)} of {show(name)}, but devices have a name and an integer count"
    raise refusal(field, given, reason, "write gpu=1 or gpu={'amd.com/gpu': 2}", code="K8S103")


def _parse_both(parse_amount: Parse[Quantity], field: str, value: object) -> Bounds:
    amount = parse_amount(field, value)
    return Bounds(amount, amount)


def _parse_sides(parse_amount: Parse[Quantity], field: str, value: object) -> Bounds:
    if not isinstance(value, (tuple, list)):
        return _parse_both(parse_amount, field, value)
    if len(value) != _PAIR or all(side is None for side in value):
        reason = "is not a pair of a request and a limit"
        name = "" if field.endswith("]") else f"{name_of(field)}="
        raise refusal(field, value, reason, f"write {name}(request, limit)", code="K8S103")

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
    parse_end: Parse[Quantity] | None = None,
) -> Bounds:
    """Read the bounds for all tries, or those of each try."""
    per_try = parse_mapping_form(field, parse_auto_form(field, value))
    match per_try:
        case PerTry():
            parts = PartReader()
            after = parts.read(parse_after, field, per_try) or FAILURE
            steps = parts.read(parse_steps, field, per_try, parse_step=partial(parse_one, parse_amount))
            first, *later = [step or _UNREAD for step in steps or (None,)]
            bounds = Bounds(first.request, first.limit, tuple(later), after)
            parts.require_none(bounds)
            return bounds
        case Auto():
            remedy = f"write for example {name_of(field)}=per_try(first, second)"
            reason = "comes from history, which memory alone can"
            raise refusal(field, value, reason, remedy, code="K8S107")
        case Doubling():
            parts = PartReader()
            after = parts.read(parse_after, field, per_try) or FAILURE
            amounts = parts.read(parse_doubling, field, per_try, parse_amount=parse_end or parse_amount) or []
            first, *later = [Bounds(amount, amount) for amount in amounts] or [_UNREAD]
            bounds = Bounds(first.request, first.limit, tuple(later), after)
            parts.require_none(bounds)
            return bounds
        case _:
            return parse_one(parse_amount, field, value)


def _parse_cpu_amount(field: str, value: object) -> Quantity:
    if _is_number(value) and Decimal(value).is_finite():
        return Quantity(str(value))
    return _parse_text(field, value, _CPU_UNITS, "500m")


def _is_number(value: object) -> TypeGuard[int | float | Decimal]:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _parse_text(field: str, value: object, units: Mapping[str, str], example: str) -> Quantity:
    if "[" in field and isinstance(value, (PerTry, Doubling, Auto)):
        raise _refuse_inner(field, value)
    if not isinstance(value, str):
        reason = f"is {_article(type(value).__name__)}, not a Kubernetes quantity"
        raise refusal(field, value, reason, _shape_remedy(field, value, example), code="K8S103")
    try:
        return Quantity(value)
    except ValueError:
        if _HOLDS_SOURCE.search(value):
            reason = "has a value that is known later inside of a string, where nothing reads it"
            remedy = "write from_param('name') or from_xcom('task_id') by itself, whose value has the unit"
            raise refusal(field, value, reason, remedy, code="K8S116") from None
        nearest = _nearest_quantity(value, units)
        remedy = f"write {'' if nearest else 'for example '}{_assign(field, nearest or example)}"
        raise refusal(field, value, "is not a Kubernetes quantity", remedy, code="K8S103") from None


def _refuse_inner(field: str, value: PerTry[object] | Doubling[object] | Auto) -> SpecError:
    """Refuse what changes from try to try inside of a pair, or of another such value."""
    option = re.split(r"[.\[]", field)[0]
    remedy = f"write {option}={value!r}"
    if isinstance(value, PerTry):
        remedy = f"write {option}=per_try(first, second); each may be a pair, (request, limit)"
    return refusal(field, value, "can only be the whole value of the option", remedy, code="K8S107")


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
