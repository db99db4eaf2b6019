"""The ``executor_config`` that Airflow gets: a dict that makes its ``V1Pod`` on first access.

Importing ``kubernetes`` takes a thousand modules and 40 MiB. The scheduler's side needs the pod; a worker,
which loads the same DAG file, does not, and reads neither the pod nor what the task requests.
"""

from __future__ import annotations

import copy
import json
from contextlib import contextmanager
from functools import cache, wraps
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.executor_names import POD_OVERRIDE, POD_TEMPLATE_FILE, PROVENANCE
from airflow_provider_k8sexec.options.manifests import (
    AMOUNTS,
    MAPS_OF_AMOUNTS,
    Manifest,
    mark_built,
    to_manifest,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kubernetes.client import ApiClient, V1Pod

    from airflow_provider_k8sexec.options.declaration import Declaration, Layers
    from airflow_provider_k8sexec.pod.task_request import TaskRequest

TASK = "the task"
"""What the layer of the task itself is called where layers are shown."""


def _after_making(method: Callable[..., Any]) -> Callable[..., Any]:
    """Make the pod before a method of dict shows or changes a value."""

    @wraps(method)
    def making(self: ExecutorConfig, *args: Any, **kwargs: Any) -> Any:
        for config in (self, *args):
            if isinstance(config, ExecutorConfig):
                config._make_pod()  # noqa: SLF001  # a method of the class
        return method(self, *args, **kwargs)

    return making


def _after_reading(method: Callable[..., Any]) -> Callable[..., Any]:
    """Read what the task requests before a method of dict shows the keys."""

    @wraps(method)
    def reading(self: ExecutorConfig, *args: Any, **kwargs: Any) -> Any:
        _ = self.request
        return method(self, *args, **kwargs)

    return reading


class ExecutorConfig(dict[str, Any]):
    """A plain dict to all other code, whose ``pod_override`` becomes a ``V1Pod`` on first access.

    It is a dict, and no object that Airflow would have to know, because Airflow, the executor and the UI
    each read it as one. Equality, iteration, ``|``, JSON and pickling (to a plain dict) are those of the dict
    that it stands for; the methods of dict that show a value make the pod first.
    Where other layers than the task request something, ``["k8sexec"]["layers"]`` has the layer of each field.

    Attributes:
        is_whole: Whether all layers of a task are in it. What ``k8s_config`` makes is one layer.
        follows: The results of other tasks that options name.
    """

    __slots__ = ("_is_made", "_read", "_request", "follows", "is_whole")

    follows: Sequence[Any]

    def __init__(self, read: Callable[[], TaskRequest]) -> None:
        """Hold what a task requests, unread.

        A worker constructs one for each task of its DAG file, and reads none of them: until it is read, a
        config holds the one key that makes it true.

        Args:
            read: Gives what the task requests, on first access to the keys.
        """
        super().__init__({POD_OVERRIDE: None})
        self._read = read
        self._request: TaskRequest | None = None
        self._is_made = self.is_whole = False
        self.follows = ()

    @classmethod
    def of(cls, request: TaskRequest) -> ExecutorConfig:
        """Make the config of what a task requests."""
        config = cls(lambda: request)
        _ = config.request
        return config

    def as_whole(self, follows: Sequence[Any] = ()) -> ExecutorConfig:
        """Mark that all layers of a task are in it, so that none is added again.

        Args:
            follows: The results of other tasks that options name.
        """
        self.is_whole, self.follows = True, follows
        return self

    @property
    def request(self) -> TaskRequest:
        """What the task requests, read on first access."""
        if self._request is None:
            self._request = request = self._read()
            self._set_keys(request)
        return self._request

    def _set_keys(self, request: TaskRequest) -> None:
        super().clear()
        super().update(request.others)
        declaration = request.declaration
        self._is_made = not declaration.concerns_pod
        if declaration.pod_template_file is not None:
            super().__setitem__(POD_TEMPLATE_FILE, declaration.pod_template_file)
        if declaration.concerns_pod:
            super().__setitem__(POD_OVERRIDE, None)
        if request.has_outer_layers:
            super().__setitem__(PROVENANCE, None)

    @property
    def declaration(self) -> Declaration:
        """What all layers declare together."""
        return self.request.declaration

    @property
    def layers(self) -> Layers:
        """What the declaration is made of, the outermost first."""
        return self.request.layers

    def grow(self) -> Iterator[tuple[str, Manifest]]:
        """Build the partial pod of ever more layers: each with the name of its innermost one."""
        return self.request.grow()

    @property
    def is_as_declared(self) -> bool:
        """Whether the pod and the template are those that were declared, and no process has changed them."""
        if self._request is None:
            return True
        if super().get(POD_TEMPLATE_FILE) != self.declaration.pod_template_file:
            return False
        if not self._is_made:
            return True
        declared = build_v1_pod(self.manifest) if self.declaration.concerns_pod else None
        return bool(to_manifest(super().get(POD_OVERRIDE)) == to_manifest(declared))

    @property
    def manifest(self) -> Manifest:
        """The partial pod that was declared, as a manifest, which is never changed."""
        return self.request.requested.pod

    def _make_pod(self) -> None:
        request = self.request
        if self._is_made:
            return
        pod = build_v1_pod(request.requested.pod)
        self._is_made = True
        super().__setitem__(POD_OVERRIDE, pod)
        if PROVENANCE in self:
            from airflow_provider_k8sexec.pod.layer_record import record_layers  # no worker makes the pod

            super().__setitem__(PROVENANCE, {"layers": record_layers(request.requested)})

    __getitem__ = _after_making(dict.__getitem__)
    __setitem__ = _after_making(dict.__setitem__)
    __delitem__ = _after_making(dict.__delitem__)
    __eq__ = _after_making(dict.__eq__)
    __hash__ = None
    __ne__ = _after_making(dict.__ne__)
    __or__ = _after_making(dict.__or__)
    __ror__ = _after_making(dict.__ror__)
    __ior__ = _after_making(dict.__ior__)
    __repr__ = _after_making(dict.__repr__)
    get = _after_making(dict.get)
    items = _after_making(dict.items)
    values = _after_making(dict.values)
    pop = _after_making(dict.pop)
    popitem = _after_making(dict.popitem)
    setdefault = _after_making(dict.setdefault)
    update = _after_making(dict.update)
    clear = _after_making(dict.clear)

    __len__ = _after_reading(dict.__len__)
    __contains__ = _after_reading(dict.__contains__)
    __reversed__ = _after_reading(dict.__reversed__)
    keys = _after_reading(dict.keys)
    # Without a method of its own, dict(config) and {**config} would copy the storage behind the dict.
    __iter__ = _after_reading(dict.__iter__)

    def __bool__(self) -> bool:
        """Report whether there are keys; an unread config has one, for Airflow tests each task's."""
        return super().__len__() > 0

    def __copy__(self) -> ExecutorConfig:
        """Copy the dict; a pod that was not accessed is not made."""
        return self._copied(dict.items(self))

    copy = __copy__

    def __deepcopy__(self, memo: dict[int, Any]) -> ExecutorConfig:
        """Copy the dict and its pod; a pod that was not accessed is not made."""
        return self._copied(copy.deepcopy(list(dict.items(self)), memo))

    def _copied(self, items: Any) -> ExecutorConfig:
        copied = ExecutorConfig(self._read)
        dict.clear(copied)
        dict.update(copied, items)
        copied._request, copied._is_made, copied.is_whole = self._request, self._is_made, self.is_whole
        copied.follows = self.follows
        return copied

    def __reduce__(self) -> tuple[type, tuple[dict[str, Any]]]:
        """Pickle to a plain dict, for processes that do not know this package."""
        return dict, (dict(self),)

    def __reduce_ex__(self, _protocol: Any) -> tuple[type, tuple[dict[str, Any]]]:
        """Pickle to a plain dict, for processes that do not know this package."""
        return self.__reduce__()


def build_v1_pod(manifest: Manifest) -> V1Pod:
    """Make the model of the kubernetes client that Airflow expects."""
    # Not `deserialize`, whose arguments differ from client 37 on; Airflow calls a private method as well.
    read = _api_client()._ApiClient__deserialize  # noqa: SLF001
    text = json.dumps(manifest)  # and back: the model shares no part with the manifest
    pod: V1Pod = read(json.loads(text, object_hook=_write_amounts), "V1Pod")
    mark_built(pod)
    return pod


def _write_amounts(part: Manifest) -> Manifest:
    """Write the amounts of an object as strings: client 36 does so, and client 37 refuses a number."""
    for field in AMOUNTS.intersection(part):
        part[field] = _write_amount(part[field])
    for field in MAPS_OF_AMOUNTS.intersection(part):
        if isinstance(part[field], dict):
            part[field] = {name: _write_amount(amount) for name, amount in part[field].items()}
    return part


def _write_amount(amount: Any) -> Any:
    return str(amount) if isinstance(amount, (int, float)) else amount


@contextmanager
def shared_configuration() -> Iterator[None]:
    """Let the models of the kubernetes client share one configuration, in the block.

    Each model makes one of its own, of which it reads whether it validates: 0.2 ms, and a pod has ten models.
    """
    from kubernetes.client import Configuration  # as above

    kind: Any = Configuration
    make, shared = kind.get_default_copy, kind()

    def give(cls: Any) -> Any:
        return shared if cls._default is None else make()

    kind.get_default_copy = classmethod(give)
    try:
        yield
    finally:
        kind.get_default_copy = make


@cache
def _api_client() -> ApiClient:
    # Models keep the configuration that they are made with. The process-wide one cannot be pickled in a
    # cluster (https://github.com/apache/airflow/issues/68827), so they get a fresh one.
    from kubernetes.client import ApiClient, Configuration  # takes seconds; no worker does this

    return ApiClient(configuration=Configuration())
