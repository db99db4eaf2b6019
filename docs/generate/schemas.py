"""Makes the JSON Schemas of profiles, policy rules and prices, from the types and texts of what they hold.

Draft 7, which all editors with the YAML language server know. A type of the pod options becomes what YAML can hold
of it: of a Python value nothing, of a Kubernetes model its fields, from the table that the rules have.
"""

from __future__ import annotations

import ast
import importlib.resources
import inspect
import json
import re
from typing import Any

import attrs

from airflow_provider_k8sexec.options import pod_options, quantity
from airflow_provider_k8sexec.options.after import AFTERS
from airflow_provider_k8sexec.options.bounds import MOST_TRIES
from airflow_provider_k8sexec.options.option_texts import parse_module, read_option_texts
from airflow_provider_k8sexec.options.resource_names import AMOUNT_OPTIONS, COMPUTE_RESOURCES
from airflow_provider_k8sexec.options.secrets import Secret
from airflow_provider_k8sexec.site.policy_rules import POD_SECURITY_LEVELS, SiteRules
from airflow_provider_k8sexec.site.prices import (
    DEAREST,
    KEYS,
    LABEL_KEY,
    LONGEST_CURRENCY,
    NodePrices,
    Prices,
)
from airflow_provider_k8sexec.site.schemas import schema_url

Schema = dict[str, Any]

_QUANTITY = re.sub(r"\(\?P<\w+>", "(?:", f"^{quantity._GRAMMAR.pattern}").replace(r"\Z", "$")  # noqa: SLF001
_STRING: Schema = {"type": "string"}
_PATTERNS: Schema = {"anyOf": [_STRING, {"type": "array", "items": _STRING}]}
_AUTO: Schema = {
    "type": "object",
    "properties": {
        "auto": {
            "type": "object",
            "properties": {"start": _STRING, "up_to": _STRING, "apply": {"type": "boolean"}},
            "required": ["start", "up_to"],
            "additionalProperties": False,
        }
    },
    "required": ["auto"],
    "additionalProperties": False,
}
"""What YAML can hold of memory from history."""

_SCALARS: dict[str, Schema] = {
    "str": _STRING,
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "Decimal": {"type": "number"},
    "bool": {"type": "boolean"},
    "None": {"type": "null"},
    "ManifestMapping": {"type": "object"},
    "Any": {},
    "Auto": _AUTO,
}
_FIELDS: dict[str, Schema] = {
    **_SCALARS,
    "time": _STRING,
    "quantity": {"type": ["string", "number"]},
    "int-or-string": {"type": ["integer", "string"]},
    "object": {},
}
_RUN_TIME: list[Schema] = [
    {
        "type": "object",
        "properties": {source: _STRING, **more, "default": {}},
        "required": [source],
        "additionalProperties": False,
    }
    for source, more in (("from_param", {}), ("from_xcom", {"key": _STRING}))
]
"""What YAML can hold of a value that is known later."""

_AMOUNTS = ("Bytes", "CpuAmount")
"""The names of types in which a string is a quantity."""


def build_profiles() -> str:
    """Make the schema of a file of profiles."""
    writer = _Writer(_RUN_TIME)
    options = {name: writer.describe_option(name) for name in read_option_texts() if name != "profile"}
    parent = {"type": ["string", "null"], "description": "The profile that lies below this one."}
    profile = {
        "type": ["object", "null"],
        "properties": {"extends": parent, **options},
        "additionalProperties": False,
    }
    return _write("profiles", {"type": ["object", "null"], "additionalProperties": profile}, writer.models)


def build_policy_rules() -> str:
    """Make the schema of a file of policy rules."""
    writer = _Writer([])
    rules = {field.name: _describe_rule(field, writer) for field in attrs.fields(SiteRules)}
    content = {"type": "object", "properties": rules, "additionalProperties": False}
    return _write("policy-rules", content, writer.models)


