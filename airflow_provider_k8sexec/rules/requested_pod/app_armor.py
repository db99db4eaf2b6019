"""Whether the annotations for AppArmor profiles, of before Kubernetes 1.30, name containers that are there.

Source: https://kubernetes.io/docs/tutorials/security/apparmor/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER
from airflow_provider_k8sexec.options.manifest_parts import containers_at, mapping_of, name_of
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.rules.api_server.names import APP_ARMOR
from airflow_provider_k8sexec.rules.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.requested_pod import RequestedPod


def check_template_profiles(template: Manifest) -> Iterator[Finding]:
    """Every profile of a template is of one of its containers."""
    yield from _check_profiles(template, _names_in(template), "")


def check_profiles(requested: RequestedPod) -> Iterator[Finding]:
    """Every profile is of a container, here or in the template."""
    where = "" if requested.template is None else ", neither here nor in the pod template"
    names = [*_names_in(requested.pod), *_names_in(requested.template), WORKER_CONTAINER]
    yield from _check_profiles(requested.pod, names, where)


def _names_in(pod: object) -> list[str]:
    return [name_of(container) for _, container in containers_at(pod)]


def _check_profiles(pod: Mapping[str, Any], names: Collection[str], where: str) -> Iterator[Finding]:
    for key in mapping_of(mapping_of(pod.get("metadata")).get("annotations")):
        name = str(key).removeprefix(APP_ARMOR)
        if str(key).startswith(APP_ARMOR) and name not in names:
            reason = f"names a container, and there is none of that name{where}"
            yield Finding(
                ("metadata", "annotations", key),
                show(name),
                reason,
                "correct the name",
                is_of_key=True,
                code="K8S207",
            )
