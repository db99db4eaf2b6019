"""The only module that depends on which Airflow is installed.

Airflow 2.11 and 3.x have the same objects in different modules; all other modules import them from here.
"""

from __future__ import annotations

import contextlib
import copy
import datetime as dt
import importlib
import inspect
import json
import logging
import os
import sys
import traceback
from configparser import ConfigParser, InterpolationError
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import airflow
from airflow import __version__ as airflow_version

from airflow_provider_k8sexec.executor_names import (
    DAG_PROCESSOR_COMMAND,
    EXECUTOR_CONFIG,
    TASK_COMMAND,
    name_variable,
)

AIRFLOW_3 = int(airflow_version.partition(".")[0]) >= 3  # noqa: PLR2004  # a version is no magic number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

if TYPE_CHECKING or AIRFLOW_3:
    from airflow.sdk import task
    from airflow.sdk.definitions._internal.contextmanager import DagContext, TaskGroupContext

    get_current_dag = DagContext.get_current
    get_current_task_group = TaskGroupContext.get_current
else:
    from airflow.decorators import task
    from airflow.models.dag import DagContext
    from airflow.utils.task_group import TaskGroupContext

    get_current_dag = DagContext.get_current_dag
    get_current_task_group = TaskGroupContext.get_current_task_group

__all__ = [
    "AIRFLOW_3",
    "add_upstream",
    "airflow_version",
    "arguments_of",
    "find_bundle_team",
    "find_dag_folder",
    "first_values_of",
    "get_current_dag",
    "get_current_task_group",
    "has_own_xcom_backend",
    "is_option_set",
    "is_public_option",
    "is_sensitive_name",
    "list_dag_files",
    "list_options",
    "list_yaml_files",
    "load_coordinator_extra",
    "load_dag_bag",
    "load_executor_config",
    "load_fail_exception",
    "load_kube_client",
    "load_named_executors",
    "load_operator",
    "load_option",
    "load_pod_generator",
    "load_pod_operator",
    "load_run_time_rows",
    "load_shortest_mask",
    "load_stats",
    "load_stored_xcom",
    "load_team",
    "load_try_models",
    "load_xcom_model",
    "mask_output",
    "mask_secrets",
    "match_identity",
    "match_last_try",
    "open_session",
    "remove_half_made",
    "replace_executor",
    "replace_executor_config",
    "replace_xcom",
    "runs_task",
    "select_earlier_tries",
    "select_named_executors",
    "select_stored_xcom",
    "select_xcoms",
    "store_as_xcom",
    "store_xcom",
    "task",
    "watched_tasks",
]


def load_option(section: str, option: str, *, team: str = "") -> str | None:
    """Read an option of Airflow's configuration; ``None`` where it is not set.

    Args:
        section: The section.
        option: The option.
        team: The team whose option it is (Airflow 3.2 and later).

    Raises:
        ValueError: ``airflow.cfg`` has a ``%`` in its value that is not written ``%%``.
    """
    from airflow.configuration import conf  # not every importer needs it

    try:
        return conf.get(section, option, fallback=None, **({"team_name": team} if team else {}))
    except InterpolationError as error:
        raise ValueError(f"[{section}] {option} has a '%' that is not written '%%'") from error


def is_option_set(section: str, option: str) -> bool:
    """Report whether an option has been set, in the environment or in ``airflow.cfg``.

    Airflow writes an ``airflow.cfg`` with its defaults where there is none, so a default value there does not
    count as set.
    """
    from airflow.configuration import conf  # not every importer needs it

    name = name_variable(section, option)
    if any(variable in os.environ for variable in (name, f"{name}_CMD", f"{name}_SECRET")):
        return True
    # Airflow's own has_option is true for its built-in defaults as well.
    if not ConfigParser.has_option(conf, section, option):
        return False
    return bool(conf.get(section, option) != conf.get_default_value(section, option))


_YAML = (".yaml", ".yml")


def list_options(section: str) -> set[str]:
    """List the options of a section that something sets: the environment, or ``airflow.cfg``.

    Airflow's own ``getsection`` runs the commands that options may name (``AIRFLOW__..._CMD``) to get values.
    """
    from airflow.configuration import conf  # not every importer needs it

    prefix = f"AIRFLOW__{section.upper()}__"
    names = {name.removeprefix(prefix) for name in os.environ if name.startswith(prefix)}
    listed = {name.removesuffix("_CMD").removesuffix("_SECRET").lower() for name in names}
    # The methods of the base class: Airflow's own add the options that providers describe.
    if ConfigParser.has_section(conf, section):
        listed.update(ConfigParser.options(conf, section))
    return listed


