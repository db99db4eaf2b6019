"""Memory from history, as an author declares it: what is built of it, and what is refused."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from airflow_provider_k8sexec import K8sBashOperator, SpecError, SpecWarning, auto, k8s_config
from airflow_provider_k8sexec.pod.annotations import PER_TRY_ANNOTATION

STEPS = [["1Gi", "1Gi"], ["2Gi", "2Gi"], ["3Gi", "3Gi"]]


def annotated(**options: Any) -> dict[str, Any]:
    """Give what the pod of a task is annotated with, and its memory."""
    pod = k8s_config(**options)["pod_override"]
    resources = pod.spec.containers[0].resources
    assert resources.requests == resources.limits == {"memory": "1Gi"}
    return json.loads(pod.metadata.annotations[PER_TRY_ANNOTATION])


@pytest.mark.parametrize(
    ("memory", "history"),
    [
        (auto("1Gi", up_to="3Gi"), "apply"),
        (auto("1Gi", up_to="3Gi", apply=False), "log"),
        ({"auto": {"start": "1Gi", "up_to": "3Gi"}}, "apply"),
        ({"auto": {"start": "1Gi", "up_to": "3Gi", "apply": False}}, "log"),
    ],
)
def test_it_starts_as_a_doubling_after_an_oom_that_history_may_replace(memory, history):
    """The pod requests the start, and its annotation has the amounts without history; likewise in YAML."""
    assert annotated(memory=memory) == {"memory": {"after": "oom", "history": history, "steps": STEPS}}


def test_it_is_shown_as_it_is_written():
    """Errors show what was given."""
    assert repr(auto("1Gi", up_to="3Gi")) == "auto('1Gi', up_to='3Gi')"
    assert repr(auto("1Gi", up_to="3Gi", apply=False)) == "auto('1Gi', up_to='3Gi', apply=False)"


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (
            {"cpu": auto("1", up_to="2")},
            "comes from history, which memory alone can; write for example cpu=per_try(",
        ),
        ({"gpu": auto(1, up_to=2)}, "comes from history, which memory alone can"),
        ({"memory": auto("4Gi", up_to="1Gi")}, "starts above up_to; write memory=auto('1Gi', up_to='4Gi')."),
        ({"memory": auto(1, up_to="1Gi")}, "memory.start=1 is 1 bytes; write start='1Gi'"),
        ({"memory": "auto"}, "has no first amount, and no largest one; write for example memory=auto('1Gi'"),
        ({"memory": auto}, "has no first amount, and no largest one; write for example memory=auto('1Gi'"),
        ({"memory": ("1Gi", auto("1Gi", up_to="2Gi"))}, "the whole value of the option; write memory=auto("),
        ({"memory": auto("1Gi", up_to=4)}, "memory.up_to=4 is 4 bytes"),
        ({"memory": auto("0Gi", up_to="1Gi")}, "starts at 0"),
        ({"memory": auto("1Gi", up_to="2Gi", apply=1)}, "memory.apply=1 is neither True nor False"),
        ({"memory": {"auto": {"start": "1Gi"}}}, "memory['auto']=<dict> has no 'up_to'"),
        ({"memory": {"auto": {"start": "1Gi", "upto": 2}}}, "memory['auto']['upto']=2 is not a key of it"),
        ({"memory": {"auto": {"start": "1Gi", "up_to": "2Gi"}, "apply": False}}, "=False is beside 'auto'"),
        ({"memory": {"auto": "1Gi", "up_to": "2Gi"}}, "memory['auto']='1Gi' is not a mapping; write"),
        ({"memory": {"auto": ["1Gi", "2Gi"]}}, "memory['auto']=['1Gi', '2Gi'] is not a mapping; write"),
        ({"pod_resources": {"memory": auto("1Gi", up_to="2Gi")}}, "differs between tries"),
    ],
)
def test_a_mistake_is_refused_in_the_words_of_the_author(options, problem):
    """What was given, and what to write instead."""
    with pytest.raises(SpecError, match=re.escape(problem)):
        k8s_config(**options)


@pytest.mark.parametrize("switch", ["amend_pods", "watch_pods", "report_usage"])
def test_it_is_refused_where_the_site_has_switched_off_what_it_needs(configure, switch):
    """Without records, or without the hook, it would silently stay at its start."""
    configure(**{switch: "False"})
    with pytest.raises(SpecError, match=rf"comes from history, for which \[k8sexec\] {switch} must be on"):
        k8s_config(memory=auto("1Gi", up_to="3Gi"))


def test_a_task_that_is_never_tried_again_is_warned_of():
    """By history a try may be killed, and another one has to follow."""
    options = {"task_id": "t", "bash_command": "true", "memory": auto("1Gi", up_to="16Gi")}
    with pytest.warns(SpecWarning, match="and retries=0 is one try; write retries=1 or more"):
        K8sBashOperator(**options)
    K8sBashOperator(**options, retries=1)
