"""LocalQueues as a cluster with Kueue has them: the kind alone, without the controller."""

from __future__ import annotations

import time
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kubernetes.client import ApiClient

GROUP, VERSION, PLURAL = "kueue.x-k8s.io", "v1beta1", "localqueues"
NAME = f"{PLURAL}.{GROUP}"
KIND: dict[str, Any] = {
    "metadata": {"name": NAME},
    "spec": {
        "group": GROUP,
        "scope": "Namespaced",
        "names": {"plural": PLURAL, "singular": "localqueue", "kind": "LocalQueue"},
        "versions": [
            {
                "name": VERSION,
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
                },
            }
        ],
    },
}


@contextmanager
def local_queues(client: ApiClient, namespace: str, *names: str) -> Iterator[None]:
    """Let a cluster have the kind, in the older of its versions, and queues of these names."""
    from kubernetes.client import ApiextensionsV1Api, CustomObjectsApi

    kinds, objects = ApiextensionsV1Api(client), CustomObjectsApi(client)
    kinds.create_custom_resource_definition(KIND)
    try:
        for name in names:
            queue = {"apiVersion": f"{GROUP}/{VERSION}", "kind": "LocalQueue", "metadata": {"name": name}}
            create = partial(
                objects.create_namespaced_custom_object, GROUP, VERSION, namespace, PLURAL, queue
            )
            _repeat(create, until=None)
        yield
    finally:
        kinds.delete_custom_resource_definition(NAME)
        _repeat(partial(kinds.read_custom_resource_definition, NAME), until=HTTPStatus.NOT_FOUND)


def _repeat(call: Callable[[], object], until: int | None) -> None:
    """Repeat a call until it has an answer: the server takes a moment to serve a kind, and to forget it.

    Args:
        call: The call.
        until: The status with which it is to be refused; ``None`` if it is to succeed.
    """
    end = time.monotonic() + 30
    while (status := _status_of(call)) != until:
        assert time.monotonic() < end, f"the last answer was {status}"
        time.sleep(0.1)


def _status_of(call: Callable[[], object]) -> int | None:
    from kubernetes.client import ApiException

    try:
        call()
    except ApiException as refused:
        return int(refused.status)
    return None
