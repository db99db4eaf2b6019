"""Claims of devices: dynamic resource allocation.

Source: https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from airflow_provider_k8sexec.exceptions import Problem, SpecError
from airflow_provider_k8sexec.options.manifests import Manifest, present, to_manifest
from airflow_provider_k8sexec.options.problems import (
    PartReader,
    name_arguments,
    repr_fields,
    show,
    show_shape,
)
from airflow_provider_k8sexec.options.readers import UNREAD, parse_attributes, parse_text

_EXAMPLE = "ResourceClaimTemplate('a100')"


@name_arguments
@frozen
class ResourceClaim:
    """A claim that exists, in the pod's namespace; pods may share its devices.

    Attributes:
        name: The claim's name.
        request: The one of the claim's requests that the task gets; all of them if not given.
    """

    name: str
    request: str | None = None

    __repr__ = repr_fields


@name_arguments
@frozen
class ResourceClaimTemplate:
    """A template of claims: Kubernetes makes a claim of it for this pod alone, and deletes that with it.

    Attributes:
        name: The template's name, in the pod's namespace.
        request: The one of the claim's requests that the task gets; all of them if not given.
    """

    name: str
    request: str | None = None

    __repr__ = repr_fields


_FIELDS: dict[type, str] = {
    ResourceClaim: "resourceClaimName",
    ResourceClaimTemplate: "resourceClaimTemplateName",
}


def parse_resource_claims(field: str, value: object) -> dict[str, Manifest]:
    """Read ``{name: claim}``; a string is the name of a claim that exists.

    Returns:
        Each claim as Kubernetes' manifest of it, with ``request`` for the worker's container.

    Raises:
        SpecError: The value is not a mapping, or a claim is neither a value of this module nor a manifest.
    """
    if not isinstance(value, Mapping):
        reason = "is not a mapping of names to claims"
        raise SpecError(
            [Problem(field, show_shape(value), reason, f"write {field}={{'gpu': {_EXAMPLE}}}", code="K8S102")]
        )
    parts = PartReader()
    read: dict[str, Manifest] = {}
    for name, claim in value.items():
        path = f"{field}[{show(name)}]"
        if not isinstance(name, str):
            reason = "has a name that is not a string"
            parts.problems.append(
                Problem(path, show_shape(claim), reason, f"write {{'gpu': {_EXAMPLE}}}", code="K8S102")
            )
            continue
        manifest = parts.read(_parse_claim, path, claim)
        read[name] = {"resourceClaimName": UNREAD} if manifest is None else manifest
    parts.require_none(read)
    return read


def _parse_claim(field: str, claim: object) -> Manifest:
    if isinstance(claim, str):
        return {"resourceClaimName": parse_text(field, claim)}
    if isinstance(claim, (ResourceClaim, ResourceClaimTemplate)):
        parts = PartReader()
        given = parts.read(parse_attributes, field, claim, name=parse_text, request=parse_text)
        read = given and present(**{_FIELDS[type(claim)]: given.name}, request=given.request)
        parts.require_none(read)
        return read or {}
    manifest = to_manifest(claim)
    if isinstance(manifest, dict):
        return {key: item for key, item in manifest.items() if key != "name"}
    raise SpecError(
        [
            Problem(
                field,
                show_shape(claim),
                "is not a claim of devices",
                f"write for example {_EXAMPLE}",
                code="K8S102",
            )
        ]
    )
