"""The normal form of a pod: two pods with the same one are the same to Kubernetes, and to the task.

Amounts go by their numbers. A mount has its volume inside, by the volume's source, so that the names of
volumes do not count, nor how many volumes one source has; a directory of the pod's own (``emptyDir``) goes by
where it is mounted. A variable has its value, references replaced. Lists whose items Kubernetes takes in any
order are sorted. What is empty, and what Kubernetes sets by itself within an item that Airflow's merge takes
whole, is left out. Everything else stays as it is: a form that keeps too much makes two equal pods differ,
which is seen; one that keeps too little would hide a difference.
"""

from __future__ import annotations

import json
from typing import Any

from attrs import frozen

from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER
from airflow_provider_k8sexec.options.manifest_parts import mapping_of
from airflow_provider_k8sexec.options.manifests import (
    AMOUNTS,
    CONTAINERS,
    IDENTITIES,
    MAPS_OF_AMOUNTS,
    Manifest,
)
from airflow_provider_k8sexec.options.quantity import Quantity
from airflow_provider_k8sexec.pod.annotations import EXACT_ANNOTATION
from airflow_provider_k8sexec.pod.env_values import expand_variables
from airflow_provider_k8sexec.pod.volume_uses import USES, put_volumes_into_mounts

_FREE = frozenset({"labels", "annotations", "nodeSelector", "matchLabels", "volumeAttributes"})
"""Mappings of names that authors choose: nothing in them is an amount, and an empty value is one."""

_UNORDERED = frozenset(
    {
        "claims",
        "imagePullSecrets",
        "ports",
        "resourceClaims",
        "tolerations",
        "topologySpreadConstraints",
        "volumes",
    }
)

_STRUCTURES = frozenset(
    {
        "affinity",
        "capabilities",
        "dnsConfig",
        "lifecycle",
        "metadata",
        "nodeAffinity",
        "podAffinity",
        "podAntiAffinity",
        "resources",
        "securityContext",
    }
)
"""Objects that request nothing where they are empty; an empty ``emptyDir`` or selector requests something."""

_MEANS_SOMETHING = frozenset({"storageClassName", "value"})
"""Fields of which the empty string is a value of its own."""

_OFF = {"stdin": False, "stdinOnce": False, "tty": False}
_OF_KEYS = {"optional": False, "defaultMode": 0o644}
_DEFAULTS: dict[str, dict[str, Any]] = {
    "containers": _OFF,
    "initContainers": _OFF,
    "spec": {
        "hostIPC": False,
        "hostNetwork": False,
        "hostPID": False,
        "setHostnameAsFQDN": False,
        "shareProcessNamespace": False,
    },
    "configMap": _OF_KEYS,
    "configMapKeyRef": _OF_KEYS,
    "configMapRef": _OF_KEYS,
    "downwardAPI": {"defaultMode": 0o644},
    "fieldRef": {"apiVersion": "v1"},
    "persistentVolumeClaim": {"readOnly": False},
    "ports": {"protocol": "TCP"},
    "projected": {"defaultMode": 0o644},
    "secret": _OF_KEYS,
    "secretKeyRef": _OF_KEYS,
    "secretRef": _OF_KEYS,
    "tolerations": {"operator": "Equal"},
    "volumeMounts": {"mountPropagation": "None", "readOnly": False, "recursiveReadOnly": "Disabled"},
}
"""What Kubernetes sets by itself, by the field that holds the object.

A default of a field that Airflow merges by itself, such as ``restartPolicy``, is not here: where a task
requests it, it wins over the pod template. Of the fields that are here, Airflow's merge takes ``False`` for
unset, and the others stand in items that it takes whole.
"""

_OF_ANY_POD = {"apiVersion": "v1", "kind": "Pod"}


