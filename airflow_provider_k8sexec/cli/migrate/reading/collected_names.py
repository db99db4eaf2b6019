"""Finds the names of a file, in one pass over its syntax tree."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from attrs import define

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
    Block,
    Mutation,
    Names,
    Passed,
    Place,
    Scope,
    Use,
    end_of,
    position_of,
    root_of,
    steps_of,
)
from airflow_provider_k8sexec.executor_names import POD_OVERRIDE
from airflow_provider_k8sexec.site_policy.dag_source import name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from airflow_provider_k8sexec.cli.migrate.reading.project import ParsedFile
    from airflow_provider_k8sexec.cli.migrate.reading.scopes import Position

_MUTATORS = frozenset(
    {
        *("append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse"),
        *("update", "setdefault", "popitem", "add", "discard", "__setitem__", "__delitem__"),
    }
)
_START: Position = (0, 0)


def collect_names(source: ParsedFile) -> Names:
    """Find the names of a file, in one pass."""
    body = Block(None)
    module = Scope(source.tree, source, None, body, body)
    collector = _Collector(Names(module), module, body)
    collector.visit_block(source.tree.body, body)
    return collector.names


@define
class _Collector:
    """One pass over a file.

    Attributes:
        names: What was found.
        scope: Where the pass is.
        block: Likewise.
    """

    names: Names
    scope: Scope
    block: Block

    def visit_block(self, statements: Sequence[ast.stmt], block: Block) -> None:
        outer, self.block = self.block, block
        for statement in statements:
            self.names.blocks[statement] = statements
            self.visit(statement)
        self.block = outer

    def visit(self, node: ast.AST) -> None:
        visitor = _VISITORS.get(type(node))
        if visitor:
            visitor(self, node)
        else:
            self.visit_children(node)

    def visit_children(self, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            self.visit(child)

    def visit_all(self, nodes: Iterable[ast.AST | None]) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node)

    def _place(self, position: Position) -> Place:
        return Place(self.scope, self.block, position)

    def _bind(self, binding: Binding) -> None:
        self.scope.bindings.setdefault(binding.name, []).append(binding)

    # -- statements that bind names

    def visit_assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self._bind_target(target, ASSIGNED, node, node.value)
            if _gets_pod(target):
                self.names.late.append((node, self._place(position_of(node))))

    def visit_ann_assign(self, node: ast.AnnAssign) -> None:
        self.visit(node.annotation)
        if node.value:
            self.visit(node.value)
            self._bind_target(node.target, ASSIGNED, node, node.value)
        elif self.scope.is_class and isinstance(node.target, ast.Name):
            place = self._place(position_of(node))
            self._bind(Binding(node.target.id, OTHER, node, place, end_of(node)))

    def visit_aug_assign(self, node: ast.AugAssign) -> None:
        self.visit(node.value)
        self._mutate(node.target)
        self._bind_target(node.target, OTHER, node, None)

    def visit_named_expr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self._bind_target(node.target, OTHER, node, None)

    def visit_delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            self._bind_target(target, OTHER, node, None)

    def _bind_target(
        self,
        target: ast.expr,
        kind: str,
        node: ast.stmt | ast.expr | ast.comprehension,
        value: ast.expr | None,
        steps: tuple[int, ...] = (),
    ) -> None:
        if isinstance(target, ast.Name):
            position = position_of(target) if kind == LOOP else end_of(node)  # type: ignore[arg-type]
            place = self._place(position_of(value or target))
            self._bind(Binding(target.id, kind, node, place, position, value, steps))
        elif isinstance(target, (ast.Tuple, ast.List)):
            for index, item in enumerate(target.elts):
                self._bind_target(item, kind, node, value, (*steps, index))
        elif isinstance(target, ast.Starred):
            self._bind_target(target.value, OTHER, node, None)
        else:
            self._mutate(target)
            self.visit(target)

    def _mutate(self, target: ast.expr, more: int = 0) -> None:
        root = root_of(target)
        if root:
            place = self._place(position_of(target))
            self.names.mutations.append(Mutation(root.id, place, target, steps_of(target) + more))
        elif isinstance(target, ast.Subscript) and ast.unparse(target.value) == "globals()":
            place = Place(self.names.module, self.names.module.body, position_of(target))
            name = str(getattr(target.slice, "value", ""))
            self.names.mutations.append(Mutation(name, place, target))

    def visit_global(self, node: ast.Global | ast.Nonlocal) -> None:
        scopes = [self.names.module] if isinstance(node, ast.Global) else []
        outer = self.scope.parent
        while outer and isinstance(node, ast.Nonlocal):
            scopes.append(outer)
            outer = outer.parent
        for name in node.names:
            for scope in scopes:
                if name in scope.bindings or scope is self.names.module:
                    place = Place(scope, Block(scope.body, "if"), position_of(node))
                    scope.bindings.setdefault(name, []).append(
                        Binding(name, OTHER, node, place, position_of(node))
                    )

    def visit_import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.name == "*" and isinstance(node, ast.ImportFrom):
                self.names.stars.append(node)
                continue
            name = alias.asname or (alias.name.split(".")[0] if isinstance(node, ast.Import) else alias.name)
            place = self._place(position_of(node))
            self._bind(Binding(name, IMPORTED, node, place, position_of(node)))

    # -- blocks

    def visit_if(self, node: ast.If | ast.While) -> None:
        self.visit(node.test)
        kind = LOOP if isinstance(node, ast.While) else "if"
        self.visit_block(node.body, Block(self.block, kind, node.test))
        self.visit_block(node.orelse, Block(self.block, "if", node.test))
        fallback = _fallback_of(node)
        if fallback:
            self.scope.bindings[fallback][-1].kind = FALLBACK

    def visit_for(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        outer, self.block = self.block, Block(self.block, LOOP)
        self._bind_target(node.target, LOOP, node, node.iter)
        self.visit_block(node.body, self.block)
        self.block = outer
        self.visit_block(node.orelse, Block(self.block, "if"))

    def visit_if_exp(self, node: ast.IfExp) -> None:
        self.visit(node.test)
        outer = self.block
        for part in (node.body, node.orelse):
            self.block = Block(outer, "if", node.test)
            self.visit(part)
        self.block = outer

    def visit_with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            self.visit(item.context_expr)
            if item.optional_vars:
                self._bind_target(item.optional_vars, OTHER, node.body[0], None)
        self.visit_block(node.body, Block(self.block))

    def visit_try(self, node: ast.Try) -> None:
        self.visit_block(node.body, Block(self.block, "try"))
        for handler in node.handlers:
            self.visit_all([handler.type])
            if handler.name:
                place = self._place(position_of(handler.body[0]))
                self._bind(Binding(handler.name, OTHER, node, place, place.position))
            self.visit_block(handler.body, Block(self.block, "try"))
        self.visit_block(node.orelse, Block(self.block, "try"))
        self.visit_block(node.finalbody, Block(self.block))

    def visit_match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        for case in node.cases:
            block = Block(self.block, "if", node.subject)
            for pattern in ast.walk(case.pattern):
                name = getattr(pattern, "name", None) or getattr(pattern, "rest", None)
                if isinstance(name, str):
                    place = Place(self.scope, block, position_of(case.body[0]))
                    self._bind(Binding(name, OTHER, node, place, place.position))
            self.visit_all([case.guard])
            self.visit_block(case.body, block)

    # -- scopes

    def _enter(self, node: ast.AST) -> tuple[Scope, Block]:
        outer = (self.scope, self.block)
        block = Block(self.block if isinstance(node, (*COMPREHENSIONS, ast.ClassDef)) else None)
        body = self.block if isinstance(node, COMPREHENSIONS) else block
        self.scope = Scope(node, self.scope.source, self.scope, self.block, body)
        self.names.scopes[node] = self.scope
        self.block = body
        return outer

    def visit_function_def(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.visit_all(node.decorator_list)
        self.visit_arguments_defaults(node.args)
        self.visit_all([node.returns])
        place = self._place(position_of(node))
        self._bind(Binding(node.name, FUNCTION, node, place, position_of(node)))
        outer = self._enter(node)
        self._bind_parameters(node.args)
        self.visit_block(node.body, self.block)
        self.scope, self.block = outer

    def visit_lambda(self, node: ast.Lambda) -> None:
        self.visit_arguments_defaults(node.args)
        outer = self._enter(node)
        self._bind_parameters(node.args)
        self.visit(node.body)
        self.scope, self.block = outer

    def visit_arguments_defaults(self, arguments: ast.arguments) -> None:
        self.visit_all([*arguments.defaults, *arguments.kw_defaults])
        for argument in _arguments_of(arguments):
            self.visit_all([argument.annotation])

    def _bind_parameters(self, arguments: ast.arguments) -> None:
        for argument in _arguments_of(arguments):
            place = self._place(_START)
            self._bind(Binding(argument.arg, PARAMETER, argument, place, _START))

    def visit_class_def(self, node: ast.ClassDef) -> None:
        self.visit_all([*node.decorator_list, *node.bases, *node.keywords])
        place = self._place(position_of(node))
        self._bind(Binding(node.name, CLASS, node, place, position_of(node)))
        outer = self._enter(node)
        self.visit_block(node.body, self.block)
        self.scope, self.block = outer

    def visit_comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        self.visit(node.generators[0].iter)
        outer = self._enter(node)
        for index, generator in enumerate(node.generators):
            if index:
                self.visit(generator.iter)
            self._bind_comprehended(generator, node)
            self.visit_all(generator.ifs)
        self.visit_all([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])
        self.scope, self.block = outer

    def _bind_comprehended(self, generator: ast.comprehension, node: ast.expr) -> None:
        """Bind the variables of a comprehension, which are read before the place where they are written."""
        known = {name: len(bindings) for name, bindings in self.scope.bindings.items()}
        self._bind_target(generator.target, LOOP, node, generator.iter)
        for name, bindings in self.scope.bindings.items():
            for binding in bindings[known.get(name, 0) :]:
                binding.position = _START

    # -- what is read and changed

    def visit_name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.names.uses.setdefault(node.id, []).append(Use(node, self._place(position_of(node))))

    def visit_dict(self, node: ast.Dict) -> None:
        self.names.places[node] = self._place(position_of(node))
        self.names.holders.update(dict.fromkeys(node.values, node))
        self.visit_children(node)

    def visit_call(self, node: ast.Call) -> None:
        self.names.places[node] = self._place(position_of(node))
        self.names.holders.update(dict.fromkeys((node.func, *(k.value for k in node.keywords)), node))
        if isinstance(node.func, ast.Attribute) and node.func.attr in _MUTATORS:
            self._mutate(node.func.value, 1)
        if _sets_any_name(node.func):
            self.names.rewritten.append(node.lineno)
        self._pass(node, is_statement=False)
        self.visit_children(node)

    def _pass(self, node: ast.Call, *, is_statement: bool) -> None:
        """Record the names that a call gets."""
        arguments: list[tuple[int | str, ast.expr]] = [*enumerate(node.args)]
        arguments += [(keyword.arg, keyword.value) for keyword in node.keywords if keyword.arg]
        for parameter, argument in arguments:
            root = root_of(argument)
            if root:
                self.names.passed.setdefault(root, Passed(argument, node, parameter, is_statement))

    def visit_return(self, node: ast.Return) -> None:
        if node.value:
            self.scope.returned.append((node, self._place(position_of(node.value))))
            self.visit(node.value)

    def visit_expr(self, node: ast.Expr) -> None:
        """Visit a statement that is an expression: a call there may change its arguments."""
        call = node.value
        if isinstance(call, ast.Call):
            self._pass(call, is_statement=True)
        self.visit(call)


def _arguments_of(arguments: ast.arguments) -> list[ast.arg]:
    found = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return [*found, *(argument for argument in (arguments.vararg, arguments.kwarg) if argument)]


def _sets_any_name(function: ast.expr) -> bool:
    """Report whether a function is ``exec``, or ``globals().update``."""
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Call):
        return function.attr == "update" and name_of(function.value.func) == "globals"
    return isinstance(function, ast.Name) and function.id == "exec"


def _gets_pod(target: ast.expr) -> bool:
    return (
        isinstance(target, ast.Subscript)
        and isinstance(target.value, ast.Name)
        and isinstance(target.slice, ast.Constant)
        and target.slice.value == POD_OVERRIDE
    )


def _fallback_of(node: ast.If | ast.While) -> str | None:
    """Give the name that is set where it is None, or empty: ``if limit is None: limit = memory``."""
    test = node.test
    if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Is):
        test = test.left
    elif isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test = test.operand
    only = node.body[0] if len(node.body) == 1 and not node.orelse else None
    if not isinstance(test, ast.Name) or not isinstance(only, ast.Assign) or len(only.targets) > 1:
        return None
    target = only.targets[0]
    return test.id if isinstance(target, ast.Name) and target.id == test.id else None


_VISITORS: dict[type[ast.AST], Callable[[_Collector, Any], None]] = {
    ast.AnnAssign: _Collector.visit_ann_assign,
    ast.Assign: _Collector.visit_assign,
    ast.AugAssign: _Collector.visit_aug_assign,
    ast.Call: _Collector.visit_call,
    ast.ClassDef: _Collector.visit_class_def,
    ast.Delete: _Collector.visit_delete,
    ast.Dict: _Collector.visit_dict,
    ast.Expr: _Collector.visit_expr,
    ast.For: _Collector.visit_for,
    ast.AsyncFor: _Collector.visit_for,
    ast.FunctionDef: _Collector.visit_function_def,
    ast.AsyncFunctionDef: _Collector.visit_function_def,
    ast.Global: _Collector.visit_global,
    ast.Nonlocal: _Collector.visit_global,
    ast.IfExp: _Collector.visit_if_exp,
    ast.If: _Collector.visit_if,
    ast.While: _Collector.visit_if,
    ast.Import: _Collector.visit_import,
    ast.ImportFrom: _Collector.visit_import,
    ast.Lambda: _Collector.visit_lambda,
    ast.Match: _Collector.visit_match,
    ast.Name: _Collector.visit_name,
    ast.NamedExpr: _Collector.visit_named_expr,
    ast.Return: _Collector.visit_return,
    ast.Try: _Collector.visit_try,
    ast.With: _Collector.visit_with,
    ast.AsyncWith: _Collector.visit_with,
    ast.ListComp: _Collector.visit_comprehension,
    ast.SetComp: _Collector.visit_comprehension,
    ast.DictComp: _Collector.visit_comprehension,
    ast.GeneratorExp: _Collector.visit_comprehension,
}