def load_operator(module: str, name: str) -> Any:
    """Load one of Airflow's standard operators."""
    return _import_first(
        f"airflow.providers.standard.operators.{module}:{name}",
        f"airflow.operators.{module}:{name}",
    )


def load_pod_operator() -> Any:
    """Load Airflow's KubernetesPodOperator, and with it the kubernetes client."""
    return _import_first("airflow.providers.cncf.kubernetes.operators.pod:KubernetesPodOperator")


def load_pod_generator() -> Any:
    """Load the class by which Airflow reads and merges pods."""
    return _import_first("airflow.providers.cncf.kubernetes.pod_generator:PodGenerator")


def add_upstream(task: Any, values: Any) -> None:
    """Let a task follow those whose results its arguments refer to, in structures of any depth.

    Airflow does so for template fields alone.
    """
    xcom_arg = _import_first("airflow.sdk.definitions.xcom_arg:XComArg", "airflow.models.xcom_arg:XComArg")
    xcom_arg.apply_upstream_relationship(task, values)


def list_dag_files(path: str) -> list[str]:
    """List the files that Airflow would load of a folder; a file is listed as it is.

    ``.airflowignore`` holds, and a file without the words that Airflow looks for is none with a DAG
    (https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/dags.html#airflowignore).
    """
    from airflow.utils.file import list_py_file_paths  # loads Airflow's configuration

    absolute = os.path.abspath(path)  # noqa: PTH100  # links stay, for Airflow does not follow them
    # Airflow 2 adds its own examples to any folder, unless `[core] load_examples` is off.
    return sorted(file for file in list_py_file_paths(absolute) if Path(file).is_relative_to(absolute))


def list_yaml_files(path: str) -> list[str]:
    """List the YAML files of a folder that ``.airflowignore`` does not name; a file is listed as it is."""
    find = _import_first(
        "airflow._shared.module_loading:find_path_from_directory",
        "airflow.utils.file:find_path_from_directory",  # until 3.1
    )
    absolute = os.path.abspath(path)  # noqa: PTH100  # as above
    if os.path.isfile(absolute):  # noqa: PTH113  # likewise
        return [absolute] if absolute.endswith(_YAML) else []
    syntax = load_option("core", "dag_ignore_file_syntax") or "glob"
    return sorted(file for file in map(str, find(absolute, ".airflowignore", syntax)) if file.endswith(_YAML))


def is_shipped_by_airflow(path: str) -> bool:
    """Report whether a DAG file is an example of Airflow's own, or of a provider."""
    return any(Path(path).is_relative_to(folder) for folder in airflow.__path__)


def load_dag_bag(*paths: str, before_each: Callable[[str], object] = str) -> Any:
    """Load the DAGs of files, or of the files in folders, without a database.

    They are loaded as Airflow loads them: by absolute paths, and with the folder of DAGs on ``sys.path``
    (https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/modules_management.html).

    Args:
        *paths: The files and folders.
        before_each: Called with each file before it is loaded.
    """
    return load_dag_files({file: path for path in paths for file in list_dag_files(path)}, before_each)


def load_dag_files(files: Mapping[str, str], before_each: Callable[[str], object] = str) -> Any:
    """Load the DAGs of files, as above.

    Args:
        files: The files, each with the file or folder by which it was named.
        before_each: Called with each file before it is loaded.
    """
    dag_bag = _import_first(
        "airflow.dag_processing.dagbag:DagBag",  # from 3.2 on
        "airflow.models.dagbag:DagBag",
    )
    folder = os.path.abspath(next(iter(files.values()), "."))  # noqa: PTH100  # as above
    bag = dag_bag(dag_folder=folder, collect_dags=False)
    for file, path in files.items():
        before_each(file)
        with _importable(find_dag_folder(Path(os.path.abspath(path)))), _same_folder():  # noqa: PTH100
            try:
                bag.process_file(file, only_if_updated=False, safe_mode=False)
            except KeyboardInterrupt:
                raise
            except BaseException:  # noqa: BLE001  # Airflow 3 keeps it as an error of the file; Airflow 2 ends
                bag.import_errors[file] = traceback.format_exc()
    return bag


