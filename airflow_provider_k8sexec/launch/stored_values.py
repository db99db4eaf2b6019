"""Reads params and XComs of a run from Airflow's database, for the values of a pod that is launched.

What tasks push is read as untrusted input: plain JSON of bounded length, never unpickled, and no class that
it names is imported. The conf of a run is read as the scheduler itself reads it.
Source: https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/xcoms.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.executor_names import POD_OVERRIDE
from airflow_provider_k8sexec.options.bounds import describe_excess
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.options.run_time import ABSENT, FromParam, FromXCom, RunTimeValue
from airflow_provider_k8sexec.pod.annotations import AT_RUN_TIME_ANNOTATION
from airflow_provider_k8sexec.pod.fields import read_field, read_strings

if TYPE_CHECKING:
    from airflow_provider_k8sexec.options.run_time_places import Place
    from airflow_provider_k8sexec.pod.pod_try import PodTry

LONGEST_XCOM = 65_536
"""The most characters of an XCom: 1,024 mapped instances, of 60 characters each."""

MOST_PARTS = 2_000
"""The most keys and values of what one option gets: the scheduler waits for the check of each, 20 ms for so
many (*measured*)."""

_CLASS_KEYS = ("__classname__", "__type", "__class__")
"""The keys by which Airflow marks what was no plain JSON as it was pushed."""
_TUPLE = "builtins.tuple"


class UnknownValueError(Exception):
    """A value cannot be known; the message is a clause.

    Attributes:
        remedy: What to do, as an imperative.
    """

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.remedy = remedy


def load_values(
    of: PodTry, sources: Mapping[Place, RunTimeValue], annotation: str
) -> dict[Place, Any | UnknownValueError]:
    """Load the values of a pod's options, with one query.

    Args:
        of: The try that the pod is for.
        sources: The sources of the values.
        annotation: The pod's annotation that names them.

    Returns:
        Each value, or why it is not known.

    Raises:
        Exception: The database cannot be read; whatever its driver raises.
    """
    xcoms = {(source.task_id, source.key) for source in sources.values() if isinstance(source, FromXCom)}
    columns = ("conf",) if any(isinstance(source, FromParam) for source in sources.values()) else ()
    wanted = xcoms if compat.has_own_xcom_backend() else set()
    rows = compat.load_run_time_rows(of.instance, sorted(wanted), *columns, longest=LONGEST_XCOM + 1)
    config, *of_run = next(([*row] for row in rows if row[0] is not None), [None])
    if _annotation_of(config) != annotation:
        # An override can replace the annotations by which a pod names its task, to read what another DAG
        # has pushed. Airflow's own record of that task does not ask for it.
        reason = "is not what the task that the pod names was queued with"
        return dict.fromkeys(sources, UnknownValueError(reason, "clear the task, so that it is queued anew"))
    stored = {tuple(row[-4:-1]): _load(row[-1]) for row in rows if wanted and row[-4] is not None}
    conf = of_run[0] if columns else None
    return {place: _resolve(source, of.map_index, stored, conf) for place, source in sources.items()}


def _annotation_of(executor_config: Any) -> str | None:
    override = executor_config.get(POD_OVERRIDE) if isinstance(executor_config, Mapping) else None
    return read_strings(read_field(override, "metadata"), "annotations").get(AT_RUN_TIME_ANNOTATION)


def _resolve(
    source: RunTimeValue, map_index: int, stored: Mapping[tuple[Any, ...], Any], conf: Any
) -> Any | UnknownValueError:
    try:
        if isinstance(source, FromParam):
            return _resolve_param(source, map_index, conf)
        return _resolve_xcom(source, map_index, stored)
    except UnknownValueError as error:
        return error


def _resolve_param(source: FromParam, map_index: int, conf: Any) -> Any:
    """Give the value of a param: the run's before the task's and the DAG's, as Airflow does."""
    value = source.declared
    if isinstance(conf, Mapping) and source.name in conf and _does_conf_override():
        value = conf[source.name]
    if value is not ABSENT:
        return _choose(value, map_index)
    if source.default is not ABSENT:
        return source.default
    raise UnknownValueError(
        "is in the params of neither the run, the task nor the DAG", "trigger a run with it, or declare it"
    )


