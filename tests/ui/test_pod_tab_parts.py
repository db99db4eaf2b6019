"""The parts of the Pod tab that know nothing of Airflow: lines, what is hidden, the plot."""

from __future__ import annotations

import datetime as dt
import re
import time
from types import SimpleNamespace

import pytest
import yaml
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from merged_pods import INGREDIENTS, POD

from airflow_provider_k8sexec.diagnosis.codes import CODES
from airflow_provider_k8sexec.diagnosis.sentence import Diagnosis
from airflow_provider_k8sexec.options.paths import iter_children, show_path
from airflow_provider_k8sexec.options.shown import show_pod
from airflow_provider_k8sexec.past_tries.usage_history import build_kept
from airflow_provider_k8sexec.past_tries.usage_record import Usage
from airflow_provider_k8sexec.pod.provenance import Ingredients, gather_origins, resolve_origins
from airflow_provider_k8sexec.ui.measured import History, list_measured
from airflow_provider_k8sexec.ui.page import (
    Resource,
    build_lines,
    build_usages,
    choose_colours,
    list_resources,
    list_secrets,
    read_failure,
    to_yaml,
)
from airflow_provider_k8sexec.ui.plot import HEIGHT, WIDTH, build_plots

STARTED = dt.datetime(2026, 11, 1, tzinfo=dt.timezone.utc)
MEBIBYTE = 1024**2


def test_lines_are_the_yaml_each_with_its_field():
    """All lines together are the YAML of the pod; a line of several origins has none."""
    lines = build_lines(POD, POD, gather_origins(resolve_origins(POD, INGREDIENTS)))
    assert yaml.safe_load("\n".join(line.text for line in lines)) == POD
    by_text = {line.text.strip(): line for line in lines}
    assert by_text["metadata:"].origin == ""
    assert by_text["team: finance"].origin == "default_args of the DAG"
    assert by_text["image: new"].path == "spec.containers[base].image"
    assert by_text["- name: B"].origin == by_text["value: '2'"].origin == "the task"
    assert by_text["- name: B"].is_first
    assert not by_text["value: '2'"].is_first
    assert all(line.indent + line.rest == line.text for line in lines)


_scalars = st.none() | st.booleans() | st.integers() | st.text()
_manifests = st.dictionaries(
    st.text(),
    st.recursive(
        _scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
    ),
    max_size=4,
)


@given(_manifests, _manifests)
def test_lines_hold_whatever_a_pod_may_say(manifest, override):
    """Any manifest has its lines, and they are the YAML of what is shown of it, whatever is in it."""
    shown = show_pod(manifest, [override], lambda _: False)
    origins = resolve_origins(manifest, Ingredients({}, {}, override, {}))
    lines = build_lines(manifest, shown, gather_origins(origins))
    assert [line.text for line in lines] == to_yaml(shown).splitlines()


def begins_of(value, node, field="", path=()):
    """Give the line where each field begins, as YAML's own reader reports it; of several, the innermost."""
    children = iter_children(value, field)
    if isinstance(node, yaml.MappingNode):
        for (key, child), (step, item), field_below in zip(node.value, children, value, strict=True):
            yield key.start_mark.line, (*path, step)
            yield from begins_of(item, child, field_below, (*path, step))
    elif isinstance(node, yaml.SequenceNode):
        for child, (step, item) in zip(node.value, children, strict=True):
            yield child.start_mark.line, (*path, step)
            yield from begins_of(item, child, "", (*path, step))


@given(_manifests)
def test_each_line_has_the_field_that_stands_there(manifest):
    """The fields of the lines are where YAML's own reader finds them, whatever names and texts are in it."""
    begins = dict(begins_of(manifest, yaml.compose(to_yaml(manifest), yaml.SafeLoader)))
    lines = build_lines(manifest, manifest, {})
    assert {number: lines[number].path for number in begins} == {
        number: show_path(path) for number, path in begins.items()
    }


