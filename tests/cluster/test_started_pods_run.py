"""The pods that K8sPodOperator starts: from a DAG file to a container that ran, under two executors.

One deployment for each executor; its workers run on one node, the pods that they start on another, in a
namespace of their own. The node of the started pods serves their logs to the API server, which the operator
asks.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow_stack import BIN, AirflowStack, Component, Site, run_stack
from attrs import frozen
from kubelet import Kubelet
from node import KILLED, Node

if TYPE_CHECKING:
    from conftest import Cluster

HERE = Path(__file__).parent
SECRET = "infrared-photon-7780-env"  # noqa: S105  # a secret's name
PROFILES = """
spot:
  node_selector: {pool: spot}
  tolerations: ["spot:NoSchedule"]
"""
OF_AIRFLOW = {
    *("dag_id", "task_id", "run_id", "map_index", "try_number", "kubernetes_pod_operator"),
    *("airflow_version", "airflow_kpo_in_cluster", "already_checked"),
}
"""The labels that KubernetesPodOperator gives to its pods."""
DAGS = {
    "LocalExecutor": ["started", "started_otherwise"],
    "KubernetesExecutor": ["started"],
}
"""By the executor: the DAGs that run. What differs between executors is in the first."""


@frozen
class Deployed:
    """A deployment whose DAGs have all run.

    Attributes:
        executor: Its executor.
        stack: Airflow.
        started: The started pods, as the server showed them last.
        workers: The worker pods, likewise.
        left: The names of the started pods that the operators have left on the server.
        namespace: The namespace of the started pods.
        value: The value of ``MY_SECRET``.
    """

    executor: str
    stack: AirflowStack
    started: list[dict[str, Any]]
    workers: list[dict[str, Any]]
    left: list[str]
    namespace: str
    value: str

    def pods_of(self, task_id: str) -> list[dict[str, Any]]:
        """Give the pods that a task has started, in the order of their tries and map indices."""
        pods = [pod for pod in self.started if pod["metadata"]["labels"]["task_id"] == task_id]
        return sorted(pods, key=lambda pod: json.dumps(pod["metadata"]["labels"], sort_keys=True))

    def log_of(self, task_id: str, try_number: int = 1) -> str:
        """Give the logs of one try of a task, of all its map indices."""
        logs = (self.stack.home / "logs").glob(f"**/task_id={task_id}/**/attempt={try_number}.log")
        return "\n".join(log.read_text(encoding="utf-8") for log in sorted(logs))

    def states_of(self, task_id: str) -> list[tuple[str, int]]:
        """Give state and try number of the instances of a task."""
        query = f"SELECT state, try_number FROM task_instance WHERE task_id = '{task_id}'"  # noqa: S608
        return [(state, number) for state, number in self.stack.query(query)]


@pytest.fixture(scope="module", params=sorted(DAGS, reverse=True))
def deployed(
    request: pytest.FixtureRequest, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Deployed:
    """Give a deployment whose DAGs have all run."""
    from kubernetes.client import CoreV1Api

    api, executor = CoreV1Api(cluster.client), request.param
    folder = tmp_path_factory.mktemp("started")
    namespace, of_workers = cluster.create_namespace("started"), cluster.create_namespace("workers")
    value = secrets.token_hex(16)
    _create_what_the_pods_need(api, namespace, value)
    site = Site(of_workers, Path(cluster.kubeconfig), folder / "dags", {"AIRFLOW__CORE__EXECUTOR": executor})
    stack = _make_stack(folder, site, namespace)
    node = Node(cluster.client, namespace, folder / "node", stack.image_env, room=4)
    workers = Node(cluster.client, of_workers, folder / "workers", stack.image_env, room=4)
    kubelet = Kubelet(cluster.client, f"node-of-{namespace}", folder / "kubelet")
    with kubelet as node.kubelet, node, workers, run_stack(stack):
        stack.wait_for_dags(DAGS[executor])
        stack.trigger(DAGS[executor])
        stack.wait_for_runs(DAGS[executor])
        left = api.list_namespaced_pod(namespace).items
    return Deployed(
        executor=executor,
        stack=stack,
        started=list(node.pods.values()),
        workers=list(workers.pods.values()),
        left=[pod.metadata.labels["task_id"] for pod in left],
        namespace=namespace,
        value=value,
    )


def _create_what_the_pods_need(api: Any, namespace: str, value: str) -> None:
    secret = {"metadata": {"name": SECRET}, "stringData": {"MY_SECRET": value}}
    api.create_namespaced_secret(namespace, secret)
    limits = {"limits": [{"type": "Container", "max": {"memory": "8Gi"}}]}
    api.create_namespaced_limit_range(namespace, {"metadata": {"name": "limits"}, "spec": limits})


def _make_stack(folder: Path, site: Site, namespace: str) -> AirflowStack:
    """Make a deployment whose components and workers know where pods are to be started."""
    site.dags.mkdir()
    shutil.copy(HERE / "dags" / "started_pods.py", site.dags)
    (folder / "profiles.yaml").write_text(PROFILES, encoding="utf-8")
    extra = {"kube_config_path": str(site.kubeconfig), "namespace": namespace}
    everywhere = {
        "AIRFLOW_CONN_KUBERNETES_DEFAULT": json.dumps({"conn_type": "kubernetes", "extra": extra}),
        "AIRFLOW__K8SEXEC__SECRET_NAME": SECRET,
        "AIRFLOW__K8SEXEC__PROFILES_FILE": str(folder / "profiles.yaml"),
        # Airflow learns of the end of a task by its next heartbeat.
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
    }
    stack = AirflowStack(folder, site)
    stack.image_env |= everywhere
    stack.env |= everywhere | {"AIRFLOW__CORE__PARALLELISM": "4"}
    if site.settings["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor":
        for name in [name for name in stack.env if "KUBERNETES_EXECUTOR" in name]:
            del stack.env[name]
        log = folder / "components" / "triggerer.log"
        stack.components["triggerer"] = Component([str(BIN / "airflow"), "triggerer"], stack.env, log)
    return stack


ONLY_ONE = pytest.mark.parametrize("deployed", ["LocalExecutor"], indirect=True)
"""What does not depend on the executor is tried under one."""


def test_each_task_succeeds_and_only_one_needs_a_second_try(deployed):
    """Whichever process runs the operator."""
    assert deployed.states_of("whole") == [("success", 1)], deployed.log_of("whole")[-3000:]
    assert deployed.states_of("growing") == [("success", 2)], deployed.log_of("growing", 2)[-3000:]


@ONLY_ONE
@pytest.mark.parametrize("task_id", ["mapped", "deferred", "decorated", "commanded", "by_hand"])
def test_each_way_to_start_a_pod_succeeds(deployed, task_id):
    """Mapped, deferred, by a function, by a function that gives a command, by Airflow's own operator."""
    assert set(deployed.states_of(task_id)) == {("success", 1)}, deployed.log_of(task_id)[-3000:]


