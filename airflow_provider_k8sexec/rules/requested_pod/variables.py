"""Which references between environment variables, ``$(NAME)``, stay as they are, as literal text.

Source: https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.options.manifest_parts import (
    containers_at,
    mapping_of,
    maps_at,
    maps_of,
    name_of,
)
from airflow_provider_k8sexec.options.nearest_names import find_nearest
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.options.usual_variables import has_usual_name
from airflow_provider_k8sexec.options.variable_references import ReferenceOrder, names_in
from airflow_provider_k8sexec.rules.api_server.names import PORTABLE_NAME
from airflow_provider_k8sexec.rules.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import Path
    from airflow_provider_k8sexec.options.requested_pod import RequestedPod

SHELL_FORM = re.compile(r"(?<!\$)\$\{(\w{1,253})\}")
"""A reference as shells write it, which is plain text to Kubernetes."""

_MOST_LOOKUPS = 10
"""References of one container of which the nearest name is looked up, because that takes its time."""


def check_rings(pod: Manifest) -> Iterator[Finding]:
    """No variables refer to one another in a ring: each stands below those that it refers to."""
    for path, container in containers_at(pod):
        variables = maps_at(path, container, "env")
        for ring in ReferenceOrder.of([item for _, item in variables]).rings:
            here = next(at for at, item in variables if item.get("name") == ring[0])
            reason = f"refers to itself by way of other variables: {' -> '.join(ring)}"
            yield Finding(
                here,
                show(f"$({ring[1]})"),
                reason,
                "write the value of one of them without a reference",
                code="K8S409",
            )


def check_rings_by_template(requested: RequestedPod) -> Iterator[Finding]:
    """No variable of a task refers to itself by way of the pod template's.

    One that both define is no part of such a ring: a reference to it may be to the template's value.
    """
    for path, container in containers_at(requested.pod):
        own = {name_of(item): (at, item) for at, item in maps_at(path, container, "env")}
        below = {name_of(item): item for item in maps_of(requested.template_container(container).get("env"))}
        alone = {name: item for name, (_, item) in own.items() if name not in below}
        others = {name: item for name, item in below.items() if name not in own}
        for ring in ReferenceOrder.of([*others.values(), *alone.values()]).rings:
            mine = next((name for name in ring if name in alone), None)
            if mine is not None and any(name in others for name in ring):
                reason = f"refers to itself by way of the pod template's variables: {' -> '.join(ring)}"
                next_one = ring[ring.index(mine) + 1]
                yield Finding(own[mine][0], show(f"$({next_one})"), reason, "write its value", code="K8S309")


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

    Of what is defined nowhere, a hook may have a definition, so that is found where another variable has
    nearly that name. A variable's reference to its own name is to one that stands above it, or comes from
    ``envFrom``.

    Args:
        path: Where it stands.
        container: The container.
        below: The template's container of that name; ``None`` where the template is not known.
    """
    variables = maps_at(path, container, "env")
    names = {name_of(item) for _, item in variables}
    above = {name_of(item) for item in maps_of(mapping_of(below).get("env"))}
    defined = names | above
    may_be_above = below is None or container.get("envFrom") or below.get("envFrom")
    lookups = 0
    for here, item in variables:
        for name in names_in(item.get("value")):
            is_itself = name == name_of(item)
            if name in names and name not in above and not (is_itself and may_be_above):
                fact = "is not defined above it" if is_itself else "is defined below it alone"
                reason = f"refers to $({name}), which {fact}, so the text stays as it is"
                yield Finding(here, "", reason, f"define {name} above it, or write its value", code="K8S409")
            elif name not in defined and lookups < _MOST_LOOKUPS:
                lookups += 1
                meant = find_meant(name, defined - {name_of(item)}, container, below)
                if meant is not None:
                    reason = f"refers to $({name}), which is not defined{_where(below)}"
                    yield Finding(here, "", reason, f"write $({meant})", code="K8S409")
        above.add(name_of(item))


def find_meant(
    name: str, defined: Collection[str], container: Mapping[str, Any], below: Mapping[str, Any] | None
) -> str | None:
    """Find the variable that was probably meant by a reference to one that is not defined.

    Args:
        name: What is referred to.
        defined: The variables of the container, and of the template's.
        container: The container.
        below: The template's container of that name; ``None`` where the template is not known, which may
            have a variable of a similar name.
    """
    is_of_others = has_usual_name(name) or name.startswith("AIRFLOW__")
    if is_of_others or not PORTABLE_NAME.fullmatch(name):
        return None
    if container.get("envFrom") or mapping_of(below).get("envFrom"):
        return None
    return find_nearest(name, filter(None, defined), cutoff=0.85 if below is None else 0.75)


def _where(below: Mapping[str, Any] | None) -> str:
    return " here" if below is None else ", so the text stays as it is"


def check_shell_forms(requested: RequestedPod) -> Iterator[Finding]:
    """A variable refers to another of its container as Kubernetes reads it, and not as a shell does."""
    for path, container in containers_at(requested.pod):
        variables = maps_at(path, container, "env")
        below = maps_of(requested.template_container(container).get("env"))
        defined = {name_of(item) for item in [*below, *(item for _, item in variables)]}
        for here, item in variables:
            value = item.get("value")
            for name in dict.fromkeys(SHELL_FORM.findall(value) if isinstance(value, str) else ()):
                if name in defined and name != name_of(item):
                    reason = f"has ${{{name}}}, which Kubernetes does not replace"
                    yield Finding(here, "", reason, f"write $({name})", code="K8S409")
