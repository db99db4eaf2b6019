"""What the containers of a pod are given: environment and volumes, read from the server as a kubelet does.

Sources: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/ and
https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from isolation import Bind

Manifest = Mapping[str, Any]
Read = Callable[[str, str], "Mapping[str, bytes] | None"]
"""Gives the content of a ``Secret`` or ``ConfigMap`` (the first argument) by name, ``None`` without one."""

ADDRESS = "127.0.0.1"
_VARIABLE = re.compile(r"\$\$|\$\(([^()]+)\)")
_ENTRY = re.compile(r"metadata\.(labels|annotations)\['(.+)'\]\Z")


class PodWaitsError(Exception):
    """The pod can't start as things are on the server; a kubelet tries again until it can.

    Attributes:
        reason: The reason in the container's status.
        message: The explanation there.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(f"{reason}: {message}")
        self.reason = reason
        self.message = message


def resolve_env(container: Manifest, pod: Manifest, read: Read) -> dict[str, str]:
    """Give the environment that a container asks for.

    Raises:
        PodWaitsError: A secret or config map that it needs, or a key of one, is missing.
    """
    env: dict[str, str] = {}
    for source in container.get("envFrom") or []:
        prefix = source.get("prefix", "")
        content = _read_source(source, "secretRef", "configMapRef", read)
        env |= {f"{prefix}{key}": value.decode() for key, value in content.items()}
    for variable in container.get("env") or []:
        value = _resolve_variable(variable, env, pod, read)
        if value is not None:
            env[variable["name"]] = value
    return env


def expand(text: str, env: Mapping[str, str]) -> str:
    """Replace ``$(NAME)`` by the variable's value, as in ``value`` and ``args``; unknown names stay."""
    return _VARIABLE.sub(lambda found: env.get(found[1], found[0]) if found[1] else "$", text)


def write_volumes(pod: Manifest, read: Read, folder: Path) -> dict[str, Path]:
    """Write the volumes of a pod as directories, and give them by name.

    Keys of secrets and config maps become files, and a ``hostPath`` is itself; every other volume, a
    ``persistentVolumeClaim`` included, begins as an empty directory and ends with the pod.

    Raises:
        PodWaitsError: A secret or config map that is needed, or a key of one, is missing.
    """
    return {
        volume["name"]: _write_volume(volume, read, folder / volume["name"])
        for volume in pod["spec"].get("volumes") or []
    }


def resolve_mounts(container: Manifest, pod: Manifest, volumes: Mapping[str, Path]) -> list[Bind]:
    """Tell what a container sees of the volumes, and where."""
    by_name = {volume["name"]: volume for volume in pod["spec"].get("volumes") or []}
    binds = []
    for mount in container.get("volumeMounts") or []:
        source = volumes[mount["name"]] / mount.get("subPath", "")
        if not source.exists():
            source.mkdir(parents=True)
        read_only = mount.get("readOnly", False) or not {"secret", "configMap"}.isdisjoint(
            by_name[mount["name"]]
        )
        binds.append(Bind(source, Path(mount["mountPath"]), read_only))
    return binds


def _resolve_variable(variable: Manifest, env: Mapping[str, str], pod: Manifest, read: Read) -> str | None:
    source = variable.get("valueFrom")
    if source is None:
        return expand(variable.get("value", ""), env)
    if "fieldRef" in source:
        return _resolve_field(pod, source["fieldRef"]["fieldPath"])
    reference = source.get("secretKeyRef") or source.get("configMapKeyRef")
    if reference is None:
        raise PodWaitsError("CreateContainerConfigError", f"the test node knows no {', '.join(source)}")
    content = _read_source(source, "secretKeyRef", "configMapKeyRef", read)
    key = reference["key"]
    if key in content:
        return content[key].decode()
    if reference.get("optional"):
        return None
    kind = "Secret" if "secretKeyRef" in source else "ConfigMap"
    namespace = pod["metadata"]["namespace"]
    raise PodWaitsError(
        "CreateContainerConfigError", f"couldn't find key {key} in {kind} {namespace}/{reference['name']}"
    )


def _read_source(source: Manifest, secret: str, config_map: str, read: Read) -> Mapping[str, bytes]:
    kind, reference = ("Secret", source[secret]) if secret in source else ("ConfigMap", source[config_map])
    content = read(kind, reference["name"])
    if content is not None:
        return content
    if reference.get("optional"):
        return {}
    raise PodWaitsError("CreateContainerConfigError", f'{kind.lower()} "{reference["name"]}" not found')


def _resolve_field(pod: Manifest, path: str) -> str:
    entry = _ENTRY.match(path)
    if entry:
        return pod["metadata"].get(entry[1], {}).get(entry[2], "")
    value: Any = {**pod, "status": {"podIP": ADDRESS, "hostIP": ADDRESS}}
    for name in path.split("."):
        value = value.get(name, "")
    return value


def _write_volume(volume: Manifest, read: Read, folder: Path) -> Path:
    if "hostPath" in volume:
        return Path(volume["hostPath"]["path"])
    folder.mkdir(parents=True, exist_ok=True)
    if "secret" in volume:
        _write_keys("Secret", volume["secret"]["secretName"], volume["secret"], read, folder)
    elif "configMap" in volume:
        _write_keys("ConfigMap", volume["configMap"]["name"], volume["configMap"], read, folder)
    for source in volume.get("projected", {}).get("sources") or []:
        for kind, field in (("Secret", "secret"), ("ConfigMap", "configMap")):
            if field in source:
                _write_keys(kind, source[field]["name"], source[field], read, folder)
    return folder


def _write_keys(kind: str, name: str, source: Manifest, read: Read, folder: Path) -> None:
    content = read(kind, name)
    optional = source.get("optional", False)
    if content is None and not optional:
        raise PodWaitsError("ContainerCreating", f'{kind.lower()} "{name}" not found')
    content = content or {}
    items = source.get("items") or [{"key": key, "path": key} for key in content]
    for item in items:
        if item["key"] not in content:
            if optional:
                continue
            raise PodWaitsError(
                "ContainerCreating", f"references non-existent {kind.lower()} key: {item['key']}"
            )
        file = folder / item["path"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content[item["key"]])
        file.chmod(item.get("mode", source.get("defaultMode", 0o644)))
