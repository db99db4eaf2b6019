"""What a task requests of its pod, whoever wrote it: the partial pod, who set each part, and the template."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen
from attrs import field as attr_field

from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER
from airflow_provider_k8sexec.options.manifests import CONTAINER_KINDS, CONTAINERS, SIDES
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.options.quantity import Quantity

if TYPE_CHECKING:
    from airflow_provider_k8sexec.options.manifests import Manifest


@frozen
class Written:
    """A step that is written as it is: ``.size``, ``[try 2]``."""

    text: str


Path = tuple[str | int | Written, ...]
"""The keys and indices that lead to a part of a manifest: ``("spec", "volumes", 0, "emptyDir")``.

Of an option, they lead to what its author wrote, and attributes are steps as well.
"""


@frozen
class AuthorWords:
    """What an author calls parts of what they wrote; the parts of a part go on by their own paths.

    Attributes:
        parts: The author's steps from the whole to a part, by the path of the part below the whole.
        keys: The parts that are the key under which a mapping holds the whole.
        is_one_value: Whether the whole has no other parts to its author.
    """

    parts: Mapping[Path, Path] = attr_field(factory=dict)
    keys: frozenset[Path] = frozenset()
    is_one_value: bool = False


_LONG = 30
_APPENDED = frozenset({"env", "envFrom", "volumeMounts", "volumeDevices", "volumes"})


@frozen
class Origin:
    """Who set a part of a pod.

    Attributes:
        layer: The layer that set it, such as ``profile 'gpu'``; empty for the task's own.
        option: The option that holds it: ``volumes``, ``pod_override``; of a template, the template's name.
        steps: The author's steps from the option to the part: ``("/d",)``.
        words: The author's words for what is below it.
    """

    layer: str
    option: str
    steps: Path = ()
    words: AuthorWords = attr_field(factory=AuthorWords, eq=False, repr=False)

    def __str__(self) -> str:
        """Write the part as its author would, after the layer that it is written in."""
        layer = f"{self.layer}: " if self.layer else ""
        return f"{layer}{self.option}{write_steps(self.steps)}"

    def part(self, path: Path) -> Origin:
        """Give the origin of a part, by the path below this one."""
        for length in range(len(path), 0, -1):
            known, rest = path[:length], path[length:]
            if known in self.words.keys:
                return Origin(self.layer, self.option, (*self.steps[:-1], *rest))
            if known in self.words.parts:
                return Origin(self.layer, self.option, (*self.steps, *self.words.parts[known], *rest))
        if self.words.is_one_value or not path:
            return self
        return Origin(self.layer, self.option, (*self.steps, *path))

    @property
    def holder(self) -> Origin:
        """The origin of the mapping or list that holds the part."""
        return Origin(self.layer, self.option, self.steps[:-1])


@frozen
class RequestedPod:
    """What a task requests of its pod.

    Its parts can be read whatever shape the pod has: what does not fit is other rules' matter.

    Attributes:
        pod: The partial pod that Airflow lays over the template; empty where nothing is requested.
        pod_template_file: The task's own template, if it has one.
        template: The pod template, where it can be read in this process.
        per_try_values: The worker's amounts of each try by resource, ``[request, limit]``.
        origins: Who set what, by the path in ``pod``; an origin holds for all below its path that has no
            origin of its own.
    """

    pod: Manifest
    pod_template_file: str | None = None
    template: Manifest | None = None
    per_try_values: Mapping[str, Any] = attr_field(factory=dict)
    origins: Mapping[Path, Origin] = attr_field(factory=dict, repr=False)

    @classmethod
    def of_manifest(cls, pod: Manifest, words: str, layer: str = "", **others: Any) -> RequestedPod:
        """Take a hand-written manifest: an override, or a template.

        Args:
            pod: The manifest.
            words: What its author calls it: ``pod_override``.
            layer: The layer that it comes from; empty for the task itself.
            **others: The other attributes.
        """
        return cls(pod, origins={(): Origin(layer, words)}, **others)

    def origin_of(self, path: Path) -> Origin | None:
        """Give the origin of a part of the pod: by the longest prefix of its path whose origin is known."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.origins:
                return self.origins[path[:length]].part(path[length:])
        parts = (origin for part, origin in self.origins.items() if path and part[:-1] == path)
        held = {origin.holder for origin in parts if origin.steps}
        # Such as `labels`, of which each key has an origin.
        return held.pop() if len(held) == 1 else None

    def name_path(self, path: Path) -> str:
        """Write a path as the author of the part would: ``volumes['/d']['emptyDir']['sizeLimit']``."""
        return str(self.origin_of(path) or (Origin("", str(path[0]), path[1:]) if path else ""))

    def name_holder(self, path: Path) -> str:
        """Write the mapping whose key a path ends with, as its author would."""
        origin = self.origin_of(path)
        return self.name_path(path[:-1]) if origin is None else str(origin.holder)

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What is requested of the pod's metadata."""
        return mapping_of(self.pod.get("metadata"))

    @property
    def spec(self) -> Mapping[str, Any]:
        """What is requested of the pod's spec."""
        return mapping_of(self.pod.get("spec"))

    @property
    def worker(self) -> Mapping[str, Any]:
        """The container that runs the task."""
        return worker_of(self.pod)

    @property
    def worker_path(self) -> Path:
        """The path of the container that runs the task; of the first, where none is the worker's."""
        located = maps_at(("spec",), self.spec, "containers")
        paths = [path for path, container in located if container.get("name") == WORKER_CONTAINER]
        return paths[0] if paths else ("spec", "containers", 0)

    @property
    def template_spec(self) -> Mapping[str, Any]:
        """The template's spec; empty where it cannot be read."""
        return mapping_of((self.template or {}).get("spec"))

    def containers(self) -> list[Mapping[str, Any]]:
        """Give the containers that run at the same time: the worker, and what runs beside it."""
        sidecars = [item for item in self.init_containers() if item.get("restartPolicy") == "Always"]
        return [*maps_of(self.spec.get("containers")), *sidecars]

    def init_containers(self) -> list[Mapping[str, Any]]:
        """Give the containers that start before the worker, native sidecars among them."""
        return maps_of(self.spec.get("initContainers"))

    def every_container(self) -> list[tuple[Path, Mapping[str, Any]]]:
        """Give the containers of all kinds, each with its path: the rules about one hold for them all."""
        return [found for kind in CONTAINER_KINDS for found in maps_at(("spec",), self.spec, kind)]

    def volumes(self) -> list[Mapping[str, Any]]:
        """Give the pod's own volumes."""
        return maps_of(self.spec.get("volumes"))

    def total(
        self, resource: str, side: str, counts: Callable[[str, Quantity], bool] = lambda *_: True
    ) -> Quantity | None:
        """Add up what a pod reserves or may use of a resource, in the try that requests most of it.

        Init containers run one after the other, beside the native sidecars that stand before them.
        Source: https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers

        Args:
            resource: The resource in Kubernetes's words: ``cpu``, ``ephemeral-storage``.
            side: ``requests`` or ``limits``.
            counts: Whether an amount of a container counts; it gets the container's name, empty for the pod.

        Returns:
            The amount; ``None`` where nothing is requested.
        """
        worker = self.worker

        def amount_of(container: Mapping[str, Any]) -> list[Quantity]:
            if container is worker:
                amounts = list(self._amounts_of_worker(resource, side))
            else:
                amounts = list(filter(None, [amounts_of(container, side).get(resource)]))
            name = str(container.get("name") or "")
            return [max(amounts)] if amounts and counts(name, max(amounts)) else []

        before: list[Quantity] = []
        phases: list[list[Quantity]] = [amount_of(self.spec)]
        for container in self.init_containers():
            if container.get("restartPolicy") == "Always":
                before += amount_of(container)
            else:
                phases.append([*before, *amount_of(container)])
        regular = maps_of(self.spec.get("containers"))
        phases.append([amount for container in regular for amount in amount_of(container)] + before)
        return max(filter(None, map(_add, phases)), default=None)

    def _amounts_of_worker(self, resource: str, side: str) -> Iterator[Quantity]:
        first = amounts_of(self.worker, side).get(resource)
        if first is not None:
            yield first
        yield from self.amounts_of_tries(resource, side)

    def amounts_of_tries(self, resource: str, side: str) -> Iterator[Quantity]:
        """Give the worker's amounts of a resource in each try, where they differ."""
        steps = self.per_try_values.get(resource)
        for step in steps if isinstance(steps, list) else ():
            with suppress(
                ValueError, LookupError, TypeError
            ):  # an annotation that this package has not written
                yield Quantity(step[SIDES.index(side)])


