"""The options for where and when a pod may run: tolerations, disruption, the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.exceptions import SpecError
from airflow_provider_k8sexec.options.code import Code
from airflow_provider_k8sexec.options.disruption import DISRUPTION_ANNOTATIONS
from airflow_provider_k8sexec.options.kueue import QUEUE_LABEL
from airflow_provider_k8sexec.options.scheduling import Toleration, parse_tolerations
from airflow_provider_k8sexec.pod.normal_form import without_defaults
from airflow_provider_k8sexec.pod.option_parts import ANNOTATIONS, LABELS

if TYPE_CHECKING:
    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import Path
    from airflow_provider_k8sexec.pod.shortest.rest import Rest

_TOLERATIONS: Path = ("spec", "tolerations")


def write_scheduling(rest: Rest) -> None:
    """Let options stand for tolerations, the annotations against disruption, and the label of the queue."""
    tolerations = rest.at(_TOLERATIONS)
    if isinstance(tolerations, list):
        tolerations = [_write_toleration(item) for item in tolerations]
    if isinstance(tolerations, (list, Code)):
        rest.write("tolerations", tolerations, [_TOLERATIONS])
    annotations = rest.at(ANNOTATIONS)
    if isinstance(annotations, dict):
        for choice, expected in DISRUPTION_ANNOTATIONS.items():
            if all(annotations.get(key) == value for key, value in expected.items()):
                rest.write("disruption", choice, [(*ANNOTATIONS, key) for key in expected])
    queue = rest.at((*LABELS, QUEUE_LABEL))
    if isinstance(queue, (str, Code)):
        rest.write("queue_name", queue, [(*LABELS, QUEUE_LABEL)])


def _write_toleration(item: Any) -> Any:
    """Write a toleration in kubectl's form, or as a value, where that is exactly the same."""
    known = {"key", "operator", "value", "effect", "tolerationSeconds"}
    if not isinstance(item, dict) or item.keys() - known:
        return item
    if without_defaults("tolerations", item).get("operator") != (None if "value" in item else "Exists"):
        return item
    text = _write_kubectl(item)
    if text is not None:
        return text
    fields = {key: item[key] for key in ("key", "value", "effect") if key in item}
    if "tolerationSeconds" in item:
        fields["toleration_seconds"] = item["tolerationSeconds"]
    return Toleration(**fields)


def _write_kubectl(item: Manifest) -> str | None:
    parts = [item[key] for key in ("key", "value", "effect") if key in item]
    if "key" not in item or not all(isinstance(part, str) for part in parts):
        return None
    value = f"={item['value']}" if "value" in item else ""
    effect = f":{item['effect']}" if "effect" in item else ""
    text = f"{item['key']}{value}{effect}"
    try:
        read = parse_tolerations("tolerations", [text])
    except SpecError:
        return None
    return text if read == [{**item, "operator": "Equal" if "value" in item else "Exists"}] else None
