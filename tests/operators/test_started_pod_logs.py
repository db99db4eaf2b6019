"""What the log of a task shows of the pod that it starts: no secret, and why the pod failed."""

from __future__ import annotations

import base64
import json
from types import SimpleNamespace

import pytest
from airflow.providers.cncf.kubernetes.secret import Secret as AirflowSecret
from airflow_lines import new_dag
from kubernetes.client import models as k8s
from kubernetes.client.exceptions import ApiException

from airflow_provider_k8sexec import K8sPodOperator, Secret, _compat
from airflow_provider_k8sexec.pod.executor_config import build_v1_pod


class Cluster:
    """A client of a cluster that has some secrets, and records which are read."""

    def __init__(self, secrets=None, error=None):
        self.secrets, self.error, self.asked = secrets or {}, error, []

    def read_namespaced_secret(self, name, namespace, _request_timeout, _preload_content):
        self.asked.append((name, namespace))
        assert sum(_request_timeout) < 10
        assert _preload_content is False, "else the client logs the answer where the level is DEBUG"
        if self.error is not None:
            raise self.error
        if name not in self.secrets:
            raise ApiException(status=404)
        data = {key: base64.b64encode(value.encode()).decode() for key, value in self.secrets[name].items()}
        return SimpleNamespace(data=json.dumps({"kind": "Secret", "data": data}))


@pytest.fixture
def masked(monkeypatch):
    """Give the strings that Airflow's masker gets."""
    texts = set()
    monkeypatch.setattr(_compat, "mask_secrets", texts.update)
    return texts


def task_of(cluster, **arguments):
    with new_dag("d"):
        task = K8sPodOperator(task_id="it", image="busybox", **arguments)
    task.client = cluster
    return task


def pod_of(task):
    """Build the pod that is started, without a cluster."""
    task.hook = SimpleNamespace(get_namespace=lambda: "default", is_in_cluster=False)
    return task.build_pod_request_obj()


OWN = "infrared-photon-7780-env"
SECRETS = {OWN: {"TOKEN": "t0ken-value", "OTHER": "other-value"}, "db": {"pw": "pass-word", "user": "us-er1"}}


@pytest.mark.parametrize(
    ("secrets", "expected"),
    [
        (["TOKEN"], {"t0ken-value"}),
        (["TOKEN", Secret("pw", env="P", name="db")], {"t0ken-value", "pass-word"}),
        ([Secret("pw", file="/run/pw", name="db")], {"pass-word"}),
        ([AirflowSecret("env", "P", "db", "pw")], {"pass-word"}),
        ([AirflowSecret("env", None, "db")], {"pass-word", "us-er1"}),
        ([Secret("pw", env="P", name="absent")], set()),
    ],
)
def test_the_declared_keys_are_masked_before_the_pod_starts(masked, secrets, expected):
    """The worker streams the pod's log into its own, and has no other way to know the values."""
    task = task_of(Cluster(SECRETS), secrets=secrets, reattach_on_restart=None)
    pod = pod_of(task)
    seen = []
    task.pod_manager = SimpleNamespace(create_pod=lambda pod: seen.append(set(masked)) or pod)
    task.reattach_on_restart = False
    task.get_or_create_pod(pod_request_obj=pod, context={})
    assert seen == [expected]


def test_what_the_worker_has_itself_is_not_read(masked, monkeypatch):
    """A key of the deployment's secret is often a variable of the worker, too."""
    monkeypatch.setenv("TOKEN", "of-the-worker")
    cluster = Cluster(SECRETS)
    task = task_of(cluster, secrets=["TOKEN"])
    task.pod_manager, task.reattach_on_restart = SimpleNamespace(create_pod=lambda pod: pod), False
    task.get_or_create_pod(pod_of(task), {})
    assert (masked, cluster.asked) == ({"of-the-worker"}, [])


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            ApiException(status=403),
            "cannot read the secrets infrared-photon-7780-env, db in the namespace default",
        ),
        (TimeoutError("s3cret"), "its secrets could not be read: TimeoutError"),
    ],
)
def test_a_refused_secret_is_one_line_and_fails_no_task(caplog, error, line):
    """The line names what to grant, and no text of an error, which may have a value."""
    cluster = Cluster(error=error)
    task = task_of(cluster, secrets=["TOKEN", Secret("pw", env="P", name="db")])
    task.pod_manager, task.reattach_on_restart = SimpleNamespace(create_pod=lambda pod: pod), False
    task.get_or_create_pod(pod_of(task), {})
    (found,) = [record.getMessage() for record in caplog.records if "not masked" in record.getMessage()]
    assert line in found
    assert "s3cret" not in caplog.text
    assert len(cluster.asked) == (1 if isinstance(error, TimeoutError) else 2)


