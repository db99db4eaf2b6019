"""Write ``docs/reference.md``, and the codes in two other pages, from what they describe: ``make docs``.

The pod options are those of the ``TypedDict`` with the docstrings under them, the settings those of
``site/option_table.py``, which Airflow shows by ``airflow config list --section k8sexec``, and the codes of
failures (``docs/failures.md``) and of checks (``docs/cluster.md``) those of ``diagnosis/codes.py``.
"""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.diagnosis.codes import CHECK_CODES, CODES
from airflow_provider_k8sexec.options import pod_options
from airflow_provider_k8sexec.site.option_table import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parent / "reference.md"
FAILURES = Path(__file__).parent / "failures.md"
CLUSTER = Path(__file__).parent / "cluster.md"
_BEGIN = (
    "<!-- Made by docs/generate_reference.py from diagnosis/codes.py: change that, and run `make docs`. -->"
)
_END = "<!-- Made up to here. -->"
_HEAD = """\
<!-- Made by docs/generate_reference.py from the code that it describes: change that, and run `make docs`. -->

# Reference

## Pod options

What `k8s_task`, `k8s_config`, `K8sPythonOperator`, `K8sBashOperator` and `k8s_operator(...)` take. Every option can
be left out; `None` means the same. Kubernetes objects of the `kubernetes` client are taken as well as manifests, which
are written as in YAML.
"""
_TABLE = "| option | example | meaning |\n|---|---|---|\n"
_TYPES = """
### Types

| name | is |
|---|---|
"""
_SETTINGS = """
## Settings

In `airflow.cfg` under `[k8sexec]`, or as environment variables `AIRFLOW__K8SEXEC__<OPTION>`;
`airflow config list --section k8sexec` shows them.

| option | default | example | meaning |
|---|---|---|---|
"""


def build_page() -> str:
    """Make the page."""
    source = Path(pod_options.__file__).read_text(encoding="utf-8")
    module = ast.parse(source)
    (definition,) = (
        node for node in module.body if isinstance(node, ast.ClassDef) and node.name == "PodOptions"
    )
    groups = _build_groups(definition, source.splitlines())
    return "".join([_HEAD, *groups, _TYPES, *_build_types(module), _SETTINGS, *_build_settings()])


def _build_groups(definition: ast.ClassDef, lines: list[str]) -> Iterator[str]:
    """Make a table of the options under each comment ``# -- name: page``, and the remark below that."""
    rows = {
        field.lineno: _build_row(field, text)
        for field, text in pairwise(definition.body)
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr)
    }
    remarks: list[str] = []
    for number in range(definition.lineno, (definition.end_lineno or 0) + 1):
        line = lines[number - 1].strip()
        if line.startswith("# -- "):
            name, _, page = line.removeprefix("# -- ").partition(": ")
            remarks = [
                f"\n### {name.capitalize()}",
                *(["", f"[Kubernetes on this]({page})."] if page else []),
            ]
        elif line.startswith("# "):
            remarks.append(line.removeprefix("# "))
        elif number in rows:
            if remarks:
                yield "\n".join([*remarks, "", _TABLE])
                remarks = []
            yield rows[number]


def _build_row(field: ast.AnnAssign, text: ast.Expr) -> str:
    meaning, _, example = ast.literal_eval(text.value).strip().partition("\n\n")
    kind = _write_cell(f"``{ast.unparse(field.annotation)}``")
    name = ast.unparse(field.target)
    return f"| `{name}` | {_write_cell(example)} | {_write_cell(meaning)} {kind} |\n"


def _build_types(module: ast.Module) -> Iterator[str]:
    for node in module.body:
        if isinstance(node, ast.Assign) and not isinstance(node.value, ast.Call):
            name, value = ast.unparse(node.targets[0]), ast.unparse(node.value)
            yield f"| `{name}` | {_write_cell(f'``{value}``')} |\n"


def _build_settings() -> Iterator[str]:
    for name, option in OPTIONS.items():
        default, example = (f"`{text}`" if text else "" for text in (option.default, option.example))
        meaning = _write_cell(option.description.replace("<", r"\<"))
        yield f"| `{name}` | {default} | {example} | {meaning} |\n"


def build_failures(page: str) -> str:
    """Make the page of failures: the same page, with the table of codes as the code has it."""
    rows = [
        f"| `{name}` | {code.actor} | {code.stage} | {_write_cell(code.meaning)} |"
        for name, code in sorted(CODES.items(), key=lambda item: item[0].lower())
    ]
    return _replace_table(page, ["| code | who acts | the pod | what happened |", "|---|---|---|---|", *rows])


def build_cluster(page: str) -> str:
    """Make the page of the cluster: the same page, with the table of codes as the code has it."""
    rows = [f"| `{code}` | {_write_cell(meaning)} |" for code, meaning in CHECK_CODES.items()]
    return _replace_table(page, ["| code | what is wrong |", "|---|---|", *rows])


def _replace_table(page: str, lines: list[str]) -> str:
    before, _, rest = page.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return "\n\n".join([f"{before}{_BEGIN}", "\n".join(lines), f"{_END}{after}"])


def _write_cell(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("``", "`").replace("|", r"\|")).strip()


if __name__ == "__main__":
    PAGE.write_text(build_page(), encoding="utf-8")
    CLUSTER.write_text(build_cluster(CLUSTER.read_text(encoding="utf-8")), encoding="utf-8")
    FAILURES.write_text(build_failures(FAILURES.read_text(encoding="utf-8")), encoding="utf-8")
