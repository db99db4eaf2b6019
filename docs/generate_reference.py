"""Write the pages of ``docs/reference`` from the code that they describe: ``make reference``.

The pod options are those of the ``TypedDict`` with the docstrings under them, the settings those of
``site/option_table.py``, which Airflow shows by ``airflow config list --section k8sexec``, and the codes of
failures and of checks those of ``diagnosis/codes.py``.
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

FOLDER = Path(__file__).parent / "reference"
_MADE = "<!-- Made by docs/generate_reference.py from the code: change that, and run `make reference`. -->"
_OPTIONS = """\
# Pod options

What `k8s_task`, `k8s_config`, `K8sPythonOperator`, `K8sBashOperator` and `k8s_operator(...)` take. Every option can
be left out; `None` means the same. Kubernetes objects of the `kubernetes` client are taken as well as manifests, which
are written as in YAML.
"""
_TABLE = "| option | example | meaning |\n|---|---|---|\n"
_TYPES = """
## Types

| name | is |
|---|---|
"""
_SETTINGS = """\
# Settings

What a site sets, in `airflow.cfg` under `[k8sexec]`, or as environment variables `AIRFLOW__K8SEXEC__<OPTION>`;
`airflow config list --section k8sexec` shows them.

| option | default | example | meaning |
|---|---|---|---|
"""
_FAILURES = """\
# Codes of failures

The code with which the sentence on [a pod that failed or waits](../explanation/failures.md) begins, in Airflow's event
log, at the Pod tab and in `failure_of(context)`. A code is stable: programs may compare it, and a later version adds
codes and changes none.

Who acts: the author of the task, the site (who runs this Airflow: quotas, roles, templates, policies), or the cluster
(who runs it; often no person, because the next try succeeds). The pod: it was refused, so that there is none; it waits,
and may still start; or it has ended.

| code | who acts | the pod | what happened |
|---|---|---|---|
"""
_CHECKS = """
## Codes of checks

[`k8sexec check`](../explanation/cluster.md) has the codes of refused pods, because they mean the same where a pod is
launched, and these besides:

| code | what is wrong |
|---|---|
"""


def build_options() -> str:
    """Make the page of the pod options."""
    source = Path(pod_options.__file__).read_text(encoding="utf-8")
    module = ast.parse(source)
    (definition,) = (
        node for node in module.body if isinstance(node, ast.ClassDef) and node.name == "PodOptions"
    )
    groups = _build_groups(definition, source.splitlines())
    return "".join([_OPTIONS, *groups, _TYPES, *_build_types(module)])


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
                f"\n## {name.capitalize()}",
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


def build_settings() -> str:
    """Make the page of the options of the site."""
    return "".join([_SETTINGS, *_build_settings()])


def _build_settings() -> Iterator[str]:
    for name, option in OPTIONS.items():
        default, example = (f"`{text}`" if text else "" for text in (option.default, option.example))
        meaning = _write_cell(option.description.replace("<", r"\<"))
        yield f"| `{name}` | {default} | {example} | {meaning} |\n"


def build_failures() -> str:
    """Make the page of the codes by which failed pods and checks are reported."""
    failures = [
        f"| `{name}` | {code.actor} | {code.stage} | {_write_cell(code.meaning)} |\n"
        for name, code in sorted(CODES.items(), key=lambda item: item[0].lower())
    ]
    checks = [f"| `{code}` | {_write_cell(meaning)} |\n" for code, meaning in CHECK_CODES.items()]
    return "".join([_FAILURES, *failures, _CHECKS, *checks])


def _write_cell(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("``", "`").replace("|", r"\|")).strip()


PAGES = {"options": build_options, "settings": build_settings, "failures": build_failures}
"""What makes each page of the folder."""


def write_page(name: str) -> str:
    """Give the text of a page of the folder, as the code has it now."""
    return f"{_MADE}\n\n{PAGES[name]()}"


if __name__ == "__main__":
    for name in PAGES:
        (FOLDER / f"{name}.md").write_text(write_page(name), encoding="utf-8")
