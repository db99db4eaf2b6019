"""A real API server for the tests of this folder, and what they keep on it."""

from __future__ import annotations

import os
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from control_plane import ControlPlane
    from kubernetes.client import ApiClient

ASSETS = "KUBEBUILDER_ASSETS"
KUBECONFIG = "KUBECONFIG"
HOW_TO_GET_ONE = (
    f"set {ASSETS} to a folder with kube-apiserver and etcd (`setup-envtest use -p path` gives one), "
    f"or {KUBECONFIG} to the file of a cluster that may be tested on"
)

DEADLINE = 60
"""The seconds after which what a test waits for does not come any more."""

FIGURES: list[str] = []
"""Lines that tests add to the end of pytest's report."""


@dataclass
class Cluster:
    """An API server, and the things that this test run has on it.

    Attributes:
        kubeconfig: The file that makes one an admin.
        client: An admin's client of the kubernetes package.
        control_plane: The server's processes, where they are our own.
        token: A text that is in every name of this test run.
    """

    kubeconfig: str
    client: ApiClient
    control_plane: ControlPlane | None
    token: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    _namespaces: list[str] = field(default_factory=list)

    def create_namespace(self, purpose: str) -> str:
        """Create a namespace, which lasts until the end of the test run, and give its name."""
        from kubernetes.client import CoreV1Api

        name = f"k8sexec-{self.token}-{purpose}-{len(self._namespaces)}"
        CoreV1Api(self.client).create_namespace({"metadata": {"name": name}})
        self._namespaces.append(name)
        return name

    def ask(self, pod: Any, namespace: str) -> Any:
        """Let the server judge a pod without keeping it, and give the pod as it would be.

        Raises:
            kubernetes.client.ApiException: The server refuses it.
        """
        from kubernetes.client import CoreV1Api

        return CoreV1Api(self.client).create_namespaced_pod(namespace, pod, dry_run="All")

    def delete_namespaces(self) -> None:
        """Delete what was created."""
        from kubernetes.client import CoreV1Api

        for name in self._namespaces:
            CoreV1Api(self.client).delete_namespace(name, grace_period_seconds=0)


@pytest.hookimpl(tryfirst=True)  # before those who deselect
def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark the tests of this folder: a server and an executor do not depend on the Python."""
    item.add_marker(pytest.mark.once_a_line)


@pytest.hookimpl(trylast=True)  # after those who deselect
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs an API server where there is none; one line says how many, and how to get one."""
    if os.environ.get(ASSETS) or os.environ.get(KUBECONFIG):
        return
    needy = [item for item in items if "cluster" in getattr(item, "fixturenames", ())]
    for item in needy:
        item.add_marker(pytest.mark.skip(reason="no API server"))
    if needy:
        FIGURES.append(f"{len(needy)} tests SKIPPED, for they need an API server: {HOW_TO_GET_ONE}")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Give an API server of our own, or the one that the user names."""
    from kubernetes.config import new_client_from_config

    with _api_server() as (kubeconfig, control_plane), new_client_from_config(kubeconfig) as client:
        found = Cluster(kubeconfig, client, control_plane)
        try:
            yield found
        finally:
            if control_plane is None:
                found.delete_namespaces()


@contextmanager
def _api_server() -> Iterator[tuple[str, ControlPlane | None]]:
    from control_plane import run_control_plane

    if os.environ.get(ASSETS):
        with run_control_plane(Path(os.environ[ASSETS])) as control_plane:
            yield str(control_plane.kubeconfig), control_plane
    else:
        yield os.environ[KUBECONFIG], None


@pytest.fixture
def namespace(cluster: Cluster) -> str:
    """Give a namespace of the test's own."""
    return cluster.create_namespace("test")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the figures of this folder's tests."""
    if FIGURES:
        terminalreporter.section("cluster tests")
        for line in FIGURES:
            terminalreporter.write_line(line)


@pytest.fixture
def api(cluster: Cluster) -> Any:
    """Give an admin's client of pods and the like."""
    from kubernetes.client import CoreV1Api

    return CoreV1Api(cluster.client)


def wait_for(look: Callable[[], Any], is_there: Callable[[Any], bool]) -> Any:
    """Look until something is there."""
    end = time.monotonic() + DEADLINE
    while not is_there(found := look()):
        assert time.monotonic() < end, found
        time.sleep(0.1)
    return found
