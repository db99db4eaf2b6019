"""How each kind of expression is read, calls aside."""

from __future__ import annotations

import ast
import operator
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.cli.migrate.reading.imports import External
from airflow_provider_k8sexec.cli.migrate.reading.project import ParsedFile
from airflow_provider_k8sexec.cli.migrate.reading.scopes import ASSIGNED
from airflow_provider_k8sexec.cli.migrate.reading.values import (
    SCALARS,
    Class,
    Fields,
    Frame,
    Instance,
    Items,
    UnreadableError,
    Variables,
    is_known,
    is_scalar,
    known,
    show_code,
    strip_code,
)
from airflow_provider_k8sexec.options.code import UNKNOWN, Code
from airflow_provider_k8sexec.rules.api_server.schema import find_field
from airflow_provider_k8sexec.site_policy.dag_source import name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_k8sexec.cli.migrate.reading.evaluation import Reader

_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {ast.USub: operator.neg, ast.UAdd: operator.pos}
_CONVERSIONS: dict[int, Callable[[Any], str]] = {115: str, 114: repr, 97: ascii}
_LARGEST = 10_000
_ENUMS = ("enum.Enum", "enum.StrEnum", "enum.IntEnum", "enum.IntFlag")


def is_in_target(reader: Reader, frame: Frame) -> bool:
    """Report whether an expression is in the file that is to be written."""
    return frame.source is reader.target.scope.source


def _read_constant(_reader: Reader, node: ast.Constant, _frame: Frame) -> Any:
    if node.value is Ellipsis:
        raise UnreadableError("`...` stands for a part of the pod")
    if not isinstance(node.value, SCALARS):
        raise UnreadableError(f"{type(node.value).__name__} has no place in a pod")
    return node.value


def _read_name(reader: Reader, node: ast.Name, frame: Frame) -> Any:
    return reader.read_name(node, frame)


def _read_dict(reader: Reader, node: ast.Dict, frame: Frame) -> Any:
    found = Fields()
    for key, item in zip(node.keys, node.values, strict=True):
        value = reader.read(item, frame)
        if key is None:
            if isinstance(value, Code):
                return reader.keep(node, frame)
            if not isinstance(value, Fields) or value.model:
                raise UnreadableError(f"`**` takes {show_code(item)}, which is not a mapping")
            found.update(value)
            found.lines.update(value.lines)
        else:
            name = known(reader.read(key, frame))
            if not isinstance(name, SCALARS):
                return reader.keep(node, frame)
            found[name] = value
            if is_in_target(reader, frame):
                found.lines[name] = key.lineno
    return found


def _read_list(reader: Reader, node: ast.List | ast.Tuple, frame: Frame) -> Any:
    found = Items()
    for item in node.elts:
        if isinstance(item, ast.Starred):
            inner = reader.read(item.value, frame)
            if isinstance(inner, Code):
                return reader.keep(node, frame)
            found += list(items_of(inner, item.value))
        else:
            if is_in_target(reader, frame):
                found.lines[len(found)] = item.lineno
            found.append(reader.read(item, frame))
    return found


def items_of(value: Any, node: ast.expr) -> list[Any]:
    """Give what a loop over a value runs through."""
    if isinstance(value, Fields) and not value.model:
        return [*value]
    if isinstance(value, list) and len(value) <= _LARGEST:
        return value
    if isinstance(value, Class):
        raise UnreadableError(f"what {show_code(node)} has is known only when the file is loaded")
    raise UnreadableError(f"{show_code(node)} is known only when the file is loaded")


