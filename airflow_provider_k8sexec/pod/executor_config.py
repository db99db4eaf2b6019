"""The ``executor_config`` that Airflow gets: a dict that makes its ``V1Pod`` when somebody looks.

Importing ``kubernetes`` takes a thousand modules and 40 MiB. The scheduler's side needs the pod; a worker,
which loads the same DAG file, does not, and never looks.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from functools import cache, wraps
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.options.declaration import NOTHING, Declaration, resolve_layers
from airflow_provider_k8sexec.options.manifests import Manifest, mark_built, to_manifest
from airflow_provider_k8sexec.pod.fields import read_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from kubernetes.client import ApiClient, V1Pod

POD_OVERRIDE = "pod_override"
POD_TEMPLATE_FILE = "pod_template_file"
PROVENANCE = "k8sexec"
"""The key that tells who set what, for the UI, which has the serialised DAG alone; executors ignore it."""

KNOWN_KEYS = (POD_OVERRIDE, POD_TEMPLATE_FILE, PROVENANCE)
"""The keys that are not another executor's."""

TASK = "the task"

Layers = Sequence[tuple[str, Declaration]]


def _after_look(method: Callable[..., Any]) -> Callable[..., Any]:
    """Make the pod before a method of dict shows or changes a value."""

    @wraps(method)
    def looking(self: ExecutorConfig, *args: Any, **kwargs: Any) -> Any:
        for config in (self, *args):
            if isinstance(config, ExecutorConfig):
                config._look()  # noqa: SLF001  # a method of the class
        return method(self, *args, **kwargs)

    return looking


