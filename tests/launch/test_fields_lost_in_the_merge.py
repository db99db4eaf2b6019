"""The pod mutation hook: what Airflow's merge loses of a declaration arrives all the same."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator
from airflow.settings import pod_mutation_hook
from executor_pods import construct_pod
from kubernetes.client import models as k8s

from airflow_provider_k8sexec import k8s_config

TEMPLATE = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "worker", "annotations": {"of": "template"}},
    "spec": {
        "automountServiceAccountToken": True,
        "hostNetwork": True,
        "terminationGracePeriodSeconds": 600,
        "activeDeadlineSeconds": 60,
        "nodeSelector": {"of": "template"},
        "containers": [{"name": "base", "image": "template", "stdin": True, "tty": True}],
    },
}
EXACT = {
    "automount_service_account_token": False,
    "termination_grace_period_seconds": 0,
    "cpu": 1,
    "pod_override": {"spec": {"hostNetwork": False, "containers": [{"name": "base", "stdin": False}]}},
}


def launch(config: dict[str, Any], *, with_hook: bool = True) -> k8s.V1Pod:
    """Merge a pod as the KubernetesExecutor does, and run Airflow's pod mutation hooks over it."""
    return construct_pod(PodGenerator.from_obj(config), TEMPLATE, with_mutation_hook=with_hook)


def told(pod: k8s.V1Pod) -> tuple[Any, ...]:
    """Tell what the template and the task disagree about."""
    spec, container = pod.spec, pod.spec.containers[0]
    return (
        spec.automount_service_account_token,
        spec.host_network,
        spec.termination_grace_period_seconds,
        container.stdin,
    )


def test_false_and_zero_arrive_on_the_pod_that_is_launched() -> None:
    """The template says otherwise, and the task wins; Airflow finds the hook by its entry point."""
    assert told(launch(k8s_config(**EXACT))) == (False, False, 0, False)


def test_airflow_alone_would_lose_false_and_zero() -> None:
    """Without the hook the template wins: this is why there is one."""
    assert told(launch(k8s_config(**EXACT), with_hook=False)) == (True, True, 600, True)


def test_what_the_task_does_not_say_is_the_templates() -> None:
    """The hook touches nothing but what was noted."""
    with_hook = launch(k8s_config(**EXACT)).to_dict()
    without = launch(k8s_config(**EXACT), with_hook=False).to_dict()
    for lost in ("automount_service_account_token", "host_network", "termination_grace_period_seconds"):
        with_hook["spec"].pop(lost)
        without["spec"].pop(lost)
    with_hook["spec"]["containers"][0].pop("stdin")
    without["spec"]["containers"][0].pop("stdin")
    assert with_hook == without


@pytest.mark.parametrize("options", [{}, {"cpu": 1}, {"automount_service_account_token": True}])
def test_a_pod_without_a_note_is_left_alone(options: dict[str, Any]) -> None:
    """So are the pods of tasks that never heard of this package."""
    assert launch(k8s_config(**options)) == launch(k8s_config(**options), with_hook=False)


@pytest.mark.parametrize(
    "metadata", [None, k8s.V1ObjectMeta(), k8s.V1ObjectMeta(annotations={"of": "another"})]
)
def test_odd_pods_are_left_alone(metadata: k8s.V1ObjectMeta | None) -> None:
    """The hook also sees pods of the KubernetesPodOperator, and renderings."""
    pod = k8s.V1Pod(metadata=metadata, spec=k8s.V1PodSpec(containers=[]))
    before = copy.deepcopy(pod)
    pod_mutation_hook(pod)
    assert pod == before
