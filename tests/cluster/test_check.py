"""``k8sexec check`` finds what the cluster lacks or refuses, and has nothing against what is right."""

from __future__ import annotations

import json
import re
import textwrap
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from kubernetes.client import CoreV1Api, VersionApi
from kubernetes.client.rest import RESTClientObject
from local_queues import local_queues

from airflow_provider_k8sexec.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Cluster

EXAMPLES = Path(__file__).parents[2] / "example_dags"
SECRET = "infrared-photon-7780-env"  # noqa: S105  # a name
TEMPLATE = {
    "apiVersion": "v1",
    "kind": "Pod",
    "spec": {"containers": [{"name": "base", "image": "apache/airflow:3.3.2"}], "restartPolicy": "Never"},
}
Check = "Callable[..., tuple[int, dict[str, list[dict[str, str]]], str]]"


@pytest.fixture(scope="module")
def place(cluster: Cluster) -> str:
    """Make a namespace that has what the example DAGs need, and limits."""
    name = cluster.create_namespace("check")
    core = CoreV1Api(cluster.client)
    core.create_namespaced_secret(name, {"metadata": {"name": SECRET}, "stringData": {"MY_SECRET": "x"}})
    core.create_namespaced_secret(name, {"metadata": {"name": "registry-example-com"}})
    core.create_namespaced_config_map(name, {"metadata": {"name": "app"}, "data": {"mode": "fast"}})
    core.create_namespaced_service_account(name, {"metadata": {"name": "geo-reader"}})
    limits = [{"type": "Container", "max": {"memory": "20Gi"}, "default": {"memory": "2Gi"}}]
    core.create_namespaced_limit_range(name, {"metadata": {"name": "limits"}, "spec": {"limits": limits}})
    hard = {"requests.nvidia.com/gpu": "1"}
    core.create_namespaced_resource_quota(name, {"metadata": {"name": "quota"}, "spec": {"hard": hard}})
    # What is used is told by the controller manager, which this server does not have.
    status = {"status": {"hard": hard, "used": {"requests.nvidia.com/gpu": "0"}}}
    core.patch_namespaced_resource_quota_status("quota", name, status)
    return name


@pytest.fixture(scope="module")
def server(cluster: Cluster) -> tuple[int, int]:
    """Give the version of the server."""
    code = VersionApi(cluster.client).get_code()
    return int(code.major), int(code.minor.rstrip("+"))


