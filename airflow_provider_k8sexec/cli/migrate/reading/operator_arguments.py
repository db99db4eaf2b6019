"""What arguments of KubernetesPodOperator set in the pod that it starts."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.cli.migrate.reading.values import (
    AIRFLOWS_SECRET,
    Fields,
    Items,
    UnreadableError,
    known,
)
from airflow_provider_k8sexec.options.code import UNKNOWN
from airflow_provider_k8sexec.pod.shortest.rest import BASE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_provider_k8sexec.options.paths import Path

_SECRETS = "secrets"
_PLACES: dict[str, tuple[str, Path]] = {
    "container_resources": ("V1ResourceRequirements", (*BASE, "resources")),
    "container_security_context": ("V1SecurityContext", (*BASE, "securityContext")),
    "security_context": ("V1PodSecurityContext", ("spec", "securityContext")),
    "env_vars": ("V1EnvVar", (*BASE, "env")),
    "env_from": ("V1EnvFromSource", (*BASE, "envFrom")),
    "volume_mounts": ("V1VolumeMount", (*BASE, "volumeMounts")),
    "volumes": ("V1Volume", ("spec", "volumes")),
    "tolerations": ("V1Toleration", ("spec", "tolerations")),
    "image_pull_secrets": ("V1LocalObjectReference", ("spec", "imagePullSecrets")),
    "host_aliases": ("V1HostAlias", ("spec", "hostAliases")),
    # Last, as Airflow lays them.
    _SECRETS: (AIRFLOWS_SECRET, BASE),
}
"""The arguments that take models, or lists of these: which, and where they are in the pod."""

ARGUMENTS = frozenset(_PLACES)
"""The arguments that can be shorter as pod options."""


def is_in_models(name: str, value: Any) -> bool:
    """Report whether an argument is written in models, and not in what K8sPodOperator takes as it is.

    Raises:
        UnreadableError: It is known only when the file is loaded.
    """
    model, _ = _PLACES[name]
    items = value if isinstance(value, list) else [value]
    if not all(isinstance(item, Fields) for item in items):
        if known(value) is None or all(isinstance(known(item), (str, Fields)) for item in items):
            return False
        raise UnreadableError(f"`{name}` is known only when the file is loaded")
    return bool(items) and all(item.model == model for item in items)


def lay_arguments(arguments: Mapping[str, Any]) -> Fields:
    """Lay arguments in a pod.

    Raises:
        UnreadableError: One has no place there.
    """
    pod = Fields()
    for name, (_, path) in _PLACES.items():
        if name in arguments:
            parts = _divide(arguments[name]) if name == _SECRETS else [(path, arguments[name])]
            for place, value in parts:
                _lay(pod, place, value)
    return pod


def _lay(pod: Fields, path: Path, value: Any) -> None:
    here: Any = pod
    for step, following in itertools.pairwise(path):
        if isinstance(following, int):
            here = here.setdefault(step, Items([Fields()]))
        else:
            here = here[step] if isinstance(step, int) else here.setdefault(step, Fields())
    last = path[-1]
    if isinstance(value, Items) and last in here:
        before: Items = here[last]
        moved = {len(before) + index: line for index, line in value.lines.items()}
        value = Items([*before, *value], {**before.lines, **moved})
    here[last] = value


def _divide(secrets: Items) -> Iterator[tuple[Path, Items]]:
    """Give the parts of the pod that Airflow makes of its secrets.

    Raises:
        UnreadableError: A secret has parts that are known only when the file is loaded.
    """
    for index, secret in enumerate(secrets):
        lines = {0: secrets.lines[index]} if index in secrets.lines else {}
        for path, part in _parts_of(secret, f"secret-{index}"):
            yield path, Items([part], lines)


def _parts_of(secret: Fields, name: str) -> Iterator[tuple[Path, Fields]]:
    kind, target, key = (known(secret.get(part)) for part in ("deploy_type", "deploy_target", "key"))
    if UNKNOWN in (kind, target, key):
        raise UnreadableError("a part of a secret is known only when the file is loaded")
    if kind == "volume":
        source = {"secretName": secret.get("secret"), "items": secret.get("items")}
        volume = Fields({"name": name, "secret": _given(source)})
        mount = {"name": name, "mountPath": secret.get("deploy_target"), "readOnly": True}
        yield ("spec", "volumes"), volume
        yield (*BASE, "volumeMounts"), Fields(mount)
    elif kind == "env" and key is None:
        yield (*BASE, "envFrom"), Fields({"secretRef": {"name": secret.get("secret")}})
    elif kind == "env" and isinstance(target, str):
        is_upper = target == target.upper()
        variable = secret["deploy_target"] if is_upper else target.upper()  # as Airflow writes it
        reference = {"name": secret.get("secret"), "key": secret.get("key")}
        yield (*BASE, "env"), Fields({"name": variable, "valueFrom": {"secretKeyRef": reference}})
    else:
        raise UnreadableError("a secret is neither for a variable nor for a volume")


def _given(parts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in parts.items() if part is not None}
