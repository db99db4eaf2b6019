"""The node for tests: what a worker pod is given, and what the server learns of it."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from conftest import wait_for
from node import SCHEDULER_NAME, Node

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Cluster

IMAGE_ENV = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "FROM": "image"}
SPEC = {"restartPolicy": "Never", "schedulerName": SCHEDULER_NAME, "automountServiceAccountToken": False}


@pytest.fixture
def node(cluster: Cluster, namespace: str, tmp_path: Path) -> Iterator[Node]:
    """Give a node for the test's namespace."""
    with Node(cluster.client, namespace, tmp_path / "node", IMAGE_ENV) as running:
        yield running


@pytest.fixture
def run(cluster: Cluster, namespace: str, node: Node) -> Callable[..., Any]:
    """Give what runs a shell script as a pod's worker until something, and gives the pod and its output."""
    from kubernetes.client import CoreV1Api

    api = CoreV1Api(cluster.client)

    def run_pod(
        script: str, until: Callable[[Any], bool] = has_ended, *, spec: Any = None, **base: Any
    ) -> Any:
        container = {"name": "base", "image": "any", "args": ["sh", "-c", script], **base}
        manifest = {
            "metadata": {"name": "worker", "labels": {"team": "finance"}},
            "spec": {**SPEC, "containers": [container], **(spec or {})},
        }
        api.create_namespaced_pod(namespace, manifest)
        pod = wait_for(lambda: api.read_namespaced_pod("worker", namespace), until)
        log = node.logs / "worker.log"
        return pod, log.read_text(encoding="utf-8") if log.exists() else ""

    return run_pod


def has_ended(pod: Any) -> bool:
    """Tell whether a pod has ended."""
    return pod.status.phase in {"Succeeded", "Failed"}


def waits(pod: Any) -> bool:
    """Tell whether a pod's container waits."""
    return bool(pod.status.container_statuses) and pod.status.container_statuses[0].state.waiting is not None


def runs(pod: Any) -> bool:
    """Tell whether a pod runs."""
    return pod.status.phase == "Running"


def end_of(pod: Any) -> tuple[str, int, str]:
    """Give phase, exit code and reason of a pod that has ended."""
    terminated = pod.status.container_statuses[0].state.terminated
    return pod.status.phase, terminated.exit_code, terminated.reason


def test_a_worker_gets_its_env_from_the_image_the_pod_and_the_server(run, api, namespace):
    """Literals, references to secrets, config maps and fields, and whole secrets arrive."""
    api.create_namespaced_secret(namespace, {"metadata": {"name": "s"}, "stringData": {"KEY": "from secret"}})
    api.create_namespaced_config_map(namespace, {"metadata": {"name": "c"}, "data": {"key": "from map"}})
    env = [
        {"name": "LITERAL", "value": "a $(FROM_KEY) $$(FROM_KEY) $(NOBODY)"},
        {"name": "SECRET", "valueFrom": {"secretKeyRef": {"name": "s", "key": "KEY"}}},
        {"name": "MAP", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "key"}}},
        {"name": "NONE", "valueFrom": {"secretKeyRef": {"name": "s", "key": "NO", "optional": True}}},
        {"name": "TEAM", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['team']"}}},
        {"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
    ]
    env_from = [
        {"prefix": "FROM_", "secretRef": {"name": "s"}},
        {"secretRef": {"name": "n", "optional": True}},
    ]
    names = ["FROM", "LITERAL", "SECRET", "MAP", "TEAM", "NAME"]
    script = "".join(f'echo "${name}";' for name in names) + 'echo "${NONE-unset} $(MAP)"'
    pod, output = run(script, env=env, envFrom=env_from)
    assert end_of(pod) == ("Succeeded", 0, "Completed")
    assert output.splitlines() == [
        "image",
        "a from secret $(FROM_KEY) $(NOBODY)",
        "from secret",
        "from map",
        "finance",
        "worker",
        "unset from map",
    ]


def test_a_worker_finds_its_volumes_where_it_mounts_them_and_nobody_else_does(run, api, namespace, tmp_path):
    """Secret files at absolute paths, shared directories of init containers, read-only where it says so."""
    api.create_namespaced_secret(
        namespace, {"metadata": {"name": "s"}, "stringData": {"KEY": "the value", "OTHER": "another"}}
    )
    path = f"/run/secrets-of-{namespace}/deep/my_secret"
    volumes = [
        {"name": "secret", "secret": {"secretName": "s", "items": [{"key": "KEY", "path": "my_secret"}]}},
        {"name": "scratch", "emptyDir": {}},
        {"name": "fast", "emptyDir": {"medium": "Memory"}},
        {"name": "here", "hostPath": {"path": str(tmp_path)}},
    ]
    mounts = [
        {"name": "secret", "mountPath": path, "subPath": "my_secret", "readOnly": True},
        {"name": "scratch", "mountPath": f"/scratch-{namespace}"},
        {"name": "fast", "mountPath": f"/scratch-{namespace}/fast"},
        {"name": "here", "mountPath": f"/here-{namespace}"},
    ]
    seed = {
        "name": "seed",
        "image": "any",
        "command": ["sh", "-c", f"echo seed > /scratch-{namespace}/seed"],
        "volumeMounts": mounts[1:2],
    }
    absent = {"name": "absent", "image": "any", "command": [f"no-such-program-{namespace}"]}
    script = (
        f"cat {path}; echo; cat /scratch-{namespace}/seed; touch /scratch-{namespace}/fast/x && echo written;"
        f"(echo x > {path}) 2>/dev/null || echo refused; echo left > /here-{namespace}/left"
    )
    pod, output = run(
        script, spec={"volumes": volumes, "initContainers": [seed, absent]}, volumeMounts=mounts
    )
    assert end_of(pod) == ("Succeeded", 0, "Completed"), output
    assert output.splitlines()[:4] == ["the value", "seed", "written", "refused"]
    assert (tmp_path / "left").read_text(encoding="utf-8") == "left\n"
    for place in (f"/run/secrets-of-{namespace}", f"/scratch-{namespace}", f"/here-{namespace}"):
        assert not Path(place).exists()


def test_an_exit_code_reaches_the_server(run):
    """A worker that fails makes a pod that has failed, with the code and the reason Error."""
    pod, output = run("echo last words >&2; exit 3")
    assert end_of(pod) == ("Failed", 3, "Error")
    assert output == "last words\n"


def test_an_init_container_that_fails_ends_the_pod(run):
    """The worker doesn't start, and the status has the init container's exit code."""
    broken = {"name": "broken", "image": "any", "command": ["sh", "-c", "exit 4"]}
    pod, output = run("echo started", spec={"initContainers": [broken]})
    assert pod.status.phase == "Failed"
    assert pod.status.init_container_statuses[0].state.terminated.exit_code == 4
    assert output == ""


def test_a_pod_without_its_secret_key_waits_until_the_key_is_there(run, api, namespace):
    """The container's status is CreateContainerConfigError and names the key; then the pod runs after all."""
    api.create_namespaced_secret(namespace, {"metadata": {"name": "s"}, "stringData": {"OTHER": "x"}})
    env = [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "KEY"}}}]
    pod, _ = run("echo $A", waits, env=env)
    waiting = pod.status.container_statuses[0].state.waiting
    assert (pod.status.phase, waiting.reason) == ("Pending", "CreateContainerConfigError")
    assert waiting.message == f"couldn't find key KEY in Secret {namespace}/s"
    api.patch_namespaced_secret("s", namespace, {"stringData": {"KEY": "now"}})
    pod = wait_for(lambda: api.read_namespaced_pod("worker", namespace), has_ended)
    assert end_of(pod) == ("Succeeded", 0, "Completed")


