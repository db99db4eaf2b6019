"""Rules about options that are not in the pod, or of which the pod does not show all.

Source: https://kubernetes.io/docs/concepts/workloads/pods/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.executor_names import POD_OVERRIDE, POD_TEMPLATE_FILE
from airflow_provider_k8sexec.options.disruption import DISRUPTION_ANNOTATIONS
from airflow_provider_k8sexec.options.kueue import QUEUE_LABEL
from airflow_provider_k8sexec.options.manifest_parts import mapping_of
from airflow_provider_k8sexec.options.paths import Written
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.options.readers import check_own_annotations
from airflow_provider_k8sexec.options.volumes import Mount
from airflow_provider_k8sexec.rules.api_server.names import DNS_LABEL, DNS_SUBDOMAIN, check_label_value
from airflow_provider_k8sexec.rules.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_provider_k8sexec.options.declaration import Declaration
    from airflow_provider_k8sexec.options.paths import Path


def check_release(declaration: Declaration) -> Iterator[Finding]:
    """The release is a name; the pod has it inside the secret's name alone."""
    if declaration.release is not None:
        yield from DNS_LABEL.check(("release",), declaration.release)


def check_template_file(declaration: Declaration) -> Iterator[Finding]:
    """The scheduler reads the template from an absolute path, whatever its own directory is."""
    path = declaration.pod_template_file
    if path is not None and not path.startswith("/"):
        remedy = f"write for example '/opt/airflow/{path or 'pod_template.yaml'}'"
        yield Finding((POD_TEMPLATE_FILE,), show(path), "is not an absolute path", remedy, code="K8S108")


def check_annotations(declaration: Declaration) -> Iterator[Finding]:
    """No annotation is one of this package's own, which the built pod has as well."""
    for problem in check_own_annotations("annotations", declaration.annotations):
        yield Finding(("annotations",), problem.value, problem.reason, problem.remedy, code="K8S105")


def check_disruption(declaration: Declaration) -> Iterator[Finding]:
    """An annotation of ``disruption`` has the value of that option, whoever else sets it."""
    chosen = declaration.disruption
    for key, value in DISRUPTION_ANNOTATIONS.get(chosen or "", {}).items():
        yield from _check_other_setters(declaration, "annotations", key, value, f"disruption={chosen!r}")


def check_queue_name(declaration: Declaration) -> Iterator[Finding]:
    """The queue is named as Kueue takes it, also by its label, and nothing else names another.

    What no label may be is found in the pod. Source: ``pkg/controller/jobframework/validation.go`` of Kueue.
    """
    name, path = declaration.queue_name, ("queue_name",)
    if name == "":
        yield Finding(path, "''", "names no queue", "write for example 'team-a', or remove it", code="K8S202")
    named: list[tuple[Path, Any]] = [(path, name)]
    for place, labels in _given(declaration, "labels"):
        named.append(((*place, QUEUE_LABEL), labels.get(QUEUE_LABEL)))
    for place, queue in named:
        if queue and isinstance(queue, str) and not any(check_label_value(place, queue)):
            yield from DNS_SUBDOMAIN.check(place, queue)
    if name is not None:
        yield from _check_other_setters(declaration, "labels", QUEUE_LABEL, name, f"queue_name={show(name)}")


def _check_other_setters(
    declaration: Declaration, field: str, key: str, value: str, option: str
) -> Iterator[Finding]:
    """Find other values of a label or annotation that an option sets: in the field's option, and by hand."""
    for path, given in _given(declaration, field):
        if given.get(key, value) != value:
            reason = f"contradicts {option}, which sets it to {value!r}"
            yield Finding((*path, key), show(given[key]), reason, "remove one of the two", code="K8S106")


def _given(declaration: Declaration, field: str) -> tuple[tuple[Path, Mapping[str, Any]], ...]:
    """Give the labels or annotations of an author, by where they stand."""
    metadata = mapping_of(declaration.pod_override.get("metadata"))
    by_hand = mapping_of(metadata.get(field))
    return ((field,), getattr(declaration, field)), ((POD_OVERRIDE, "metadata", field), by_hand)


def check_images(declaration: Declaration) -> Iterator[Finding]:
    """A container beside the worker's has an image; in the pod, the template's container may give it."""
    for option in ("init_containers", "sidecars"):
        for name, container in getattr(declaration, option).items():
            if "image" not in container:
                yield Finding(
                    (option, name), repr(name), "has no image", "write 'image': 'busybox:1.37'", code="K8S111"
                )


def check_sub_paths(declaration: Declaration) -> Iterator[Finding]:
    """A path inside a volume is not empty, which in a pod means the whole volume."""
    for path, mount in declaration.mounts.items():
        for name in ("sub_path", "sub_path_expr"):
            if isinstance(mount, Mount) and getattr(mount, name) == "":
                reason = "is not a path inside the volume"
                yield Finding(
                    ("volumes", path, Written(f".{name}")),
                    "''",
                    reason,
                    "write a path, or remove it",
                    code="K8S204",
                )
