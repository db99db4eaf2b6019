"""``k8sexec lint``: what the site's policy would report of DAG files, locally and in pre-commit."""

from __future__ import annotations

import json
import os
import re
import warnings
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import asdict, evolve, frozen

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.authoring.misread import explain_import_error
from airflow_provider_k8sexec.cli.output import result_stdout, stop_on
from airflow_provider_k8sexec.cli.table import print_table
from airflow_provider_k8sexec.context import load_context, use_context
from airflow_provider_k8sexec.context.site_context import SiteContext
from airflow_provider_k8sexec.exceptions import (
    ConfigurationError,
    K8sExecError,
    SpecError,
    SpecWarning,
    UnappliedWarning,
)
from airflow_provider_k8sexec.executor_names import name_variable
from airflow_provider_k8sexec.options.declaration import Declaration
from airflow_provider_k8sexec.options.manifest_parts import mapping_of
from airflow_provider_k8sexec.site.deployment import UNKNOWN_SECRET
from airflow_provider_k8sexec.site_policy.client_models import TARGETS, Target
from airflow_provider_k8sexec.site_policy.dag_source import check_source, find_task_line
from airflow_provider_k8sexec.site_policy.validate import read_requested, validate, validate_executor

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from airflow_provider_k8sexec.exceptions import Problem
    from airflow_provider_k8sexec.pod.task_request import TaskRequest

_WARNING_LINE = re.compile(r"(.+?):([0-9]+): airflow_provider_k8sexec\.[\w.]+: (.*)", re.DOTALL)
_TASK = re.compile(r"task '(?P<task>.*?)'(?: of DAG '(?P<dag>.*)')?")
_FRAME = re.compile(r"^  File .*\n(?:    .*\n)*", re.MULTILINE)
_OWN_CLASS = re.compile(r"\Aairflow_provider_k8sexec\.[\w.]+: ")
_ARGUMENTS = re.compile(r"\*\*kwargs: \{.*\}", re.DOTALL)
_MARK = "lint.invalid/refused-"


@frozen
class Report:
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


class _Refusals:
    """Collects the errors of declarations, so that one of them does not end the DAG file.

    What a refused task requests is marked by an annotation: whatever the file does with the config, as with
    any other (copy it, lay options over it, take its pod), the mark is in the pod of the task that has it.
    """

    def __init__(self) -> None:
        self._refused: dict[str, tuple[K8sExecError, list[Problem]]] = {}

    def replace(self, error: K8sExecError, request: TaskRequest) -> TaskRequest:
        """Keep the error of a declaration, and give what could be read of it, with a mark."""
        known = self._problems_at(request.declaration.annotations)
        own = [item for item in getattr(error, "problems", ()) if not any(_follows(item, of) for of in known)]
        mark = f"{_MARK}{len(self._refused)}"
        self._refused[mark] = (error, own)
        marked = ("", Declaration(annotations={mark: ""}))
        return type(request)(request.outer, [*request.inner, marked], request.deployment, request.others)

    def _problems_at(self, marks: Iterable[str]) -> list[Problem]:
        return [problem for mark in marks if mark in self._refused for problem in self._refused[mark][1]]

    def find(self, tasks: Iterable[Any]) -> Iterator[Report]:
        """Give all errors, each with the task that it ends up at."""
        names: dict[str, str] = {}
        for task in tasks:
            for mark in _annotations_of(task):
                names.setdefault(mark, _name(task))
        for mark, (error, problems) in self._refused.items():
            file, line = getattr(error, "location", None) or ("", 0)
            found: Sequence[object] = problems if isinstance(error, SpecError) else [error]
            for problem in found:
                yield Report(
                    _shorten(file), line, names.get(mark) or _name_task(error), "error", str(problem)
                )

    def validate(self, task: Any, context: SiteContext) -> Iterator[tuple[str, Problem]]:
        """Find what else is wrong with a task: the levels and the problems."""
        known = self._problems_at(_annotations_of(task))
        verdict = validate(task) | validate_executor(task, context)
        for level, problems in (("error", verdict.errors), ("warning", verdict.warnings)):
            for problem in problems:
                if not any(_follows(problem, of) for of in known):
                    yield level, problem


class _LocalContext(SiteContext):
    """The site without its policy, which would warn or refuse, and as if the release were known.

    An unknown release is no mistake in a DAG: nothing sets it in CI, not even where that runs in Kubernetes.
    """

    def __init__(self, site: SiteContext) -> None:
        deployment = site.deployment
        if deployment.secret_name is None:
            deployment = evolve(deployment, secret_name=UNKNOWN_SECRET)
        super().__init__(evolve(site.settings, policy="off"), deployment)
        if not compat.is_option_set("core", "executor"):
            self.executors = ()  # of the deployment, which is not this process's, wherever CI runs
        self.refusals = _Refusals()

    def replace_refused(self, error: K8sExecError, request: TaskRequest) -> TaskRequest:
        """Keep the error, and let the DAG file go on."""
        return self.refusals.replace(error, request)


def _follows(problem: Problem, refused: Problem) -> bool:
    """Report whether a problem is a refused one again, or that an option that was refused is missing."""
    is_missing = not problem.value and problem.field == refused.field.rpartition(": ")[2]
    return is_missing or str(problem).endswith(str(refused))


def _annotations_of(task: Any) -> Mapping[str, Any]:
    with suppress(Exception):  # foreign objects may raise anything when they are read; that is a finding
        return mapping_of(read_requested(task.executor_config).metadata.get("annotations"))
    return {}


def _name(task: Any) -> str:
    return f"{task.dag_id}.{task.task_id}"