def build_prices() -> str:
    """Make the schema of a file of prices."""
    texts, of_nodes = _read_attributes(Prices), _read_attributes(NodePrices)
    # A device has a name with a domain; the names of other resources are Kubernetes' own.
    price = {"type": "number", "minimum": 0, "maximum": DEAREST}
    per_hour = {
        "type": "object",
        "properties": dict.fromkeys(COMPUTE_RESOURCES.values(), price),
        "patternProperties": {"/": price},
        "additionalProperties": False,
    }
    selector = {"type": "object", "minProperties": 1, "additionalProperties": _STRING}
    nodes = {
        "node_selector": {"description": of_nodes["node_selector"], **selector},
        "per_hour": {"description": of_nodes["per_hour"], **per_hour},
    }
    node = {
        "type": "object",
        "properties": nodes,
        "required": ["node_selector"],
        "additionalProperties": False,
    }
    shapes: dict[str, Schema] = {
        "currency": {"type": "string", "maxLength": LONGEST_CURRENCY},
        "nodes": {"type": "array", "items": node},
        "per_hour": per_hour,
        "team_label": {"type": "string", "pattern": f"^{LABEL_KEY}$"},
    }
    properties = {name: {"description": texts[name], **shapes[name]} for name in KEYS}
    content = {"type": "object", "properties": properties, "additionalProperties": False}
    return _write("prices", content, {})


def _write(kind: str, content: Schema, models: dict[str, Schema]) -> str:
    start = {"$schema": "http://json-schema.org/draft-07/schema#", "$id": schema_url(kind)}
    definitions = {"definitions": dict(sorted(models.items()))} if models else {}
    return json.dumps({**start, **content, **definitions}, indent=1) + "\n"


def _describe_rule(field: attrs.Attribute[Any], writer: _Writer) -> Schema:
    by_type = {
        "Patterns": _PATTERNS,
        "PatternsByName": {
            "anyOf": [*_PATTERNS["anyOf"], {"type": "object", "additionalProperties": _PATTERNS}]
        },
        "bool": _SCALARS["bool"],
        "str | None": {"enum": [*POD_SECURITY_LEVELS]},
    }
    schema = by_type.get(str(field.type))
    if schema is None:  # amounts by their option
        options = {name: writer.describe_option(name) for name in AMOUNT_OPTIONS}
        schema = {"type": "object", "properties": options, "additionalProperties": False}
    return {"description": _read_attributes(SiteRules)[field.name], **schema}


def _read_attributes(cls: type) -> dict[str, str]:
    """Read what a docstring says of each attribute."""
    text = inspect.cleandoc(cls.__doc__ or "").partition("Attributes:\n")[2]
    pairs = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", text, re.MULTILINE)
    return {name: " ".join(meaning.replace("``", "`").split()) for name, meaning in pairs}


