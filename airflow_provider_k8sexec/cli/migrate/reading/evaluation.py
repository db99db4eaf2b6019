"""Reads expressions of a DAG file without running it: a part is a value, or an expression to keep."""

from __future__ import annotations

import ast
import builtins
import copy
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.cli.migrate.reading.call_values import CALLS
from airflow_provider_k8sexec.cli.migrate.reading.expression_values import EXPRESSIONS
from airflow_provider_k8sexec.cli.migrate.reading.imports import External
from airflow_provider_k8sexec.cli.migrate.reading.project import ParsedFile
from airflow_provider_k8sexec.cli.migrate.reading.scopes import (
    ASSIGNED,
    CLASS,
    COMPREHENSIONS,
    FALLBACK,
    FUNCTION,
    IMPORTED,
    LOOP,
    OTHER,
    PARAMETER,
    Binding,
    Conditional,
    Place,
    position_of,
)
from airflow_provider_k8sexec.cli.migrate.reading.values import (
    Class,
    Fields,
    Frame,
    Function,
    Hidden,
    Instance,
    UnreadableError,
    Variables,
    compute_value,
    is_scalar,
    known,
    show_code,
)
from airflow_provider_k8sexec.options.code import UNKNOWN, Code
from airflow_provider_k8sexec.rules.api_server.schema import find_field

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from airflow_provider_k8sexec.cli.migrate.reading.imports import Linker
    from airflow_provider_k8sexec.cli.migrate.reading.scopes import Scope

_DEEPEST = 60
_READERS: dict[type[ast.expr], Callable[..., Any]] = {**EXPRESSIONS, **CALLS}


