"""The modules of a project that Python does not find, since their folder is not on its path here."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.cli.output import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

_MISSING = re.compile(r"\AModuleNotFoundError: No module named '(?P<name>\w+)'\Z")
_OF_ROOTS = (".git", "pyproject.toml", "Dockerfile")
"""What the outermost folder of a project has, one or more."""


def explain_missing(file: str, error: str) -> str:
    """Explain that a module that was not found lies in a folder around a DAG file; else empty.

    Args:
        file: The DAG file.
        error: The text of the error that ends it.
    """
    match = _MISSING.match(error)
    if match is None:
        return ""
    for folder in _find_folders(Path(file).resolve()):
        for found in (folder / match["name"], folder / f"{match['name']}.py"):
            if found.exists():
                path = f"PYTHONPATH={shlex.quote(shorten(str(folder)))}"
                what = shorten(str(found))
                return f"{what} exists: put its folder on PYTHONPATH, {path}, as the image's Airflow has it."
    return ""


def _find_folders(file: Path) -> Iterator[Path]:
    """Find the folders around a file, up to the root of its project, or to the current folder."""
    for folder in file.parents:
        if folder in {Path.home(), Path(file.anchor)}:
            return
        yield folder
        if folder == Path.cwd() or any((folder / name).exists() for name in _OF_ROOTS):
            return
