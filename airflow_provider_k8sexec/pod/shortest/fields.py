"""The options for single fields of a pod, its metadata and the worker's container."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.options.code import Code
from airflow_provider_k8sexec.pod.option_parts import ANNOTATIONS, LABELS, SPEC_FIELDS
from airflow_provider_k8sexec.pod.shortest.rest import BASE

if TYPE_CHECKING:
    from airflow_provider_k8sexec.options.paths import Path
    from airflow_provider_k8sexec.pod.shortest.rest import Rest

_SCALARS: dict[Path, str] = {
    ("metadata", "namespace"): "namespace",
    (*BASE, "image"): "image",
    (*BASE, "imagePullPolicy"): "image_pull_policy",
    **{("spec", key): option for key, option in SPEC_FIELDS.items()},
}
_NODE_SELECTOR: Path = ("spec", "nodeSelector")
_MODELS: dict[Path, str] = {
    (*BASE, "securityContext"): "container_security_context",
    ("spec", "securityContext"): "security_context",
    ("spec", "affinity"): "affinity",
}
"""Of these, an empty one replaces the pod template's, and no option does that."""

_SERVICE_ACCOUNT: Path = ("spec", "serviceAccount")
_HOST_ALIASES: Path = ("spec", "hostAliases")
_PULL_SECRETS: Path = ("spec", "imagePullSecrets")
_SPREAD: Path = ("spec", "topologySpreadConstraints")


def write_fields(rest: Rest) -> None:
    """Let options stand for the fields that one option has each."""
    for path, option in _SCALARS.items():
        value = rest.at(path)
        if value is not None and not isinstance(value, (dict, list)):
            rest.write(option, value, [path])
    if isinstance(rest.at(_NODE_SELECTOR), (dict, Code)):
        rest.write("node_selector", rest.at(_NODE_SELECTOR), [_NODE_SELECTOR])
    for path, option in _MODELS.items():
        value = rest.at(path)
        if isinstance(value, (dict, Code)) and value != {}:
            rest.write(option, value, [path])
    _write_others(rest, ANNOTATIONS, "annotations", "disruption")
    _write_others(rest, LABELS, "labels", "queue_name")
    _write_lists(rest)
    account = rest.at(_SERVICE_ACCOUNT)
    if account is not None and account == rest.at(("spec", "serviceAccountName")):
        rest.drop(_SERVICE_ACCOUNT)  # the API server copies it from the other field


def _write_others(rest: Rest, path: Path, option: str, of_some: str) -> None:
    """Let ``annotations``, or ``labels``, stand for those for which no option of their own does."""
    given = rest.at(path)
    if isinstance(given, Code):
        rest.write(option, given, [path])
    elif isinstance(given, dict):
        _, written = rest.written.get(of_some, ("", ()))
        left = {key: value for key, value in given.items() if (*path, key) not in written}
        rest.write(option, left, [(*path, key) for key in left])


def _write_lists(rest: Rest) -> None:
    constraints = rest.at(_SPREAD)
    if isinstance(constraints, (list, Code)):
        rest.write("topology_spread_constraints", constraints, [_SPREAD])
    secrets = rest.at(_PULL_SECRETS)
    names = [_name_of(item) for item in secrets] if isinstance(secrets, list) else secrets
    if isinstance(names, Code) or (isinstance(names, list) and None not in names):
        rest.write("image_pull_secrets", names, [_PULL_SECRETS])
    aliases = rest.at(_HOST_ALIASES)
    mapped = _map_aliases(aliases) if isinstance(aliases, list) else aliases
    if isinstance(mapped, (dict, Code)):
        rest.write("host_aliases", mapped, [_HOST_ALIASES])


def _name_of(reference: Any) -> Any:
    """Give the name alone; an expression is the whole reference; ``None`` where there is more than a name."""
    if isinstance(reference, dict):
        return reference["name"] if [*reference] == ["name"] else None
    return reference if isinstance(reference, Code) else None


def _map_aliases(aliases: list[Any]) -> dict[Any, Any] | None:
    mapped = {}
    for alias in aliases:
        if not isinstance(alias, dict) or alias.keys() != {"ip", "hostnames"} or alias["ip"] in mapped:
            return None
        mapped[alias["ip"]] = alias["hostnames"]
    return mapped