def _name_task(error: K8sExecError) -> str:
    """Name the task of an error as reports do: by its DAG's name, where that is known, and its own."""
    match = _TASK.fullmatch(getattr(error, "task", None) or "")
    return ".".join(filter(None, (match["dag"], match["task"]))) if match else ""


def lint(arguments: argparse.Namespace) -> None:
    """Print what is wrong with the pods of the tasks that DAG files make.

    Raises:
        SystemExit: With status 1, if anything is, or a file makes no DAG.
    """
    mistakes = load_context().find_problems()
    make_target = TARGETS[arguments.target]
    paths = [] if mistakes else arguments.dag_files
    reports = [report for path in paths for report in _lint(path, make_target)]
    if mistakes:
        stop_on([str(ConfigurationError(mistakes))])
    with result_stdout():
        _PRINTERS[arguments.output](reports)
    stop_on([], failed=bool(reports))


def _lint(path: str, make_target: Callable[[list[str]], Target]) -> list[Report]:
    if not Path(path).exists():
        return [Report(path, 0, "", "error", "There is no such file.")]
    context = _LocalContext(load_context())
    with use_context(context), _whole_tracebacks(), _kept_warnings() as of_layers:
        bag = compat.load_dag_bag(path)
    refusals = context.refusals
    tasks = [task for _, dag in sorted(bag.dags.items()) for task in dag.tasks]
    reports = [*refusals.find(tasks)]
    reports += [_of_import_error(path, file, error) for file, error in sorted(bag.import_errors.items())]
    reports += of_layers
    for texts in bag.captured_warnings.values():
        reports += _of_warnings(texts)
    files = [str(file) for file in sorted(Path(path).rglob("*.py"))] if Path(path).is_dir() else [path]
    for file in files:
        reports += _of_source(file)
    target = make_target(files)
    reports += [
        Report(_shorten(file), line, "", "error", str(item)) for file, line, item in target.in_source()
    ]
    for task in tasks:
        file, line = task.dag.fileloc, find_task_line(task.dag.fileloc, task) or 0
        refused = {problem.field: problem for problem in target.check(task)}
        # What the target refuses is reported as that, and not as another mistake in the same place.
        found = [
            (level, item) for level, item in refusals.validate(task, context) if item.field not in refused
        ]
        found += [("error", problem) for problem in refused.values()]
        reports += [
            Report(_shorten(file), line, _name(task), level, str(problem)) for level, problem in found
        ]
    return sorted(dict.fromkeys(reports), key=lambda report: (report.file, report.line))


@contextmanager
def _whole_tracebacks() -> Iterator[None]:
    """Let Airflow keep all of an import error's traceback: by default, the author's line is not in it."""
    options = {"dagbag_import_error_tracebacks": "True", "dagbag_import_error_traceback_depth": "100"}
    variables = {name_variable("core", option): value for option, value in options.items()}
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


@contextmanager
def _kept_warnings() -> Iterator[list[Report]]:
    """Keep what this package warns of after a file has run: layers are added once its DAGs are complete."""
    kept: list[Report] = []
    with warnings.catch_warnings():
        show = warnings.showwarning
        warnings.simplefilter("always", SpecWarning)
        warnings.simplefilter("ignore", UnappliedWarning)  # lint finds the same task by task

        def keep(message: Any, category: type[Warning], filename: str, lineno: int, *others: Any) -> None:
            if issubclass(category, SpecWarning):
                kept.append(Report(_shorten(filename), lineno, "", "warning", str(message)))
            else:
                show(message, category, filename, lineno, *others)

        warnings.showwarning = keep  # type: ignore[assignment]  # its arguments are passed by position
        yield kept


def _of_source(file: str) -> Iterator[Report]:
    for found in check_source(file):
        yield Report(_shorten(file), found.line, "", "error", str(found.problem))


def _of_warnings(texts: Iterable[str]) -> Iterator[Report]:
    """Report what this package has warned of while DAGs were made; Airflow keeps it with file and line."""
    for match in filter(None, map(_WARNING_LINE.match, texts)):
        file, line, text = match.groups()
        yield Report(_shorten(file), int(line), "", "warning", text)


def _shorten(file: str) -> str:
    """Write a path as it is from the current folder."""
    path = Path(file)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else file


def _of_import_error(path: str, file: str, error: str) -> Report:
    """Report an import error by all of its text, at the line of the file that led to it."""
    full = file if Path(file).exists() else path
    frames = [*_FRAME.finditer(error)]
    text = error[frames[-1].end() :].strip() if frames else error.strip()
    text = _ARGUMENTS.sub(_name_arguments, _OWN_CLASS.sub("", text))
    explained = explain_import_error(text)
    text = f"{text}\n{explained}" if explained else text
    lines = re.findall(rf'File "[^"]*{re.escape(Path(full).name)}", line (\d+)', error)
    return Report(_shorten(full), int(lines[-1]) if lines else 0, "", "error", text)


def _name_arguments(match: re.Match[str]) -> str:
    """Name the arguments that Airflow refuses, without their values: one may be a password."""
    return ", ".join(re.findall(r"'(\w+)': ", match[0]))


def _print_table(reports: list[Report]) -> None:
    print_table(
        [
            {
                "location": f"{report.file}:{report.line}" if report.line else report.file,
                "task": report.task,
                "level": report.level,
                "problem": report.problem,
            }
            for report in reports
        ]
    )


def _print_json(reports: list[Report]) -> None:
    print(json.dumps([asdict(report) for report in reports], indent=2))


_PRINTERS = {"table": _print_table, "json": _print_json}