def _add(amounts: list[Quantity]) -> Quantity | None:
    """Add amounts up; a single one stays as it is written."""
    if len(amounts) <= 1:
        return amounts[0] if amounts else None
    total = sum((amount.number for amount in amounts), Decimal())
    largest = max(amounts)
    if largest.suffix and largest.suffix != "e" and largest.number:  # written in the unit of the largest
        unit = largest.number / Decimal(largest.text.removesuffix(largest.suffix))
        in_unit = Quantity(f"{(total / unit).normalize():f}{largest.suffix}")
        if in_unit.number == total:
            return in_unit
    # Written out, 1e999999999 would be a string of a gigabyte.
    return Quantity(f"{total:f}" if abs(total.adjusted()) < _LONG else str(total))


def lay_over_template(requested: RequestedPod) -> RequestedPod:
    """Give the whole pod, as Airflow lays what a task requests over the template.

    Variables, mounts and volumes are appended; of everything else, the task's value replaces the template's
    as a whole. Containers are matched by name here, and by position in Airflow: other rules find where that
    makes a difference.
    Source: ``PodGenerator.reconcile_pods`` of the provider cncf.kubernetes.

    Returns:
        The pod; what the task requests, where the template cannot be read.
    """
    if requested.template is None:
        return requested
    spec = _lay_over(requested.template_spec, requested.spec)
    for kind in CONTAINERS:
        own = {str(item.get("name")): item for item in maps_of(requested.spec.get(kind))}
        below = [
            _lay_over(item, own.pop(str(item.get("name")), {}))
            for item in maps_of(requested.template_spec.get(kind))
        ]
        spec[kind] = [*below, *own.values()]
    of_template = mapping_of(requested.template.get("metadata"))
    metadata = {**of_template, **requested.metadata}
    for names in ("labels", "annotations"):
        metadata[names] = {**mapping_of(of_template.get(names)), **mapping_of(requested.metadata.get(names))}
    return evolve(requested, pod={"metadata": metadata, "spec": spec})


