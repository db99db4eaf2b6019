"""Paths to fields of a manifest are written in one form, in errors, commands and the tab."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_k8sexec.options.paths import iter_children, show_path, step_to


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("metadata", "labels", "team"), "metadata.labels.team"),
        (("spec", "containers", "[base]", "env", "[A]"), "spec.containers[base].env[A]"),
        (("spec", "tolerations", "[0]", "key"), "spec.tolerations[0].key"),
        (("[a.b/c]", "x"), "[a.b/c].x"),
    ],
)
def test_a_path_is_written_with_dots_and_brackets(path: tuple[str, ...], text: str) -> None:
    """Fields follow a dot; items of lists, and keys with dots of their own, stand in brackets."""
    assert show_path(path) == text


@pytest.mark.parametrize(("key", "step"), [("memory", "memory"), ("nvidia.com/gpu", "[nvidia.com/gpu]")])
def test_a_key_with_dots_stands_in_brackets(key: str, step: str) -> None:
    """Otherwise a path could be read in two ways."""
    assert step_to(key) == step


@pytest.mark.parametrize(
    ("field", "items", "steps"),
    [
        ("env", [{"name": "A"}, {"name": "B"}], ["[A]", "[B]"]),
        (
            "volumeMounts",
            [{"name": "v", "mountPath": "/a"}, {"name": "v", "mountPath": "/b"}],
            ["[/a]", "[/b]"],
        ),
        ("ports", [{"containerPort": 80}], ["[80]"]),
        ("tolerations", [{"key": "gpu"}, {"key": "spot"}], ["[0]", "[1]"]),
        ("args", ["run", "it"], ["[0]", "[1]"]),
        ("env", [{"name": "A"}, "odd"], ["[0]", "[1]"]),
        ("env", [{"name": {}}], ["[0]"]),
    ],
)
def test_items_go_by_what_tells_them_apart(field: str, items: list[Any], steps: list[str]) -> None:
    """By their name, mount path or port; where one has none, all of them by their position."""
    assert [*iter_children(items, field)] == list(zip(steps, items, strict=True))


def test_what_is_neither_a_mapping_nor_a_list_holds_nothing() -> None:
    """A walk ends at a value."""
    assert [*iter_children({"a": 1, "b/c": 2})] == [("a", 1), ("[b/c]", 2)]
    assert [*iter_children([{"name": "x"}], "env")] == [("[x]", {"name": "x"})]
    assert [*iter_children("text")] == [*iter_children(None)] == []
