"""Classes and arguments of old Airflow, as Kubernetes's models: ``Volume``, ``Resources``, ``resources=``."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.cli.migrate.edits import Span
from airflow_provider_k8sexec.rules.api_server.schema import find_field, is_model
from airflow_provider_k8sexec.site_policy.dag_source import walk_file
from airflow_provider_k8sexec.site_policy.old_airflow import (
    CLASSES,
    REMOVED_ARGUMENTS,
    RESOURCES,
    OldClass,
    RemovedArgument,
    describe_argument,
    find_class,
    find_removed_arguments,
    is_pod_operator,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_provider_k8sexec.cli.migrate.old_airflow.repairs import Repairs

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_RESOURCES = "V1ResourceRequirements"


def repair_models(repairs: Repairs) -> None:
    """Rewrite calls of the old classes, and then arguments of KubernetesPodOperator that may hold them."""
    called = set()
    for node in walk_file(repairs.tree):
        if isinstance(node, ast.Call) and (old := find_class(node, repairs.names)):
            called.add(node.func)
            _repair_call(repairs, node, old)
    for node in walk_file(repairs.tree):  # such as in annotations
        path = repairs.names.path_of(node)
        if path in CLASSES and path not in repairs.kept and node not in called:
            repairs.add(Span.of(node), f"{repairs.models()}.{CLASSES[path].model}", _describe_class(path))
    for removed in find_removed_arguments(repairs.tree, repairs.names):
        _repair_argument(repairs, removed)


def _describe_class(path: str) -> str:
    if path in CLASSES:
        return f"{path} cannot be imported: today's provider takes Kubernetes's own models."
    return f"{path} does not have these arguments, which are those of a class of old Airflow."


def _repair_call(repairs: Repairs, call: ast.Call, old: OldClass) -> None:
    path = repairs.names.path_of(call.func)
    given = _name_arguments(call, old.parameters)
    written = None if given is None else _write_model(repairs, old, given)
    if written is None:
        name = path.rpartition(".")[2]
        remedy = f"write it as {old.model} of kubernetes.client.models"
        repairs.refuse(
            call, f"{_describe_class(path)} {name}(...) has values that are not written out; {remedy}."
        )
        repairs.kept.add(path)
        return
    function = f"{repairs.models()}.{old.model}" if path in CLASSES else repairs.text_of(call.func)
    arguments = ", ".join(f"{name}={text}" for name, text in written.items())
    repairs.add(Span.of(call), f"{function}({arguments})", _describe_class(path))


def _name_arguments(call: ast.Call, parameters: tuple[str, ...]) -> dict[str, ast.expr] | None:
    """Give the arguments by their names; ``None`` where they are not all written out."""
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    if any(isinstance(argument, ast.Starred) for argument in call.args) or len(call.args) > len(parameters):
        return None
    named = dict(zip(parameters, call.args, strict=False)) | {name: given[name] for name in given if name}
    return named if None not in given and named.keys() <= set(parameters) else None


def _write_model(repairs: Repairs, old: OldClass, given: Mapping[str, ast.expr]) -> dict[str, str] | None:
    """Write the arguments of the model in an old class's place; ``None`` where they are not certain."""
    if old.model == _RESOURCES:
        return _write_resources(repairs, given)
    written = {name: repairs.text_of(value) for name, value in given.items() if name in old.model_parameters}
    if "field_path" in given:
        models, path = repairs.models(), repairs.text_of(given["field_path"])
        selector = f"{models}.V1ObjectFieldSelector(field_path={path})"
        written["value_from"] = f"{models}.V1EnvVarSource(field_ref={selector})"
    if "configs" in given:
        source = _write_source(repairs, given["configs"])
        return None if source is None else written | source
    return written


def _write_resources(repairs: Repairs, given: Mapping[str, ast.expr]) -> dict[str, str]:
    amounts: dict[str, list[str]] = {"requests": [], "limits": []}
    for name, (kind, resource) in RESOURCES.items():
        value = given.get(name)
        if value is not None and not (isinstance(value, ast.Constant) and value.value is None):
            amounts[kind].append(f'"{resource}": {repairs.text_of(value)}')
    return {kind: f"{{{', '.join(texts)}}}" for kind, texts in amounts.items() if texts}


def _write_source(repairs: Repairs, configs: ast.expr) -> dict[str, str] | None:
    """Write what a volume is made of: ``{"persistentVolumeClaim": {...}}``, or a constant that is that."""
    constant = _find_constant(repairs, configs, "configs")
    written = constant or configs
    if not isinstance(written, ast.Dict) or (constant and len(written.keys) != 1):
        return None
    fields = _write_fields(repairs, written, "V1Volume")
    if fields is not None and constant:
        (name,) = fields
        repairs.add(Span.of(written), fields[name], "The configs of a Volume are no argument of V1Volume.")
        return {name: repairs.text_of(configs)}
    return fields


