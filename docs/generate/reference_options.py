"""Makes the page of the pod options: the ``TypedDict`` of them, with the string under each."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

from page_parts import write_block, write_page, write_sentence, write_table

from airflow_provider_k8sexec.options import pod_options
from airflow_provider_k8sexec.options.option_texts import (
    OptionText,
    find_class,
    parse_module,
    read_option_texts,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIRST = """\
What an author can request of a task's pod: the arguments of `k8s_task`, `k8s_config`, `K8sPythonOperator`,
`K8sBashOperator`, `k8s_operator(...)`, `K8sPodOperator` and `k8s_pod_operator(...)`, and the keys of a profile. Every
option can be omitted; `None` means the same.

Kubernetes objects of the `kubernetes` client are taken as well as manifests, which are written as in YAML."""
_WIDTH = 88


def build_page() -> str:
    """Make the page."""
    module = parse_module(pod_options)
    definition = find_class(module, "PodOptions")
    lines = Path(pod_options.__file__).read_text(encoding="utf-8").splitlines()
    types = write_table(("name", "is"), _list_types(module))
    parts = [*_write_groups(definition, lines), "## Types", types]
    return write_page("Pod options", [_FIRST, *parts])


def _write_groups(definition: ast.ClassDef, lines: list[str]) -> Iterator[str]:
    """Write the options under each comment ``# -- name: page``, and the remark below that."""
    options = {text.line: (name, text) for name, text in read_option_texts().items()}
    remark: list[str] = []
    for number in range(definition.lineno, (definition.end_lineno or 0) + 1):
        line = lines[number - 1].strip()
        if line.startswith("# -- "):
            name, _, page = line.removeprefix("# -- ").partition(": ")
            yield f"## {name.capitalize()}"
            if page:
                yield f"[Kubernetes on this]({page})."
        elif line.startswith("# "):
            remark.append(line.removeprefix("# "))
        elif number in options:
            if remark:
                yield " ".join(remark)
                remark = []
            yield from _write_option(*options[number])


def _write_option(name: str, text: OptionText) -> Iterator[str]:
    yield f"### `{name}`"
    yield write_sentence(text.meaning)
    yield write_block("python", _lay_out(" ".join(text.example.split()).strip("`")))
    yield f"Type: `{text.type}`"


def _lay_out(example: str) -> str:
    """Write ``name=value`` with each item of a long collection in a line of its own."""
    name, _, value = example.partition("=")
    return f"{name}={_lay_out_value(value, ast.parse(value, mode='eval').body, len(name) + 1)}"


def _lay_out_value(source: str, node: ast.AST, column: int, indent: str = "") -> str:
    """Write a part of the source of a value as it is, or item by item if it would be too wide.

    Args:
        source: The whole source.
        node: The part.
        column: Where in its line the part begins.
        indent: That of the line.
    """
    whole = ast.get_source_segment(source, node) or ""
    if column + len(whole) < _WIDTH or not isinstance(node, ast.Dict | ast.List):
        return whole
    inner = f"{indent}    "
    keys = [f"{ast.get_source_segment(source, key)}: " for key in getattr(node, "keys", ()) if key]
    values = node.values if isinstance(node, ast.Dict) else node.elts
    items = [
        f"{inner}{key}{_lay_out_value(source, value, len(inner) + len(key), inner)},"
        for key, value in zip(keys or [""] * len(values), values, strict=True)
    ]
    return "\n".join([whole[0], *items, f"{indent}{whole[-1]}"])


def _list_types(module: ast.Module) -> Iterator[tuple[str, str]]:
    for node in module.body:
        if isinstance(node, ast.Assign) and not isinstance(node.value, ast.Call):
            yield f"`{ast.unparse(node.targets[0])}`", f"`{ast.unparse(node.value)}`"
        elif isinstance(node, ast.AnnAssign) and isinstance(
            node.value, ast.Constant
        ):  # of forward references
            yield f"`{ast.unparse(node.target)}`", f"`{node.value.value}`"