def _read_attribute(reader: Reader, node: ast.Attribute, frame: Frame) -> Any:
    owner = reader.read(node.value, frame)
    if isinstance(owner, (External, ParsedFile)):
        found = reader.linker.attribute_of(owner, node.attr, frame.source)
        if found is None:
            raise UnreadableError(f"{show_code(node)} is not defined")
        return reader.name(node, frame, reader.value_of(found, node.attr))
    if isinstance(owner, Class):
        return reader.name(node, frame, _member_of(reader, owner, node))
    if isinstance(owner, Instance) and node.attr in owner.fields:
        return reader.name(node, frame, owner.fields[node.attr])
    if isinstance(owner, Fields) and owner.model:
        field = find_field(owner.model, node.attr)
        return reader.name(node, frame, owner.get(field[0]) if field else None)
    if isinstance(owner, Code):
        if isinstance(owner.value, str):
            raise UnreadableError(f"{show_code(node)} is not defined")
        return reader.keep(node, frame)
    raise UnreadableError(f"{show_code(node)} is known only when the file is loaded")


def _member_of(reader: Reader, owner: Class, node: ast.Attribute) -> Any:
    bindings = owner.scope.bindings.get(node.attr, [])
    if len(bindings) != 1 or bindings[0].kind != ASSIGNED or bindings[0].value is None:
        raise UnreadableError(f"{show_code(node)} is known only when the file is loaded")
    inner = bindings[0]
    if not inner.place.block.encloses(owner.scope.body):
        raise UnreadableError(f"{show_code(node)} is set under a condition")
    value = reader.read(inner.value, Frame(owner.scope, inner.place.block)) if inner.value else None
    where = None if is_scalar(value) else reader.linker.changes.find_of_member(owner, node.attr)
    if where:
        raise UnreadableError(f"{show_code(node)} is changed on {where}, after it was made")
    bases = [_base_name(reader, base, owner) for base in owner.node.bases]
    if not any(base in _ENUMS for base in bases):
        return value
    is_string = "enum.StrEnum" in bases or "builtins.str" in bases or "builtins.int" in bases
    return Instance({"value": value, "name": node.attr}, known(value) if is_string else UNKNOWN)


def _base_name(reader: Reader, base: ast.expr, owner: Class) -> str:
    scope = owner.scope.parent
    if scope is None:
        return ""
    found = reader.read(base, Frame(scope, owner.scope.block))
    return found.name if isinstance(found, External) else ""


def _read_subscript(reader: Reader, node: ast.Subscript, frame: Frame) -> Any:
    owner = reader.read(node.value, frame)
    if isinstance(node.slice, ast.Slice):
        raise UnreadableError(f"{show_code(node)} is a part of a list")
    index = reader.read(node.slice, frame)
    if isinstance(owner, External):
        raise UnreadableError(f"{_show_key(node, index)} is known only when the file is loaded")
    if isinstance(owner, Code) or known(index) is UNKNOWN:
        return reader.keep(node, frame)
    key = known(index)
    if isinstance(owner, Class) and isinstance(key, str):
        attribute = ast.copy_location(ast.Attribute(node.value, key, ast.Load()), node)
        return reader.name(node, frame, _member_of(reader, owner, attribute))
    if not isinstance(owner, (Fields, list)) or not isinstance(key, SCALARS):
        raise UnreadableError(f"{show_code(node)} is known only when the file is loaded")
    try:
        value = owner[key]  # type: ignore[index]  # a list with a string fails as the file does
    except (KeyError, IndexError, TypeError):
        raise UnreadableError(f"{show_code(node)} does not exist") from None
    return reader.name(node, frame, value)


def _show_key(node: ast.Subscript, index: Any) -> str:
    return show_code(node).replace("[...]", f"[{index!r}]") if isinstance(index, str) else show_code(node)


def _read_operation(reader: Reader, node: ast.BinOp, frame: Frame) -> Any:
    left, right = reader.read(node.left, frame), reader.read(node.right, frame)
    if isinstance(left, Items) and isinstance(right, Items) and isinstance(node.op, ast.Add):
        lines = {**left.lines, **{len(left) + at: line for at, line in right.lines.items()}}
        return Items([*left, *right], lines)
    if isinstance(left, Fields) and isinstance(right, Fields) and isinstance(node.op, ast.BitOr):
        merged = Fields({**left, **right})
        merged.lines = {**left.lines, **right.lines}
        return merged
    if isinstance(left, (list, dict)) or isinstance(right, (list, dict)):
        if isinstance(left, str) or isinstance(known(left), str):  # "%s" % ("a", "b")
            return _format_tuple(reader, node, frame, left, right)
        if isinstance(left, Code) or isinstance(right, Code):
            return reader.keep(node, frame)
    if not is_scalar(left) or not is_scalar(right) or type(node.op) not in _OPERATORS:
        raise UnreadableError(f"{show_code(node)} is known only when the file is loaded")
    return reader.combine(node, frame, (left, right), _OPERATORS[type(node.op)])


