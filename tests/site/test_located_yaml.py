"""Every YAML text is read within bounds: aliases, nesting, numbers, length end in one clear error."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from properties import examples

from airflow_provider_k8sexec.cli.helm_text import read_around_actions
from airflow_provider_k8sexec.cli.helm_values import find_template
from airflow_provider_k8sexec.exceptions import K8sExecError
from airflow_provider_k8sexec.options.bounds import LONGEST_TEXT, MOST_VALUES
from airflow_provider_k8sexec.options.declaration import Declaration
from airflow_provider_k8sexec.rules import template_file
from airflow_provider_k8sexec.site.deployment import Deployment
from airflow_provider_k8sexec.site.located_yaml import load_yaml, parse_yaml
from airflow_provider_k8sexec.site.pod_template import load_template
from airflow_provider_k8sexec.site.profiles import parse_profiles

ROOT = Path(__file__).parents[2]
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{below}'] * 9)}]\n"
    for below, name in zip("abcdefg", "bcdefgh", strict=True)
)
MERGES = "a: &a {x: 1}\n" + "".join(
    f"{name}: &{name} {{<<: [{', '.join([f'*{below}'] * 9)}]}}\n"
    for below, name in zip("abcdefg", "bcdefgh", strict=True)
)
LINKS = "x0: &x0 [1]\n" + "".join(f"x{number}: &x{number} [*x{number - 1}]\n" for number in range(1, 3000))
TOO_MUCH = "found more than 50000 values, aliases written out, or more than 100 nested ones"
TEXTS = {
    "aliases of aliases": (BOMB, TOO_MUCH),
    "merges of merges": (MERGES, TOO_MUCH),
    "aliases in a row": (LINKS, TOO_MUCH),
    "itself": ("a: &a [*a]\n", "found an alias inside of what it stands for"),
    "open lists": ("a: " + "[" * 200_000, TOO_MUCH),
    "lists in lists": ("[" * 200_000 + "]" * 200_000, TOO_MUCH),
    "dashes": ("- " * 200_000 + "a", TOO_MUCH),
    "questions": ("? " * 200_000 + "a", TOO_MUCH),
    "many values": ("- 1\n" * (2 * MOST_VALUES + 10), TOO_MUCH),
    "a hexadecimal number": (f"a: 0x{'f' * 5000}\n", "found a number of more than 100 digits"),
    "a number": (f"a: {'9' * 5000}\n", "found a number of more than 100 digits"),
    "a number on base 60": (f"a: 1{':1' * 400_000}\n", "found a number of more than 100 digits"),
    "a number with a point": (f"a: {'9' * 5000}.5\n", "found a number of more than 100 digits"),
    "a long text": ("a: " + "b" * LONGEST_TEXT, f"found more than {LONGEST_TEXT} characters"),
    "half of a letter": ("a: \ud800", "found a character that UTF-8 does not have"),
    "a bell": ("a: \a", "control characters are not allowed"),
    "an unhashable key": ("? [a]\n: b\n", "found unhashable key"),
    "a tag": ("password: !hunter2 x\n", "could not determine a constructor for the tag <hidden>"),
}


@pytest.fixture(autouse=True)
def within_a_second():
    """Ask of every test here that it ends soon; each is far below, on a machine that has time."""
    start = time.process_time()
    yield
    assert time.process_time() - start < 60


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_too_much_is_one_clear_error(name):
    """A text that would take all the time, memory or stack there is has one problem with one reason."""
    text, reason = TEXTS[name]
    start = time.process_time()
    document, (problem,) = parse_yaml("profiles.yaml", text)
    assert time.process_time() - start < 30
    assert document.content is None
    assert reason in str(problem)
    assert len(str(problem)) < 300


@pytest.mark.parametrize("name", TEXTS)
def test_every_reader_is_within_the_same_bounds(name, tmp_path):
    """Profiles, pod templates, bases and Helm values are read by one reader."""
    text, _ = TEXTS[name]
    start = time.process_time()
    _, (problem,) = parse_profiles([("[k8sexec] profiles", text)], lambda _: [])
    assert "cannot be read as YAML" in str(problem)
    file = tmp_path / "template.yaml"
    file.write_text(text, encoding="utf-8", errors="surrogatepass")
    with pytest.raises(K8sExecError, match=r"cannot be read as YAML|holds more than 1048576 bytes"):
        load_template(str(file))
    with pytest.raises(K8sExecError, match=r"line [0-9]+.*: cannot be read as YAML"):
        read_around_actions(text)
    assert find_template(text) is None
    assert time.process_time() - start < 60


def test_no_other_module_reads_yaml():
    """The bounds hold everywhere, because nobody else calls a loader."""
    callers = [
        path.name
        for path in (ROOT / "airflow_provider_k8sexec").rglob("*.py")
        if any(word in path.read_text(encoding="utf-8") for word in ("safe_load", "yaml.load", "full_load"))
    ]
    assert callers == []


def test_aliases_within_the_bounds_are_read():
    """Anchors, aliases and merge keys are part of YAML, and of many sites' files."""
    text = "base: &base {cpu: 1, labels: &labels {team: a}}\nbig:\n  <<: *base\n  labels: *labels\n"
    assert load_yaml(text) == yaml.safe_load(text)
    assert load_yaml(b"") is None


