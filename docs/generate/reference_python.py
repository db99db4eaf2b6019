"""Makes the page of the public names, from their source: signatures and docstrings."""

from __future__ import annotations

import ast
import inspect
import re
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from page_parts import write_block, write_page, write_sentence

import airflow_provider_k8sexec as package

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIRST = """\
What `airflow_provider_k8sexec` exports: every name here can be imported from the package itself, and is public; all
others may change. Most functions and operators take the [pod options](options.md) besides the arguments that are
described here."""
_SECTION = re.compile(r"^(Args|Attributes|Returns|Raises|Example|Source|Sources):(.*)$", re.MULTILINE)
_TITLES = {"Args": "Arguments", "Attributes": "Attributes", "Returns": "Returns", "Raises": "Raises"}


def build_page() -> str:
    """Make the page."""
    parts = [part for name in package.__all__ if name != "__version__" for part in _write_name(name)]
    return write_page("Python names", [_FIRST, *parts])


def _write_name(name: str) -> Iterator[str]:
    yield f"## `{name}`"
    node, following = _find(name)
    if isinstance(node, ast.FunctionDef):
        yield write_block("text", f"{name}({ast.unparse(node.args)})")
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        docstring = ast.get_docstring(node) or ""
    else:
        docstring = ast.literal_eval(following.value) if isinstance(following, ast.Expr) else ""
    yield from _write_docstring(inspect.cleandoc(docstring))


def _find(name: str) -> tuple[ast.stmt, ast.stmt]:
    """Find where a name is defined, and what follows: the string under a variable is its docstring."""
    path = Path(package.__file__).parent / package._HOMES[name].replace(".", "/")  # noqa: SLF001  # its own docs
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    module = ast.parse(file.read_text(encoding="utf-8"))
    (*_, found) = (pair for pair in pairwise(module.body) if name in _names_of(pair[0]))
    return found


def _names_of(node: ast.stmt) -> list[str]:
    targets = getattr(node, "targets", [getattr(node, "target", None)])
    return [getattr(node, "name", ""), *(ast.unparse(target) for target in targets if target)]


def _write_docstring(text: str) -> Iterator[str]:
    """Write paragraphs as such, and what is described by name as a list."""
    head, *sections = _SECTION.split(text)
    for paragraph in head.strip().split("\n\n"):
        yield write_sentence(paragraph)
    for title, first, rest in zip(sections[::3], sections[1::3], sections[2::3], strict=True):
        if title in _TITLES:
            yield f"{_TITLES[title]}:"
            yield "\n".join(_write_items(inspect.cleandoc(f"{first}\n{rest}"), title))


def _write_items(text: str, title: str) -> Iterator[str]:
    """Write ``name: meaning``, whose further lines are indented, as items."""
    items = [text] if title == "Returns" else re.split(r"\n(?! )", text.strip())
    for item in items:
        name, _, meaning = item.partition(": ")
        is_named = re.fullmatch(r"[\w*]+", name)
        yield f"- `{name}`: {write_sentence(meaning)}" if is_named else f"- {write_sentence(item)}"
