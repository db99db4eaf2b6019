"""Which secrets a container gets, as which variables and files: the one reader of that.

Source: https://kubernetes.io/docs/concepts/configuration/secret/
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any

from attrs import frozen

from airflow_provider_k8sexec.pod.fields import read_field, read_items

if TYPE_CHECKING:
    from collections.abc import Iterator

ALL_KEYS = ""
_SECRET_STORE = "secrets-store.csi.k8s.io"  # noqa: S105  # a driver's name


@frozen
class SecretUse:
    """One use of a secret by a container.

    Attributes:
        secret: The secret's name; empty where the value comes from no Secret: a service account's token, or
            a file of the Secrets Store CSI driver.
        key: The key in it; empty for all of its keys.
        variable: The environment variable that gets the value; empty if there is none, or there are many.
        prefix: What the names of the variables begin with where all keys are variables; else ``None``.
        path: The file that gets the value, or the directory of files; empty if there is none.
        holder: The name of the volume or of the variable by which the pod asks for it.
    """

    secret: str
    key: str = ALL_KEYS
    variable: str = ""
    prefix: str | None = None
    path: str = ""
    holder: str = ""


def read_secret_uses(spec: Any, container: Any) -> Iterator[SecretUse]:
    """Read which secrets a container gets, in the order of the pod; never their values.

    Args:
        spec: The ``spec`` of a pod: a model, a manifest, or whatever a hook has left there.
        container: One of its containers.
    """
    yield from _read_variables(container)
    yield from _read_files(spec, container)


def _read_variables(container: Any) -> Iterator[SecretUse]:
    for variable in read_items(container, "env"):
        source = read_field(variable, "valueFrom")
        if source is None:  # most variables are literals, and thousands must cost little
            continue
        name, reference = _read_text(variable, "name"), read_field(source, "secretKeyRef")
        if name and reference is not None:
            secret, key = _read_text(reference, "name"), _read_text(reference, "key")
            yield SecretUse(secret, key, variable=name, holder=name)
    for bulk in read_items(container, "envFrom"):
        reference = read_field(bulk, "secretRef")
        if reference is not None:
            prefix = _read_text(bulk, "prefix")
            yield SecretUse(_read_text(reference, "name"), prefix=prefix, holder=f"{prefix}*")


def _read_files(spec: Any, container: Any) -> Iterator[SecretUse]:
    volumes = {_read_text(volume, "name"): volume for volume in read_items(spec, "volumes")}
    for mount in read_items(container, "volumeMounts"):
        holder, part = _read_text(mount, "name"), _normalise(_read_text(mount, "subPath"))
        for secret, key, file in _read_sources(volumes.get(holder)):
            path = _locate(mount, part, _normalise(file))
            if path:
                # Without items, each key is a file of its own name.
                yield SecretUse(secret, key or (part if secret else ""), path=path, holder=holder)


def _read_sources(volume: Any) -> Iterator[tuple[str, str, str]]:
    """Give secret, key and path of each file of a volume; no key and no path for all keys."""
    secret = read_field(volume, "secret")
    if secret is not None:
        yield from _read_keys(secret, "secretName")
    if _read_text(read_field(volume, "csi"), "driver") == _SECRET_STORE:
        yield "", ALL_KEYS, ""
    for source in read_items(read_field(volume, "projected"), "sources"):
        secret, token = read_field(source, "secret"), read_field(source, "serviceAccountToken")
        if secret is not None:
            yield from _read_keys(secret, "name")
        if token is not None:
            yield "", "", _read_text(token, "path")


def _read_keys(secret: Any, naming: str) -> Iterator[tuple[str, str, str]]:
    name, items = _read_text(secret, naming), read_items(secret, "items")
    if not items:
        yield name, ALL_KEYS, ""
    for item in items:
        yield name, _read_text(item, "key"), _read_text(item, "path")


def _locate(mount: Any, part: str, file: str) -> str:
    """Locate a volume's file in the container, or all its files; empty where the mount does not have it."""
    path = _read_text(mount, "mountPath")
    if _read_text(mount, "subPathExpr"):  # what that names is known in the container alone
        return path
    if not path or not (part or file):
        return path
    if not part:
        return posixpath.join(path, file)
    if file in ("", part):
        return path
    return posixpath.join(path, file.removeprefix(f"{part}/")) if file.startswith(f"{part}/") else ""


def _normalise(path: str) -> str:
    """Write a path in a volume in its one form: ``./a//b`` is ``a/b``, and the volume itself is empty."""
    path = posixpath.normpath(path.strip("/"))
    return "" if path == "." else path


def _read_text(holder: Any, field: str) -> str:
    value = read_field(holder, field)
    return value if isinstance(value, str) else ""
