"""What every target of ``k8sexec lint --target`` has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.exceptions import Problem


class Target:
    """What DAG files are linted for, beside the rules of today: nothing."""

    def __init__(self, files: list[str]) -> None:
        """Take the DAG files, which have been loaded."""

    def in_source(self) -> Iterator[tuple[str, int, Problem]]:
        """Find what the source of the files and the site show: file, line and problem.

        The file is empty, and the line 0, where a problem is of no file.
        """
        return iter(())

    def check(self, task: Any) -> Iterator[Problem]:  # noqa: ARG002  # there is nothing to find
        """Find what a task shows, and the source does not."""
        return iter(())
