"""A declaration: what an author requests of a pod, read into exact, comparable values, and its layering."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import evolve, field, fields, frozen

from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.executor_names import POD_TEMPLATE_FILE
from airflow_provider_k8sexec.options.assembly import merge_manifests
from airflow_provider_k8sexec.options.bounds import describe_excess
from airflow_provider_k8sexec.options.disruption import parse_disruption
from airflow_provider_k8sexec.options.environment import parse_env_from, parse_env_vars
from airflow_provider_k8sexec.options.field_words import find_meant
from airflow_provider_k8sexec.options.host_aliases import parse_host_aliases
from airflow_provider_k8sexec.options.manifests import Manifest, find_identity, present
from airflow_provider_k8sexec.options.per_try import Doubling, PerTry, parse_mapping_form
from airflow_provider_k8sexec.options.placement_steps import (
    PLACEMENT_FIELDS,
    PlacementSteps,
    describe_misplaced_steps,
    lay_value,
    parse_placement_steps,
)
from airflow_provider_k8sexec.options.plain_values import to_plain
from airflow_provider_k8sexec.options.pod_options import POD_OPTIONS
from airflow_provider_k8sexec.options.problems import PartReader, show, show_shape, show_type
from airflow_provider_k8sexec.options.readers import (
    parse_boolean,
    parse_containers,
    parse_integer,
    parse_manifest,
    parse_mapping,
    parse_names,
    parse_override,
    parse_text,
)
from airflow_provider_k8sexec.options.resource_claims import parse_resource_claims
from airflow_provider_k8sexec.options.resource_names import COMPUTE_RESOURCES, DEVICES
from airflow_provider_k8sexec.options.resources import (
    Bounds,
    parse_bytes,
    parse_cpu,
    parse_gpu,
    parse_memory,
    parse_pod_resources,
    parse_size,
)
from airflow_provider_k8sexec.options.run_time import FromParam, RunTimeValue, find_defaults, to_json
from airflow_provider_k8sexec.options.run_time_forms import RUN_TIME_OPTIONS, describe_misplaced, split_value
from airflow_provider_k8sexec.options.run_time_places import (
    MAPPINGS,
    Place,
    lay_run_time,
    name_place,
    write_option,
)
from airflow_provider_k8sexec.options.scheduling import parse_spread_constraints, parse_tolerations
from airflow_provider_k8sexec.options.secrets import Secret, SecretItem, WholeSecret, parse_secrets
from airflow_provider_k8sexec.options.volumes import Mount, parse_volumes

if TYPE_CHECKING:
    from airflow_provider_k8sexec.options.quantity import Quantity

T = TypeVar("T")
Parser = Callable[[str, object], Any]
Merge = Callable[[Any, Any], Any]


def _merge_keys(outer: Mapping[str, T], inner: Mapping[str, T]) -> dict[str, T]:
    return {**outer, **inner}


def _join(outer: tuple[T, ...], inner: tuple[T, ...]) -> tuple[T, ...]:
    return (*outer, *(item for item in inner if item not in outer))


def _spread(outer: tuple[Any, ...], inner: tuple[Any, ...]) -> tuple[Any, ...]:
    replaced = [*map(_identify_spread, inner)]
    return (*(item for item in outer if _identify_spread(item) not in replaced), *inner)


def _identify_spread(item: Any) -> Any:
    """Give what no two constraints of a pod may share; of one that lacks it, the constraint."""
    names = find_identity("topologySpreadConstraints", [item] if item else [])
    return [item[name] for name in names] if item and names else item


def _option(parse: Parser) -> Any:
    """One value: the inner layer's wins."""
    return field(default=None, metadata={"parse": parse})


def _keyed(parse: Parser, merge: Merge = _merge_keys) -> Any:
    """Things with names: an inner one replaces the outer one of its name."""
    return field(factory=dict, metadata={"parse": parse, "merge": merge})


def _listed(parse: Parser, merge: Merge = _join) -> Any:
    """Things without names: the inner ones join the outer ones; one that is not readable is ``None``."""
    return field(default=(), converter=tuple, metadata={"parse": parse, "merge": merge})


