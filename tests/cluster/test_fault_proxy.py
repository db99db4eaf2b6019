"""The fault proxy: an API server that is there, but for the errors that it is told to give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fault_proxy import RESET, STATUSES, FaultProxy, run_fault_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Cluster


@pytest.fixture
def proxied(cluster: Cluster, tmp_path: Path) -> Iterator[tuple[FaultProxy, Any]]:
    """Give a proxy, and a client that asks through it and never again."""
    from kubernetes.client import Configuration, CoreV1Api
    from kubernetes.config import new_client_from_config

    once = Configuration()
    once.retries = False
    with run_fault_proxy(cluster.client) as proxy:
        kubeconfig = proxy.write_kubeconfig(tmp_path / "kubeconfig")
        with new_client_from_config(str(kubeconfig), client_configuration=once) as client:
            yield proxy, CoreV1Api(client)


def test_a_watch_through_the_proxy_tells_of_each_change_at_once(proxied, namespace):
    """The proxy holds nothing back: the executor's watcher hears of a pod while its watch goes on."""
    from kubernetes.watch import Watch

    _, api = proxied
    api.create_namespaced_config_map(namespace, {"metadata": {"name": "told-0"}})
    watch = Watch()
    told = []
    for event in watch.stream(api.list_namespaced_config_map, namespace, timeout_seconds=60):
        told += [event["object"].metadata.name] if event["object"].metadata.name.startswith("told-") else []
        if len(told) == 3:
            watch.stop()
        elif told:
            api.create_namespaced_config_map(namespace, {"metadata": {"name": f"told-{len(told)}"}})
    assert told == ["told-0", "told-1", "told-2"]


def test_the_proxy_gives_each_error_once_and_passes_the_others_on(proxied, namespace):
    """Every second attempt to create something gets an error: 429, the 5xx, a reset; then none does."""
    from kubernetes.client import ApiException
    from urllib3.exceptions import ProtocolError

    proxy, api = proxied
    proxy.begin_faults()
    for status in STATUSES:
        api.create_namespaced_secret(namespace, {"metadata": {"name": f"before-{status}"}})
        with pytest.raises(ProtocolError if status == RESET else ApiException, match=str(status or "reset")):
            api.create_namespaced_secret(namespace, {"metadata": {"name": f"never-{status}"}})
    api.create_namespaced_secret(namespace, {"metadata": {"name": "after"}})
    assert proxy.faults == {("POST", status): 1 for status in STATUSES}
    names = {secret.metadata.name for secret in api.list_namespaced_secret(namespace).items}
    assert names >= {"after", *(f"before-{status}" for status in STATUSES)}
    assert not [name for name in names if name.startswith("never-")]
