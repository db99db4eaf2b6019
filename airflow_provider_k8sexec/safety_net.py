"""What Airflow's merge of a pod template and an override gets wrong, put right on the merged pod.

The merge appends variables, mounts and volumes, duplicates kept, and merges containers by position. A volume
or a mount path that stands there twice is refused by the API server; a variable that does makes it refuse
every patch of the whole pod (https://github.com/apache/airflow/issues/24015).
Source: https://airflow.apache.org/docs/apache-airflow-providers-cncf-kubernetes/stable/kubernetes_executor.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER, WORKER_VARIABLE
from airflow_provider_k8sexec.pod_fields import read_field, read_items, write_field

if TYPE_CHECKING:
    from collections.abc import Iterator


def repair_spec(spec: Any) -> Iterator[str]:
    """Put a merged pod right, in place, and say what was wrong.

    Args:
        spec: The ``spec`` of the pod: a model, a dictionary, or whatever a hook has left there.

    Yields:
        What was changed, and what cannot be put right, each as a sentence.
    """
    yield from _put_worker_in_place(spec)
    for container in [*read_items(spec, "containers"), *read_items(spec, "initContainers")]:
        place = f" of the container {read_field(container, 'name')!r}"
        yield from _resolve(container, "env", f"environment variables{place}", "name")
        yield from _resolve(container, "volumeMounts", f"mount paths{place}", "mountPath")
    yield from _resolve(spec, "volumes", "volumes", "name")


def find_worker(spec: Any) -> Any:
    """Find the container in which the executor runs the task: its variable is there; else the first."""
    containers = read_items(spec, "containers")
    marked = (item for item in containers if WORKER_VARIABLE in _names(read_items(item, "env"), "name"))
    return next(marked, containers[0] if containers else None)


def _put_worker_in_place(spec: Any) -> Iterator[str]:
    """The worker's container is called ``base``, and is the first."""
    worker, containers = find_worker(spec), read_items(spec, "containers")
    name = read_field(worker, "name")
    if worker is None or (worker is containers[0] and name == WORKER_CONTAINER):
        return
    if name == WORKER_CONTAINER:
        yield f"the container {WORKER_CONTAINER!r} was not the first, and is now"
        write_field(spec, "containers", [worker, *(item for item in containers if item is not worker)])
    elif WORKER_CONTAINER in _names(containers, "name"):
        # Two containers were merged into each other, and what was whose cannot be told.
        yield (
            f"the container {name!r} has got the task, because it stands before {WORKER_CONTAINER!r} in "
            f"pod_override and Airflow merges by position; write {WORKER_CONTAINER!r} first"
        )
    else:
        yield f"the worker's container was called {name!r}, and is now {WORKER_CONTAINER!r}"
        write_field(worker, "name", WORKER_CONTAINER)


def _resolve(holder: Any, field: str, what: str, identity: str) -> Iterator[str]:
    """Keep one of the items that have the same name: the last, which is the task's."""
    items = read_items(holder, field)
    kept = _keep_last(items, identity)
    if len(kept) < len(items):
        names, left = _names(items, identity), _names(kept, identity)
        resolved = sorted({name for name in names if names.count(name) > left.count(name)})
        write_field(holder, field, kept)
        yield f"{', '.join(resolved)} stood twice among the {what}, and the task's stays"


def _keep_last(items: list[Any], identity: str) -> list[Any]:
    names = [_name(item, identity) for item in items]
    last = {name: index for index, name in enumerate(names)}
    kept = []
    for index, (name, item) in enumerate(zip(names, items, strict=True)):
        value = str(read_field(items[last[name]], "value"))
        # Kubernetes replaces $(NAME) by what stands above: such a variable stays where it is, and so does all
        # that others may refer to.
        if name is None or f"$({name})" in value:
            kept.append(item)
        elif index == (last[name] if "$(" in value else names.index(name)):
            kept.append(items[last[name]])
    return kept


def _names(items: list[Any], identity: str) -> list[str]:
    return [name for name in (_name(item, identity) for item in items) if name is not None]


def _name(item: Any, identity: str) -> str | None:
    name = read_field(item, identity)
    return name if isinstance(name, str) else None
