"""What the Pod tab shows: pure, and told by nothing but the pod and what is known of the try."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import yaml
from attrs import frozen

from airflow_provider_k8sexec.options.paths import show_path
from airflow_provider_k8sexec.ui.sources import EXECUTOR, TEMPLATE, identify, step_to

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import Path

Sources = Mapping["Path", tuple[str, ...]]
"""What set anything at or below a field, as ``gather_sources`` tells it."""


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


def list_resources(pod: Manifest, sources: Sources) -> list[Resource]:
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


def list_secrets(pod: Manifest, sources: Sources) -> list[SecretUse]:
    """List the secrets that the worker's container gets, by name."""
    return [*_variables(_worker_of(pod), sources), *_files(pod, sources)]


def _worker_of(pod: Manifest) -> Manifest:
    containers: list[Manifest] = (pod.get("spec") or {}).get("containers") or [{}]
    return containers[0]


def _worker_path(worker: Manifest) -> Path:
    return ("spec", "containers", identify(worker))


def _source_of(paths: Iterable[Path], sources: Sources) -> str:
    """Name what set anything at or below some paths."""
    return ", ".join(dict.fromkeys(source for path in paths for source in sources.get(path, ())))


def _variables(worker: Manifest, sources: Sources) -> Iterator[SecretUse]:
    for variable in worker.get("env") or []:
        reference = (variable.get("valueFrom") or {}).get("secretKeyRef")
        if reference:
            source = _source_of([(*_worker_path(worker), "env", identify(variable))], sources)
            yield SecretUse(variable["name"], reference["name"], reference["key"], source)
    for bulk in worker.get("envFrom") or []:
        if bulk.get("secretRef"):
            source = _source_of([(*_worker_path(worker), "envFrom", identify(bulk))], sources)
            yield SecretUse(f"{bulk.get('prefix', '')}*", bulk["secretRef"]["name"], "", source)


def _files(pod: Manifest, sources: Sources) -> Iterator[SecretUse]:
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


def to_yaml(pod: Manifest | list[Any]) -> str:
    """Write a pod as YAML, each value on lines of its own."""
    return yaml.dump(pod, Dumper=_DUMPER, sort_keys=False, width=_NO_WIDTH, allow_unicode=True)


# That of libyaml takes a tenth of the time: two thousand variables would take over half a second.
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_NO_WIDTH = 2**31 - 1
_ONE_LINE = re.compile(r"[ -~]{0,100}\Z")
"""What is one line, whatever YAML makes of it."""


def build_lines(pod: Manifest, shown: Manifest, sources: Sources) -> list[Line]:
    """Write a pod as YAML, and tell what set each line.

    Args:
        pod: The pod.
        shown: What is shown of it.
        sources: What set its fields.
    """
    places = dict(_places(pod, shown, ((), ()), 0))
    lines: list[Line] = []
    place: tuple[Path, Path] = ((), ())
    for number, line in enumerate(to_yaml(shown).splitlines()):
        place = places.get(number, place)
        told = sources.get(place[0], ())
        source = told[0] if len(told) == 1 else ""
        is_first = bool(source) and not (lines and lines[-1].source == source)
        lines.append(Line(line, source, show_path(place[1]), is_first))
    return lines


def _places(
    real: Any, shown: Any, paths: tuple[Path, Path], line: int
) -> Generator[tuple[int, tuple[Path, Path]], None, int]:
    """Give the line where each field begins, the outer ones first: its path, and the path as it is shown.

    The lines are counted, because to parse the YAML again takes longer than all else.

    Returns:
        The line after the last.
    """
    for key, of_real, of_shown, item, shown_item in _children(real, shown):
        inner = (*paths[0], *of_real), (*paths[1], of_shown)
        yield line, inner
        holder: Any = {key: shown_item} if isinstance(shown, dict) else [shown_item]
        if not isinstance(shown_item, (dict, list)) or not shown_item:
            line += _height(holder, key, shown_item)
        elif isinstance(shown, dict):
            # After a key of several lines, what it holds begins beside the last of them.
            below = line + max(_height({key: None}, key) - 1, 1)
            line = yield from _places(item, shown_item, inner, below)
        else:  # begins beside its dash
            line = yield from _places(item, shown_item, inner, line)
    return line


def _height(holder: Any, *words: Any) -> int:
    """Count the lines of a map of one value, or of a list of one."""
    if all(not isinstance(word, str) or _ONE_LINE.match(word) for word in words):
        return 1
    return len(to_yaml(holder).splitlines())


def _children(real: Any, shown: Any) -> Iterator[tuple[Any, Path, str, Any, Any]]:
    """Give what a map or list holds: its key, the steps to it and to what is shown of it, and both."""
    if isinstance(shown, dict):
        for key, item in shown.items():
            yield key, (step_to(key),), step_to(key), real[key], item
    else:
        # Of a list that is hidden there is one item, which stands for all.
        is_whole = len(real) == len(shown)
        for index, item in enumerate(shown):
            of_real = real[index] if is_whole else None
            yield index, (identify(of_real),) if is_whole else (), identify(item), of_real, item


def choose_colours(sources: Iterable[str]) -> dict[str, str]:
    """Give each source the name of a colour: what every pod has is quiet, what this task has stands out."""
    told = (source for source in dict.fromkeys(sources) if source and source not in _QUIET)
    return {**_QUIET, **{source: f"c{number % _COLOURS}" for number, source in enumerate(told)}}


_QUIET = {TEMPLATE: "template", EXECUTOR: "executor"}
_COLOURS = 6
