"""The names that this package shares with Airflow's KubernetesExecutor, compared with Airflow's own."""

import datetime as dt

import pytest

from airflow_provider_k8sexec.executor_names import (
    EXECUTOR_KEYS,
    REQUIRED_ANNOTATIONS,
    SCHEDULER_LABEL,
    WORKER_CONTAINER,
    WORKER_VARIABLE,
    name_variable,
)


@pytest.fixture
def launched():
    """Give a pod as the executor makes it of an empty template."""
    from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator
    from kubernetes.client import models as k8s

    return PodGenerator.construct_pod(
        dag_id="a_dag",
        task_id="a_task",
        pod_id="a-pod",
        try_number=2,
        kube_image="an-image",
        date=dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc),
        args=["airflow"],
        pod_override_object=None,
        base_worker_pod=k8s.V1Pod(
            metadata=k8s.V1ObjectMeta(), spec=k8s.V1PodSpec(containers=[k8s.V1Container(name="base")])
        ),
        namespace="a-namespace",
        scheduler_job_id="7",
        run_id="a_run",
        map_index=3,
    )


def test_the_executors_pod_has_these_names(launched):
    """A name that Airflow changes would turn the hook, the watch and the tab off without a word."""
    (worker,) = launched.spec.containers
    assert worker.name == WORKER_CONTAINER
    assert [item.value for item in worker.env if item.name == WORKER_VARIABLE] == ["True"]
    assert launched.metadata.labels[SCHEDULER_LABEL] == "7"
    assert launched.metadata.annotations.keys() >= REQUIRED_ANNOTATIONS


def test_no_label_or_annotation_of_the_executor_is_missing_here(launched):
    """An override that sets one of them would replace the executor's own identity for the pod."""
    assert {*launched.metadata.annotations, *launched.metadata.labels} <= EXECUTOR_KEYS


def test_the_identity_of_a_try_from_airflow_3_4_on_is_known():
    """The executor adds it once the pod is built; providers that know nothing of 3.4 have no such names."""
    from airflow.providers.cncf.kubernetes.executors import kubernetes_executor_types as types

    names = ("TASK_INSTANCE_ID_ANNOTATION", "TASK_INSTANCE_ID_LABEL")
    assert {getattr(types, name) for name in names if hasattr(types, name)} <= EXECUTOR_KEYS
    assert {"task_instance_id", "ti_id"} <= EXECUTOR_KEYS


@pytest.mark.parametrize(
    ("section", "option"), [("k8sexec", "secret_name"), ("core", "executor"), ("a.section", "option")]
)
def test_a_variable_is_named_as_airflow_names_it(section, option):
    """Airflow reads an option from this variable."""
    from airflow.configuration import conf

    assert name_variable(section, option) == conf._env_var_name(section, option)
