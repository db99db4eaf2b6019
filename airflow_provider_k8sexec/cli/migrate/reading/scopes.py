"""Where each name of a file gets its value, and where that value can be changed."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from airflow_provider_k8sexec.site_policy.dag_source import name_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from airflow_provider_k8sexec.cli.migrate.reading.project import ParsedFile

Position = tuple[int, int]
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)

GIVE_PARTS = frozenset(
    {"next", "iter", "reversed", "enumerate", "zip", "sorted", "filter", "getattr", "cast", "vars"}
)
"""Functions that give what they get, or a part of it, and make nothing new."""

ASSIGNED, IMPORTED, PARAMETER, LOOP = "assigned", "imported", "parameter", "loop"
FUNCTION, CLASS, FALLBACK, OTHER = "function", "class", "fallback", "other"


class Conditional(Exception):  # noqa: N818  # no error of the file's: what a name has depends on something
    """A name has one of several values; the message says why, as the end of a sentence."""


@define(eq=False)
class Block:
    """Statements that run one after the other: all of them, or none.

    Attributes:
        parent: The block around it.
        kind: What it is the body of: ``if``, ``for``, ...; empty where it always runs.
        condition: What decides whether it runs.
    """

    parent: Block | None
    kind: str = ""
    condition: ast.expr | None = None

    def chain(self) -> Iterator[Block]:
        """Give the block and those around it, the inner ones first, but not those that always run."""
        block: Block | None = self
        while block:
            if block.kind or not block.parent:
                yield block
            block = block.parent

    def encloses(self, other: Block) -> bool:
        """Report whether the block has begun, and not ended, wherever the other runs."""
        return next(self.chain()) in other.chain()


@define(eq=False)
class Binding:
    """A place where a name gets a value.

    Attributes:
        name: The name.
        kind: How: ``ASSIGNED``, ``IMPORTED``, ...
        node: The statement, or the parameter.
        place: Where the value is evaluated.
        position: Where the name has it from.
        value: The expression; what a loop runs over; ``None`` where there is none.
        steps: The indices into its value, where several names are assigned at once.
    """

    name: str
    kind: str
    node: ast.AST
    place: Place
    position: Position
    value: ast.expr | None = None
    steps: tuple[int, ...] = ()

    @property
    def source(self) -> ParsedFile:
        """The file."""
        return self.place.scope.source


@define(eq=False)
class Scope:
    """A module, a function, a class or a comprehension.

    Attributes:
        node: What it is.
        source: The file.
        parent: The scope around it.
        block: Where it stands.
        body: Its own statements.
        bindings: The places where its names get values, in the order of the file.
        returned: What a function returns, and where.
    """

    node: ast.AST
    source: ParsedFile
    parent: Scope | None
    block: Block
    body: Block
    bindings: dict[str, list[Binding]] = field(factory=dict)
    returned: list[tuple[ast.Return, Place]] = field(factory=list)

    @property
    def is_class(self) -> bool:
        """Whether it is a class, whose names its methods do not see."""
        return isinstance(self.node, ast.ClassDef)

    @property
    def is_deferred(self) -> bool:
        """Whether it runs later than the statements around it."""
        return isinstance(self.node, _FUNCTIONS)


@frozen(eq=False)
class Place:
    """Where an expression stands.

    Attributes:
        scope: Its scope.
        block: Its block.
        position: Its line and column.
    """

    scope: Scope
    block: Block
    position: Position

    def find(self, name: str) -> Binding | None:
        """Find where a name gets the value that it has here; ``None`` if the file does not say.

        Raises:
            Conditional: It has another one from time to time.
        """
        scope: Scope | None = self.scope
        block, position = self.block, self.position
        is_deferred = False
        while scope:
            if name in scope.bindings and (not scope.is_class or scope is self.scope):
                return _choose(scope.bindings[name], block, None if is_deferred else position)
            if scope.is_deferred:
                is_deferred = True
                block = scope.block
            scope = scope.parent
        return None


@define(eq=False)
class Use:
    """A place where a name is read.

    Attributes:
        node: The name.
        place: Where.
    """

    node: ast.Name
    place: Place


@define(eq=False)
class Mutation:
    """A place where what a name has is changed: ``POD.spec.containers[0].image = ...``.

    Attributes:
        name: The name.
        place: Where.
        target: What is changed.
        steps: How far into the value.
    """

    name: str
    place: Place
    target: ast.expr
    steps: int = 1


@frozen(eq=False)
class Passed:
    """A name, or a part of what it has, as an argument of a call.

    Attributes:
        argument: The argument.
        call: The call.
        parameter: Its position, or the name of the parameter.
        is_statement: Whether nothing is done with what the call gives.
    """

    argument: ast.expr
    call: ast.Call
    parameter: int | str
    is_statement: bool


@define(eq=False)
class Names:
    """All names of a file.

    Attributes:
        module: The scope of the module.
        scopes: The scope that a node makes.
        places: Where the expressions stand that were to be remembered.
        uses: Where each name is read.
        mutations: Where values are changed.
        stars: The imports of all names of a module.
        blocks: The statements around each statement.
        holders: The dict or the call around each of its values.
        late: The statements that give a config its pod.
        passed: The calls that get what names have.
        rewritten: The lines that may give any name of the module another value.
    """

    module: Scope
    scopes: dict[ast.AST, Scope] = field(factory=dict)
    places: dict[ast.expr, Place] = field(factory=dict)
    uses: dict[str, list[Use]] = field(factory=dict)
    mutations: list[Mutation] = field(factory=list)
    stars: list[ast.ImportFrom] = field(factory=list)
    blocks: dict[ast.stmt, Sequence[ast.stmt]] = field(factory=dict)
    holders: dict[ast.expr, ast.expr] = field(factory=dict)
    late: list[tuple[ast.Assign, Place]] = field(factory=list)
    passed: dict[ast.Name, Passed] = field(factory=dict)
    rewritten: list[int] = field(factory=list)

    def passed_as(self, name: str) -> Iterator[Passed]:
        """Give where what a name has is an argument."""
        return (passed for root, passed in self.passed.items() if root.id == name)

    def find_holder(self, node: ast.expr) -> Binding | None:
        """Find the name that is set to an expression, or to what has it."""
        for scope in [self.module, *self.scopes.values()]:
            for bindings in scope.bindings.values():
                for binding in bindings:
                    value = binding.value if binding.kind == ASSIGNED else None
                    if value and position_of(value) <= position_of(node) and end_of(node) <= end_of(value):
                        return binding
        return None

    def find_mutation(self, binding: Binding, least: int = 0) -> int | None:
        """Find the line on which the value of a binding is changed under its name, in its file.

        Fields that are set right after it was made are a part of how it is made.

        Args:
            binding: The binding.
            least: How far into the value a change must be.
        """
        is_new = isinstance(binding.value, ast.Call) and name_of(binding.value.func) not in GIVE_PARTS
        own = {statement.lineno for statement in self.find_sets(binding)} if is_new else frozenset()
        for mutation in self.mutations:
            line = mutation.place.position[0]
            is_meant = mutation.name == binding.name and mutation.steps >= least and line not in own
            if is_meant and binding in find_possible(mutation.place, binding.name):
                return line
        return None

    def find_sets(self, binding: Binding) -> list[ast.Assign]:
        """Find the statements right after a binding that set a field of it: ``container.image = ...``."""
        found: list[ast.Assign] = []
        if isinstance(binding.node, ast.stmt):
            around = self.blocks.get(binding.node, [binding.node])
            for statement in around[around.index(binding.node) + 1 :]:
                if not isinstance(statement, ast.Assign) or not _sets_field(statement, binding.name):
                    break
                found.append(statement)
        return found


def root_of(node: ast.expr) -> ast.Name | None:
    """Give the name that an expression begins with: ``POD`` of ``POD.spec.containers[0]``."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node if isinstance(node, ast.Name) else None


