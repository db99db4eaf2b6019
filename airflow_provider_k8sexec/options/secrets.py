"""One key of a Kubernetes secret, as an environment variable or a file.

Source: https://kubernetes.io/docs/concepts/configuration/secret/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from airflow_provider_k8sexec.exceptions import Problem, SpecError
from airflow_provider_k8sexec.options.manifests import Manifest, present, to_manifest
from airflow_provider_k8sexec.options.plain_values import to_plain
from airflow_provider_k8sexec.options.problems import name_arguments, refusal, repr_fields, show_shape
from airflow_provider_k8sexec.options.readers import parse_attributes, parse_boolean, parse_list, parse_text
from airflow_provider_k8sexec.options.volumes import Mount, normalize_path


@name_arguments
@frozen
class Secret:
    """One key of the deployment's secret, or of the secret ``name``.

    Attributes:
        key: The key in the secret.
        env: The environment variable that gets the value; the key's own name where neither ``env`` nor
            ``file`` is given.
        file: The absolute path at which the value is found as a read-only file.
        name: The secret's name; the deployment's own secret (``<release>-env``) where it is not given.
        optional: Whether the pod starts although the secret or the key is missing. A missing optional
            ``file`` leaves its directory empty, so that directory is the secret's own.
    """

    key: str
    env: str | None = None
    file: str | None = None
    name: str | None = None
    optional: bool = False

    __repr__ = repr_fields

    @property
    def env_name(self) -> str | None:
        """The environment variable that gets the value, if one does."""
        return self.env if self.env is not None or self.file is not None else self.key


class WholeSecret(dict[str, Any]):
    """A secret of which each key becomes a variable, as Airflow's own ``Secret`` without a key declares it.

    It is the item of ``env_from`` that declares the same, and knows where its author has written it.

    Attributes:
        name: The secret's name.
        position: Where it stands in ``secrets``.
    """

    def __init__(self, name: str, position: int = 0) -> None:
        super().__init__(secretRef={"name": name})
        self.name, self.position = name, position


SecretItem = Secret | WholeSecret | tuple[str, Mount]


def parse_secrets(field: str, value: object) -> list[SecretItem]:
    """Read keys, ``Secret`` objects or their mappings, or Airflow's own Kubernetes ``Secret`` objects.

    Returns:
        Secrets; whole secrets; mount paths with what is mounted there.

    Raises:
        SpecError: The value is not a list, or an item is none of these.
    """
    items = sorted(value, key=str) if isinstance(value, (set, frozenset)) else value
    return parse_list(field, items, "secret keys", "'MY_SECRET'", _parse_secret)


def _parse_secret(field: str, item: Any) -> SecretItem:
    if isinstance(item, str):
        return Secret(item)
    if isinstance(item, Mapping):  # as YAML and JSON have it
        item = _from_mapping(field, item)
    if isinstance(item, Secret):
        texts = {"key": parse_text, "env": parse_text, "file": _parse_file, "name": parse_text}
        secret: Secret = parse_attributes(field, item, **texts, optional=parse_boolean)
        return secret
    if hasattr(item, "deploy_type"):
        return _from_airflow(item)
    remedy = "write 'MY_SECRET' or Secret('MY_SECRET')"
    raise SpecError(
        [Problem(field, show_shape(item), "is neither a key nor a Secret", remedy, code="K8S102")]
    )


def _from_mapping(field: str, item: Mapping[Any, Any]) -> Secret:
    try:
        return Secret(**item)
    except TypeError:
        reason = "is not a mapping of key, env, file, name and optional"
        remedy = "write {'key': 'MY_SECRET', 'file': '/run/my-secret'}"
        raise SpecError([Problem(field, show_shape(item), reason, remedy, code="K8S102")]) from None


def _parse_file(field: str, value: object) -> str:
    path = parse_text(field, value)
    if path.endswith("/"):
        raise refusal(field, value, "is a directory, not a file", f"write '{path}my-secret'")
    return normalize_path(path)


def _from_airflow(secret: Any) -> SecretItem:
    kind, target, name, key = map(
        to_plain, (secret.deploy_type, secret.deploy_target, secret.secret, secret.key)
    )
    if kind == "env":
        return WholeSecret(name) if key is None else Secret(key, env=target, name=name)
    source: Manifest = present(secretName=name, items=to_manifest(secret.items) or None)
    return normalize_path(target), Mount({"secret": source}, read_only=True)
