"""How calls are read: of Kubernetes models, of what computes alone, and of functions of the project."""

from __future__ import annotations

import ast
import itertools
import json
import math
import posixpath
import textwrap
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.cli.migrate.reading.expression_values import is_in_target, items_of
from airflow_provider_k8sexec.cli.migrate.reading.imports import External
from airflow_provider_k8sexec.cli.migrate.reading.scopes import ASSIGNED, root_of
from airflow_provider_k8sexec.cli.migrate.reading.values import (
    AIRFLOWS_SECRET,
    SECRET_PARTS,
    Class,
    Fields,
    Frame,
    Function,
    Instance,
    Items,
    UnreadableError,
    compute_value,
    is_known,
    is_scalar,
    known,
    show_code,
    strip_code,
)
from airflow_provider_k8sexec.options.code import UNKNOWN, Code
from airflow_provider_k8sexec.rules.api_server.schema import fields_of, find_field, is_model

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from airflow_provider_k8sexec.cli.migrate.reading.evaluation import Reader
    from airflow_provider_k8sexec.cli.migrate.reading.scopes import Binding

_MODELS = ("kubernetes.client.", "kubernetes_asyncio.client.")
_NAMED_MAPPINGS = (("V1ObjectMeta", "labels"), ("V1ObjectMeta", "annotations"), ("V1PodSpec", "nodeSelector"))
_SECRET_CLASS = "kubernetes.secret.Secret"  # noqa: S105  # the name of a class
_COPIES = ("copy.copy", "copy.deepcopy")
_COMPUTED: dict[str, Callable[..., Any]] = {
    "builtins.str": str,
    "builtins.int": int,
    "builtins.float": float,
    "builtins.bool": bool,
    "builtins.round": round,
    "builtins.min": min,
    "builtins.max": max,
    "builtins.len": len,
    "builtins.abs": abs,
    "builtins.repr": repr,
    "math.ceil": math.ceil,
    "math.floor": math.floor,
    "json.dumps": json.dumps,
    "textwrap.dedent": textwrap.dedent,
    "os.path.join": posixpath.join,
    "posixpath.join": posixpath.join,
}
_LISTED: dict[str, Callable[..., Any]] = {
    "builtins.list": list,
    "builtins.tuple": list,
    "builtins.sorted": sorted,
    "builtins.reversed": reversed,
    "builtins.range": range,
    "builtins.enumerate": enumerate,
    "builtins.zip": zip,
    "itertools.product": itertools.product,
}
_TEXT_METHODS = frozenset(
    {
        *("format", "lower", "upper", "strip", "lstrip", "rstrip", "replace", "join", "title", "capitalize"),
        *("removeprefix", "removesuffix", "zfill", "split", "format_map"),
    }
)
_ARGUMENT_METHODS = _TEXT_METHODS | {"get", "items", "keys", "values", "copy"}
_DATA_CLASSES = (
    "dataclasses.dataclass",
    "attrs.define",
    "attrs.frozen",
    "attr.s",
    "attr.define",
    "attr.frozen",
    "typing.NamedTuple",
    "pydantic.BaseModel",
)


def read_call(reader: Reader, node: ast.Call, frame: Frame) -> Any:
    """Read a call."""
    if isinstance(node.func, ast.Attribute):
        owner = reader.read(node.func.value, frame)
        if is_scalar(owner) or isinstance(owner, (list, dict)):
            return _call_method(reader, node, owner, frame)
    function = reader.read(node.func, frame)
    if isinstance(function, Function):
        return _call_function(reader, node, function, frame)
    if isinstance(function, Class):
        return _make_instance(reader, node, function, frame)
    if isinstance(function, External):
        return _call_external(reader, node, function.name, frame)
    raise _unreadable(node)


def _unreadable(node: ast.expr) -> UnreadableError:
    return UnreadableError(f"{show_code(node)} is known only when the file is loaded")


def _call_external(reader: Reader, node: ast.Call, name: str, frame: Frame) -> Any:
    model = name.rpartition(".")[2]
    if name.startswith(_MODELS) and is_model(model):
        return _make_model(reader, node, model, frame)
    if name.startswith("airflow.") and name.endswith(_SECRET_CLASS):
        return _make_secret(reader, node, frame)
    if name in _COPIES and len(node.args) == 1 and not node.keywords:
        return reader.read(node.args[0], frame)
    if name == "builtins.dict":
        return _make_mapping(reader, node, frame)
    if name in _COMPUTED:
        return _compute(reader, node, _COMPUTED[name], frame)
    if name in _LISTED:
        return _list(reader, node, _LISTED[name], frame)
    raise _unreadable(node)


