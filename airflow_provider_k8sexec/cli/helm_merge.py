"""What is laid over a pod template in Helm's language is merged by Helm, with what the template renders to.

Only Helm knows what a template has: its conditions, its lists, what is included. So the base stays as it is,
letter by letter, named by a ``define``, and so do the options; a program in Helm's language merges the two as
:mod:`~airflow_provider_k8sexec.options.assembly` does, for every release and all its values.
Source: https://helm.sh/docs/chart_template_guide/named_templates/
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.cli.helm_text import check_blocks, is_known, read_document
from airflow_provider_k8sexec.exceptions import K8sExecError
from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER
from airflow_provider_k8sexec.options.manifest_parts import mapping_of, maps_at
from airflow_provider_k8sexec.options.manifests import CONTAINERS, IDENTITIES, PAIRS, WHOLE, Manifest
from airflow_provider_k8sexec.options.paths import write_steps
from airflow_provider_k8sexec.render.yaml_text import to_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_provider_k8sexec.options.paths import Path

    _Pair = tuple[Path, Mapping[str, Any], Mapping[str, Any]]
    """An item of a base, with its path in the spec, and one of the options."""

_RENAME = "rename the options', or remove the base's"
REMEDIES = {
    "volumes": _RENAME,
    "volumeMounts": "mount the options' at another path, or remove the base's",
    "initContainers": _RENAME,
    "containers": _RENAME,
}
"""The lists in which two items of one name, or of one mount path, exclude each other."""

_SHOWN = ("name", "image", "mountPath")
_BASE = "{{- /* `k8sexec template` wrote this: the base, the options, and how they are merged. */ -}}\n"
_BASE += '{{- define "k8sexec.base" }}\n'
_OPTIONS = '\n{{- end }}\n{{- define "k8sexec.options" }}\n'
_PROGRAM = "{{- end }}\n"


def lay_over(base: str, manifest: Manifest) -> str:
    """Lay a manifest over a base in Helm's language: the result renders to both, merged.

    Args:
        base: The text of the base.
        manifest: What is laid over it. What looks like Helm's in it is text.

    Raises:
        K8sExecError: It could not be rendered, or both have a volume, a mount path or a container that
            excludes the other's.
    """
    check_blocks(base)
    clashes = list(_list_clashes(base, manifest))
    if clashes:
        raise K8sExecError("\n".join(clashes))
    if not manifest:
        return base
    rules = {
        "whole": WHOLE,
        "identities": {**{key: [name] for key, name in IDENTITIES.items()}, **PAIRS},
        "containers": CONTAINERS,
        "worker": WORKER_CONTAINER,
        "remedies": REMEDIES,
        "clashes": [],
    }
    options = to_yaml(manifest).replace("{{", '{{ "{{" }}')
    program = (files("airflow_provider_k8sexec.cli") / "helm_merge.tpl").read_text(encoding="utf-8")
    constants = f"{{{{- $rules := fromJson `{json.dumps(rules)}` -}}}}\n"
    return "".join([_BASE, base.rstrip("\n"), _OPTIONS, options, _PROGRAM, constants, program])


def find_base(text: str) -> str:
    """Give the base of a text that :func:`lay_over` has written; any other text is a base."""
    if not text.startswith(_BASE):
        return text
    return text.removeprefix(_BASE).partition(_OPTIONS)[0] + "\n"


def _list_clashes(base: str, manifest: Manifest) -> Iterator[str]:
    """Find what of a manifest excludes what a base has, as far as its text shows it."""
    document = read_document(base)
    over = mapping_of(manifest.get("spec"))
    for path, there, item in _find_pairs(mapping_of(document.content).get("spec"), over):
        key = str(path[-2])
        line = document.find_location("spec", write_steps(path)).removeprefix(", ")
        both = f"the base has {_show(there)}, and the options have another {_show(item)}"
        yield f"{line}: {key}: {both}; {REMEDIES[key]}."


def _find_pairs(spec: object, over: object) -> Iterator[_Pair]:
    """Give each item of a base that another of the options excludes, with its path in the spec."""
    yield from _find_pairs_in("volumes", (), spec, over)
    added = {
        str(item.get("name")): (kind, item) for kind in CONTAINERS for _, item in maps_at((), over, kind)
    }
    for kind in CONTAINERS:
        for path, there in maps_at((), spec, kind):
            of_kind, item = added.get(str(there.get("name")), (kind, {}))
            if of_kind != kind or _is_another(there, item):
                yield path, there, item
            else:
                yield from _find_pairs_in("volumeMounts", path, there, item)


def _find_pairs_in(key: str, path: Path, there: object, over: object) -> Iterator[_Pair]:
    identity = IDENTITIES.get(key, "name")
    items = {str(item.get(identity)): item for _, item in maps_at((), over, key)}
    for here, known in maps_at(path, there, key):
        item = items.get(str(known.get(identity)))
        if item is not None and item != known:
            yield here, known, item


def _is_another(there: Mapping[str, Any], item: Mapping[str, Any]) -> bool:
    """Report whether an item is another container than the base's of its name, and no change of it."""
    is_worker = item.get("name") == WORKER_CONTAINER
    return not is_worker and "image" in item and item["image"] != there.get("image")


def _show(item: Mapping[str, Any]) -> str:
    return json.dumps({key: item[key] for key in _SHOWN if key in item and is_known(item[key])})
