"""The kubelet for tests: logs by way of the API server, and pods that are bound to its node."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from conftest import wait_for
from kubelet import Kubelet
from node import KILLED, SCHEDULER_NAME, Node

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Cluster

IMAGE_ENV = {"PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}
SPEC = {"restartPolicy": "Never", "schedulerName": SCHEDULER_NAME, "automountServiceAccountToken": False}
RAW = {"_preload_content": False}


@pytest.fixture(scope="module")
def namespace(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give a namespace whose pods run on a node with a kubelet."""
    name, folder = cluster.create_namespace("kubelet"), tmp_path_factory.mktemp("kubelet")
    node = Node(cluster.client, name, folder / "node", IMAGE_ENV)
    with Kubelet(cluster.client, f"node-of-{name}", folder / "kubelet") as node.kubelet, node:
        yield name


@pytest.fixture
def start(api: Any, namespace: str) -> Callable[..., None]:
    """Give what starts a pod of one container, and waits until the container runs or has ended."""

    def start_pod(name: str, *command: str, **container: Any) -> None:
        main = {"name": "job", "image": "any", "command": list(command), **container}
        spec = {**SPEC, "containers": [main]}
        api.create_namespaced_pod(namespace, {"metadata": {"name": name}, "spec": spec})
        wait_for(lambda: api.read_namespaced_pod(name, namespace).status.phase, lambda it: it != "Pending")

    return start_pod


def test_a_pods_log_comes_line_by_line_while_it_runs_and_again_when_it_has_ended(
    start, api, namespace, tmp_path
):
    """Followed, the first line comes before the second is written; an unfinished last line comes, too."""
    script = f"echo first; until test -e {tmp_path}/go; do sleep 0.1; done; echo second >&2; printf third"
    start("talker", "sh", "-c", script)
    followed = api.read_namespaced_pod_log("talker", namespace, follow=True, timestamps=True, **RAW)
    lines = iter(followed)
    stamp, first = next(lines).split()
    assert first == b"first"
    assert stamp.startswith(b"20")
    (tmp_path / "go").touch()
    rest = b"".join(lines).split()
    assert rest[1::2] == [b"second", b"third"]
    whole = api.read_namespaced_pod_log("talker", namespace, container="job", **RAW)
    assert whole.data == b"first\nsecond\nthird"


def test_lines_of_long_ago_are_left_out(start, api, namespace):
    """A reader that comes back names the seconds since it has read the last line."""
    start("early", "sh", "-c", "echo early; sleep 3; echo late")
    followed = api.read_namespaced_pod_log("early", namespace, follow=True, **RAW)
    assert b"".join(followed) == b"early\nlate\n"
    since = api.read_namespaced_pod_log("early", namespace, since_seconds=2, **RAW)
    assert since.data == b"late\n"


def test_a_container_that_holds_more_memory_than_its_limit_is_killed(start, api, namespace):
    """The status is that of the kernel's kill; with a limit that suffices, the same command ends well."""
    command = ["python", "-c", "import time; held = b'x' * (96 << 20); time.sleep(1)"]
    for name, limit in (("small", "64Mi"), ("large", "256Mi")):
        start(name, *command, resources={"limits": {"memory": limit}})

    def look_at_ends() -> list[Any]:
        pods = [api.read_namespaced_pod(name, namespace) for name in ("small", "large")]
        return [pod.status.container_statuses[0].state.terminated for pod in pods]

    ends = wait_for(look_at_ends, all)
    assert [(end.exit_code, end.reason) for end in ends] == [(KILLED, "OOMKilled"), (0, "Completed")]


def test_a_pod_that_runs_is_gone_once_its_process_is(start, api, namespace, tmp_path):
    """The server waits for the node; the node kills the process first."""
    beat = f"while :; do date +%N > {tmp_path}/beat; sleep 0.05; done"
    start("runner", "sh", "-c", beat)
    wait_for((tmp_path / "beat").exists, bool)
    api.delete_namespaced_pod("runner", namespace)
    names = wait_for(
        lambda: [pod.metadata.name for pod in api.list_namespaced_pod(namespace).items],
        lambda found: "runner" not in found,
    )
    assert "runner" not in names
    last = (tmp_path / "beat").read_text(encoding="utf-8")
    time.sleep(0.3)
    assert (tmp_path / "beat").read_text(encoding="utf-8") == last
