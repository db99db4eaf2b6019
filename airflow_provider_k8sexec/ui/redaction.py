"""What of a pod is not for eyes: values that stand in clear where a secret's name would."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_k8sexec.spec.manifests import Manifest

HIDDEN = "***"
_LOGIN_IN_URL = re.compile(r"(?<=://)(?:([^/\s:@]*:)[^\s@]+|[^/\s@]+)(?=@)")
_CONNECTION = re.compile(r"AIRFLOW_CONN_|AIRFLOW__\w+__(SQL_ALCHEMY_CONN|RESULT_BACKEND|BROKER_URL)")


def redact_pod(pod: Manifest, is_sensitive: Callable[[str], bool]) -> Manifest:
    """Hide the values of variables, annotations and labels whose names look like a secret's.

    References to secrets stay, for they are names. Passwords and tokens in URLs are hidden wherever
    they are.

    Args:
        pod: The pod's manifest, which is left as it is.
        is_sensitive: Tells by its name whether a value is to be hidden, as Airflow does.
    """
    redacted: Manifest = _redact_urls(pod)
    for variable in _variables(redacted):
        if variable.get("value") and (is_sensitive(variable["name"]) or _CONNECTION.match(variable["name"])):
            variable["value"] = HIDDEN
    metadata = redacted.get("metadata") or {}
    for notes in (metadata.get("annotations") or {}, metadata.get("labels") or {}):
        notes.update({name: HIDDEN for name in notes if is_sensitive(name)})
    return redacted


def _redact_urls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _redact_urls(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_redact_urls(item) for item in value]
    if isinstance(value, str):
        return _LOGIN_IN_URL.sub(lambda login: f"{login[1] or ''}{HIDDEN}", value)
    return value


def _variables(pod: Manifest) -> Iterator[Manifest]:
    spec = pod.get("spec") or {}
    for containers in ("containers", "initContainers"):
        for container in spec.get(containers) or []:
            yield from container.get("env") or []
