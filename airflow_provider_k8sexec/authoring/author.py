"""The line of the author's code that led to where this process is, for errors and warnings."""

from __future__ import annotations

import inspect

_NO_AUTHORS = frozenset({"airflow", "airflow_provider_k8sexec"})


def find_author() -> tuple[str, int]:
    """Find the file and line of the innermost call that neither Airflow nor this package makes."""
    frame = inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _NO_AUTHORS:
        frame = frame.f_back
    return (frame.f_code.co_filename, frame.f_lineno) if frame is not None else ("", 0)
