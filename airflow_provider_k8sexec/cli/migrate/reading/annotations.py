"""Types that name the pods of configs: what becomes ``k8s_config(...)`` is a mapping without a model."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.cli.migrate.edits import NameEdit, Span
from airflow_provider_k8sexec.rules.api_server.schema import POD_MODEL
from airflow_provider_k8sexec.site_policy.dag_source import FUNCTIONS, name_of, walk_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from airflow_provider_k8sexec.cli.migrate.reading.project import ParsedFile

_MAPPINGS = ("dict", "Dict", "Mapping", "MutableMapping")
_CONFIG = "dict[str, object]"


def find_annotations(source: ParsedFile, configs: Sequence[Span]) -> Iterator[NameEdit]:
    """Find the types of a file that are to name no pod any more.

    Args:
        source: The file.
        configs: Where configs, or pods that become configs, are written as options.
    """
    if not configs or POD_MODEL not in source.text:
        return
    for node in walk_file(source.tree):
        for written, made in _types_of(node):
            inner = tuple(span for span in configs if made is not None and _is_within(span, made))
            if _is_pod(written) and inner:
                yield NameEdit(Span.of(written), _CONFIG, inner)
            for pod in _pods_of_mappings(written):
                yield NameEdit(Span.of(pod), "object", inner or tuple(configs))


def _types_of(node: ast.AST) -> Iterator[tuple[ast.expr, ast.AST | None]]:
    """Give the types that a statement names, each with what has the type."""
    if isinstance(node, FUNCTIONS):
        if node.returns:
            yield node.returns, node
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        yield from ((argument.annotation, None) for argument in arguments if argument.annotation)
    elif isinstance(node, ast.AnnAssign):
        yield node.annotation, node.value
        if name_of(node.annotation) == "TypeAlias" and node.value:
            yield node.value, None
    elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript):
        yield node.value, None


def _is_pod(node: ast.expr) -> bool:
    return isinstance(node, (ast.Name, ast.Attribute)) and name_of(node) == POD_MODEL


def _pods_of_mappings(node: ast.expr) -> Iterator[ast.expr]:
    """Find the pods that a type has as values of mappings: ``dict[str, k8s.V1Pod]``."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Subscript) and name_of(inner.value) in _MAPPINGS:
            last = inner.slice.elts[-1] if isinstance(inner.slice, ast.Tuple) else inner.slice
            if _is_pod(last):
                yield last


def _is_within(span: Span, node: ast.AST) -> bool:
    begin = getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
    end = getattr(node, "end_lineno", 0), getattr(node, "end_col_offset", 0)
    return begin <= span[:2] and span[2:] <= end
