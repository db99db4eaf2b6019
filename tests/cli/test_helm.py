"""What is laid over a template in Helm's language is there in every rendering, and Helm's own stays."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from airflow_provider_k8sexec.cli.helm_text import (
    HOMES,
    build_values,
    find_template,
    has_actions,
    lay_over,
    read_around_actions,
)
from airflow_provider_k8sexec.exceptions import K8sExecError
from airflow_provider_k8sexec.options.assembly import merge_manifests

CHART = (Path(__file__).parent / "templates" / "chart.yaml").read_text(encoding="utf-8")
ACTION = re.compile(r"\{\{.*?\}\}", re.DOTALL)


def rendered(text: str, *, holds: bool) -> Any:
    """Render a template as Helm does, conditions all alike; an include gives nothing, a value a word."""
    output, branches, position = [], [], 0
    for action in ACTION.finditer(text):
        if all(branches):
            output.append(text[position : action.start()])
        position = action.end()
        inner = action[0].strip("{}- ")
        word = inner.split()[0]
        if word in {"if", "with", "range"}:
            branches.append(holds)
        elif word == "else":
            branches[-1] = not branches[-1] if inner == "else" else False
        elif word == "end":
            branches.pop()
        elif all(branches) and "indent" not in inner and ":=" not in inner and not inner.startswith("/*"):
            output.append("word")
    return yaml.safe_load("".join([*output, text[position:]]))


LAYERS: dict[str, dict[str, Any]] = {
    "resources": {"spec": {"containers": [{"name": "base", "resources": {"limits": {"cpu": "1"}}}]}},
    "labels": {"metadata": {"labels": {"team": "data", "tier": "batch"}}},
    "a variable": {"spec": {"containers": [{"name": "base", "env": [{"name": "A", "value": "b: '{}'"}]}]}},
    "a variable that is there": {
        "spec": {"containers": [{"name": "base", "env": [{"name": "AIRFLOW__CORE__EXECUTOR", "value": "X"}]}]}
    },
    "volumes": {
        "spec": {
            "containers": [{"name": "base", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}],
            "volumes": [{"name": "v", "emptyDir": {}}, {"name": "logs", "emptyDir": {"medium": "Memory"}}],
        }
    },
    "scalars": {
        "spec": {"terminationGracePeriodSeconds": 30, "priorityClassName": "low", "hostNetwork": True}
    },
    "a mount that is there": {
        "spec": {
            "containers": [
                {"name": "base", "volumeMounts": [{"name": "l", "mountPath": "/etc/airflow/airflow.cfg"}]}
            ]
        }
    },
    "sources": {"spec": {"containers": [{"name": "base", "envFrom": [{"configMapRef": {"name": "app"}}]}]}},
    "an empty list": {"spec": {"containers": [{"name": "base", "ports": [{"containerPort": 80}]}]}},
    "annotations, on a condition": {"metadata": {"annotations": {"example.com/egress": "a"}}},
    "a registry, on a condition": {"spec": {"imagePullSecrets": [{"name": "registry"}]}},
    "init containers, on a condition": {"spec": {"initContainers": [{"name": "seed", "image": "s:1"}]}},
    "affinity": {"spec": {"affinity": {"nodeAffinity": {"x": [1, 2]}}}},
    "many things": {
        "metadata": {"namespace": "etl", "labels": {"a": "b", "c": "d"}},
        "spec": {
            "containers": [
                {"name": "base", "imagePullPolicy": "Always", "env": [{"name": "A", "value": ""}]}
            ],
            "volumes": [{"name": "v", "emptyDir": {}}],
            "schedulerName": "volcano",
        },
    },
}


def by_name(manifest: Any) -> Any:
    """Take the order out of lists of named things, which Helm's language does not let one keep."""
    if isinstance(manifest, dict):
        return {key: by_name(value) for key, value in manifest.items()}
    if isinstance(manifest, list):
        return sorted((by_name(item) for item in manifest), key=str)
    return manifest


@pytest.mark.parametrize("holds", [True, False])
@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_a_rendering_is_the_layer_merged_with_the_rendering_of_the_base(layer, holds):
    """To lay over the text and to merge what Helm makes of it comes to the same, whatever holds."""
    text, _ = lay_over(CHART, layer)
    assert by_name(rendered(text, holds=holds)) == by_name(
        merge_manifests(rendered(CHART, holds=holds), layer)
    )


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_every_action_of_helm_is_kept_in_its_order(layer):
    """Nothing of Helm's is lost or changed, but for what is told; no more than other cases are added."""
    text, notes = lay_over(CHART, layer)
    kept = [action for action in ACTION.findall(CHART) if action not in "".join(notes)]
    found = ACTION.findall(text)
    remaining = iter(found)
    assert all(action in remaining for action in kept)
    assert set(Counter(found) - Counter(kept)) <= {"{{- else }}"}


def test_nothing_laid_over_is_the_same_text():
    """An empty layer, and one that the base has already, change no character."""
    assert lay_over(CHART, {}) == (CHART, [])
    assert lay_over(CHART, {"kind": "Pod", "spec": {"containers": [{"name": "base"}]}}) == (CHART, [])


def test_the_lines_of_the_base_are_all_there():
    """Where nothing is replaced, the base's lines stand there as they did, comments included."""
    text, notes = lay_over(CHART, LAYERS["resources"])
    assert notes == []
    lines = iter(text.splitlines())
    assert all(any(line.strip("- ") == given.strip("- ") for given in lines) for line in CHART.splitlines())


