"""What expressions of a DAG file are known to be without running it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from airflow_provider_k8sexec.options.code import UNKNOWN, Code
from airflow_provider_k8sexec.options.problems import show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from airflow_provider_k8sexec.cli.migrate.reading.project import ParsedFile
    from airflow_provider_k8sexec.cli.migrate.reading.scopes import Binding, Block, Scope
    from airflow_provider_k8sexec.options.paths import Path

SCALARS = (str, int, float, bool, type(None))
AIRFLOWS_SECRET = "airflow.Secret"  # noqa: S105  # the name of a class
"""The model that Airflow's ``Secret`` is read as."""
SECRET_PARTS = ("deploy_type", "deploy_target", "secret", "key", "items")
"""Its arguments."""


_READERS_OF_KEYS = frozenset({"get", "getenv", "get_connection", "getint", "getboolean", "getfloat"})
_KINDS: dict[type[ast.expr], str] = {
    ast.IfExp: "an expression with `if` and `else`",
    ast.Lambda: "a lambda",
    ast.JoinedStr: "an f-string",
    ast.BinOp: "a computed value",
    ast.Compare: "a comparison",
    ast.Constant: "a constant",
    ast.Starred: "a part of a list",
}


class UnreadableError(Exception):
    """An expression is known only when the file is loaded; the message is the sentence, without its stop."""


class Fields(dict[Any, Any]):
    """A mapping, or a Kubernetes model with its fields in camelCase.

    Attributes:
        model: The model; empty for a mapping.
        lines: The line on which each key is written, as far as it is in the file that is read.
    """

    def __init__(self, content: Mapping[Any, Any] | None = None, model: str = "") -> None:
        """Take the content."""
        super().__init__(content or {})
        self.model = model
        self.lines: dict[Any, int] = dict(getattr(content, "lines", {}))


class Items(list[Any]):
    """A list.

    Attributes:
        lines: The line on which each item is written, likewise.
    """

    def __init__(self, content: list[Any] | None = None, lines: dict[int, int] | None = None) -> None:
        """Take the content."""
        super().__init__(content or [])
        self.lines: dict[int, int] = lines or {}


@frozen
class Variables(Code):
    """A mapping in the place of the list of variables that is made of it."""


@frozen
class Hidden(Code):
    """An expression that cannot be written where the options are to be: a name of it is another one there.

    Its text is what it is, for a message.
    """


@frozen(eq=False)
class Instance:
    """An object of a class of the project with constant attributes: of a dataclass, or an Enum.

    Attributes:
        fields: The attributes.
        scalar: What it is as a scalar, for an Enum of strings; else ``UNKNOWN``.
    """

    fields: Mapping[str, Any]
    scalar: Any = UNKNOWN


@frozen(eq=False)
class Function:
    """A function of the project.

    Attributes:
        binding: Where it is defined.
        given: The values of names around it.
    """

    binding: Binding
    given: Mapping[Binding, Any] = field(factory=dict)


@frozen(eq=False)
class Class:
    """A class of the project.

    Attributes:
        node: Its statement.
        scope: Its names.
    """

    node: ast.ClassDef
    scope: Scope


def compute_value(node: ast.expr, compute: Callable[[], Any]) -> Any:
    """Compute what an expression has, of values that are known.

    Raises:
        UnreadableError: It fails, whatever it raises, as the file does as well.
    """
    try:
        return compute()
    except Exception as error:  # noqa: BLE001  # as above
        raise UnreadableError(f"{show_code(node)} fails ({type(error).__name__})") from None


def show_code(node: ast.expr) -> str:
    """Show what an expression is, without the values in it."""
    if isinstance(node, ast.Call):
        first = node.args[0] if node.args else None
        key = "..."
        if isinstance(first, ast.Constant) and _last_name(node.func) in _READERS_OF_KEYS:
            key = show(first.value)
        return f"{_show_path(node.func)}({key if node.args or node.keywords else ''})`"
    if isinstance(node, ast.Subscript):
        return f"{_show_path(node.value)}[...]`"
    if isinstance(node, (ast.Name, ast.Attribute)):
        return f"{_show_path(node)}`"
    return _KINDS.get(type(node), "an expression")


def _show_path(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_show_path(node.value)}.{node.attr}"
    if isinstance(node, ast.Name):
        return f"`{node.id}"
    return show_code(node).removesuffix("`") if isinstance(node, (ast.Call, ast.Subscript)) else "`(...)"


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def is_scalar(value: Any) -> bool:
    """Report whether a value is a scalar, or an expression."""
    return isinstance(value, (*SCALARS, Code))


def known(value: Any) -> Any:
    """Give the value of an expression, if it is known; else ``UNKNOWN``."""
    return value.value if isinstance(value, Code) else value


def is_known(value: Any) -> bool:
    """Report whether a value has no part that is unknown."""
    if isinstance(value, dict):
        return all(is_known(item) for item in value.values())
    if isinstance(value, list):
        return all(is_known(item) for item in value)
    return known(value) is not UNKNOWN and not isinstance(value, (Function, Class))


def strip_code(value: Any) -> Any:
    """Give a known value with values in the place of expressions."""
    if isinstance(value, dict):
        return {key: strip_code(item) for key, item in value.items()}
    if isinstance(value, list):
        return [strip_code(item) for item in value]
    return known(value)


def make_plain(value: Any) -> Any:
    """Give a value as a manifest of plain dicts and lists.

    Raises:
        UnreadableError: A part of it has no place in a manifest.
    """
    if isinstance(value, dict):
        return {key: make_plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [make_plain(item) for item in value]
    if isinstance(value, Instance) and value.scalar is not UNKNOWN:
        return value.scalar
    if isinstance(value, Hidden):
        raise UnreadableError(f"{value.text} has no value where the options would be written")
    if not is_scalar(value):
        raise UnreadableError("a part of the pod is not a value, but a function, a class or an object")
    return value


def iter_lines(value: Any, path: Path = ()) -> Iterator[tuple[Path, int]]:
    """Give the line on which each part of a value is written."""
    lines: Mapping[Any, int] = getattr(value, "lines", {})
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        if key in lines:
            yield (*path, key), lines[key]
        yield from iter_lines(value[key], (*path, key))


@frozen(eq=False)
class Frame:
    """Where an expression is read.

    Attributes:
        scope: Its scope.
        block: Its block.
        given: What names have there: arguments of the call of a function, variables of a comprehension.
    """

    scope: Scope
    block: Block
    given: Mapping[Binding, Any] = field(factory=dict)

    @property
    def source(self) -> ParsedFile:
        """The file."""
        return self.scope.source
