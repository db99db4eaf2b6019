"""What ``migrate`` prints beside the diff: what is left as it is, what is wrong, and what to write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from airflow_provider_k8sexec.cli.output import print_problems, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable


@frozen(order=True)
class Finding:
    """Something that is not rewritten.

    Attributes:
        file: The file; of any kind.
        line: The line, counted from 1; 0 for the file as a whole.
        problem: What is there, and why it is left: a sentence without its full stop.
        remedy: What to do or to write; empty where there is nothing to do.
    """

    file: str
    line: int
    problem: str
    remedy: str = ""

    def __str__(self) -> str:
        """Write it as compilers do: ``dags/load.py:12: ...``."""
        where = f"{shorten(self.file)}:{self.line}" if self.line else shorten(self.file)
        sentence = self.problem.rstrip(".")
        remedy = self.remedy.rstrip(".")
        return f"{where}: {sentence}; {remedy}." if remedy else f"{where}: {sentence}."


def print_findings(findings: Iterable[Finding]) -> None:
    """Print findings to standard error, each once, in the order of files and lines."""
    print_problems(map(str, sorted(findings)))
