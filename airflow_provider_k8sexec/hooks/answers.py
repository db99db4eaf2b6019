"""What an API server answers: to a dry-run, and where it refuses a request.

Sources: https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation,
https://kubernetes.io/blog/2020/09/03/warnings/ and RFC 7234, section 5.5, for the header ``Warning``.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from attrs import frozen

from airflow_provider_k8sexec.diagnosis import diagnose_answer
from airflow_provider_k8sexec.diagnosis.codes import Actor
from airflow_provider_k8sexec.diagnosis.lookup import find_objects, find_text
from airflow_provider_k8sexec.exceptions import ClusterError
from airflow_provider_k8sexec.options.shown import show_answer, to_printable

if TYPE_CHECKING:
    from airflow_provider_k8sexec.options.manifests import Manifest

ANONYMOUS = "system:anonymous"
CHECK_AGAIN = "check again"

_WARNING = re.compile(r'\b\d{3} \S+ "((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_STRICT = "strict decoding error: "
_UNKNOWN_FIELD = re.compile(r'unknown field "([^"]+)"')
_NO_DRY_RUN = re.compile(r'admission webhook "[^"]*" does not support dry run')


@frozen
class Refusal:
    """Why a server refuses a pod.

    Attributes:
        code: What programs compare: ``Quota``, ``AdmissionPolicy``, ``Invalid``.
        cause: Why it refuses it, as a clause.
        remedy: What to change, as an imperative.
    """

    code: str
    cause: str
    remedy: str


@frozen
class DryRun:
    """What the server answered to a pod that it was not to create.

    Attributes:
        pod: The pod as the server would keep it; ``None`` if it refuses it.
        refusal: Why it refuses it; ``None`` if it does not.
        causes: The single mistakes of a pod that is invalid, each as its field, which may be empty, and what
            is wrong there.
        unknown_fields: The fields that the server does not know. What it would do without them is the rest.
        warnings: What it warns of.
    """

    pod: Manifest | None = None
    refusal: Refusal | None = None
    causes: tuple[tuple[str, str], ...] = ()
    unknown_fields: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def objections(self) -> list[str]:
        """Everything for which the server refuses the pod, in its own words."""
        unknown = [f"{field}: unknown field" for field in self.unknown_fields]
        if self.refusal is None:
            return unknown
        causes = [f"{field}: {message}" if field else message for field, message in self.causes]
        return unknown + (causes or [self.refusal.cause])


def read_object(body: object) -> Manifest | None:
    """Read the body of an answer; ``None`` if it is no object of JSON, as of a proxy before the server."""
    try:
        read = json.loads(body) if isinstance(body, (str, bytes)) else None
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def read_status(body: object, reason: object) -> Manifest:
    """Read the ``Status`` with which a server refuses a request; of another answer, the HTTP reason alone."""
    read = read_object(body) or {}
    return read if find_text(read, "message") else {**read, "message": str(reason)}


def read_refused_dry_run(status: int, answer: Manifest, headers: Any) -> DryRun:
    """Read what a server answered that refuses a pod."""
    refusal = _diagnose(status, answer)
    causes = _read_causes(answer) if refusal.code == "Invalid" else ()
    return DryRun(None, refusal, causes, find_unknown_fields(answer), read_warnings(headers))


def read_warnings(headers: Any) -> tuple[str, ...]:
    """Read the warnings of an answer, which the server sends as headers."""
    # Headers are read as Latin-1, and the server writes UTF-8.
    text = str(headers.get("Warning") or "").encode("latin-1", "replace").decode(errors="replace")
    found = (show_answer(_ESCAPED.sub(r"\1", quoted)) for quoted in _WARNING.findall(text))
    return tuple(dict.fromkeys(found))


def find_unknown_fields(answer: Manifest) -> tuple[str, ...]:
    """Find the fields that strict validation refuses, because the server does not know them."""
    message = find_text(answer, "message")
    return tuple(map(to_printable, _UNKNOWN_FIELD.findall(message))) if _STRICT in message else ()


def names_object(answer: Manifest) -> bool:
    """Report whether a 404 names the missing object; it names none where the server lacks the kind."""
    return bool(find_text(answer, "details", "name"))


def explain_refusal(status: int, answer: Manifest, action: str) -> ClusterError:
    """Explain why a request was refused.

    Args:
        status: The HTTP status.
        answer: The ``Status``.
        action: What was requested: ``get secrets named 'a'``.
    """
    found = _diagnose(status, answer)
    if found.code == "Unauthorized" or (found.code == "RBAC" and f'User "{ANONYMOUS}"' in found.cause):
        return ClusterError(
            f"The cluster refused to {action}: authentication failed ({status}); renew the token or "
            "certificate in the connection's kube_config.",
            "Unauthorized",
        )
    if found.code == "RBAC":
        return ClusterError(
            f"The account is not allowed to {action} ({status}): {found.cause}\n"
            "Grant it; docs/explanation/cluster.md has the role.",
            found.code,
        )
    return ClusterError(
        f"The cluster failed to {action} ({status}): {found.cause}; {found.remedy}.", found.code
    )


def _diagnose(status: int, answer: Manifest) -> Refusal:
    message = find_text(answer, "message")
    if _NO_DRY_RUN.match(message):
        remedy = "declare sideEffects: None in the configuration of the webhook, if it has none"
        return Refusal("DryRunUnsupported", message, remedy)
    found = diagnose_answer(
        status, find_text(answer, "reason"), message, find_objects(answer, "details", "causes")
    )
    # Where no person has to act, the server may succeed by itself at the next attempt.
    return Refusal(found.code, found.cause, CHECK_AGAIN if found.actor is Actor.CLUSTER else found.remedy)


def _read_causes(answer: Manifest) -> tuple[tuple[str, str], ...]:
    """Read the single mistakes. Only its field shows whether the value that a message quotes may be shown."""
    causes = []
    for cause in find_objects(answer, "details", "causes"):
        field, message = to_printable(find_text(cause, "field")), find_text(cause, "message")
        before = f"{field}: " if field else ""
        causes.append((field, show_answer(f"{before}{message}").removeprefix(before)))
    return tuple(causes)