@contextlib.contextmanager
def watched_tasks(watch: Callable[[Any], object]) -> Iterator[None]:
    """Call a function with each task that a DAG gets, in the block; Airflow has no hook for that."""
    dag_class = _import_first("airflow.sdk:DAG", "airflow.models.dag:DAG")
    add_task = dag_class.add_task

    def add_watched(dag: Any, task: Any) -> None:
        add_task(dag, task)
        watch(task)

    dag_class.add_task = add_watched
    try:
        yield
    finally:
        dag_class.add_task = add_task


def remove_half_made(dag: Any, group: Any) -> None:
    """Remove from a group what its DAG does not have: Airflow 3 adds a task before it refuses arguments."""
    for key, child in [*group.children.items()]:
        if not hasattr(child, "children") and key not in dag.task_dict:
            group.children.pop(key)
            group.used_group_ids.discard(key)


def find_dag_folder(path: Path) -> Path:
    """Find the folder of DAGs around a file or folder.

    Returns:
        ``[core] dags_folder``, if it is in that; else the next folder around it called ``dags``, as Astro
        projects have it; else the folder itself, or that of the file.
    """
    folder = path if path.is_dir() else path.parent
    around = [folder, *folder.parents]
    configured = Path(load_option("core", "dags_folder") or "/")
    if configured in around[:-1]:
        return configured
    return next((parent for parent in around if parent.name == "dags"), folder)


