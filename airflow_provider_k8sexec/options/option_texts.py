"""What the source says of each pod option: its type, its meaning, an example.

The reference, the schemas of files, and what ``help()`` and editors show are made from it. To read it takes
milliseconds, so no process of Airflow does.
"""

from __future__ import annotations

import ast
import inspect
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_k8sexec.options import pod_options

if TYPE_CHECKING:
    from types import ModuleType


class OptionText(NamedTuple):
    """One option, as its definition describes it.

    Attributes:
        line: The line of its definition.
        type: Its type, as it is written.
        meaning: What it is for.
        example: How it is written.
    """

    line: int
    type: str
    meaning: str
    example: str


def parse_module(module: ModuleType) -> ast.Module:
    """Parse the source of a module."""
    return ast.parse(inspect.getsource(module))


def find_class(tree: ast.Module, name: str) -> ast.ClassDef:
    """Find the definition of a class."""
    (found,) = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
    return found


@cache
def read_option_texts() -> dict[str, OptionText]:
    """Read the texts of all pod options, in the order of their definition."""
    definition = find_class(parse_module(pod_options), pod_options.PodOptions.__name__)
    return {
        ast.unparse(field.target): _read(field, text)
        for field, text in pairwise(definition.body)
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr)
    }


def _read(field: ast.AnnAssign, text: ast.Expr) -> OptionText:
    meaning, _, example = inspect.cleandoc(ast.literal_eval(text.value)).partition("\n\n")
    return OptionText(field.lineno, ast.unparse(field.annotation), " ".join(meaning.split()), example)
