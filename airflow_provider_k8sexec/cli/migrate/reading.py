"""What a file makes of pods, read from its source: the edits that write pod options instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_k8sexec.cli.migrate.annotations import find_annotations
from airflow_provider_k8sexec.cli.migrate.configs import ReadConfig, find_late, read_config
from airflow_provider_k8sexec.cli.migrate.edits import ConfigEdit, Edit, Reading, Refusal, RemovalEdit
from airflow_provider_k8sexec.cli.migrate.imports import Linker
from airflow_provider_k8sexec.cli.migrate.pod_operators import ReadOperator, find_operators
from airflow_provider_k8sexec.cli.migrate.shared_pods import SharedPods
from airflow_provider_k8sexec.cli.migrate.unneeded import find_unneeded
from airflow_provider_k8sexec.cli.migrate.values import UnreadableError
from airflow_provider_k8sexec.executor_names import POD_OPERATOR, POD_OVERRIDE, POD_TEMPLATE_FILE

if TYPE_CHECKING:
    from airflow_provider_k8sexec.cli.migrate.project import ParsedFile, Project

_FOLLOWED = "followed"
_PARTS = (POD_OVERRIDE, POD_TEMPLATE_FILE, "V1Pod", POD_OPERATOR)


def read_file(source: ParsedFile, project: Project, own_secret: str | None = None) -> Reading:
    """Find what can be rewritten in a file, and what cannot and why.

    Args:
        source: The file.
        project: The project that it belongs to.
        own_secret: The deployment's own secret, whose keys need no name of a secret.
    """
    if not any(part.lower() in source.text.lower() for part in _PARTS):
        return Reading()
    linker, shared = follow(project, own_secret)
    found: list[ReadConfig | ReadOperator] = [*shared.find_in(source)]
    refusals = []
    for config in shared.configs_of(source):
        try:
            read = shared.replace(config) or read_config(config, linker, own_secret)
        except UnreadableError as reason:
            refusals.append(Refusal(config.node.lineno, f"{_capitalise(str(reason))}."))
        else:
            found += [read] if read else []
    found += [*find_late(source, linker, own_secret)]
    for operator in find_operators(source, linker, own_secret):
        if isinstance(operator, Refusal):
            refusals.append(operator)
        else:
            found.append(operator)
    removals = find_unneeded(source, found, linker)
    edits = [read.edit for read in found if not any(_is_within(read.edit, removal) for removal in removals)]
    configs = [edit.span for edit in edits if isinstance(edit, ConfigEdit)]
    annotations = [
        edit
        for edit in find_annotations(source, configs)
        if not any(_is_within(edit, removal) for removal in removals)
    ]
    return Reading((*edits, *removals, *annotations), tuple(refusals))


def _is_within(edit: Edit, removal: RemovalEdit) -> bool:
    return removal.span[:2] <= edit.span[:2] and edit.span[2:] <= removal.span[2:]


def follow(project: Project, own_secret: str | None) -> tuple[Linker, SharedPods]:
    """Give what follows names through a project, which is made once."""
    if _FOLLOWED not in project.memory:
        linker = Linker(project)
        project.memory[_FOLLOWED] = linker, SharedPods(linker, own_secret)
    linker, shared = project.memory[_FOLLOWED]
    return linker, shared


def _capitalise(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:] if not sentence.startswith("`") else sentence
