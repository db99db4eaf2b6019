"""What authors call the parts of what they wrote, where Kubernetes has other words for them.

A mistake in the size of ``volumes={"/d": EmptyDir("5X")}`` is found in the manifest, at
``emptyDir.sizeLimit`` of a volume with a generated name, and named ``volumes['/d'].size``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_k8sexec.options.secrets import Secret
from airflow_provider_k8sexec.options.volumes import (
    ConfigMap,
    EmptyDir,
    HostPath,
    Mount,
    PersistentVolumeClaim,
)

if TYPE_CHECKING:
    from airflow_provider_k8sexec.options.requested_pod import AuthorWords

ONE_VALUE: AuthorWords = {(): ""}
"""Of an option that is one value to its author, and several fields in the pod."""

VARIABLE: AuthorWords = {("name",): None, ("value",): "", ("valueFrom",): ""}
"""Of ``env_vars={"NAME": source}``, where the name is a key of the mapping."""

_MOUNT: AuthorWords = {("mountPath",): None, ("subPath",): ".sub_path"}
_SOURCES: dict[type, AuthorWords] = {
    EmptyDir: {**_MOUNT, ("emptyDir", "sizeLimit"): ".size", ("emptyDir", "medium"): ".medium"},
    ConfigMap: {**_MOUNT, ("configMap", "name"): ".name"},
    PersistentVolumeClaim: {**_MOUNT, ("persistentVolumeClaim", "claimName"): ".claim_name"},
    HostPath: {**_MOUNT, ("hostPath", "path"): ".path", ("hostPath", "type"): ".type"},
}


def words_of_mount(mount: Mount | Secret) -> AuthorWords:
    """Give the words for a volume and its mount."""
    if isinstance(mount, Secret):
        return words_of_secret(mount)
    words = _SOURCES.get(type(mount.source), _MOUNT)
    if not isinstance(mount.source, ConfigMap):
        return words
    named: dict[tuple[str | int, ...], str | None] = {}
    for index, key in enumerate(mount.source.items or ()):
        item = ("configMap", "items", index)
        named |= {(*item, "key"): ".items", (*item, "path"): f".items[{key!r}]"}
    return {**words, **named}


def words_of_secret(secret: Secret) -> AuthorWords:
    """Give the words for a secret's variable, or its file: attributes of one value."""
    return {
        (): "",
        ("name",): "" if secret.env is None else ".env",
        ("valueFrom", "secretKeyRef", "name"): ".name",
        ("secret", "secretName"): ".name",
        ("secret", "items", 0, "path"): ".file",
        ("mountPath",): ".file",
    }
