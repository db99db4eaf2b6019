"""Makes the page of the codes of problems."""

from __future__ import annotations

from typing import TYPE_CHECKING

from code_remedies import EITHER, REMEDIES, WARNINGS
from page_parts import write_page, write_sentence

from airflow_provider_k8sexec.cli.lint.report import ERROR, NOTE, NOTES, WARNING
from airflow_provider_k8sexec.options.problem_codes import CODES, FAMILIES

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIRST = """\
The code of each problem that `k8sexec lint`, the policy and the errors of pod options report, with what it means. A
code is stable: programs may compare it, and one that is no longer used is not given to another problem. The message
beside a code names the value, where it is declared, and what to write instead.

`k8sexec lint` exits with status 1 on errors and warnings, and not on notes. `--select` and `--ignore` take codes and
their beginnings, such as `K8S4`."""


def build_page() -> str:
    """Make the page."""
    return write_page("Codes of problems", [_FIRST, *_write_families()])


def _write_families() -> Iterator[str]:
    for family, name in FAMILIES.items():
        yield f"## {family}xx: {name}"
        for code, meaning in CODES.items():
            if code.startswith(family):
                yield f"### {code}"
                yield write_sentence(meaning)
                yield f"- Level: {_describe_level(code)}\n- What to do: {REMEDIES[code]}"


def _describe_level(code: str) -> str:
    return EITHER.get(code) or (NOTE if code in NOTES else WARNING if code in WARNINGS else ERROR)
