"""Repairs what Airflow's merge of a pod template and an override breaks, on the merged pod.

The merge appends variables, mounts and volumes, keeps duplicates, and merges containers by position. The API
server refuses a pod in which a volume or a mount path is defined twice. It accepts a variable that is defined
twice, and then refuses every patch of that pod, so that a restarted scheduler cannot adopt it
(https://github.com/apache/airflow/issues/24015).
Source: https://airflow.apache.org/docs/apache-airflow-providers-cncf-kubernetes/stable/kubernetes_executor.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER, WORKER_VARIABLE
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.pod.fields import read_containers, read_field, read_items, write_field
from airflow_provider_k8sexec.pod.merged_env import merge_env

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_NAMES_SHOWN = 10
_LONGEST_NAME = 100


def repair_spec(spec: Any) -> Iterator[str]:
    """Repair a merged pod, in place, and describe what was wrong.

    Args:
        spec: The ``spec`` of the pod: a model, a dictionary, or whatever a hook has left there.

    Yields:
        What was changed, and what cannot be repaired, each as a sentence.
    """
    yield from _put_worker_first(spec)
    yield from drop_repeats(spec)


def drop_repeats(spec: Any) -> Iterator[str]:
    """Define each variable, mount path and volume once, in place, and describe what was defined twice.

    Args:
        spec: As for :func:`repair_spec`.
    """
    for container in read_containers(spec):
        yield from _repair_env(container)
        mounts = f"the mounts of the container {show(read_field(container, 'name'))}"
        yield from _repair_names(container, "volumeMounts", mounts, "mountPath")
    yield from _repair_names(spec, "volumes", "the volumes", "name")


def find_worker(spec: Any) -> Any:
    """Find the container in which the executor runs the task, in a pod that it has merged or launched.

    The executor marks it with a variable, whatever a hook calls it; without the mark, it is the first,
    because Airflow merges by position. What a task requests has no mark yet, and there
    ``options.manifest_parts.worker_of`` gives the container of that name.
    """
    containers = read_items(spec, "containers")
    for container in containers:
        if WORKER_VARIABLE in _names(read_items(container, "env"), "name"):
            return container
    return containers[0] if containers else None


def _put_worker_first(spec: Any) -> Iterator[str]:
    """Call the worker's container ``base``, and make it the first."""
    worker, containers = find_worker(spec), read_items(spec, "containers")
    name = read_field(worker, "name")
    if worker is None or (worker is containers[0] and name == WORKER_CONTAINER):
        return
    if name == WORKER_CONTAINER:
        yield f"the container {WORKER_CONTAINER!r} was not the first, and is now"
        write_field(spec, "containers", [worker, *(item for item in containers if item is not worker)])
    elif WORKER_CONTAINER in _names(containers, "name"):
        # Two containers were merged into each other, and their fields can no longer be separated.
        yield (
            f"the container {show(name)} would run the task, because pod_override lists it before "
            f"{WORKER_CONTAINER!r} and Airflow merges by position; write {WORKER_CONTAINER!r} first"
        )
    else:
        yield f"the worker's container was called {show(name)}, and is now {WORKER_CONTAINER!r}"
        write_field(worker, "name", WORKER_CONTAINER)


def _repair_env(container: Any) -> Iterator[str]:
    """Define each variable once; the sentences are logged, and so have names alone, never values."""
    items = read_items(container, "env")
    merged = merge_env(items)
    if len(merged.items) < len(items):
        write_field(container, "env", merged.items)
    what = f"the environment variables of the container {show(read_field(container, 'name'))}"
    if merged.replaced:
        yield f"{_list(merged.replaced)} defined twice in {what}, and the last definition is kept"
    if merged.written_out:
        yield f"{_list(merged.written_out)} made of an earlier definition, and its value is written out"
    if merged.kept:
        reason = "both are kept, because another variable refers to the earlier definition"
        yield f"{_list(merged.kept)} defined twice in {what}, and {reason}"


def _repair_names(holder: Any, field: str, what: str, identity: str) -> Iterator[str]:
    """Keep one of the items of the same name: the last, which is the task's, in the position of the first.

    The API server compares paths as they are written, and so does this: ``/a`` and ``/a/`` are both mounted,
    the later one over the other. Mounts of a volume that was defined twice refer to the one that is kept.
    """
    items = read_items(holder, field)
    last: dict[str, Any] = {}
    kept: list[Any] = []
    replaced: dict[str, None] = {}
    for item in items:
        name = read_field(item, identity)
        if not isinstance(name, str):
            kept.append(item)
            continue
        if name not in last:
            kept.append(name)
        elif not _is_equal(last[name], item):
            replaced[name] = None
        last[name] = item
    if len(kept) < len(items):
        write_field(holder, field, [last[item] if isinstance(item, str) else item for item in kept])
    if replaced:
        yield f"{_list(replaced)} defined twice in {what}, and the last definition is kept"


def _is_equal(first: Any, second: Any) -> bool:
    try:
        return bool(first == second)
    except Exception:  # noqa: BLE001  # a structure that contains itself; an object with its own equality
        return False


def _list(names: Collection[str]) -> str:
    """Begin a sentence about names, shortened: neither their number nor their length has a bound."""
    shown = [name[:_LONGEST_NAME] for name in sorted(names)[:_NAMES_SHOWN]]
    more = [f"{len(names) - _NAMES_SHOWN} more"] if len(names) > _NAMES_SHOWN else []
    return f"{', '.join(shown + more)} {'is' if len(names) == 1 else 'are'}"


def _names(items: list[Any], identity: str) -> list[str]:
    return [name for name in (read_field(item, identity) for item in items) if isinstance(name, str)]
