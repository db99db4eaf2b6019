"""The line of the author's code that led to where this process is, for errors and warnings."""

from __future__ import annotations

import inspect
import os

NO_AUTHORS = frozenset({"airflow", "airflow_provider_k8sexec"})
"""The packages whose code is no author's, wherever they are installed."""

_STANDARD_LIBRARY = os.path.dirname(os.__file__)  # noqa: PTH120  # a worker need not import pathlib for it
_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")


def find_author() -> tuple[str, int]:
    """Find the file and line of the innermost call in the author's own code.

    What makes tasks for an author, as Cosmos does, is installed: the author's line is the one that calls it.
    Where all code is installed, it is the innermost call that neither Airflow nor this package makes.
    """
    innermost = None
    frame = inspect.currentframe()
    while frame is not None:
        if frame.f_globals.get("__name__", "").partition(".")[0] not in NO_AUTHORS:
            found = (frame.f_code.co_filename, frame.f_lineno)
            if not is_installed(found[0]):
                return found
            innermost = innermost or found
        frame = frame.f_back
    return innermost or ("", 0)


def is_installed(file: str) -> bool:
    """Report whether a file is of an installed package, of Python, a command's script, or none at all."""
    is_python = file.startswith(("<", f"{_STANDARD_LIBRARY}{os.sep}"))
    return is_python or not file.endswith(".py") or any(folder in file for folder in _INSTALLED)
