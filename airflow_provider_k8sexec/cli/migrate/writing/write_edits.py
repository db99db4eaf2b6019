"""From the edits of a file to its new source: what is not replaced stays as it is, byte for byte."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.cli.migrate.edits import ConfigEdit, RemovalEdit
from airflow_provider_k8sexec.cli.migrate.writing.hidden_text import HiddenText
from airflow_provider_k8sexec.cli.migrate.writing.import_lines import add_imports, remove_imports
from airflow_provider_k8sexec.cli.migrate.writing.located_nodes import LocatedNodes, Style
from airflow_provider_k8sexec.cli.migrate.writing.name_uses import Use, find_bound_names, find_uses
from airflow_provider_k8sexec.cli.migrate.writing.replacer import Changes
from airflow_provider_k8sexec.cli.migrate.writing.task_decorators import find_task_decorators

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import libcst as cst

    from airflow_provider_k8sexec.cli.migrate.edits import Edit, Span
    from airflow_provider_k8sexec.cli.migrate.writing.task_decorators import TaskDecorator

_APART = "_k8sexec_"
"""The beginning of names that no file has."""


def write_edits(source: str, edits: Sequence[Edit], exported: frozenset[str] = frozenset()) -> str:
    """Make the edits of a file, and keep its imports right.

    Args:
        source: The file, with its own line ends.
        edits: What is to be changed in it; none is inside another.
        exported: The names that stay imported: other files of the project import them from it, or their
            import does something.

    Returns:
        The new source; what is new in it is on one line, unless there are comments in it.

    Raises:
        ValueError: An edit is for a part that the file does not have.
    """
    if not edits:
        return source
    tree = ast.parse(source)
    text = HiddenText.hide(source, tree, edits)
    file = LocatedNodes.parse(text.shown, Style.of(source, tree))
    changes = _find_changes(file, edits, find_task_decorators(tree, exported))
    bound = find_bound_names(tree)
    # Where an import has a name that is needed, it may be free once nothing uses it any more: at first, what
    # is needed has names apart.
    apart = {name: f"{_APART}{name}" for name in bound.imported}
    names = {name: bound.own.get(name, apart.get(name, name)) for name in changes.needed}
    written = changes.write(names)
    after = text.restore(written.code)
    unused = (
        find_uses(source, tree) - find_uses(after, ast.parse(after)) - {Use("", name) for name in exported}
    )
    freed = {use.name for use in unused if not use.function}
    chosen = {name: bound.choose_name(name, freed) for name in names}
    if chosen != names:
        written = changes.write(chosen)
    missing = {name: local for name, local in chosen.items() if name not in bound.own}
    return text.restore(remove_imports(add_imports(written, missing), unused).code)


def _find_changes(
    file: LocatedNodes, edits: Sequence[Edit], decorators: Mapping[Span, TaskDecorator]
) -> Changes:
    """Find the parts of a file that edits are for.

    Raises:
        ValueError: It does not have one.
    """
    becoming = {edit.span: decorators.get(edit.span) for edit in edits if isinstance(edit, ConfigEdit)}
    removed = {edit.span for edit in edits if isinstance(edit, RemovalEdit)}
    places: dict[Span, Edit] = {}
    for edit in edits:
        decorator = becoming.get(edit.span)
        places[decorator.call if decorator else edit.span] = edit
    expressions = file.find_expressions(places.keys() - removed)
    statements = file.find_statements(removed)
    if len(expressions) + len(statements) < len(places):
        message = "an edit is for a part that the file does not have"
        raise ValueError(message)
    flavours: dict[cst.CSTNode, str] = {
        expressions[found.call]: found.flavour for found in becoming.values() if found
    }
    by_node: dict[cst.CSTNode, Edit] = {node: places[span] for span, node in expressions.items()}
    return Changes.of(file, by_node, flavours, frozenset(statements.values()))
