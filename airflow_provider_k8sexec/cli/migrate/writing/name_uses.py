"""Which names a file binds, and which of them it uses."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, NamedTuple

from attrs import field, frozen

from airflow_provider_k8sexec.site_policy.dag_source import FUNCTIONS, walk_file

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

PACKAGE = __name__.partition(".")[0]
"""The package from which the names of what is written are imported."""

_TYPE_COMMENT = re.compile(r"#\s*type:\s*(?!ignore)(.*)")
_WORD = re.compile(r"[A-Za-z_][\w.]*")


class Use(NamedTuple):
    """A name that is used.

    Attributes:
        function: The function that imports it, by the names that lead to it; empty for the module.
        name: The name, or the name and attributes of it: ``kubernetes``, ``kubernetes.client``.
    """

    function: str
    name: str


@frozen(eq=False)
class _Scope:
    """A function, or the module."""

    name: str = ""
    around: _Scope | None = None
    imported: set[str] = field(factory=set)
    used: set[str] = field(factory=set)

    def find_home(self, name: str) -> str:
        """Find the function that imports a name."""
        scope: _Scope | None = self
        while scope and name.partition(".")[0] not in scope.imported:
            scope = scope.around
        return scope.name if scope else ""


def find_uses(source: str, tree: ast.Module) -> frozenset[Use]:
    """Find the names that a file uses: in code, ``__all__``, and annotations that are strings or comments."""
    found = {Use(scope.find_home(name), name) for scope in _find_scopes(tree) for name in scope.used}
    texts = [*_TYPE_COMMENT.findall(source), *_find_strings(tree)]
    names = (name for text in texts for name in _WORD.findall(text))
    return frozenset(found | {Use("", prefix) for name in names for prefix in _prefixes(name)})


def _find_scopes(tree: ast.Module) -> list[_Scope]:
    """Collect what each function and the module import and use."""
    module = _Scope()
    scopes = [module]
    waiting: list[tuple[ast.AST, _Scope]] = [(tree, module)]
    while waiting:
        node, scope = waiting.pop()
        inner = scope
        if isinstance(node, FUNCTIONS):
            inner = _Scope(f"{scope.name}.{node.name}".lstrip("."), scope)
            scopes.append(inner)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            scope.imported.update(name for _, name in bound_by(node))
        elif isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
            scope.used.update(_prefixes(write_name(node)))
        waiting += [(child, inner) for child in ast.iter_child_nodes(node)]
    return scopes


def _prefixes(name: str) -> Iterator[str]:
    """Give a dotted name and what it begins with: ``a``, ``a.b`` and ``a.b.c`` of ``a.b.c``."""
    steps = name.split(".")
    return (".".join(steps[: count + 1]) for count in range(len(steps)))


def write_name(node: ast.expr) -> str:
    """Write a name with its attributes; nothing of what is not made of them alone."""
    if isinstance(node, ast.Attribute):
        holder = write_name(node.value)
        return f"{holder}.{node.attr}" if holder else ""
    return node.id if isinstance(node, ast.Name) else ""


def bound_by(node: ast.Import | ast.ImportFrom) -> list[tuple[str, str]]:
    """Give what a statement imports, each with the name that it binds: ``import a.b`` binds ``a``."""
    if isinstance(node, ast.ImportFrom):
        return [(item.name, item.asname or item.name) for item in node.names]
    return [(item.name, item.asname or item.name.partition(".")[0]) for item in node.names]


def _find_strings(tree: ast.Module) -> Iterator[str]:
    """Find the strings that hold names: of ``__all__``, and annotations."""
    for node in walk_file(tree):
        holders: Iterable[ast.expr | None] = ()
        if isinstance(node, (ast.Assign, ast.AugAssign)) and _is_all(node):
            holders = [node.value]
        elif isinstance(node, (ast.AnnAssign, ast.arg)):
            holders = [node.annotation]
        elif isinstance(node, FUNCTIONS):
            holders = [node.returns]
        for holder in holders:
            for part in ast.walk(holder) if holder else ():
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value


def _is_all(node: ast.Assign | ast.AugAssign) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets)


@frozen
class BoundNames:
    """The names that a file binds.

    Attributes:
        own: What it imports from this package at its top, with the names that it has for it.
        imported: What it imports from elsewhere at its top.
        others: What it binds otherwise: functions, variables, parameters.
    """

    own: dict[str, str]
    imported: frozenset[str]
    others: frozenset[str]

    def choose_name(self, name: str, freed: Container[str]) -> str:
        """Choose the name under which a file has a public name of this package.

        Args:
            name: The public name.
            freed: The names of imports that are going to be removed.
        """
        taken = self.own.get(name, name)
        is_free = taken not in self.imported or taken in freed
        if name in self.own or (is_free and taken not in self.others):
            return taken
        return (
            f"k8sexec_{name.removeprefix('k8s_')}" if name.islower() else f"K8sExec{name.removeprefix('K8s')}"
        )


def find_bound_names(tree: ast.Module) -> BoundNames:
    """Find the names that a file binds."""
    own: dict[str, str] = {}
    imported: set[str] = set()
    others: set[str] = set()
    for node in walk_file(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = bound_by(node)
            if node not in tree.body:
                others.update(bound for _, bound in names)
            elif isinstance(node, ast.ImportFrom) and node.module == PACKAGE:
                own.update(names)
            else:
                imported.update(bound for _, bound in names)
        elif isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            others.add(node.name)
        elif isinstance(node, ast.arg):
            others.add(node.arg)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            others.add(node.id)
    return BoundNames(own, frozenset(imported), frozenset(others))
