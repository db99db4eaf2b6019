"""The names of what a worker gets from secrets, handed from the scheduler to the worker: never a value.

The scheduler knows the pod as it is launched, and the worker has the values. So the pod mutation hook gives
the worker's container one variable with the names of all variables and files that come from secrets, whoever
requested them; the worker hands their values to Airflow's secrets masker before it loads the DAG file.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from attrs import asdict, fields, frozen

from airflow_provider_k8sexec.executor_names import NAMES_VARIABLE
from airflow_provider_k8sexec.options.usual_variables import has_usual_name
from airflow_provider_k8sexec.pod.fields import read_field, read_items, write_field
from airflow_provider_k8sexec.pod.secret_uses import read_secret_uses

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_LONGEST = 32_768
"""Linux takes 131,072 bytes for one variable, and all variables share two megabytes with the arguments."""


@frozen
class SecretNames:
    """What a worker gets from secrets.

    Attributes:
        variables: The environment variables that come from one key of a secret.
        prefixes: What the names of variables begin with that come from all keys of a secret.
        others: Where there are prefixes, the variables that the pod sets otherwise.
        paths: The files, and the directories of files, that come from secrets.
    """

    variables: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


def name_secret_values(spec: Any, worker: Any) -> None:
    """Give the worker's container the variable, if it gets anything from secrets; never raises.

    Args:
        spec: The ``spec`` of the merged pod: a model, a manifest, or whatever a hook has left there.
        worker: Its container that runs the task.
    """
    variables = read_items(worker, "env")
    kept = [item for item in variables if read_field(item, "name") != NAMES_VARIABLE]
    text = write_names(collect_names(spec, worker))
    if text:
        write_field(worker, "env", [{"name": NAMES_VARIABLE, "value": text}, *kept])
    elif len(kept) < len(variables):
        write_field(worker, "env", kept)


def collect_names(spec: Any, worker: Any) -> SecretNames:
    """Collect what the worker's container gets from secrets, by name."""
    uses = list(read_secret_uses(spec, worker))
    variables = {use.variable for use in uses if use.variable}
    prefixes = {use.prefix for use in uses if use.prefix is not None}
    others = _names_of(worker) - variables - {NAMES_VARIABLE} if prefixes else set()
    paths = {use.path for use in uses if use.path}
    return SecretNames(*(tuple(sorted(found)) for found in (variables, prefixes, others, paths)))


def _names_of(worker: Any) -> set[str]:
    names = (read_field(item, "name") for item in read_items(worker, "env"))
    return {name for name in names if isinstance(name, str)}


def write_names(names: SecretNames) -> str:
    """Write the names for the worker; empty if there are none.

    Where there are too many, the worker masks all of its variables, and those paths that fit. Of
    the variables, it takes those with a usual name, such as ``A_PORT``, for no secrets unless they are named.
    """
    text = _dump(names)
    if len(text) > _LONGEST:
        variables = tuple(_first_of(filter(has_usual_name, names.variables), _LONGEST // 4))
        paths = tuple(_first_of(names.paths, _LONGEST // 2))
        text = _dump(SecretNames(variables=variables, prefixes=("",), paths=paths))
    return text


def _dump(names: SecretNames) -> str:
    given = asdict(names, filter=lambda _, found: bool(found))
    return json.dumps(given) if given else ""


def _first_of(texts: Iterable[str], room: int) -> Iterator[str]:
    for text in texts:
        room -= len(json.dumps(text)) + len(", ")
        if room < 0:
            return
        yield text


def read_names(environ: Mapping[str, str]) -> SecretNames | None:
    """Read in a worker what the scheduler has named; ``None`` where it has named nothing."""
    try:
        given = json.loads(environ.get(NAMES_VARIABLE, ""))
    except (ValueError, RecursionError):
        return None
    if not isinstance(given, dict):
        return None
    lists = [given.get(field.name) for field in fields(SecretNames)]
    return SecretNames(*(_texts(found) for found in lists))


def _texts(found: object) -> tuple[str, ...]:
    return tuple(text for text in found if isinstance(text, str)) if isinstance(found, list) else ()
