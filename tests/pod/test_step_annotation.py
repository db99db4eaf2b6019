"""The annotation of per-try values: what the build writes, and what a reader takes from it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from properties import examples
from sample_declarations import DEPLOYMENT, declarations_with_steps, declare

from airflow_provider_k8sexec import per_try
from airflow_provider_k8sexec.pod.annotations import (
    PER_TRY_ANNOTATION,
    read_per_try,
    read_steps,
    read_try_number,
    write_steps,
)
from airflow_provider_k8sexec.pod.manifest import build_requested_pod

if TYPE_CHECKING:
    from airflow_provider_k8sexec.options.declaration import Declaration


def annotated(**options: Any) -> Any:
    """Give what the pod of a task has in the annotation."""
    pod = build_requested_pod(declare(**options), DEPLOYMENT).pod
    return json.loads(pod["metadata"]["annotations"][PER_TRY_ANNOTATION])


def test_amounts_by_the_number_of_the_try_have_the_form_of_before() -> None:
    """A pod that was queued by an earlier version, or is compared with one, stays the same."""
    amounts = per_try("1Gi", ("1Gi", "2Gi"), after="failure")
    assert annotated(memory=amounts) == {"memory": [["1Gi", "1Gi"], ["1Gi", "2Gi"]]}


def test_all_others_name_the_end_after_which_a_step_is_taken() -> None:
    """The hook has nothing but the pod: the annotation says all that it needs."""
    assert annotated(
        memory=per_try("1Gi", "2Gi", after="oom"),
        node_selector=per_try({"pool": "spot"}, {}, after="disruption"),
        tolerations=per_try(["spot"], []),
        priority_class_name=per_try("low", "high", after="oom"),
        affinity=per_try({}, {"podAntiAffinity": {}}, after="disruption"),
    ) == {
        "memory": {"after": "oom", "steps": [["1Gi", "1Gi"], ["2Gi", "2Gi"]]},
        "nodeSelector": {"after": "disruption", "steps": [{"pool": "spot"}, {}]},
        "tolerations": {"after": "failure", "steps": [[{"key": "spot", "operator": "Exists"}], []]},
        "priorityClassName": {"after": "oom", "steps": ["low", "high"]},
        "affinity": {"after": "disruption", "steps": [{}, {"podAntiAffinity": {}}]},
    }


def test_a_step_lies_over_what_an_override_has() -> None:
    """As the first step does: by key."""
    override = {"spec": {"nodeSelector": {"disk": "ssd"}}}
    found = annotated(node_selector=per_try({"pool": "a"}, {"pool": "b"}), pod_override=override)
    assert found["nodeSelector"]["steps"] == [{"disk": "ssd", "pool": "a"}, {"disk": "ssd", "pool": "b"}]


@examples(60)
@given(declarations_with_steps())
def test_what_is_built_is_read_again(declaration: Declaration) -> None:
    """Nothing that the build writes counts as foreign."""
    requested = build_requested_pod(declaration, DEPLOYMENT)
    assert write_steps(read_per_try(requested.pod)) == write_steps(requested.per_try_values)
    assert set(requested.per_try_values) >= {
        name for name, bounds in declaration.resources.items() if bounds.later
    }


FOREIGN: list[Any] = [
    7,
    [],
    "1Gi",
    [["1Gi"]],
    [["1Gi", "1Gi", "1Gi"]],
    [["1Gi", "much"]],
    [["1Gi", "1Gi"]] * 101,
    {"after": "oom"},
    {"after": "never", "steps": [["1Gi", "1Gi"]]},
    {"after": ["oom"], "steps": [["1Gi", "1Gi"]]},
    {"after": "oom", "steps": [["1Gi", "1Gi"]], "more": 1},
    {"after": "oom", "steps": [["1Gi", "1Gi"]], "history": "always"},
    {"after": "oom", "steps": {}},
]


@pytest.mark.parametrize("written", FOREIGN)
def test_what_the_build_cannot_have_written_counts_as_nothing(written: Any) -> None:
    """An author can annotate a pod by hand: the hook takes known shapes alone, each within bounds."""
    annotations = {PER_TRY_ANNOTATION: json.dumps({"memory": written, "cpu": [["1", None]]})}
    assert [*read_steps(annotations)] == ["cpu"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("nodeSelector", {"a": 1}),
        ("nodeSelector", ["a"]),
        ("tolerations", {"key": "a"}),
        ("tolerations", [{"key": 1}]),
        ("tolerations", [{"image": "x"}]),
        ("tolerations", [{"tolerationSeconds": True}]),
        ("affinity", {"image": {}}),
        ("affinity", {"nodeAffinity": "x"}),
        ("priorityClassName", ["a"]),
        ("hostNetwork", True),
        ("serviceAccountName", "admin"),
    ],
)
def test_placement_has_known_fields_of_the_right_shape(field: str, value: Any) -> None:
    """No other field of the spec can be set by an annotation."""
    written = {field: {"after": "oom", "steps": [value]}}
    assert read_steps({PER_TRY_ANNOTATION: json.dumps(written)}) == {}


@pytest.mark.parametrize(
    ("text", "number"), [("3", 3), ("0", 0), ("", 1), ("many", 1), ("1" * 10, 1), (None, 1)]
)
def test_the_number_of_a_try_is_read_within_bounds(text: str | None, number: int) -> None:
    """An override can replace the executor's annotation by anything."""
    assert read_try_number({} if text is None else {"try_number": text}) == number


@pytest.mark.parametrize(
    "written",
    [
        {"x" * 318: [["1", "1"]]},
        {"NUL: \0": [["1", "1"]]},
        {"half of a pair: \ud800": [["1", "1"]]},
        {"": [["1", "1"]]},
        {f"example.com/{number}": [["1", "1"]] for number in range(101)},
        {"affinity": {"after": "oom", "steps": [{"nodeAffinity": {"x": "y" * 2**18}}]}},
    ],
)
def test_what_no_pod_can_have_counts_as_nothing(written: Any) -> None:
    """Names come into logs and the event log, each field costs a record, and a launch parses all of it."""
    assert read_steps({PER_TRY_ANNOTATION: json.dumps(written)}) == {}
