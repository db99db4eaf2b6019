"""Executor configs that do not do what was meant: what they do today, and the options that were meant."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from attrs import evolve

from airflow_provider_k8sexec.cli.migrate.edits import ConfigEdit, Reading, Refusal, RemovalEdit
from airflow_provider_k8sexec.cli.migrate.mistakes.given_configs import find_given
from airflow_provider_k8sexec.cli.migrate.mistakes.mistaken_configs import (
    find_in_keys,
    find_in_legacy,
    find_in_override,
    find_in_pod,
    is_misspelt,
)
from airflow_provider_k8sexec.cli.migrate.reading.configs import (
    Config,
    check_conditions,
    find_mappings,
    make_edit,
    texts_of,
)
from airflow_provider_k8sexec.cli.migrate.reading.evaluation import Reader
from airflow_provider_k8sexec.cli.migrate.reading.read_file import follow
from airflow_provider_k8sexec.cli.migrate.reading.unneeded import find_unneeded
from airflow_provider_k8sexec.cli.migrate.reading.values import UnreadableError
from airflow_provider_k8sexec.executor_names import (
    EXECUTOR_CONFIG,
    LEGACY_KEY,
    POD_OVERRIDE,
    POD_TEMPLATE_FILE,
)
from airflow_provider_k8sexec.site_policy.dag_source import check_tree, walk_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_k8sexec.cli.migrate.mistakes.mistaken_configs import Mistake
    from airflow_provider_k8sexec.cli.migrate.reading.configs import ReadConfig
    from airflow_provider_k8sexec.cli.migrate.reading.imports import Linker
    from airflow_provider_k8sexec.cli.migrate.reading.project import ParsedFile, Project
    from airflow_provider_k8sexec.options.manifests import Manifest

    Find = Callable[[Config, Reader, Manifest | None], Mistake | None]

_MISPLACED, _UNUSED = "K8S803", "K8S804"
WORDS = (EXECUTOR_CONFIG, POD_OVERRIDE, LEGACY_KEY)
"""A file with none of these gives no task a config."""


def read_mistakes(
    source: ParsedFile,
    project: Project,
    own_secret: str | None = None,
    template: Manifest | None = None,
) -> Reading:
    """Find the configs of a file that do not do what was meant.

    Args:
        source: The file.
        project: The project that it belongs to.
        own_secret: The deployment's own secret, whose keys need no name of a secret.
        template: The pod template, if it is known.

    Returns:
        Edits that write what was meant, each with its mistake; and, where nothing is sure, what is wrong.
    """
    if not any(word in source.text for word in WORDS):
        return Reading()
    refusals = [*_find_in_source(source, project)]
    lines = {refusal.line for refusal in refusals}
    linker, _ = follow(project, own_secret)
    found = []
    for config, find in _find_candidates(source, linker):
        if config.node.lineno in lines:
            continue
        read = _read(config, find, linker, own_secret, template)
        if isinstance(read, Refusal):
            refusals.append(read)
        elif read:
            found.append(read)
    edits = [read.edit for read in found]
    return Reading((*edits, *find_unneeded(source, found, linker)), tuple(refusals))


def leave_mistakes(reading: Reading, mistakes: Reading) -> Reading:
    """Leave out what is no right config: what it does today would be kept.

    Args:
        reading: What can be rewritten with every pod equal.
        mistakes: What does not do what was meant, in the same file.
    """
    lines = {edit.span.line for edit in mistakes.edits} | {refusal.line for refusal in mistakes.refusals}
    left = {edit.span for edit in reading.edits if edit.span.line in lines}
    return Reading(
        tuple(
            edit
            for edit in reading.edits
            if edit.span not in left and not (isinstance(edit, RemovalEdit) and left.intersection(edit.after))
        ),
        tuple(refusal for refusal in reading.refusals if refusal.line not in lines),
    )


def _find_in_source(source: ParsedFile, project: Project) -> Iterator[Refusal]:
    """Find what no DAG shows: pods given to operators that take none, configs that no task has."""
    for found in check_tree(source.tree):
        problem = found.problem
        is_unused = problem.code == _UNUSED and not _is_exported(found.line, source, project)
        if is_unused or problem.code == _MISPLACED:
            yield Refusal(found.line, str(problem))


def _is_exported(line: int, source: ParsedFile, project: Project) -> bool:
    """Report whether another file may read what is assigned on a line."""
    names = (
        target.id
        for node in walk_file(source.tree)
        if isinstance(node, ast.Assign) and node.lineno == line
        for target in node.targets
        if isinstance(target, ast.Name)
    )
    return any(other is not source for name in names for other in project.mentioning(name))


def _find_candidates(source: ParsedFile, linker: Linker) -> Iterator[tuple[Config, Find]]:
    """Find the expressions that may be a mistaken config, each with what finds the mistake."""
    given = find_given(source.tree, linker.names_of(source))
    for config in find_mappings(source, linker):
        is_given = given.pop(config.node, None) is not None
        if LEGACY_KEY in config.parts:
            yield config, find_in_legacy
        elif POD_OVERRIDE in config.parts:
            yield config, find_in_override
        elif is_given or any(map(is_misspelt, config.parts)):
            yield config, find_in_keys
    for node, place in given.items():
        yield Config(node, place, {}), find_in_pod


def _read(
    config: Config, find: Find, linker: Linker, own_secret: str | None, template: Manifest | None
) -> ReadConfig | Refusal | None:
    """Read a config: the edit that writes what was meant, or what is wrong where that is not sure."""
    reader = Reader(linker, config.place)
    try:
        mistake = find(config, reader, None if POD_TEMPLATE_FILE in config.parts else template)
    except UnreadableError:
        return None  # reading the file explains it
    if mistake is None:
        return None
    try:
        check_conditions(config, reader)
        made = _make(mistake, config, reader, own_secret)
    except UnreadableError as reason:
        mistake, made = evolve(mistake, unreadable=str(reason)), None
    return made or Refusal(config.node.lineno, f"{mistake.today}; {mistake.remedy}.")


def _make(mistake: Mistake, config: Config, reader: Reader, own_secret: str | None) -> ReadConfig | None:
    """Make the edit that writes what was meant; ``None`` where that is not sure, or nothing."""
    if mistake.pod is None:
        return None
    template_file = config.parts.get(POD_TEMPLATE_FILE)
    template = reader.read(template_file, reader.frame) if template_file else None
    made = make_edit(mistake.pod, config.node, reader, own_secret, template)
    assert isinstance(made.edit, ConfigEdit)  # noqa: S101  # it writes options
    options = (*made.edit.options, *mistake.options)
    texts = [text for option in mistake.options for text in texts_of(option.value)]
    edit = evolve(made.edit, options=options, mistake=f"{mistake.today}.")
    return evolve(made, edit=edit, names=(*made.names, *texts)) if options else None
