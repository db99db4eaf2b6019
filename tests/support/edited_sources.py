"""Edits of sources that are given by the text of what they change."""

from __future__ import annotations

from typing import Any

from airflow_provider_k8sexec.cli.migrate.edits import ConfigEdit, Span
from airflow_provider_k8sexec.pod.shortest.options import WrittenOption

CONTAINER = ("spec", "containers", 0)
FIELDS: dict[str, tuple[tuple[str | int, ...], ...]] = {
    "memory": (
        (*CONTAINER, "resources", "requests", "memory"),
        (*CONTAINER, "resources", "limits", "memory"),
    ),
    "cpu": ((*CONTAINER, "resources", "requests", "cpu"), (*CONTAINER, "resources", "limits", "cpu")),
    "secrets": ((*CONTAINER, "env", 0),),
    "env_vars": ((*CONTAINER, "env", 1),),
    "image": ((*CONTAINER, "image"),),
    "volumes": (("spec", "volumes", 0), (*CONTAINER, "volumeMounts", 0)),
    "labels": (("metadata", "labels"),),
}


def span_of(source: str, text: str) -> Span:
    """Find the only place of a text in a source, as :mod:`ast` has it."""
    data, wanted = source.encode(), text.encode()
    assert data.count(wanted) == 1, f"{data.count(wanted)} times: {text}"
    start = data.index(wanted)
    return Span(*_place_of(data, start), *_place_of(data, start + len(wanted)))


def _place_of(data: bytes, offset: int) -> tuple[int, int]:
    before = data[:offset]
    return before.count(b"\n") + 1, offset - before.rfind(b"\n") - 1


def write_options(**options: Any) -> tuple[WrittenOption, ...]:
    """Make options with the fields that they stand for."""
    return tuple(WrittenOption(name, value, FIELDS[name]) for name, value in options.items())


def lines_of(source: str, marks: dict[str, str]) -> dict[tuple[str | int, ...], int]:
    """Find the line of the fields of each option: the first one with a text in it."""
    lines = source.split("\n")
    found = {
        name: next(at for at, line in enumerate(lines, 1) if text in line) for name, text in marks.items()
    }
    return {path: line for name, line in found.items() for path in FIELDS[name]}


def replace_config(source: str, text: str, marks: dict[str, str] | None = None, **options: Any) -> ConfigEdit:
    """Make the edit that replaces an expression by options.

    Args:
        source: The file.
        text: The expression.
        marks: What is on the line of the fields of each option, for the comments beside them.
        **options: The options.
    """
    return ConfigEdit(span_of(source, text), write_options(**options), lines_of(source, marks or {}))