@frozen(kw_only=True)
class Declaration:
    """What an author requests of a pod; the fields are the pod options, read.

    ``secrets`` are found again in ``env`` (by variable), ``mounts`` (by path) and ``env_from``;
    ``env_vars`` in ``env``; ``volumes`` in ``mounts``. ``run_time`` has what is known later, of any option.
    An option with another value in each try has that of the first here, as amounts do, and all of them in
    ``placement_steps``, under its name.
    """

    cpu: Bounds | None = _option(parse_cpu)
    memory: Bounds | None = _option(parse_memory)
    ephemeral_storage: Bounds | None = _option(parse_bytes)
    gpu: Mapping[str, Bounds] = _keyed(parse_gpu)
    resource_claims: Mapping[str, Manifest] = _keyed(parse_resource_claims)
    shared_memory: Quantity | None = _option(parse_size)
    pod_resources: Mapping[str, Bounds] = _keyed(parse_pod_resources)
    env: Mapping[str, str | Manifest | Secret] = _keyed(parse_env_vars)
    env_from: tuple[Manifest | None, ...] = _listed(parse_env_from)
    mounts: Mapping[str, Mount | Secret] = _keyed(parse_volumes)
    image: str | None = _option(parse_text)
    image_pull_policy: str | None = _option(parse_text)
    image_pull_secrets: tuple[str | None, ...] = _listed(parse_names)
    container_security_context: Manifest = _keyed(parse_manifest)
    node_selector: Mapping[str, str] = _keyed(parse_mapping)
    tolerations: tuple[Manifest | None, ...] = _listed(parse_tolerations)
    affinity: Manifest = _keyed(parse_manifest)
    topology_spread_constraints: tuple[Manifest | None, ...] = _listed(parse_spread_constraints, _spread)
    disruption: str | None = _option(parse_disruption)
    queue_name: str | None = _option(parse_text)
    priority_class_name: str | None = _option(parse_text)
    scheduler_name: str | None = _option(parse_text)
    service_account_name: str | None = _option(parse_text)
    automount_service_account_token: bool | None = _option(parse_boolean)
    runtime_class_name: str | None = _option(parse_text)
    security_context: Manifest = _keyed(parse_manifest)
    host_aliases: Mapping[str, tuple[str, ...]] = _keyed(parse_host_aliases)
    labels: Mapping[str, str] = _keyed(parse_mapping)
    annotations: Mapping[str, str] = _keyed(parse_mapping)
    init_containers: Mapping[str, Manifest] = _keyed(parse_containers)
    sidecars: Mapping[str, Manifest] = _keyed(parse_containers)
    termination_grace_period_seconds: int | None = _option(parse_integer)
    active_deadline_seconds: int | None = _option(parse_integer)
    namespace: str | None = _option(parse_text)
    profile: str | None = _option(parse_text)
    release: str | None = _option(parse_text)
    pod_template_file: str | None = _option(parse_text)
    pod_override: Manifest = _keyed(parse_override, merge_manifests)
    run_time: Mapping[Place, RunTimeValue] = field(factory=dict, metadata={"merge": _merge_keys})
    placement_steps: Mapping[str, PlacementSteps] = field(factory=dict)

    @property
    def concerns_pod(self) -> bool:
        """Whether anything is requested that is in the pod itself."""
        return any(getattr(self, name) != getattr(NOTHING, name) for name in _IN_POD)

    @property
    def resources(self) -> dict[str, Bounds]:
        """The bounds of each requested resource, under Kubernetes's name for it."""
        own = {resource: getattr(self, option) for option, resource in COMPUTE_RESOURCES.items()}
        return {**present(**own), **self.gpu}

    @property
    def has_steps(self) -> bool:
        """Whether a try may have other values than the first."""
        return bool(self.changing_placement) or any(bounds.has_steps for bounds in self.resources.values())

    @property
    def changing_placement(self) -> list[PlacementSteps]:
        """The options that let the pod run elsewhere in a later try.

        An inner layer may have left no difference: its priority class holds for every step.
        """
        return [found for found in self.placement_steps.values() if found.differ]

    def secrets(self) -> Iterator[Secret]:
        """Give each secret key once for each variable and mount path that has it."""
        for source in [*self.env.values(), *self.mounts.values()]:
            if isinstance(source, Secret):
                yield source


Layers = Sequence[tuple[str, Declaration]]
"""Declarations with the names of their layers, the outermost first; the task's own has an empty name."""

Check = Callable[[Declaration], Iterable[Problem]]
"""Finds the mistakes in a declaration."""

NOTHING = Declaration()
"""The declaration that requests nothing; layers that declare nothing are this very object."""

_OF_KEYS = (*MAPPINGS, DEVICES)
"""The options of which each key can be known later."""

_SECRETIVE = {"env_vars", "secrets"}
"""Options that a password may have been meant for: what was given under another name is not shown."""
_OUTSIDE_POD = {"profile", "release", POD_TEMPLATE_FILE}
_IN_POD = [attribute.name for attribute in fields(Declaration) if attribute.name not in _OUTSIDE_POD]
OPTION_FIELDS = {"env_vars": "env", "volumes": "mounts"}
"""The fields of a declaration that have another name than their option."""