class _Writer:
    """Writes types as schemas, and keeps the models of Kubernetes that they name.

    Attributes:
        models: The schema of each model.
    """

    def __init__(self, run_time: list[Schema]) -> None:
        self._run_time = run_time
        file = importlib.resources.files("airflow_provider_k8sexec.rules.api_server") / "pod_schema.json"
        self._table: dict[str, dict[str, str]] = json.loads(file.read_text(encoding="utf-8"))["models"]
        assignments = (node for node in parse_module(pod_options).body if isinstance(node, ast.Assign))
        self._aliases = {ast.unparse(node.targets[0]): node.value for node in assignments}
        self.models: dict[str, Schema] = {}

    def describe_option(self, name: str) -> Schema:
        """Write an option, which ``null`` leaves unset."""
        text = read_option_texts()[name]
        choices = [*self._list_choices(ast.parse(text.type, mode="eval").body, "str"), _SCALARS["None"]]
        return {"description": text.meaning.replace("``", "`"), "anyOf": choices}

    def _convert(self, node: ast.expr, string: str) -> Schema:
        choices = self._list_choices(node, string)
        return choices[0] if len(choices) == 1 else {"anyOf": choices}

    def _list_choices(self, node: ast.expr, string: str) -> list[Schema]:
        """Give what YAML can hold of a type; a string is a quantity or a plain one."""
        parts = [*_split(node)]
        names = {ast.unparse(part) for part in parts}
        models = [
            name.removeprefix("k8s.")
            for name in names
            if name.startswith("k8s.") and "ManifestMapping" in names
        ]
        choices: list[Schema] = []
        for part in parts:
            name = ast.unparse(part)
            if name == "ManifestMapping" and models:
                choices.append(self._refer(models[0]))
            elif name == "ManifestMapping" and "Secret" in names:
                choices.append(_describe_secret())
            elif name.startswith("k8s.") and "ManifestMapping" not in names:  # of a list of models
                choices.append(self._refer(name.removeprefix("k8s.")))
            elif name in self._aliases and name not in _SCALARS:
                inner = "quantity" if name in _AMOUNTS else string
                choices += self._list_choices(self._aliases[name], inner)
            elif name == "str" and string == "quantity":
                self.models["Quantity"] = {"type": "string", "pattern": _QUANTITY}
                choices.append({"$ref": "#/definitions/Quantity"})
            elif name == "RunTime":
                choices += self._run_time
            elif name in _SCALARS:
                choices.append(_SCALARS[name])
            elif isinstance(part, ast.Subscript):
                choices += self._list_generic(part, string)
        return [choice for index, choice in enumerate(choices) if choice not in choices[:index]]

    def _list_generic(self, node: ast.Subscript, string: str) -> list[Schema]:
        kind = ast.unparse(node.value)
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if kind == "Literal":
            return [{"enum": [ast.literal_eval(item) for item in inner]}]
        if not any(self._list_choices(item, string) for item in inner[-1:]):
            return []  # models alone
        last = self._convert(inner[-1], "quantity" if kind == "Doubling" else string)
        if kind == "tuple":
            sides = [self._convert(item, string) for item in inner]
            return [{"type": "array", "items": sides, "minItems": len(sides), "maxItems": len(sides)}]
        if kind in ("PerTry", "Doubling"):
            return [_describe_per_try(kind, last)]
        if kind == "Mapping":
            return [{"type": "object", "additionalProperties": last}]
        return [{"type": "array", "items": last}]

    def _refer(self, model: str) -> Schema:
        if model not in self.models:
            self.models[model] = {}  # a model may hold itself
            fields = {name: self._describe_field(kind) for name, kind in self._table[model].items()}
            self.models[model].update(type="object", properties=fields, additionalProperties=False)
        return {"$ref": f"#/definitions/{model}"}

    def _describe_field(self, kind: str) -> Schema:
        """Write a field of a model, which ``null`` leaves unset."""
        match = re.fullmatch(r"(list|dict)\[(.+)\]", kind)
        if match is None:
            schema = _FIELDS[kind] if kind in _FIELDS else self._refer(kind)
        elif match[1] == "list":
            schema = {"type": "array", "items": self._describe_field(match[2])}
        else:
            schema = {"type": "object", "additionalProperties": self._describe_field(match[2])}
        return _or_null(schema)


def _or_null(schema: Schema) -> Schema:
    """Let ``null`` stand for what is not set."""
    if "type" not in schema:
        return {"anyOf": [schema, _SCALARS["None"]]} if schema else {}
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return {**schema, "type": [*types, "null"]}


def _describe_per_try(kind: str, step: Schema) -> Schema:
    """Write what YAML can hold of per-try values: a list of steps, or two amounts between which they double."""
    steps: Schema = {"type": "array", "items": step, "minItems": 1, "maxItems": MOST_TRIES}
    if kind == "Doubling":
        amounts = {"properties": {"first": step, "up_to": step}, "required": ["first", "up_to"]}
        steps = {"type": "object", **amounts, "additionalProperties": False}
    properties = {"per_try": steps, "after": {"enum": [*AFTERS]}}
    required = {"required": ["per_try"], "additionalProperties": False}
    return {"type": "object", "properties": properties, **required}


def _describe_secret() -> Schema:
    """Write a ``Secret`` as the mapping of its arguments."""
    meanings = _read_attributes(Secret)
    properties = {
        field.name: {
            "description": meanings[field.name],
            **(_SCALARS["bool"] if field.type == "bool" else _or_null(_STRING)),
        }
        for field in attrs.fields(Secret)
    }
    return {"type": "object", "properties": properties, "required": ["key"], "additionalProperties": False}


def _split(node: ast.expr) -> list[ast.expr]:
    """Split a union into its parts."""
    if isinstance(node, ast.BinOp):
        return [*_split(node.left), *_split(node.right)]
    return [node]
