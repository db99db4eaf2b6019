"""Where the pod may run in each step: what the spec has there, laid as the options are, and who set it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.executor_names import POD_OVERRIDE
from airflow_provider_k8sexec.options.assembly import Assembly
from airflow_provider_k8sexec.options.manifest_parts import mapping_of
from airflow_provider_k8sexec.options.origins import AuthorWords, Origin
from airflow_provider_k8sexec.options.paths import Written
from airflow_provider_k8sexec.options.per_try import Steps, name_step
from airflow_provider_k8sexec.options.placement_steps import EMPTY, PLACEMENT_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_k8sexec.options.declaration import Declaration
    from airflow_provider_k8sexec.options.paths import Path
    from airflow_provider_k8sexec.options.placement_steps import PlacementSteps
    from airflow_provider_k8sexec.pod.authors import Authors

StepOrigins = dict[tuple[str, int], dict["Path", Origin]]
"""Who set the parts of a step, by the field and the step, from 0 on."""


def lay_placement(assembly: Assembly, option: str, value: Any, find_origin: Callable[[Any], Origin]) -> None:
    """Lay the value of an option that says where the pod may run.

    Args:
        assembly: What it is laid over.
        option: The option.
        value: Its value, as a declaration has it.
        find_origin: Finds who set a key or an item of it, or the value itself.
    """
    path = ("spec", PLACEMENT_FIELDS[option])
    if isinstance(value, dict):
        for key in sorted(value) if option == "node_selector" else value:
            assembly.lay((*path, key), value[key], find_origin(key))
    elif isinstance(value, tuple):
        assembly.lay_items(path, [(item, find_origin(item)) for item in value if item is not None])
    elif value is not None:
        assembly.lay(path, value, find_origin(value))


def build_placement_steps(declaration: Declaration, authors: Authors) -> tuple[dict[str, Steps], StepOrigins]:
    """Build what the spec has in each step, over what hand-written overrides have there.

    Returns:
        The steps by the field of the spec, and who set the parts of each.
    """
    built: dict[str, Steps] = {}
    origins: StepOrigins = {}
    for found in declaration.changing_placement:
        option, field = found.option, PLACEMENT_FIELDS[found.option]
        values = []
        for index, value in enumerate(found.values):
            assembly = _lay_overrides(field, authors)
            lay_placement(assembly, option, value, partial(_find_origin, authors, found, index))
            spec = mapping_of(assembly.pod.get("spec"))
            values.append(spec.get(field, _write_empty(option)))
            origins[field, index] = assembly.origins
        built[field] = Steps(field, found.after, tuple(values))
    return built, origins


def _lay_overrides(field: str, authors: Authors) -> Assembly:
    assembly = Assembly({})
    for layer, override in authors.overrides():
        spec = mapping_of(override.get("spec"))
        if field in spec:
            assembly.lay_manifest({"spec": {field: spec[field]}}, Origin(layer, POD_OVERRIDE))
    return assembly


def _write_empty(option: str) -> Any:
    empty = EMPTY[option]
    return [] if isinstance(empty, tuple) else empty


def _find_origin(authors: Authors, found: PlacementSteps, index: int, part: Any) -> Origin:
    """Find who set a part of a step: the layer with the steps, or one that holds for every step."""
    own = found.steps[index]
    if part not in (own or ()) or (isinstance(own, dict) and part in found.over):
        is_item = isinstance(own, tuple)
        return authors.of_item(found.option, part) if is_item else authors.of_key(found.option, part)
    if isinstance(own, str):
        part_of_step: Path = ()
    else:
        part_of_step = (own.index(part) if isinstance(own, tuple) else part,)
    step = Written(name_step("", index, found.after))
    words = AuthorWords() if part_of_step else AuthorWords(is_one_value=True)
    return Origin(authors.of_steps(found.option), found.option, (step, *part_of_step), words)
