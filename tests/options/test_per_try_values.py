"""Values that change from try to try: how they are written, read and layered."""

from __future__ import annotations

from typing import Any

import pytest
from sample_declarations import declare

from airflow_provider_k8sexec import per_try
from airflow_provider_k8sexec.options.declaration import parse_declaration, resolve_layers
from airflow_provider_k8sexec.options.per_try import Steps, choose_by_try, name_step

SPOT, ON_DEMAND = {"pool": "spot"}, {"pool": "on-demand"}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("per_try('1Gi', '2Gi')", per_try("1Gi", "2Gi")),
        ("per_try('1Gi', '2Gi', after='oom')", per_try("1Gi", "2Gi", after="oom")),
        (
            "per_try.doubling('1Gi', up_to='4Gi', after='oom')",
            per_try.doubling("1Gi", up_to="4Gi", after="oom"),
        ),
        ("per_try.doubling('1Gi', up_to='4Gi')", per_try.doubling("1Gi", up_to="4Gi")),
    ],
)
def test_a_value_is_shown_as_it_is_written(written: str, value: object) -> None:
    """An error shows what stands in the DAG file; the default is left out."""
    assert repr(value) == written


@pytest.mark.parametrize(
    ("python", "yaml"),
    [
        ({"memory": per_try("1Gi", "2Gi")}, {"memory": {"per_try": ["1Gi", "2Gi"]}}),
        (
            {"memory": per_try("1Gi", "2Gi", after="oom")},
            {"memory": {"per_try": ["1Gi", "2Gi"], "after": "oom"}},
        ),
        (
            {"memory": per_try.doubling("1Gi", up_to="3Gi", after="oom")},
            {"memory": {"per_try": {"first": "1Gi", "up_to": "3Gi"}, "after": "oom"}},
        ),
        (
            {"gpu": {"amd.com/gpu": per_try(1, 2, after="disruption")}},
            {"gpu": {"amd.com/gpu": {"per_try": [1, 2], "after": "disruption"}}},
        ),
        (
            {"node_selector": per_try(SPOT, ON_DEMAND, after="disruption")},
            {"node_selector": {"per_try": [SPOT, ON_DEMAND], "after": "disruption"}},
        ),
        (
            {"tolerations": per_try(["spot:NoSchedule"], [])},
            {
                "tolerations": {
                    "per_try": [[{"key": "spot", "operator": "Exists", "effect": "NoSchedule"}], []]
                }
            },
        ),
        (
            {"priority_class_name": per_try("low", "high", after="oom")},
            {"priority_class_name": {"per_try": ["low", "high"], "after": "oom"}},
        ),
        (
            {"affinity": per_try({}, {"podAntiAffinity": {}})},
            {"affinity": {"per_try": [{}, {"podAntiAffinity": {}}]}},
        ),
    ],
)
def test_a_file_of_the_site_has_the_same_in_yaml(python: dict[str, Any], yaml: dict[str, Any]) -> None:
    """A profile can have whatever a DAG file can."""
    assert declare(**python) == declare(**yaml)
    assert declare(**python).has_steps


PROBLEMS: list[tuple[dict[str, Any], str]] = [
    (
        {"memory": per_try("1Gi", "2Gi", after="ooms")},
        "memory.after='ooms' is not an end of a try; write after='oom'.",
    ),
    (
        {"node_selector": per_try(SPOT, after=["oom"])},
        "node_selector.after=['oom'] is not an end of a try; write after='failure', 'oom' or 'disruption'.",
    ),
    (
        {"memory": per_try.doubling("1Gi", up_to="4Gi", after="evicted")},
        "memory.after='evicted' is not an end of a try; write after='failure', 'oom' or 'disruption'.",
    ),
    (
        {"cpu": {"per_try": [1, 2], "aftr": "oom"}},
        "cpu['aftr']=<str> is not a key of per-try values; write 'after'.",
    ),
    (
        {"memory": {"per_try": {"first": "1Gi", "upto": "4Gi"}}},
        "memory['per_try']['upto']=<str> is not a key of per-try values; write 'up_to'.",
    ),
    (
        {"memory": {"per_try": {"first": "1Gi", "up_to": "4Gi", "after": "oom"}}},
        (
            "memory['per_try']['after']='oom' is one level too deep; write "
            "memory={'per_try': ..., 'after': 'oom'}."
        ),
    ),
    (
        {"memory": {"per_try": ["1Gi", "2Gi", {"after": "oom"}]}},
        (
            "memory['per_try']['after']='oom' is one level too deep; write "
            "memory={'per_try': ..., 'after': 'oom'}."
        ),
    ),
    (
        {"cpu": {"auto": {"start": "1Gi", "up_to": "2Gi"}}},
        (
            "cpu={'auto': {'start': '1Gi', 'up_to': '2Gi'}} comes from history, which memory alone can; "
            "write for example cpu=per_try(first, second)."
        ),
    ),
    (
        {"memory": {"per_try": [{"from_param": "memory"}, "2Gi"]}},
        (
            "memory=from_param('memory') holds a value that is known later, which can only be the whole "
            "value of the option; write memory=from_param('memory'); a list in the param or XCom is a "
            "(request, limit) pair."
        ),
    ),
    (
        {"node_selector": {"pool": per_try("spot", "on-demand", after="disruption"), "disk": "ssd"}},
        (
            "node_selector['pool']=<PerTry> differs between tries, which only the whole option can; write "
            "node_selector=per_try({'pool': first}, {'pool': second})."
        ),
    ),
    (
        {"labels": {"size": per_try("s", "l")}},
        "labels['size']=<PerTry> cannot differ between tries; write one value for all of them.",
    ),
    (
        {"env_vars": per_try({"A": "1"}, {"A": "2"})},
        "env_vars=<PerTry> cannot differ between tries; write one value for all of them.",
    ),
    (
        {"affinity": per_try.doubling({}, up_to={})},
        (
            "affinity=per_try.doubling({}, up_to={}) is no amount, and cannot be doubled; write "
            "affinity=per_try(first, second)."
        ),
    ),
    (
        {"node_selector": per_try(SPOT, {"pool": 1}, after="disruption")},
        "node_selector[after 1 disruption]['pool']=1 is not a string; write 'pool': '1'.",
    ),
    (
        {"affinity": per_try()},
        "affinity=per_try() has no value; write affinity=per_try(first, second), with a value for each try.",
    ),
    (
        {"memory": per_try("1Gi", 2, after="oom")},
        "memory[after 1 OOM]=2 is 2 bytes; write '2Gi'.",
    ),
]