def test_a_pod_without_its_secret_waits(run):
    """An env var from a secret that isn't there is CreateContainerConfigError too."""
    pod, _ = run("true", waits, env=[{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "K"}}}])
    waiting = pod.status.container_statuses[0].state.waiting
    assert (waiting.reason, waiting.message) == ("CreateContainerConfigError", 'secret "s" not found')


def test_a_pod_without_its_secret_file_is_not_created(run):
    """A volume that cannot be mounted leaves the pod in ContainerCreating, as a kubelet does."""
    volume = {"name": "v", "secret": {"secretName": "s", "items": [{"key": "K", "path": "K"}]}}
    pod, _ = run(
        "true", waits, spec={"volumes": [volume]}, volumeMounts=[{"name": "v", "mountPath": "/run/s"}]
    )
    assert pod.status.container_statuses[0].state.waiting.reason == "ContainerCreating"


def test_a_pod_out_of_memory_says_so(run, node, api, namespace):
    """The status is that of the kernel's kill: exit code 137, reason OOMKilled."""
    run("sleep 600", runs)
    node.kill_out_of_memory("worker")
    pod = wait_for(lambda: api.read_namespaced_pod("worker", namespace), has_ended)
    assert end_of(pod) == ("Failed", 137, "OOMKilled")


@pytest.mark.parametrize("detach", ["", "setsid "])
def test_a_deleted_pod_ends_with_all_that_it_started(run, api, namespace, tmp_path, detach):
    """A process that the worker has detached from itself dies with the pod."""
    beat = f"while :; do date +%N > {tmp_path}/beat; sleep 0.05; done"
    run(f"{detach}sh -c '{beat}' & wait", runs)
    heart = tmp_path / "beat"
    wait_for(heart.exists, bool)
    api.delete_namespaced_pod("worker", namespace)

    def look() -> bool:
        first = heart.read_text(encoding="utf-8")
        time.sleep(1)
        return heart.read_text(encoding="utf-8") == first

    wait_for(look, bool)


def test_the_worker_runs_in_the_image_of_this_interpreter(cluster, namespace, tmp_path):
    """`python` is the interpreter whose folder is on the image's PATH."""
    from kubernetes.client import CoreV1Api

    folder = Path(sys.executable).parent
    image_env = {**IMAGE_ENV, "PATH": f"{folder}:{IMAGE_ENV['PATH']}"}
    container = {"name": "base", "image": "any", "args": ["python", "-c", "import sys; print(sys.prefix)"]}
    api = CoreV1Api(cluster.client)
    with Node(cluster.client, namespace, tmp_path / "node", image_env) as node:
        manifest = {"metadata": {"name": "worker"}, "spec": {**SPEC, "containers": [container]}}
        api.create_namespaced_pod(namespace, manifest)
        wait_for(lambda: api.read_namespaced_pod("worker", namespace), has_ended)
        assert (node.logs / "worker.log").read_text(encoding="utf-8").strip() == sys.prefix