@contextlib.contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Let modules of a folder be imported, as long as the block lasts, after all that can be already."""
    sys.path.append(str(folder))
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):  # a DAG file may have replaced the list
            sys.path.remove(str(folder))


@contextlib.contextmanager
def _same_folder() -> Iterator[None]:
    """Return to the current folder after a DAG file, which may go to another: paths are relative to it."""
    folder = Path.cwd()
    try:
        yield
    finally:
        os.chdir(folder)


def is_sensitive_name(name: str) -> bool:
    """Report by a name whether Airflow hides the value.

    Airflow hides values with names as of a password (``[core] sensitive_var_conn_names``). Environment
    variables are sensitive, too, that hold a connection or one of Airflow's sensitive options
    (``AIRFLOW__CORE__FERNET_KEY``), or refer to it.
    """
    should_hide = _import_first(
        "airflow._shared.secrets_masker:should_hide_value_for_key",  # from 3.1 on
        "airflow.sdk.execution_time.secrets_masker:should_hide_value_for_key",  # 3.0
        "airflow.utils.log.secrets_masker:should_hide_value_for_key",
    )
    return bool(should_hide(name)) or name.startswith("AIRFLOW_CONN_") or _is_sensitive_option(name)


def _is_sensitive_option(variable: str) -> bool:
    """Report whether an environment variable sets an option that Airflow itself never shows."""
    from airflow.configuration import conf  # not every importer needs it

    prefix, _, option = variable.partition("__")
    if prefix != "AIRFLOW" or not option:
        return False
    option = option.rpartition("___")[2]  # without the team whose option it is
    option = option.removesuffix("_CMD").removesuffix("_SECRET")
    variables = {name_variable(*sensitive) for sensitive in conf.sensitive_config_values}
    return f"{prefix}__{option}" in variables


def load_kube_client(team: str = "") -> Any:
    """Make a client of the cluster as the KubernetesExecutor makes its own, by ``[kubernetes_executor]``.

    It makes each request once. Airflow's own repeats one that fails ten times, with a line in the log for
    each, and a request's timeout holds for each attempt: where the API server accepts connections and does
    not answer, a timeout of 3 s was 33 s (*measured*).

    Args:
        team: The team whose executor it is; empty where there are no teams.
    """
    make = _import_first(
        "airflow.providers.cncf.kubernetes.kube_client:_get_executor_kube_client",  # knows client_factory
        "airflow.providers.cncf.kubernetes.kube_client:get_kube_client",
    )
    knows_teams = "team_name" in inspect.signature(make).parameters
    client = make(team_name=team) if team and knows_teams else make()
    with contextlib.suppress(AttributeError):  # a site's client_factory may make a client of another kind
        client.api_client.rest_client.pool_manager.connection_pool_kw["retries"] = False
    return client


def load_team(dag_id: str, session: Any) -> str:
    """Read the team of a DAG; empty where there are no teams, as before Airflow 3.2."""
    from airflow.models.dag import DagModel  # only processes with a database

    find = getattr(DagModel, "get_team_name", None)
    return (find(dag_id, session=session) or "") if find else ""


def find_bundle_team(file: str) -> str | None:
    """Find the team of the bundle that has a DAG file (Airflow 3.2 and later), by the paths of bundles.

    Airflow's own check of ``executor=`` has the bundle's name, which no policy gets; and a process that
    parses has no database.

    Returns:
        The team; empty where the bundle has none, and ``None`` where no configured bundle has the file.
    """
    options = (load_option("dag_processor", "dag_bundle_config_list"), load_option("core", "dags_folder"))
    found = _find_bundle_teams(*options)
    folders = Path(file).resolve().parents
    return next((found[folder] for folder in folders if folder in found), None)


@lru_cache(maxsize=1)
def _find_bundle_teams(*_: str | None) -> dict[Path, str]:
    """Find the team of each bundle by its folder, anew where these options have changed.

    For each task of a DAG again, sixty bundles took 4 ms a task (*measured*).
    """
    from airflow.configuration import conf  # not every importer needs it

    found: dict[Path, str] = {}
    with contextlib.suppress(Exception):  # a mistake there is Airflow's to report
        bundles: Any = conf.getjson("dag_processor", "dag_bundle_config_list")
        found = {_find_bundle_path(bundle): bundle.get("team_name") or "" for bundle in bundles}
    return found


def _find_bundle_path(bundle: dict[str, Any]) -> Path:
    """Give where a bundle has its files: a folder of its own, or one below the storage of all bundles."""
    if bundle["classpath"].endswith(".LocalDagBundle"):
        path = (bundle.get("kwargs") or {}).get("path") or load_option("core", "dags_folder") or ""
    else:
        base = _import_first("airflow.dag_processing.bundles.base:get_bundle_base_folder")
        path = base(bundle["name"])
    return Path(path).resolve()


def runs_task() -> bool:
    """Report whether this process loads a DAG file to run one of its tasks, for whatever executor."""
    if DAG_PROCESSOR_COMMAND in sys.modules:  # its children have a supervisor, too
        return False
    runner = sys.modules.get("airflow.sdk.execution_time.task_runner")
    return hasattr(runner, "SUPERVISOR_COMMS") or TASK_COMMAND in sys.modules


def load_executor_config(
    *, dag_id: str, task_id: str, run_id: str, map_index: int, try_number: int
) -> dict[str, Any]:
    """Load the ``executor_config`` that a try was queued with; an empty one where there is no such try."""
    from airflow.models.taskinstance import TaskInstance  # only processes with a database
    from sqlalchemy import select

    query = select(TaskInstance.executor_config).where(
        TaskInstance.dag_id == dag_id,
        TaskInstance.task_id == task_id,
        TaskInstance.run_id == run_id,
        TaskInstance.map_index == map_index,
        TaskInstance.try_number == try_number,
    )
    with open_session() as session:
        return session.scalar(query) or {}


def select_named_executors(dag_id: str, run_id: str) -> Any:
    """Build the query of the executors that task instances of a run name."""
    from airflow.models.taskinstance import TaskInstance  # only processes with a database
    from sqlalchemy import select

    of_run = (TaskInstance.dag_id == dag_id, TaskInstance.run_id == run_id)
    return select(TaskInstance.executor).where(*of_run, TaskInstance.executor.is_not(None)).distinct()


def load_named_executors(dag_id: str, run_id: str) -> frozenset[str]:
    """Load the executors that task instances of a run name."""
    with open_session() as session:
        return frozenset(session.scalars(select_named_executors(dag_id, run_id)))


def open_session() -> Any:
    """Open a session of its own, which is only read from.

    The scheduler may be in a transaction. On Airflow 2.11 a nested ``create_session()`` is the scheduler's
    own session, and would commit that transaction.
    """
    from airflow import settings  # only processes with a database
    from sqlalchemy.orm import Session

    return Session(bind=settings.engine)


def load_try_models() -> tuple[Any, ...]:
    """Load the models of tries: of the last ones, and, where those have a table of their own, of all others.

    From Airflow 3.4 on, one table has all: ``working_set`` is true for the last try, and NULL for the others.
    Its column ``map_index`` has another name there, so take attributes of the model, not of its table.
    """
    from airflow.models.taskinstance import TaskInstance  # only processes with a database

    if hasattr(TaskInstance, "working_set"):
        return (TaskInstance,)
    return TaskInstance, _import_first("airflow.models.taskinstancehistory:TaskInstanceHistory")


def match_last_try(identity: dict[str, Any]) -> list[Any]:
    """Build the conditions for the last try of a task instance.

    Args:
        identity: ``dag_id``, ``task_id``, ``run_id`` and ``map_index``.
    """
    last, *others = load_try_models()
    return [*match_identity(last, identity), *([] if others else [last.working_set.is_(True)])]


def select_earlier_tries(identity: dict[str, Any]) -> Any:
    """Build the query of the tries of a task instance before its last one, for a session of Airflow's.

    Args:
        identity: As above.
    """
    from sqlalchemy import select  # only processes with a database

    last, *others = load_try_models()
    if others:
        return select(others[0]).where(*match_identity(others[0], identity))
    earlier = select(last).where(*match_identity(last, identity), last.working_set.is_(None))
    return earlier.execution_options(include_all_attempts=True)


def match_identity(model: Any, identity: dict[str, Any]) -> list[Any]:
    """Build the conditions for the rows of a model that are of one thing.

    Args:
        model: The model: a table's columns may have other names.
        identity: What names the thing, by attributes of the model.
    """
    return [getattr(model, name) == value for name, value in identity.items()]


def replace_executor_config(task: Any, config: Any) -> None:
    """Give a task of a DAG, mapped or not, another ``executor_config``."""
    if hasattr(task, "partial_kwargs"):
        task.partial_kwargs[EXECUTOR_CONFIG] = config  # https://github.com/apache/airflow/issues/46714
    else:
        task.executor_config = config


def replace_executor(task: Any, executor: str) -> None:
    """Let another executor run a task of a DAG, mapped or not; ``[core] executor`` has to list it."""
    if hasattr(task, "partial_kwargs"):
        task.partial_kwargs["executor"] = executor  # like executor_config, it has no setter
    else:
        task.executor = executor


def arguments_of(task: Any) -> dict[str, Any]:
    """Give the arguments that a task was made with, as they were given.

    Those of ``default_args`` are among them, but for a mapped task, whose instances get them later.
    """
    if hasattr(task, "partial_kwargs"):
        mapped = task.expand_input.value
        return {**task.partial_kwargs, **(mapped if isinstance(mapped, dict) else {})}
    # No public attribute has them: operators convert some.
    return dict(getattr(task, "_BaseOperator__init_kwargs", {}))


def first_values_of(task: Any) -> dict[str, Any]:
    """Give the arguments of the first instance of a mapped task; what other tasks give is not known."""
    of_function = getattr(task, "op_kwargs_expand_input", None)
    if of_function is not None:
        return {"op_kwargs": _first_values(of_function.value)}
    return _first_values(task.expand_input.value)


def _first_values(mapped: Any) -> dict[str, Any]:
    if isinstance(mapped, (list, tuple)):  # of expand_kwargs
        return dict(mapped[0]) if mapped and isinstance(mapped[0], dict) else {}
    values = mapped.items() if isinstance(mapped, dict) else ()
    return {name: value[0] for name, value in values if isinstance(value, (list, tuple)) and value}


def serialize_task(task: Any) -> dict[str, Any]:
    """Serialise a task of a DAG, mapped or not, as Airflow does, but for its ``executor_config``."""
    bare = copy.copy(task)
    if hasattr(task, "partial_kwargs"):
        bare.partial_kwargs = {
            name: it for name, it in task.partial_kwargs.items() if name != EXECUTOR_CONFIG
        }
        method = "serialize_mapped_operator"
    else:
        vars(bare)[EXECUTOR_CONFIG] = {}
        method = "serialize_operator"
    serialization = _import_first(
        "airflow.serialization.serialized_objects:OperatorSerialization",  # from 3.2 on
        "airflow.serialization.serialized_objects:SerializedBaseOperator",
    )
    serialized: dict[str, Any] = getattr(serialization, method)(bare)
    return serialized


def is_public_option(name: str) -> bool:
    """Report whether an environment variable sets an option of Airflow's which Airflow itself shows."""
    return name.startswith("AIRFLOW__") and name in _load_known_options() and not is_sensitive_name(name)


