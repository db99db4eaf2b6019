"""The files of a repository outside its DAG folder: tests and scripts, which import from DAG files."""

from __future__ import annotations

import os
import re
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import define

from airflow_provider_k8sexec.cli.migrate.reading.project import is_foreign

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from airflow_provider_k8sexec.cli.migrate.reading.project import Project
    from airflow_provider_k8sexec.cli.migrate.reading.scopes import Binding

_WORD = re.compile(rb"[A-Za-z0-9_]+")
_MARKS = ("pyproject.toml", "setup.cfg", ".git")
"""What the top folder of a repository has."""

_MOST_FILES = 5000
"""How many files are read; in a repository with more of them, the others are not."""

_OUTSIDE = "outside"


@define(slots=False, eq=False)
class OutsideFiles:
    """The Python files of repositories that are below none of the folders from which DAG files import.

    They are read as text: what is named in them may be imported in any way.
    """

    _roots: Sequence[Path]

    def have(self, words: Collection[str]) -> bool:
        """Report whether one file has all of some words."""
        found = [self._files_by_word.get(word.encode(), set()) for word in words]
        return bool(set.intersection(*found))

    @cached_property
    def _files_by_word(self) -> dict[bytes, set[str]]:
        found: dict[bytes, set[str]] = {}
        for file in islice(self._list_files(), _MOST_FILES):
            try:
                text = Path(file).read_bytes()
            except OSError:
                continue
            for word in {*_WORD.findall(text)}:
                found.setdefault(word, set()).add(file)
        return found

    def _list_files(self) -> Iterator[str]:
        inside = {str(root) for root in self._roots}
        for top in dict.fromkeys(top for root in self._roots if (top := _find_top(root))):
            for folder, folders, files in os.walk(top):
                folders[:] = sorted(
                    each for each in folders if not is_foreign(each) and str(Path(folder, each)) not in inside
                )
                if folder not in inside:
                    yield from (str(Path(folder, file)) for file in sorted(files) if file.endswith(".py"))


def _find_top(root: Path) -> Path | None:
    """Find the top folder of the repository that a folder is in."""
    return next((folder for folder in (root, *root.parents) if _is_top(folder)), None)


def _is_top(folder: Path) -> bool:
    return any((folder / mark).exists() for mark in _MARKS)


def is_named_outside(binding: Binding, project: Project) -> bool:
    """Report whether a file outside may read a name of a module; these files are read once for a project."""
    if binding.place.scope.parent is not None:
        return False
    if _OUTSIDE not in project.memory:
        project.memory[_OUTSIDE] = OutsideFiles(project.roots)
    outside: OutsideFiles = project.memory[_OUTSIDE]
    return outside.have((binding.name, binding.source.module_name))