def _make_secret(reader: Reader, node: ast.Call, frame: Frame) -> Fields:
    """Read Airflow's class of what a KubernetesPodOperator takes from a secret."""
    positional, named = _arguments(reader, node, frame)
    return Fields({**dict(zip(SECRET_PARTS, positional, strict=False)), **named}, AIRFLOWS_SECRET)


def _make_model(reader: Reader, node: ast.Call, model: str, frame: Frame) -> Fields:
    found = Fields(model=model)
    for name, item in _arguments_of_model(reader, node, model, frame):
        field = find_field(model, name)
        if field is None:
            raise UnreadableError(f"{model} has no field `{name}`")
        line = node.lineno
        if isinstance(item, ast.expr):
            line, value = item.lineno, reader.read(item, frame)
            if (model, field[0]) in _NAMED_MAPPINGS:
                value = _keep_name(reader, item, value, frame)
        else:
            value = item
        if isinstance(value, (External, Function, Class)) or value is UNKNOWN:
            raise _unreadable(item if isinstance(item, ast.expr) else node)
        if known(value) is not None:  # as the model drops it
            found[field[0]] = value
            if is_in_target(reader, frame):
                found.lines[field[0]] = line
    return found


def _keep_name(reader: Reader, node: ast.expr, value: Any, frame: Frame) -> Any:
    """Keep the name of a mapping that is the same as an option, where it is not for this config alone."""
    if not isinstance(node, ast.Name) or not isinstance(value, Fields) or not is_known(value):
        return value
    binding = reader.find(node, frame)
    names = reader.linker.names_of(frame.source)
    if binding is None or (binding.kind == ASSIGNED and len(names.uses.get(node.id, ())) == 1):
        return value
    text = reader.write(node, frame)
    return value if text is None else Code(text, strip_code(value))


def _arguments_of_model(
    reader: Reader, node: ast.Call, model: str, frame: Frame
) -> Sequence[tuple[str, Any]]:
    """Give the arguments of a model by their names: an expression, or a value that was read already."""
    found: list[tuple[str, Any]] = []
    if any(isinstance(item, ast.Starred) for item in node.args):
        raise UnreadableError(f"{model} takes `*` arguments")
    found += zip(fields_of(model), node.args, strict=False)
    for keyword in node.keywords:
        if keyword.arg is not None:
            found.append((keyword.arg, keyword.value))
            continue
        inner = reader.read(keyword.value, frame)
        if not isinstance(inner, Fields):
            raise UnreadableError(f"{model} takes `**` {show_code(keyword.value)}, which has any fields")
        found += inner.items()
    return found


def _make_mapping(reader: Reader, node: ast.Call, frame: Frame) -> Any:
    found = Fields()
    for item in node.args:
        value = reader.read(item, frame)
        if isinstance(value, Code):
            return reader.keep(node, frame)
        pairs = value.items() if isinstance(value, Fields) else items_of(value, item)
        found.update({known(key): inner for key, inner in pairs})
        found.lines.update(getattr(value, "lines", {}) if isinstance(value, Fields) else {})
    for keyword in node.keywords:
        value = reader.read(keyword.value, frame)
        if keyword.arg is not None:
            found[keyword.arg] = value
            if is_in_target(reader, frame):
                found.lines[keyword.arg] = keyword.value.lineno
        elif isinstance(value, Fields):
            found.update(value)
            found.lines.update(value.lines)
        else:
            return reader.keep(node, frame)
    return found


def _arguments(reader: Reader, node: ast.Call, frame: Frame) -> tuple[list[Any], dict[str, Any]]:
    positional: list[Any] = []
    for item in node.args:
        if isinstance(item, ast.Starred):
            positional += items_of(reader.read(item.value, frame), item.value)
        else:
            positional.append(reader.read(item, frame))
    named: dict[str, Any] = {}
    for keyword in node.keywords:
        value = reader.read(keyword.value, frame)
        if keyword.arg is None:
            if not isinstance(value, Fields):
                raise UnreadableError(f"{show_code(node)} takes `**` of what it was given")
            named.update(value)
        else:
            named[keyword.arg] = value
    return positional, named


