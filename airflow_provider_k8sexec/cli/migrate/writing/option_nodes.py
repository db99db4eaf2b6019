"""Pod options as nodes of a syntax tree, in the style of the file that gets them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import libcst as cst
from attrs import frozen

from airflow_provider_k8sexec.cli.migrate.option_text import write_arguments
from airflow_provider_k8sexec.options.code import Code

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_k8sexec.pod.shortest.options import WrittenOption

_EQUAL = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
_PLAIN_STRING = re.compile(r'"[^\\\'"]*"\Z')


@frozen
class OptionWriter:
    """Writes options.

    Attributes:
        names: What the file calls each public name of this package.
        has_single_quotes: Whether its strings have single quotes.
    """

    names: Mapping[str, str]
    has_single_quotes: bool

    def write(self, options: Sequence[WrittenOption]) -> list[cst.Arg]:
        """Write options as arguments."""
        made = []
        for option, (name, text) in zip(options, write_arguments(options), strict=True):
            value: Any = cst.parse_expression(text)
            # An expression of the author's own has the author's names and quotes.
            if not isinstance(option.value, Code):
                value = value.visit(_Styler(self))
            made.append(cst.Arg(value, cst.Name(name), _EQUAL))
        return made


class _Styler(cst.CSTTransformer):
    """Has the names and the quotes of a file."""

    def __init__(self, writer: OptionWriter) -> None:
        super().__init__()
        self._writer = writer

    def leave_Call(  # noqa: N802  # LibCST calls it so
        self,
        original_node: cst.Call,  # noqa: ARG002  # as above
        updated_node: cst.Call,
    ) -> cst.Call:
        function = updated_node.func
        if isinstance(function, cst.Name) and function.value in self._writer.names:
            return updated_node.with_changes(func=cst.Name(self._writer.names[function.value]))
        return updated_node

    def leave_SimpleString(  # noqa: N802  # as above
        self,
        original_node: cst.SimpleString,  # noqa: ARG002  # as above
        updated_node: cst.SimpleString,
    ) -> cst.SimpleString:
        if self._writer.has_single_quotes and _PLAIN_STRING.match(updated_node.value):
            return cst.SimpleString(f"'{updated_node.value[1:-1]}'")
        return updated_node
