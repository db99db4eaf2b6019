"""The amendments of a pod that Airflow has merged: as it is launched, and wherever such a pod is shown.

Before the site's hooks, the fields that Airflow's merge lost are set, and the per-try values of the try.
After them, only what another hook lost by mistake is restored: the site's hook has the last word on every
value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from airflow_provider_k8sexec.executor_names import EXECUTOR_VARIABLE, name_variable
from airflow_provider_k8sexec.options.per_try import choose_by_try
from airflow_provider_k8sexec.pod.annotations import (
    EXACT_ANNOTATION,
    is_lost,
    read_annotation,
    read_steps,
    read_try_number,
)
from airflow_provider_k8sexec.pod.fields import (
    read_containers,
    read_field,
    read_items,
    read_strings,
    write_field,
)
from airflow_provider_k8sexec.pod.merge_repair import drop_repeats, find_worker, repair_spec
from airflow_provider_k8sexec.pod.secret_names import name_secret_values
from airflow_provider_k8sexec.pod.secret_uses import read_secret_uses
from airflow_provider_k8sexec.pod.steps import set_steps
from airflow_provider_k8sexec.site.option_table import SECTION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from kubernetes.client import V1Pod

    from airflow_provider_k8sexec.options.per_try import Chooser

SECRET_NAME_VARIABLE = name_variable(SECTION, "secret_name")
ROUTE_VARIABLE = name_variable(SECTION, "executor")


@frozen
class BeforeHooks:
    """The parts of a merged pod before the site's hooks changed it.

    Attributes:
        affinity: Its affinity.
        items: Its mounts and volumes.
    """

    affinity: Any = None
    items: tuple[Any, ...] = ()


@frozen
class Amendments:
    """Which amendments merged pods get.

    Attributes:
        repairs: Whether what the merge or a hook lost is restored, and the per-try values of the try are set.
        names_secrets: Whether the worker gets the names of its variables and files that come from secrets.
        secret_name: The deployment's secret, where its name is known.
        route: What ``[k8sexec] executor`` has, where workers need it.
    """

    repairs: bool = True
    names_secrets: bool = True
    secret_name: str | None = None
    route: str | None = None

    def amend(
        self,
        pod: V1Pod,
        complete_executors: Callable[[str], str | None] = lambda _: None,
        choose: Chooser | None = None,
    ) -> tuple[BeforeHooks, list[str]]:
        """Amend a merged worker pod, in place, before the site's hooks.

        Args:
            pod: The pod.
            complete_executors: Gives the ``[core] executor`` that the worker needs instead of the pod's.
            choose: Chooses the steps of per-try values; the number of the try decides, where none is given.

        Returns:
            What :meth:`mend` needs, and the changes, each as a sentence.
        """
        if not self.repairs:
            return BeforeHooks(), []
        metadata, spec = read_field(pod, "metadata"), read_field(pod, "spec")
        annotations = read_strings(metadata, "annotations")
        changes = [*repair_spec(spec)]
        worker = find_worker(spec)
        set_exact(read_annotation(annotations, EXACT_ANNOTATION), spec, worker)
        steps = read_steps(annotations)
        changes += set_steps(spec, worker, steps, choose or choose_by_try(read_try_number(annotations)))
        changes += _set_executors(worker, complete_executors)
        _name_secret(spec, worker, self.secret_name)
        _give_variable(worker, ROUTE_VARIABLE, self.route)
        items = (item for holder, field in _mounting(spec) for item in read_items(holder, field))
        return BeforeHooks(read_field(spec, "affinity"), tuple(items)), changes

    def mend(self, pod: V1Pod, before: BeforeHooks) -> list[str]:
        """Restore what hooks lost by mistake, in place, and name what the worker gets from secrets.

        What hooks have set stays. An affinity is restored only where it became ``None``: the hook of
        Astronomer's chart writes ``affinity = affinity.to_dict().update(...)``, which is ``None``. An empty
        affinity was set on purpose.

        Args:
            pod: The pod as the hooks have left it.
            before: Its parts before the hooks.

        Returns:
            The changes, each as a sentence.
        """
        spec = read_field(pod, "spec")
        if self.names_secrets:
            name_secret_values(spec, find_worker(spec))
        if not self.repairs:
            return []
        _put_last(spec, before.items)
        changes = [*drop_repeats(spec)]
        if before.affinity and read_field(spec, "affinity") is None:
            write_field(spec, "affinity", before.affinity)
            changes.append("the affinity was lost in another hook, and the task's is restored")
        return changes


def _mounting(spec: Any) -> Iterator[tuple[Any, str]]:
    yield spec, "volumes"
    for container in read_containers(spec):
        yield container, "volumeMounts"


def _put_last(spec: Any, earlier: tuple[Any, ...]) -> None:
    """Move what hooks added behind what was there before: of two items of one name, the last one is kept.

    Items are compared by identity. By value, an item that a hook added and one of the task's could be equal.
    """
    known = {id(item) for item in earlier}
    for holder, field in _mounting(spec):
        items = read_items(holder, field)
        if any(id(item) not in known for item in items):
            write_field(holder, field, sorted(items, key=lambda item: id(item) not in known))


def set_exact(annotation: Mapping[str, Any], spec: Any, worker: Any) -> None:
    """Set the fields that Airflow's merge lost, as the task's annotation has them.

    Anything else in the annotation is ignored: a hand-written one could set any field of the pod.
    """
    for part, holder in (("spec", spec), ("container", worker)):
        fields = annotation.get(part)
        for name, value in fields.items() if isinstance(fields, dict) else ():
            if is_lost(part, name, value):
                write_field(holder, name, value)


def _set_executors(worker: Any, complete_executors: Callable[[str], str | None]) -> list[str]:
    """Let the worker know all executors that tasks of its DAG name; without them it cannot load the DAG.

    Only a value that the pod has is looked at: what an image or a config map has is not known here.
    """
    variables = read_items(worker, "env")
    for position, variable in enumerate(variables):
        present = read_field(variable, "value")
        if read_field(variable, "name") != EXECUTOR_VARIABLE or not isinstance(present, str):
            continue
        completed = complete_executors(present)
        if completed is not None:
            replaced = {"name": EXECUTOR_VARIABLE, "value": completed}
            write_field(worker, "env", [*variables[:position], replaced, *variables[position + 1 :]])
            reason = "because a task of the DAG names an executor that the pod's lacks"
            return [f"{EXECUTOR_VARIABLE} is the scheduler's {completed!r}, {reason}"]
    return []


def _name_secret(spec: Any, worker: Any, secret: str | None) -> None:
    """Give the worker the name of the deployment's secret in a variable, if it uses that secret.

    On Airflow 2.11 a worker writes its task's ``executor_config`` back to the database, and a retry starts
    from that. So the worker must resolve the same name as the dag-processor.
    """
    if secret is not None and any(use.secret == secret for use in read_secret_uses(spec, worker)):
        _give_variable(worker, SECRET_NAME_VARIABLE, secret)


def _give_variable(worker: Any, name: str, value: str | None) -> None:
    """Give the worker an option of this section, if it has none of its own."""
    variables = read_items(worker, "env")
    if worker is None or value is None or any(read_field(item, "name") == name for item in variables):
        return
    write_field(worker, "env", [{"name": name, "value": value}, *variables])