def _lay_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    laid = {**below, **above}
    for name in _APPENDED & below.keys() & above.keys():
        laid[name] = [*maps_of(below[name]), *maps_of(above[name])]
    return laid


def worker_of(pod: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the container that runs the task, in an override or a template; empty if there is none.

    It goes by its name, for such a pod does not have the executor's mark yet. In a pod that the executor has
    merged, where a hook may have renamed the container, ``pod.merge_repair.find_worker`` finds it.
    """
    containers = maps_of(mapping_of(pod.get("spec")).get("containers"))
    return next((item for item in containers if item.get("name") == WORKER_CONTAINER), {})


def amounts_of(container: Mapping[str, Any], side: str) -> dict[str, Quantity]:
    """Read one side of a container's resources, as far as they are quantities."""
    given = mapping_of(mapping_of(container.get("resources")).get(side))
    amounts: dict[str, Quantity] = {}
    for name, value in given.items():
        with suppress(ValueError):
            amounts[str(name)] = Quantity(str(value))
    return amounts


def write_steps(path: Path) -> str:
    """Write a path as Python does: ``['spec']['tolerations'][0]``."""
    return "".join(step.text if isinstance(step, Written) else f"[{show(step)}]" for step in path)


def mapping_of(value: object) -> Mapping[str, Any]:
    """Give a mapping, or an empty one in the place of anything else."""
    return value if isinstance(value, Mapping) else {}


def maps_of(items: object) -> list[Mapping[str, Any]]:
    """Give the mappings of a list; none if it is not a list."""
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []


def maps_at(path: Path, holder: object, field: str) -> list[tuple[Path, Mapping[str, Any]]]:
    """Give the mappings of a list, each with its path.

    Args:
        path: Where the holder of the list stands.
        holder: A part of a pod, of any shape.
        field: The field that holds the list.
    """
    items = mapping_of(holder).get(field)
    located = enumerate(items) if isinstance(items, list) else ()
    return [((*path, field, index), item) for index, item in located if isinstance(item, Mapping)]


def texts_in(value: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Give every string in a manifest, keys aside, with its path, which begins with ``path``."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from texts_in(item, (*path, key))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from texts_in(item, (*path, index))
