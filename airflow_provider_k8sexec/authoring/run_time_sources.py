"""The sources of values that are known later, checked once a DAG is complete: its params, its upstream tasks.

The default of a param is written into the pod's annotation: the launch has no DAG to read it from.
Source: https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/params.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from attrs import evolve

from airflow_provider_k8sexec import _compat
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.exceptions import K8sExecError, Problem, SpecError, name_task
from airflow_provider_k8sexec.options.declaration import NOTHING, Declaration, parse_at_place
from airflow_provider_k8sexec.options.nearest_names import find_nearest
from airflow_provider_k8sexec.options.resource_names import BYTES, COMPUTE_RESOURCES
from airflow_provider_k8sexec.options.resources import find_excess
from airflow_provider_k8sexec.options.run_time import (
    ABSENT,
    RETURN_VALUE,
    FromParam,
    FromXCom,
    RunTimeValue,
    find_defaults,
    to_json,
)
from airflow_provider_k8sexec.options.run_time_places import Place, name_place
from airflow_provider_k8sexec.pod.executor_config import ExecutorConfig
from airflow_provider_k8sexec.pod.task_request import TaskRequest
from airflow_provider_k8sexec.rules import check_known_value
from airflow_provider_k8sexec.site.option_table import name_option

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_k8sexec.options.declaration import Layers

_MOST_CHOICES = 100
_CUTOFF_OF_PARAMS = 0.82
"""``memoyr`` is ``memory``, and ``size1``, which a run may have, is not ``size2``."""
_WRITE_DEFAULT = "give it another default, or none: Param(type='string'), whose value each run has to give"


def complete_sources(
    tasks: Iterable[Any], locate: Callable[[Any], tuple[str, int]]
) -> Iterator[K8sExecError]:
    """Check where the options of tasks take values from, and add the defaults of params.

    Where XComs are not in the database, tasks that name one are warned of.

    Args:
        tasks: Tasks of a complete DAG, mapped or not, that have an ``executor_config``.
        locate: Finds the file and line where a task is made.

    Yields:
        What is wrong with the sources of a task: one error for each such task.
    """
    for task in tasks:
        config = task.executor_config
        if not isinstance(config, ExecutorConfig) or not config.is_as_declared:
            continue
        request = config.request
        run_time = request.declaration.run_time
        if not run_time:
            continue
        problems = [
            problem.within(_name_layer(request, place))
            for place, source in run_time.items()
            for problem in _check(task, place, source)
        ]
        if problems:
            error = SpecError(problems, name_task(task.task_id, task.dag_id), locate(task))
            try:
                request = load_context().replace_refused(error, request)
            except SpecError:
                yield error
        complete = complete_request(task, request)
        for problem in _find_doubtful(task, run_time, complete.declaration.run_time):
            whose = name_task(task.task_id, task.dag_id)
            load_context().warn(f"{whose}: {problem}", problem.code, locate(task))
        completed = ExecutorConfig.of(complete)
        completed.is_whole, completed.follows = config.is_whole, config.follows
        _compat.replace_executor_config(task, completed)


def _name_layer(request: TaskRequest, place: Place) -> str:
    """Name the layer that has given a source, such as ``profile 'small': ``; empty for the task's own."""
    layer = request.authors.of_run_time(place).layer
    return f"{layer}: " if layer else ""


def complete_request(task: Any, request: TaskRequest) -> TaskRequest:
    """Give a request whose sources know the defaults of the task's params."""
    if not any(isinstance(source, FromParam) for source in request.declaration.run_time.values()):
        return request
    outer, inner = _add_declared(task, request.outer), _add_declared(task, request.inner)
    return type(request)(outer, inner, request.deployment, request.others)


def _add_declared(task: Any, layers: Layers) -> Layers:
    return [(name, _add_to_layer(task, declared)) for name, declared in layers]


def _add_to_layer(task: Any, declared: Declaration) -> Declaration:
    if not declared.run_time:
        return NOTHING if declared is NOTHING else declared
    run_time = {
        place: evolve(source, declared=_find_param(task, source.name).default)
        if isinstance(source, FromParam)
        else source
        for place, source in declared.run_time.items()
    }
    return evolve(declared, run_time=run_time)