MY_SECRET = {"name": "MY_SECRET", "valueFrom": {"secretKeyRef": {"name": SECRET, "key": "MY_SECRET"}}}
FILE = "k8sexec-run-secrets-my-secret--40b3f66e"
ITEMS = [{"key": "MY_SECRET", "path": "my_secret"}]
WHOLE = {
    "restartPolicy": "Never",
    "affinity": {},
    "nodeSelector": {"pool": "spot", "disk": "ssd"},
    "tolerations": [{"key": "spot", "operator": "Exists", "effect": "NoSchedule"}],
    "securityContext": {},
    "hostAliases": [{"ip": "10.1.2.3", "hostnames": ["db.local"]}],
    "terminationGracePeriodSeconds": 0,
    "volumes": [
        {"name": "k8sexec-scratch", "emptyDir": {"sizeLimit": "1Gi"}},
        {"name": FILE, "secret": {"secretName": SECRET, "items": ITEMS}},
    ],
    "containers": [
        {
            "name": "base",
            "image": "registry.example.com/etl:1",
            "command": ["python", "-c"],
            "env": [
                MY_SECRET,
                {"name": "STAGE", "value": "test"},
                {"name": "GREETING", "value": "hello to $(STAGE)"},
            ],
            "resources": {
                "requests": {"cpu": "500m", "memory": "1Gi"},
                "limits": {"cpu": "2", "memory": "1Gi"},
            },
            "securityContext": {"runAsNonRoot": True},
            "terminationMessagePolicy": "File",
            "volumeMounts": [
                {"name": "k8sexec-scratch", "mountPath": "/scratch"},
                {
                    "name": FILE,
                    "mountPath": "/run/secrets/my_secret",
                    "subPath": "my_secret",
                    "readOnly": True,
                },
            ],
        }
    ],
}


def test_the_started_pod_has_exactly_what_was_requested(deployed, cluster):
    """Spec, labels and annotations are what is written here by hand, with the server's defaults."""
    (pod,) = deployed.pods_of("whole")
    metadata, spec = pod["metadata"], pod["spec"]
    (container,) = spec["containers"]
    assert "open(" in container.pop("args")[0]
    requested = {"metadata": {"name": "requested"}, "spec": WHOLE}
    expected = cluster.client.sanitize_for_serialization(cluster.ask(requested, deployed.namespace))["spec"]
    del spec["nodeName"]
    assert spec == expected
    labels = {name: value for name, value in metadata["labels"].items() if name not in OF_AIRFLOW}
    assert (labels, metadata.get("annotations")) == ({"team": "finance"}, {"example.com/owner": "etl"})


