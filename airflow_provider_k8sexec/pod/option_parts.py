"""The parts of the pod that the options stand for: metadata, the worker's container, the spec.

Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.options.assembly import WORKER, Assembly
from airflow_provider_k8sexec.options.disruption import DISRUPTION_ANNOTATIONS
from airflow_provider_k8sexec.options.kueue import QUEUE_LABEL
from airflow_provider_k8sexec.options.manifests import SIDES, Manifest, present
from airflow_provider_k8sexec.options.secrets import Secret
from airflow_provider_k8sexec.pod.mounts import lay_mounts
from airflow_provider_k8sexec.pod.own_secret import resolve_own_secret
from airflow_provider_k8sexec.pod.placement_parts import lay_placement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.options.declaration import Declaration
    from airflow_provider_k8sexec.options.origins import Origin
    from airflow_provider_k8sexec.options.paths import Path
    from airflow_provider_k8sexec.options.resources import Bounds
    from airflow_provider_k8sexec.pod.authors import Authors
    from airflow_provider_k8sexec.site.deployment import Deployment

LABELS: Path = ("metadata", "labels")
ANNOTATIONS: Path = ("metadata", "annotations")
SPEC_FIELDS = {
    "priorityClassName": "priority_class_name",
    "schedulerName": "scheduler_name",
    "serviceAccountName": "service_account_name",
    "automountServiceAccountToken": "automount_service_account_token",
    "runtimeClassName": "runtime_class_name",
    "terminationGracePeriodSeconds": "termination_grace_period_seconds",
    "activeDeadlineSeconds": "active_deadline_seconds",
}
"""Fields of a pod's spec that hold an option's value as it is."""


def lay_options(
    assembly: Assembly, declaration: Declaration, deployment: Deployment, authors: Authors
) -> None:
    """Lay everything that is declared by options over a pod, with the origin of each part."""
    own_secret = resolve_own_secret(declaration, deployment)
    _lay_metadata(assembly, declaration, authors)
    _lay_container(assembly, declaration, authors, own_secret)
    lay_mounts(assembly, declaration, authors, own_secret)
    _lay_spec(assembly, declaration, authors)


def _lay_metadata(assembly: Assembly, declaration: Declaration, authors: Authors) -> None:
    for path, option in ((ANNOTATIONS, "annotations"), (LABELS, "labels")):
        for key, value in sorted(getattr(declaration, option).items()):
            assembly.lay((*path, key), value, authors.of_key(option, key))
    for key, value in DISRUPTION_ANNOTATIONS.get(declaration.disruption or "", {}).items():
        assembly.lay((*ANNOTATIONS, key), value, authors.of_option("disruption"))
    if declaration.queue_name is not None:
        assembly.lay((*LABELS, QUEUE_LABEL), declaration.queue_name, authors.of_option("queue_name"))
    if declaration.namespace is not None:
        assembly.lay(("metadata", "namespace"), declaration.namespace, authors.of_option("namespace"))


def _lay_container(
    assembly: Assembly, declaration: Declaration, authors: Authors, own_secret: str | None
) -> None:
    for field, option in (("image", "image"), ("imagePullPolicy", "image_pull_policy")):
        value = getattr(declaration, option)
        if value is not None:
            assembly.lay((*WORKER, field), value, authors.of_option(option))
    assembly.lay_items(
        (*WORKER, "env"),
        [
            (_build_variable(name, source, own_secret), authors.of_variable(name, source))
            for name, source in declaration.env.items()
        ],
    )
    assembly.lay_items((*WORKER, "envFrom"), _iter_readable("env_from", declaration, authors))
    for name, bounds in declaration.resources.items():
        _lay_bounds(assembly, WORKER, name, bounds, authors.of_resource(name))
    claims = [
        (present(name=name, request=claim.get("request")), authors.of_claim(name))
        for name, claim in declaration.resource_claims.items()
    ]
    assembly.lay_items((*WORKER, "resources", "claims"), claims)
    for key, value in declaration.container_security_context.items():
        path = (*WORKER, "securityContext", key)
        assembly.lay(path, value, authors.of_key("container_security_context", key))


def _lay_bounds(assembly: Assembly, holder: Path, name: str, bounds: Bounds, origin: Origin) -> None:
    for side, amount in zip(SIDES, write_bounds(name, bounds), strict=True):
        if amount is not None:
            assembly.lay((*holder, "resources", side, name), amount, origin)


def _iter_readable(option: str, declaration: Declaration, authors: Authors) -> Iterator[tuple[Any, Origin]]:
    """Give the items of an option that is a list, each with its origin, but for those that were refused."""
    items = (item for item in getattr(declaration, option) if item is not None)
    return ((item, authors.of_item(option, item)) for item in items)


def _build_variable(name: str, source: str | Manifest | Secret, own_secret: str | None) -> Manifest:
    if isinstance(source, str):
        return {"name": name, "value": source}
    if isinstance(source, Secret):
        optional = source.optional or None
        reference = present(name=source.name or own_secret, key=source.key, optional=optional)
        return {"name": name, "valueFrom": {"secretKeyRef": reference}}
    return {"name": name, "valueFrom": source}


def write_bounds(name: str, bounds: Bounds) -> list[str | None]:
    """Write request and limit; a device of which there are none is not requested."""
    is_device = "/" in name
    return [
        None if amount is None or (is_device and not amount.number) else str(amount)
        for amount in (bounds.request, bounds.limit)
    ]


def _lay_spec(assembly: Assembly, declaration: Declaration, authors: Authors) -> None:
    for option in ("node_selector", "affinity"):
        lay_placement(assembly, option, getattr(declaration, option), partial(authors.of_key, option))
    for key, value in declaration.security_context.items():
        assembly.lay(("spec", "securityContext", key), value, authors.of_key("security_context", key))
    for field, option in SPEC_FIELDS.items():
        value = getattr(declaration, option)
        if value is not None:
            assembly.lay(("spec", field), value, authors.of_option(option))
    for field, option in (
        ("tolerations", "tolerations"),
        ("topologySpreadConstraints", "topology_spread_constraints"),
    ):
        assembly.lay_items(("spec", field), _iter_readable(option, declaration, authors))
    _lay_named(assembly, declaration, authors)
    pull_secrets = [
        ({"name": name}, origin)
        for name, origin in _iter_readable("image_pull_secrets", declaration, authors)
    ]
    assembly.lay_items(("spec", "imagePullSecrets"), pull_secrets)
    containers = [
        ({**container, **more}, authors.of_container(option, name))
        for option, more in (("init_containers", {}), ("sidecars", {"restartPolicy": "Always"}))
        for name, container in getattr(declaration, option).items()
    ]
    assembly.lay_items(("spec", "initContainers"), containers)


def _lay_named(assembly: Assembly, declaration: Declaration, authors: Authors) -> None:
    """Lay what is a mapping to its author, and a list in the spec; and what all containers have together."""
    aliases = [
        ({"ip": address, "hostnames": [*names]}, authors.of_host_alias(address))
        for address, names in declaration.host_aliases.items()
    ]
    assembly.lay_items(("spec", "hostAliases"), aliases)
    claims = [
        (
            {"name": name, **{key: item for key, item in claim.items() if key != "request"}},
            authors.of_claim(name),
        )
        for name, claim in declaration.resource_claims.items()
    ]
    assembly.lay_items(("spec", "resourceClaims"), claims)
    for name, bounds in declaration.pod_resources.items():
        _lay_bounds(assembly, ("spec",), name, bounds, authors.of_pod_resource(name))
