"""Rules about a pod template: the pod over which Airflow lays what a task requests.

Source: https://airflow.apache.org/docs/apache-airflow-providers-cncf-kubernetes/stable/kubernetes_executor.html#pod-template-file
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve

from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER
from airflow_provider_k8sexec.options.manifest_parts import containers_at, maps_at, worker_of
from airflow_provider_k8sexec.options.problems import show, show_type
from airflow_provider_k8sexec.options.requested_pod import RequestedPod
from airflow_provider_k8sexec.options.shown import is_free
from airflow_provider_k8sexec.rules.api_server.pods import check_pod
from airflow_provider_k8sexec.rules.findings import Finding, name_findings
from airflow_provider_k8sexec.rules.plaintext_secrets import is_plaintext_secret
from airflow_provider_k8sexec.rules.requested_pod.app_armor import check_template_profiles
from airflow_provider_k8sexec.rules.requested_pod.beside_worker import check_ends
from airflow_provider_k8sexec.rules.requested_pod.device_claims import check_template_claims
from airflow_provider_k8sexec.rules.requested_pod.executor import OF_TEMPLATES, check_worker_of_template
from airflow_provider_k8sexec.rules.requested_pod.mounts import check_template_mounts
from airflow_provider_k8sexec.rules.requested_pod.variables import check_template_references

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.options.manifests import Manifest


def check_template(template: object, field: str) -> list[Problem]:
    """Find every mistake in a pod template.

    Args:
        template: What its file holds.
        field: What the template is called, where the path of every problem begins.
    """
    if not isinstance(template, dict):
        remedy = "write apiVersion: v1, kind: Pod, metadata and spec"
        return [Problem(field, show_type(template), "is not the manifest of a pod", remedy, code="K8S310")]
    # kubectl writes "status: {}" at the end, which the server ignores of a pod that is created.
    created = {key: part for key, part in template.items() if key != "status"}
    found = list(_check_kind(template)) or check_pod(
        created,
        *OF_TEMPLATES,
        check_template_mounts,
        check_template_claims,
        check_template_profiles,
        _check_images,
        _check_plaintext_secrets,
    )
    named = RequestedPod.of_manifest(template, field)
    return name_findings(map(_without_hidden_value, found), named)


def check_template_meaning(template: object, field: str) -> list[Problem]:
    """Find what is probably not meant in a pod template, with the arguments of :func:`check_template`."""
    if not isinstance(template, dict):
        return []
    named = RequestedPod.of_manifest(template, field)
    return name_findings([*check_ends(template), *check_template_references(template)], named)


def check_worker(template: Manifest, field: str) -> list[Problem]:
    """Find only whether Airflow would take another container of a template for the worker's."""
    named = RequestedPod.of_manifest(template, field)
    return name_findings(check_worker_of_template(template), named)


def _without_hidden_value(finding: Finding) -> Finding:
    """Leave out what a template has in a field that is not shown of one."""
    keys = [step for step in finding.path if isinstance(step, str)]
    if not finding.value or not keys or not is_free(".".join(keys)):
        return finding
    quotes_it = finding.value.strip("'") in finding.remedy
    return evolve(finding, value="", remedy="write a valid one" if quotes_it else finding.remedy)


def _check_kind(template: Manifest) -> Iterator[Finding]:
    for key, word in (("apiVersion", "v1"), ("kind", "Pod")):
        if template.get(key, word) != word:
            reason = "is another kind of object, and a pod template is a Pod"
            yield Finding((key,), show(template[key]), reason, f"write {key}: {word}", code="K8S310")


def _check_plaintext_secrets(template: Manifest) -> Iterator[Finding]:
    """No literal variable of a container is a password."""
    for path, container in containers_at(template):
        for here, variable in maps_at(path, container, "env"):
            name = str(variable.get("name"))
            if is_plaintext_secret(name, variable.get("value") or ""):
                reason = "has a plaintext secret, visible to everyone who can read pods"
                remedy = "write valueFrom: {secretKeyRef: {name: <secret>, key: <key>}}"
                yield Finding((*here[:-1], name), "", reason, remedy, code="K8S401")


def _check_images(template: Manifest) -> Iterator[Finding]:
    """Every container has an image; the worker may get one from a task, or from the executor."""
    for path, container in containers_at(template):
        if not container.get("image") and container.get("name") != WORKER_CONTAINER:
            reason = "is missing, and Kubernetes requires it"
            yield Finding(
                (*path, "image"), "", reason, "write for example image: busybox:1.37", code="K8S310"
            )


def image_of_worker(template: Any) -> str | None:
    """Give the image of a right template's worker."""
    return worker_of(template).get("image") or None


def check_image(template: Manifest, field: str, worker_image: str | None) -> list[Problem]:
    """Report that neither a right template nor the executor gives the worker an image."""
    if image_of_worker(template) or worker_image:
        return []
    reason = "is missing, and [kubernetes_executor] worker_container_repository and _tag name none"
    remedy = "write the image of the deployment"
    return [Problem(f"{field}['spec']['containers'][0]['image']", "", reason, remedy, code="K8S310")]