def test_neither_a_line_nor_its_path_has_what_is_hidden():
    """A list of words that is hidden is one line, and what has no name goes by what is shown of it."""
    secret = "c0rrect-horse"  # noqa: S105  # planted
    pod = {
        "spec": {
            "containers": [{"name": "base"}, {"name": "proxy", "command": ["run", secret]}],
            "hostAliases": [{"ip": secret, "hostnames": [secret, secret]}],
        }
    }
    template = Ingredients(pod, {}, {}, {})
    shown = show_pod(pod, [], lambda _: False)
    lines = build_lines(pod, shown, gather_origins(resolve_origins(pod, template)))
    assert secret not in str(lines)
    (command,) = [line for line in lines if "proxy].command[" in line.path]
    assert command.origin == "the pod template"


def test_two_thousand_variables_are_arranged_in_linear_time():
    """The page of a task with very many variables ends soon: its time is linear in them."""
    variables = [{"name": f"VARIABLE_{number}", "value": str(number)} for number in range(2000)]
    pod = {"spec": {"containers": [{"name": "base", "env": variables}]}}
    started = time.process_time()
    origins = gather_origins(resolve_origins(pod, Ingredients({}, {}, pod, {})))
    build_lines(pod, show_pod(pod, [pod], lambda _: False), origins)
    list_secrets(pod, origins)
    assert time.process_time() - started < 30


def test_resources_that_every_pod_has_are_listed_though_they_are_not_set():
    """CPU and memory always have a line; others where they are asked for."""
    pod = {"spec": {"containers": [{"name": "base", "resources": {"limits": {"nvidia.com/gpu": "1"}}}]}}
    path = ("spec", "containers", "[base]", "resources", "limits", "[nvidia.com/gpu]")
    assert list_resources(pod, {path: ("the task",)}) == [
        Resource("cpu", "", "", ""),
        Resource("memory", "", "", ""),
        Resource("nvidia.com/gpu", "", "1", "the task"),
    ]


def test_every_way_to_get_a_secret_is_listed_by_name():
    """Variables, whole secrets, files, projected ones: each with what gets it, and never a value."""
    worker = {
        "name": "base",
        "env": [
            {"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "a"}}},
            {"name": "C", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "c"}}},
        ],
        "envFrom": [{"prefix": "P_", "secretRef": {"name": "all"}}, {"configMapRef": {"name": "c"}}],
        "volumeMounts": [
            {"name": "one", "mountPath": "/run/one", "subPath": "one"},
            {"name": "whole", "mountPath": "/run/whole"},
            {"name": "mixed", "mountPath": "/run/mixed"},
            {"name": "scratch", "mountPath": "/scratch"},
        ],
    }
    projected = {"name": "p", "items": [{"key": "k", "path": "f"}]}
    volumes = [
        {"name": "one", "secret": {"secretName": "s", "items": [{"key": "k", "path": "one"}]}},
        {"name": "whole", "secret": {"secretName": "w"}},
        {"name": "mixed", "projected": {"sources": [{"secret": projected}]}},
        {"name": "scratch", "emptyDir": {}},
    ]
    pod = {"spec": {"containers": [worker], "volumes": volumes}}
    origins = gather_origins(resolve_origins(pod, Ingredients({}, {}, pod, {})))
    uses = list_secrets(pod, origins)
    assert [(use.exposed_as, use.secret, use.key) for use in uses] == [
        ("A", "s", "a"),
        ("P_*", "all", ""),
        ("/run/one", "s", "k"),
        ("/run/whole/*", "w", ""),
        ("/run/mixed/f", "p", "k"),
    ]
    assert set(uses.values()) == {"the task"}


def test_an_empty_pod_has_no_secrets_and_no_lines_of_its_own():
    """A task that asks for nothing can be shown, too."""
    assert list_secrets({}, {}) == {}
    assert [resource.name for resource in list_resources({}, {})] == ["cpu", "memory"]
    assert [line.text for line in build_lines({}, {}, {})] == ["{}"]


def test_what_a_task_has_of_its_own_stands_out():
    """The template's and the executor's fields are quiet; every other origin has a colour."""
    colours = choose_colours(["the pod template", "", "the task", "the executor", "profile 'x'", "the task"])
    assert colours == {
        "the pod template": "template",
        "the executor": "executor",
        "the task": "c0",
        "profile 'x'": "c1",
    }