def test_a_large_file_is_read():
    """The bounds are far from what a site writes: a thousand profiles with all there is in them."""
    options = (
        "{cpu: 1, memory: 1Gi, labels: {team: a, stage: b}, tolerations: ['a=b:NoSchedule', 'c:NoSchedule']}"
    )
    text = "".join(f"profile-{number}: {options}\n" for number in range(1000))
    document, problems = parse_yaml("profiles.yaml", text)
    assert problems == []
    assert document.content == yaml.load(text, Loader=yaml.CSafeLoader)
    assert document.find_location("profile-999", "labels['stage']") == "profiles.yaml, line 1000"


TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


@examples(100)
@given(TREES)
def test_what_is_within_the_bounds_is_what_it_was(tree):
    """The bounds change no value."""
    assert load_yaml(yaml.safe_dump(tree)) == tree


def test_a_template_that_was_too_much_is_read_when_it_is_mended(tmp_path):
    """What was found of a file holds as long as the file is the same."""
    file = tmp_path / "template.yaml"
    file.write_text(BOMB, encoding="utf-8")
    (problem,), _ = template_file.check_site_template(str(file), None)
    assert TOO_MUCH in str(problem)
    file.write_text("kind: Pod\n", encoding="utf-8")
    assert load_template(str(file)) == {"kind": "Pod"}


TWICE = """\
kind: Pod
spec:
  containers:
    - name: base
      image: airflow:3
      env: [{name: A, value: "1"}]
      env: [{name: B, value: "2"}]
  restartPolicy: Never
"""


def test_a_key_that_a_pod_template_defines_twice_is_a_mistake(tmp_path):
    """Airflow launches the last of the two, and so does whoever renders; doctor and tasks report the line."""
    file = tmp_path / "template.yaml"
    file.write_text(TWICE, encoding="utf-8")
    (problem,), _ = template_file.check_site_template(str(file), None)
    assert str(problem) == "template, line 7, column 7: env is defined twice; remove one."
    (of_task,), _ = template_file.check_task_template(
        Declaration(pod_template_file=str(file)), Deployment(), None
    )
    assert str(of_task).startswith(
        f"pod_template_file {str(file)!r}: template, line 7, column 7: env is defined twice"
    )
    assert load_template(str(file))["spec"]["containers"][0]["env"] == [{"name": "B", "value": "2"}]


def test_a_key_that_a_base_of_helms_defines_twice_is_refused():
    """Of two keys in two branches of one condition, Helm keeps one."""
    with pytest.raises(K8sExecError, match=r"^line 7, column 7: env is defined twice; remove one\.$"):
        read_around_actions(TWICE)
    branches = "a: 1\n{{- if .Values.b }}\nb: 1\n{{- else }}\nb: 2\n{{- end }}\n"
    assert read_around_actions(branches) == {"a": 1, "b": 2}
    with pytest.raises(K8sExecError, match=r"^line 4, column 1: b is defined twice"):
        read_around_actions(branches.replace("b: 1\n", "b: 1\nb: 3\n"))


def test_values_of_helm_with_two_pod_templates_are_refused():
    """The second is the one that Helm takes, and the first may be the one that people read."""
    text = "airflow:\n  podTemplate: |\n    a: 1\n  podTemplate: |\n    a: 2\n"
    with pytest.raises(K8sExecError, match=r"^line 4, column 3: podTemplate is defined twice; remove one\.$"):
        find_template(text)
    assert find_template("other: 1\nother: 2\n") is None
