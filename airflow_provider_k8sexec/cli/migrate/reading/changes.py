"""Where what a name has is changed after it was made: in its file, in others, and in functions that get it.

A change that happens now and then is seen by no comparison of pods as they are loaded, so that it is looked
for in the source: a value that may change is not written out.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from attrs import frozen

from airflow_provider_k8sexec.cli.migrate.reading.scopes import (
    ASSIGNED,
    FUNCTION,
    GIVE_PARTS,
    IMPORTED,
    LOOP,
    Binding,
    Conditional,
    Place,
    find_possible,
    root_of,
    steps_of,
)
from airflow_provider_k8sexec.rules.api_server.schema import is_model
from airflow_provider_k8sexec.site_policy.dag_source import name_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from airflow_provider_k8sexec.cli.migrate.reading.imports import External, Linker
    from airflow_provider_k8sexec.cli.migrate.reading.project import ParsedFile
    from airflow_provider_k8sexec.cli.migrate.reading.scopes import Mutation, Names, Passed, Use
    from airflow_provider_k8sexec.cli.migrate.reading.values import Class

_HARMLESS = frozenset({"print", "pprint", "info", "debug", "warning", "error", "isinstance", "len", "chain"})
GROWS = frozenset({"append", "extend", "insert", "add", "update", "setdefault"})
"""Methods that change what they are called on, and not what they get."""

_COPIES = frozenset({"dict", "list", "tuple", "copy"})
_DEEP = 2
"""How far into a new list, or a copy, the values are that it shares with another one."""


@frozen
class _Alias:
    """A name that gets what another one has, or a part of it.

    Attributes:
        binding: The name.
        steps: How far into the other's value that part is.
        is_inside: Whether it is in a value that is the new name's own.
    """

    binding: Binding
    steps: int
    is_inside: bool

    def find_least(self, least: int) -> int:
        """Find how far into the new name's value a change must be that is one of the other's."""
        return _DEEP if self.is_inside else max(0, least - self.steps)


class Changes:
    """Finds changes in the files of a project."""

    def __init__(self, linker: Linker) -> None:
        """Take what follows names."""
        self._linker = linker
        self._found: dict[tuple[Binding, int], str | None] = {}
        self._aliases: dict[ParsedFile, Mapping[ast.Name, Sequence[_Alias]]] = {}

    def find(self, binding: Binding, least: int = 0) -> str | None:
        """Find where the value of a binding is changed, directly or by another name for it.

        Fields that are set right after it was made are a part of how it is made.

        Args:
            binding: The binding.
            least: How far into the value a change must be.

        Returns:
            The end of a sentence: ``line 7``, ``line 7 of pods.py``.
        """
        key = binding, least
        if key not in self._found:
            self._found[key] = None  # should it refer to itself
            self._found[key] = next(self._search(binding, least), None)
        return self._found[key]

    def find_of_member(self, owner: Class, name: str) -> str | None:
        """Find where an attribute of a class is changed, as :meth:`find` does."""
        own = owner.scope.source
        for source in {own: None, **dict.fromkeys(self._linker.project.mentioning(owner.node.name, name))}:
            holders = {owner.node.name, *(("cls", "self") if source is own else ())}
            for mutation in self._linker.names_of(source).mutations:
                for part in ast.walk(mutation.target):
                    if (
                        isinstance(part, ast.Attribute)
                        and part.attr == name
                        and name_of(part.value) in holders
                    ):
                        return _show(mutation.place, own)
        return None

    def _search(self, binding: Binding, least: int) -> Iterator[str]:
        names = self._linker.names_of(binding.source)
        line = names.find_mutation(binding, least)
        if line:
            yield f"line {line}"
        for use in names.uses.get(binding.name, ()):
            if binding in find_possible(use.place, binding.name):
                yield from self._search_use(use, names, least)
        if binding.place.scope.parent is None and binding.kind != IMPORTED:
            yield from self._search_module(binding, names)
            yield from self._search_other_files(binding, least)

    def _search_use(self, use: Use, names: Names, least: int) -> Iterator[str]:
        for alias in self._aliases_in(use.place.scope.source).get(use.node, ()):
            found = self.find(alias.binding, alias.find_least(least))
            if found:
                yield found
        passed = names.passed.get(use.node)
        if passed:
            yield from self._search_call(passed, use.place, least)

    def _search_call(self, passed: Passed, place: Place, least: int) -> Iterator[str]:
        """Find where a function changes what it gets; one that is not known, and gives nothing, may well."""
        function = self._resolve(passed.call.func, place)
        if not isinstance(function, Binding) or function.kind != FUNCTION:
            if passed.is_statement and isinstance(passed.parameter, int) and _may_change(passed.call.func):
                yield f"line {place.position[0]}"
            return
        parameter = self._find_parameter(function, passed.parameter)
        found = parameter and self.find(parameter, max(0, least - steps_of(passed.argument)))
        if parameter and found:
            yield found if parameter.source is place.scope.source else _name_file(found, parameter.source)

    def _find_parameter(self, function: Binding, which: int | str) -> Binding | None:
        node = function.node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return None
        bindings = self._linker.names_of(function.source).scopes[node].bindings
        ordered = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
        rest = node.args.vararg if isinstance(which, int) else node.args.kwarg
        name = which if isinstance(which, str) else "".join(ordered[which : which + 1])
        known = {*ordered, *(argument.arg for argument in node.args.kwonlyargs)}
        if name not in known:
            name = rest.arg if rest else ""
        return bindings[name][0] if name in bindings else None

    def _search_module(self, binding: Binding, names: Names) -> Iterator[str]:
        """Find where a module gives a name another value in a way that is no statement about that name."""
        yield from (f"line {line}" for line in names.rewritten)
        for star in names.stars:
            module = self._linker.project.resolve(binding.source, star.module or "", star.level)
            is_later = (star.lineno, star.col_offset) > binding.position
            if is_later and module and module is not binding.source and self._offers(module, binding.name):
                line = star.lineno
                yield f"line {line}"

    def _offers(self, module: ParsedFile, name: str) -> bool:
        try:
            return self._linker.find_in(module, name) is not None
        except Conditional:
            return True

    def _search_other_files(self, binding: Binding, least: int) -> Iterator[str]:
        for other in self._linker.project.mentioning(binding.name, binding.source.module_name):
            if other is binding.source:
                continue
            names = self._linker.names_of(other)
            for local in self._find_imported(binding, names):
                found = self.find(local, least)
                if found:
                    yield _name_file(found, other)
            for mutation in names.mutations:
                if self._is_of(mutation, binding, names):
                    yield _show(mutation.place, binding.source)

    def _find_imported(self, binding: Binding, names: Names) -> Iterator[Binding]:
        for scope in (names.module, *names.scopes.values()):
            for locals_ in scope.bindings.values():
                for local in locals_:
                    if local.kind == IMPORTED and self._follow(local) is binding:
                        yield local

    def _is_of(self, mutation: Mutation, binding: Binding, names: Names) -> bool:
        """Report whether a file changes what it has by the module, or by an import of all its names."""
        if mutation.name == binding.name and not find_possible(mutation.place, binding.name):
            modules = (
                self._linker.project.resolve(names.module.source, star.module or "", star.level)
                for star in names.stars
            )
            return binding.source in modules
        return any(
            isinstance(part, ast.Attribute)
            and part.attr == binding.name
            and self._resolve(part.value, mutation.place) is binding.source
            for part in ast.walk(mutation.target)
        )

    def _resolve(self, node: ast.expr, place: Place) -> Binding | ParsedFile | External | None:
        """Find what a name, or an attribute of a module, stands for; ``None`` where that is not known."""
        source = place.scope.source
        try:
            if isinstance(node, ast.Name):
                found = place.find(node.id)
                return self._linker.follow(found) if found else self._linker.find_in(source, node.id)
            owner = self._resolve(node.value, place) if isinstance(node, ast.Attribute) else None
            if isinstance(node, ast.Attribute) and owner and not isinstance(owner, Binding):
                return self._linker.attribute_of(owner, node.attr, source)
        except Conditional:
            pass
        return None

    def _follow(self, binding: Binding) -> object:
        try:
            return self._linker.follow(binding)
        except Conditional:
            return None

    def _aliases_in(self, source: ParsedFile) -> Mapping[ast.Name, Sequence[_Alias]]:
        if source not in self._aliases:
            names = self._linker.names_of(source)
            made: dict[ast.Name, list[_Alias]] = {}
            for scope in (names.module, *names.scopes.values()):
                for bindings in scope.bindings.values():
                    for name, alias in (each for binding in bindings for each in _find_aliased(binding)):
                        made.setdefault(name, []).append(alias)
            self._aliases[source] = made
        return self._aliases[source]


def _find_aliased(binding: Binding) -> Iterator[tuple[ast.Name, _Alias]]:
    if binding.value is not None and binding.kind in (ASSIGNED, LOOP):
        own = 1 if binding.steps or binding.kind == LOOP else 0  # it has an item, and not the whole
        for part, depth in _iter_shared(binding.value, 0):
            root = root_of(part)
            if root:
                yield root, _Alias(binding, steps_of(part), depth > own)


def _iter_shared(node: ast.expr, depth: int) -> Iterator[tuple[ast.expr, int]]:
    """Give the parts of a value that are the values of names, each with how many new ones are around it."""
    if root_of(node):
        yield node, depth
    for part, more in _parts_of(node):
        yield from _iter_shared(part, depth + more)


def _parts_of(node: ast.expr) -> Iterator[tuple[ast.expr, int]]:
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        yield from ((item.value if isinstance(item, ast.Starred) else item, 1) for item in node.elts)
    elif isinstance(node, ast.Dict):
        yield from ((item, 1) for item in node.values)
    elif isinstance(node, ast.BinOp):
        yield from ((node.left, 1), (node.right, 1))
    elif isinstance(node, ast.IfExp):
        yield from ((node.body, 0), (node.orelse, 0))
    elif isinstance(node, ast.BoolOp):
        yield from ((item, 0) for item in node.values)
    elif isinstance(node, ast.NamedExpr):
        yield node.value, 0
    elif isinstance(node, ast.Call):
        name = name_of(node.func)
        if name in GIVE_PARTS or name in _COPIES or is_model(name):
            more = 0 if name in GIVE_PARTS else 1
            yield from ((item, more) for item in (*node.args, *(keyword.value for keyword in node.keywords)))


def _may_change(function: ast.expr) -> bool:
    is_method = isinstance(function, ast.Attribute)
    return name_of(function) not in (_HARMLESS | GROWS if is_method else _HARMLESS)


def _show(place: Place, near: ParsedFile) -> str:
    line = f"line {place.position[0]}"
    return line if place.scope.source is near else _name_file(line, place.scope.source)


def _name_file(line: str, source: ParsedFile) -> str:
    return line if " of " in line else f"{line} of {source.path.name}"
