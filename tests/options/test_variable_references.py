"""Environment variables that refer to one another come in an order that Kubernetes can expand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubernetes_expansion import see
from properties import examples

from airflow_provider_k8sexec.options.variable_references import ReferenceOrder, names_in

NAMES = ["A", "B", "C", "D", "E"]
VALUES = st.lists(st.sampled_from([*(f"$({name})" for name in NAMES), "$$(A)", "$(X)", "x", "$"]), max_size=3)
VARIABLES = st.dictionaries(st.sampled_from(NAMES), VALUES.map("".join))


def variables(**values: str) -> list[dict[str, Any]]:
    """Write literal variables in the order of a container."""
    return [{"name": name, "value": value} for name, value in values.items()]


def order(items: list[dict[str, Any]]) -> list[str]:
    """Give the names of variables in their new order."""
    return [items[position]["name"] for position in ReferenceOrder.of(items).positions]


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("postgresql://$(U):$(P)@h/$(U)", ["U", "P"]),
        ("$$(A)", []),
        ("$$$(A)", ["A"]),
        ("$(A", []),
        ("plain", []),
        (None, []),
        (5, []),
    ],
)
def test_a_value_refers_to_the_names_in_it(value: object, names: list[str]) -> None:
    """References are read as Kubernetes reads them, escapes included."""
    assert names_in(value) == names


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (variables(DSN="u:$(PW)@h", Z="1", PW="x"), ["PW", "DSN", "Z"]),
        (variables(Z="1", A="$(B)", Y="2", B="$(C)", C="3"), ["Z", "C", "B", "A", "Y"]),
        (variables(B="1", A="$(B)"), ["B", "A"]),
        (variables(PATH="$(PATH):/x", A="$(PATH)"), ["PATH", "A"]),
        (variables(A="$$(B)", B="1"), ["A", "B"]),
        (variables(A="$(ELSEWHERE)", B="1"), ["A", "B"]),
        ([], []),
    ],
)
def test_each_variable_stands_below_those_that_it_names(
    items: list[dict[str, Any]], expected: list[str]
) -> None:
    """What is named moves up to the first that names it; everything else keeps its place."""
    assert order(items) == expected


@pytest.mark.parametrize(
    ("items", "ring"),
    [
        (variables(A="$(B)", B="$(A)"), ["A", "B", "A"]),
        (variables(S="$(C)", A="$(B)", B="$(C)", C="$(A)"), ["A", "B", "C", "A"]),
    ],
)
def test_a_ring_is_named_in_its_order(items: list[dict[str, Any]], ring: list[str]) -> None:
    """The ring is written from one of its variables back to the same."""
    found = ReferenceOrder.of(items)
    assert found.rings == [ring]
    assert sorted(found.positions) == [*range(len(items))]


@pytest.mark.parametrize(
    "items",
    [
        [*variables(A="$(B)"), *variables(B="1"), *variables(A="2")],
        [{"name": 5, "value": "$(B)"}, {"name": "B"}],
        [None, "text", {"name": "A", "value": ["$(A)"]}],
    ],
)
def test_what_has_no_single_meaning_keeps_its_order(items: list[Any]) -> None:
    """A name that is defined twice, and what is no variable, are other rules' matter."""
    assert ReferenceOrder.of(items) == ReferenceOrder([*range(len(items))])


def test_a_chain_may_be_long() -> None:
    """There is no recursion: 5,000 variables each of which names the next."""
    items = [{"name": f"V{index}", "value": f"$(V{index + 1})"} for index in range(5000)]
    assert ReferenceOrder.of(items).positions == [*reversed(range(5000))]


@examples(300)
@given(VARIABLES)
def test_kubernetes_expands_every_reference(values: dict[str, str]) -> None:
    """In the new order no variable sees a reference to another one of the list as literal text.

    The test plays Kubernetes' expansion: each variable must have the value that it has where all the others
    are known already, in any order.
    """
    items = variables(**values)
    found = ReferenceOrder.of(items)
    assert sorted(found.positions) == [*range(len(items))]
    if found.rings:
        return
    ordered = [items[position] for position in found.positions]
    seen = see(ordered, {}, {})
    # A fixed point: expanded once more with all values at hand, each text is the same.
    for item in ordered:
        others = {name: value for name, value in seen.items() if name.decode() != item["name"]}
        assert see([item], {}, others)[item["name"].encode()] == seen[item["name"].encode()]
    if all(item["value"] == "" or "$(" not in item["value"] for item in items):
        assert found.positions == [*range(len(items))]