def _compute(reader: Reader, node: ast.Call, compute: Callable[..., Any], frame: Frame) -> Any:
    positional, named = _arguments(reader, node, frame)
    for value in [*positional, *named.values()]:
        if not (is_scalar(value) or isinstance(value, (list, dict))):
            raise _unreadable(node)
    if not is_known(positional) or not is_known([*named.values()]):
        return reader.keep(node, frame)
    value = _try(node, compute, strip_code(positional), strip_code(named))
    return reader.keep(node, frame, value)


def _try(node: ast.Call, compute: Callable[..., Any], positional: list[Any], named: dict[str, Any]) -> Any:
    value = compute_value(node, partial(compute, *positional, **named))
    return Items(value) if isinstance(value, list) else value


def _list(reader: Reader, node: ast.Call, compute: Callable[..., Any], frame: Frame) -> Any:
    """Read a call that makes a list, or what a loop runs through."""
    positional, named = _arguments(reader, node, frame)
    if any(isinstance(value, Code) and value.value is UNKNOWN for value in [*positional, *named.values()]):
        return reader.keep(node, frame)
    if named and compute in (sorted, reversed):
        raise _unreadable(node)
    values = [known(value) for value in positional]
    found = _try(node, lambda: list(compute(*values)), [], {})
    return Items([Items(list(item)) if isinstance(item, tuple) else item for item in found])


def _call_method(reader: Reader, node: ast.Call, owner: Any, frame: Frame) -> Any:
    assert isinstance(node.func, ast.Attribute)  # noqa: S101  # it is called as a method
    name = node.func.attr
    positional, named = _arguments(reader, node, frame)
    if isinstance(owner, Code) and owner.value is UNKNOWN:
        if name not in _ARGUMENT_METHODS:
            raise _unreadable(node)
        return reader.keep(node, frame)
    if isinstance(known(owner), str) and name in _TEXT_METHODS:
        return _call_text(reader, node, getattr(known(owner), name), (positional, named), frame)
    if isinstance(owner, Fields) and not owner.model:
        return _call_mapping(reader, node, owner, positional, frame)
    if isinstance(owner, list) and name == "copy":
        return owner
    raise _unreadable(node)


def _call_text(
    reader: Reader,
    node: ast.Call,
    method: Callable[..., Any],
    arguments: tuple[list[Any], dict[str, Any]],
    frame: Frame,
) -> Any:
    positional, named = arguments
    if not is_known(positional) or not is_known([*named.values()]):
        return reader.keep(node, frame)
    value = _try(node, method, strip_code(positional), strip_code(named))
    has_name = any(isinstance(item, ast.Name) for item in ast.walk(node))
    return reader.keep(node, frame, value) if has_name else value


def _call_mapping(reader: Reader, node: ast.Call, owner: Fields, positional: list[Any], frame: Frame) -> Any:
    assert isinstance(node.func, ast.Attribute)  # noqa: S101  # likewise
    name = node.func.attr
    if name == "copy":
        return owner
    if name == "items":
        return Items([Items([key, value]) for key, value in owner.items()])
    if name in ("keys", "values"):
        return Items([*getattr(owner, name)()])
    if name == "get" and positional:
        key = known(positional[0])
        if key is UNKNOWN:
            return reader.keep(node, frame)
        return reader.name(node, frame, owner.get(key, positional[1] if positional[1:] else None))
    raise _unreadable(node)


# -- functions and classes of the project


def _call_function(reader: Reader, node: ast.Call, function: Function, frame: Frame) -> Any:
    """Read what a function returns, if it does nothing else."""
    definition = function.binding.node
    name = function.binding.name
    if not isinstance(definition, ast.FunctionDef) or definition.decorator_list:
        raise _unreadable(node)
    returned = result_of(definition)
    if returned is None:
        raise UnreadableError(f"`{name}(...)` does more than to return one value")
    scope = reader.linker.names_of(function.binding.source).scopes[definition]
    positional, named = _arguments(reader, node, frame)
    given = {**function.given, **_bind(reader, function, definition, positional, named)}
    reader.used[function.binding] = None
    inner = Frame(scope, scope.body, given)
    value = reader.read(returned, inner)
    if any(_may_do_more(reader, statement, inner) for statement in definition.body):
        raise UnreadableError(f"`{name}(...)` does more than to return one value")
    return reader.name(node, frame, value)


def _may_do_more(reader: Reader, statement: ast.stmt, frame: Frame) -> bool:
    """Report whether a statement of a function may do more than to set names of it.

    The statements whose values are in what it returns have been read; another one may call anything.
    """
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement.value is None:
        return False
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    own = frame.scope.bindings
    roots = [root_of(target) for target in targets]
    if any(root is not None and root.id not in own for root in roots):
        return True
    is_read = any(
        binding.node is statement for name in own.values() for binding in name if binding in reader.used
    )
    if is_read or not any(isinstance(part, ast.Call) for part in ast.walk(statement.value)):
        return False
    try:
        reader.read(statement.value, frame)
    except UnreadableError:
        return True
    return False


