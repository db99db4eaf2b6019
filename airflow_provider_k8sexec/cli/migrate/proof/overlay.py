"""Loads files with another source than they have on disk, where nothing is written."""

from __future__ import annotations

import linecache
import os
import sys
from contextlib import ExitStack, contextmanager
from importlib.machinery import SourceFileLoader
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.authoring.author import NO_AUTHORS, is_installed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

_DAG_FILE = "unusual_prefix_"
"""How Airflow calls the module of a DAG file, which it makes anew each time that it loads the file."""


@contextmanager
def overlaid(sources: Mapping[str, str], known: Collection[str]) -> Iterator[set[str]]:
    """Let Python read other sources of some files, as long as the block lasts.

    Where one of them is a module that others import, all modules of the project are imported anew in the
    block: they may hold what it had. After the block, they are what they were.

    Args:
        sources: The sources by the paths of the files.
        known: The names of the modules that were imported before any DAG file was loaded.

    Yields:
        The real paths of the files whose other source was read, so far.
    """
    texts = {os.path.realpath(path): text for path, text in sources.items()}
    read: set[str] = set()
    with ExitStack() as stack:
        stack.enter_context(_read_from(texts, read))
        stack.enter_context(_shown_in_tracebacks(texts))
        if any(os.path.realpath(file) in texts for file in _files_of_modules().values()):
            stack.enter_context(_project_modules_anew(texts, known))
        yield read


@contextmanager
def same_process() -> Iterator[None]:
    """Undo, after a block, what DAG files do to the environment and the path of this process.

    Else the second load of a file would differ from the first.
    """
    environ, path = dict(os.environ), [*sys.path]
    try:
        yield
    finally:
        if os.environ != environ:
            os.environ.clear()
            os.environ.update(environ)
        sys.path[:] = path


@contextmanager
def _read_from(texts: Mapping[str, str], read: set[str]) -> Iterator[None]:
    loader: Any = SourceFileLoader
    get_data, path_stats = loader.get_data, loader.path_stats
    names = {os.path.basename(path) for path in texts}  # noqa: PTH119  # once for each module
    own = {name: vars(loader)[name] for name in ("get_data", "path_stats") if name in vars(loader)}

    def find(path: Any) -> str | None:
        is_candidate = os.path.basename(path) in names or os.path.islink(path)  # noqa: PTH114, PTH119  # likewise
        return os.path.realpath(path) if is_candidate and os.path.realpath(path) in texts else None

    def get_other_data(self: Any, path: Any) -> Any:
        found = find(path)
        if found is None:
            return get_data(self, path)
        read.add(found)
        return texts[found]

    def refuse_stats(self: Any, path: Any) -> Any:
        """Give no times of such a file, so that Python reads no bytecode of it, and writes none."""
        if find(path) is not None:
            raise OSError
        return path_stats(self, path)

    loader.get_data, loader.path_stats = get_other_data, refuse_stats
    try:
        yield
    finally:
        for name in ("get_data", "path_stats"):
            if name in own:
                setattr(loader, name, own[name])
            else:
                delattr(loader, name)


@contextmanager
def _shown_in_tracebacks(texts: Mapping[str, str]) -> Iterator[None]:
    """Let tracebacks, and what reads the source of a function, find the lines."""
    for path, text in texts.items():
        linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    try:
        yield
    finally:
        for path in texts:
            linecache.cache.pop(path, None)


@contextmanager
def _project_modules_anew(texts: Mapping[str, str], known: Collection[str]) -> Iterator[None]:
    files = _files_of_modules()
    own = {name for name, file in files.items() if name not in known or os.path.realpath(file) in texts}
    own |= {parent for name in own for parent in _parents_of(name)}
    before = {name: sys.modules.pop(name) for name in own if name in sys.modules}
    try:
        yield
    finally:
        for name in _files_of_modules().keys() | own:
            if name in own or name not in known:
                sys.modules.pop(name, None)
        sys.modules.update(before)


def _files_of_modules() -> dict[str, str]:
    """Give the files of the modules that are no installed ones, nor DAG files, by the modules' names."""
    files = {name: getattr(module, "__file__", None) for name, module in [*sys.modules.items()]}
    return {
        name: file
        for name, file in files.items()
        if isinstance(file, str) and not is_installed(file) and not _is_foreign(name)
    }


def _is_foreign(name: str) -> bool:
    return name.startswith(_DAG_FILE) or name.partition(".")[0] in NO_AUTHORS


def _parents_of(name: str) -> list[str]:
    """Give the packages around a module, which hold it as an attribute."""
    steps = name.split(".")
    return [".".join(steps[:end]) for end in range(1, len(steps))]
