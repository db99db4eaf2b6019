"""What the Pod tab shows: pure, and told by nothing but the pod and what is known of the try."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml
from attrs import frozen

from airflow_provider_k8sexec.ui.sources import EXECUTOR, TEMPLATE, children_of, identify, show_path, step_to

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from airflow_provider_k8sexec.spec.manifests import Manifest
    from airflow_provider_k8sexec.ui.sources import Path


@frozen
class Resource:
    """One resource of the worker's container.

    Attributes:
        name: Kubernetes' name of it.
        request: What is requested; empty if nothing is.
        limit: What it can have at most; empty if there is no limit.
        source: What set it.
    """

    name: str
    request: str
    limit: str
    source: str


@frozen
class SecretUse:
    """One use of a secret by the worker's container; never its value.

    Attributes:
        place: The variable or the file that gets it.
        secret: The name of the Kubernetes secret.
        key: The key in it; empty for all keys.
        source: What asks for it.
    """

    place: str
    secret: str
    key: str
    source: str


@frozen
class Line:
    """One line of the pod's YAML.

    Attributes:
        text: The line.
        source: What set it; empty where several did, or nothing is set.
        path: The field; empty where there is none.
        is_first: Whether the line above is of another source.
    """

    text: str
    source: str
    path: str
    is_first: bool


def list_resources(pod: Manifest, sources: Mapping[Path, str]) -> list[Resource]:
    """List the resources of the worker's container, those that every pod has first."""
    worker = _worker_of(pod)
    resources = worker.get("resources") or {}
    requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
    place = (*_worker_path(worker), "resources")
    return [
        Resource(
            name,
            str(requests.get(name, "")),
            str(limits.get(name, "")),
            _source_of([(*place, "requests", step_to(name)), (*place, "limits", step_to(name))], sources),
        )
        for name in dict.fromkeys(["cpu", "memory", *requests, *limits])
    ]


def list_secrets(pod: Manifest, sources: Mapping[Path, str]) -> list[SecretUse]:
    """List the secrets that the worker's container gets, by name."""
    return [*_variables(_worker_of(pod), sources), *_files(pod, sources)]


def _worker_of(pod: Manifest) -> Manifest:
    containers: list[Manifest] = (pod.get("spec") or {}).get("containers") or [{}]
    return containers[0]


def _worker_path(worker: Manifest) -> Path:
    return ("spec", "containers", identify(worker))


def _source_of(paths: Iterable[Path], sources: Mapping[Path, str]) -> str:
    """Name what set anything at or below some paths."""
    found = {
        source: None for path in paths for field, source in sources.items() if field[: len(path)] == path
    }
    return ", ".join(found)


def _variables(worker: Manifest, sources: Mapping[Path, str]) -> Iterator[SecretUse]:
    for variable in worker.get("env") or []:
        reference = (variable.get("valueFrom") or {}).get("secretKeyRef")
        if reference:
            source = _source_of([(*_worker_path(worker), "env", identify(variable))], sources)
            yield SecretUse(variable["name"], reference["name"], reference["key"], source)
    for bulk in worker.get("envFrom") or []:
        if bulk.get("secretRef"):
            source = _source_of([(*_worker_path(worker), "envFrom", identify(bulk))], sources)
            yield SecretUse(f"{bulk.get('prefix', '')}*", bulk["secretRef"]["name"], "", source)


def _files(pod: Manifest, sources: Mapping[Path, str]) -> Iterator[SecretUse]:
    volumes = {volume["name"]: volume for volume in (pod.get("spec") or {}).get("volumes") or []}
    for mount in _worker_of(pod).get("volumeMounts") or []:
        volume = volumes.get(mount["name"]) or {}
        source = _source_of([("spec", "volumes", f"[{mount['name']}]")], sources)
        projected = (volume.get("projected") or {}).get("sources") or []
        for secret in [volume.get("secret"), *(part.get("secret") for part in projected)]:
            for item in (secret.get("items") or [{}]) if secret else ():
                name = secret.get("secretName") or secret.get("name")
                yield SecretUse(_file_of(mount, item.get("path", "*")), name, item.get("key", ""), source)


def _file_of(mount: Manifest, path: str) -> str:
    return str(mount["mountPath"]) if mount.get("subPath") else f"{mount['mountPath']}/{path}"


def to_yaml(pod: Manifest) -> str:
    """Write a pod as YAML, each value on lines of its own."""
    return yaml.safe_dump(pod, sort_keys=False, width=float("inf"), allow_unicode=True)


def build_lines(pod: Manifest, sources: Mapping[Path, str]) -> list[Line]:
    """Write a pod as YAML, and tell what set each line."""
    text = to_yaml(pod)
    places = dict(_places(pod, yaml.compose(text, yaml.SafeLoader), ()))
    lines: list[Line] = []
    path: Path = ()
    for number, line in enumerate(text.splitlines()):
        path = places.get(number, path)
        told = {source for field, source in sources.items() if field[: len(path)] == path}
        source = told.pop() if len(told) == 1 else ""
        is_first = bool(source) and not (lines and lines[-1].source == source)
        lines.append(Line(line, source, show_path(path), is_first))
    return lines


def _places(value: Any, node: yaml.Node | None, path: Path) -> Iterator[tuple[int, Path]]:
    """Give the line where each field begins, the outer ones first."""
    starts = [
        key.start_mark.line if isinstance(node, yaml.MappingNode) else child.start_mark.line
        for key, child in _nodes(node)
    ]
    for (key, item), (_, child), line in zip(children_of(value), _nodes(node), starts, strict=True):
        yield line, (*path, key)
        yield from _places(item, child, (*path, key))


def _nodes(node: yaml.Node | None) -> list[tuple[yaml.Node, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        return list(node.value)
    return [(child, child) for child in node.value] if isinstance(node, yaml.SequenceNode) else []


def choose_colours(sources: Iterable[str]) -> dict[str, str]:
    """Give each source the name of a colour: what every pod has is quiet, what this task has stands out."""
    told = (source for source in dict.fromkeys(sources) if source and source not in _QUIET)
    return {**_QUIET, **{source: f"c{number % _COLOURS}" for number, source in enumerate(told)}}


_QUIET = {TEMPLATE: "template", EXECUTOR: "executor"}
_COLOURS = 6
