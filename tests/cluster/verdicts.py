"""Two judges of pod options: this package, and the API server; and where they disagree."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from attrs import evolve
from checked_declarations import check_declaration
from executor_pods import construct_pod
from kubernetes.client import ApiClient, ApiException, Configuration, CoreV1Api

from airflow_provider_k8sexec import EmptyDir, HostPath
from airflow_provider_k8sexec.options.assembly import merge_manifests
from airflow_provider_k8sexec.options.declaration import parse_declaration
from airflow_provider_k8sexec.options.quantity import Quantity
from airflow_provider_k8sexec.pod.executor_config import build_v1_pod
from airflow_provider_k8sexec.pod.manifest import build_requested_pod
from airflow_provider_k8sexec.pod.option_parts import SPEC_FIELDS
from airflow_provider_k8sexec.site.deployment import Deployment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_provider_k8sexec.exceptions import Problem
    from airflow_provider_k8sexec.options.manifests import Manifest

DEPLOYMENT = Deployment(release="infrared-photon-7780", secret_name="infrared-photon-7780-env")
TEMPLATE = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "template"},
    "spec": {
        "restartPolicy": "Never",
        # Where the server has the plugin ServiceAccount, it sets this, and projected tokens need it.
        "serviceAccountName": "default",
        "containers": [{"name": "base", "image": "apache/airflow:3.3.2"}],
    },
}
# Among them 500, which is this server's answer to an empty `runtimeClassName`.
REFUSALS = {400, 403, 404, 405, 413, 422, 500}


@dataclass(frozen=True)
class Answer:
    """What the server said: the pod as it would be, or why not."""

    status: int
    body: dict[str, Any]

    @property
    def accepted(self) -> bool:
        """Whether it would make the pod."""
        return self.status not in REFUSALS

    def __str__(self) -> str:
        """Give the server's words."""
        return "accepted" if self.accepted else f"{self.status}: {self.body.get('message')}"


@dataclass(frozen=True)
class Judged:
    """A declaration and what came of it.

    Attributes:
        options: The pod options.
        problems: What we find wrong.
        manifest: What we build if we find nothing wrong.
        answer: What the server says.
        lost: What we asked for, and the server's pod does not have.
    """

    options: Mapping[str, Any]
    problems: list[Problem]
    manifest: Manifest
    answer: Answer
    lost: list[str]


class Judges:
    """Both judges, on one server."""

    def __init__(self, client: ApiClient, namespace: str, template: Manifest = TEMPLATE) -> None:
        self._api = CoreV1Api(client)
        self._namespace = namespace
        self._template = build_v1_pod(template)
        self._serializer = ApiClient(configuration=Configuration())

    def over(self, template: Manifest) -> Judges:
        """Give judges of what is laid over another template."""
        others = copy.copy(self)
        others._template = build_v1_pod(template)
        return others

    def validate(self, options: Mapping[str, Any]) -> Judged:
        """Let both judge the options."""
        declaration, problems = parse_declaration(options)
        unread = [name for name in options if any(_is_of(name, problem) for problem in problems)]
        problems += check_declaration(declaration, DEPLOYMENT)
        if problems:
            answer = self.ask(_by_hand(declaration, options, unread))
            return Judged(options, problems, {}, answer, [])
        manifest = build_requested_pod(declaration, DEPLOYMENT).pod
        answer = self.ask(self.construct(manifest))
        lost = sorted(find_lost(manifest, answer.body)) if answer.accepted else []
        return Judged(options, [], manifest, answer, lost)

    def construct(self, manifest: Manifest) -> Manifest:
        """Let Airflow and its hooks make the pod, as its executor does."""
        return self._construct(manifest, with_mutation_hook=True)

    def merge(self, manifest: Manifest) -> Manifest:
        """Let Airflow alone make the pod, without the hooks."""
        return self._construct(manifest, with_mutation_hook=False)

    def _construct(self, manifest: Manifest, *, with_mutation_hook: bool) -> Manifest:
        pod = construct_pod(
            build_v1_pod(manifest) if manifest else None,
            self._template,
            dag_id="dag",
            task_id="task",
            pod_id="dag-task-1",
            kube_image="apache/airflow:3.3.2",
            namespace=self._namespace,
            run_id="manual__2026-01-01T00:00:00+00:00",
            with_mutation_hook=with_mutation_hook,
        )
        whole: Manifest = self._serializer.sanitize_for_serialization(pod)
        return whole

    def ask(self, pod: Manifest) -> Answer:
        """Let the server judge a pod, without keeping it."""
        metadata = pod.get("metadata")
        namespace = metadata.get("namespace") if isinstance(metadata, dict) else None
        try:
            response = self._api.create_namespaced_pod(
                str(namespace or self._namespace), pod, dry_run="All", _preload_content=False
            )
        except ApiException as error:
            if error.status not in REFUSALS:
                raise
            body = json.loads(error.body) if (error.body or "").startswith("{") else {"message": error.body}
            return Answer(error.status, body)
        return Answer(response.status, json.loads(response.data))


def _is_of(option: str, problem: Problem) -> bool:
    return problem.field == option or problem.field.startswith((f"{option}[", f"{option}."))


