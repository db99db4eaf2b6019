"""The files of a project: the DAG files, and what they import from beside them."""

from __future__ import annotations

import ast
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from attrs import define, field

from airflow_provider_k8sexec.site_policy.dag_source import read_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

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
        self.memory: dict[str, Any] = {}

    def load(self, path: Path) -> ParsedFile | None:
        """Read and parse a file; ``None`` where it cannot be read as Python."""
        path = path.resolve()
        if path not in self._sources:
            self._sources[path] = self._parse(path)
        return self._sources[path]

    def resolve(self, source: ParsedFile, module: str, level: int = 0) -> ParsedFile | None:
        """Find the file that a file of the project imports as a module; ``None`` if it is not of the project.

        Args:
            source: The file that imports.
            module: The name of the module, without leading dots.
            level: The number of leading dots.
        """
        steps = [step for step in module.split(".") if step]
        if level:
            folders = [source.path.parents[level - 1]] if level <= len(source.path.parents) else []
        else:
            folders = [*self.roots, *([] if self.roots else [source.path.parent])]
        for folder in folders:
            if not steps and not level:
                continue
            base = folder.joinpath(*steps)
            for path in (base.with_name(f"{base.name}.py") if steps else base / _PACKAGE, base / _PACKAGE):
                if path.is_file() and not _FOREIGN & set(path.relative_to(folder).parts):
                    return self.load(path)
        return None

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
        """Load the files of the project in whose source all words are."""
        for root in self.roots:
            for path in sorted(root.rglob("*.py")):
                if not _FOREIGN & set(path.relative_to(root).parts):
                    text = self._read(path.resolve())
                    if text is not None and all(word in text for word in words):
                        source = self.load(path)
                        if source:
                            yield source

    def _imported(self, source: ParsedFile) -> Iterator[ParsedFile]:
        for node in ast.walk(source.tree):
            names: list[tuple[str, int]] = []
            if isinstance(node, ast.Import):
                names = [(alias.name, 0) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                module = node.module or ""
                names = [(module, node.level)]
                names += [(f"{module}.{alias.name}".lstrip("."), node.level) for alias in node.names]
            for name, level in names:
                if found := self.resolve(source, name, level):
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
