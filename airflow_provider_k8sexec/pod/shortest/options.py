"""The shortest pod options that build a given pod.

They are what :mod:`~airflow_provider_k8sexec.pod.option_parts` lays over an empty pod, in reverse. A part
for which no option stands is left to ``pod_override``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from airflow_provider_k8sexec.executor_names import POD_OVERRIDE, WORKER_CONTAINER
from airflow_provider_k8sexec.options.code import Code
from airflow_provider_k8sexec.options.manifest_parts import mapping_of, maps_of, name_of
from airflow_provider_k8sexec.options.pod_options import PodOptions
from airflow_provider_k8sexec.pod.shortest.containers import write_containers
from airflow_provider_k8sexec.pod.shortest.environment import write_environment
from airflow_provider_k8sexec.pod.shortest.fields import write_fields
from airflow_provider_k8sexec.pod.shortest.resources import write_resources
from airflow_provider_k8sexec.pod.shortest.rest import BASE, Rest
from airflow_provider_k8sexec.pod.shortest.scheduling import write_scheduling
from airflow_provider_k8sexec.pod.shortest.volumes import write_volumes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import Path

_RESTARTS: Path = ("spec", "restartPolicy")
_ORDER = {name: position for position, name in enumerate(PodOptions.__annotations__)}


@frozen
class WrittenOption:
    """A pod option with the value that an author would write.

    Attributes:
        name: The option.
        value: Its value, in the terms of :class:`~airflow_provider_k8sexec.options.pod_options.PodOptions`;
            an expression of the author's own file is a :class:`~airflow_provider_k8sexec.options.code.Code`,
            which may stand in the place of any value, and of a key of ``env_vars`` and ``volumes``.
        fields: The fields of the pod that it stands for.
    """

    name: str
    value: Any
    fields: tuple[Path, ...]


def find_shortest(
    pod: Manifest, own_secret: str | None = None, template: Manifest | None = None
) -> list[WrittenOption]:
    """Find the pod options that build a partial pod, in the order in which authors write them.

    Args:
        pod: What is requested of the worker's pod, as a manifest; any value in it may be a ``Code``.
        own_secret: The deployment's own secret, whose keys need no name of a secret.
        template: The pod template, where it is known: a volume of a name that it has keeps the name, for it
            replaces the template's; its restart policy is not repeated.

    Raises:
        ValueError: No options build it; the message is a sentence with the reason.
    """
    rest = Rest(pod)
    _check_worker(rest)
    spec = mapping_of((template or {}).get("spec"))
    repeated = {("apiVersion",): "v1", ("kind",): "Pod", _RESTARTS: spec.get("restartPolicy")}
    for path, value in repeated.items():
        if rest.at(path) == value:
            rest.drop(path)
    write_resources(rest)
    write_volumes(rest, own_secret, {name_of(volume) for volume in maps_of(spec.get("volumes"))})
    write_environment(rest, own_secret)
    write_scheduling(rest)
    write_containers(rest)
    write_fields(rest)
    left, left_fields = rest.left()
    rest.write(POD_OVERRIDE, left, left_fields)
    options = [WrittenOption(name, value, fields) for name, (value, fields) in rest.written.items()]
    return sort_options(options)


def sort_options(options: Iterable[WrittenOption]) -> list[WrittenOption]:
    """Sort pod options into the order in which authors write them."""
    return sorted(options, key=lambda option: _ORDER[option.name])


def _check_worker(rest: Rest) -> None:
    """The first container is the worker's: options are for no other.

    Raises:
        ValueError: It is another one.
    """
    worker = rest.at(BASE)
    name = worker.get("name", WORKER_CONTAINER) if isinstance(worker, dict) else WORKER_CONTAINER
    if WORKER_CONTAINER not in (name, getattr(name, "value", None)):
        shown = name.text if isinstance(name, Code) else repr(name)
        message = (
            f"the first container is {shown}, and not {WORKER_CONTAINER!r}, in which Airflow runs the task"
        )
        raise ValueError(message)
