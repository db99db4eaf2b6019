"""Which layer each part of a declaration comes from, and what its author calls it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import evolve

from airflow_provider_k8sexec.options.author_words import (
    CLAIM,
    HOST_ALIAS,
    ONE_VALUE,
    VARIABLE,
    locate_mount,
    words_of_mount,
    words_of_secret,
)
from airflow_provider_k8sexec.options.declaration import NOTHING, OPTION_FIELDS, Declaration
from airflow_provider_k8sexec.options.origins import AuthorWords, Origin
from airflow_provider_k8sexec.options.quantity import Quantity
from airflow_provider_k8sexec.options.resource_names import DEVICES, NVIDIA_GPU, option_of
from airflow_provider_k8sexec.options.resources import Bounds
from airflow_provider_k8sexec.options.secrets import Secret, WholeSecret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from airflow_provider_k8sexec.options.declaration import Layers
    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import Path
    from airflow_provider_k8sexec.options.run_time_places import Place
    from airflow_provider_k8sexec.options.volumes import Mount


class Authors:
    """The layers that a declaration is made of: each part of it is that of the layer that changed it last.

    Who repeats what is there has not set it.
    """

    def __init__(self, layers: Layers) -> None:
        self._layers = [(name, declared) for name, declared in layers if declared is not NOTHING]
        self._ranks = {name: rank for rank, (name, _) in enumerate(self._layers)}

    def overrides(self) -> Iterator[tuple[str, Manifest]]:
        """Give each layer's ``pod_override``, the outermost first."""
        for name, declared in self._layers:
            if declared.pod_override:
                yield name, declared.pod_override

    def of_option(self, option: str) -> Origin:
        """Find who set an option that has one value."""
        return Origin(self._setter(lambda declared: getattr(declared, option)), option, words=ONE_VALUE)

    def of_key(self, option: str, key: str) -> Origin:
        """Find who set a key of an option that is a mapping."""
        return Origin(self._setter(lambda declared: getattr(declared, option).get(key)), option, (key,))

    def of_host_alias(self, address: str) -> Origin:
        """Find who set the names of an address."""
        return evolve(self.of_key("host_aliases", address), words=HOST_ALIAS)

    def of_claim(self, name: str) -> Origin:
        """Find who claimed devices under a name."""
        return evolve(self.of_key("resource_claims", name), words=CLAIM)

    def of_pod_resource(self, name: str) -> Origin:
        """Find who set the amount that all containers have together."""
        return evolve(self.of_key("pod_resources", name), words=ONE_VALUE)

    def of_item(self, option: str, item: Any) -> Origin:
        """Find who first wrote an item of an option that is a list, and its position there."""
        listed = ((name, getattr(declared, option)) for name, declared in self._layers)
        name, items = next(((name, items) for name, items in listed if item in items), ("", (item,)))
        index = items.index(item)
        if isinstance(items[index], WholeSecret):
            return Origin(name, "secrets", (items[index].position,), ONE_VALUE)
        return Origin(name, option, (index,), ONE_VALUE if isinstance(item, str) else AuthorWords())

    def of_container(self, option: str, name: str) -> Origin:
        """Find who set a container, and its position in the option, which is a list to its author."""
        layer = self._setter(lambda declared: getattr(declared, option).get(name))
        names = next(
            ([*getattr(declared, option)] for other, declared in self._layers if other == layer), [name]
        )
        return Origin(layer, option, (names.index(name) if name in names else 0,))

    def of_variable(self, name: str, source: object) -> Origin:
        """Find who set an environment variable."""
        layer = self._setter(lambda declared: declared.env.get(name))
        if isinstance(source, Secret):
            return Origin(layer, "secrets", (source.key,), words_of_secret(source))
        return Origin(layer, "env_vars", (name,), VARIABLE)

    def of_mount(self, path: str, mount: Mount | Secret) -> Origin:
        """Find who had something mounted at a path."""
        layer = self._setter(lambda declared: declared.mounts.get(path))
        option, key = locate_mount(path, mount)
        return Origin(layer, option, (key,), words_of_mount(mount))

    def of_resource(self, name: str) -> Origin:
        """Find who set the amount of a resource, under Kubernetes's name for it."""
        option = option_of(name)
        if option != DEVICES:
            return self.of_option(option)
        origin = self.of_key(option, name)
        return Origin(origin.layer, option, words=ONE_VALUE) if name == NVIDIA_GPU else origin

    def of_run_time(self, place: Place) -> Origin:
        """Find who gave a value that is known later its source."""
        option, *keys = place
        return Origin(self._setter(lambda declared: declared.run_time.get(place)), option, (*keys,))

    def of_steps(self, option: str) -> str:
        """Find the layer whose per-try values an option has that says where the pod may run."""
        return self._setter(lambda declared: declared.placement_steps.get(option))

    def name_path(self, path: Path) -> str:
        """Write the path to a part of an option as its author would: ``gpu['nvidia.com/gpu']``."""
        return str(self._of_path(path))

    def name_holder(self, path: Path) -> str:
        """Write the option whose key a path ends with."""
        return str(self._of_path(path).holder)

    def _of_path(self, path: Path) -> Origin:
        """Find who set a part of an option; a container goes by its name there, and has a position."""
        option, key = str(path[0]), path[1] if len(path) > 1 else None
        if key is not None and option in ("init_containers", "sidecars"):
            return self.of_container(option, str(key))
        return Origin(self._setter(lambda declared: _find_part(declared, option, key)), option, path[1:])

    def innermost(self, origins: Iterable[Origin]) -> Origin | None:
        """Give the origin of the innermost layer: of what several layers make together, it is the setter."""
        return max(origins, key=lambda origin: self._ranks.get(origin.layer, -1), default=None)

    def _setter(self, read: Callable[[Declaration], Any]) -> str:
        if len(self._layers) == 1:
            return self._layers[0][0]
        setter, current = "", None
        for name, declared in self._layers:
            value = _as_written(read(declared))
            if value is not None and value != current:
                setter, current = name, value
        return setter


def _as_written(value: Any) -> Any:
    """Tell equal amounts in different words apart: the pod has the words of one of them."""
    if isinstance(value, Quantity):
        return value.text
    if isinstance(value, Bounds):
        amounts = [(_as_written(step.request), _as_written(step.limit)) for step in value.steps]
        return [value.after, value.history, *amounts]
    return value


def _find_part(declared: Declaration, option: str, key: object) -> Any:
    """Find what a layer has under a key of an option; the whole, where the option has no keys."""
    if option == "secrets":
        given = [*declared.secrets(), *declared.mounts.values()]
        return next((source for source in given if locate_mount("", source) == (option, key)), None)
    value = getattr(declared, OPTION_FIELDS.get(option, option))
    return (value.get(key) if isinstance(value, Mapping) and key is not None else value) or None