def make_try(number, peak, *, try_number=1, map_index=-1, request=1024 * MEBIBYTE, **amounts):
    """Make what is kept of a try with a peak, in MiB, as its worker has stored it."""
    usage = Usage(try_number=try_number, memory_peak=peak * MEBIBYTE, memory_request=request, **amounts)
    row = SimpleNamespace(dag_id="d", task_id="t", run_id=f"run-{number}", map_index=map_index, dttm=STARTED)
    return build_kept(row, usage)


def history(*peaks, **amounts):
    """Make runs with these peaks, in MiB."""
    return list_measured([make_try(number, peak, **amounts) for number, peak in enumerate(peaks)])


@given(
    st.lists(st.integers(1, 10**6), min_size=1, max_size=30),
    st.none() | st.integers(1, 10**12),
    st.none() | st.integers(1, 10**12),
    st.floats(0, 1000),
)
def test_the_plots_stay_in_their_frames(peaks, request, limit, cpu):
    """Bars and steps are inside, whatever was used and requested, and higher where more was used."""
    amounts = {"memory_limit": limit, "cpu_seconds": cpu, "seconds": 1.0}
    memory, cores = build_plots(history(*peaks, request=request, **amounts))
    for plot in (memory, cores):
        for bar in plot.bars:
            assert bar.slot >= 0
            assert bar.slot + plot.slot_width <= WIDTH + 0.2
            assert bar.y >= 0
            assert bar.y + bar.height == pytest.approx(HEIGHT, abs=0.2)
        heights = [float(y) for path in (plot.requested, plot.limits) for y in re.findall(r" (\S+)h", path)]
        assert all(0 <= y <= HEIGHT for y in heights)
        assert plot.bars[-1].slot + plot.slot_width == pytest.approx(WIDTH, abs=0.2)
    by_peak = sorted(zip(peaks, (bar.height for bar in memory.bars), strict=True))
    assert [height for _, height in by_peak] == sorted(height for _, height in by_peak)
    assert bool(memory.requested) == bool(request or limit)


def test_the_plots_are_described_in_a_sentence():
    """Who does not see the plot reads how much was used at most, and of what; all read what to write."""
    assert build_plots([]) == ()
    runs = history(300, 200)
    (plot,) = build_plots(runs)
    assert plot.summary == "The last 2 runs used up to 300Mi, of the 1Gi that the last one requested."
    assert [bar.text for bar in plot.bars] == ["run-0: 300Mi of 1Gi", "run-1: 200Mi of 1Gi"]
    (alone,) = build_plots(history(300, request=None))
    assert alone.summary == "The last run used up to 300Mi."


def test_the_axis_has_round_amounts():
    """Its top is above all bars, and it and its middle are amounts that people know."""
    (memory,) = build_plots(history(1100))
    assert memory.ticks == ("2Gi", "1Gi", "0")
    _, cpu = build_plots(history(1, cpu_seconds=3.0, seconds=10.0, cpu_request=0.1))
    assert cpu.ticks == ("0.5", "0.25", "0")


def test_a_limit_far_above_does_not_flatten_the_bars():
    """It is left to the table, where all else would hardly be seen."""
    (near,) = build_plots(history(300, memory_limit=2 * 1024 * MEBIBYTE))
    (far,) = build_plots(history(300, memory_limit=64 * 1024 * MEBIBYTE))
    assert near.limits
    assert (far.limits, far.ticks[0]) == ("", "1Gi")


def test_a_killed_run_and_one_without_cpu_are_named():
    """Neither is shown by a colour or a missing bar alone."""
    runs = (*history(300, oom_kills=1), *history(200, cpu_seconds=3.0, seconds=10.0))
    memory, cpu = build_plots(runs)
    assert memory.bars[0].is_killed
    assert memory.bars[0].text == "run-0: 300Mi of 1Gi, killed at the limit"
    assert cpu.bars[0].text == "run-0: not measured, killed at the limit"


PEAKS = (500, 510, 490, 505, 495, 500, 515, 485, 500, 502, 498, 503, 509)


