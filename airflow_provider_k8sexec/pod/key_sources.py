"""What a pod takes from Secrets and config maps: the one reader of variables and volumes.

Source: https://kubernetes.io/docs/concepts/configuration/secret/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from airflow_provider_k8sexec.pod.fields import read_field, read_items

if TYPE_CHECKING:
    from collections.abc import Iterator

ALL_KEYS = ""
SECRET_STORE = "secrets-store.csi.k8s.io"  # noqa: S105  # a driver's name
"""The CSI driver whose volumes hold secrets of a provider outside the cluster."""


@frozen
class KeyedKind:
    """A kind of object with keys, and the fields of a pod that name such an object.

    Attributes:
        kind: The kind.
        variable: In ``valueFrom`` of a variable: one key.
        bulk: In ``envFrom``: all keys.
        volume: In a volume, and in a source of a projected one: a file for each key.
        naming: In the volume: the object's name.
    """

    kind: str
    variable: str
    bulk: str
    volume: str
    naming: str


SECRET = KeyedKind("Secret", "secretKeyRef", "secretRef", "secret", "secretName")
CONFIG_MAP = KeyedKind("ConfigMap", "configMapKeyRef", "configMapRef", "configMap", "name")


@frozen
class KeySource:
    """One key of an object, or all of its keys, and what gets the value.

    Attributes:
        name: The object's name.
        key: The key; empty for all.
        is_optional: Whether the pod starts without it.
        variable: The environment variable that gets the value; empty if there is none, or there are many.
        prefix: What the names of the variables begin with where all keys are variables; else ``None``.
        file: The path in the volume; empty for a file of each key's own name.
        position: The position in ``envFrom``; ``None`` elsewhere.
    """

    name: str
    key: str = ALL_KEYS
    is_optional: bool = False
    variable: str = ""
    prefix: str | None = None
    file: str = ""
    position: int | None = None


def read_variables(container: Any, kind: KeyedKind) -> Iterator[KeySource]:
    """Read which keys a container gets as environment variables, in order; never their values.

    Args:
        container: A container: a model, a manifest, or whatever a hook has left there.
        kind: The kind of the objects.
    """
    for variable in read_items(container, "env"):
        source = read_field(variable, "valueFrom")
        if source is None:  # most variables are literals, and thousands must cost little
            continue
        name, reference = read_text(variable, "name"), read_field(source, kind.variable)
        if name and reference is not None:
            key = read_text(reference, "key")
            yield KeySource(read_text(reference, "name"), key, _is_optional(reference), variable=name)
    for position, bulk in enumerate(read_items(container, "envFrom")):
        reference = read_field(bulk, kind.bulk)
        if reference is not None:
            name, prefix = read_text(reference, "name"), read_text(bulk, "prefix")
            yield KeySource(name, ALL_KEYS, _is_optional(reference), prefix=prefix, position=position)


def read_files(volume: Any, kind: KeyedKind) -> Iterator[KeySource]:
    """Read which keys are files of a volume, a projected one included, in order; never their values."""
    yield from _read_keys(read_field(volume, kind.volume), kind.naming)
    for source in read_items(read_field(volume, "projected"), "sources"):
        yield from _read_keys(read_field(source, kind.volume), "name")


def _read_keys(source: Any, naming: str) -> Iterator[KeySource]:
    if source is None:
        return
    name, is_optional, items = read_text(source, naming), _is_optional(source), read_items(source, "items")
    if not items:
        yield KeySource(name, ALL_KEYS, is_optional)
    for item in items:
        yield KeySource(name, read_text(item, "key"), is_optional, file=read_text(item, "path"))


def read_text(holder: Any, field: str) -> str:
    """Read a field that holds a string; anything else there counts as an empty one."""
    value = read_field(holder, field)
    return value if isinstance(value, str) else ""


def _is_optional(reference: Any) -> bool:
    return read_field(reference, "optional") is True
