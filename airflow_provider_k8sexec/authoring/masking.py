"""Masks the values that come from secrets in the task's log, before user code runs.

In a worker pod the scheduler has named all that comes from secrets, whoever requested it. Elsewhere, such as
on a laptop, the task's own declaration names its secrets.
"""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

from airflow_provider_k8sexec import _compat
from airflow_provider_k8sexec.authoring.secret_parts import Masks, find_masks
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.executor_names import NAMES_VARIABLE
from airflow_provider_k8sexec.options.usual_variables import is_usual
from airflow_provider_k8sexec.pod.secret_names import SecretNames, read_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow_provider_k8sexec.options.declaration import Declaration

LARGEST_FILE = 65_536
"""Bytes; Kubernetes keeps secrets of 1 MiB, but so much cannot be masked (``MOST_CHARACTERS``)."""
MOST_FILES = 256
_DEPTH = 3
"""Levels of directories: the mount, its link ``..data``, and a directory of ``items``."""
_NAMED = 5
_logger = logging.getLogger(__name__)


def mask_named(environ: Mapping[str, str]) -> None:
    """Mask in a worker all values that the scheduler has named, before it loads the DAG file; never raises.

    Args:
        environ: The environment of the process.
    """
    names = read_names(environ)
    if names is not None:
        _mask(names, environ)


def mask_declared(declaration: Declaration, environ: Mapping[str, str]) -> bool:
    """Mask the values that a task declares as secrets, where no scheduler has named them; never raises.

    Args:
        declaration: What the task requests.
        environ: The environment of the process.

    Returns:
        Whether there may be values that are to be masked.
    """
    if NAMES_VARIABLE in environ:
        return False
    names = name_declared(declaration)
    is_present = bool(names.paths) or not environ.keys().isdisjoint(names.variables)
    is_masked = is_present and load_context().is_on("mask_secrets")
    if is_masked:
        _mask(names, environ)
    return is_masked


def name_declared(declaration: Declaration) -> SecretNames:
    """Name what a task declares as secrets: by ``secrets``, and by ``env_vars`` (``MASKED_OPTIONS``)."""
    variables = [secret.env_name for secret in declaration.secrets() if secret.env_name is not None]
    for name, source in declaration.env.items():
        if isinstance(source, Mapping) and "secretKeyRef" in source:
            variables.append(name)
    paths = [secret.file for secret in declaration.secrets() if secret.file is not None]
    return SecretNames(variables=tuple(variables), paths=tuple(paths))


def _mask(names: SecretNames, environ: Mapping[str, str]) -> None:
    try:
        values, too_large = _read_values(names, environ)
        _warn_of([*too_large, *mask_values(values)])
    except Exception as error:  # noqa: BLE001  # the task must run all the same
        # The type alone: the text of the error may contain a value.
        _logger.warning("The values of secrets could not be masked in this log: %s.", type(error).__name__)


def mask_values(values: Mapping[str, str]) -> tuple[str, ...]:
    """Mask values in the log of this process.

    Args:
        values: The values by the names that people know them by.

    Returns:
        The names of those that are too large to be masked in full.
    """
    masks = find_masks(values, _compat.load_shortest_mask()) if values else Masks()
    if masks.texts:
        _compat.mask_secrets(masks.texts)
    return masks.cut


def _read_values(names: SecretNames, environ: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Read the values by the name of their variable or file, and name the files that are too large."""
    values = {name: environ[name] for name in _find_variables(names, environ)}
    files = {path: _read(path) for path in islice(_find_files(names.paths), MOST_FILES)}
    values.update({path: text for path, text in files.items() if text})
    return values, [path for path, text in files.items() if text is None]


def _warn_of(cut: list[str]) -> None:
    if cut:
        more = f" and {len(cut) - _NAMED} more" if len(cut) > _NAMED else ""
        _logger.warning("Too large to be masked in full in this log: %s%s.", ", ".join(cut[:_NAMED]), more)


def _find_variables(names: SecretNames, environ: Mapping[str, str]) -> Iterator[str]:
    """Find the variables that come from secrets, except for those whose values are public."""
    known = {*names.variables, *names.others, NAMES_VARIABLE}
    prefixes = names.prefixes
    unnamed = (
        name
        for name, value in environ.items()
        if name.startswith(prefixes) and name not in known and not _is_set_otherwise(name, value)
    )
    for name in [*names.variables, *unnamed]:
        value = environ.get(name)
        if value and not _compat.is_public_option(name) and not _is_path(value):
            yield name


def _is_set_otherwise(name: str, value: str) -> bool:
    """Report whether images or Kubernetes set such a variable themselves, whatever the secret has."""
    return is_usual(name, value) and not _compat.is_sensitive_name(name)


def _is_path(value: str) -> bool:
    """Report whether a value is the path of an existing file: with such masks, tracebacks cannot be read."""
    with suppress(OSError, ValueError):  # most values are no paths, and may be too long or contain NUL
        return value.startswith("/") and os.path.lexists(value)
    return False


def _find_files(paths: Iterable[str], depth: int = _DEPTH) -> Iterator[str]:
    """Find the files at paths, those in directories included."""
    for path in paths:
        with suppress(OSError):
            if not os.path.isdir(path):  # noqa: PTH112  # a Path would normalise the string that is reported
                yield path
            elif depth:
                with os.scandir(path) as entries:
                    # Kubernetes keeps the files in directories such as ..data, and puts links to them here.
                    found = [item.path for item in islice(entries, MOST_FILES) if item.name[:2] != ".."]
                yield from _find_files(sorted(found), depth - 1)


def _read(path: str) -> str | None:
    """Read a small text file, without ever waiting.

    Returns:
        The text; empty for what is not a text file, and ``None`` for a file that is too large.
    """
    try:
        # Opened otherwise, a pipe would wait for its writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return ""
            content = file.read(LARGEST_FILE + 1)
        return content.decode() if len(content) <= LARGEST_FILE else None
    except (OSError, ValueError):
        return ""
