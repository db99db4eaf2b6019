"""Pods that are the same to Kubernetes, made equal without the code by which ``migrate`` compares."""

from __future__ import annotations

import copy
import json
from typing import Any

from airflow_lines import amounts_by_value
from kubernetes_expansion import see


def make_comparable(pod: dict[str, Any] | None) -> Any:
    """Take off a pod what no container sees: the names of volumes, how amounts and variables are written.

    Args:
        pod: A manifest, as it is created.
    """
    if pod is None:
        return None
    pod = copy.deepcopy(pod)
    annotations = pod.get("metadata", {}).get("annotations", {})
    for key in [key for key in annotations if key.startswith("k8sexec/")]:  # what the pod mutation hook reads
        del annotations[key]
    names = _name_volumes(pod["spec"])
    for container in [*pod["spec"]["containers"], *pod["spec"].get("initContainers", [])]:
        for mount in container.get("volumeMounts", []):
            mount["name"] = names.get(mount["name"], mount["name"])
        container["volumeMounts"] = sorted(container.get("volumeMounts", []), key=json.dumps)
        container["env"] = _expand(container.get("env", []))
        _default_requests(container.get("resources", {}))
    return amounts_by_value(pod)


def _default_requests(resources: dict[str, Any]) -> None:
    """Let a limit without a request be the request, too, as the API server does."""
    limits = resources.get("limits", {})
    if limits:
        resources["requests"] = {**limits, **resources.get("requests", {})}


def _name_volumes(spec: dict[str, Any]) -> dict[str, str]:
    """Name each volume by what it is, so that several of one source are one."""
    names: dict[str, str] = {}
    for volume in spec.get("volumes", []):
        source = {key: value for key, value in volume.items() if key != "name"}
        names[volume["name"]] = json.dumps(_amounts_as_text(source), sort_keys=True)
    spec["volumes"] = sorted({*names.values()})
    return names


def _amounts_as_text(source: Any) -> Any:
    return json.loads(
        json.dumps(amounts_by_value(source), default=lambda quantity: str(quantity.number.normalize()))
    )


def _expand(variables: list[dict[str, Any]]) -> dict[str, str]:
    """Give what the container sees; a variable from elsewhere is where it comes from."""
    plain = []
    for variable in variables:
        source = variable.get("valueFrom")
        text = f"from {json.dumps(source, sort_keys=True)}".replace("$", "$$") if source else None
        plain.append({"name": variable["name"], "value": text} if source else variable)
    return {name.decode(): value.decode() for name, value in see(plain, {}, {}).items()}
