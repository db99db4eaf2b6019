"""A base in Helm's language: what its text shows without Helm, and what is written around it."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from helm_charts import BASES

from airflow_provider_k8sexec.cli import main
from airflow_provider_k8sexec.cli.helm_merge import find_base, lay_over
from airflow_provider_k8sexec.cli.helm_text import has_actions, is_known, read_around_actions
from airflow_provider_k8sexec.cli.helm_values import CHARTS, build_values, find_template
from airflow_provider_k8sexec.exceptions import K8sExecError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.any_line

LAYER = {"metadata": {"labels": {"team": "{{ data }}"}}}


@pytest.mark.parametrize("base", BASES.values(), ids=BASES)
def test_the_base_is_there_letter_by_letter(base: str) -> None:
    """Comments, conditions and spaces of the chart's stay, so that the next version can be compared."""
    written = lay_over(base, LAYER)
    assert base.rstrip("\n") in written
    assert find_base(written) == base
    assert find_base(base) == base
    assert lay_over(base, {}) == base


@pytest.mark.parametrize("base", BASES.values(), ids=BASES)
def test_what_options_hold_is_no_action(base: str) -> None:
    """Whoever reads the written template finds the options as YAML, with Helm's braces escaped."""
    options = lay_over(base, LAYER).partition('{{- define "k8sexec.options" }}\n')[2]
    assert options.startswith("metadata:\n  labels:\n    team: '{{ \"{{\" }} data }}'\n{{- end }}\n")


def test_a_text_without_actions_is_not_in_helms_language() -> None:
    """Braces of YAML and of Python are not Helm's, and neither are those that no brace ends."""
    assert all(map(has_actions, BASES.values()))
    assert not has_actions("a: {b: {c: d}}")
    assert not has_actions("a: '{{'")
    assert not has_actions("a: '{{/* }}'")
    assert read_around_actions("a: '{{'") == {"a": "{{"}


def test_what_is_read_around_actions_is_known_or_not() -> None:
    """What Helm writes is not taken for the text in whose place it is hidden."""
    text = (
        'a: {{ b }}\nc: d\n{{ .k }}: 1\n{{ .long }}: 2\n{{- /* e: }} " */ -}}\ng: "{{ "}}" }}"\n{{ `}}` }}\n'
    )
    read = read_around_actions(text)
    assert {key for key in read if is_known(key)} == {"a", "c", "g"}
    assert [value for value in read.values() if is_known(value)] == ["d", 1, 2]


def test_keys_that_helm_writes_are_not_the_same_key() -> None:
    """Two actions may be as long as one another."""
    assert len(read_around_actions("{{ .k }}: 1\n{{ .l }}: 2\n")) == 1


def test_one_key_in_both_branches_is_one() -> None:
    """Helm keeps one of those in two branches, however deep they are nested; two in one branch are twice."""
    text = "{{ if a }}\na: 1\n{{ else if b }}\n{{ with c }}\na: 2\n{{ else }}\na: 3\n{{ end }}\n{{ end }}\n"
    assert read_around_actions(text) == {"a": 3}
    with pytest.raises(K8sExecError, match=r"^line 6, column 1: a is defined twice"):
        read_around_actions(text.replace("a: 2\n", "a: 2\na: 2\n"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: b\n{{ end }}", "line 2: {{ end }} ends what has not begun"),
        ("a: b\n{{ if x }}\nc: d", "line 2: what Helm begins there has no end"),
        ("a: b\nc: {{ d", "line 2: what Helm begins there has no end"),
        ('a: b\nc: {{ "d }}', "line 2: what Helm begins there has no end"),
        ("a: b\nc: {{- /* d }}", "line 2: what Helm begins there has no end"),
        ("a: b\nc: {{/* d */ e }}", "line 2: what Helm begins there has no end"),
        ('a: b\n{{ define "x" }}{{ end }}', "line 2: a base cannot define a named template"),
        ("{{ if x }}" * 101 + "{{ end }}" * 101, "line 1: what Helm begins there is nested more than 100"),
        ("a: b\nc: d: {{ e }}", "line 2, column 5: cannot be read as YAML"),
        ("a: b\nc: d\nc: e", "line 3, column 1: c is defined twice"),
    ],
)
def test_what_helm_could_not_render_is_an_error_with_its_line(text: str, reason: str) -> None:
    """A base that is broken gives no template."""
    with pytest.raises(K8sExecError, match=re.escape(reason)):
        lay_over(text, LAYER)