# -- what is refused, as an author would have written it by hand


def _by_hand(declaration: Any, options: Mapping[str, Any], unread: list[str]) -> Manifest:
    """Write the pod without any judgement, so that the server can speak about what we refuse."""
    built = build_requested_pod(evolve(declaration, pod_override={}), DEPLOYMENT).pod
    pod = copy.deepcopy(merge_manifests(_write_override(declaration.pod_override), built))
    for name in unread:
        _write(pod, name, json.loads(json.dumps(options[name], default=_write_object)))
    return pod


def _write_override(override: Manifest) -> Manifest:
    """Put a hand-written pod over the template, and leave its lists as they are."""
    pod = {**copy.deepcopy(TEMPLATE), **copy.deepcopy(override)}
    for part in ("metadata", "spec"):
        if isinstance(override.get(part), dict):
            pod[part] = {**TEMPLATE[part], **pod[part]}
    containers = pod["spec"].get("containers") if isinstance(pod["spec"], dict) else None
    for container in containers if isinstance(containers, list) else ():
        if isinstance(container, dict) and container.get("name") == "base":
            container.setdefault("image", "apache/airflow:3.3.2")
    return pod


def _write_object(value: Any) -> Any:
    match value:
        case EmptyDir():
            return {"emptyDir": {"sizeLimit": value.size, "medium": value.medium}}
        case HostPath():
            return {"hostPath": {"path": value.path, "type": value.type}}
        case _:
            return str(value)


def _write(pod: Manifest, option: str, value: Any) -> None:
    spec = pod["spec"]
    base = next(container for container in spec["containers"] if container["name"] == "base")
    if option in _PLACES:
        place, name = _PLACES[option]
        {"metadata": pod["metadata"], "spec": spec, "base": base}[place][name] = value
    elif option == "shared_memory":
        spec["volumes"] = [{"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": value}}]
    elif option == "volumes":
        names = [f"volume-{number}" for number, _ in enumerate(value)]
        spec["volumes"] = [
            {"name": name, **source} for name, source in zip(names, value.values(), strict=True)
        ]
        base["volumeMounts"] = [
            {"name": name, "mountPath": path} for name, path in zip(names, value, strict=True)
        ]
    elif option == "host_aliases":
        spec["hostAliases"] = [{"ip": address, "hostnames": names} for address, names in value.items()]
    elif option == "gpu":
        counts = value if isinstance(value, dict) else {"nvidia.com/gpu": value}
        base["resources"] = {"requests": counts, "limits": counts}
    elif option == "env_vars":
        base["env"] = (
            [
                {"name": key, "valueFrom" if isinstance(item, dict) else "value": item}
                for key, item in value.items()
            ]
            if isinstance(value, dict)
            else value
        )
    elif option in {"cpu", "memory", "ephemeral_storage"}:
        resource = option.replace("_", "-")
        request, limit = value if isinstance(value, list) and len(value) == 2 else (value, value)
        base["resources"] = {"requests": {resource: request}, "limits": {resource: limit}}


_PLACES = {
    **{option: ("spec", field) for field, option in SPEC_FIELDS.items()},
    "labels": ("metadata", "labels"),
    "annotations": ("metadata", "annotations"),
    "node_selector": ("spec", "nodeSelector"),
    "init_containers": ("spec", "initContainers"),
    "image_pull_secrets": ("spec", "imagePullSecrets"),
    "tolerations": ("spec", "tolerations"),
    "topology_spread_constraints": ("spec", "topologySpreadConstraints"),
    "image_pull_policy": ("base", "imagePullPolicy"),
    "env_from": ("base", "envFrom"),
}
"""Where the server finds the value of an option that its reader refuses."""


# -- what is accepted, and does not arrive


def find_lost(declared: Any, arrived: Any, path: str = "") -> Iterator[str]:
    """Find what stands in one manifest and not in another, which may have more.

    False and zero count as absent, as they do for the server; an empty value says nothing.
    """
    if declared in ("", [], {}, None):
        return
    if isinstance(declared, dict) and isinstance(arrived, dict):
        for key, value in declared.items():
            yield from find_lost(value, arrived.get(key), f"{path}.{key}")
    elif isinstance(declared, list) and isinstance(arrived, list):
        for index, value in enumerate(declared):
            yield from find_lost(value, _counterpart(index, value, arrived), f"{path}[{index}]")
    elif (declared or arrived) and declared != arrived and not _are_equal_amounts(declared, arrived):
        yield f"{path}: {declared!r} became {arrived!r}"


def _counterpart(index: int, item: Any, others: list[Any]) -> Any:
    for identity in ("mountPath", "name"):
        if isinstance(item, dict) and identity in item:
            named = [other for other in others if other.get(identity) == item[identity]]
            return named[-1] if named else None
    return others[index] if index < len(others) else None


def _are_equal_amounts(one: Any, other: Any) -> bool:
    """Compare amounts, of which the server rounds those of cores up to thousandths."""
    try:
        numbers = [Quantity(str(amount)).number for amount in (one, other)]
    except ValueError:
        return False
    return 0 <= numbers[1] - numbers[0] <= Decimal("0.001")
