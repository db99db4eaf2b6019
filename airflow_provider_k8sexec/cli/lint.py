"""``k8sexec lint``: what the site's policy would report of DAG files, locally and in pre-commit."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import asdict, evolve, frozen

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.authoring.author import find_author
from airflow_provider_k8sexec.cli.output import kept_stdout, print_table, stop_on
from airflow_provider_k8sexec.context import load_context, use_context
from airflow_provider_k8sexec.context.site_context import SiteContext
from airflow_provider_k8sexec.exceptions import ConfigurationError, K8sExecError, SpecError
from airflow_provider_k8sexec.site.deployment import UNKNOWN_SECRET
from airflow_provider_k8sexec.site_policy.dag_source import check_source, find_task_line
from airflow_provider_k8sexec.site_policy.validate import validate

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

_WARNING_LINE = re.compile(r"(.+?):([0-9]+): airflow_provider_k8sexec\.[\w.]+: (.*)", re.DOTALL)
_TASK = re.compile(r"task '(?P<task>.*?)'(?: of DAG '(?P<dag>.*)')?")
_ERROR_LINE = re.compile(r"^[\w.]+(?:: |$)", re.MULTILINE)


@frozen
class Finding:
    """One problem of one task, or of a file as a whole.

    Attributes:
        file: The DAG file.
        line: Where the task is made, counted from 1; 0 where that is not known.
        task: The DAG and the task; empty for a file as a whole.
        level: ``error`` or ``warning``.
        problem: What is wrong, and the remedy.
    """

    file: str
    line: int
    task: str
    level: str
    problem: str


class _StandIn(dict[str, Any]):
    """The ``executor_config`` of a task whose own declaration was refused.

    Attributes:
        number: Which of the refusals it stands for; copies, which Airflow makes, have it as well.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def __bool__(self) -> bool:
        """Be true: Airflow would replace an empty config by one of its own."""
        return True


@frozen
class _Refusal:
    error: K8sExecError
    file: str
    line: int


class _Refusals:
    """Collects the errors of declarations, so that one of them does not end the DAG file."""

    def __init__(self) -> None:
        self._refusals: list[_Refusal] = []

    def replace(self, error: K8sExecError) -> _StandIn:
        """Keep the error of a declaration, and give what stands in for it."""
        self._refusals.append(_Refusal(error, *find_author()))
        return _StandIn(len(self._refusals) - 1)

    def find(self, tasks: Iterable[Any]) -> Iterator[Finding]:
        """Give all errors, with the tasks that have their stand-ins."""
        configs = [(task.executor_config, f"{task.dag_id}.{task.task_id}") for task in tasks]
        names = {config.number: name for config, name in configs if isinstance(config, _StandIn)}
        for number, refusal in enumerate(self._refusals):
            error, file = refusal.error, _shorten(refusal.file)
            name = names.get(number) or _name_task(error)
            for problem in error.problems if isinstance(error, SpecError) else [error]:
                yield Finding(file, refusal.line, name, "error", str(problem))


def _name_task(error: K8sExecError) -> str:
    """Name the task of an error as findings do: by its DAG's name, where that is known, and its own."""
    match = _TASK.fullmatch(getattr(error, "task", None) or "")
    return ".".join(filter(None, (match["dag"], match["task"]))) if match else ""


def lint(arguments: argparse.Namespace) -> None:
    """Print what is wrong with the pods of the tasks that DAG files make.

    Raises:
        SystemExit: With status 1, if anything is, or a file makes no DAG.
    """
    with kept_stdout():
        mistakes = load_context().find_problems()
        findings = [] if mistakes else [finding for path in arguments.dag_files for finding in _lint(path)]
    if mistakes:
        stop_on([str(ConfigurationError(mistakes))])
    _PRINTERS[arguments.output](findings)
    stop_on([], failed=bool(findings))


def _lint(path: str) -> list[Finding]:
    if not Path(path).exists():
        return [Finding(path, 0, "", "error", "There is no such file.")]
    refusals = _Refusals()
    with use_context(_local_context(refusals)):
        bag = compat.load_dag_bag(path)
    tasks = [task for _, dag in sorted(bag.dags.items()) for task in dag.tasks]
    findings = [*refusals.find(tasks)]
    findings += [_of_import_error(path, file, error) for file, error in sorted(bag.import_errors.items())]
    for texts in bag.captured_warnings.values():
        findings += _of_warnings(texts)
    for file in sorted(Path(path).rglob("*.py")) if Path(path).is_dir() else [path]:
        findings += _of_source(str(file))
    for task in tasks:
        findings += _lint_task(task)
    return sorted(dict.fromkeys(findings), key=lambda finding: (finding.file, finding.line))


def _lint_task(task: Any) -> Iterator[Finding]:
    if isinstance(task.executor_config, _StandIn):
        return
    verdict = validate(task)
    levels = {"error": verdict.errors, "warning": verdict.warnings}
    file, name = task.dag.fileloc, f"{task.dag_id}.{task.task_id}"
    for level, problems in levels.items():
        for problem in problems:
            yield Finding(_shorten(file), find_task_line(file, task) or 0, name, level, str(problem))


def _local_context(refusals: _Refusals) -> SiteContext:
    """Give the context without the policy, which would warn or refuse, and as if the release were known.

    An unknown release is no mistake in a DAG: nothing sets it in CI, not even where that runs in Kubernetes.
    """
    context = load_context()
    deployment = context.deployment
    if deployment.secret_name is None:
        deployment = evolve(deployment, secret_name=UNKNOWN_SECRET)
    return SiteContext(evolve(context.settings, policy="off"), deployment, refusals.replace)


def _of_source(file: str) -> Iterator[Finding]:
    for found in check_source(file):
        yield Finding(_shorten(file), found.line, "", "error", str(found.problem))


def _of_warnings(texts: Iterable[str]) -> Iterator[Finding]:
    """Report what this package has warned of while DAGs were made; Airflow keeps it with file and line."""
    for match in filter(None, map(_WARNING_LINE.match, texts)):
        file, line, text = match.groups()
        yield Finding(_shorten(file), int(line), "", "warning", text)


def _shorten(file: str) -> str:
    """Write a path as it is from the current folder."""
    path = Path(file)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else file


def _of_import_error(path: str, file: str, error: str) -> Finding:
    """Report an import error by its first line, and by all lines where it is one of this package."""
    full = file if Path(file).exists() else path
    *_, last = _ERROR_LINE.finditer(error)
    ours = last[0].startswith("airflow_provider_k8sexec.")
    text = error[last.end() :].strip() if ours else error[last.start() :].splitlines()[0]
    lines = re.findall(rf'File "[^"]*{re.escape(Path(full).name)}", line (\d+)', error)
    return Finding(_shorten(full), int(lines[-1]) if lines else 0, "", "error", text)


def _print_table(findings: list[Finding]) -> None:
    print_table(
        [
            {
                "location": f"{finding.file}:{finding.line}" if finding.line else finding.file,
                "task": finding.task,
                "level": finding.level,
                "problem": finding.problem,
            }
            for finding in findings
        ]
    )


def _print_json(findings: list[Finding]) -> None:
    print(json.dumps([asdict(finding) for finding in findings], indent=2))


_PRINTERS = {"table": _print_table, "json": _print_json}
