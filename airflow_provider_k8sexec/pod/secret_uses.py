"""Which secrets a container gets, as which variables and files."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any

from attrs import frozen

from airflow_provider_k8sexec.pod.fields import read_field, read_items
from airflow_provider_k8sexec.pod.key_sources import (
    ALL_KEYS,
    SECRET,
    SECRET_STORE,
    KeySource,
    read_files,
    read_text,
    read_variables,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.options.paths import NamedPath


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
        requested_by: The path to the variable in the container, or to the volume in the spec.
    """

    secret: str
    key: str = ALL_KEYS
    variable: str = ""
    prefix: str | None = None
    path: str = ""
    requested_by: NamedPath = ()

    @property
    def exposed_as(self) -> str:
        """What people read: ``MY_SECRET``, ``DB_*``, ``/run/tls.crt``, ``/run/secrets/*``."""
        if self.prefix is not None:
            return f"{self.prefix}*"
        return self.variable or (self.path if self.key else f"{self.path.rstrip('/')}/*")


def read_secret_uses(spec: Any, container: Any) -> Iterator[SecretUse]:
    """Read which secrets a container gets, in the order of the pod; never their values.

    Args:
        spec: The ``spec`` of a pod: a model, a manifest, or whatever a hook has left there.
        container: One of its containers.
    """
    for source in read_variables(container, SECRET):
        step = source.variable if source.position is None else source.position
        path = ("env" if source.position is None else "envFrom", f"[{step}]")
        yield SecretUse(source.name, source.key, source.variable, source.prefix, requested_by=path)
    volumes = {read_text(volume, "name"): volume for volume in read_items(spec, "volumes")}
    for mount in read_items(container, "volumeMounts"):
        name = read_text(mount, "name")
        for source in _read_secret_files(volumes.get(name)):
            part, file = _normalise(read_text(mount, "subPath")), _normalise(source.file)
            path_in_container = _locate(mount, part, file)
            if path_in_container:
                # Without items, each key is a file of its own name.
                key = source.key or (part if source.name else "")
                requested_by = ("volumes", f"[{name}]")
                yield SecretUse(source.name, key, path=path_in_container, requested_by=requested_by)


def _read_secret_files(volume: Any) -> Iterator[KeySource]:
    """Read the files of a volume that hold a secret, though it be of no Secret."""
    yield from read_files(volume, SECRET)
    if read_text(read_field(volume, "csi"), "driver") == SECRET_STORE:
        yield KeySource("")
    for source in read_items(read_field(volume, "projected"), "sources"):
        token = read_field(source, "serviceAccountToken")
        if token is not None:
            yield KeySource("", file=read_text(token, "path"))


def _locate(mount: Any, part: str, file: str) -> str:
    """Locate a volume's file in the container, or all its files; empty where the mount does not have it."""
    path = read_text(mount, "mountPath")
    if read_text(mount, "subPathExpr"):  # what that names is known in the container alone
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
