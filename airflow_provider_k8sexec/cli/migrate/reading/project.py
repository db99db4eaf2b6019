"""The files of a project: the DAG files, and what they import from beside them."""

from __future__ import annotations

import ast
import os
import re
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from attrs import define, field

from airflow_provider_k8sexec.site_policy.dag_source import read_source, walk_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_WORD = re.compile(r"\w+")
_PACKAGE = "__init__.py"
_FOREIGN = frozenset({"site-packages", "dist-packages", "__pycache__", "node_modules"})


@define(eq=False)
class ParsedFile:
    """A Python file, parsed.

    Attributes:
        path: The file.
        text: Its source.
        tree: Its syntax tree.
    """

    path: Path
    text: str
    tree: ast.Module
    _lines: list[bytes] = field(factory=list)

    @property
    def module_name(self) -> str:
        """The last part of the module's name, by which other files import it."""
        return self.path.parent.name if self.path.name == _PACKAGE else self.path.stem

    def segment(self, node: ast.expr | ast.keyword | ast.stmt) -> str:
        """Give the source of a part as its author wrote it."""
        if not self._lines:
            self._lines += self.text.encode().splitlines(keepends=True)
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        lines = self._lines[first : last + 1]
        lines[-1] = lines[-1][: node.end_col_offset]
        lines[0] = lines[0][node.col_offset :]
        return b"".join(lines).decode()


class Project:
    """The files below some folders from which DAG files import: the DAG folder, plugins, include.

    Each file is read and parsed once, on first access.

    Attributes:
        roots: The folders, in the order in which Python looks into them.
        memory: What was found out about the project, for those who read its files.
    """

    def __init__(self, roots: Iterable[Path], texts: Mapping[str, str] = MappingProxyType({})) -> None:
        """Take the folders in the order in which Python looks into them.

        Args:
            roots: The folders.
            texts: What files have in place of what is on disk, by their real paths.
        """
        self.roots = [*dict.fromkeys(root.resolve() for root in roots)]
        self._texts: dict[Path, str | None] = {Path(file): text for file, text in texts.items()}
        self._sources: dict[Path, ParsedFile | None] = {}
        self._modules: dict[tuple[Path, str], Path | None] = {}
        self._entries: dict[Path, set[str]] = {}
        self._files: dict[Path, None] = {}
        self.memory: dict[str, Any] = {}

    def load(self, path: Path) -> ParsedFile | None:
        """Read and parse a file; ``None`` where it cannot be read as Python."""
        if path not in self._sources:
            whole = _follow(path)
            if whole not in self._sources:
                self._sources[whole] = self._parse(whole)
            self._sources[path] = self._sources[whole]
        return self._sources[path]

    def resolve(self, source: ParsedFile, module: str, level: int = 0) -> ParsedFile | None:
        """Find the file that a file of the project imports as a module; ``None`` if it is not of the project.

        Args:
            source: The file that imports.
            module: The name of the module, without leading dots.
            level: The number of leading dots.
        """
        if level:
            folders = [source.path.parents[level - 1]] if level <= len(source.path.parents) else []
        else:
            folders = self.roots or [source.path.parent]
        found = (self._find_module(folder, module) for folder in folders if module or level)
        path = next((path for path in found if path), None)
        return self.load(path) if path else None

    def _find_module(self, folder: Path, module: str) -> Path | None:
        """Find the file of a module below a folder."""
        key = folder, module
        if key not in self._modules:
            steps = [step for step in module.split(".") if step]
            base = folder.joinpath(*steps)
            places = [base / _PACKAGE, *([base.with_name(f"{base.name}.py")] if steps else [])]
            is_known = not steps or self._has(folder, steps[0])
            found = next((path for path in places if is_known and path.is_file()), None)
            self._modules[key] = found if not _FOREIGN & {*steps} else None
        return self._modules[key]

    def _has(self, folder: Path, name: str) -> bool:
        """Report whether a folder may have a module; it has not most of those that are imported."""
        if folder not in self._entries:
            try:
                self._entries[folder] = {entry.partition(".")[0] for entry in os.listdir(folder)}  # noqa: PTH208
            except OSError:
                self._entries[folder] = set()
        return name in self._entries[folder]

    def gather(self, paths: Iterable[Path]) -> list[ParsedFile]:
        """Load files, and all files of the project that they import, directly or not."""
        found: dict[Path, ParsedFile] = {}
        waiting = [source for path in paths if (source := self.load(path))]
        while waiting:
            source = waiting.pop(0)
            if source.path not in found:
                found[source.path] = source
                waiting += self._imported(source)
        return [*found.values()]

    def mentioning(self, *words: str) -> Iterator[ParsedFile]:
        """Load the files of the project in whose source all words are; a name is no part of a longer one."""
        for path, _ in self.find_texts(*words):
            source = self.load(path)
            if source:
                yield source

    def find_texts(self, *words: str) -> Iterator[tuple[Path, str]]:
        """Find the same files with their sources, of which none is parsed."""
        parts = {part for word in words for part in _WORD.findall(word)}
        found = [self._files_by_word.get(part, {}) for part in parts]
        for path in min(found, key=len, default={}):
            text = self._read(path) if all(path in files for files in found) else None
            if text is not None and all(word in text for word in words):
                yield path, text

    @cached_property
    def _files_by_word(self) -> dict[str, dict[Path, None]]:
        """The files of the project by the words in them: to search each file for each name takes squares."""
        found: dict[str, dict[Path, None]] = {}
        for path in self._list_files():
            for word in {*_WORD.findall(self._read(path) or "")}:
                found.setdefault(word, {})[path] = None
        return found

    def _list_files(self) -> list[Path]:
        if not self._files:
            for root in self.roots:
                for folder, folders, files in os.walk(root):
                    folders[:] = sorted(each for each in folders if not is_foreign(each))
                    found = (_follow(Path(folder, file)) for file in sorted(files) if file.endswith(".py"))
                    self._files.update(dict.fromkeys(found))
        return [*self._files]

    def _imported(self, source: ParsedFile) -> Iterator[ParsedFile]:
        for node in walk_file(source.tree):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                yield from self.find_imported(source, node)

    def find_imported(self, source: ParsedFile, node: ast.Import | ast.ImportFrom) -> Iterator[ParsedFile]:
        """Give what a statement imports, with the packages around it, which are imported as well."""
        names = [(alias.name, 0) for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            names = [(f"{node.module or ''}.{alias.name}".lstrip("."), node.level) for alias in node.names]
        for name, level in names:
            steps = name.split(".")
            for count in range(0 if level else 1, len(steps) + 1):
                if found := self.resolve(source, ".".join(steps[:count]), level):
                    yield found

    def _read(self, path: Path) -> str | None:
        if path not in self._texts:
            try:
                self._texts[path] = read_source(str(path))
            except (OSError, SyntaxError, ValueError):
                self._texts[path] = None
        return self._texts[path]

    def _parse(self, path: Path) -> ParsedFile | None:
        text = self._read(path)
        if text is None:
            return None
        try:
            return ParsedFile(path, text, ast.parse(text))
        except (SyntaxError, ValueError, RecursionError, MemoryError):  # the last two: nested too deeply
            return None


def is_foreign(folder: str) -> bool:
    """Report whether a folder has no files of a project by its name."""
    return folder in _FOREIGN or folder.startswith(".")


def _follow(path: Path) -> Path:
    """Give a path with no link in it; a link that leads to itself stays."""
    return Path(os.path.realpath(path))