class Reader:
    """Reads the parts of one config.

    Attributes:
        linker: Follows names.
        target: Where the options are to be written.
        used: The bindings whose values were read.
    """

    def __init__(self, linker: Linker, target: Place) -> None:
        """Take where the options are to be written."""
        self.linker = linker
        self.target = target
        self.used: dict[Binding, None] = {}
        self._depth = 0

    @property
    def frame(self) -> Frame:
        """The frame of the config itself."""
        return Frame(self.target.scope, self.target.block)

    def read(self, node: ast.expr, frame: Frame) -> Any:
        """Read an expression.

        Raises:
            UnreadableError: It is known only when the file is loaded.
        """
        reader: Callable[..., Any] = _READERS.get(type(node), _refuse)
        self._depth += 1
        try:
            if self._depth > _DEEPEST:
                raise UnreadableError(f"{show_code(node)} refers to itself, or is nested too deeply")
            return reader(self, node, frame)
        finally:
            self._depth -= 1

    def find(self, node: ast.Name, frame: Frame) -> Binding | None:
        """Find where a name has its value from.

        Raises:
            UnreadableError: It has another one from time to time.
        """
        try:
            return Place(frame.scope, frame.block, position_of(node)).find(node.id)
        except Conditional as reason:
            raise UnreadableError(f"`{node.id}` {reason}") from None

    def read_name(self, node: ast.Name, frame: Frame) -> Any:
        """Read a name: what a constant has, or itself."""
        binding = self.find(node, frame)
        if binding is None:
            found = self._find_elsewhere(node.id, frame)
            return self.name(node, frame, self.value_of(found, node.id) if found else None)
        if binding in frame.given:
            self.check_unchanged(binding, frame.given[binding])
            return frame.given[binding]
        if binding.kind in (PARAMETER, LOOP, FALLBACK):
            self._check_source(binding, frame)
            return Code(node.id) if self.sees(node.id, binding) else Hidden(show_code(node))
        return self.name(node, frame, self.value_of(binding, node.id, frame))

    def _find_elsewhere(self, name: str, frame: Frame) -> Binding | ParsedFile | External:
        """Find a name that the file itself does not define."""
        try:
            found = self.linker.find_in(frame.source, name)
        except Conditional as reason:
            raise UnreadableError(f"`{name}` {reason}") from None
        if found:
            return found
        if not hasattr(builtins, name):
            raise UnreadableError(f"`{name}` is not defined in the file")
        return External(f"builtins.{name}")

    def _check_source(self, binding: Binding, frame: Frame) -> None:
        """Refuse what a loop takes from elsewhere, or what an argument has if it is not given."""
        if binding.value is not None:
            scope = binding.place.scope
            outer = scope.parent if binding.kind == LOOP and isinstance(scope.node, COMPREHENSIONS) else scope
            self.read(binding.value, Frame(outer or scope, binding.place.block, frame.given))

    def value_of(self, found: Binding | ParsedFile | External, name: str, frame: Frame | None = None) -> Any:
        """Give what a name stands for."""
        if isinstance(found, Binding) and found.kind == IMPORTED:
            found = self._follow(found, name)
        if not isinstance(found, Binding):
            return found
        given = frame.given if frame else {}
        if found.kind == FUNCTION:
            return Function(found, given)
        if found.kind == CLASS and isinstance(found.node, ast.ClassDef):
            return Class(found.node, self.linker.names_of(found.source).scopes[found.node])
        if found.kind != ASSIGNED or found.value is None:
            raise UnreadableError(_explain(found))
        value = self.read(found.value, Frame(found.place.scope, found.place.block, given))
        for step in found.steps:
            value = _take(value, step, name)
        self.used[found] = None
        if isinstance(value, Fields) and value.model:
            value = self._set_fields(found, value, given)
        self.check_unchanged(found, value)
        return value

    def check_unchanged(self, binding: Binding, value: Any) -> None:
        """Refuse what is changed after it was made; a scalar never is.

        Raises:
            UnreadableError: It is.
        """
        where = None if is_scalar(value) else self.linker.changes.find(binding)
        if where:
            raise UnreadableError(f"`{binding.name}` is changed on {where}, after it was made")

    def _set_fields(self, binding: Binding, made: Fields, given: Mapping[Binding, Any]) -> Fields:
        """Set the fields of a model that are set right after it was made."""
        value = Fields(made, made.model)
        for statement in self.linker.names_of(binding.source).find_sets(binding):
            name = getattr(statement.targets[0], "attr", "")
            field = find_field(made.model, name)
            if field is None:
                raise UnreadableError(f"{made.model} has no field `{name}`")
            value[field[0]] = self.read(
                statement.value, Frame(binding.place.scope, binding.place.block, given)
            )
            if binding.source is self.target.scope.source:
                value.lines[field[0]] = statement.lineno
        return value

    def _follow(self, binding: Binding, name: str) -> Binding | ParsedFile | External:
        try:
            return self.linker.follow(binding)
        except Conditional as reason:
            raise UnreadableError(f"`{name}` {reason}") from None

    def module_attribute(self, owner: Any, name: str) -> Binding | ParsedFile | External | None:
        """Find what a module has under a name; ``None`` if it is no module.

        Raises:
            Conditional: It has another value from time to time.
        """
        if not isinstance(owner, (ParsedFile, External)):
            return None
        return self.linker.attribute_of(owner, name, self.target.scope.source)

    # -- expressions that are kept

    def name(self, node: ast.expr, frame: Frame, value: Any) -> Any:
        """Give an expression whose value is a scalar by its name, where it can be written; else its value."""
        if isinstance(value, Instance) and value.scalar is not UNKNOWN:
            value = value.scalar
        if not is_scalar(value) or isinstance(value, Variables):
            return value
        text = self.write(node, frame)
        if text is not None:
            return Code(text, known(value))
        return value  # an expression in it can be written, or it has none

    def combine(
        self, node: ast.expr, frame: Frame, operands: Sequence[Any], compute: Callable[..., Any]
    ) -> Any:
        """Give what is made of operands: an expression if one of them is an expression."""
        values = [known(operand) for operand in operands]
        is_unknown = any(item is UNKNOWN for item in values)
        value = UNKNOWN if is_unknown else compute_value(node, partial(compute, *values))
        if not any(isinstance(operand, Code) for operand in operands):
            return value
        return self.keep(node, frame, value)

    def keep(self, node: ast.expr, frame: Frame, value: Any = UNKNOWN) -> Any:
        """Keep an expression as it is written; where it cannot be, give its value."""
        text = self.write(node, frame)
        if text is not None:
            return Code(text, value)
        return Hidden(show_code(node)) if value is UNKNOWN else value

    def sees(self, name: str, binding: Binding) -> bool:
        """Report whether a name means the same where the options are to be written."""
        try:
            found = self.target.find(name) or self.linker.find_in(self.target.scope.source, name)
            found = self.linker.follow(found) if isinstance(found, Binding) else found
            return found == self.linker.follow(binding)
        except Conditional:
            return False

    def _is_same(self, node: ast.Name, binding: Binding | None, frame: Frame) -> bool:
        """Report whether a name can be written as it is, also where its file does not define it."""
        if binding is not None:
            return binding not in frame.given and self.sees(node.id, binding)
        try:
            is_free = self.target.find(node.id) is None
        except Conditional:
            return False
        is_built_in = hasattr(builtins, node.id) and not self.linker.names_of(frame.source).stars
        return is_free and (is_built_in or frame.source is self.target.scope.source)

    def write(self, node: ast.expr, frame: Frame) -> str | None:
        """Write an expression for where the options are to be; ``None`` if a name is not known there."""
        names: list[tuple[ast.Name, Frame]] = []
        self._collect(node, frame, names)
        replaced: dict[tuple[int, int], ast.expr] = {}
        for name, where in names:
            if not self._is_same(name, self.find(name, where), where):
                value = self._try(name, where)
                if value is None or not is_scalar(value) or isinstance(value, Hidden):
                    return None
                text = value.text if isinstance(value, Code) else repr(value)
                replaced[position_of(name)] = ast.parse(f"({text})", mode="eval").body
        if not replaced:
            return frame.source.segment(node)
        others = _names_of([*replaced.values()])
        kept = (name for name, where in names if position_of(name) not in replaced and self.find(name, where))
        is_value = not others and not any(kept)
        if is_value or others & _names_of([node], ast.Store):  # its value is shorter; or a name is taken
            return None
        written = _Replacement(replaced).visit(copy.deepcopy(node))
        return None if _has_quotes_in_quotes(written) else ast.unparse(written)

    def _try(self, name: ast.Name, frame: Frame) -> Any:
        """Give what a name has that cannot be written; ``None`` if it cannot be, either."""
        binding = self.find(name, frame)
        if binding in frame.given:
            return frame.given[binding]  # type: ignore[index]  # it is there
        if binding is None or binding.kind in (PARAMETER, LOOP, FALLBACK):
            return None
        try:
            return self.value_of(binding, name.id, frame)
        except UnreadableError:
            return None

    def _collect(
        self, node: ast.AST, frame: Frame, names: list[tuple[ast.Name, Frame]], inside: tuple[Scope, ...] = ()
    ) -> None:
        """Collect the names of an expression that it does not itself define."""
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            binding = self.find(node, frame)
            if binding is None or binding.place.scope not in inside:
                names.append((node, frame))
            return
        inner = self.linker.names_of(frame.source).scopes.get(node)
        if inner:
            frame = Frame(inner, frame.block, frame.given)
            inside = (*inside, inner)
        for child in ast.iter_child_nodes(node):
            self._collect(child, frame, names, inside)


