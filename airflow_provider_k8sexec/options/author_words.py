"""What authors call the parts of what they wrote, where Kubernetes has other words for them.

A mistake in the size of ``volumes={"/d": EmptyDir("5X")}`` is found in the manifest, at
``emptyDir.sizeLimit`` of a volume with a generated name, and named ``volumes['/d'].size``.
"""

from __future__ import annotations

from airflow_provider_k8sexec.options.origins import AuthorWords
from airflow_provider_k8sexec.options.paths import Path, Written
from airflow_provider_k8sexec.options.secrets import Secret
from airflow_provider_k8sexec.options.volumes import (
    ConfigMap,
    EmptyDir,
    HostPath,
    ImageVolume,
    Mount,
    PersistentVolumeClaim,
    TemplateVolume,
)

ONE_VALUE = AuthorWords(is_one_value=True)
"""Of an option that is one value to its author, and several fields in the pod."""

VARIABLE = AuthorWords({("value",): (), ("valueFrom",): ()}, keys=frozenset({("name",)}))
"""Of ``env_vars={"NAME": source}``, where the name is a key of the mapping."""

HOST_ALIAS = AuthorWords({("hostnames",): ()}, keys=frozenset({("ip",)}))
"""Of ``host_aliases={"10.0.0.1": ["db.local"]}``, where the address is a key of the mapping."""

CLAIM = AuthorWords(
    {("resourceClaimName",): (), ("resourceClaimTemplateName",): ()}, keys=frozenset({("name",)})
)
"""Of ``resource_claims={"gpu": "team-gpus"}``, where the pod's name for the claim is a key."""

_SUB_PATH: dict[Path, str] = {("subPath",): ".sub_path", ("subPathExpr",): ".sub_path_expr"}
_ATTRIBUTES: dict[type, dict[Path, str]] = {
    EmptyDir: {("emptyDir", "sizeLimit"): ".size", ("emptyDir", "medium"): ".medium"},
    ConfigMap: {("configMap", "name"): ".name"},
    PersistentVolumeClaim: {("persistentVolumeClaim", "claimName"): ".claim_name"},
    HostPath: {("hostPath", "path"): ".path", ("hostPath", "type"): ".type"},
    ImageVolume: {("image", "reference"): ".reference", ("image", "pullPolicy"): ".pull_policy"},
    TemplateVolume: {("name",): ".name"},
}


def locate_mount(path: str, mount: Mount | Secret) -> tuple[str, str | int]:
    """Give the option that has something mounted at a path, and its key there."""
    if isinstance(mount, Secret):
        return "secrets", mount.key
    return ("volumes", path) if mount.position is None else ("secrets", mount.position)


def words_of_mount(mount: Mount | Secret) -> AuthorWords:
    """Give the words for a volume and its mount."""
    if isinstance(mount, Secret):
        return words_of_secret(mount)
    if mount.position is not None:
        return ONE_VALUE
    attributes: dict[Path, str] = {**_SUB_PATH, **_ATTRIBUTES.get(type(mount.source), {})}
    parts: dict[Path, Path] = {path: (Written(name),) for path, name in attributes.items()}
    if isinstance(mount.source, ConfigMap):
        for index, key in enumerate(mount.source.items or ()):
            item = ("configMap", "items", index)
            parts |= {(*item, "key"): (Written(".items"),), (*item, "path"): (Written(".items"), key)}
    return AuthorWords(parts, keys=frozenset({("mountPath",)}))


def words_of_secret(secret: Secret) -> AuthorWords:
    """Give the words for a secret's variable, or its file: attributes of one value."""
    attributes: dict[Path, str] = {
        ("valueFrom", "secretKeyRef", "name"): ".name",
        ("secret", "secretName"): ".name",
        ("secret", "items", 0, "path"): ".file",
        ("mountPath",): ".file",
    }
    if secret.env is not None:
        attributes[("name",)] = ".env"
    return AuthorWords({path: (Written(name),) for path, name in attributes.items()}, is_one_value=True)
