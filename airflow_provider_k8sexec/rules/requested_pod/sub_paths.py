"""The paths inside volumes that mounts name: as they are, or composed of variables.

Source: https://kubernetes.io/docs/concepts/storage/volumes/#using-subpath-expanded-environment
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
from airflow_provider_k8sexec.options.variable_references import names_in
from airflow_provider_k8sexec.rules.findings import Finding
from airflow_provider_k8sexec.rules.requested_pod.variables import SHELL_FORM, find_meant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_provider_k8sexec.options.paths import Path
    from airflow_provider_k8sexec.options.requested_pod import RequestedPod

_BY_OPTION = {"subPath": "sub_path", "subPathExpr": "sub_path_expr"}


def check_sub_paths(requested: RequestedPod) -> Iterator[Finding]:
    """What is plain is a sub path, and what is composed of variables is an expression of them."""
    for path, container in containers_at(requested.pod):
        for here, mount in maps_at(path, container, "volumeMounts"):
            plain, composed = mount.get("subPath"), mount.get("subPathExpr")
            if names_in(plain):
                word = _word(requested, (*here, "subPath"), "subPathExpr")
                reason = "is a directory of exactly that name, and no variable is replaced in it"
                yield Finding((*here, "subPath"), show(plain), reason, f"write it as {word}", code="K8S411")
            if isinstance(composed, str) and composed:
                word = _word(requested, (*here, "subPathExpr"), "subPath")
                yield from _check_form((*here, "subPathExpr"), composed, word)


def _word(requested: RequestedPod, path: Path, field: str) -> str:
    """Write a field as the author of a mount does."""
    return _BY_OPTION[field] if requested.name_path(path).endswith(_BY_OPTION[str(path[-1])]) else field


def _check_form(path: Path, text: str, word: str) -> Iterator[Finding]:
    shell_form = SHELL_FORM.search(text)
    if shell_form is not None:
        reason = f"has {shell_form[0]}, which Kubernetes does not replace"
        yield Finding(path, show(text), reason, f"write $({shell_form[1]})", code="K8S411")
    elif text.rfind("$(") > text.rfind(")"):
        yield Finding(path, show(text), "has a reference that does not end", "write $(NAME)", code="K8S411")
    elif not names_in(text):
        reason = "refers to no variable"
        yield Finding(
            path, show(text), reason, f"write it as {word}, or refer to a variable by $(NAME)", code="K8S411"
        )


def check_expressions(requested: RequestedPod) -> Iterator[Finding]:
    """A path inside a volume is composed of variables of its container: of others, the pod never starts."""
    for path, container in containers_at(requested.pod):
        below = None if requested.template is None else requested.template_container(container)
        if container.get("envFrom") or mapping_of(below).get("envFrom"):
            continue
        known = {
            name_of(item) for part in (container, mapping_of(below)) for item in maps_of(part.get("env"))
        }
        for here, mount in maps_at(path, container, "volumeMounts"):
            yield from _check_names((*here, "subPathExpr"), mount.get("subPathExpr"), known, container, below)


def _check_names(
    path: Path,
    text: object,
    known: set[str],
    container: Mapping[str, Any],
    below: Mapping[str, Any] | None,
) -> Iterator[Finding]:
    for name in names_in(text):
        meant = None if name in known else find_meant(name, known, container, below)
        if name not in known and (meant is not None or below is not None):
            reason = f"refers to the variable {name}, and the container has none of that name"
            remedy = f"define {name} in env_vars" if meant is None else f"write $({meant})"
            yield Finding(
                path, show(text), reason if below is not None else f"{reason} here", remedy, code="K8S411"
            )
