"""Which files may have to be rewritten, what is found in each, and which DAG files load it."""

from __future__ import annotations

import ast
import os
import re
import sys
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import define, field

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.authoring.author import is_installed
from airflow_provider_k8sexec.cli.migrate.edits import Reading, Refusal
from airflow_provider_k8sexec.cli.migrate.file_bytes import FileBytes
from airflow_provider_k8sexec.cli.migrate.mistakes.read_mistakes import WORDS, leave_mistakes, read_mistakes
from airflow_provider_k8sexec.cli.migrate.reading.import_effects import has_effects
from airflow_provider_k8sexec.cli.migrate.reading.project import Project
from airflow_provider_k8sexec.cli.migrate.reading.read_file import read_file
from airflow_provider_k8sexec.cli.migrate.writing.name_uses import bound_by
from airflow_provider_k8sexec.cli.output import shorten
from airflow_provider_k8sexec.cli.progress import show_progress
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.site_policy.dag_source import read_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from airflow_provider_k8sexec.cli.migrate.reading.project import ParsedFile

_IMPORT = re.compile(r"^[ \t]*(?:from\b|import\b)(?:[^\n(]*\([^)]*\)|[^\n]*)", re.MULTILINE)
_WORD = re.compile(r"\w+")


@define(slots=False)
class Readings:
    """What was read of the files that may have to be rewritten; all are named by their real paths.

    Attributes:
        project: The project.
        readings: What can be rewritten with every pod equal in each file, and what cannot be and why.
        mistakes: What does not do what was meant in each.
        files: The bytes of these files.
        concerned: The DAG files that load each.
    """

    project: Project
    readings: dict[str, Reading] = field(factory=dict)
    mistakes: dict[str, Reading] = field(factory=dict)
    files: dict[str, FileBytes] = field(factory=dict)
    concerned: dict[str, set[str]] = field(factory=dict)
    _effects: dict[Path, bool] = field(factory=dict)

    @property
    def trees(self) -> Mapping[str, ast.Module]:
        """All files that were read, parsed."""
        loaded = ((file, self.project.load(Path(file))) for file in self.concerned)
        return {file: source.tree for file, source in loaded if source}

    def find_needed(self, file: str) -> frozenset[str]:
        """Find the imported names of a file that stay, although the file itself may not use them any more."""
        return self._find_exported(file) | self._find_lasting(file)

    def _find_exported(self, file: str) -> frozenset[str]:
        """Find the names that other files of the project import from a file."""
        source = self.project.load(Path(file))
        if source is None or source.module_name not in self._imported:  # as of most DAG files
            return frozenset()
        return frozenset(
            name
            for other in self.project.mentioning(source.module_name)
            if str(other.path) != file
            for name in self._imported_names(other, file)
        )

    def _find_lasting(self, file: str) -> frozenset[str]:
        """Find the names that a file imports from modules of the project that do something when imported."""
        source = self.project.load(Path(file))
        imports = source.tree.body if source else ()
        return frozenset(
            name
            for node in imports
            if source and isinstance(node, (ast.Import, ast.ImportFrom))
            if any(self._has_effects(module) for module in self.project.find_imported(source, node))
            for _, name in bound_by(node)
        )

    def _has_effects(self, module: ParsedFile) -> bool:
        """Report whether importing a module does something, itself or by what it imports."""
        if module.path not in self._effects:
            gathered = self.project.gather([module.path])
            self._effects[module.path] = any(has_effects(each.tree) for each in gathered)
        return self._effects[module.path]

    def add_importers(self, loaded: Iterable[str], folders: Iterable[Path]) -> None:
        """Find the other DAG files that load a module with edits; leave it if one of them was not loaded.

        Args:
            loaded: The DAG files that were loaded.
            folders: The folders of DAGs.
        """
        names = {os.path.realpath(file): file for file in loaded}
        modules = {file for file, reading in self.readings.items() if reading.edits and file not in names}
        if not modules:
            return
        others = [file for folder in folders for file in compat.list_dag_files(str(folder))]
        for file in dict.fromkeys([*loaded, *others]):
            for module in modules.intersection(str(each.path) for each in self.project.gather([Path(file)])):
                if os.path.realpath(file) in names:
                    self.concerned[module].add(names[os.path.realpath(file)])
                else:
                    self._leave(module, file)

    def _leave(self, module: str, dag_file: str) -> None:
        reading = self.readings[module]
        if reading.edits:
            line = min(edit.span.line for edit in reading.edits)
            reason = f"{shorten(dag_file)} imports this file and was not loaded; name it, too."
            self.readings[module] = Reading((), (*reading.refusals, Refusal(line, reason)))

    @cached_property
    def _imported(self) -> frozenset[str]:
        """All words in the imports of the project's files."""
        texts = (text for _, text in self.project.find_texts("import"))
        return frozenset(
            word for text in texts for line in _IMPORT.findall(text) for word in _WORD.findall(line)
        )

    def _imported_names(self, source: ParsedFile, file: str) -> Iterable[str]:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ImportFrom):
                module = self.project.resolve(source, node.module or "", node.level)
                if module and str(module.path) == file:
                    yield from (alias.name for alias in node.names)


def read_files(dag_files: Iterable[str], roots: Iterable[Path], own_secret: str | None) -> Readings:
    """Read DAG files, and the modules of their project that they import.

    Args:
        dag_files: The DAG files that have anything to rewrite.
        roots: The folders from which they import.
        own_secret: The deployment's own secret.
    """
    found = Readings(Project(roots))
    sources: dict[str, ParsedFile] = {}
    for dag_file in dag_files:
        for source in found.project.gather([Path(dag_file)]):
            sources[str(source.path)] = source
            found.concerned.setdefault(str(source.path), set()).add(dag_file)
    with show_progress("Reading") as announce:
        for file, source in sources.items():
            announce(file)
            reading, mistakes = _read(source, found.project, own_secret)
            if any((reading.edits, reading.refusals, mistakes.edits, mistakes.refusals)):
                found.readings[file], found.mistakes[file] = reading, mistakes
                found.files[file] = FileBytes.read(file)
    return found


def _read(source: ParsedFile, project: Project, own_secret: str | None) -> tuple[Reading, Reading]:
    """Give what can be rewritten in a file, and its mistakes."""
    try:
        mistakes = read_mistakes(source, project, own_secret, load_context().template)
    except RecursionError:  # which the other reading reports
        mistakes = Reading()
    return leave_mistakes(read_file(source, project, own_secret), mistakes), mistakes


def mentions_configs(dag_file: str) -> bool:
    """Report whether a DAG file has words of configs: no task has those that are not attached."""
    try:
        text = read_source(dag_file)
    except (OSError, SyntaxError, ValueError):  # an archive, for one
        return False
    return any(word in text for word in WORDS)


def find_dag_folders(paths: Iterable[str]) -> list[Path]:
    """Find the folders of DAGs around files and folders."""
    found = (compat.find_dag_folder(Path(path).absolute()) for path in paths)
    return [*dict.fromkeys(folder.resolve() for folder in found)]


def find_roots(folders: Sequence[Path]) -> list[Path]:
    """Find the folders from which DAG files import the modules of their project, those of DAGs first.

    Of what is on ``sys.path``, these are the folders in the project, or around it: never installed packages.
    """
    around = [
        path
        for path in (Path(entry).resolve() for entry in sys.path)  # an empty one is the current folder
        if path.is_dir()
        and not is_installed(str(path / "module.py"))
        and any(folder.is_relative_to(path) or path.is_relative_to(folder.parent) for folder in folders)
    ]
    return [*folders, *(path for path in around if path not in folders and path != Path(path.anchor))]
