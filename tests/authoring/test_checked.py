"""What tasks of one process share of their declarations, and what they never share."""

from __future__ import annotations

import pytest

from airflow_provider_k8sexec import Secret, SpecError, k8s_config
from airflow_provider_k8sexec.authoring.checked import read_and_check
from airflow_provider_k8sexec.authoring.layers import Layer
from airflow_provider_k8sexec.context import load_context


def request_of(*layers: Layer):
    """Give what a task with these layers requests, as the process keeps it."""
    return read_and_check(layers, load_context())[0]


def test_equal_layers_share_a_request():
    """Options that are equal, in layers of the same names, are read and checked once."""
    first = request_of(Layer({"memory": "1Gi"}, name="default_args of the DAG"), Layer({"cpu": 1}))
    again = request_of(Layer({"memory": "1Gi"}, name="default_args of the DAG"), Layer({"cpu": 1}))
    assert first is again


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Layer({"gpu": 1}), Layer({"gpu": True})),
        (Layer({"cpu": 1}), Layer({"cpu": 1.0})),
        (Layer({"cpu": 1}), Layer({"cpu": "1"})),
        (Layer({"env_vars": {1: "a"}}), Layer({"env_vars": {"1": "a"}})),
        (Layer({"cpu": (1, 2)}), Layer({"cpu": [1, 2]})),
        (Layer({"cpu": 1}), Layer({"cpu": 1}, name="default_args of the DAG")),
        (Layer({"secrets": [Secret("A")]}), Layer({"secrets": [Secret("A")]})),
        (Layer({"cpu": 1}, {"overrides": {}}), Layer({"cpu": 1}, {"overrides": {}})),
        (Layer({"pod_template_file": "/a"}), Layer({"pod_template_file": "/a"})),
    ],
)
def test_layers_that_differ_or_may_change_share_nothing(one, other):
    """Neither types that Python takes for equal, nor objects, files and foreign configs, which may change."""
    assert request_of(one) is not request_of(other)


def test_what_an_author_changes_later_is_not_shared():
    """A dict that was given to one task, and changed, is not what an equal one of another task gets."""
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}}}
    terms = affinity["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    terms.append({"matchExpressions": [{"key": "disk", "operator": "Exists"}]})
    copied = {"nodeAffinity": {**affinity["nodeAffinity"]}}
    first = request_of(Layer({"affinity": affinity}))
    terms.clear()
    assert first.requested.spec["affinity"] != copied
    assert first.requested.spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]


def test_each_task_is_refused_for_a_mistake_that_tasks_share():
    """The second task with the same mistake has the same error."""
    for _ in range(2):
        with pytest.raises(SpecError, match="memory=512 is 512 bytes"):
            k8s_config(memory=512)


def test_what_is_kept_is_bounded():
    """A DAG file of many declarations does not fill the memory of the process."""
    for number in range(1000):
        request_of(Layer({"labels": {"number": str(number)}}))
    assert len(load_context().checked_requests) <= 256