def _does_conf_override() -> bool:
    return (compat.load_option("core", "dag_run_conf_overrides_params") or "true").strip().lower() in {
        "true",
        "t",
        "1",
    }


def _resolve_xcom(source: FromXCom, map_index: int, stored: Mapping[tuple[Any, ...], Any]) -> Any:
    """Give the value of an XCom: of an upstream instance of the same index, else of the task itself."""
    if not compat.has_own_xcom_backend():
        backend = compat.load_option("core", "xcom_backend")
        raise UnknownValueError(
            f"is kept by the XCom backend {show(backend)}, and a launch reads the database alone",
            "write from_param, or push it where [core] xcom_backend is Airflow's own",
        )
    of_instance = (source.task_id, source.key, map_index)
    of_task = (source.task_id, source.key, -1)
    if map_index >= 0 and of_instance in stored:
        return _require_plain(_raise_if_unknown(stored[of_instance]))
    if of_task in stored:
        return _choose(_raise_if_unknown(stored[of_task]), map_index)
    if source.default is not ABSENT:
        return source.default
    raise UnknownValueError(
        "was not pushed in this run",
        f"let task {source.task_id!r} push it, or write default=",
    )


def _raise_if_unknown(value: Any | UnknownValueError) -> Any:
    if isinstance(value, UnknownValueError):
        raise value
    return value


def _choose(value: Any, map_index: int) -> Any:
    """Choose a mapped instance's value of a list, which alone is looked through: a list may be long.

    Raises:
        UnknownValueError: The list is too short, or the value not plain.
    """
    items = _unwrap_tuple(value)
    if map_index < 0 or not isinstance(items, list):
        return _require_plain(value)
    if map_index >= len(items):
        raise UnknownValueError(
            f"is a list of {len(items)} values, and this is the mapped instance {map_index}",
            "give a list with a value for each instance",
        )
    return _require_plain(items[map_index])


def _load(stored: str | bytes | None) -> Any | UnknownValueError:
    try:
        return load_json(stored)
    except UnknownValueError as error:
        return error


def load_json(stored: str | bytes | None) -> Any:
    """Load the JSON of an XCom as the database holds it.

    What reaches Airflow 3 by its Python API is stored as a JSON string that holds JSON, and read as well.

    Raises:
        UnknownValueError: It is too long, or not JSON.
    """
    if stored is None:
        return None
    if len(stored) > LONGEST_XCOM:
        raise UnknownValueError(f"is longer than {LONGEST_XCOM} characters", "push a shorter value")
    value = _parse_json(stored)
    if isinstance(value, str) and value[:1] in ('"', "[", "{"):  # no option has a value that begins so
        value = _parse_json(value)
    return value


def _parse_json(stored: str | bytes) -> Any:
    try:
        text = stored.decode() if isinstance(stored, bytes) else stored
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        reason = "is not stored as JSON: it was pickled or encrypted, or holds NaN"
        raise UnknownValueError(reason, "push a string, a number, a list or a dict") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _require_plain(value: Any) -> Any:
    """Give a value with tuples as lists; what else Airflow has serialised is no plain value.

    Raises:
        UnknownValueError: It is an object of a class, or holds too much.
    """
    excess = describe_excess(value, MOST_PARTS)
    if excess is not None:
        raise UnknownValueError(excess, "push less")
    return _unwrap(value)


def _unwrap(value: Any) -> Any:
    if isinstance(value, list):
        return [_unwrap(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    items = _unwrap_tuple(value)
    if isinstance(items, list):
        return [_unwrap(item) for item in items]
    marks = [key for key in _CLASS_KEYS if key in value]
    if not marks:
        return {key: _unwrap(item) for key, item in value.items()}
    raise UnknownValueError(
        f"is an object of the class {show(value[marks[0]])}", "push a string, a number, a list or a dict"
    )


def _unwrap_tuple(value: Any) -> Any:
    """Give the items of a tuple as Airflow has serialised it; anything else as it is."""
    if isinstance(value, Mapping) and _TUPLE in (value.get(key) for key in _CLASS_KEYS):
        items = value.get("__data__")
        return items if isinstance(items, list) else value
    return value
