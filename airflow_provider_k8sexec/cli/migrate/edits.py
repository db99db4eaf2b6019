"""What is to be changed in a file: found by reading, made by writing, kept only where pods stay equal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from attrs import field, frozen

if TYPE_CHECKING:
    import ast
    from collections.abc import Mapping

    from airflow_provider_k8sexec.options.paths import Path
    from airflow_provider_k8sexec.pod.shortest.options import WrittenOption


class Span(NamedTuple):
    """Where an expression stands, as :mod:`ast` counts: lines from 1, columns from 0 in bytes of UTF-8."""

    line: int
    column: int
    end_line: int
    end_column: int

    @classmethod
    def of(cls, node: ast.AST) -> Span:
        """Give where a node stands, with its decorators."""
        where: Any = node  # what has no place in a file, as an operator, is no node of an edit
        first = min([where.lineno, *(item.lineno for item in getattr(node, "decorator_list", ()))])
        return cls(first, where.col_offset, where.end_lineno, where.end_col_offset)

    def encloses(self, inner: Span) -> bool:
        """Report whether another expression is a part of this one, or the same."""
        return self[:2] <= inner[:2] and inner[2:] <= self[2:]


@frozen
class ConfigEdit:
    """An expression that makes an executor config, or a pod in one, and the pod options that make the same.

    Attributes:
        span: The expression: ``{"pod_override": k8s.V1Pod(...)}``. It becomes ``k8s_config(...)``, or, where
            it is the argument ``executor_config`` of ``@task(...)``, the options of ``@k8s_task(...)``.
        options: The options, in the order in which they are written.
        field_lines: The lines on which fields of the pod are written, for the comments beside them.
        mistake: What the expression does today where that is not what was meant; empty where the pods are
            to be equal.
    """

    span: Span
    options: tuple[WrittenOption, ...]
    field_lines: Mapping[Path, int] = field(factory=dict)
    mistake: str = ""


@frozen
class NameEdit:
    """An expression that becomes a shorter one: ``{"pod_override": POD}`` where ``POD`` becomes a config.

    Attributes:
        span: The expression.
        text: What it becomes.
        after: The edits of the same file that must all be made, if this one is.
    """

    span: Span
    text: str
    after: tuple[Span, ...] = ()


@frozen
class OperatorEdit:
    """A call of KubernetesPodOperator, which becomes one of K8sPodOperator.

    Attributes:
        span: The call.
        options: The pod options that replace arguments.
        arguments: The names of the arguments that they replace.
        field_lines: As of a config.
    """

    span: Span
    options: tuple[WrittenOption, ...]
    arguments: frozenset[str]
    field_lines: Mapping[Path, int] = field(factory=dict)


@frozen
class RemovalEdit:
    """A statement that nothing needs once the other edits are made: ``resources = k8s.V1...(...)``.

    Attributes:
        span: The whole statement, with its decorators. A block keeps at least one statement.
        after: The edits of the same file that must all be made, if this one is: they read the name so far.
    """

    span: Span
    after: tuple[Span, ...] = ()


Edit = ConfigEdit | NameEdit | OperatorEdit | RemovalEdit


@frozen
class Refusal:
    """An expression that makes a pod, and that is left as it is.

    Attributes:
        line: Its line.
        reason: Why: what is known only when the file is loaded, or has no counterpart. A whole sentence.
    """

    line: int
    reason: str


@frozen
class Reading:
    """What was found in a file.

    Attributes:
        edits: What can be rewritten.
        refusals: What cannot be.
    """

    edits: tuple[Edit, ...] = ()
    refusals: tuple[Refusal, ...] = ()