class _Param:
    """A param of a task or its DAG.

    Attributes:
        is_declared: Whether there is such a param.
        default: Its default; ``ABSENT`` where there is none.
        schema: Its JSON schema.
    """

    def __init__(self, param: Any = ABSENT) -> None:
        self.is_declared = param is not ABSENT
        value = getattr(param, "value", param)
        is_set = self.is_declared and type(value).__name__ != "ArgNotSet"
        self.default = to_json(value) if is_set else ABSENT
        schema = getattr(param, "schema", None)
        self.schema: Mapping[str, Any] = schema if isinstance(schema, Mapping) else {}


def _find_param(task: Any, name: str) -> _Param:
    """Find a param of a task; Airflow has merged those of its DAG into them."""
    for params in (task.params, getattr(task.dag, "params", None)):
        # Airflow's own mapping gives a param's value, and validates it first.
        held = getattr(params, "_ParamsDict__dict", params)
        if isinstance(held, Mapping) and name in held:
            return _Param(held[name])
    return _Param()


def _check(task: Any, place: Place, source: RunTimeValue) -> Iterator[Problem]:
    if isinstance(source, FromParam):
        return _check_param(task, place, source)
    return _check_xcom(task, place, source)


def _check_param(task: Any, place: Place, source: FromParam) -> Iterator[Problem]:
    param, field = _find_param(task, source.name), name_place(place)
    if not param.is_declared:
        if source.default is ABSENT:
            nearest = _find_nearest_param(task, source.name)
            remedy = (
                f"write from_param({nearest!r})" if nearest else "declare it in params=, or write default="
            )
            yield _problem(place, source, "names no param of the DAG or the task", remedy)
        return
    if _has_mapped_params(task):
        reason = "names a param that .expand(params=...) gives each instance, and no launch reads those"
        yield _problem(place, source, reason, "write from_xcom('task_id'), of a task that returns a list")
    kinds = param.schema.get("type")
    types = [kinds] if isinstance(kinds, str) else kinds
    if (
        COMPUTE_RESOURCES.get(place[0]) in BYTES
        and isinstance(types, list)
        and not {"string", "array"} & {*map(str, types)}
    ):
        reason = f"names a param of the type {'/'.join(map(str, types))}, which has no unit"
        yield _problem(place, source, reason, "declare it with type='string'")
    choices = param.schema.get("enum")
    values = [] if param.default is ABSENT else [param.default]
    values += [to_json(choice) for choice in choices[:_MOST_CHOICES]] if isinstance(choices, list) else []
    if None in values:
        yield _problem(place, source, "names a param that is None by default", _WRITE_DEFAULT)
        values = [value for value in values if value is not None]
    seen = set()
    for value in _each_instance(task, values):
        read, problems = parse_at_place(place, source, value)
        for problem in problems or check_known_value(place, TaskRequest.alone(read)):
            if problem not in seen:
                seen.add(problem)
                yield problem._replace(field=f"the param {source.name!r} of {field}", code="K8S116")


def _find_nearest_param(task: Any, name: str) -> str | None:
    known = [*task.params, *getattr(task.dag, "params", {})]
    return find_nearest(name.removeprefix("params."), known, _CUTOFF_OF_PARAMS)


def _has_mapped_params(task: Any) -> bool:
    """Report whether mapped instances have params of their own, which Airflow sets as they start."""
    expanded = getattr(getattr(task, "expand_input", None), "value", None)
    given = expanded if isinstance(expanded, (list, tuple)) else [expanded]
    return any(isinstance(part, Mapping) and "params" in part for part in given)


def _each_instance(task: Any, values: list[Any]) -> list[Any]:
    """Give the values of each mapped instance, where a list has one for each."""
    if not _is_mapped(task):
        return values
    return [item for value in values for item in (value if isinstance(value, list) else [value])]