@pytest.mark.parametrize(("options", "problem"), PROBLEMS)
def test_a_value_that_cannot_be_read_names_its_step_and_the_remedy(
    options: dict[str, Any], problem: str
) -> None:
    """The author learns which step is wrong, by the words in which it is taken."""
    _, problems = parse_declaration(options)
    assert [str(found) for found in problems] == [problem]


LAYERS: list[tuple[list[dict[str, Any]], str, list[Any]]] = [
    (
        [{"node_selector": {"disk": "ssd"}}, {"node_selector": per_try(SPOT, ON_DEMAND)}],
        "node_selector",
        [{"disk": "ssd", **SPOT}, {"disk": "ssd", **ON_DEMAND}],
    ),
    (
        [{"node_selector": per_try(SPOT, ON_DEMAND)}, {"node_selector": {"disk": "ssd"}}],
        "node_selector",
        [{**SPOT, "disk": "ssd"}, {**ON_DEMAND, "disk": "ssd"}],
    ),
    (
        [
            {"node_selector": {"disk": "ssd"}},
            {"node_selector": per_try({"a": "1"}, {"a": "2"}, {"a": "3"})},
            {"node_selector": per_try(SPOT, ON_DEMAND)},
        ],
        "node_selector",
        [{"disk": "ssd", **SPOT}, {"disk": "ssd", **ON_DEMAND}],
    ),
    (
        [{"priority_class_name": "low"}, {"priority_class_name": per_try("middle", "high")}],
        "priority_class_name",
        ["middle", "high"],
    ),
    (
        [{"tolerations": ["gpu"]}, {"tolerations": per_try(["spot"], [])}, {"tolerations": ["own"]}],
        "tolerations",
        [("gpu", "spot", "own"), ("gpu", "own")],
    ),
]


@pytest.mark.parametrize(("layers", "option", "steps"), LAYERS)
def test_what_a_layer_declares_for_all_tries_holds_for_every_step(
    layers: list[dict[str, Any]], option: str, steps: list[Any]
) -> None:
    """Steps of an inner layer replace those of an outer one; plain values join every step, on both sides."""
    declared = resolve_layers(declare(**layer) for layer in layers)
    values = declared.placement_steps[option].values
    if option == "tolerations":
        values = tuple(tuple(item["key"] for item in value) for value in values)
    assert list(values) == steps
    assert getattr(declared, option) == declared.placement_steps[option].values[0]


def test_an_inner_single_value_leaves_no_step_to_take() -> None:
    """A task that names one priority class has it in every try, whatever its DAG has."""
    layers = [{"priority_class_name": per_try("low", "high")}, {"priority_class_name": "own"}]
    declared = resolve_layers(declare(**layer) for layer in layers)
    assert (declared.priority_class_name, declared.has_steps) == ("own", False)


@pytest.mark.parametrize(
    ("after", "ended", "steps"),
    [
        ("failure", "failure", [0, 1, 2]),
        ("failure", "oom", [0, 1, 2]),
        ("oom", "failure", [0, 0, 0]),
        ("oom", "oom", [0, 1, 2]),
        ("disruption", "oom", [0, 0, 0]),
    ],
)
def test_a_try_of_which_the_number_alone_is_known_takes_its_steps_by_that(
    after: Any, ended: Any, steps: list[int]
) -> None:
    """An end that is not known to have been an OOM counts as none; every end is a failure."""
    found = Steps("memory", after, ("a", "b"))
    assert [choose_by_try(number, ended)(found) for number in (1, 2, 3)] == steps
    assert [found.at(index) for index in (-1, 0, 1, 7)] == ["a", "a", "b", "b"]


def test_a_step_is_named_by_what_leads_to_it() -> None:
    """Errors name steps in words that hold for the try they are about."""
    assert [name_step("cpu", 1, after) for after in ("failure", "oom", "disruption")] == [
        "cpu[try 2]",
        "cpu[after 1 OOM]",
        "cpu[after 1 disruption]",
    ]
    assert (name_step("cpu", 0, "oom"), name_step("cpu", 2, "oom")) == (
        "cpu[before any OOM]",
        "cpu[after 2 OOMs]",
    )
