"""The steps that a launched pod takes: its amounts, and where it may run."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator
from executor_pods import construct_pod
from kubernetes.client import ApiClient
from kubernetes.client import models as k8s

from airflow_provider_k8sexec import k8s_config, per_try
from airflow_provider_k8sexec.options.per_try import Chooser, Steps
from airflow_provider_k8sexec.pod.amend import Amendments
from airflow_provider_k8sexec.pod.executor_config import build_v1_pod

SPOT, ON_DEMAND = {"pool": "spot"}, {"pool": "on-demand"}
NEAR = {
    "nodeAffinity": {
        "preferredDuringSchedulingIgnoredDuringExecution": [
            {
                "weight": 1,
                "preference": {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}]},
            }
        ]
    }
}


def merge(config: dict[str, Any], spec: dict[str, Any] | None = None, try_number: int = 1) -> k8s.V1Pod:
    """Merge a pod as the KubernetesExecutor does, over a template."""
    template = {"spec": {"containers": [{"name": "base", "image": "of-the-template"}], **(spec or {})}}
    return construct_pod(PodGenerator.from_obj(config), build_v1_pod(template), try_number=try_number)


def count(**ends: int) -> Chooser:
    """Choose steps by how many earlier tries ended so."""
    return lambda steps: ends.get(steps.after, 0)


def amended(pod: k8s.V1Pod, choose: Chooser | None = None) -> tuple[dict[str, Any], list[str]]:
    """Amend a pod, and give it as the API server gets it, with the changes."""
    _, changes = Amendments().amend(pod, choose=choose)
    return ApiClient().sanitize_for_serialization(pod)["spec"], changes


def test_each_field_takes_the_step_of_its_own_end() -> None:
    """Two OOMs and one lost node: the third amount, and the second placement."""
    config = k8s_config(
        memory=per_try("1Gi", "2Gi", "4Gi", after="oom"),
        cpu=per_try(1, 2),
        node_selector=per_try(SPOT, ON_DEMAND, after="disruption"),
        tolerations=per_try(["spot:NoSchedule"], [], after="disruption"),
        priority_class_name=per_try("low", "high", after="disruption"),
        affinity=per_try({}, NEAR, after="disruption"),
    )
    spec, changes = amended(merge(config, try_number=5), count(oom=2, disruption=1))
    assert spec["containers"][0]["resources"]["limits"] == {"memory": "4Gi", "cpu": "1"}
    assert (spec["nodeSelector"], spec.get("tolerations", [])) == (ON_DEMAND, [])
    assert (spec["priorityClassName"], spec["affinity"]) == ("high", NEAR)
    assert sorted(changes) == [
        "affinity is that after 1 disruption",
        "memory is 4Gi after 2 OOMs",
        "nodeSelector is that after 1 disruption",
        "priorityClassName is that after 1 disruption",
        "tolerations is that after 1 disruption",
    ]


def test_without_a_chooser_the_number_of_the_try_decides_where_it_can() -> None:
    """Where nothing is known of earlier tries, steps after an OOM stay the first."""
    config = k8s_config(memory=per_try("1Gi", "2Gi", after="oom"), cpu=per_try(1, 2))
    spec, changes = amended(merge(config, try_number=2))
    assert spec["containers"][0]["resources"]["limits"] == {"memory": "1Gi", "cpu": "2"}
    assert changes == ["cpu is 2 for try 2"]


@pytest.mark.parametrize(
    ("disruptions", "selector", "tolerations"),
    [(0, {}, []), (1, ON_DEMAND, [{"key": "reserved", "operator": "Exists"}]), (2, {}, [])],
)
def test_an_empty_step_has_nothing_also_where_the_template_has(
    disruptions: int, selector: dict[str, str], tolerations: list[Any]
) -> None:
    """A step is the whole value: Airflow's merge would take the template's where the task's is empty."""
    config = k8s_config(
        node_selector=per_try({}, ON_DEMAND, {}, after="disruption"),
        tolerations=per_try([], ["reserved"], [], after="disruption"),
    )
    template = {"nodeSelector": {"of": "template"}, "tolerations": [{"key": "a", "operator": "Exists"}]}
    spec, _ = amended(merge(config, template), count(disruption=disruptions))
    assert (spec.get("nodeSelector") or {}, spec.get("tolerations") or []) == (selector, tolerations)


def test_what_another_hook_has_changed_is_left_alone() -> None:
    """A site that places pods in a hook of its own places those of every try."""
    pod = merge(k8s_config(node_selector=per_try(SPOT, ON_DEMAND, after="disruption")))
    pod.spec.node_selector = {"of": "site"}
    spec, changes = amended(pod, count(disruption=1))
    assert spec["nodeSelector"] == {"of": "site"}
    assert changes == ["nodeSelector is not that after 1 disruption, because another hook changed it"]


def test_later_hooks_find_models_where_airflow_has_models() -> None:
    """A hook of the site may read attributes, or append to a list."""
    config = k8s_config(affinity=per_try({}, NEAR), tolerations=per_try(["a"], ["b"]))
    pod = merge(config, try_number=2)
    amended(pod)
    assert isinstance(pod.spec.affinity, k8s.V1Affinity)
    assert [type(item) for item in pod.spec.tolerations] == [k8s.V1Toleration]


def test_a_chooser_sees_what_the_annotation_has() -> None:
    """It needs no more than after which end a step is taken, and how many there are."""
    seen: list[Steps] = []

    def choose(steps: Steps) -> int:
        seen.append(steps)
        return 0

    amended(merge(k8s_config(memory=per_try("1Gi", "2Gi", after="oom"))), choose)
    assert seen == [Steps("memory", "oom", (["1Gi", "1Gi"], ["2Gi", "2Gi"]))]
