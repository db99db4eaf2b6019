"""Layering: declarations and manifests laid over one another, the innermost winning."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from attrs import fields
from hypothesis import given
from hypothesis import strategies as st
from properties import examples
from sample_declarations import EVERY_OPTION, NOTHING, PODS, declarations, declarations_with_steps, declare

from airflow_provider_k8sexec import ConfigMap, EmptyDir, Secret
from airflow_provider_k8sexec.options.assembly import merge_manifests
from airflow_provider_k8sexec.options.declaration import Declaration, resolve_layers

PROPERTY = examples(60)
SPREAD = {"topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}
LAYER = declarations()
WITH_STEPS = declarations_with_steps()
DECLARED = [field for field in fields(Declaration) if field.name != "placement_steps"]
SINGLE_VALUES = [field.name for field in DECLARED if "merge" not in field.metadata]
MAPS = [field.name for field in DECLARED if isinstance(getattr(NOTHING, field.name), dict)]
LISTS = [field.name for field in DECLARED if getattr(NOTHING, field.name) == ()]


@PROPERTY
@given(WITH_STEPS, WITH_STEPS, WITH_STEPS)
def test_layers_may_be_resolved_in_parts(outer: Declaration, middle: Declaration, inner: Declaration) -> None:
    """Layering is associative: a config made of some layers can be laid over others later."""
    whole = resolve_layers([outer, middle, inner])
    assert resolve_layers([resolve_layers([outer, middle]), inner]) == whole
    assert resolve_layers([outer, resolve_layers([middle, inner])]) == whole


@PROPERTY
@given(WITH_STEPS)
def test_a_layer_over_itself_changes_nothing(layer: Declaration) -> None:
    """Layering is idempotent: default_args that reach a task twice do no harm."""
    assert resolve_layers([layer, layer]) == layer


@PROPERTY
@given(WITH_STEPS)
def test_an_empty_layer_changes_nothing(layer: Declaration) -> None:
    """A layer that says nothing is neither above nor below anything."""
    assert resolve_layers([NOTHING, layer]) == resolve_layers([layer, NOTHING]) == layer
    assert resolve_layers([]) == NOTHING


@PROPERTY
@given(LAYER, LAYER)
def test_the_inner_layer_wins(outer: Declaration, inner: Declaration) -> None:
    """Whatever the inner layer says stands, and what it does not say comes from the outer one."""
    resolved = resolve_layers([outer, inner])
    for name in SINGLE_VALUES:
        said = getattr(inner, name)
        assert getattr(resolved, name) == (getattr(outer, name) if said is None else said)
    for name in set(MAPS) - {"pod_override"}:
        assert getattr(resolved, name) == {**getattr(outer, name), **getattr(inner, name)}
    for name in LISTS:
        assert set(map(str, getattr(resolved, name))) == {
            *map(str, getattr(outer, name)),
            *map(str, getattr(inner, name)),
        }


@PROPERTY
@given(WITH_STEPS, WITH_STEPS)
def test_layers_are_not_changed_by_being_resolved(outer: Declaration, inner: Declaration) -> None:
    """Layers are shared between tasks, so that nothing of one task may reach another."""
    before = copy.deepcopy([outer, inner])
    resolve_layers([outer, inner])
    assert [outer, inner] == before


def test_every_field_is_a_single_value_a_map_or_a_list() -> None:
    """The properties above speak of every field of a declaration."""
    assert sorted([*SINGLE_VALUES, *MAPS, *LISTS]) == sorted(field.name for field in DECLARED)


@pytest.mark.parametrize(
    ("outer", "inner", "resolved"),
    [
        ({"cpu": 1}, {"memory": "1Gi"}, {"cpu": 1, "memory": "1Gi"}),
        ({"cpu": (1, 2)}, {"cpu": 3}, {"cpu": 3}),
        ({"cpu": (1, 2)}, {"cpu": (None, 3)}, {"cpu": (None, 3)}),
        ({"memory": "1Gi"}, {"memory": None}, {"memory": "1Gi"}),
        (
            {"automount_service_account_token": True},
            {"automount_service_account_token": False},
            {"automount_service_account_token": False},
        ),
        ({"gpu": 1}, {"gpu": {"amd.com/gpu": 2}}, {"gpu": {"nvidia.com/gpu": 1, "amd.com/gpu": 2}}),
        ({"env_vars": {"A": "1", "B": "2"}}, {"env_vars": {"B": "3"}}, {"env_vars": {"A": "1", "B": "3"}}),
        ({"env_vars": {"A": "literal"}}, {"secrets": ["A"]}, {"secrets": ["A"]}),
        (
            {"secrets": ["A", "B"]},
            {"secrets": [Secret("C", env="B")]},
            {"secrets": ["A", Secret("C", env="B")]},
        ),
        (
            {"volumes": {"/a": EmptyDir(), "/b": EmptyDir()}},
            {"volumes": {"/b/": ConfigMap("app")}},
            {"volumes": {"/a": EmptyDir(), "/b": ConfigMap("app")}},
        ),
        (
            {"tolerations": ["gpu", "spot"]},
            {"tolerations": ["spot", "ssd"]},
            {"tolerations": ["gpu", "spot", "ssd"]},
        ),
        ({"env_from": ["secret/a"]}, {"env_from": ["secret/b"]}, {"env_from": ["secret/a", "secret/b"]}),
        (
            {"topology_spread_constraints": [{**SPREAD, "maxSkew": 1}, {**SPREAD, "topologyKey": "node"}]},
            {"topology_spread_constraints": [{**SPREAD, "maxSkew": 2}]},
            {"topology_spread_constraints": [{**SPREAD, "topologyKey": "node"}, {**SPREAD, "maxSkew": 2}]},
        ),
        (
            {"sidecars": [{"name": "proxy", "image": "a"}]},
            {"sidecars": [{"name": "proxy", "image": "b"}, {"name": "log", "image": "c"}]},
            {"sidecars": [{"name": "proxy", "image": "b"}, {"name": "log", "image": "c"}]},
        ),
    ],
)
def test_layers_of_options_mean_what_their_author_expects(
    outer: dict[str, Any], inner: dict[str, Any], resolved: dict[str, Any]
) -> None:
    """Maps merge by key, variables, mounts and containers by name, lists join, single values give way."""
    assert resolve_layers([declare(**outer), declare(**inner)]) == declare(**resolved)


@PROPERTY
@given(PODS, PODS, PODS)
def test_manifests_may_be_merged_in_parts(
    outer: dict[str, Any], middle: dict[str, Any], inner: dict[str, Any]
) -> None:
    """The merge of pods is associative, as that of declarations is."""
    whole = merge_manifests(merge_manifests(outer, middle), inner)
    assert merge_manifests(outer, merge_manifests(middle, inner)) == whole


@PROPERTY
@given(PODS)
def test_a_manifest_over_itself_or_nothing_is_itself(pod: dict[str, Any]) -> None:
    """The merge of pods is idempotent, and an empty pod changes nothing."""
    assert merge_manifests(pod, pod) == merge_manifests({}, pod) == merge_manifests(pod, {}) == pod


@PROPERTY
@given(PODS, PODS)
def test_what_the_inner_manifest_says_stands(outer: dict[str, Any], inner: dict[str, Any]) -> None:
    """Laid over once more, the inner manifest finds all that it says there already."""
    merged = merge_manifests(outer, inner)
    assert merge_manifests(merged, inner) == merged


@PROPERTY
@given(PODS, PODS)
def test_manifests_are_not_changed_by_being_merged(outer: dict[str, Any], inner: dict[str, Any]) -> None:
    """Manifests are shared between tasks, too."""
    before = copy.deepcopy([outer, inner])
    merge_manifests(outer, inner)
    assert [outer, inner] == before


@pytest.mark.parametrize(
    ("outer", "inner", "merged"),
    [
        ({"a": 1}, {"a": 2}, {"a": 2}),
        ({"a": {"x": 1}}, {"a": {"y": 2}}, {"a": {"x": 1, "y": 2}}),
        ({"a": {"x": 1}}, {"a": None}, {"a": None}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": []}, {"a": [{"name": "x"}]}, {"a": [{"name": "x"}]}),
        (
            {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
            {"env": [{"name": "C", "value": "3"}, {"name": "B", "value": "4"}]},
            {
                "env": [
                    {"name": "A", "value": "1"},
                    {"name": "B", "value": "4"},
                    {"name": "C", "value": "3"},
                ]
            },
        ),
        (
            {"volumeMounts": [{"name": "v", "mountPath": "/a"}]},
            {"volumeMounts": [{"name": "v", "mountPath": "/b"}, {"name": "w", "mountPath": "/a"}]},
            {"volumeMounts": [{"name": "w", "mountPath": "/a"}, {"name": "v", "mountPath": "/b"}]},
        ),
        (
            {"ports": [{"containerPort": 80}]},
            {"ports": [{"containerPort": 80, "name": "http"}]},
            {"ports": [{"containerPort": 80, "name": "http"}]},
        ),
        (
            {"tolerations": [{"key": "a"}, {"key": "b"}]},
            {"tolerations": [{"key": "b"}, {"key": "c"}]},
            {"tolerations": [{"key": "a"}, {"key": "b"}, {"key": "c"}]},
        ),
        (
            {"topologySpreadConstraints": [{**SPREAD, "maxSkew": 1}, {**SPREAD, "topologyKey": "node"}]},
            {"topologySpreadConstraints": [{**SPREAD, "maxSkew": 2}]},
            {"topologySpreadConstraints": [{**SPREAD, "maxSkew": 2}, {**SPREAD, "topologyKey": "node"}]},
        ),
        # What is no manifest is for the rules to find, and must live until then.
        ({"a": [{"name": ["x"]}]}, {"a": [{"name": ["x"]}]}, {"a": [{"name": ["x"]}]}),
        ({"a": [{"name": "x"}]}, {"a": [...]}, {"a": [...]}),
        ({"a": "text"}, {"a": {"x": 1}}, {"a": {"x": 1}}),
        ({"a": 1}, {"a": True}, {"a": True}),
    ],
)
def test_manifests_merge_as_kubernetes_merges_patches(
    outer: dict[str, Any], inner: dict[str, Any], merged: dict[str, Any]
) -> None:
    """Maps merge by key, named things by their name, mounts by their path; other values are replaced."""
    assert json.dumps(merge_manifests(outer, inner), default=str) == json.dumps(merged, default=str)


@given(st.data())
@PROPERTY
def test_options_given_one_by_one_or_all_at_once_are_the_same(data: st.DataObject) -> None:
    """It does not matter in which layer an option stands, as long as no other layer has it."""
    names = data.draw(st.permutations(sorted(EVERY_OPTION)))
    one_by_one = resolve_layers(declare(**{name: EVERY_OPTION[name]}) for name in names)
    assert one_by_one == declare(**EVERY_OPTION)
