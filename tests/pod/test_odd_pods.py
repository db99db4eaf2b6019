"""Pods that other hooks have left in any shape: the repair never raises, and mends what it can."""

from __future__ import annotations

from collections import UserDict
from types import MappingProxyType, SimpleNamespace
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubernetes.client import models as k8s
from properties import examples

from airflow_provider_k8sexec.pod.fields import read_field, read_items, read_strings, write_field
from airflow_provider_k8sexec.pod.merge_repair import find_worker, repair_spec


class Item(NamedTuple):
    """An object that has the fields, and cannot be written."""

    name: Any
    value: Any
    env: Any
    mount_path: Any


class Vague:
    """Neither true nor false, and equal to nothing that can be told, as an array of numbers is."""

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        """Refuse to say."""
        raise ValueError("ambiguous")

    def __eq__(self, other: object) -> Any:
        """Refuse to say, too."""
        return self


def contain_itself() -> dict[str, Any]:
    """Make a dictionary that is in itself."""
    endless: dict[str, Any] = {"name": "A", "mountPath": "/a"}
    endless["env"] = [endless]
    endless["value"] = endless
    return endless


ATOMS = st.sampled_from(
    [None, True, 0, 2**70, 1.5, b"A", "", "A", "$(A)", "base", "\ud800", "\0", "A" * 10_000, (), frozenset()]
)
OBJECTS = st.sampled_from(
    [
        Item("A", "1", [], "/a"),
        Item({}, [], None, 3),
        Vague(),
        object(),
        dict,
        contain_itself(),
        contain_itself(),
        MappingProxyType({"name": "A", "value": "$(A)"}),
        UserDict({"name": "A", "value": "2"}),
        SimpleNamespace(name="A", value="3", value_from={}),
        k8s.V1EnvVar(name="A", value="$(A)"),
        k8s.V1EnvVar(name="A"),
        k8s.V1Container(name="base"),
        k8s.V1Container(name="A", env=[k8s.V1EnvVar(name="A", value="1")]),
        k8s.V1VolumeMount(name="A", mount_path="/a"),
        k8s.V1Volume(name="A", empty_dir={}),
    ]
)
NAMES = [
    *("name", "value", "valueFrom", "value_from", "secretKeyRef", "key", "optional", "env", "mountPath"),
    *("mount_path", "volumeMounts", "volumes", "containers", "initContainers", "init_containers"),
]
ODD = st.recursive(
    ATOMS | OBJECTS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from([*NAMES, 1, None]), inner, max_size=4)
        | st.lists(inner, max_size=2).map(tuple)
    ),
    max_leaves=12,
)
SPECS = st.builds(
    dict,
    containers=st.lists(
        st.builds(
            dict, name=st.sampled_from(["base", "A"]) | ATOMS, env=st.lists(ODD, max_size=5), volumeMounts=ODD
        ),
        max_size=3,
    )
    | ODD,
    init_containers=ODD,
    volumes=st.lists(ODD, max_size=4),
)


@examples(400)
@given(SPECS | ODD)
def test_no_shape_raises(spec):
    """Whatever is where a list, a variable, a name or a source should be, nothing is raised."""
    for message in repair_spec(spec):
        assert isinstance(message, str)
        assert len(message) < 5000
    find_worker(spec)
    assert list(repair_spec(spec)) == list(repair_spec(spec)), "what could be mended is"


@examples(200)
@given(ODD, st.sampled_from(NAMES), ODD)
def test_no_holder_raises(holder, field, value):
    """Fields of anything can be read and written, and are of the kind that was asked for."""
    read_field(holder, field)
    assert isinstance(read_items(holder, field), list)
    assert all(isinstance(text, str) for text in read_strings(holder, field).values())
    write_field(holder, field, value)


@pytest.mark.parametrize("value", [None, [], {}])
def test_a_model_that_refuses_a_value_keeps_its_own(value):
    """The kubernetes client's models refuse to be without what Kubernetes requires."""
    mount = k8s.V1VolumeMount(name="A", mount_path="/a")
    write_field(mount, "mountPath", value)
    assert mount.mount_path in ("/a", value)
