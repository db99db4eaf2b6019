"""An executor config as dag-factory has it in YAML: mappings that ``__type__`` makes objects of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from airflow_provider_k8sexec.cli.migrate.mistakes.legacy_configs import read_legacy
from airflow_provider_k8sexec.cli.migrate.reading.values import Fields, UnreadableError, make_plain
from airflow_provider_k8sexec.executor_names import (
    EXECUTOR_CONFIG,
    LEGACY_KEY,
    POD_OVERRIDE,
    POD_TEMPLATE_FILE,
    WORKER_CONTAINER,
)
from airflow_provider_k8sexec.options.manifest_parts import texts_in
from airflow_provider_k8sexec.rules.api_server.schema import (
    POD_MODEL,
    find_field,
    inner_kind,
    is_model,
    read_manifest,
)
from airflow_provider_k8sexec.rules.requested_pod.handwritten import check_config_key, find_nearest_key

if TYPE_CHECKING:
    from airflow_provider_k8sexec.options.manifests import Manifest

TYPE = "__type__"
_ARGUMENTS = "__args__"
_LIST = "builtins.list"
_KNOWN_LATER = ("$", "{{", "{%")
"""dag-factory expands variables of the environment, and its files may be templates."""


class UnreadableYamlError(ValueError):
    """What a config does cannot be seen in its file; the message is a sentence without its full stop."""


@frozen
class TypedConfig:
    """A config that concerns a pod.

    Attributes:
        effect: What it does today: a sentence without its full stop.
        pod: What it requests, or was meant to; ``None`` where that is not certain.
        template_file: Its pod template; empty if it has none.
    """

    effect: str
    pod: Manifest | None = None
    template_file: str = ""


def read_config(content: Any) -> TypedConfig | None:
    """Read a config; ``None`` where it concerns no pod of an executor, or is made by a function already.

    Raises:
        UnreadableYamlError: Its values are known only when it is loaded, or it has no counterpart.
    """
    if not isinstance(content, dict) or TYPE in content:
        return None
    keys = {POD_OVERRIDE, LEGACY_KEY} | {key for key in content if find_nearest_key(str(key)) == POD_OVERRIDE}
    key = next((key for key in content if key in keys), None)
    if key is None:
        return None
    if any(mark in text for _, text in texts_in(content) for mark in _KNOWN_LATER):
        raise UnreadableYamlError(f"the {EXECUTOR_CONFIG} has values that are known only when it is loaded")
    if key == LEGACY_KEY:
        return _read_legacy(content[key])
    effect = next((f"{wrong.field} {wrong.reason}" for wrong in check_config_key(key)), "")
    effect = effect or _describe(content[key])
    pod, wrong = read_manifest(_complete(_read_value(content[key], POD_MODEL)), POD_MODEL)
    if wrong:
        first = wrong[0]
        where = ".".join(map(str, first.path))
        raise UnreadableYamlError(f"{effect}; {POD_OVERRIDE} has a mistake: {where} {first.reason}")
    return TypedConfig(effect, pod, str(content.get(POD_TEMPLATE_FILE) or ""))


def _complete(pod: Any) -> Any:
    """Add the worker's container where a pod has none: what was meant is all else."""
    spec = pod.get("spec") if isinstance(pod, dict) else None
    if not isinstance(spec, dict) or "containers" in spec:
        return pod
    return {**pod, "spec": {**spec, "containers": [{"name": WORKER_CONTAINER}]}}


def _read_legacy(content: Any) -> TypedConfig:
    (problem,) = check_config_key(LEGACY_KEY)
    effect = f"{problem.field} {problem.reason}"
    try:
        pod = make_plain(read_legacy(_to_fields(content)))
    except UnreadableError as error:
        return TypedConfig(f"{effect}, and no options are certain: {error}")
    return TypedConfig(effect, pod)


def _to_fields(value: Any) -> Any:
    if isinstance(value, dict):
        return Fields({key: _to_fields(item) for key, item in value.items()})
    return [_to_fields(item) for item in value] if isinstance(value, list) else value


def _describe(override: Any) -> str:
    """Describe what becomes of a pod override: the executor needs models down to the containers."""
    spec = override.get("spec") if isinstance(override, dict) else None
    containers = _items_of(spec.get("containers")) if isinstance(spec, dict) else None
    parts = {
        POD_OVERRIDE: override,
        f"{POD_OVERRIDE}.spec": spec,
        f"{POD_OVERRIDE}.metadata": override.get("metadata") if isinstance(override, dict) else None,
        **{f"{POD_OVERRIDE}.spec.containers[{at}]": item for at, item in enumerate(containers or [])},
    }
    for name, part in parts.items():
        if isinstance(part, dict) and TYPE not in part:
            return f"{name} has no {TYPE}, so it stays a mapping, which the executor refuses"
    if isinstance(spec, dict) and containers is None:
        return f"{POD_OVERRIDE}.spec has no containers, which V1PodSpec refuses"
    return f"{POD_OVERRIDE} is made of Kubernetes's models, and pod options make the same pod"


def _items_of(value: Any) -> Any:
    return value.get("items") if isinstance(value, dict) and value.get(TYPE) == _LIST else value


def _read_value(value: Any, kind: str) -> Any:
    """Give what the loader makes of a value, as a manifest.

    Args:
        value: The value.
        kind: Its type in Kubernetes.

    Raises:
        UnreadableYamlError: It is made in a way that cannot be followed.
    """
    value = _items_of(value)
    if isinstance(value, list):
        return [_read_value(item, inner_kind(kind)) for item in value]
    if not isinstance(value, dict):
        return value
    made = str(value.get(TYPE, ""))
    if _ARGUMENTS in value or (made and made.rpartition(".")[2] != kind):
        raise UnreadableYamlError(f"{POD_OVERRIDE} has a part that {made or _ARGUMENTS} makes")
    fields = {key: item for key, item in value.items() if key != TYPE}
    if not is_model(kind):
        return {key: _read_value(item, inner_kind(kind)) for key, item in fields.items()}
    read = {}
    for key, item in fields.items():
        field, inner = find_field(kind, str(key)) or (str(key), "object")
        read[field] = _read_value(item, inner)
    return read
