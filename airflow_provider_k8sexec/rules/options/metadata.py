"""Rules about names, labels, annotations and scheduling words.

Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.executor_names import EXECUTOR_KEYS
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.options.readers import check_own_annotations
from airflow_provider_k8sexec.rules.api_server.names import (
    DNS_LABEL,
    DNS_SUBDOMAIN,
    check_annotation_key,
    check_choice,
    check_label_key,
    check_label_value,
)
from airflow_provider_k8sexec.rules.api_server.schema import check_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_provider_k8sexec.options.declaration import Declaration

_LARGEST_ANNOTATIONS = 256 * 1024
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_NAMES = {
    "namespace": DNS_LABEL,
    "release": DNS_LABEL,
    "priority_class_name": DNS_SUBDOMAIN,
    "runtime_class_name": DNS_SUBDOMAIN,
    "service_account_name": DNS_SUBDOMAIN,
}


def check_names(declaration: Declaration) -> Iterator[Problem]:
    """Names of Kubernetes objects are such."""
    for option, grammar in _NAMES.items():
        name = getattr(declaration, option)
        if name is not None:
            yield from grammar.check(option, name)
    for name in declaration.image_pull_secrets:
        yield from DNS_SUBDOMAIN.check("image_pull_secrets", name)
    if declaration.scheduler_name == "":  # it may be any other text, as the scheduler's profile has it
        yield Problem("scheduler_name", "''", "is empty", "leave it out for the default scheduler")


def check_labels(declaration: Declaration) -> Iterator[Problem]:
    """Labels have label keys and values, and none is the executor's own."""
    yield from check_label_mapping("labels", declaration.labels)


def check_annotations(declaration: Declaration) -> Iterator[Problem]:
    """Annotations have keys as labels have, none is the executor's or ours, and all fit into 256 KiB."""
    yield from check_annotation_mapping("annotations", declaration.annotations)
    yield from check_own_annotations("annotations", declaration.annotations)


def check_node_selector(declaration: Declaration) -> Iterator[Problem]:
    """A node selector has label keys and values."""
    for key, value in declaration.node_selector.items():
        yield from check_label_key("node_selector", key)
        yield from check_label_value(f"node_selector[{key!r}]", value)


def check_label_mapping(field: str, labels: Mapping[str, str]) -> Iterator[Problem]:
    """Check the labels of a worker pod."""
    for key, value in labels.items():
        yield from check_label_key(field, key)
        yield from _check_free(field, key)
        yield from check_label_value(f"{field}[{key!r}]", value)


def check_annotation_mapping(field: str, annotations: Mapping[str, str]) -> Iterator[Problem]:
    """Check the annotations of a worker pod."""
    for key in annotations:
        yield from check_annotation_key(field, key)
        yield from _check_free(field, key)
    size = sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items())
    if size > _LARGEST_ANNOTATIONS:
        reason = f"have {size} bytes, and Kubernetes keeps {_LARGEST_ANNOTATIONS}"
        yield Problem(field, "{...}", reason, "mount a config map instead")


def _check_free(field: str, key: str) -> Iterator[Problem]:
    if key in EXECUTOR_KEYS:
        reason = "is the KubernetesExecutor's own, by which it knows its pods"
        yield Problem(field, repr(key), reason, f"choose another, for example 'my-{key.replace('_', '-')}'")


def check_tolerations(declaration: Declaration) -> Iterator[Problem]:
    """A toleration names a taint in Kubernetes's words."""
    for index, toleration in enumerate(declaration.tolerations):
        yield from check_toleration(f"tolerations[{index}]", toleration)


def check_toleration(field: str, toleration: Mapping[str, object]) -> Iterator[Problem]:
    """Check one toleration, as a manifest."""
    shape = check_manifest(toleration, "V1Toleration", field)
    yield from shape
    if shape:
        return
    key, value = str(toleration.get("key") or ""), str(toleration.get("value") or "")
    operator, effect = toleration.get("operator") or "Equal", toleration.get("effect")
    yield from check_choice(field, operator, ("Exists", "Equal"))
    if effect:
        yield from check_choice(field, effect, _EFFECTS)
    if key:
        yield from check_label_key(field, key)
    elif operator == "Equal":
        yield Problem(
            field, show(toleration), "has no key, so it must tolerate all", "write operator 'Exists'"
        )
    if operator == "Exists" and value:
        yield Problem(field, show(toleration), "has a value although any value exists", "leave the value out")
    else:
        yield from check_label_value(field, value)
    if toleration.get("tolerationSeconds") is not None and effect != "NoExecute":
        reason = "has seconds, which only the effect NoExecute knows"
        yield Problem(field, show(toleration), reason, "leave them out, or write effect 'NoExecute'")


def check_affinity(declaration: Declaration) -> Iterator[Problem]:
    """Affinity has the fields that Kubernetes knows."""
    yield from check_manifest(declaration.affinity, "V1Affinity", "affinity")
