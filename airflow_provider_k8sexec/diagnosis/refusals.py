"""Why the API server refused a pod, read from the server's answer in the error that Airflow reports.

Sources: https://kubernetes.io/docs/concepts/policy/resource-quotas/ and
https://kubernetes.io/docs/concepts/policy/limit-range/
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.diagnosis.lookup import find_number, find_objects, find_text
from airflow_provider_k8sexec.diagnosis.sentence import (
    CORRECT,
    Diagnosis,
    format_amount,
    parse_amount,
    show_option,
)
from airflow_provider_k8sexec.options.resource_names import option_of
from airflow_provider_k8sexec.options.shown import show_answer, show_undecodable

if TYPE_CHECKING:
    from collections.abc import Iterator

_BODY = re.compile(r"HTTP response body: (?=\{)")
_QUOTA = re.compile(
    r"exceeded quota: (?P<name>[^,]+), requested: (?P<requested>\S+), "
    r"used: (?P<used>\S+), limited: (?P<limited>\S+)"
)
_MUST_SPECIFY = re.compile(r"failed quota: (?P<name>[^:]+): must specify (?P<resources>.+)")
_RESOURCE = re.compile(r"(?:(?:requests|limits)\.)?(?P<resource>cpu|memory|ephemeral-storage)\b")
_LIMIT_RANGE = re.compile(
    r"(?P<side>maximum|minimum) (?P<resource>\S+) usage per (?P<of>Container|Pod) is (?P<bound>[^ ,\]]+)"
)
_WITHOUT_NAME = re.compile(r'^(?:pods "[^"]*" is forbidden|Pod "[^"]*" is invalid): ')
_TRY_AGAIN = "let Airflow try again with [kubernetes_executor] task_publish_max_retries"
_BAD_REQUEST, _FORBIDDEN, _INVALID = 400, 403, 422


def diagnose_refusal(error: str) -> Diagnosis | None:
    """Diagnose why a pod was not created.

    Args:
        error: The error that Airflow reports for the task, which contains the text of an ``ApiException``.

    Returns:
        The diagnosis; ``None`` if the error contains no answer of an API server.
    """
    match = _BODY.search(error)
    if match is None:
        return None
    try:
        answer, _ = json.JSONDecoder().raw_decode(error, match.end())
    except (ValueError, RecursionError):
        return None
    message = show_answer(_WITHOUT_NAME.sub("", find_text(answer, "message")))
    code = find_number(answer, "code")
    if code == _INVALID:
        causes = [
            show_answer(f"{cause.get('field')}: {cause.get('message')}")
            for cause in find_objects(answer, "details", "causes")
        ]
        return Diagnosis("Invalid", ", ".join(causes) or message, CORRECT)
    if code == _FORBIDDEN:
        return _diagnose_forbidden(message)
    if code == _BAD_REQUEST:
        return Diagnosis("BadRequest", show_undecodable(message), CORRECT)
    shown, remedy = message or "the pod was not created", _TRY_AGAIN
    return Diagnosis(find_text(answer, "reason") or f"HTTP {code}", shown, remedy)


def _diagnose_forbidden(message: str) -> Diagnosis:
    exceeded, unspecified = _QUOTA.search(message), _MUST_SPECIFY.search(message)
    if exceeded:
        return _diagnose_quota(exceeded)
    if unspecified:
        resources = [match["resource"] for match in _RESOURCE.finditer(unspecified["resources"])]
        options = dict.fromkeys(option_of(resource) for resource in resources)
        cause = f"the quota {unspecified['name']!r} refuses pods without {unspecified['resources']}"
        return Diagnosis("Forbidden", cause, f"set {', '.join(f'{option}=...' for option in options)}")
    bounds = list(dict.fromkeys(_within(match) for match in _LIMIT_RANGE.finditer(message)))
    if bounds:
        return Diagnosis("Forbidden", message, f"request {', '.join(bounds)}")
    if " cannot create resource " in message:
        return Diagnosis(
            "Forbidden", message, "grant that permission to the service account of the scheduler"
        )
    return Diagnosis("Forbidden", message or "the pod was not created", CORRECT)


def _within(bound: re.Match[str]) -> str:
    side = "at most" if bound["side"] == "maximum" else "at least"
    total = "" if bound["of"] == "Container" else " for all containers together"
    return f"{side} {show_option(bound['resource'], bound['bound'])}{total}"


def _diagnose_quota(exceeded: re.Match[str]) -> Diagnosis:
    left, fitting = [], []
    for resource, free, limit in _free(exceeded):
        amount = format_amount(resource, free)
        is_requested = resource not in {"pods", "count/pods"}
        shown = show_option(resource, amount) if is_requested else f"{amount} pods"
        left.append(f"{shown} left of {format_amount(resource, limit)!r}")
        if free and is_requested:
            fitting.append(f"at most {shown}")
    cause = f"the quota {exceeded['name']!r} has {', '.join(left) or 'too little left'}"
    ask = f"request {', '.join(fitting)}" if fitting else "run fewer tasks at once, in a pool"
    return Diagnosis("Exceeded quota", cause, f"{ask}, or {_TRY_AGAIN}")


def _free(exceeded: re.Match[str]) -> Iterator[tuple[str, Decimal, Decimal]]:
    """Compute the least that the quota leaves of each requested resource, and its limit.

    A quota may limit a resource twice, as ``cpu`` or ``requests.cpu`` and as ``limits.cpu``.
    """
    used, limited = _amounts(exceeded["used"]), _amounts(exceeded["limited"])
    rooms: dict[str, tuple[Decimal, Decimal]] = {}
    for name in _amounts(exceeded["requested"]):
        if name in limited:
            room = max(limited[name] - used.get(name, Decimal(0)), Decimal(0)), limited[name]
            rooms[_resource(name)] = min(room, rooms.get(_resource(name), room))
    yield from ((resource, *room) for resource, room in rooms.items())


def _amounts(text: str) -> dict[str, Decimal]:
    pairs = (item.partition("=") for item in text.split(","))
    amounts = {name: parse_amount(value) for name, _, value in pairs if name}
    return {name: amount.number if amount else Decimal(0) for name, amount in amounts.items()}


def _resource(name: str) -> str:
    return name.removeprefix("requests.").removeprefix("limits.")