def test_masking_can_be_switched_off(masked, configure):
    """Nothing is read from the cluster then."""
    configure(mask_secrets="False")
    cluster = Cluster(SECRETS)
    task = task_of(cluster, secrets=["TOKEN"])
    task.pod_manager, task.reattach_on_restart = SimpleNamespace(create_pod=lambda pod: pod), False
    task.get_or_create_pod(pod_of(task), {})
    assert (masked, cluster.asked) == (set(), [])


def test_a_deferred_task_masks_again_as_it_goes_on(masked):
    """It does so in another process, and there reads the log of the pod."""
    task = task_of(Cluster(SECRETS), secrets=["TOKEN"], deferrable=True, get_logs=False)
    pod = pod_of(task)
    pod.metadata.namespace = "default"
    pod.status = k8s.V1PodStatus(phase="Succeeded")
    seen = []

    def get_pod(*_):
        seen.append({*masked})
        return pod

    def find_none(*_):
        raise ApiException(status=404)

    task.hook = SimpleNamespace(get_pod=get_pod)
    task.pod_manager = SimpleNamespace(read_pod=lambda _: pod, await_pod_completion=find_none)
    event = {"name": "p", "namespace": "default", "status": "success", "message": ""}
    task.trigger_reentry({}, event)
    assert seen == [set(), {"t0ken-value"}]


OOM = {
    "metadata": {"name": "p", "namespace": "default"},
    "spec": {"containers": [{"name": "main", "resources": {"limits": {"memory": "1Gi"}}}]},
    "status": {
        "phase": "Failed",
        "containerStatuses": [
            {
                "name": "main",
                "ready": False,
                "restartCount": 0,
                "image": "x",
                "imageID": "",
                "state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
            }
        ],
    },
}


def test_the_log_says_why_the_started_pod_failed(caplog):
    """In the words of the pod options, before Airflow's own error."""
    task = task_of(Cluster(), memory="1Gi", base_container_name="main")
    pod = build_v1_pod(OOM)
    task.pod_manager = SimpleNamespace(read_pod=lambda _: pod, delete_pod=lambda _: None)
    answer = SimpleNamespace(data=json.dumps(OOM))
    task.client = SimpleNamespace(
        patch_namespaced_pod=lambda **_: None, read_namespaced_pod=lambda *_, **__: answer
    )
    with pytest.raises(Exception, match="returned a failure"):
        task.cleanup(pod, pod)
    assert "memory='1Gi' was exceeded" in caplog.text


def test_the_log_says_why_a_pod_was_refused(caplog):
    """In one sentence before Airflow's own error, which has the whole answer of the server."""
    message = 'pods "p" is forbidden: maximum memory usage per Container is 8Gi, but limit is 64Gi'
    refused = ApiException(status=403, reason="Forbidden")
    refused.body = json.dumps({"code": 403, "reason": "Forbidden", "message": message})
    task = task_of(Cluster(), memory="64Gi")

    def refuse(**_):
        raise refused

    task.pod_manager, task.reattach_on_restart = SimpleNamespace(create_pod=refuse), False
    with pytest.raises(ApiException, match="maximum memory"):
        task.get_or_create_pod(pod_of(task), {})
    assert "The API server refused the pod to start: LimitRange: maximum memory usage" in caplog.text


def test_what_is_not_known_of_a_failure_changes_nothing():
    """Airflow raises its own error, whatever the API server answers."""
    task = task_of(Cluster())
    pod = build_v1_pod(OOM)

    def fail(*_, **__):
        raise ApiException(status=500)

    task.pod_manager = SimpleNamespace(read_pod=lambda _: pod, delete_pod=lambda _: None)
    task.client = SimpleNamespace(patch_namespaced_pod=lambda **_: None, read_namespaced_pod=fail)
    with pytest.raises(Exception, match="returned a failure"):
        task.cleanup(pod, pod)