class ExecutorConfig(dict[str, Any]):
    """A plain dict to everybody, whose ``pod_override`` becomes a ``V1Pod`` when somebody looks.

    Equality, iteration, ``|``, JSON and pickling (to a plain dict) are those of the dict that it stands for.
    Where others than the task have a say in the pod, ``["k8sexec"]["layers"]`` tells them by field.

    Attributes:
        declaration: What was asked for.
        outer: What the site says, profile included: a place with what is said there, the outermost first.
        inner: What the DAG, its task groups and the task say, likewise; the task's own place has no name.
    """

    __slots__ = ("_build", "_looked", "declaration", "inner", "outer")

    def __init__(
        self,
        declaration: Declaration,
        build: Callable[[Declaration], Manifest],
        others: Mapping[str, Any] | None = None,
        outer: Layers = (),
        inner: Layers = (),
    ) -> None:
        """Hold a declaration.

        Args:
            declaration: What was asked for.
            build: Gives the manifest of the partial pod that a declaration stands for.
            others: Keys for other executors than Airflow's KubernetesExecutor.
            outer: What the site says; with ``inner``, what the declaration is made of.
            inner: What the DAG, its task groups and the task say.
        """
        super().__init__(others or {})
        self.declaration = declaration
        self.outer, self.inner = tuple(outer), tuple(inner)
        self._build = build
        self._looked = not declaration.asks_for_pod
        if declaration.pod_template_file is not None:
            super().__setitem__(POD_TEMPLATE_FILE, declaration.pod_template_file)
        if declaration.asks_for_pod:
            super().__setitem__(POD_OVERRIDE, None)
        if any(place and said is not NOTHING and said.asks_for_pod for place, said in self.layers):
            super().__setitem__(PROVENANCE, None)

    @property
    def layers(self) -> Layers:
        """What the declaration is made of, the outermost first."""
        return (*self.outer, *self.inner)

    def grow(self) -> Iterator[tuple[str, Manifest]]:
        """Build the partial pod of ever more layers: each with the place of its innermost one."""
        speaking = [(place, said) for place, said in self.layers if said is not NOTHING]
        declaration = NOTHING
        for place, said in speaking[:-1]:
            declaration = resolve_layers([declaration, said])
            yield place or TASK, self._build(declaration)
        for place, _ in speaking[-1:]:
            yield place or TASK, self._build(self.declaration)

    @property
    def is_as_declared(self) -> bool:
        """Whether nobody has changed the pod or the template since they were declared."""
        if super().get(POD_TEMPLATE_FILE) != self.declaration.pod_template_file:
            return False
        if not self._looked:
            return True
        declared = build_v1_pod(self._build(self.declaration)) if self.declaration.asks_for_pod else None
        return bool(to_manifest(super().get(POD_OVERRIDE)) == to_manifest(declared))

    @property
    def manifest(self) -> Manifest:
        """The partial pod that was declared, as a manifest; nobody changes it."""
        return self._build(self.declaration) if self.declaration.asks_for_pod else {}

    @property
    def site_manifest(self) -> Manifest:
        """What the site alone asks for, its profile included, as a partial pod."""
        declaration = resolve_layers(said for _, said in self.outer)
        return self._build(declaration) if declaration.asks_for_pod else {}

    def _look(self) -> None:
        if not self._looked:
            pods = [*self.grow()] if PROVENANCE in self else [(TASK, self._build(self.declaration))]
            _, manifest = pods[-1]
            pod = build_v1_pod(manifest)
            self._looked = True
            super().__setitem__(POD_OVERRIDE, pod)
            if PROVENANCE in self:
                from airflow_provider_k8sexec.pod.provenance import record_origins  # no worker looks

                super().__setitem__(PROVENANCE, {"layers": record_origins(pods)})

    __getitem__ = _after_look(dict.__getitem__)
    __setitem__ = _after_look(dict.__setitem__)
    __delitem__ = _after_look(dict.__delitem__)
    __eq__ = _after_look(dict.__eq__)
    __hash__ = None
    __ne__ = _after_look(dict.__ne__)
    __or__ = _after_look(dict.__or__)
    __ror__ = _after_look(dict.__ror__)
    __ior__ = _after_look(dict.__ior__)
    __repr__ = _after_look(dict.__repr__)
    get = _after_look(dict.get)
    items = _after_look(dict.items)
    values = _after_look(dict.values)
    pop = _after_look(dict.pop)
    popitem = _after_look(dict.popitem)
    setdefault = _after_look(dict.setdefault)
    update = _after_look(dict.update)
    clear = _after_look(dict.clear)

    # Without a method of its own, dict(config) and {**config} would copy the storage behind the dict.
    def __iter__(self) -> Iterator[str]:
        """Give the keys."""
        return super().__iter__()

    def __copy__(self) -> ExecutorConfig:
        """Copy the dict; a pod that nobody has looked at is not made."""
        return self._copied(dict.items(self))

    copy = __copy__

    def __deepcopy__(self, memo: dict[int, Any]) -> ExecutorConfig:
        """Copy the dict and its pod; a pod that nobody has looked at is not made."""
        return self._copied(copy.deepcopy(list(dict.items(self)), memo))

    def _copied(self, items: Any) -> ExecutorConfig:
        copied = ExecutorConfig(self.declaration, self._build, outer=self.outer, inner=self.inner)
        copied._looked = True
        copied.clear()
        copied.update(items)
        copied._looked = self._looked
        return copied

    def __reduce__(self) -> tuple[type, tuple[dict[str, Any]]]:
        """Pickle to a plain dict, for processes that do not know this package."""
        return dict, (dict(self),)

    def __reduce_ex__(self, _protocol: Any) -> tuple[type, tuple[dict[str, Any]]]:
        """Pickle to a plain dict, for processes that do not know this package."""
        return self.__reduce__()


def build_v1_pod(manifest: Manifest) -> V1Pod:
    """Make the model of the kubernetes client that Airflow asks for."""
    response = SimpleNamespace(data=json.dumps(manifest))
    pod: V1Pod = _api_client().deserialize(response, "V1Pod")
    mark_built(pod)
    return pod


def read_layers(config: Mapping[str, Any]) -> dict[str, str]:
    """Read the layer that set each field, as it was recorded in an ``executor_config``.

    The record is stored with the DAG, and an author may have written anything there.
    """
    recorded = config.get(PROVENANCE)
    return read_texts(recorded, "layers") if isinstance(recorded, dict) else {}


@cache
def _api_client() -> ApiClient:
    # Models keep the configuration that they are made with. The process-wide one cannot be pickled in a
    # cluster (https://github.com/apache/airflow/issues/68827), so they get a fresh one.
    from kubernetes.client import ApiClient, Configuration  # seconds, and only for those who look

    return ApiClient(configuration=Configuration())
