"""The values that come from secrets, hidden from the task's log before user code runs.

In a worker pod the scheduler has named all that comes from secrets, whoever requested it; elsewhere, as on a
laptop, a task's own declaration names what it declares.
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
from airflow_provider_k8sexec.pod.secret_names import SecretNames, read_names
from airflow_provider_k8sexec.pod.usual_variables import is_usual

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow_provider_k8sexec.options.declaration import Declaration

LARGEST_FILE = 65_536
MOST_FILES = 256
_DEPTH = 3
_NAMED = 5
_logger = logging.getLogger(__name__)


def mask_named(environ: Mapping[str, str]) -> None:
    """Mask in a worker all that the scheduler has named, before it loads the DAG file; never raises.

    Args:
        environ: The environment of the process.
    """
    names = read_names(environ)
    if names is not None:
        _mask(names, environ)


def mask_declared(declaration: Declaration, environ: Mapping[str, str]) -> None:
    """Mask what a task declares as a secret, where no scheduler has named it; never raises.

    Args:
        declaration: What the task requests.
        environ: The environment of the process.
    """
    if NAMES_VARIABLE in environ:
        return
    variables = [secret.env_name for secret in declaration.secrets() if secret.env_name is not None]
    for name, source in declaration.env.items():
        if isinstance(source, Mapping) and "secretKeyRef" in source:
            variables.append(name)
    paths = [secret.file for secret in declaration.secrets() if secret.file is not None]
    if (paths or not environ.keys().isdisjoint(variables)) and load_context().is_on("mask_secrets"):
        _mask(SecretNames(variables=tuple(variables), paths=tuple(paths)), environ)


def _mask(names: SecretNames, environ: Mapping[str, str]) -> None:
    try:
        values, too_large = _read_values(names, environ)
        masks = find_masks(values, _compat.load_shortest_mask()) if values else Masks()
        if masks.texts:
            _compat.mask_secrets(masks.texts)
        _warn_of([*too_large, *masks.cut])
    except Exception as error:  # noqa: BLE001  # the task runs all the same; the error's text may hold a value
        _logger.warning("The values of secrets could not be masked in this log: %s.", type(error).__name__)


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
    """Find the variables that come from secrets, and whose values are no public matter."""
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
    """Report whether images and Kubernetes set such a variable themselves, whatever the secret has."""
    return is_usual(name, value) and not _compat.is_sensitive_name(name)


def _is_path(value: str) -> bool:
    """Report whether a value is the path of an existing file: without those, no traceback can be read."""
    with suppress(OSError, ValueError):
        return value.startswith("/") and os.path.lexists(value)  # a value, and no path at all mostly
    return False


def _find_files(paths: Iterable[str], depth: int = _DEPTH) -> Iterator[str]:
    """Find the files at paths, those in directories included."""
    for path in paths:
        with suppress(OSError):
            if not os.path.isdir(path):  # noqa: PTH112  # paths of the pod, which stay texts
                yield path
            elif depth:
                with os.scandir(path) as entries:
                    # Kubernetes keeps the files themselves in directories such as ..data, and links to them.
                    found = [item.path for item in islice(entries, MOST_FILES) if item.name[:2] != ".."]
                yield from _find_files(sorted(found), depth - 1)


def _read(path: str) -> str | None:
    """Read a small file of text; nothing of what is none, ``None`` of what is too large. Never waits."""
    try:
        # A pipe would wait for its writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return ""
            content = file.read(LARGEST_FILE + 1)
        return content.decode() if len(content) <= LARGEST_FILE else None
    except (OSError, ValueError):
        return ""
