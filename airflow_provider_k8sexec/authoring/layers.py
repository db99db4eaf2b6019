"""The layers around a task: ``default_args`` of its DAG and task groups, and its own arguments.

Outer to inner: site settings, profile, DAG ``default_args``, TaskGroup ``default_args``, the task. Airflow
itself replaces ``executor_config`` wholesale (https://github.com/apache/airflow/issues/72544); here layers
add up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_provider_k8sexec._compat import get_current_dag, get_current_task_group
from airflow_provider_k8sexec.exceptions import name_task
from airflow_provider_k8sexec.executor_names import EXECUTOR_CONFIG
from airflow_provider_k8sexec.options.bounds import DEEPEST
from airflow_provider_k8sexec.pod.executor_config import ExecutorConfig

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from airflow_provider_k8sexec.site.settings import Settings

_UNCHANGEABLE = frozenset({str, int, float, bool, bytes, type(None)})
_OPTIONS = f"{__name__.partition('.')[0]}.options."
"""The rooms of the values of options, such as ``Secret``, are below this one."""

OWN_DEFAULTS = "default_args of the task"
"""The layer of ``default_args`` that an operator has for itself alone."""

MASKED_OPTIONS = frozenset({"secrets", "env_vars", "profile"})
"""The options that can declare a secret whose value is masked; a profile can have the other two."""


class Layer(NamedTuple):
    """What one layer declares of a pod, as its author wrote it.

    A named tuple, and no attrs class: a worker makes some for each task, and waits for nothing else of attrs.

    Attributes:
        options: The pod options.
        executor_config: Airflow's own argument beside them; the options are laid over it.
        name: The layer's name, for errors and for the record of layers; empty for the task's own arguments.
    """

    options: Mapping[str, Any] = {}
    executor_config: object = None
    name: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is declared."""
        return not self.options and not self.has_config

    @property
    def has_config(self) -> bool:
        """Whether Airflow's own argument is given; what is false and no dict is a mistake, and counts."""
        config = self.executor_config
        return bool(config) if isinstance(config, dict) else config is not None


def gather_layers(arguments: Mapping[str, Any], accepted: frozenset[str]) -> list[Layer]:
    """Gather the layers of a task that declare something, the outermost first; the task's own is the last.

    Args:
        arguments: Keyword arguments of the task, ``default_args`` not yet applied.
        accepted: The names of arguments that are pod options.
    """
    layers = [
        Layer(_options_among(defaults, accepted), defaults.get(EXECUTOR_CONFIG), name)
        for name, defaults in find_defaults(arguments)
    ]
    layers.append(Layer(_options_among(arguments, accepted), arguments.get(EXECUTOR_CONFIG)))
    return [layer for layer in layers if not layer.is_empty]


def may_have_masked(layers: Iterable[Layer], settings: Settings) -> bool:
    """Report whether a task may declare a secret whose value is masked, by the names of its options alone.

    An ``executor_config`` made by this package was masked as it was made; of one that was written by hand,
    only what the scheduler has named is masked.

    Args:
        layers: The layers inside the site's settings.
        settings: The site's settings.
    """
    given = [settings.pod_options, *(layer.options for layer in layers)]
    return settings.default_profile is not None or any(
        not MASKED_OPTIONS.isdisjoint(names) for names in given
    )


def keep_plain(layers: Sequence[Layer]) -> list[Layer] | None:
    """Copy layers, to be read later as they are now; ``None`` if a value may change that is not copied here.

    A copy of dicts and lists takes 3 us a task, and reading what they declare 300 us.
    """
    try:
        return [
            Layer(_copy_plain(layer.options), _copy_plain(layer.executor_config), layer.name)
            for layer in layers
        ]
    except TypeError:
        return None


def _copy_plain(value: Any, levels: int = DEEPEST) -> Any:
    """Copy a value that may change; the config of an outer layer is kept, which is read as it is."""
    kind = type(value)
    if kind in _UNCHANGEABLE or kind is ExecutorConfig or _is_frozen(value):
        return value
    if kind is dict and levels:
        return {key: _copy_plain(item, levels - 1) for key, item in value.items()}
    if kind in (list, tuple) and levels:
        return kind([_copy_plain(item, levels - 1) for item in value])
    from airflow_provider_k8sexec.options.run_time_forms import convert_result  # few tasks name a result

    result = convert_result(value)
    if result is None:
        raise TypeError(kind)
    return result


def find_results(layers: Iterable[Layer]) -> list[Any]:
    """Find the results of other tasks that pod options name; a task follows those tasks."""
    return [
        value
        for layer in layers
        for given in layer.options.values()
        for value in (given.values() if type(given) is dict else (given,))
        if type(value) not in _UNCHANGEABLE and hasattr(type(value), "iter_references")
    ]


def is_option_value(value: object) -> bool:
    """Report whether a value can only be meant for a pod option: it is of a class such as ``Secret``."""
    return type(value).__module__.startswith(_OPTIONS)


def _is_frozen(value: Any) -> bool:
    """Report whether a tuple, or a value of this package such as ``Secret``, holds nothing that changes."""
    if type(value) is tuple:
        held = value
    elif is_option_value(value):
        held = tuple(getattr(value, attribute.name) for attribute in getattr(value, "__attrs_attrs__", ()))
    else:
        return False
    return all(type(item) in _UNCHANGEABLE or _is_frozen(item) for item in held)


def _options_among(arguments: Mapping[str, Any], accepted: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if name in accepted}


def find_defaults(arguments: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give the ``default_args`` that hold for a task, the outermost first, each without what it inherits."""
    dag, group = find_surroundings(arguments)
    layers = [("default_args of the DAG", dag.default_args)] if dag is not None else []
    groups = []
    while group is not None:
        groups.append((f"default_args of the task group {group.group_id!r}", group.default_args))
        group = group.parent_group
    layers += [*reversed(groups), (OWN_DEFAULTS, arguments.get("default_args") or {})]
    inherited: dict[str, Any] = {}
    for name, defaults in layers:
        if defaults:
            yield name, {key: value for key, value in defaults.items() if inherited.get(key) is not value}
            inherited.update(defaults)


def describe_task(arguments: Mapping[str, Any]) -> str | None:
    """Name the task that has these arguments, with its group and DAG."""
    task_id = arguments.get("task_id")
    if task_id is None:
        return None
    dag, group = find_surroundings(arguments)
    return _name(group.child_id(task_id) if group is not None else task_id, dag)


def describe_partial(arguments: Mapping[str, Any]) -> str:
    """Name a task that is to be mapped; Airflow has put the id of its group before its own already."""
    return _name(arguments["task_id"], arguments.get("dag"))


def _name(full_id: str, dag: Any) -> str:
    return name_task(full_id, None if dag is None else dag.dag_id)


def find_surroundings(arguments: Mapping[str, Any]) -> tuple[Any, Any]:
    """Find the DAG and the task group that a task belongs to."""
    dag = arguments.get("dag") or get_current_dag()
    return dag, arguments.get("task_group") or (get_current_task_group(dag) if dag else None)
