"""What a file makes of pods, read from its source: the edits that write pod options instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from airflow_provider_k8sexec.cli.migrate.edits import (
    ConfigEdit,
    NameEdit,
    OperatorEdit,
    Reading,
    Refusal,
    RemovalEdit,
)
from airflow_provider_k8sexec.cli.migrate.reading.annotations import find_annotations
from airflow_provider_k8sexec.cli.migrate.reading.configs import ReadConfig, find_late, read_config
from airflow_provider_k8sexec.cli.migrate.reading.imports import Linker
from airflow_provider_k8sexec.cli.migrate.reading.pod_operators import ReadOperator, find_operators
from airflow_provider_k8sexec.cli.migrate.reading.shared_pods import SharedPods
from airflow_provider_k8sexec.cli.migrate.reading.unneeded import find_unneeded
from airflow_provider_k8sexec.cli.migrate.reading.values import UnreadableError
from airflow_provider_k8sexec.executor_names import POD_OPERATOR, POD_OVERRIDE, POD_TEMPLATE_FILE
from airflow_provider_k8sexec.rules.api_server.schema import POD_MODEL

if TYPE_CHECKING:
    from airflow_provider_k8sexec.cli.migrate.edits import Edit
    from airflow_provider_k8sexec.cli.migrate.reading.project import ParsedFile, Project

_FOLLOWED = "followed"
_PARTS = (POD_OVERRIDE, POD_TEMPLATE_FILE, POD_MODEL, POD_OPERATOR)


def read_file(source: ParsedFile, project: Project, own_secret: str | None = None) -> Reading:
    """Find what can be rewritten in a file, and what cannot and why.

    Args:
        source: The file.
        project: The project that it belongs to.
        own_secret: The deployment's own secret, whose keys need no name of a secret.
    """
    if not any(part.lower() in source.text.lower() for part in _PARTS):
        return Reading()
    try:
        found, refusals = _read_configs(source, project, own_secret)
        edits = _complete(source, found, follow(project, own_secret)[0])
    except RecursionError:
        return Reading(refusals=(Refusal(1, "The file is nested too deeply."),))
    return Reading(tuple(edits), tuple(refusals))


def _read_configs(
    source: ParsedFile, project: Project, own_secret: str | None
) -> tuple[list[ReadConfig | ReadOperator], list[Refusal]]:
    """Read the configs of a file, and its pods that become configs."""
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
    return found, refusals


def _complete(source: ParsedFile, found: list[ReadConfig | ReadOperator], linker: Linker) -> list[Edit]:
    """Give the edits of configs, and those that follow from them; none is inside another."""
    removals = find_unneeded(source, found, linker)
    edits = _leave_inner([*removals, *(read.edit for read in found)])
    configs = [edit.span for edit in edits if isinstance(edit, ConfigEdit)]
    edits = _leave_inner([*edits, *find_annotations(source, configs)])
    return [_renew(edit, edits) for edit in edits]


def _renew(edit: Edit, edits: list[Edit]) -> Edit:
    """Name the edits that an edit is bound to, where one of them is inside another."""
    if not isinstance(edit, (RemovalEdit, NameEdit)):
        return edit
    after = (next((other.span for other in edits if other.span.encloses(span)), span) for span in edit.after)
    return evolve(edit, after=tuple(dict.fromkeys(after)))


def _leave_inner(edits: list[Edit]) -> list[Edit]:
    """Leave out what is inside of another edit; of the call of an operator, arguments are edited apart."""
    kept: list[Edit] = []
    end = (0, 0)
    for edit in sorted(edits, key=lambda edit: (edit.span[:2], [-place for place in edit.span[2:]])):
        if edit.span[:2] >= end:
            kept.append(edit)
            end = end if isinstance(edit, OperatorEdit) else edit.span[2:]
    return kept


def follow(project: Project, own_secret: str | None) -> tuple[Linker, SharedPods]:
    """Give what follows names through a project, which is made once."""
    if _FOLLOWED not in project.memory:
        linker = Linker(project)
        project.memory[_FOLLOWED] = linker, SharedPods(linker, own_secret)
    linker, shared = project.memory[_FOLLOWED]
    return linker, shared


def _capitalise(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:] if not sentence.startswith("`") else sentence