def _check_xcom(task: Any, place: Place, source: FromXCom) -> Iterator[Problem]:
    tasks = task.dag.task_dict
    upstream = tasks.get(source.task_id)
    if upstream is None:
        nearest = find_nearest(source.task_id, tasks)
        remedy = f"write {nearest!r}" if nearest else "write the id of a task, after those of its groups"
        yield _problem(place, source, "names no task of the DAG", remedy)
    elif upstream is task:
        reason = "names the task itself, which has pushed nothing as its pod is launched"
        yield _problem(place, source, reason, "write the id of a task before it, or from_param('name')")
    elif source.task_id not in task.get_flat_relative_ids(upstream=True):
        reason = "names a task that is not upstream, and so may not have run"
        yield _problem(place, source, reason, f"let {task.task_id!r} follow {source.task_id!r} with >>")
    elif _is_mapped(upstream) and not _is_mapped(task):
        reason = "names a mapped task, whose instances push one value each"
        yield _problem(place, source, reason, "let one task reduce them, and name that")
    elif source.key == RETURN_VALUE and not _pushes(upstream):
        yield _problem(place, source, "names a task that pushes no XCom", "write do_xcom_push=True there")


def _pushes(task: Any) -> bool:
    given = getattr(task, "partial_kwargs", None)
    return bool(given.get("do_xcom_push", True) if given is not None else task.do_xcom_push)


def _is_mapped(task: Any) -> bool:
    """Report whether a task, or a group around it, has mapped instances."""
    if hasattr(task, "partial_kwargs"):
        return True
    group = getattr(task, "task_group", None)
    while group is not None:
        if type(group).__name__ == "MappedTaskGroup":
            return True
        group = group.parent_group
    return False


def _problem(place: Place, source: RunTimeValue, reason: str, remedy: str) -> Problem:
    return Problem(name_place(place), repr(source), reason, remedy, code="K8S116")


def _find_doubtful(
    task: Any, run_time: Mapping[Place, RunTimeValue], complete: Mapping[Place, RunTimeValue]
) -> Iterator[Problem]:
    """Find what is to be warned of: in the sources as they are written, and with the defaults of params."""
    yield from _find_foreign_backend(run_time)
    yield from _find_near_names(task, run_time)
    yield from _find_large_defaults(task, complete)


def _find_foreign_backend(run_time: Mapping[Place, RunTimeValue]) -> Iterator[Problem]:
    """Find XComs that are not in the database: a launch reads none from elsewhere."""
    for place, source in run_time.items():
        if isinstance(source, FromXCom) and not _compat.has_own_xcom_backend():
            backend = _compat.load_option("core", "xcom_backend")
            reason = f"is not in the database: [core] xcom_backend is {backend!r}, so each launch fails"
            yield _problem(place, source, reason, "write from_param")


def _find_near_names(task: Any, run_time: Mapping[Place, RunTimeValue]) -> Iterator[Problem]:
    """Find params that nothing declares and whose default would hide a misspelt name for ever."""
    for place, source in run_time.items():
        if not isinstance(source, FromParam) or source.default is ABSENT:
            continue
        if _find_param(task, source.name).is_declared:
            continue
        nearest = _find_nearest_param(task, source.name)
        if nearest is not None:
            reason = f"names no param of the DAG or the task, which have {nearest!r}"
            remedy = f"write from_param({nearest!r}), or declare it in params="
            yield _problem(place, source, reason, remedy)


def _find_large_defaults(task: Any, run_time: Mapping[Place, RunTimeValue]) -> Iterator[Problem]:
    """Find defaults that are more than the site allows of such values: each launch with one fails."""
    try:
        most = load_context().max_runtime.resources
    except K8sExecError:  # of the site, and `k8sexec doctor` reports it
        return
    for place, source in run_time.items() if most else ():
        found: dict[Problem, None] = {}
        for default in _each_default(task, source):
            amounts = parse_at_place(place, source, default)[0].resources
            for _, amount, allowed in find_excess(amounts, most):
                if amount is not None:
                    reason = f"is {amount} by default, and {name_option('max_runtime')} allows {allowed}"
                    found[_problem(place, source, reason, "give it a smaller default")] = None
        yield from found


def _each_default(task: Any, source: RunTimeValue) -> list[Any]:
    """Give the default that counts: a param's of each mapped instance; a list in ``default=`` is a pair."""
    defaults = [to_json(default) for default in find_defaults(source)[:1]]
    is_of_param = isinstance(source, FromParam) and source.declared is not ABSENT
    return _each_instance(task, defaults) if is_of_param else defaults
