"""Lets a DAG file go on after a declaration that is refused, so that lint finds all of its mistakes."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from attrs import evolve

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.cli.lint.report import ERROR, NOTE, NOTES, WARNING, Report, name_declared
from airflow_provider_k8sexec.cli.output import shorten
from airflow_provider_k8sexec.context.site_context import SiteContext
from airflow_provider_k8sexec.exceptions import (
    K8sExecError,
    Problem,
    SpecError,
    SpecWarning,
    UnappliedWarning,
)
from airflow_provider_k8sexec.options.declaration import Declaration
from airflow_provider_k8sexec.options.manifest_parts import mapping_of
from airflow_provider_k8sexec.site.deployment import UNKNOWN_SECRET
from airflow_provider_k8sexec.site_policy.validate import read_requested, validate, validate_executor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from airflow_provider_k8sexec.pod.task_request import TaskRequest

_MARK = "lint.invalid/refused-"


class LocalContext(SiteContext):
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
        self.refusals = Refusals()
        self.warnings: list[Report] = []

    def replace_refused(self, error: K8sExecError, request: TaskRequest) -> TaskRequest:
        """Keep the error, and let the DAG file go on."""
        return self.refusals.replace(error, request)

    def warn(
        self, message: str, code: str, location: tuple[str, int], category: type[SpecWarning] = SpecWarning
    ) -> None:
        """Keep the warning; of options that do nothing, lint finds the same task by task."""
        if category is not UnappliedWarning:
            file, line = location
            whose, _, problem = message.partition(": ")
            # Without its DAG, --dag and --task could not choose it.
            task = name_declared(whose) if " of DAG " in whose else ""
            self.warnings.append(
                Report(shorten(file), line, task, WARNING, code, problem if task else message)
            )


class Refusals:
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
                names.setdefault(mark, name(task))
        for mark, (error, problems) in self._refused.items():
            file, line = getattr(error, "location", None) or ("", 0)
            found: Sequence[object] = problems if isinstance(error, SpecError) else [error]
            for problem in found:
                whose = names.get(mark) or name_declared(getattr(error, "task", None))
                # What is no problem of an option is a fact of the deployment that is not known.
                code = problem.code if isinstance(problem, Problem) else "K8S113"
                yield Report(shorten(file), line, whose, ERROR, code, str(problem))

    def validate(self, task: Any, context: SiteContext) -> Iterator[tuple[str, Problem]]:
        """Find what else is wrong with a task: the levels and the problems."""
        known = self._problems_at(_annotations_of(task))
        verdict = validate(task) | validate_executor(task, context)
        for level, problems in ((ERROR, verdict.errors), (WARNING, verdict.warnings)):
            for problem in problems:
                if not any(_follows(problem, of) for of in known):
                    yield NOTE if problem.code in NOTES else level, problem


def _follows(problem: Problem, refused: Problem) -> bool:
    """Report whether a problem is a refused one again, or that an option that was refused is missing."""
    is_missing = not problem.value and problem.field == refused.field.rpartition(": ")[2]
    return is_missing or str(problem).endswith(str(refused))


def _annotations_of(task: Any) -> Mapping[str, Any]:
    with suppress(Exception):  # foreign objects may raise anything when they are read; that is a finding
        return mapping_of(read_requested(task.executor_config).metadata.get("annotations"))
    return {}


def name(task: Any) -> str:
    """Name a task as reports do."""
    return f"{task.dag_id}.{task.task_id}"