def _format_tuple(reader: Reader, node: ast.BinOp, frame: Frame, left: Any, right: Any) -> Any:
    if not is_known(right) or known(left) is UNKNOWN:
        return reader.keep(node, frame)
    values = strip_code(right)
    operands = (left, *(item for item in right if isinstance(item, Code)))
    value = tuple(values) if isinstance(values, list) else values
    return reader.combine(node, frame, operands, lambda text, *_: text % value)


def _read_unary(reader: Reader, node: ast.UnaryOp, frame: Frame) -> Any:
    operand = reader.read(node.operand, frame)
    if type(node.op) not in _UNARY or not is_scalar(operand):
        raise UnreadableError(f"{show_code(node)} is known only when the file is loaded")
    return reader.combine(node, frame, (operand,), _UNARY[type(node.op)])


def _read_either(reader: Reader, node: ast.BoolOp, frame: Frame) -> Any:
    """Read ``limit or memory``: it stays as it is written, and is a condition only of arguments."""
    operands = [reader.read(item, frame) for item in node.values]
    if isinstance(node.op, ast.And) or not all(
        isinstance(operand, (Code, *SCALARS, dict, list)) for operand in operands
    ):
        raise UnreadableError("an expression with `and` or `or` depends on a condition")
    for operand in operands[:-1]:
        if isinstance(operand, Code) and operand.value is UNKNOWN:
            return reader.keep(node, frame)
        if known(operand):
            return operand
    return operands[-1]


def _read_f_string(reader: Reader, node: ast.JoinedStr, frame: Frame) -> Any:
    operands = [reader.read(part, frame) for part in node.values]
    return reader.combine(node, frame, operands, lambda *parts: "".join(str(part) for part in parts))


def _read_formatted(reader: Reader, node: ast.FormattedValue, frame: Frame) -> Any:
    """Read a part of an f-string; as it is no expression of its own, its text is never written."""
    value = reader.read(node.value, frame)
    spec = reader.read(node.format_spec, frame) if node.format_spec else ""
    if not is_scalar(value) or not is_scalar(spec):
        raise UnreadableError("an f-string has a part that is known only when the file is loaded")
    if known(value) is UNKNOWN or known(spec) is UNKNOWN:
        return Code("")
    convert: Callable[[Any], Any] = _CONVERSIONS.get(node.conversion, lambda item: item)
    text = format(convert(known(value)), known(spec))
    return Code("", text) if isinstance(value, Code) else text


# -- comprehensions


def _read_comprehension(reader: Reader, node: ast.ListComp | ast.GeneratorExp, frame: Frame) -> Any:
    frames = _expand(reader, node, frame)
    variables = _mapping_of(reader, node, frame)
    if variables is not None:
        return variables
    if frames is None:
        return reader.keep(node, frame)
    return Items([reader.read(node.elt, inner) for inner in frames])


