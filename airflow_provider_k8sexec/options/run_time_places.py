"""Where values that are known only at run time belong: an option, or one key of one that is a mapping."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve

from airflow_provider_k8sexec.options.resource_names import DEVICES, NVIDIA_GPU

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow_provider_k8sexec.options.run_time import RunTimeValue

Place = tuple[str, ...]
"""Where a value belongs: an option, and the key of one that is a mapping."""

MAPPINGS = ("node_selector", "labels")
"""The options that are mappings, of which the whole can be known later, too."""


def name_place(place: Place) -> str:
    """Write a place as its author would: ``memory``, ``node_selector['pool']``."""
    option, *keys = place
    if option == DEVICES and keys == [NVIDIA_GPU]:
        return option
    return "".join([option, *(f"[{key!r}]" for key in keys)])


def lay_run_time(
    outer: Mapping[Place, RunTimeValue],
    inner: Mapping[Place, RunTimeValue],
    replaced: Iterable[str],
    keys: Mapping[str, Iterable[str]],
) -> dict[Place, RunTimeValue]:
    """Lay what one layer knows later over that of another.

    Args:
        outer: Those of the outer layer.
        inner: Those of the inner layer.
        replaced: The options with one value that the inner layer sets.
        keys: The keys that the inner layer sets, by the options that are mappings.
    """
    single = {(option,) for option in replaced}
    laid: dict[Place, RunTimeValue] = {}
    for place, value in outer.items():
        option, *key = place
        own = {*keys.get(option, ()), *(step for name, *steps in inner for step in steps if name == option)}
        if place in inner or place in single or own.intersection(key):
            continue
        laid[place] = evolve(value, kept={*value.kept, *own}) if option in MAPPINGS and not key else value
    return {**laid, **inner}


def write_stand_ins(places: Iterable[Place]) -> dict[str, Any]:
    """Write options with the keys that have values later, each with a right one, to check the keys."""
    written: dict[str, Any] = {}
    for option, *keys in places:
        if keys:
            written.setdefault(option, {})[keys[0]] = 1 if option == DEVICES else "x"
    return written


def write_option(place: Place, value: object) -> dict[str, Any]:
    """Write a value as the option that has it in that place."""
    option, *keys = place
    return {option: {keys[0]: value} if keys else value}