@frozen
class _Form:
    """A normal form.

    Attributes:
        structures: The objects that count as absent where they are empty.
        annotations: The annotations that do not count.
    """

    structures: frozenset[str] = frozenset()
    annotations: frozenset[str] = frozenset()

    def normalise(self, pod: Manifest) -> Manifest:
        """Give the normal form of a pod, which is left as it is."""
        form: Manifest = self._convert_mapping("", put_volumes_into_mounts(pod))
        # Airflow merges metadata field by field, so that one without fields requests nothing.
        without_effect = {**_OF_ANY_POD, "metadata": {}}
        form = {key: value for key, value in form.items() if without_effect.get(key) != value}
        containers = mapping_of(form.get("spec")).get("containers")
        if containers == [{"name": WORKER_CONTAINER}]:  # the worker, of which nothing is requested
            del form["spec"]["containers"]
            if not form["spec"]:
                del form["spec"]
        return form

    def _convert(self, key: str, value: Any) -> Any:
        if isinstance(value, dict):
            return self._convert_mapping(key, value)
        if isinstance(value, (list, tuple)):
            items = [self._convert(key, item) for item in value if item is not None]
            return sorted(items, key=write_canonically) if key in _UNORDERED else items
        return _read_amount(value) if key in AMOUNTS else value

    def _convert_mapping(self, key: str, value: Any) -> Any:
        if key in _FREE:
            left_out = self.annotations if key == "annotations" else frozenset()
            return {name: item for name, item in value.items() if name not in left_out}
        if key in MAPS_OF_AMOUNTS:
            return {name: _read_amount(item) for name, item in value.items() if item is not None}
        converted = {name: self._convert_field(key, name, item) for name, item in value.items()}
        present = {name: item for name, item in converted.items() if not self._is_absent(name, item)}
        return _settle(key, without_defaults(key, present))

    def _convert_field(self, holder: str, name: str, value: Any) -> Any:
        converted = self._convert(name, value)
        if not isinstance(value, list) or holder not in CONTAINERS:
            return converted
        if name == "env":
            values = expand_variables(value, self._identify_source)
            return converted if values is None else values
        identity = IDENTITIES.get(name)
        paths = [item.get(identity) if isinstance(item, dict) else None for item in converted]
        is_by_path = name in USES and len({*paths} - {None}) == len(paths)
        return dict(zip(paths, converted, strict=True)) if is_by_path else converted

    def _identify_source(self, source: Any) -> str:
        return write_canonically(self._convert("valueFrom", source))

    def _is_absent(self, name: str, value: Any) -> bool:
        if value is None or value in ([], ()):
            return True
        if isinstance(value, dict):
            return not value and name in self.structures | _FREE | MAPS_OF_AMOUNTS | {"env", *USES}
        return isinstance(value, str) and not value and name not in _MEANS_SOMETHING


_STRICT = _Form()
_MERGED = _Form(_STRUCTURES, frozenset({EXACT_ANNOTATION}))


def normalise_merged(pod: Manifest) -> Manifest:
    """Give the normal form of a pod as it is launched.

    What the annotation ``k8sexec/exact`` has is in the pod by then, so the annotation itself does not count.
    """
    return _MERGED.normalise(pod)


def normalise_override(pod: Manifest) -> Manifest:
    """Give the normal form of what a task requests, which is yet to be merged with a pod template.

    An empty object counts: ``resources={}`` takes off the template's. Of two overrides with the same form,
    Airflow makes the same pod on any template that has no volume of their names.
    """
    return _STRICT.normalise(pod)


def without_defaults(field: str, value: Manifest) -> Manifest:
    """Give an object without what Kubernetes sets by itself.

    Args:
        field: The field that holds the object, or the list that it is in: ``volumeMounts``.
        value: The object.
    """
    defaults = _DEFAULTS.get(field, {})
    return {name: item for name, item in value.items() if not _is_same(defaults.get(name), item)}


def _settle(field: str, value: Manifest) -> Manifest:
    """Give an object as Kubernetes reads it where one of its fields decides over another one.

    Sources: https://kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus/ (the limit of a device is its
    request) and, of the old name of the field ``serviceAccountName``,
    https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
    """
    if field == "spec" and "serviceAccountName" in value:
        return {name: item for name, item in value.items() if name != "serviceAccount"}
    if field == "resources":
        limits = mapping_of(value.get("limits"))
        devices = {name: amount for name, amount in limits.items() if "/" in str(name)}
        return {**value, "requests": {**devices, **value.get("requests", {})}} if devices else value
    return value


def write_canonically(value: Any) -> str:
    """Write a part of a pod such that equal parts, and no others, have the same string."""
    try:
        return json.dumps(value, sort_keys=True, default=_write_foreign)
    except TypeError:  # of keys that are no strings, or not all, which the rules refuse
        return f"object {id(value)}"


def _write_foreign(value: Any) -> Any:
    """Write an amount by its number; any other object equals itself alone."""
    return ["amount", str(value.number.normalize())] if isinstance(value, Quantity) else ["object", id(value)]


def _read_amount(value: Any) -> Any:
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        try:
            return Quantity(str(value))
        except ValueError:
            return value
    return value


def _is_same(default: Any, value: Any) -> bool:
    return default is not None and type(default) is type(value) and bool(default == value)