@cache
def _load_known_options() -> frozenset[str]:
    from airflow.configuration import conf  # not every importer needs it

    sections = conf.configuration_description.items()
    options = [(section, key) for section, found in sections for key in found.get("options") or ()]
    return frozenset(name_variable(section, key) for section, key in options)


def load_shortest_mask() -> int:
    """Load the length of the shortest text to mask; Airflow 2 has no such option, and masks every "1"."""
    text = load_option("logging", "min_length_masked_secret") or ""
    return int(text) if text.isdecimal() else 5  # the default of Airflow 3


def mask_secrets(values: Iterable[str]) -> None:
    """Hide values in the logs of this process, and of the supervisor that writes them."""
    mask = _import_first(
        "airflow.sdk.log:mask_secret",  # from 3.1 on
        "airflow.sdk.execution_time.secrets_masker:mask_secret",  # 3.0
        "airflow.utils.log.secrets_masker:mask_secret",
    )
    mask(list(values))


def mask_output() -> Any:
    """Let this process mask its logs, as ``airflow tasks test`` does, which Airflow otherwise does not.

    The handlers of Airflow 2 have the masker among their filters. Those of Airflow 3 have none where
    ``dag.test()`` runs.

    Returns:
        Airflow's class of an output that masks what is written to it.
    """
    masker = _import_first(
        "airflow.sdk._shared.secrets_masker:SecretsMasker",  # from 3.1 on
        "airflow.sdk.execution_time.secrets_masker:SecretsMasker",  # 3.0
        "airflow.utils.log.secrets_masker:SecretsMasker",
    )
    module = sys.modules[masker.__module__]
    if hasattr(masker, "enable_log_masking"):
        masker.enable_log_masking()
    else:
        from airflow import settings  # before 3.1

        settings.MASK_SECRETS_IN_LOGS = True
    if AIRFLOW_3:
        for handler in logging.getLogger().handlers:
            handler.addFilter(module._secrets_masker())  # noqa: SLF001  # no public one
    return module.RedactedIO