def _in_steps(parse: Parser) -> Parser:
    """Read an option that may have per-try values."""

    def parse_either(name: str, value: object) -> Any:
        per_try = parse_mapping_form(name, value)
        if isinstance(per_try, (PerTry, Doubling)):
            return parse_placement_steps(name, per_try, parse)
        return parse(name, value)

    return parse_either


_PARSERS: dict[str, Parser] = {
    **{
        attribute.name: attribute.metadata["parse"]
        for attribute in fields(Declaration)
        if "parse" in attribute.metadata
    },
    "env_vars": parse_env_vars,
    "volumes": parse_volumes,
    "secrets": parse_secrets,
}
_PARSERS.update({option: _in_steps(_PARSERS[option]) for option in PLACEMENT_FIELDS})


def parse_declaration(options: Mapping[str, object]) -> tuple[Declaration, list[Problem]]:
    """Read the pod options of one layer.

    Args:
        options: Pod options by name; a value of ``None`` counts as not given.

    Returns:
        What could be read, and the problems of what could not.
    """
    if not options:
        return NOTHING, []
    read: dict[str, Any] = {}
    run_time: dict[Place, RunTimeValue] = {}
    parts = PartReader()
    for name, value in options.items():
        if value is None:
            continue
        if name not in POD_OPTIONS:
            parts.problems.append(describe_unknown(name, value))
            continue
        excess = describe_excess(value)
        if excess is not None:
            parts.problems.append(
                Problem(name, show_type(value), excess, "write less, or remove it", code="K8S102")
            )
            continue
        part, later = _read_option(parts, name, to_plain(value))
        run_time.update(later)
        if part is not None:
            read[name] = part
    secrets = read.pop("secrets", [])
    values = {OPTION_FIELDS.get(name, name): value for name, value in read.items()}
    values["run_time"] = run_time
    problems = [*parts.problems, *_place_secrets(values, secrets)]
    steps = {name: part for name, part in values.items() if isinstance(part, PlacementSteps)}
    values.update({name: part.values[0] for name, part in steps.items()})
    return Declaration(**values, placement_steps=steps), problems


def parse_at_place(place: Place, source: RunTimeValue, value: object) -> tuple[Declaration, list[Problem]]:
    """Read what a value that was known later has turned out to be, or its default.

    Args:
        place: Where it belongs.
        source: Where it comes from.
        value: The value.

    Returns:
        A declaration of that value alone, and what is wrong with it.
    """
    option, field = place[0], name_place(place)
    is_one = option not in MAPPINGS or len(place) > 1
    remedy = "set one" if isinstance(source, FromParam) else "push one, or name the key of one"
    if value is None or (is_one and isinstance(value, Mapping)):
        problem = Problem(field, show_shape(value), "is no value of the option", remedy, "K8S116")
        return NOTHING, [problem]
    declared, problems = parse_declaration(write_option(place, value))
    if declared.run_time or declared.has_steps:
        problems = [Problem(field, show_shape(value), "is no single value", remedy, "K8S116")]
    whole = getattr(declared, option)
    if source.kept and isinstance(whole, Mapping):
        kept: dict[str, Any] = {option: {key: whole[key] for key in whole if key not in source.kept}}
        declared = evolve(declared, **kept)
    return (NOTHING if problems else declared), [_of_source(problem, place, field) for problem in problems]


def _of_source(problem: Problem, place: Place, field: str) -> Problem:
    """Word a problem of an option for where its value comes from: there it has no name of the option."""
    remedy = "write an integer" if place[0] == DEVICES else problem.remedy.replace(f"{place[0]}=", "")
    return problem._replace(field=field, remedy=remedy)


def parse_defaults(run_time: Mapping[Place, RunTimeValue]) -> tuple[Declaration, list[Problem]]:
    """Read the defaults of values that are known later, as far as they have any.

    Returns:
        A declaration of the defaults that would hold now, and what is wrong with any.
    """
    read: list[Declaration] = []
    problems: list[Problem] = []
    for place, source in run_time.items():
        for default in reversed(find_defaults(source)):
            declared, wrong = parse_at_place(place, source, to_json(default))
            read.append(declared)
            problems += (problem.within("the default of ") for problem in wrong)
    return resolve_layers(read), problems