def test_what_was_suggested_before_each_run_stands_beside_it():
    """It is what the rule makes of the runs before, and nothing before there are ten."""
    kept = [make_try(number, peak, seconds=10.0, cpu_seconds=3.0) for number, peak in enumerate(PEAKS)]
    measured = list_measured(kept)
    assert [run.suggested is None for run in measured] == [True] * 10 + [False] * 3
    for run in measured[10:]:
        assert 500 < run.suggested / MEBIBYTE < 800
        assert run.suggested_cores == pytest.approx(0.35)
    (memory, cpu) = build_plots(measured)
    assert memory.suggested.count("M") == cpu.suggested.count("M") == 3
    assert memory.bars[-1].text.startswith("run-12: 509Mi of 1Gi, suggested ")
    assert build_plots(measured[:10])[0].suggested == ""


def test_a_try_after_an_oom_has_the_next_step():
    """Each try is named and counted; after an OOM of the same instance, more is suggested."""
    kept = [make_try(number, peak) for number, peak in enumerate(PEAKS)]
    killed = {"memory_limit": 640 * MEBIBYTE, "request": 640 * MEBIBYTE, "oom_kills": 1}
    first, second = list_measured([*kept, make_try(99, 640, **killed), make_try(99, 700, try_number=2)])[-2:]
    assert (first.name, second.name) == ("run-99, try 1", "run-99, try 2")
    assert (first.kept.was_killed, second.kept.was_killed) == (True, False)
    assert second.suggested > first.suggested
    (plot,) = build_plots([first, second])
    assert plot.summary == "The last 2 tries used up to 700Mi, of the 1Gi that the last one requested."
    of_others = [make_try(99, 640, map_index=0, **killed), make_try(99, 600, map_index=1)]
    (alone,) = list_measured([*kept, *of_others], map_index=1)
    assert (alone.name, alone.suggested) == ("run-99 [1]", first.suggested)


def test_what_history_suggested_at_launch_is_shown_as_it_was():
    """It is within the bounds of its author, which the records do not have."""
    kept = [make_try(number, peak) for number, peak in enumerate(PEAKS)]
    kept[-1] = evolve(kept[-1], suggested=MEBIBYTE)
    assert list_measured(kept)[-1].suggested == MEBIBYTE


def test_a_failed_try_suggests_nothing():
    """It has used what it needed until it failed, which may be less than it needs."""
    kept = [evolve(make_try(number, 1), ended="Failed") for number in range(30)]
    assert {run.suggested for run in list_measured(kept)} == {None}


def test_a_suggestion_is_an_option_with_its_confidence():
    """Who reads it can write it, and knows how many runs it rests on; few runs suggest nothing."""
    kept = tuple(make_try(number, peak) for number, peak in enumerate(PEAKS))
    usages = build_usages(History(kept))
    assert re.fullmatch(r"memory='\d+Mi'", usages.suggestion)
    enough = r"The first amount is enough for about \d\d % of runs like them\."
    assert re.fullmatch(rf"By the last 13 tries that look alike\. {enough}", usages.confidence)
    few = build_usages(History(kept[:9]))
    assert (few.suggestion, few.confidence) == ("", "No suggestion: too few tries (9 of 10).")


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (
            str(Diagnosis("Drained", "the node was emptied; soon", "set retries=1", "EvictionByEvictionAPI")),
            ("Drained (EvictionByEvictionAPI)", "the node was emptied; soon.", "set retries=1."),
        ),
        ("OOMKilled: no remedy", ("OOMKilled", "no remedy", "")),
        ("Nothing: of ours; at all", ("", "Nothing: of ours; at all", "")),
        ("", ("", "", "")),
    ],
)
def test_a_recorded_sentence_is_taken_apart(sentence, expected):
    """Code, cause and remedy are set apart; a row of another writer is shown as it is."""
    failure = read_failure(sentence)
    assert (failure.head, failure.cause, failure.remedy) == expected
    assert bool(failure.actor) == bool(failure.head)


@given(*[st.text(max_size=50)] * 2, st.sampled_from(sorted(CODES)))
def test_every_sentence_of_a_diagnosis_is_taken_apart(cause, remedy, code):
    """Whatever the parts hold, the remedy is what follows the last semicolon."""
    diagnosis = Diagnosis(code, cause, remedy)
    failure = read_failure(str(diagnosis))
    assert failure.head == code
    assert failure.remedy.rstrip(".") == diagnosis.remedy.rstrip(".")