def load_fail_exception() -> Any:
    """Load the exception after which Airflow does not try a task again."""
    return _import_first(
        "airflow.sdk.exceptions:AirflowFailException", "airflow.exceptions:AirflowFailException"
    )


_XCOM_BACKENDS = frozenset(
    {
        "airflow.models.xcom.BaseXCom",
        "airflow.sdk.bases.xcom.BaseXCom",
        "airflow.sdk.execution_time.xcom.BaseXCom",
    }
)


def has_own_xcom_backend() -> bool:
    """Report whether Airflow keeps XComs in its database, and leaves them to no backend of the site."""
    backend = load_option("core", "xcom_backend")
    return not backend or backend in _XCOM_BACKENDS


def load_xcom_model() -> Any:
    """Load the table of XComs."""
    return _import_first("airflow.models.xcom:XComModel", "airflow.models.xcom:BaseXCom")


def select_xcoms(key: str, *columns: Any) -> Any:
    """Build the query of the XComs of a key: those of the last try of each task instance.

    Airflow removes them as the next try starts. From 3.4 on it keeps them, each with its try.
    """
    from sqlalchemy import select  # only processes with a database

    xcom, (last, *others) = load_xcom_model(), load_try_models()
    query = select(*columns).where(xcom.key == key)
    if others:
        return query
    # Airflow's own filter is one of sessions, and does not reach into subqueries.
    return query.where(xcom.task_instance_id.in_(select(last.id).where(last.working_set.is_(True))))


def select_stored_xcom(longest: int) -> Any:
    """Build the SQL expression of an XCom's value as it is stored: a string, or bytes on Airflow 2.11.

    Airflow's own reader imports the classes that a value names (``__classname__``), and on 2.11 may unpickle
    it. A longer value is cut by the database, so that a reader's memory is bounded.

    Args:
        longest: The most characters (bytes on Airflow 2.11) of the value.
    """
    from sqlalchemy import LargeBinary, Text, cast, func  # only processes with a database

    kind: Any = Text() if AIRFLOW_3 else LargeBinary()
    return func.substr(cast(load_xcom_model().value, kind), 1, longest, type_=kind)