def _mapping_of(reader: Reader, node: ast.ListComp | ast.GeneratorExp, frame: Frame) -> Variables | None:
    """Find the mapping of which a comprehension makes variables, name by name, where it can be written."""
    made, target, loop = node.elt, node.generators[0].target, node.generators[0].iter
    if isinstance(loop, ast.Call) and name_of(loop.func) == "sorted" and len(loop.args) == 1:
        loop = loop.args[0]
    is_alike = (
        isinstance(made, ast.Call)
        and name_of(made.func) == "V1EnvVar"
        and not made.args
        and isinstance(target, ast.Tuple)
        and isinstance(loop, ast.Call)
        and isinstance(loop.func, ast.Attribute)
        and loop.func.attr == "items"
        and len(node.generators) == 1
        and {keyword.arg: name_of(keyword.value) for keyword in made.keywords}
        == dict(zip(("name", "value"), map(name_of, target.elts), strict=False))
    )
    if not is_alike or not isinstance(loop, ast.Call) or not isinstance(loop.func, ast.Attribute):
        return None
    owner = loop.func.value
    uses = reader.linker.names_of(frame.source).uses.get(name_of(owner), ())
    is_for_this_alone = len(uses) == 1 and not isinstance(reader.read(owner, frame), Code)
    if isinstance(owner, ast.Name) and is_for_this_alone:  # it is written out
        return None
    text = reader.write(owner, frame)
    return Variables(text) if text is not None else None


def _read_dict_comprehension(reader: Reader, node: ast.DictComp, frame: Frame) -> Any:
    frames = _expand(reader, node, frame)
    if frames is None:
        return reader.keep(node, frame)
    pairs = [(reader.read(node.key, inner), reader.read(node.value, inner)) for inner in frames]
    if any(not isinstance(known(key), SCALARS) for key, _ in pairs):
        return reader.keep(node, frame)
    return Fields({known(key): value for key, value in pairs})


def _expand(
    reader: Reader, node: ast.ListComp | ast.GeneratorExp | ast.DictComp, frame: Frame
) -> list[Frame] | None:
    """Give a frame for each round of a comprehension; ``None`` where what it runs over is an argument."""
    scope = reader.linker.names_of(frame.source).scopes[node]
    frames = [Frame(scope, frame.block, frame.given)]
    for index, generator in enumerate(node.generators):
        if generator.ifs or generator.is_async:
            raise UnreadableError("a comprehension with `if` depends on a condition")
        expanded = []
        for outer in frames:
            values = reader.read(generator.iter, outer if index else frame)
            if isinstance(values, Code):
                _check_unknown(reader, node, outer)
                return None
            for item in items_of(values, generator.iter):
                given = dict(_unpack(reader, generator.target, item, outer))
                expanded.append(Frame(scope, frame.block, {**outer.given, **given}))
        frames = expanded
    return frames


def _check_unknown(
    reader: Reader, node: ast.ListComp | ast.GeneratorExp | ast.DictComp, frame: Frame
) -> None:
    """Refuse a comprehension over an argument if what it makes of it is known only at loading."""
    for part in [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]:
        reader.read(part, frame)


def _unpack(reader: Reader, target: ast.expr, value: Any, frame: Frame) -> Iterator[tuple[Any, Any]]:
    if isinstance(target, ast.Name):
        for binding in frame.scope.bindings.get(target.id, ()):
            yield binding, value
    elif isinstance(target, (ast.Tuple, ast.List)) and isinstance(value, list):
        if len(value) != len(target.elts):
            raise UnreadableError("a comprehension takes apart what does not have as many parts")
        for inner, item in zip(target.elts, value, strict=True):
            yield from _unpack(reader, inner, item, frame)
    else:
        raise UnreadableError("a comprehension takes apart what is known only when the file is loaded")


EXPRESSIONS: dict[type[ast.expr], Callable[..., Any]] = {
    ast.Constant: _read_constant,
    ast.Name: _read_name,
    ast.Dict: _read_dict,
    ast.List: _read_list,
    ast.Tuple: _read_list,
    ast.Attribute: _read_attribute,
    ast.Subscript: _read_subscript,
    ast.BinOp: _read_operation,
    ast.UnaryOp: _read_unary,
    ast.BoolOp: _read_either,
    ast.JoinedStr: _read_f_string,
    ast.FormattedValue: _read_formatted,
    ast.ListComp: _read_comprehension,
    ast.GeneratorExp: _read_comprehension,
    ast.DictComp: _read_dict_comprehension,
}
