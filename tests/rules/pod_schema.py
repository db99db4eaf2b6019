"""Writes the table of the pod's fields, `pod_schema.json`, from the kubernetes client that is installed.

Developers run it where a new client is installed, as in the environment of ``make client-37``. The file holds
every model that can stand in a pod (but for its status), the type of every field, and which fields must be
there.

A type is ``str``, ``int``, ``bool``, ``float``, ``time``, ``quantity``, ``int-or-string``, ``object``
(anything that JSON can say), the name of a model, or ``list[...]`` or ``dict[...]`` of one of these.
"""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path
from typing import Any

ROOT = "V1Pod"
TABLE = Path(__file__).parents[2] / "airflow_provider_k8sexec" / "rules" / "api_server" / "pod_schema.json"

LEFT_OUT = {("V1Pod", "status")}

# The client calls both `str` and `object` what Kubernetes calls a Quantity and an IntOrString.
QUANTITIES = {
    ("V1EmptyDirVolumeSource", "sizeLimit"),
    ("V1PodSpec", "overhead"),
    ("V1ResourceFieldSelector", "divisor"),
    ("V1ResourceRequirements", "limits"),
    ("V1ResourceRequirements", "requests"),
    ("V1VolumeResourceRequirements", "limits"),
    ("V1VolumeResourceRequirements", "requests"),
}
INTS_OR_STRINGS = {("V1HTTPGetAction", "port"), ("V1TCPSocketAction", "port")}

# What an older client (29 is the oldest supported) knows and the newest does not any more.
FORMER_MODELS = {
    "V1ClaimSource": {"resourceClaimName": "str", "resourceClaimTemplateName": "str"},
    "V1WorkloadReference": {"name": "str", "podGroup": "str", "podGroupReplicaKey": "str"},
}
FORMER_FIELDS = {
    "V1PodResourceClaim": {"source": "V1ClaimSource"},
    "V1PodSpec": {"workloadRef": "V1WorkloadReference"},
}
FORMER_REQUIRED = {"V1WorkloadReference": ["name", "podGroup"]}

Models = dict[str, dict[str, str]]


def kind_of(model: str, name: str, client_type: str) -> str:
    """Translate the client's type of a field; clients differ in how they write lists and maps."""
    if (model, name) in INTS_OR_STRINGS:
        return "int-or-string"
    kind = re.sub(r"\b(List|Dict)\b", lambda match: match[0].lower(), client_type)
    kind = re.sub(r"dict[\[(]str, (.*)[\])]", r"dict[\1]", kind)
    if (model, name) in QUANTITIES:
        return kind.replace("str", "quantity")
    return "time" if kind == "datetime" else kind


def models_in(kind: str) -> list[str]:
    """Name the models that a type speaks of."""
    return re.findall(r"\w*V\d\w+", kind)


def fields_of(model: str) -> dict[str, str]:
    """Give the type of every field of a model of the installed client."""
    cls = getattr(importlib.import_module("kubernetes.client"), model)
    return {
        name: kind_of(model, name, cls.openapi_types[attribute])
        for attribute, name in cls.attribute_map.items()
        if (model, name) not in LEFT_OUT
    }


def required_of(model: str) -> list[str]:
    """Name the fields of a model that the client will not see set to None, or, from 37 on, left out."""
    client = importlib.import_module("kubernetes.client")
    cls = getattr(client, model)
    if hasattr(cls, "model_fields"):
        fields = cls.model_fields.items()
        return sorted(cls.attribute_map[attribute] for attribute, field in fields if field.is_required())
    configuration = client.Configuration()
    configuration.client_side_validation = False
    instance = cls(local_vars_configuration=configuration)
    configuration.client_side_validation = True
    return sorted(
        cls.attribute_map[attribute] for attribute in cls.openapi_types if _refuses(instance, attribute)
    )


def _refuses(instance: Any, attribute: str) -> bool:
    try:
        setattr(instance, attribute, None)
    except ValueError:
        return True
    return False


def client_version() -> str:
    """Give the version of the installed client."""
    return str(importlib.import_module("kubernetes").__version__)


def client_models() -> Models:
    """Give the fields of every model of the installed client that can stand in a pod."""
    found: Models = {}
    waiting = [ROOT]
    while waiting:
        model = waiting.pop()
        if model not in found:
            found[model] = fields_of(model)
            waiting.extend(inner for kind in found[model].values() for inner in models_in(kind))
    return found


def render() -> str:
    """Give the text of the table: JSON with one model a line, in the order of the alphabet."""
    models = client_models()
    required = {model: names for model in models if (names := required_of(model))} | FORMER_REQUIRED
    for model, fields in FORMER_FIELDS.items():
        models[model] = fields | models[model]
    models |= {model: fields for model, fields in FORMER_MODELS.items() if model not in models}
    head = f'{{"client":"{client_version()}",\n'
    return f'{head}"models":{_lines(models)},\n"required":{_lines(required)}}}\n'


def _lines(rows: dict[str, Any]) -> str:
    lines = (
        f'"{key}":{json.dumps(rows[key], sort_keys=True, separators=(",", ":"))}' for key in sorted(rows)
    )
    return "{\n" + ",\n".join(lines) + "\n}"


if __name__ == "__main__":
    TABLE.write_text(render(), encoding="utf-8")
