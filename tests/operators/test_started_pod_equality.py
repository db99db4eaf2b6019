"""A task with arguments in Airflow's forms alone starts the pod that KubernetesPodOperator starts of them."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.cncf.kubernetes.secret import Secret as AirflowSecret
from hypothesis import given
from hypothesis import strategies as st
from kubernetes.client import models as k8s
from properties import examples
from started_pods import Hook, make, start, tidy

from airflow_provider_k8sexec import EmptyDir, K8sPodOperator, Secret, per_try
from airflow_provider_k8sexec.pod.executor_config import build_v1_pod

TEMPLATE: dict[str, Any] = {
    "metadata": {"labels": {"t": "x"}, "annotations": {"t": "x"}},
    "spec": {
        "nodeSelector": {"t": "x"},
        "securityContext": {"runAsUser": 7},
        "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}},
        "tolerations": [{"key": "t", "operator": "Exists"}],
        "imagePullSecrets": [{"name": "t"}],
        "volumes": [{"name": "t", "emptyDir": {}}],
        "containers": [
            {
                "name": "base",
                "image": "t",
                "securityContext": {"runAsUser": 7},
                "env": [{"name": "T", "value": "t"}],
                "volumeMounts": [{"name": "t", "mountPath": "/t"}],
                "resources": {"limits": {"cpu": "1"}},
            },
            {"name": "side", "image": "s"},
        ],
    },
}


def named(build: Any) -> st.SearchStrategy[list[Any]]:
    """Give lists of models, each with a name of its own: what is given twice is there once."""
    return st.lists(st.sampled_from("abc"), unique=True).map(lambda names: [build(name) for name in names])


def maybe(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values).map(copy.deepcopy)


MAPPINGS = maybe({"a": "b"}, {}, None)
ARGUMENTS: dict[str, st.SearchStrategy[Any]] = {
    "image": maybe("i", None),
    "image_pull_policy": maybe("Always", None),
    "namespace": maybe("n", None),
    "name": maybe("name", None),
    "cmds": maybe(["a"], []),
    "arguments": maybe(["a"], []),
    "labels": MAPPINGS,
    "annotations": MAPPINGS,
    "node_selector": MAPPINGS,
    "env_vars": MAPPINGS | named(lambda name: k8s.V1EnvVar(name=name, value="$(T)")),
    "env_from": named(lambda name: k8s.V1EnvFromSource(secret_ref=k8s.V1SecretEnvSource(name=name))),
    "configmaps": named(str.upper),
    "secrets": named(lambda name: AirflowSecret("env", name.upper(), "s", name)),
    "volumes": named(lambda name: k8s.V1Volume(name=name, empty_dir=k8s.V1EmptyDirVolumeSource())),
    "volume_mounts": named(lambda name: k8s.V1VolumeMount(name=name, mount_path=f"/{name}")),
    "tolerations": named(lambda name: k8s.V1Toleration(key=name, operator="Exists")),
    "image_pull_secrets": maybe("x") | named(lambda name: k8s.V1LocalObjectReference(name=name)),
    "init_containers": named(lambda name: k8s.V1Container(name=name, image="i")),
    "host_aliases": named(lambda name: k8s.V1HostAlias(ip=f"::{name}", hostnames=[name])),
    "affinity": maybe(k8s.V1Affinity(node_affinity=k8s.V1NodeAffinity()), {}, None),
    "security_context": maybe(k8s.V1PodSecurityContext(run_as_user=1), {"runAsUser": 3}, {}),
    "container_security_context": maybe(k8s.V1SecurityContext(run_as_user=1), {"runAsUser": 3}, {}),
    "container_resources": maybe(k8s.V1ResourceRequirements(limits={"memory": "1Gi"}), None),
    "service_account_name": maybe("a", None),
    "automount_service_account_token": maybe(*(True, None)),
    "priority_class_name": maybe("p", None),
    "active_deadline_seconds": maybe(5, None),
    "hostnetwork": st.booleans(),
    "do_xcom_push": st.booleans(),
    "pod_template_dict": maybe(TEMPLATE, None),
    "full_pod_spec": maybe(build_v1_pod(TEMPLATE), None),
}


@examples(30)
@given(st.fixed_dictionaries({}, optional=ARGUMENTS))
def test_airflows_arguments_alone_give_airflows_pod(arguments: dict[str, Any]) -> None:
    """The class can replace KubernetesPodOperator; of both pods only their random names differ."""
    if arguments.get("full_pod_spec") is not None:  # with a template, Airflow gives its containers twice
        arguments.pop("pod_template_dict", None)
    own, airflows = make(**copy.deepcopy(arguments)), make(KubernetesPodOperator, **copy.deepcopy(arguments))
    own.hook = airflows.hook = Hook()
    assert tidy(own.build_pod_request_obj(None)) == tidy(airflows.build_pod_request_obj(None))
    assert start(own) == start(airflows)


EMPTY = {"labels": {}, "annotations": {}, "node_selector": {}, "security_context": {}, "affinity": {}}
EMPTY |= {"container_security_context": {}, "volumes": [], "env_vars": [], "tolerations": [], "secrets": []}


@pytest.mark.parametrize(("option", "value"), EMPTY.items(), ids=EMPTY)
def test_an_empty_argument_is_unset(option: str, value: object) -> None:
    """As for Airflow: it is no error, and takes nothing away from the pod template."""
    arguments = {option: value, "pod_template_dict": TEMPLATE, "image": None}
    assert start(make(**arguments)) == start(make(KubernetesPodOperator, **arguments))


def test_a_task_can_be_pickled() -> None:
    """As one of KubernetesPodOperator."""
    task = make(
        K8sPodOperator,
        memory=per_try("1Gi", "2Gi"),
        secrets=[Secret("pw", env="P", name="db")],
        volumes={"/{{ ds }}": EmptyDir()},
        tolerations=["a:NoSchedule", k8s.V1Toleration(key="b")],
    )
    pickled = pickle.dumps(task)
    assert start(pickle.loads(pickled), 2) == start(task, 2)  # noqa: S301  # its own