def steps_of(node: ast.expr) -> int:
    """Give how far into the value of a name an expression goes: 3 of ``POD.spec.containers[0]``."""
    steps = 0
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node, steps = node.value, steps + 1
    return steps


def position_of(node: ast.expr | ast.stmt) -> Position:
    """Give the line and the column of a node."""
    return node.lineno, node.col_offset


def end_of(node: ast.expr | ast.stmt) -> Position:
    """Give the line and the column after a node."""
    return node.end_lineno or node.lineno, node.end_col_offset or node.col_offset


def find_possible(place: Place, name: str) -> list[Binding]:
    """Give all places from which a name may have its value."""
    scope: Scope | None = place.scope
    while scope:
        if name in scope.bindings and (not scope.is_class or scope is place.scope):
            return scope.bindings[name]
        scope = scope.parent
    return []


def _choose(bindings: Sequence[Binding], block: Block, position: Position | None) -> Binding:
    """Choose the binding whose value a name has in a block at a position; without one, at any time."""
    bindings = _without_guards(bindings)
    before = [binding for binding in bindings if position is None or binding.position <= position]
    is_import = len(bindings) == 1 and bindings[0].kind == IMPORTED  # also under a condition, such as try
    reaching = [binding for binding in before if is_import or binding.place.block.encloses(block)]
    if not before:
        raise Conditional("has no value yet")
    if not reaching:
        raise Conditional("is set under a condition")
    chosen = reaching[-1]
    others = [binding for binding in before if binding.position > chosen.position]
    if others and all(binding.kind == FALLBACK for binding in others) and chosen.kind == PARAMETER:
        return others[-1]
    if others:
        raise Conditional("is set under a condition")
    if position is None and len(bindings) > 1:
        raise Conditional(f"is set again on line {bindings[-1].position[0]}")
    loops = [around for around in block.chain() if around.kind == LOOP and not _is_within(chosen, around)]
    for binding in bindings[bindings.index(chosen) + 1 :]:
        if any(_is_within(binding, loop) for loop in loops):
            raise Conditional(f"is set again on line {binding.position[0]}")
    return chosen


def _is_within(binding: Binding, block: Block) -> bool:
    return block in binding.place.block.chain()


def _without_guards(bindings: Sequence[Binding]) -> Sequence[Binding]:
    """Leave out ``k8s = None`` for where the client is not installed: no pod is made there."""
    if bindings[0].kind != IMPORTED:
        return bindings
    return [bindings[0], *(binding for binding in bindings[1:] if not _is_none(binding.value))]


def _is_none(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _sets_field(statement: ast.Assign, name: str) -> bool:
    target = statement.targets[0]
    return (
        isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == name
    )
