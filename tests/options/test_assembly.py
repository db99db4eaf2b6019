"""A pod in the making knows the origin of each part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import examples
from sample_declarations import DEPLOYMENT, NOTHING, PODS, declarations, declare

from airflow_provider_k8sexec import ConfigMap, EmptyDir, Secret
from airflow_provider_k8sexec.options.assembly import Assembly
from airflow_provider_k8sexec.options.declaration import Declaration, resolve_layers
from airflow_provider_k8sexec.options.origins import Origin
from airflow_provider_k8sexec.pod.manifest import build_requested_pod
from airflow_provider_k8sexec.pod.task_request import TaskRequest

if TYPE_CHECKING:
    from airflow_provider_k8sexec.options.manifests import Manifest

PROPERTY = examples(60)


@PROPERTY
@given(st.lists(PODS, min_size=1, max_size=3))
def test_every_origin_is_one_of_a_part_that_is_there(pods: list[Manifest]) -> None:
    """What was replaced leaves no origin behind, and every layer that set a part is one that was laid on."""
    assembly = Assembly({})
    for index, pod in enumerate(pods):
        assembly.lay_manifest(pod, Origin(f"layer {index}", "pod_override"))
    for path, origin in assembly.origins.items():
        part: Any = assembly.pod
        written: Any = pods[int(origin.layer.removeprefix("layer "))]
        for step in path:
            part = part[step]
        for step in origin.steps:
            written = written[step]
        assert part == written or isinstance(part, (dict, list))


@pytest.mark.parametrize(
    ("options", "path", "words"),
    [
        (
            {"volumes": {"/d": EmptyDir(size="1Gi")}},
            ("spec", "volumes", 0, "emptyDir"),
            "volumes['/d']['emptyDir']",
        ),
        ({"volumes": {"/c": ConfigMap("c")}}, ("spec", "containers", 0, "volumeMounts", 0), "volumes['/c']"),
        ({"secrets": ["KEY"]}, ("spec", "containers", 0, "env", 0), "secrets['KEY']"),
        ({"secrets": [Secret("KEY", file="/s/k")]}, ("spec", "volumes", 0), "secrets['KEY']"),
        ({"env_vars": {"X": "y"}}, ("spec", "containers", 0, "env", 0, "value"), "env_vars['X']"),
        ({"memory": "1Gi"}, ("spec", "containers", 0, "resources", "limits", "memory"), "memory"),
        ({"gpu": 1}, ("spec", "containers", 0, "resources", "limits", "nvidia.com/gpu"), "gpu"),
        ({"tolerations": ["a=b", "c=d"]}, ("spec", "tolerations", 1, "key"), "tolerations[1]['key']"),
        ({"shared_memory": "1Gi"}, ("spec", "volumes", 0), "shared_memory"),
        (
            {"sidecars": [{"name": "s", "image": "x"}]},
            ("spec", "initContainers", 0, "image"),
            "sidecars[0]['image']",
        ),
        (
            {"pod_override": {"spec": {"containers": [{"name": "x"}, {"name": "base", "tty": True}]}}},
            ("spec", "containers", 0, "tty"),
            "pod_override['spec']['containers'][1]['tty']",
        ),
    ],
)
def test_a_part_has_the_words_of_its_author(options: dict[str, Any], path: Any, words: str) -> None:
    """No generated name, and no position that the author has not written."""
    assert build_requested_pod(declare(**options), DEPLOYMENT).name_path(path) == words


def test_each_layers_override_has_its_own_origin() -> None:
    """Overrides of several layers are merged, and each part remains its layer's."""
    outer = declare(pod_override={"spec": {"hostIPC": False, "tolerations": [{"key": "a"}]}})
    inner = declare(pod_override={"spec": {"tolerations": [{"key": "b"}]}})
    layers = [("profile 'gpu'", outer), ("", inner)]
    requested = build_requested_pod(resolve_layers([outer, inner]), DEPLOYMENT, layers)
    host = Origin("profile 'gpu'", "pod_override", ("spec", "hostIPC"))
    assert requested.origin_of(("spec", "hostIPC")) == host
    first = Origin("profile 'gpu'", "pod_override", ("spec", "tolerations", 0))
    assert requested.origin_of(("spec", "tolerations", 0)) == first
    second = Origin("", "pod_override", ("spec", "tolerations", 0))
    assert requested.origin_of(("spec", "tolerations", 1)) == second


@PROPERTY
@given(declarations(), st.sampled_from(["cpu", "memory", "ephemeral_storage"]))
def test_defaults_that_are_added_give_the_pod_that_would_be_built(declared: Declaration, option: str) -> None:
    """Adding what a pod lacks is building it with one layer more."""
    declared = resolve_layers([declared, NOTHING])
    if getattr(declared, option) is not None or option.replace("_", "-") in str(declared.pod_override):
        return
    request = TaskRequest((), [("", declared)], DEPLOYMENT)
    filled = request.with_defaults("the site", declare(**{option: "1Gi" if option != "cpu" else 1}))
    built = build_requested_pod(filled.declaration, DEPLOYMENT, filled.layers)
    assert filled.requested.pod == built.pod
    assert filled.requested.per_try_values == built.per_try_values
    assert request.requested.pod == build_requested_pod(declared, DEPLOYMENT).pod
