"""Airflow 3: what of DAG files, their pods and the executor's options breaks there, or changes silently."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.executor_names import KUBERNETES_EXECUTOR
from airflow_provider_k8sexec.options.problems import list_names
from airflow_provider_k8sexec.rules.requested_pod.handwritten import template_of
from airflow_provider_k8sexec.site.pod_template import find_template
from airflow_provider_k8sexec.site_policy.dag_source import parse_source
from airflow_provider_k8sexec.site_policy.old_airflow import (
    CLASS_MODULES,
    CLASSES,
    GONE,
    MODULES,
    OLD_SECTION,
    REMOVED_ARGUMENTS,
    RUFF,
    SECTION,
    Names,
    describe_argument,
    find_class,
    find_config_reads,
    find_database_uses,
    find_left_to_ruff,
    find_removed_arguments,
    is_hybrid,
    is_of,
)
from airflow_provider_k8sexec.site_policy.targets.target import Target
from airflow_provider_k8sexec.site_policy.targets.workers_of_3 import check_template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.site_policy.old_airflow import Import

_REFUSED, _IGNORED, _DATABASE, _OF_RUFF = "K8S809", "K8S810", "K8S812", "K8S813"
_MIGRATE = "as `k8sexec migrate --fix` does"
_KUBERNETES_QUEUE = "kubernetes_queue"
_SECTIONS = {"LocalKubernetesExecutor": "local_kubernetes_executor"}


class Airflow3(Target):
    """Airflow 3, as seen from Airflow 2.11, or from where the upgrade has been."""

    def __init__(self, files: list[str]) -> None:
        super().__init__(files)
        self._files = files

    def in_source(self) -> Iterator[tuple[str, int, Problem]]:
        """Find what breaks, or is ignored, in the files, the options of the executor and the pod template."""
        for file in self._files:
            tree = parse_source(file)
            for line, problem in _check_file(tree) if tree else ():
                yield file, line, problem
        for problem in _check_options():
            yield "", 0, problem
        context = load_context()
        if context.template_path:
            for problem in check_template(context.template, "template"):
                yield context.template_path, 0, problem

    def check(self, task: Any) -> Iterator[Problem]:
        """Find a task that a hybrid executor runs by its queue, and what its own pod template lacks."""
        hybrid = _find_hybrid()
        if hybrid and task.queue == _load_kubernetes_queue(hybrid):
            reason = f"chooses the executor in {hybrid}, which Airflow 3 does not run"
            remedy = f"write executor='{KUBERNETES_EXECUTOR}'"
            yield Problem("queue", repr(task.queue), reason, remedy, code=_REFUSED)
        if path := template_of(task.executor_config):
            yield from check_template(find_template(path), f"pod_template_file {path!r}")


def _check_file(tree: ast.Module) -> Iterator[tuple[int, Problem]]:
    names = Names(tree)
    for imported in names.imports:
        for problem in _check_import(imported):
            yield imported.statement.lineno, problem
    yield from _check_calls(tree, names)
    for call in find_config_reads(tree, names):
        options = [str(getattr(node, "value", "")).lower() for node in call.args[1:2]]
        old, new = (" ".join([f"[{section}]", *options]).strip() for section in (OLD_SECTION, SECTION))
        reason = "is of a section that Airflow 3 does not have"
        yield call.lineno, Problem(old, "", reason, f"read {new}, {_MIGRATE}", code=_REFUSED)
    for removed in find_removed_arguments(tree, names):
        remedy = f"write {REMOVED_ARGUMENTS[removed.name]}, {_MIGRATE} where the value is written out"
        code = _IGNORED if removed.is_ignored else _REFUSED
        yield removed.value.lineno, Problem(removed.name, "", describe_argument(removed), remedy, code=code)
    for line, name in find_database_uses(tree, names):
        reason = "opens the metadata database, which Airflow 3 refuses in tasks and DAG files"
        yield line, Problem(name, "", reason, "ask Airflow's REST API, or the task's context", code=_DATABASE)
    left = [*find_left_to_ruff(tree, names)]
    if left:
        yield left[0][0], _name_ruff([*dict.fromkeys(name for _, name in left)])


def _check_import(imported: Import) -> Iterator[Problem]:
    path = imported.path
    reason = "cannot be imported on Airflow 3"
    if path in CLASSES or path in CLASS_MODULES:
        model = CLASSES[path].model if path in CLASSES else "models"
        remedy = f"write Kubernetes's own {model}, {_MIGRATE}; ruff's fix keeps arguments that it refuses"
        yield Problem(path, "", reason, remedy, code=_REFUSED)
    elif is_of(path, MODULES):
        module = next(new for old, new in MODULES.items() if is_of(path, [old]))
        yield Problem(path, "", reason, f"import it from {module}, {_MIGRATE}", code=_REFUSED)
    elif is_of(path, GONE):
        remedy = next(remedy for old, remedy in GONE.items() if is_of(path, [old]))
        yield Problem(path, "", reason, remedy, code=_REFUSED)
    elif is_hybrid(path):
        yield _check_executor(path, "")


def _check_calls(tree: ast.Module, names: Names) -> Iterator[tuple[int, Problem]]:
    """Find models that ruff gave the arguments of old classes, and tasks that name a hybrid executor."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        path = names.path_of(call.func)
        if path not in CLASSES and find_class(call, names):
            reason = "has the arguments of a class of old Airflow"
            remedy = f"write those of the model, {_MIGRATE}"
            yield call.lineno, Problem(path, "", reason, remedy, code=_REFUSED)
        for keyword in call.keywords:
            if keyword.arg == "executor" and isinstance(keyword.value, ast.Constant):
                named = str(keyword.value.value)
                if is_hybrid(named):
                    yield keyword.value.lineno, _check_executor("executor", named)


def _check_executor(field: str, name: str) -> Problem:
    """Report a hybrid executor, with what to write for it."""
    hybrid = (name or field).rpartition(".")[2]
    other = hybrid.replace("Kubernetes", "")
    remedy = f"set [core] executor to {other},{KUBERNETES_EXECUTOR}, and name one of them at each task"
    return Problem(field, repr(name) if name else "", "is not run by Airflow 3", remedy, code=_REFUSED)


def _name_ruff(names: list[str]) -> Problem:
    reason = "is what Airflow 3 does not have, and ruff changes"
    return Problem(list_names(names), "", reason, f"run `{RUFF}` on the file", code=_OF_RUFF)


def _check_options() -> Iterator[Problem]:
    """Find options of the executor that Airflow 3 ignores, and executors that it does not run."""
    for option in sorted(compat.list_options(OLD_SECTION)):
        reason = f"is silently ignored by Airflow 3, which has no section [{OLD_SECTION}]"
        yield Problem(f"[{OLD_SECTION}] {option}", "", reason, f"set it in [{SECTION}]", code=_IGNORED)
    if hybrid := _find_hybrid():
        yield _check_executor("[core] executor", hybrid)


def _find_hybrid() -> str:
    """Find the hybrid executor of this deployment, where that is known; empty if it has none."""
    names = [executor.class_name for executor in load_context().executors]
    return next(filter(is_hybrid, names), "")


def _load_kubernetes_queue(hybrid: str) -> str:
    section = _SECTIONS.get(hybrid, "celery_kubernetes_executor")
    return compat.load_option(section, _KUBERNETES_QUEUE) or "kubernetes"