def result_of(definition: ast.FunctionDef) -> ast.expr | None:
    """Give what a function returns whose statements only set names; ``None`` of any other."""
    *before, last = definition.body
    if not isinstance(last, ast.Return) or last.value is None:
        return None
    for statement in before:
        is_docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if not is_docstring and not isinstance(
            statement, (ast.Assign, ast.AnnAssign, ast.Import, ast.ImportFrom)
        ):
            return None
    return last.value


def _bind(
    reader: Reader,
    function: Function,
    definition: ast.FunctionDef,
    positional: list[Any],
    named: dict[str, Any],
) -> dict[Binding, Any]:
    """Give the arguments of a call to the parameters of a function, and the defaults to the others."""
    arguments, name = definition.args, function.binding.name
    ordered = [*arguments.posonlyargs, *arguments.args]
    outer = Frame(function.binding.place.scope, function.binding.place.block, function.given)
    values = {key: reader.read(default, outer) for key, default in _defaults_of(arguments)}
    values |= dict(zip((argument.arg for argument in ordered), positional, strict=False))
    known_names = {argument.arg for argument in [*ordered, *arguments.kwonlyargs]}
    values |= {key: value for key, value in named.items() if key in known_names}
    if arguments.vararg:
        values[arguments.vararg.arg] = Items(positional[len(ordered) :])
    if arguments.kwarg:
        rest = {key: value for key, value in named.items() if key not in known_names}
        values[arguments.kwarg.arg] = Fields(rest)
    scope = reader.linker.names_of(function.binding.source).scopes[definition]
    found = {}
    for key in [*known_names, *(extra.arg for extra in (arguments.vararg, arguments.kwarg) if extra)]:
        if key not in values:
            raise UnreadableError(f"`{name}(...)` lacks the argument `{key}`")
        found[scope.bindings[key][0]] = values[key]
    return found


def _defaults_of(arguments: ast.arguments) -> list[tuple[str, ast.expr]]:
    ordered = [*arguments.posonlyargs, *arguments.args]
    last = ordered[len(ordered) - len(arguments.defaults) :]
    found = [(argument.arg, default) for argument, default in zip(last, arguments.defaults, strict=True)]
    named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return [*found, *((argument.arg, default) for argument, default in named if default is not None)]


def _make_instance(reader: Reader, node: ast.Call, made: Class, frame: Frame) -> Instance:
    scope = made.scope.parent or made.scope
    outer = Frame(scope, made.scope.block)
    kinds = [*made.node.bases, *made.node.decorator_list]
    names = []
    for kind in kinds:
        found = reader.read(kind.func if isinstance(kind, ast.Call) else kind, outer)
        names.append(found.name if isinstance(found, External) else "")
    if not any(name in _DATA_CLASSES for name in names):
        raise _unreadable(node)
    positional, named = _arguments(reader, node, frame)
    fields: dict[str, Any] = {}
    for name, bindings in made.scope.bindings.items():
        binding = bindings[0]
        if isinstance(binding.node, ast.AnnAssign):
            fields[name] = UNKNOWN
            if (
                binding.kind == ASSIGNED
                and binding.value is not None
                and not positional
                and name not in named
            ):
                fields[name] = _default_of(reader, binding, made)
    fields |= dict(zip(fields, positional, strict=False)) | named
    return Instance(_with_defaults(reader, fields, made))


def _with_defaults(reader: Reader, fields: Mapping[str, Any], made: Class) -> dict[str, Any]:
    found = {}
    for name, value in fields.items():
        binding = made.scope.bindings[name][0] if name in made.scope.bindings else None
        is_default = value is UNKNOWN and binding is not None and binding.value is not None
        found[name] = _default_of(reader, binding, made) if binding and is_default else value
    return found


def _default_of(reader: Reader, binding: Binding, made: Class) -> Any:
    value = binding.value
    assert value is not None  # noqa: S101  # the caller has looked
    if isinstance(value, ast.Call):  # field(default=1)
        value = next((keyword.value for keyword in value.keywords if keyword.arg == "default"), value)
    return reader.read(value, Frame(made.scope, binding.place.block))


CALLS: dict[type[ast.expr], Callable[..., Any]] = {ast.Call: read_call}