def _write_fields(repairs: Repairs, node: ast.Dict, model: str) -> dict[str, str] | None:
    fields: dict[str, str] = {}
    for key, value in zip(node.keys, node.values, strict=True):
        found = find_field(model, str(key.value)) if isinstance(key, ast.Constant) else None
        text = _write_value(repairs, value, found[1]) if found else None
        if found is None or text is None:
            return None
        fields[_HUMP.sub("_", found[0]).lower()] = text
    return fields


def _write_value(repairs: Repairs, node: ast.expr, kind: str) -> str | None:
    item = kind.removeprefix("list[").removesuffix("]")
    if item != kind and is_model(item):
        items = [_write_value(repairs, value, item) for value in getattr(node, "elts", [None])]
        return f"[{', '.join(map(str, items))}]" if None not in items else None
    if not is_model(kind):
        return repairs.text_of(node)
    fields = _write_fields(repairs, node, kind) if isinstance(node, ast.Dict) else None
    if fields is None:
        return None
    return f"{repairs.models()}.{kind}({', '.join(f'{name}={text}' for name, text in fields.items())})"


def _find_constant(repairs: Repairs, node: ast.expr, argument: str) -> ast.expr | None:
    """Find the value of a constant of the module that has no other use than as one argument of calls."""
    if not isinstance(node, ast.Name):
        return None
    uses = [use for use in walk_file(repairs.tree) if isinstance(use, ast.Name) and use.id == node.id]
    values = [
        statement.value
        for statement in repairs.tree.body
        if isinstance(statement, ast.Assign) and statement.targets[0] in uses and len(statement.targets) == 1
    ]
    arguments = [*_find_arguments(repairs, argument)]
    loads = [use for use in uses if isinstance(use.ctx, ast.Load)]
    is_constant = len(values) == 1 and len(uses) == len(loads) + 1
    return values[0] if is_constant and all(load in arguments for load in loads) else None


def _find_arguments(repairs: Repairs, name: str) -> Iterator[ast.expr]:
    """Find the values of an argument of the old classes, and of the pod operator."""
    for node in walk_file(repairs.tree):
        if not isinstance(node, ast.Call):
            continue
        old = find_class(node, repairs.names)
        given = (_name_arguments(node, old.parameters) or {}) if old else {}
        if is_pod_operator(node.func, repairs.names):
            given |= {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        if name in given:
            yield given[name]


def _repair_argument(repairs: Repairs, removed: RemovedArgument) -> None:
    """Rewrite one argument of KubernetesPodOperator, or report it."""
    new = REMOVED_ARGUMENTS[removed.name]
    reason = _describe_argument(removed)
    text = _write_argument(repairs, removed)
    if text is None or new in removed.siblings:
        repairs.refuse(removed.start, f"{reason} Write {new} instead.")
    else:
        span = Span(*Span.of(removed.start)[:2], *Span.of(removed.value)[2:])
        repairs.add(span, f'"{new}": {text}' if removed.is_default else f"{new}={text}", reason)


def _describe_argument(removed: RemovedArgument) -> str:
    return f"{removed.name} {describe_argument(removed)}."


def _write_argument(repairs: Repairs, removed: RemovedArgument) -> str | None:
    """Write the value of the argument in a removed one's place; ``None`` where it is not certain."""
    value = removed.value
    if removed.name in {"node_selectors", "xcom_push"}:
        return repairs.text_of(value)
    if removed.name == "is_delete_operator_pod":
        given = value.value if isinstance(value, ast.Constant) else None
        actions = {True: '"delete_pod"', False: '"keep_pod"'}
        chosen = f"{actions[True]} if {repairs.text_of(value)} else {actions[False]}"
        return actions[given] if isinstance(given, bool) else chosen
    return _write_container_resources(repairs, removed) if removed.name == "resources" else None


def _write_container_resources(repairs: Repairs, removed: RemovedArgument) -> str | None:
    value = removed.value
    constant = _find_constant(repairs, value, "resources")
    written = constant or value
    if isinstance(written, ast.Dict):
        keys = [str(getattr(key, "value", None)) for key in written.keys]
        if not set(keys) <= set(RESOURCES):
            return None
        amounts = _write_resources(repairs, dict(zip(keys, written.values, strict=True)))
        arguments = ", ".join(f"{name}={text}" for name, text in amounts.items())
        text = f"{repairs.models()}.{_RESOURCES}({arguments})"
        if constant is None:
            return text
        repairs.add(Span.of(constant), text, _describe_argument(removed))
        return repairs.text_of(value)
    is_model = isinstance(written, ast.Call) and repairs.text_of(written).split("(")[0].endswith(_RESOURCES)
    return repairs.text_of(value) if is_model else None
