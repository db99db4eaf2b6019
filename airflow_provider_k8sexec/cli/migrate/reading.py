"""What a file makes of pods, read from its source: the edits that write pod options instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_k8sexec.cli.migrate.configs import ReadConfig, find_configs, read_config
from airflow_provider_k8sexec.cli.migrate.edits import Reading, Refusal
from airflow_provider_k8sexec.cli.migrate.imports import Linker
from airflow_provider_k8sexec.cli.migrate.unneeded import find_unneeded
from airflow_provider_k8sexec.cli.migrate.values import UnreadableError
from airflow_provider_k8sexec.executor_names import POD_OVERRIDE

if TYPE_CHECKING:
    from airflow_provider_k8sexec.cli.migrate.project import ParsedFile, Project

_PARTS = (POD_OVERRIDE, "V1Pod")


def read_file(source: ParsedFile, project: Project, own_secret: str | None = None) -> Reading:
    """Find what can be rewritten in a file, and what cannot and why.

    Args:
        source: The file.
        project: The project that it belongs to.
        own_secret: The deployment's own secret, whose keys need no name of a secret.
    """
    if not any(part.lower() in source.text.lower() for part in _PARTS):
        return Reading()
    linker = Linker(project)
    found: list[ReadConfig] = []
    refusals = []
    for config in find_configs(source, linker):
        try:
            read = read_config(config, linker, own_secret)
        except UnreadableError as reason:
            refusals.append(Refusal(config.node.lineno, f"{_capitalise(str(reason))}."))
        else:
            found += [read] if read else []
    edits = [read.edit for read in found]
    return Reading((*edits, *find_unneeded(source, found, linker)), tuple(refusals))


def _capitalise(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:] if not sentence.startswith("`") else sentence