def test_what_is_put_in_the_place_of_helms_own_is_told():
    """A value of Helm's that the site replaces is named, with its place."""
    layer = {"spec": {"serviceAccountName": "etl", "securityContext": {"runAsUser": 5}}}
    text, notes = lay_over(CHART, layer)
    assert notes == [
        'spec.serviceAccountName: Helm\'s {{ include "worker.serviceAccountName" . }} is replaced.',
        "spec.securityContext.runAsUser: Helm's {{ .Values.uid }} is replaced.",
    ]
    pod = rendered(text, holds=True)
    assert pod["spec"]["serviceAccountName"] == "etl"
    assert pod["spec"]["securityContext"] == {"runAsUser": 5, "fsGroup": "word"}


def test_what_depends_on_a_condition_is_refused_with_its_line():
    """Where Helm decides which of two things is there, nothing is laid over it; all such places are told."""
    layer = {
        "metadata": {"labels": {"a": "b"}},
        "spec": {
            "containers": [{"name": "base"}, {"name": "shipper", "image": "s:1"}],
            "volumes": [{"name": "dags", "emptyDir": {}}],
        },
    }
    choice = "  {{- with .Values.x }}\n  labels: {}\n  {{- else }}\n  labels:\n"
    chart = CHART.replace("  labels:\n", choice, 1)
    chart = chart.replace("\nspec:\n", "\n  {{- end }}\nspec:\n", 1)
    with pytest.raises(K8sExecError, match=r"line 10: metadata\.labels cannot be laid over") as error:
        lay_over(chart, layer)
    told = str(error.value)
    assert "spec.containers, beside the worker's, cannot be laid over" in told
    assert told.count("spec.volumes['dags'] cannot be laid over") == 2


def test_only_a_condition_has_another_case():
    """What a `with` or a `range` has, or an `if` with an `else`, is refused: the other case is Helm's."""
    base = "kind: Pod\nspec:\n  {{- if .x }}\n  volumes:\n    - name: a\n  {{- end }}\n  hostNetwork: true\n"
    layer = {"spec": {"volumes": [{"name": "b"}]}}
    otherwise = "{{- else }}\n  dnsPolicy: None\n  {{- end }}"
    changes = {"if": "with", "{{- if": "{{- range", "{{- end }}": otherwise}
    for old, new in changes.items():
        with pytest.raises(K8sExecError, match=r"line 4: spec\.volumes cannot"):
            lay_over(base.replace(old, new), layer)
    text, _ = lay_over(base, layer)
    assert rendered(text, holds=True)["spec"]["volumes"] == [{"name": "b"}, {"name": "a"}]
    assert rendered(text, holds=False)["spec"]["volumes"] == [{"name": "b"}]


def test_flow_style_and_nothing_at_all_take_a_layer_too():
    """A base may write maps and lists in braces, or leave a key without a value."""
    base = """
kind: Pod
metadata: {name: a, labels: {x: y}}
spec:
  volumes:
  nodeSelector: {}
  containers: [{name: base, env: [{name: A, value: a}]}]
  tolerations:
    {{- toYaml .Values.tolerations | nindent 6 }}
  initContainers:
    - {name: seed, image: s}
"""
    layer = {
        "metadata": {"labels": {"z": "{}"}},
        "spec": {
            "volumes": [{"name": "v", "emptyDir": {}}],
            "nodeSelector": {"a": "b"},
            "containers": [{"name": "base", "env": [{"name": "B", "value": "b"}]}],
            "tolerations": [{"key": "k", "operator": "Exists"}],
            "initContainers": [{"name": "seed", "image": "t"}],
        },
    }
    text, _ = lay_over(base, layer)
    assert rendered(text, holds=True) == merge_manifests(rendered(base, holds=True) | {}, layer)
    assert "\n      - key: k\n" in text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: b\n{{ end }}", "line 2: {{ end }} ends what has not begun"),
        ("a: b\n{{ if x }}\nc: d", "line 2: what Helm begins there has no end"),
        ("a: b\nc: d: {{ e }}", "line 2: is not YAML"),
        ("- a", "line 1: is not the manifest of a pod"),
        ("", "line 1: is not the manifest of a pod"),
    ],
)
def test_what_helm_could_not_render_is_told_with_its_line(text, said):
    """A base that is broken is an error, and no template."""
    with pytest.raises(K8sExecError, match=re.escape(said)):
        lay_over(text, {"kind": "Pod"})


@pytest.mark.parametrize("path", set(HOMES.values()))
@pytest.mark.parametrize("text", [CHART, "a: b\n", "  a: b\n", 'x: "\\t"\n\n\ny: ö\n', "a: {{ b }}  \n"])
def test_the_values_hold_the_template_letter_by_letter(path, text):
    """The values are YAML, and what Helm reads in them is the template."""
    written = build_values(text, path)
    assert find_template(written) == (path, text)
    values = yaml.safe_load(written)
    for key in path:
        assert list(values) == [key]
        values = values[key]


def test_a_text_without_actions_is_no_template_of_helm():
    """Braces of YAML and of Python are not Helm's."""
    assert has_actions(CHART)
    assert not has_actions("a: {b: {c: d}}")
    assert read_around_actions("a: {{ b }}\nc: d")["c"] == "d"
