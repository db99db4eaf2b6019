"""The kubernetes client 37: which hand-written models of DAG files it refuses."""

from __future__ import annotations

import ast
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.executor_names import POD_OVERRIDE
from airflow_provider_k8sexec.options.manifest_parts import mapping_of
from airflow_provider_k8sexec.options.paths import write_steps
from airflow_provider_k8sexec.options.requested_pod import RequestedPod
from airflow_provider_k8sexec.rules.api_server.schema import find_field, is_model
from airflow_provider_k8sexec.rules.requested_pod.client_37 import CLIENT, FORMER_FIELDS, UNREAD, check_value
from airflow_provider_k8sexec.rules.requested_pod.handwritten import is_pod, template_of
from airflow_provider_k8sexec.site.pod_template import find_template
from airflow_provider_k8sexec.site_policy.dag_source import name_of, parse_source
from airflow_provider_k8sexec.site_policy.targets.target import Target
from airflow_provider_k8sexec.site_policy.validate import is_declared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.options.paths import Path
    from airflow_provider_k8sexec.rules.findings import Finding

_READERS = ("deserialize",)
_MOST_ARGUMENTS = 2


class ModelProblem(NamedTuple):
    """A call that makes a model with what client 37 refuses.

    Attributes:
        line: Its line in the DAG file.
        path: The field, and the way into what it has: ``("limits", "cpu")``.
        problem: What is wrong.
    """

    line: int
    path: Path
    problem: Problem


class Client37(Target):
    """The kubernetes client 37: hand-written models become exceptions there if a value has another type."""

    def __init__(self, files: list[str]) -> None:
        super().__init__(files)
        self._calls = {file: _find_calls(file) for file in files}

    def in_source(self) -> Iterator[tuple[str, int, Problem]]:
        """Find calls that make a model with what client 37 refuses, and what it refuses in the template."""
        for file, calls in self._calls.items():
            yield from ((file, line, problem) for line, _, problem in calls)
        path = load_context().template_path
        if path:
            yield from (
                (path, 0, problem) for problem in _check_template(load_context().template, "template")
            )

    def check(self, task: Any) -> Iterator[Problem]:
        """Find what client 37 refuses in a hand-written config, however it came there, and its template."""
        config = task.executor_config
        if path := template_of(config):
            yield from _check_template(find_template(path), f"pod_template_file {path!r}: template")
        override = None if is_declared(config) else mapping_of(config).get(POD_OVERRIDE)
        found: list[Finding] = []
        with suppress(Exception):  # foreign objects may raise anything when they are read; lint reports that
            found += check_value(override, "V1Pod") if is_pod(override) else ()
        known = {
            (path, problem.value) for calls in self._calls.values() for _, path, problem in calls if path
        }
        for finding in found:
            tails = (finding.path[at:] for at in range(len(finding.path)))
            if not any((tail, finding.value) in known for tail in tails):
                yield finding.named(RequestedPod.of_manifest({}, POD_OVERRIDE))


def _check_template(template: Any, name: str) -> Iterator[Problem]:
    """Find what client 37 refuses in a pod template, which the executor reads by it; no value is shown."""
    for finding in check_value(template or {}, "V1Pod"):
        remedy = "write it in quotes" if finding.reason.endswith("a string") else "write it as that"
        problem = finding.named(RequestedPod.of_manifest({}, name))
        yield problem._replace(value="", remedy=remedy)


def _find_calls(file: str) -> list[ModelProblem]:
    tree = parse_source(file)
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call)) if tree else ()
    return sorted((found for call in calls for found in _check_call(call)), key=lambda found: found.line)


def _check_call(call: ast.Call) -> Iterator[ModelProblem]:
    model, line = name_of(call.func), call.lineno
    if model in _READERS and len(call.args) == _MOST_ARGUMENTS and not call.keywords:
        reason = f"takes three arguments in {CLIENT}"
        remedy = "write k8s_config(pod_override=<the manifest>), or add content_type='application/json'"
        if isinstance(call.args[1], ast.Constant) and is_model(str(call.args[1].value)):
            yield ModelProblem(line, (), Problem(f"{model}()", "", reason, remedy, code="K8S806"))
    if not is_model(model):
        return
    if call.args:
        reason = f"has arguments without names, which {CLIENT} refuses"
        yield ModelProblem(
            line, (), Problem(f"{model}()", "", reason, "write each argument with its name", code="K8S806")
        )
    for keyword in call.keywords:
        if keyword.arg is not None:
            yield from _check_argument(model, keyword.arg, keyword.value)


def _check_argument(model: str, name: str, node: ast.expr) -> Iterator[ModelProblem]:
    field, line = find_field(model, name), node.lineno
    if name == "local_vars_configuration" or (field and (model, field[0]) in FORMER_FIELDS):
        problem = Problem(
            f"{model}({name})", "", f"is not an argument in {CLIENT}", "remove it", code="K8S806"
        )
        yield ModelProblem(line, (name,), problem)
    elif field and (value := _read(node)) is not None:
        for finding in check_value(value, field[1], (field[0],)):
            where = f"{model}({name}){write_steps(finding.path[1:])}"
            problem = Problem(where, finding.value, finding.reason, finding.remedy, code="K8S806")
            yield ModelProblem(line, finding.path, problem)


def _read(node: ast.expr) -> Any:
    """Read what an expression shows of its value; what is computed is not known."""
    if isinstance(node, ast.Dict):
        pairs = [
            (key and _read(key), _read(value)) for key, value in zip(node.keys, node.values, strict=True)
        ]
        return {key: value for key, value in pairs if isinstance(key, (str, int, float, bool))}
    if isinstance(node, (ast.List, ast.Tuple)):
        return [_read(item) for item in node.elts]
    if isinstance(node, ast.Constant) or (
        isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant)
    ):
        with suppress(ValueError):
            return ast.literal_eval(node)
    return UNREAD
