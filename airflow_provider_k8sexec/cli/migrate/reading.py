"""What a file makes of pods, read from its source: the edits that write pod options instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_k8sexec.cli.migrate.edits import Reading
    from airflow_provider_k8sexec.cli.migrate.project import Project, SourceFile


def read_file(source: SourceFile, project: Project, own_secret: str | None = None) -> Reading:
    """Find what can be rewritten in a file, and what cannot and why.

    Args:
        source: The file.
        project: The project that it belongs to.
        own_secret: The deployment's own secret, whose keys need no name of a secret.
    """
    raise NotImplementedError
