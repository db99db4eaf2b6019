"""The options for the environment of a worker's container: variables, and keys of secrets in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.options.code import Code
from airflow_provider_k8sexec.options.manifests import present
from airflow_provider_k8sexec.options.secrets import Secret
from airflow_provider_k8sexec.pod.normal_form import without_defaults
from airflow_provider_k8sexec.pod.shortest.rest import BASE

if TYPE_CHECKING:
    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import Path
    from airflow_provider_k8sexec.pod.shortest.rest import Rest

_ENV: Path = (*BASE, "env")
_ENV_FROM: Path = (*BASE, "envFrom")
_WHOLE_SOURCES = {"configMapRef": "configmap", "secretRef": "secret"}


def is_own(name: Any, own_secret: str | None) -> bool:
    """Report whether a secret is the deployment's own, so that its keys need no name."""
    return own_secret is not None and own_secret in (name, getattr(name, "value", None))


def write_environment(rest: Rest, own_secret: str | None) -> None:
    """Let options stand for variables; the files of secrets are written already."""
    _write_variables(rest, own_secret)
    sources = rest.at(_ENV_FROM)
    if isinstance(sources, Code):
        rest.write("env_from", sources, [_ENV_FROM])
    elif isinstance(sources, list):
        fields = [path for path, _ in rest.items_at(_ENV_FROM)]
        rest.write("env_from", [_write_source(source) for source in sources], fields)


def _write_source(source: Any) -> Any:
    if isinstance(source, dict) and len(source) == 1:
        ((key, reference),) = source.items()
        kind = _WHOLE_SOURCES.get(key)
        name = reference.get("name") if isinstance(reference, dict) and [*reference] == ["name"] else None
        if kind and isinstance(name, str) and name:
            return f"{kind}/{name}"
    return source


def _write_variables(rest: Rest, own_secret: str | None) -> None:
    if isinstance(rest.at(_ENV), Code):
        rest.write("env_vars", rest.at(_ENV), [_ENV])
        return
    items = rest.items_at(_ENV)
    names = [item.get("name") for _, item in items if isinstance(item, dict)]
    if any(name is None or names.count(name) > 1 for name in names):
        return
    keys, key_fields = rest.written.pop("secrets", ([], ()))
    secrets: list[tuple[Path, Any]] = []
    others: list[tuple[Path, Any]] = []
    for path, item in items:
        secret = _read_secret(item, own_secret)
        if secret is not None:
            secrets.append((path, secret))
        elif isinstance(item, Code) or _is_variable(item):
            others.append((path, item))
    # An expression is a whole variable, and a mapping has no place for it.
    is_listed = any(isinstance(item, Code) for _, item in others)
    listed = [item for _, item in others]
    mapped = (
        {} if is_listed else {item["name"]: item.get("valueFrom", item.get("value", "")) for item in listed}
    )
    rest.write("env_vars", listed if is_listed else mapped, [path for path, _ in others])
    paths = [path for path, _ in secrets]
    rest.write("secrets", [*(secret for _, secret in secrets), *keys], [*paths, *key_fields])


def _is_variable(item: Any) -> bool:
    return isinstance(item, dict) and (item.keys() - {"name"}) in (set(), {"value"}, {"valueFrom"})


def _read_secret(item: Any, own_secret: str | None) -> Any:
    """Read a variable that has the value of a secret's key; ``None`` where it has another one."""
    source = (
        item.get("valueFrom") if isinstance(item, dict) and item.keys() == {"name", "valueFrom"} else None
    )
    if not isinstance(source, dict) or [*source] != ["secretKeyRef"]:
        return None
    reference = source["secretKeyRef"]
    if not isinstance(reference, dict):
        return None
    reference = without_defaults("secretKeyRef", reference)
    is_known = {"name", "key"} <= reference.keys() <= {"name", "key", "optional"}
    is_key = is_known and reference.get("optional", True) is True
    return build_secret(reference, item["name"], None, own_secret) if is_key else None


def build_secret(reference: Manifest, env: Any, file: str | None, own_secret: str | None) -> Any:
    """Build what an author writes for a key of a secret: its name alone, or a ``Secret``.

    Args:
        reference: The name of the secret, its ``key``, and whether it is ``optional``.
        env: The variable that has the value, if one does.
        file: The file that has it, if one does.
        own_secret: The deployment's own secret.
    """
    key = reference["key"]
    fields = present(
        env=None if env == key else env,
        file=file,
        name=None if is_own(reference["name"], own_secret) else reference["name"],
        optional=True if "optional" in reference else None,
    )
    return Secret(key, **fields) if fields else key
