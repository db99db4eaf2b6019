"""Who set each value of a merged pod, by comparison with what it was merged from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve
from merged_pods import INGREDIENTS, POD

from airflow_provider_k8sexec.options.paths import show_path
from airflow_provider_k8sexec.pod.executor_config import TASK
from airflow_provider_k8sexec.pod.provenance import HOOK, TEMPLATE, Ingredients, resolve_origins

if TYPE_CHECKING:
    from airflow_provider_k8sexec.options.manifests import Manifest


def pod_of(**worker: Any) -> Manifest:
    """Write a pod of one container."""
    return {"spec": {"containers": [{"name": "base", **worker}]}}


def origins_of(pod: Manifest, ingredients: Ingredients) -> dict[str, str]:
    """Give who set each value of a pod, by the paths that people read."""
    return {show_path(path): origin for path, origin in resolve_origins(pod, ingredients).items()}


@pytest.mark.parametrize(
    ("path", "origin"),
    [
        ("spec.restartPolicy", "the pod template"),
        ("spec.containers[base].name", "the pod template"),
        ("spec.containers[base].env[A].value", "the pod template"),
        ("spec.containers[base].env[B].value", "the task"),
        ("spec.containers[base].image", "the executor"),
        ("metadata.labels.dag_id", "the executor"),
        ("metadata.labels.team", "default_args of the DAG"),
        ("metadata.annotations[a.b/c]", "profile 'x'"),
        ("spec.containers[base].resources.requests.memory", "the task"),
        ("spec.containers[base].resources.limits.memory", "pod_mutation_hook"),
        ("spec.tolerations[0].key", "the task"),
    ],
)
def test_each_field_has_the_origin_that_gave_its_value(path: str, origin: str) -> None:
    """A value comes from where it was written: a layer, the task, the template, the executor, or a hook."""
    assert origins_of(POD, INGREDIENTS)[path] == origin


def test_a_layer_that_set_a_thing_as_a_whole_set_its_fields() -> None:
    """A path that leads to a variable stands for all that the variable holds."""
    recorded = {"spec.containers[base].env[B]": "[k8sexec] pod_options"}
    found = origins_of(POD, evolve(INGREDIENTS, recorded=recorded))
    assert found["spec.containers[base].env[B].value"] == "[k8sexec] pod_options"
    assert found["spec.containers[base].resources.requests.memory"] == "the task"


def test_lists_without_names_are_followed_into_the_merged_pod() -> None:
    """Airflow appends envFrom to the template's, and its positions change: the item is the layer's still."""
    ingredients = Ingredients(
        template=pod_of(envFrom=[{"secretRef": {"name": "site"}}]),
        without_override=pod_of(envFrom=[{"secretRef": {"name": "site"}}]),
        override=pod_of(envFrom=[{"secretRef": {"name": "dag"}}, {"secretRef": {"name": "own"}}]),
        recorded={"spec.containers[base].envFrom[0]": "default_args of the DAG"},
    )
    sources = [{"secretRef": {"name": name}} for name in ("site", "dag", "own", "hook")]
    found = origins_of(pod_of(envFrom=sources), ingredients)
    assert [found[f"spec.containers[base].envFrom[{index}].secretRef.name"] for index in range(4)] == [
        TEMPLATE,
        "default_args of the DAG",
        TASK,
        HOOK,
    ]


def test_what_the_cluster_completes_in_a_list_stays_whose_it_was() -> None:
    """The server adds fields to an item that has no name; the others are the task's still."""
    token = {"serviceAccountToken": {"path": "token"}}
    completed = {"serviceAccountToken": {"path": "token", "expirationSeconds": 3600}}

    def pod(source: Manifest) -> Manifest:
        return {"spec": {"volumes": [{"name": "v", "projected": {"sources": [source]}}]}}

    found = origins_of(pod(completed), Ingredients({}, {}, pod(token), {}))
    source = "spec.volumes[v].projected.sources[0].serviceAccountToken"
    assert found[f"{source}.path"] == TASK
    assert found[f"{source}.expirationSeconds"] == HOOK


def test_a_container_is_of_who_had_it_first() -> None:
    """In an override, the name of a container of the template says which is meant; of another, it adds it."""
    override = {"spec": {"containers": [{"name": "base"}, {"name": "proxy", "image": "a"}]}}
    found = origins_of(override, Ingredients(pod_of(), pod_of(), override, {}))
    assert found["spec.containers[base].name"] == TEMPLATE
    assert found["spec.containers[proxy].name"] == TASK


def test_who_repeats_a_value_has_set_it() -> None:
    """What the task has of its own holds, whatever becomes of the template's."""
    pod = pod_of(resources={"limits": {"cpu": "1"}})
    assert (
        origins_of(pod, Ingredients(pod, pod, pod, {}))["spec.containers[base].resources.limits.cpu"] == TASK
    )