CONTAINER = {"name": "base"}
CLASHES: dict[str, tuple[dict[str, Any], str, str]] = {
    "a volume": (
        {"volumes": [{"name": "logs", "emptyDir": {"medium": "Memory"}}]},
        "- name: logs\n      emptyDir",
        'volumes: the base has {"name": "logs"}, and the options have another {"name": "logs"}; rename',
    ),
    "a mount path": (
        {
            "containers": [
                {"name": "base", "volumeMounts": [{"name": "v", "mountPath": "/etc/airflow/airflow.cfg"}]}
            ]
        },
        "- name: config\n          mountPath: /etc/airflow/airflow.cfg",
        'volumeMounts: the base has {"name": "config", "mountPath": "/etc/airflow/airflow.cfg"}, and',
    ),
    "a container": (
        {"initContainers": [{"name": "base", "image": "i:1"}]},
        "- args: []",
        'containers: the base has {"name": "base"}, and the options have another {"name": "base", "image"',
    ),
}


@pytest.mark.parametrize(("spec", "there", "reason"), CLASHES.values(), ids=CLASHES)
def test_what_excludes_what_the_base_shows_is_an_error_that_names_both(
    spec: dict[str, Any], there: str, reason: str
) -> None:
    """With the line of the base, without Helm."""
    base = BASES["astronomer"]
    line = base[: base.index(there)].count("\n") + 1
    with pytest.raises(K8sExecError, match=re.escape(f"line {line}: {reason}")):
        lay_over(base, {"spec": spec})


def test_all_clashes_are_listed_at_once() -> None:
    """Whoever mends one need not meet the next by another run."""
    spec: dict[str, Any] = {}
    for part, _, _ in (CLASHES["a volume"], CLASHES["a mount path"]):
        spec |= part
    with pytest.raises(K8sExecError, match=r"line \d+: volumes: .*\nline \d+: volumeMounts: "):
        lay_over(BASES["astronomer"], {"spec": spec})


def test_what_both_have_alike_is_no_clash() -> None:
    """A base may have been written with the same options; without an image a container is a change."""
    volumes, containers = "[{name: a, emptyDir: {}}]", "[{name: base}, {name: b, image: c}]"
    base = f"kind: Pod\nspec:\n  volumes: {volumes}\n  containers: {containers}\n"
    spec = {
        "volumes": [{"name": "a", "emptyDir": {}}],
        "containers": [{"name": "base", "image": "i"}, {"name": "b", "resources": {}}],
    }
    assert find_base(lay_over(base, {"spec": spec})) == base


HUGE = {
    "open braces": "{{" * 500_000,
    "open comments": "{{/* }}" * 150_000,
    "open strings": '{{ "' * 250_000,
    "escapes": '{{ "' + '\\"' * 500_000,
    "strings": "{{ " + '"a" ' * 250_000,
    "blocks": "{{if}}" * 170_000,
    "one block after another": "{{if}}{{end}}\n" * 70_000,
    "the same key, on conditions": "{{if}}\na: 1\n{{end}}\n" * 25_000,
    "the same key": "a: 1\n" * 20_000 + "{{ b }}",
    "more than a megabyte": "a: {{ b }}\n" * 100_000,
    "nested lists": "a: {{ b }}\nc: " + "[" * 100_000,
}


@pytest.mark.parametrize("text", HUGE.values(), ids=HUGE)
def test_a_hostile_base_is_refused_in_time(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each text takes as long as it is, and gives a short error."""
    path = tmp_path / "base.yaml"
    path.write_text(text, encoding="utf-8")
    start = time.process_time()
    assert main(["template", "--from", str(path), "-o", "helm"]) == 1
    assert time.process_time() - start < 20
    assert 0 < len(capsys.readouterr().err) < 2000


@pytest.mark.parametrize("chart", CHARTS)
@pytest.mark.parametrize(
    "text", [BASES["astronomer"], "a: b\n", "  a: b\n", 'x: "\\t"\n\n\ny: ö\n', "a: {{ b }}  \n"]
)
def test_the_values_hold_the_template_letter_by_letter(chart: str, text: str) -> None:
    """The values are YAML, and what Helm reads in them is the template."""
    written = build_values(text, CHARTS[chart])
    assert find_template(written) == (chart, text)
    values = yaml.safe_load(written)
    for key in CHARTS[chart]:
        assert list(values) == [key]
        values = values[key]


def test_values_with_a_key_twice_are_refused() -> None:
    """Helm takes the last template, and its author may mean another."""
    with pytest.raises(K8sExecError, match=r"^line 2, column 1: podTemplate is defined twice; remove one\.$"):
        find_template("podTemplate: 'a: b'\npodTemplate: 'c: d'\n")


def test_values_without_a_template_are_none_of_a_chart() -> None:
    """The defaults of the charts have none."""
    assert find_template("podTemplate: ~\nairflow: {kubernetesPodTemplate: {stringOverride: ''}}\n") is None
    assert find_template("data:\n  pod_template.yaml: 'a: b'\n") == ("community", "a: b")
    assert find_template("airflow:\n  podTemplate: 'a: b'\n") == ("astronomer", "a: b")