def _read_option(parts: PartReader, name: str, value: object) -> tuple[Any, Mapping[Place, RunTimeValue]]:
    """Read an option: what is known of it, and where the rest comes from.

    A value that is known later, where none can be, is explained.
    """
    later: Mapping[Place, RunTimeValue] = {}
    if name in RUN_TIME_OPTIONS:
        value, later, wrong = split_value(name, value)
        parts.problems += wrong
    before = len(parts.problems)
    part = None if value is None else parts.read(_PARSERS[name], name, value)
    if len(parts.problems) > before:
        misplaced = describe_misplaced(name, value) or describe_misplaced_steps(name, value)
        parts.problems[before:] = [misplaced] if misplaced else parts.problems[before:]
    return part, later


def describe_unknown(name: str, value: object, reason: str = "is not a pod option") -> Problem:
    """Report an unknown option, and the one that was probably meant; what may be a password is not shown."""
    meant = find_meant(name)
    written = " and ".join(f"{option}=..." for option in meant)
    remedy = f"write {written}" if meant else f"choose from {', '.join(sorted(POD_OPTIONS))}"
    is_harmless = isinstance(value, str) and meant and not _SECRETIVE.intersection(meant)
    return Problem(name, show(value) if is_harmless else show_shape(value), reason, remedy, code="K8S101")


def _place_secrets(values: dict[str, Any], secrets: Iterable[SecretItem | None]) -> Iterator[Problem]:
    """Put each secret where the task finds it, and report a variable or mount path that has two sources."""
    env = values.setdefault("env", {})
    mounts = values.setdefault("mounts", {})
    for position, item in enumerate(secrets):
        claims: list[tuple[dict[str, Any], str | None, Any]] = []
        if isinstance(item, WholeSecret):
            values["env_from"] = [*values.get("env_from", []), WholeSecret(item.name, position)]
        elif isinstance(item, Secret):
            claims = [(env, item.env_name, item), (mounts, item.file, item)]
        elif item is not None:
            path, mount = item
            claims = [(mounts, path, evolve(mount, position=position))]
        for places, place, source in claims:
            if place is None:
                continue
            if places.setdefault(place, source) != source:
                kind = "environment variable" if places is env else "mount path"
                reason = f"claims the {kind} {place!r}, which has another source already"
                shown = show(item if isinstance(item, Secret) else place)
                yield Problem("secrets", shown, reason, "remove one of the two", code="K8S104")


def resolve_layers(layers: Iterable[Declaration]) -> Declaration:
    """Lay declarations over one another, the outermost first.

    Mappings merge by key; variables, mounts and containers by name; for single values the innermost wins.
    """
    declared = [layer for layer in layers if layer is not NOTHING]
    return reduce(_lay_over, declared) if declared else NOTHING


def _lay_over(outer: Declaration, inner: Declaration) -> Declaration:
    values: dict[str, Any] = {}
    for attribute in fields(Declaration):
        name, merge = attribute.name, attribute.metadata.get("merge")
        below, above = getattr(outer, name), getattr(inner, name)
        if merge is not None:
            values[name] = merge(below, above)
        else:
            values[name] = below if above is None else above
    if outer.placement_steps or inner.placement_steps:
        values |= _lay_steps_over(outer, inner)
    if outer.run_time or inner.run_time:
        values.update(_lay_run_time(outer, inner, values))
    return Declaration(**values)


def _lay_run_time(outer: Declaration, inner: Declaration, laid: Mapping[str, Any]) -> dict[str, Any]:
    """Lay values that are known later over known ones, and the reverse: of either, the inner one holds."""
    singles = [option for option in RUN_TIME_OPTIONS if option not in _OF_KEYS]
    replaced = [option for option in singles if getattr(inner, option) is not None]
    keys = {option: getattr(inner, option) for option in _OF_KEYS}
    changed: dict[str, Any] = {
        option: {key: item for key, item in laid[option].items() if (option, key) not in inner.run_time}
        for option in _OF_KEYS
    }
    changed |= {option: None for option in singles if (option,) in inner.run_time}
    return {**changed, "run_time": lay_run_time(outer.run_time, inner.run_time, replaced, keys)}


def _lay_steps_over(outer: Declaration, inner: Declaration) -> dict[str, Any]:
    """Lay placement over one another where it differs between tries: inner steps replace outer ones.

    What a layer declares for all tries holds for every step.
    """
    steps = {}
    for option in {**outer.placement_steps, **inner.placement_steps}:
        own, below = inner.placement_steps.get(option), outer.placement_steps.get(option)
        if own is not None:
            outside = lay_value(below.under, below.over) if below else getattr(outer, option)
            steps[option] = own.above(outside)
        elif below is not None and (option,) not in inner.run_time:
            known_later = [place[1] for place in inner.run_time if place[0] == option]
            steps[option] = below.without(known_later).below(getattr(inner, option))
    first = {option: found.values[0] for option, found in steps.items()}
    return {**first, "placement_steps": steps}
