"""Finds the expressions of a file that make an executor config, and reads the pod in each."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from airflow_provider_k8sexec.cli.migrate.edits import ConfigEdit, NameEdit, Span
from airflow_provider_k8sexec.cli.migrate.reading.evaluation import Reader
from airflow_provider_k8sexec.cli.migrate.reading.values import (
    Fields,
    Frame,
    Function,
    UnreadableError,
    iter_lines,
    known,
    make_plain,
    show_code,
)
from airflow_provider_k8sexec.executor_names import LEGACY_KEY, POD_OVERRIDE, POD_TEMPLATE_FILE
from airflow_provider_k8sexec.options.code import Code
from airflow_provider_k8sexec.pod.shortest.options import WrittenOption, find_shortest
from airflow_provider_k8sexec.rules.api_server.schema import POD_MODEL
from airflow_provider_k8sexec.site_policy.dag_source import name_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_provider_k8sexec.cli.migrate.reading.imports import Linker
    from airflow_provider_k8sexec.cli.migrate.reading.project import ParsedFile
    from airflow_provider_k8sexec.cli.migrate.reading.scopes import Binding, Place


@frozen(eq=False)
class Config:
    """An expression that makes an executor config.

    Attributes:
        node: The expression.
        place: Where it stands.
        parts: The expression of each key.
    """

    node: ast.expr
    place: Place
    parts: Mapping[str, ast.expr]

    @property
    def override(self) -> ast.expr:
        """The expression of the pod; without one, the config itself."""
        return self.parts.get(POD_OVERRIDE, self.node)


@frozen
class ReadConfig:
    """What becomes of a config.

    Attributes:
        edit: The edit.
        used: The bindings whose values are in it.
        names: The expressions that are kept in it.
        statements: The statements that it replaces as well.
    """

    edit: ConfigEdit | NameEdit
    used: tuple[Binding, ...]
    names: tuple[str, ...]
    statements: tuple[ast.stmt, ...] = ()

    @property
    def replaced(self) -> tuple[Span, ...]:
        """The parts of the file that the edit takes away."""
        return (self.edit.span,)


def find_configs(source: ParsedFile, linker: Linker) -> Iterator[Config]:
    """Find the expressions of a file that make an executor config with a pod."""
    for config in find_mappings(source, linker):
        if POD_OVERRIDE in config.parts or [*config.parts] == [POD_TEMPLATE_FILE]:
            yield config


def find_mappings(source: ParsedFile, linker: Linker) -> Iterator[Config]:
    """Find the expressions of a file that make a dict, but for the content of the legacy key."""
    names = linker.names_of(source)
    legacy = {part for node in names.places for part in _legacy_parts(node)}
    for node, place in names.places.items():
        if isinstance(node, ast.Dict):
            parts = _parts_of_dict(node, Reader(linker, place))
        elif isinstance(node, ast.Call) and name_of(node.func) == "dict":
            parts = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        else:
            continue
        if node not in legacy:
            yield Config(node, place, parts)


def _legacy_parts(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.Call) and name_of(node.func) == "dict":
        yield from (keyword.value for keyword in node.keywords if keyword.arg == LEGACY_KEY)
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == LEGACY_KEY:
                yield value


def _parts_of_dict(node: ast.Dict, reader: Reader) -> dict[str, ast.expr]:
    """Give the parts of a dict by their keys, if it may be an executor config."""
    parts = {}
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant):
            parts[str(key.value)] = value
        elif isinstance(key, (ast.Name, ast.Attribute)) and name_of(key).isupper():
            parts[_key_of(key, reader)] = value
    return parts


def _key_of(key: ast.expr, reader: Reader) -> str:
    try:
        return str(known(reader.read(key, reader.frame)))
    except UnreadableError:
        return ""


def has_pod_alone(config: Config) -> bool:
    """Report whether a config is nothing but its pod: ``{"pod_override": POD}``."""
    node = config.node
    if isinstance(node, ast.Dict):
        return len(node.keys) == 1
    return isinstance(node, ast.Call) and len(node.keywords) + len(node.args) == 1


def read_config(config: Config, linker: Linker, own_secret: str | None) -> ReadConfig | None:
    """Read the pod of a config, and find the options that build it; ``None`` if it has no pod.

    Raises:
        UnreadableError: A part of it is known only when the file is loaded, or no options build it.
    """
    reader = Reader(linker, config.place)
    if POD_OVERRIDE not in config.parts:
        return _read_template(config, reader)
    pod = reader.read(config.override, reader.frame)
    if isinstance(pod, (Code, Function)):
        raise UnreadableError(f"the pod is {show_code(config.override)}, which is not known in this place")
    if not isinstance(pod, Fields) or pod.model != POD_MODEL:
        return None
    check_conditions(config, reader)
    check_changes(config, linker)
    whole = reader.read(config.node, reader.frame)
    others = [key for key in whole if key not in (POD_OVERRIDE, POD_TEMPLATE_FILE)]
    if others:
        raise UnreadableError(f"the config has the key {others[0]!r}, which no executor reads")
    template = whole.get(POD_TEMPLATE_FILE)
    return make_edit(pod, config.node, reader, own_secret, template)


def _read_template(config: Config, reader: Reader) -> ReadConfig | None:
    """Read a config that names a pod template and has no pod."""
    try:
        check_conditions(config, reader)
        template = reader.read(config.parts[POD_TEMPLATE_FILE], reader.frame)
    except UnreadableError:
        return None
    if not has_pod_alone(config) or not isinstance(known(template), str):
        return None
    return make_edit(Fields(model=POD_MODEL), config.node, reader, None, template)


def find_late(source: ParsedFile, linker: Linker, own_secret: str | None) -> Iterator[ReadConfig]:
    """Find configs that get their pod right after they are made: ``c = {}``, ``c["pod_override"] = ...``."""
    names = linker.names_of(source)
    for statement, place in names.late:
        around = names.blocks[statement]
        at = around.index(statement)
        before = around[at - 1] if at else None
        target = statement.targets[0]
        if not isinstance(before, (ast.Assign, ast.AnnAssign)) or not isinstance(before.value, ast.Dict):
            continue
        assert isinstance(target, ast.Subscript)  # noqa: S101  # it is recorded for that
        name = before.target if isinstance(before, ast.AnnAssign) else before.targets[0]
        changes = [each for each in names.mutations if each.name == name_of(target.value)]
        is_passed = any(each.is_statement for each in names.passed_as(name_of(target.value)))
        if name_of(name) != name_of(target.value) or before.value.keys or len(changes) > 1 or is_passed:
            continue
        reader = Reader(linker, place)
        try:
            check_conditions(Config(before.value, place, {}), reader)
            pod = reader.read(statement.value, reader.frame)
            if isinstance(pod, Fields) and pod.model == POD_MODEL:
                read = make_edit(pod, before.value, reader, own_secret)
                yield evolve(read, statements=(statement,))
        except UnreadableError:
            continue


def check_changes(config: Config, linker: Linker) -> None:
    """Refuse a config that is changed after it was made.

    Raises:
        UnreadableError: It is.
    """
    names = linker.names_of(config.place.scope.source)
    holder = names.find_holder(config.node)
    if holder:
        where = linker.changes.find(holder, 0 if holder.value is config.node else 2)
        if where:
            raise UnreadableError(f"`{holder.name}` is changed on {where}, after it was made")


def check_conditions(config: Config, reader: Reader) -> None:
    """Refuse a config that is made, or not, by what is known only when the file is loaded.

    Raises:
        UnreadableError: It is.
    """
    block, scope = config.place.block, config.place.scope
    for around in block.chain():
        if around.condition is not None:
            for part in _operands_of(around.condition):
                try:
                    reader.read(part, Frame(scope, around.parent or around))
                except UnreadableError as reason:
                    raise UnreadableError(f"the config depends on a condition, and {reason}") from None


def _operands_of(condition: ast.expr) -> Iterator[ast.expr]:
    """Give what a condition compares."""
    if isinstance(condition, ast.BoolOp):
        for part in condition.values:
            yield from _operands_of(part)
    elif isinstance(condition, ast.Compare):
        yield from (condition.left, *condition.comparators)
    elif isinstance(condition, ast.UnaryOp) and isinstance(condition.op, ast.Not):
        yield from _operands_of(condition.operand)
    else:
        yield condition


def make_edit(
    pod: Fields, node: ast.expr, reader: Reader, own_secret: str | None, template: Any = None
) -> ReadConfig:
    """Make the edit that writes options in the place of an expression.

    Raises:
        UnreadableError: No options build the pod.
    """
    manifest = make_plain(pod)
    try:
        options = find_shortest(manifest, own_secret) if manifest else []
    except ValueError as reason:
        raise UnreadableError(str(reason)) from None
    if known(template) is not None:
        options.append(WrittenOption(POD_TEMPLATE_FILE, template, ()))
    kept = [*texts_of(manifest), *texts_of(template)]
    edit = ConfigEdit(Span.of(node), tuple(options), dict(iter_lines(pod)))
    return ReadConfig(edit, tuple(reader.used), tuple(kept))


def texts_of(value: Any) -> Iterator[str]:
    """Give the expressions that are kept in a value."""
    if isinstance(value, Code):
        yield value.text
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts_of(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts_of(item)
