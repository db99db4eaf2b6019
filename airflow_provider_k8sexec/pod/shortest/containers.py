"""The options for containers that run before the worker's, or beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.options.code import Code

if TYPE_CHECKING:
    from airflow_provider_k8sexec.options.paths import Path
    from airflow_provider_k8sexec.pod.shortest.rest import Rest

_INIT_CONTAINERS: Path = ("spec", "initContainers")
_ALWAYS = "Always"


def write_containers(rest: Rest) -> None:
    """Let options stand for init containers and sidecars.

    Options have sidecars behind all init containers, and Kubernetes starts them in that order: another order
    is left to ``pod_override``.
    """
    containers = rest.at(_INIT_CONTAINERS)
    if isinstance(containers, Code):
        rest.write("init_containers", containers, [_INIT_CONTAINERS])
        return
    items = rest.items_at(_INIT_CONTAINERS)
    kinds = [_is_sidecar(item) for _, item in items]
    names = [item.get("name") for _, item in items if isinstance(item, dict)]
    if kinds != sorted(kinds) or None in names or any(names.count(name) > 1 for name in names):
        return
    before = [(path, item) for path, item in items if not _is_sidecar(item)]
    beside = [(path, item) for path, item in items if _is_sidecar(item)]
    rest.write("init_containers", [item for _, item in before], [path for path, _ in before])
    sidecars = [{key: part for key, part in item.items() if key != "restartPolicy"} for _, item in beside]
    rest.write("sidecars", sidecars, [path for path, _ in beside])


def _is_sidecar(container: Any) -> bool:
    return isinstance(container, dict) and container.get("restartPolicy") == _ALWAYS
