"""Pod options as a profile in YAML has them: plain values, and manifests of everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.executor_names import POD_OVERRIDE, WORKER_CONTAINER
from airflow_provider_k8sexec.options.assembly import merge_manifests
from airflow_provider_k8sexec.options.resource_claims import ResourceClaim, ResourceClaimTemplate
from airflow_provider_k8sexec.options.secrets import Secret
from airflow_provider_k8sexec.pod.normal_form import without_defaults
from airflow_provider_k8sexec.pod.shortest.files import read_files
from airflow_provider_k8sexec.pod.shortest.options import find_shortest

if TYPE_CHECKING:
    from airflow_provider_k8sexec.options.manifests import Manifest


def find_profile(pod: Manifest, own_secret: str | None, base: Manifest) -> Manifest:
    """Find the options of a profile that builds a partial pod.

    Args:
        pod: What the profile is to request.
        own_secret: The deployment's own secret.
        base: The template over which the profile is laid.

    Raises:
        ValueError: No options build it.
    """
    by_options, by_override = _split_mounts(pod, own_secret)
    found = find_shortest(by_options, own_secret, base)
    options = {option.name: option.value for option in found}
    if "volumes" in options:
        options["volumes"] = _write_volumes(by_options, options["volumes"])
    if "tolerations" in options:
        items = by_options["spec"]["tolerations"]
        pairs = zip(options["tolerations"], items, strict=True)
        options["tolerations"] = [text if isinstance(text, str) else item for text, item in pairs]
    if by_override:
        options[POD_OVERRIDE] = merge_manifests(by_override, options.get(POD_OVERRIDE, {}))
    return {name: _to_plain(value) for name, value in options.items()}


def _split_mounts(pod: Manifest, own_secret: str | None) -> tuple[Manifest, Manifest]:
    """Take off the volumes that are mounted for reading, or in part: in YAML, no option has that."""
    spec = pod.get("spec", {})
    worker = (spec.get("containers") or [{}])[0]
    volumes, mounts = spec.get("volumes", []), worker.get("volumeMounts", [])
    sources = {volume["name"]: volume for volume in volumes}
    taken = {
        name
        for name in {mount["name"] for mount in mounts}
        if not _has_option(sources.get(name), [it for it in mounts if it["name"] == name], own_secret)
    }
    if not taken:
        return pod, {}
    own_mounts = [mount for mount in mounts if mount["name"] in taken]
    own_volumes = [volume for volume in volumes if volume["name"] in taken]
    override = {"spec": {"containers": [{"name": WORKER_CONTAINER, "volumeMounts": own_mounts}]}}
    if own_volumes:
        override["spec"]["volumes"] = own_volumes
    left = {**worker, "volumeMounts": [mount for mount in mounts if mount["name"] not in taken]}
    others = spec["containers"][1:]
    rest = {**spec, "containers": [left, *others]}
    rest["volumes"] = [volume for volume in volumes if volume["name"] not in taken]
    return {**pod, "spec": rest}, override


def _has_option(volume: Manifest | None, mounts: list[Manifest], own_secret: str | None) -> bool:
    """Report whether an option of a profile stands for a volume and its mounts."""
    if volume is None:
        return False
    mounts = [without_defaults("volumeMounts", mount) for mount in mounts]
    source = {key: value for key, value in volume.items() if key != "name"}
    is_file = read_files(source, [((), mount) for mount in mounts], own_secret) is not None
    return is_file or all(mount.keys() == {"name", "mountPath"} for mount in mounts)


def _write_volumes(pod: Manifest, written: Manifest) -> Manifest:
    """Write each volume as its manifest; one of several mounts has a name, by which it is one."""
    spec = pod["spec"]
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    names = {mount["mountPath"]: mount["name"] for mount in spec["containers"][0]["volumeMounts"]}
    used = [names[path] for path in written]
    return {
        path: {
            key: part
            for key, part in volumes[names[path]].items()
            if key != "name" or used.count(names[path]) > 1 or _is_named(value)
        }
        for path, value in written.items()
    }


def _is_named(value: Any) -> bool:
    return isinstance(value, dict) and "name" in value


def _to_plain(value: Any) -> Any:
    match value:
        case tuple() | list():
            return [_to_plain(item) for item in value]
        case dict():
            return {key: _to_plain(item) for key, item in value.items()}
        case Secret():
            attributes = ("key", "env", "file", "name", "optional")
            given = {name: getattr(value, name) for name in attributes}
            return {name: part for name, part in given.items() if part}
        case ResourceClaim():
            return _write_claim("resourceClaimName", value)
        case ResourceClaimTemplate():
            return _write_claim("resourceClaimTemplateName", value)
    return value


def _write_claim(field: str, claim: ResourceClaim | ResourceClaimTemplate) -> Manifest:
    return {field: claim.name, **({"request": claim.request} if claim.request is not None else {})}