def load_run_time_rows(
    identity: dict[str, Any], xcoms: Iterable[tuple[str, str]], *columns: str, longest: int
) -> list[Any]:
    """Load what a task instance was queued with, and XComs of its run, with one query.

    Args:
        identity: ``dag_id``, ``task_id``, ``run_id`` and ``map_index``.
        xcoms: The tasks and the keys of the XComs: those of tasks that are not mapped, and of the mapped
            instances of the same index.
        *columns: Columns of the run to load besides: ``conf``.
        longest: The most characters (bytes on Airflow 2.11) of each XCom that are read.

    Returns:
        Rows of the ``executor_config``, the columns of the run, and of one XCom ``task_id``, ``key``,
        ``map_index`` and its value as it is stored; one row with ``None`` where there is no such XCom, and no
        row where there is no such task instance. What may be large has one of the rows alone, and the others
        ``None``: the ``executor_config``, and the columns of the run.
    """
    from airflow.models.dagrun import DagRun  # only processes with a database
    from sqlalchemy import and_, case, func, or_, select

    xcom, (last, *others) = load_xcom_model(), load_try_models()
    wanted = [and_(xcom.task_id == task_id, xcom.key == key) for task_id, key in xcoms]
    of_run = [xcom.dag_id == last.dag_id, xcom.run_id == last.run_id]
    indices = xcom.map_index.in_({-1, identity["map_index"]})
    of_last = [] if others else [xcom.task_instance_id.in_(select(last.id).where(last.working_set.is_(True)))]
    of_xcom = (xcom.task_id, xcom.key, xcom.map_index, select_stored_xcom(longest)) if wanted else ()
    is_first = func.row_number().over() == 1
    once = [last.executor_config, *(getattr(DagRun, name) for name in columns)]
    query = (
        select(*(case((is_first, column)) for column in once), *of_xcom)
        .select_from(last)
        .join(DagRun, and_(DagRun.dag_id == last.dag_id, DagRun.run_id == last.run_id))
    )
    if wanted:
        query = query.outerjoin(xcom, and_(*of_run, indices, or_(*wanted), *of_last))
    with open_session() as session:
        return [*session.execute(query.where(*match_last_try(identity)))]


def load_stored_xcom(identity: dict[str, Any], key: str, longest: int) -> Any:
    """Load an XCom as it is stored; ``None`` if there is none.

    On Airflow 3, workers and callbacks have no database: their API gives the JSON value, as it is stored,
    where Airflow's own ``get_one`` would make objects of it.

    Args:
        identity: ``dag_id``, ``task_id``, ``run_id`` and ``map_index``.
        key: Its key.
        longest: The most characters of it that are read from the database.
    """
    runner = sys.modules.get("airflow.sdk.execution_time.task_runner")
    if hasattr(runner, "SUPERVISOR_COMMS"):
        get = _import_first("airflow.sdk.bases.xcom:BaseXCom")._get_xcom_db_ref  # noqa: SLF001  # no public one
        return get(key=key, **identity).value
    with open_session() as session:
        stored = select_xcoms(key, select_stored_xcom(longest))
        return session.scalar(stored.where(*match_identity(load_xcom_model(), identity)).limit(1))


def store_as_xcom(value: Any) -> Any:
    """Write a value as the database holds that of an XCom: JSON, in bytes on Airflow 2.11."""
    return value if AIRFLOW_3 else json.dumps(value).encode()


def replace_xcom(identity: dict[str, Any], key: str, value: Any, *conditions: Any) -> tuple[Any, Any]:
    """Build the statements that replace an XCom of the last try of a task instance: delete, insert.

    Args:
        identity: ``dag_id``, ``task_id``, ``run_id`` and ``map_index``.
        key: Its key.
        value: Its new value.
        conditions: Where one is false, nothing is changed; there must be such a task instance where all hold.
    """
    from sqlalchemy import delete, insert, literal, select  # only processes with a database

    xcom, owner = _find_xcom_owner(identity)
    now = dt.datetime.now(dt.timezone.utc)
    row = {"key": key, "value": store_as_xcom(value), "timestamp": now}
    values = [literal(of_row, xcom.c[name].type) for name, of_row in row.items()]
    matches = [xcom.c[name] == of_row for name, of_row in {**owner, "key": key}.items()]
    return (
        delete(xcom).where(*matches, *conditions),
        insert(xcom).from_select([*owner, *row], select(*owner.values(), *values).where(*conditions)),
    )


