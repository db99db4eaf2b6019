"""Why the API server refused a pod, from its answer: the one classification of refusals.

The scheduler reads the answer in the error that Airflow reports, ``k8sexec check`` gets it from the server.

Sources: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/,
https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/,
https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/,
https://kubernetes.io/docs/concepts/policy/resource-quotas/ and
https://kubernetes.io/docs/concepts/policy/limit-range/
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from http import HTTPStatus
from typing import TYPE_CHECKING

from attrs import evolve

from airflow_provider_k8sexec.diagnosis.codes import Actor
from airflow_provider_k8sexec.diagnosis.lookup import find_number, find_objects, find_text
from airflow_provider_k8sexec.diagnosis.sentence import (
    CORRECT,
    Diagnosis,
    format_amount,
    parse_amount,
    show_option,
)
from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER
from airflow_provider_k8sexec.options.resource_names import option_of
from airflow_provider_k8sexec.options.shown import show_answer, show_undecodable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow_provider_k8sexec.diagnosis.lookup import Object

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
_RATIO = re.compile(
    r"(?<!\S)(?P<resource>\S+) max limit to request ratio per (?:Container|Pod) is (?P<ratio>\d[^ ,\]]*)"
)
_DENIED_BY_WEBHOOK = re.compile(
    r"admission webhook .*? denied the request|image policy webhook backend denied"
)
_FAILED_WEBHOOK = re.compile(r'failed calling webhook "(?P<name>[^"]+)"|failed calling webhook')
_DENIED_BY_POLICY = re.compile(r"(?:Validating|Mutating)AdmissionPolicy '")
_NOT_ALLOWED = re.compile(r'User ".*?" cannot (?P<action>\w+ resource "[^"]+")')
_WITHOUT_NAME = re.compile(r'^(?:pods "[^"]*" is forbidden|Pod "[^"]*" is invalid): ')
_INVALID = re.compile(r'^Pod "[^"]*" is invalid: ')
_TOO_LARGE = re.compile(r"^etcdserver: request is too large|^rpc error: .* message larger than max")
"""What etcd says of an object that the API server has taken, with a status of 500."""
_MISSING = {
    "ServiceAccount": (re.compile(r'serviceaccount "(?P<name>[^"]+)" not found'), "service_account_name"),
    "PriorityClass": (
        re.compile(r"no PriorityClass with name (?P<name>\S+) was found"),
        "priority_class_name",
    ),
    "RuntimeClass": (re.compile(r'RuntimeClass "(?P<name>[^"]+)" not found'), "runtime_class_name"),
}
"""By the kind of an object that is missing: how the server says so, and the option that names one."""

_NO_NAMESPACE = re.compile(r'namespaces "[^"]*" not found|because it is being terminated')
_QUOTA_CONFLICT = re.compile(
    r"resourcequotas .*object has been modified|resource quota evaluation timed out|"
    r"status unknown for quota",
    re.DOTALL,
)
_RESTRICTED: dict[str, dict[str, object]] = {
    "allowPrivilegeEscalation != false": {"allowPrivilegeEscalation": False},
    "unrestricted capabilities": {"capabilities": {"drop": ["ALL"]}},
    "runAsNonRoot != true": {"runAsNonRoot": True},
    "seccompProfile": {"seccompProfile": {"type": "RuntimeDefault"}},
}
_CONTROL = re.compile(r"(?P<control>[^(,]+) \((?P<where>[^()]*)\)")
_OTHER_CONTAINER = re.compile(rf'containers?(?: "(?!{WORKER_CONTAINER}")|s )')
TRY_AGAIN = "let Airflow try again with [kubernetes_executor] task_publish_max_retries"


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
    found = diagnose_answer(
        find_number(answer, "code"),
        find_text(answer, "reason"),
        find_text(answer, "message"),
        find_objects(answer, "details", "causes"),
    )
    if found.actor is not Actor.AUTHOR:
        return found
    stop = "" if found.remedy.endswith(".") else "."
    return evolve(found, remedy=f"{found.remedy}{stop} `k8sexec check` finds this before a run")


def diagnose_answer(status: int, reason: str, message: str, causes: Iterable[Object] = ()) -> Diagnosis:
    """Diagnose why the API server refused a pod.

    Args:
        status: The HTTP status of its answer: 403.
        reason: The reason in it: ``Forbidden``.
        message: The message in it, which may quote the pod: what is not shown of one is hidden.
        causes: Its ``details.causes``, each with a ``message``, and a ``field`` where one is to blame.
    """
    text = show_answer(_WITHOUT_NAME.sub("", message)) or "the pod was not created"
    # What validation quotes is the pod's: no word of it is one of admission.
    found = None if _INVALID.match(message) else _diagnose_words(text)
    if found is None and status == HTTPStatus.UNPROCESSABLE_ENTITY:
        shown = [show_answer(": ".join(filter(None, _parts(cause)))) for cause in causes]
        found = Diagnosis("Invalid", ", ".join(filter(None, shown)) or text, CORRECT)
    if found is None and status == HTTPStatus.BAD_REQUEST:
        found = Diagnosis("BadRequest", show_undecodable(text), CORRECT)
    if _TOO_LARGE.search(text):
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    if found is None:
        code, remedy = _BY_STATUS.get(status, ("APIServer", TRY_AGAIN))
        found = Diagnosis(code, text, remedy, reason=reason if code == "APIServer" else "")
    return found


def _diagnose_words(text: str) -> Diagnosis | None:
    """Diagnose by the words in which parts of a server refuse a pod, whatever the status."""
    return (
        _diagnose_admission(text)
        or _diagnose_namespace(text)
        or _diagnose_bounds(text)
        or _diagnose_missing(text)
    )


def _parts(cause: Object) -> tuple[str, str]:
    return find_text(cause, "field"), find_text(cause, "message")


_BY_STATUS: dict[int, tuple[str, str]] = {
    HTTPStatus.UNAUTHORIZED: (
        "Unauthorized",
        "renew the token or the certificate of the scheduler's service account",
    ),
    HTTPStatus.FORBIDDEN: ("Forbidden", CORRECT),
    HTTPStatus.CONFLICT: ("AlreadyExists", "set retries=... so that the task runs again, under another name"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
        "RequestEntityTooLarge",
        "make the pod smaller: mount a ConfigMap instead of long env_vars=... or annotations=...",
    ),
    HTTPStatus.TOO_MANY_REQUESTS: ("TooManyRequests", TRY_AGAIN),
}


def _diagnose_admission(text: str) -> Diagnosis | None:
    """Diagnose by who denied the pod: a status of 400, 403, 413 or 422 is theirs to choose."""
    if _DENIED_BY_WEBHOOK.search(text):
        return Diagnosis("AdmissionWebhook", text, "change what it names in the pod options")
    failed = _FAILED_WEBHOOK.search(text)
    if failed:
        which = f"the webhook {failed['name']!r}" if failed["name"] else "the webhook"
        return Diagnosis("Webhook", text, f"have the service of {which} run and answer, or {TRY_AGAIN}")
    if _DENIED_BY_POLICY.search(text):
        return Diagnosis("AdmissionPolicy", text, "change what it names in the pod options")
    if text.startswith("violates PodSecurity"):
        return Diagnosis("PodSecurity", text, _after_pod_security(text.partition(": ")[2]))
    not_allowed = _NOT_ALLOWED.search(text)
    if not_allowed:
        action = not_allowed["action"].replace('"', "").replace("resource ", "")
        return Diagnosis("RBAC", text, f"grant the service account the right to {action}")
    return None


def _after_pod_security(violations: str) -> str:
    """Write the security context that the standard wants, where it wants no more than that of the worker."""
    wanted: dict[str, object] = {}
    controls = list(_CONTROL.finditer(violations))
    for match in controls:
        wanted |= _RESTRICTED.get(match["control"].strip(" ,"), {})
    is_all = controls and all(
        match["control"].strip(" ,") in _RESTRICTED and not _OTHER_CONTAINER.search(match["where"])
        for match in controls
    )
    return f"write container_security_context={wanted!r}" if is_all else "remove or set what it names"


def _diagnose_namespace(text: str) -> Diagnosis | None:
    if _NO_NAMESPACE.search(text):
        remedy = "create the namespace, or name another in namespace=... or [kubernetes_executor] namespace"
        return Diagnosis("Namespace", text, remedy)
    return None


def _diagnose_bounds(text: str) -> Diagnosis | None:
    """Diagnose by the quotas and limit ranges of the namespace."""
    exceeded, unspecified = _QUOTA.search(text), _MUST_SPECIFY.search(text)
    if exceeded:
        return _diagnose_quota(exceeded)
    if unspecified:
        resources = [match["resource"] for match in _RESOURCE.finditer(unspecified["resources"])]
        options = dict.fromkeys(option_of(resource) for resource in resources)
        cause = f"the quota {unspecified['name']!r} refuses pods without {unspecified['resources']}"
        return Diagnosis("QuotaUnspecified", cause, f"set {', '.join(f'{option}=...' for option in options)}")
    if _QUOTA_CONFLICT.search(text):
        return Diagnosis("QuotaConflict", text, f"{TRY_AGAIN}, or set retries=...")
    bounds = list(dict.fromkeys(_within(match) for match in _LIMIT_RANGE.finditer(text)))
    if bounds:
        return Diagnosis("LimitRange", text, f"request {', '.join(bounds)}")
    ratio = _RATIO.search(text)
    if ratio:
        option = option_of(ratio["resource"])
        remedy = f"let the limit of {option}=... be at most {ratio['ratio']} times its request"
        return Diagnosis("LimitRange", text, remedy)
    return None


def _within(bound: re.Match[str]) -> str:
    side = "at most" if bound["side"] == "maximum" else "at least"
    total = "" if bound["of"] == "Container" else " for all containers together"
    return f"{side} {show_option(bound['resource'], bound['bound'])}{total}"


def _diagnose_missing(text: str) -> Diagnosis | None:
    """Diagnose by an object that the pod names, and without which admission refuses it."""
    for kind, (pattern, option) in _MISSING.items():
        missing = pattern.search(text)
        if missing:
            remedy = f"create the {kind} {missing['name']!r}, or name another in {option}=..."
            return Diagnosis(kind, text, remedy)
    return None


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
    return Diagnosis("Quota", cause, f"{ask}, or {TRY_AGAIN}")


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