@pytest.fixture
def check(
    cluster: Cluster,
    place: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Check:
    """Run the command on a file, and give its exit code, problems by task, and errors."""
    template = tmp_path / "template.yaml"
    template.write_text(yaml.safe_dump(TEMPLATE))
    extra = {"kube_config_path": cluster.kubeconfig}
    monkeypatch.setenv("AIRFLOW_CONN_CLUSTER", json.dumps({"conn_type": "kubernetes", "extra": extra}))
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE", str(template))
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__NAMESPACE", place)

    def run(path: Path, *arguments: str) -> tuple[int, dict[str, list[dict[str, str]]], str]:
        code = main(["check", str(path), "-o", "json", "--conn-id", "cluster", *arguments])
        output = capsys.readouterr()
        report = json.loads(output.out)
        assert all(entry["ok"] == (not entry["problems"]) for entry in report)
        *lines, summary = output.err.splitlines(keepends=True)
        assert re.match(r"\d+ tasks? in \d+ files?: ", summary)
        errors = "".join(lines)
        return code, {entry["task"]: entry["problems"] for entry in report}, errors

    return run


@pytest.fixture
def dag_file(tmp_path: Path) -> Callable[[str], Path]:
    """Write a DAG whose one task has some options."""

    def write(options: str) -> Path:
        path = tmp_path / "planted.py"
        program = f"""
            import pendulum
            from airflow import DAG
            from airflow_provider_k8sexec import *

            with DAG("planted", schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC")):
                @k8s_task({options})
                def task(): ...
                task()
        """
        path.write_text(textwrap.dedent(program))
        return path

    return write


IN_CLUSTER = "does not exist; create it in the cluster, or name another"
IN_NAMESPACE = "does not exist; create it in the namespace"
PLANTED = {
    "secrets=['MY_SECRT']": "'MY_SECRT' is not one of its keys; write 'MY_SECRET'",
    "secrets=[Secret('PASSWORD', name='warehouse')]": "Secret='warehouse' does not exist",
    "secrets=[Secret('CERT', file='/run/cert')]": "'CERT' is not one of its keys; choose from MY_SECRET",
    "volumes={'/conf': ConfigMap('apps')}": "ConfigMap='apps' does not exist",
    "volumes={'/conf': ConfigMap('app', items={'mood': 'm'})}": "'mood' is not one of its keys; write 'mode'",
    "env_from=['configmap/settings']": "ConfigMap='settings' does not exist",
    "env_from=['secret/db']": "Secret='db' does not exist",
    "volumes={'/data': PersistentVolumeClaim('lake')}": "PersistentVolumeClaim='lake' does not exist",
    "volumes={'/a': {'projected': {'sources': [{'secret': {'name': 'tls'}}]}}}": "Secret='tls' does not",
    "service_account_name='geo-writer'": "ServiceAccount='geo-writer' does not exist",
    "priority_class_name='batch-low'": f"PriorityClass='batch-low' {IN_CLUSTER}",
    "runtime_class_name='gvisor'": f"RuntimeClass='gvisor' {IN_CLUSTER}",
    "image_pull_secrets=['registry']": f"Secret='registry' {IN_NAMESPACE}",
    "volumes={'/v': {'csi': {'driver': 'csi.example.com'}}}": f"CSIDriver='csi.example.com' {IN_CLUSTER}",
    "volumes={'/v': {'csi': {'driver': 'a.b', 'nodePublishSecretRef': {'name': 'vault'}}}}": (
        f"Secret='vault' {IN_NAMESPACE}"
    ),
    "volumes={'/v': {'csi': {'driver': 'secrets-store.csi.k8s.io', 'readOnly': True, 'volumeAttributes': "
    "{'secretProviderClass': 'db'}}}}": (
        "SecretProviderClass='db' cannot exist, because the cluster has no secretproviderclasses; install "
        "the Secrets Store CSI driver"
    ),
    "volumes={'/v': {'ephemeral': {'volumeClaimTemplate': {'spec': {'accessModes': ['ReadWriteOnce'], "
    "'storageClassName': 'fast', 'resources': {'requests': {'storage': '1Gi'}}}}}}}": (
        f"StorageClass='fast' {IN_CLUSTER}"
    ),
    "queue_name='team-a'": (
        "LocalQueue='team-a' cannot exist, because the cluster has no localqueues; install Kueue, or remove "
        "it"
    ),
    "namespace='no-such-place'": 'namespaces "no-such-place" not found',
    "memory='21Gi'": "maximum memory usage per Container is 20Gi",
    "memory=('3Gi', None)": "must be less than or equal to memory limit",
    "gpu=2": "the quota 'quota' has gpu=1 left of '1'; request at most gpu=1",
    "init_containers=[{'name': 'a', 'image': 'b', 'env': [{'name': 'X', 'valueFrom': {'secretKeyRef': "
    f"{{'name': '{SECRET}', 'key': 'OTHER'}}}}}}]}}]": "'OTHER' is not one of its keys",
}


@pytest.mark.parametrize("options", PLANTED)
def test_each_planted_mistake_is_found(check: Any, dag_file: Callable[[str], Path], options: str) -> None:
    """What the cluster lacks or refuses is told for the task, with exit code 1."""
    code, found, _ = check(dag_file(options))
    problems = "\n".join(
        f"{problem['field']}={problem['value']} {problem['reason']}; {problem['remedy']}"
        for problem in found["planted.task"]
    )
    assert code == 1
    assert PLANTED[options] in problems


SHARING = """
import pendulum
from airflow import DAG
from airflow_provider_k8sexec import ConfigMap, k8s_task

with DAG("sharing", schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC")):
    for index in range({tasks}):
        @k8s_task(
            task_id=f"task_{{index}}",
            secrets=["MY_SECRET"],
            volumes={{"/app": ConfigMap("app", items={{"mode": "mode"}})}},
            service_account_name="geo-reader",
            image_pull_secrets=["registry-example-com"],
        )
        def task(): ...
        task()
"""


def test_an_unknown_release_is_what_is_reported_of_its_placeholder(
    check: Any, dag_file: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a laptop without a release, the remedy is to set it, and not to create the placeholder's secret."""
    for variable in ("AIRFLOW__K8SEXEC__RELEASE_NAME", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(variable, raising=False)
    code, problems, errors = check(dag_file("secrets=['MY_SECRET', 'ANOTHER'], cpu=1, memory='1Gi'"))
    assert errors.count("release name is unknown") == 1
    found = {(problem["value"], problem["remedy"]) for problem in problems["planted.task"]}
    assert code == 1
    assert found == {("'release-not-set-env'", "set AIRFLOW__K8SEXEC__RELEASE_NAME=<release>")}


@pytest.mark.parametrize("tasks", [1, 4])
def test_tasks_that_share_objects_cost_a_dry_run_each(
    check: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tasks: int
) -> None:
    """The server is asked once for its version and for each object, and once for each pod."""
    requested: list[str] = []
    request = RESTClientObject.request

    def count(self: RESTClientObject, method: str, *args: Any, **kwargs: Any) -> Any:
        requested.append(method)
        return request(self, method, *args, **kwargs)

    monkeypatch.setattr(RESTClientObject, "request", count)
    file = tmp_path / "sharing.py"
    file.write_text(SHARING.format(tasks=tasks))
    code, found, errors = check(file)
    assert (code, len(found), errors) == (0, tasks, "")
    assert Counter(requested) == {"GET": 5, "POST": tasks}


def test_optional_objects_may_be_missing(check: Any, dag_file: Callable[[str], Path]) -> None:
    """What the task can do without is not reported."""
    files = "Secret('B', file='/b/b', optional=True), Secret('C', file='/b/c', name='c', optional=True)"
    assert check(dag_file(f"secrets=[Secret('A', optional=True), {files}]")) == (0, {"planted.task": []}, "")


def test_a_mistake_that_parsing_finds_is_reported_beside_the_clusters_word(
    check: Any, dag_file: Callable[[str], Path]
) -> None:
    """A DAG that cannot be imported fails the check, with the error that Airflow would show."""
    code, found, errors = check(dag_file("memory=512"))
    assert (code, found) == (1, {})
    assert "memory=512 is 512 bytes; write memory='512Mi'" in errors


def test_the_example_dags_pass_where_the_cluster_has_what_they_need(
    check: Any, server: tuple[int, int]
) -> None:
    """Nothing is reported on what is right, but for what the server is too old for."""
    code, found, errors = check(EXAMPLES)
    has_sidecars = server >= (1, 29)
    assert {task for task, problems in found.items() if problems} == (
        set() if has_sidecars else {"example_sidecar.query"}
    )
    assert (code, errors) == (0 if has_sidecars else 1, "")
    assert len(found) > 10


TOO_NEW = {
    "sidecars=[{'name': 'proxy', 'image': 'proxy:1'}]": ("sidecars[0]['restartPolicy']", (1, 29)),
    "pod_override={'spec': {'hostUsers': False}}": ("pod_override['spec']['hostUsers']", (1, 33)),
    "pod_override={'spec': {'resources': {'limits': {'cpu': '2'}}}}": (
        "pod_override['spec']['resources']",
        (1, 34),
    ),
    "volumes={'/m': {'image': {'reference': 'model:1'}}}": ("volumes['/m']['image']", (1, 35)),
}


@pytest.mark.parametrize("options", TOO_NEW)
def test_what_the_server_is_too_old_for_is_named_with_the_version_that_has_it(
    check: Any, dag_file: Callable[[str], Path], server: tuple[int, int], options: str
) -> None:
    """The server itself drops such a field silently, or refuses the pod for what is left of it."""
    field, needed = TOO_NEW[options]
    if server >= needed:
        pytest.skip(f"this server has {field}")
    code, found, _ = check(dag_file(options))
    reasons = {problem["field"]: problem["reason"] for problem in found["planted.task"]}
    assert code == 1
    assert reasons[field] == f"needs Kubernetes 1.{needed[1]}, and the cluster is {server[0]}.{server[1]}"


@pytest.mark.usefixtures("check")
def test_the_table_has_a_line_for_each_task(capsys: pytest.CaptureFixture[str]) -> None:
    """People get a table, with ok for what is right."""
    assert main(["check", str(EXAMPLES / "example_gpu.py"), "--conn-id", "cluster"]) == 0
    assert "example_gpu.train | ok" in capsys.readouterr().out


def test_a_cluster_that_cannot_be_reached_is_an_error_that_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a cluster there is no verdict, and the exit code says so."""
    extra = {"kube_config_path": str(tmp_path / "none")}
    monkeypatch.setenv("AIRFLOW_CONN_NONE", json.dumps({"conn_type": "kubernetes", "extra": extra}))
    assert main(["check", str(EXAMPLES / "example_gpu.py"), "--conn-id", "none"]) == 1
    assert "Set KUBECONFIG" in capsys.readouterr().err


def test_a_started_pod_is_checked_in_its_own_namespace(
    check: Check, cluster: Cluster, tmp_path: Path
) -> None:
    """What it refers to is looked up there, and not where the worker is."""
    jobs = cluster.create_namespace("jobs")
    path = tmp_path / "planted.py"
    program = f"""
        import pendulum
        from airflow import DAG
        from airflow_provider_k8sexec import K8sPodOperator, Secret

        with DAG("planted", schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC")):
            K8sPodOperator(task_id="task", image="busybox:1.37", namespace={jobs!r}, memory="1Gi",
                           secrets=[Secret("PASSWORD", name="warehouse")], priority_class_name="nosuch")
    """
    path.write_text(textwrap.dedent(program))
    code, found, _ = check(path)
    assert code == 1
    values = [problem["value"] for problem in found["planted.task"]]
    assert sorted(filter(None, values)) == ["'nosuch'", "'warehouse'"], found
    core = CoreV1Api(cluster.client)
    core.create_namespaced_secret(jobs, {"metadata": {"name": "warehouse"}, "stringData": {"PASSWORD": "x"}})
    path.write_text(textwrap.dedent(program).replace(', priority_class_name="nosuch"', ""))
    assert check(path) == (0, {"planted.task": []}, "")


MANAGED = "labels={'kueue.x-k8s.io/managed': 'true'}"  # as Kueue labels a pod, which no Kueue does here
OF_QUEUES = {
    f"queue_name='team-a', {MANAGED}": "",
    "queue_name='team-a'": "has no effect: Kueue does not manage the pods of the namespace",
    f"queue_name='team-b', {MANAGED}": "or write 'team-a'",
    f"queue_name='finance', {MANAGED}": "or choose from gpu, team-a",
}


def test_a_queue_is_looked_up_where_the_pod_is_to_be(
    check: Any, dag_file: Callable[[str], Path], cluster: Cluster, place: str
) -> None:
    """A queue that is not there is reported with those that are; so is one that manages no pods there."""
    found = {}
    with local_queues(cluster.client, place, "team-a", "gpu"):
        for options in OF_QUEUES:
            code, problems, errors = check(dag_file(options))
            found[options] = [
                f"{problem['field']}={problem['value']} {problem['reason']}; {problem['remedy']}"
                for problem in problems["planted.task"]
            ]
            assert (code, errors) == (int(bool(found[options])), "")
    for options, expected in OF_QUEUES.items():
        assert len(found[options]) == bool(expected), found
        assert expected in "".join(found[options])
