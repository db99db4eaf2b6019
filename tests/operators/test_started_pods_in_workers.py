"""A worker of the KubernetesExecutor starts a pod: there, too, all layers are read, checked and laid."""

from __future__ import annotations

import pytest
from airflow_lines import new_dag
from started_pods import Hook, context_of, make, start

from airflow_provider_k8sexec import ConfigurationError, DeploymentError, SpecError, k8s_config, k8s_task
from airflow_provider_k8sexec.context import forget_context
from airflow_provider_k8sexec.pod.started import find_started, started_request


@pytest.fixture
def worker(monkeypatch):
    """Make this process a worker pod."""
    monkeypatch.setenv("AIRFLOW_IS_K8S_EXECUTOR_POD", "True")
    forget_context()


OPTIONS = {"memory": "1Gi", "profile": "big", "secrets": ["TOKEN"], "labels": {"day": "{{ ds }}"}}
PROFILES = "big:\n  memory: 8Gi\n  node_selector: {pool: big}\n"


@pytest.fixture
def profiles(tmp_path, configure):
    """Give the site's profiles, as the worker sees them."""
    path = tmp_path / "profiles.yaml"
    path.write_text(PROFILES)
    configure(profiles_file=str(path), pod_options='{"labels": {"team": "a"}}')
    return path


@pytest.mark.usefixtures("profiles", "worker")
def test_a_worker_starts_the_same_pod():
    """Profile and site options included."""
    in_worker = make(default_args={"env_vars": {"A": "b"}}, **OPTIONS)
    started = start(in_worker)
    assert started["spec"]["nodeSelector"] == {"pool": "big"}
    assert {"team": "a", "day": "2026-01-02"}.items() <= started["metadata"]["labels"].items()
    assert [item["name"] for item in started["spec"]["containers"][0]["env"]] == ["TOKEN", "A"]


@pytest.mark.usefixtures("worker")
def test_a_worker_reads_nothing_while_it_parses(profiles):
    """Its DAG file may have a thousand tasks, of which it runs one."""
    profiles.write_text("big: [")
    assert find_started(make(cpu="x", **OPTIONS)).layers


@pytest.mark.usefixtures("worker")
def test_a_worker_without_the_profiles_starts_no_pod(profiles):
    """The error says what is missing; a pod with less would be started otherwise."""
    task = make(**OPTIONS)
    profiles.unlink()
    with pytest.raises(ConfigurationError, match=r"profiles\.yaml"):
        start(task)


@pytest.mark.usefixtures("worker")
def test_a_profile_that_the_worker_does_not_know_is_an_error(configure):
    """The worker must have the settings of the dag-processor."""
    configure(profiles_file=None)
    with pytest.raises(SpecError, match="profile='big'"):
        start(make(**OPTIONS))


@pytest.mark.usefixtures("worker")
def test_an_unknown_release_starts_no_pod(configure):
    """The secret's name would be a guess."""
    configure(release_name=None)
    with pytest.raises(DeploymentError, match="release"):
        start(make(secrets=["TOKEN"]))


@pytest.mark.usefixtures("worker")
def test_the_workers_own_options_stay_the_workers():
    """executor_config is for the worker, and no option of the started pod is in it."""
    task = make(memory="1Gi", executor_config=k8s_config(cpu=1))
    assert task.executor_config["pod_override"].spec.containers[0].resources.limits == {"cpu": "1"}
    assert started_request(task).requested.worker["resources"]["limits"] == {"memory": "1Gi"}


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"labels": {"day": "{{ 'a b' }}"}}, r"labels\['day'\]='a b'"),
        ({"memory": "{{ 512 }}"}, "memory='512' is 512 bytes"),
        ({"image": "{{ 'a b' }}"}, "image='a b'"),
        ({"volumes": {"/d": {"persistentVolumeClaim": {"claimName": "{{ 'A_B' }}"}}}}, "A_B"),
    ],
)
def test_what_is_wrong_once_it_is_rendered_is_one_clear_error(options, reason):
    """The same rules, before any call of the API, with the author's line."""
    task = make(**options)
    task.hook = Hook()
    context = context_of(task)
    task.render_template_fields(context)
    with pytest.raises(SpecError, match=reason) as error:
        task.build_pod_request_obj(context)
    assert "task 'it' of DAG 'd'" in str(error.value)
    assert "started_pods.py, line" in str(error.value)


@pytest.mark.usefixtures("worker")
def test_a_decorated_command_has_the_options():
    """kubernetes_cmd renders twice, and its pod is the same."""
    if not hasattr(k8s_task, "kubernetes_cmd"):
        pytest.skip("this provider has no kubernetes_cmd")
    with new_dag("d"):

        @k8s_task.kubernetes_cmd(image="busybox:{{ ds }}", memory="1Gi", env_vars={"DAY": "{{ ds }}"})
        def crunch():
            return ["echo", "{{ ds }}"]

        task = crunch().operator
    start(task)
    started = start(task)
    container = started["spec"]["containers"][0]
    assert container["image"] == "busybox:2026-01-02"
    assert container["env"] == [{"name": "DAY", "value": "2026-01-02"}]
