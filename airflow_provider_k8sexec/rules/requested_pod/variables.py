"""Which references between environment variables, ``$(NAME)``, stay as they are, as literal text.

Source: https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.options.manifest_parts import (
    containers_at,
    mapping_of,
    maps_at,
    maps_of,
    name_of,
)
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.options.variable_references import ReferenceOrder, names_in
from airflow_provider_k8sexec.rules.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import Path
    from airflow_provider_k8sexec.options.requested_pod import RequestedPod


def check_rings(pod: Manifest) -> Iterator[Finding]:
    """No variables refer to one another in a ring: each stands below those that it refers to."""
    for path, container in containers_at(pod):
        variables = maps_at(path, container, "env")
        for ring in ReferenceOrder.of([item for _, item in variables]).rings:
            here = next(at for at, item in variables if item.get("name") == ring[0])
            reason = f"refers to itself by way of other variables: {' -> '.join(ring)}"
            yield Finding(
                here, show(f"$({ring[1]})"), reason, "write the value of one of them without a reference"
            )


def check_template_references(template: Manifest) -> Iterator[Finding]:
    """A variable of a template refers to what is defined above it."""
    for path, container in containers_at(template):
        yield from _check_references(path, container, {})


def check_references(requested: RequestedPod) -> Iterator[Finding]:
    """A variable of a task refers to what is defined above it, there or in the pod template."""
    is_known = requested.template is not None
    for path, container in containers_at(requested.pod):
        below = requested.template_container(container) if is_known else None
        yield from _check_references(path, container, below)


def _check_references(
    path: Path, container: Mapping[str, Any], below: Mapping[str, Any] | None
) -> Iterator[Finding]:
    """Check the variables of a container.

    Of what is defined nowhere, a hook may have a definition. A variable's reference to its own name is to
    one that stands above it, or comes from ``envFrom``.

    Args:
        path: Where it stands.
        container: The container.
        below: The template's container of that name; ``None`` where the template is not known.
    """
    variables = maps_at(path, container, "env")
    names = {name_of(item) for _, item in variables}
    above = {name_of(item) for item in maps_of(mapping_of(below).get("env"))}
    may_be_above = below is None or container.get("envFrom") or below.get("envFrom")
    for here, item in variables:
        for name in names_in(item.get("value")):
            is_itself = name == name_of(item)
            if name in names and name not in above and not (is_itself and may_be_above):
                fact = "is not defined above it" if is_itself else "is defined below it alone"
                reason = f"refers to $({name}), which {fact}, so the text stays as it is"
                yield Finding(here, "", reason, f"define {name} above it, or write its value")
        above.add(name_of(item))