def _names_of(nodes: Sequence[ast.AST], kind: type[ast.expr_context] = ast.Load) -> set[str]:
    return {
        inner.id
        for node in nodes
        for inner in ast.walk(node)
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, kind)
    }


class _Replacement(ast.NodeTransformer):
    """Puts expressions in the place of names."""

    def __init__(self, replaced: dict[tuple[int, int], ast.expr]) -> None:
        """Take the expressions by the positions of the names."""
        self._replaced = replaced

    def visit_Name(self, node: ast.Name) -> ast.expr:  # named after the node
        return self._replaced.get(position_of(node), node)

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.expr:  # likewise
        """Put a string itself in an f-string: before Python 3.12, none has its own quotes inside."""
        self.generic_visit(node)
        is_plain = node.conversion == -1 and node.format_spec is None
        is_string = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return node.value if is_plain and is_string else node


def _has_quotes_in_quotes(node: ast.expr) -> bool:
    """Report whether a string is inside an f-string: Python 3.12 writes that so that 3.11 cannot read it."""
    inside = [part for part in ast.walk(node) if isinstance(part, ast.FormattedValue)]
    parts = (part for value in inside for part in ast.walk(value.value))
    return any(isinstance(part, ast.Constant) and isinstance(part.value, str) for part in parts)


def _refuse(_reader: Reader, node: ast.expr, _frame: Frame) -> Any:
    kinds = {
        ast.IfExp: "depends on a condition",
        ast.Lambda: "is a function of its own",
        ast.NamedExpr: "sets a name",
    }
    raise UnreadableError(
        f"{show_code(node)} {kinds.get(type(node), 'is known only when the file is loaded')}"
    )


def _take(value: Any, step: int, name: str) -> Any:
    if not isinstance(value, list) or step >= len(value):
        raise UnreadableError(f"`{name}` is known only when the file is loaded")
    return value[step]


def _explain(binding: Binding) -> str:
    node = binding.node
    if isinstance(node, ast.AugAssign):
        line = node.lineno
        return f"`{binding.name}` is changed on line {line}"
    if binding.kind == OTHER and isinstance(node, (ast.Global, ast.Nonlocal)):
        return f"`{binding.name}` is set by a function"
    return f"`{binding.name}` is known only when the file is loaded"