def test_the_container_has_what_the_pod_promises(deployed):
    """The variables, in an order in which they refer to each other, the file, the directory."""
    log = deployed.log_of("whole")
    assert "the greeting is hello to test" in log
    assert "the file has ***" in log


def test_a_started_pod_that_runs_out_of_memory_has_more_at_the_next_try(deployed):
    """It is killed with 137 at the first try's limit; the second pod has the second try's, and succeeds."""
    pods = deployed.pods_of("growing")
    assert [pod["spec"]["containers"][0]["resources"] for pod in pods] == [
        {"requests": {"memory": memory}, "limits": {"memory": memory}} for memory in ("128Mi", "512Mi")
    ]
    ends = [pod["status"]["containerStatuses"][0]["state"]["terminated"] for pod in pods]
    assert [(end["exitCode"], end["reason"]) for end in ends] == [(KILLED, "OOMKilled"), (0, "Completed")]
    assert "that was enough" in deployed.log_of("growing", 2)


def test_the_log_says_that_the_started_pod_ran_out_of_memory(deployed):
    """In the words of this package, with what to change: here the next try has it already."""
    name = deployed.pods_of("growing")[0]["metadata"]["name"]
    remedy = "set retries=... so that it runs again, with memory='512Mi'."
    sentence = f"The started pod {name}: OOMKilled: memory='128Mi' was exceeded; {remedy}"
    assert sentence in deployed.log_of("growing", 1)


def test_the_secrets_value_is_hidden_in_the_log_of_a_worker_that_does_not_have_it(deployed):
    """The container has the value, and prints it; the worker, whose environment lacks it, logs ***."""
    log = deployed.log_of("whole")
    assert f"the digest is {hashlib.sha256(deployed.value.encode()).hexdigest()}" in log
    assert "the value is ***" in log
    assert deployed.value not in log


@ONLY_ONE
def test_a_log_without_masking_has_the_value(deployed):
    """A control: Airflow's own operator logs what the container prints."""
    assert f"the value is {deployed.value}" in deployed.log_of("by_hand")


@ONLY_ONE
@pytest.mark.parametrize("task_id", ["mapped", "deferred", "decorated", "commanded"])
def test_each_way_to_start_a_pod_hides_the_value(deployed, task_id):
    """Also where the log is read after the trigger has fired."""
    log = deployed.log_of(task_id)
    assert "the value is ***" in log
    assert deployed.value not in log


@ONLY_ONE
@pytest.mark.parametrize("task_id", ["mapped", "deferred", "decorated", "commanded"])
def test_each_way_to_start_a_pod_has_the_options(deployed, task_id):
    """The amounts, and the reference to the deployment's secret, once."""
    for pod in deployed.pods_of(task_id):
        (container,) = pod["spec"]["containers"]
        assert container["resources"] == {side: {"memory": "256Mi"} for side in ("requests", "limits")}
        assert [item for item in container["env"] if item["name"] == "MY_SECRET"] == [MY_SECRET]


@ONLY_ONE
def test_each_mapped_pod_has_what_it_is_mapped_over(deployed):
    """Beside what all have."""
    parts = [
        [item["value"] for item in pod["spec"]["containers"][0]["env"] if item["name"] == "PART"]
        for pod in deployed.pods_of("mapped")
    ]
    assert parts == [["1"], ["2"]]


def test_only_the_pod_that_is_to_be_kept_is_left(deployed):
    """``on_finish_action`` is Airflow's, and works as it does there."""
    assert deployed.left == ["whole"]


@ONLY_ONE
def test_the_log_says_why_the_server_refused_a_pod(deployed):
    """In the words of this package: the bound, the amount that was requested, and what to write."""
    assert deployed.states_of("refused") == [("failed", 1)]
    assert deployed.pods_of("refused") == []
    cause = "maximum memory usage per Container is 8Gi, but limit is 64Gi; request at most memory='8Gi'."
    assert f"The API server refused the pod to start: LimitRange: {cause}" in deployed.log_of("refused")


def test_the_worker_has_its_own_options_and_none_of_the_started_pods(deployed):
    """``executor_config=k8s_config(...)`` is the worker's, where it is a pod."""
    of_whole = [pod for pod in deployed.workers if pod["metadata"]["labels"]["task_id"] == "whole"]
    assert len(of_whole) == (deployed.executor == "KubernetesExecutor")
    for pod in of_whole:
        (container,) = pod["spec"]["containers"]
        assert container["resources"]["limits"]["memory"] == "1Gi"
        assert pod["metadata"]["labels"]["pod"] == "worker"
        assert "disk" not in pod["spec"].get("nodeSelector", {})
        assert "MY_SECRET" not in [item["name"] for item in container["env"]]