def _find_xcom_owner(identity: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Give the table into which XComs are written, and the columns that say whose one is, as SQL."""
    from airflow.models.dagrun import DagRun  # only processes with a database
    from sqlalchemy import literal, select

    (last, *others), model = load_try_models(), load_xcom_model()
    if not others:
        # Regions, of Airflow 3.4, may have several instances of one index: the newest one is meant.
        newest = select(last.id).where(*match_last_try(identity)).order_by(last.id.desc()).limit(1)
        table = _import_first("airflow.models.xcom:XComModelV2").__table__
        return table, {"task_instance_id": newest.scalar_subquery()}
    of_run = {name: identity[name] for name in ("dag_id", "run_id")}
    run = select(DagRun.id).where(*match_identity(DagRun, of_run))
    names = {name: literal(value, model.__table__.c[name].type) for name, value in identity.items()}
    return model.__table__, {"dag_run_id": run.scalar_subquery(), **names}


def load_coordinator_extra(queue: str) -> dict[str, Any] | None:
    """Load what the coordinator of a queue has for executors, as the KubernetesExecutor does (Airflow 3.3).

    Returns:
        ``None`` where the queue has no coordinator, or the executor ignores it because of a mistake.
    """
    try:
        get_manager = _import_first("airflow.sdk.execution_time.coordinator:get_coordinator_manager")
    except ImportError:
        return None
    try:
        extra: dict[str, Any] | None = get_manager().extra_for_queue(queue)
    except Exception:  # noqa: BLE001  # as the executor does, but for more kinds: nothing is launched here
        return None
    return extra


def load_stats(sender: str) -> Any:
    """Load Airflow's metrics, as this process has them configured.

    From Airflow 3.2 on, the Task SDK has a copy of the module with a state of its own: a worker sets up that
    copy, and the scheduler Airflow's own. The other one of the two sends nothing, without an error.

    Args:
        sender: Which process this is: ``worker`` or ``scheduler``.
    """
    home = "airflow.sdk.observability" if sender == "worker" else "airflow.observability"
    return _import_first(f"{home}.stats:Stats", "airflow.stats:Stats")


def store_xcom(task_instance: Any, key: str, value: Any) -> None:
    """Store an XCom of the task instance that this worker runs, as JSON in the database.

    The options ``[core] xcom_backend`` and, on Airflow 2.11, ``[core] enable_xcom_pickling`` do not count
    here: :func:`select_stored_xcom` reads from the database, and reads JSON.
    """
    identity = {name: getattr(task_instance, name) for name in ("dag_id", "task_id", "run_id", "map_index")}
    if AIRFLOW_3:
        _import_first("airflow.sdk.bases.xcom:BaseXCom").set(key, value, **identity)
        return
    # The session is the one in which the task instance ends, so an error here must not spoil it; hence the
    # savepoint. Not in SQLite: there a savepoint starts a read transaction, which cannot be upgraded to write
    # once another process has written.
    session = _import_first("airflow.utils.task_instance_session:get_current_task_instance_session")()
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    with contextlib.nullcontext() if is_sqlite else session.begin_nested():
        _insert_xcom(session, identity, key, value)


def _insert_xcom(session: Any, identity: dict[str, Any], key: str, value: Any) -> None:
    """Do what ``BaseXCom.set`` of Airflow 2.11 does, but without pickling where that is enabled."""
    from airflow.models.dagrun import DagRun  # only a worker of Airflow 2.11 needs it
    from sqlalchemy import delete, select

    xcom = load_xcom_model()
    run = {name: identity[name] for name in ("dag_id", "run_id")}
    dag_run_id = session.scalar(select(DagRun.id).filter_by(**run))
    session.execute(delete(xcom).filter_by(**identity, key=key))
    session.add(xcom(**identity, key=key, dag_run_id=dag_run_id, value=store_as_xcom(value)))
    session.flush()


def _import_first(*paths: str) -> Any:
    """Import the first of several paths, written ``module:name``, that this Airflow has."""
    for path in paths:
        module, _, name = path.partition(":")
        with contextlib.suppress(ImportError, AttributeError):
            return getattr(importlib.import_module(module), name)
    raise ImportError(f"Airflow {airflow_version} has none of {', '.join(paths)}")
