"""Per-try values and the rules: every step is checked, each is reached, and each can be taken."""

from __future__ import annotations

import json
from typing import Any

import pendulum
import pytest
from started_pods import make as make_started
from started_pods import start

from airflow_provider_k8sexec import K8sBashOperator, K8sPodOperator, SpecWarning, k8s_config, per_try
from airflow_provider_k8sexec.exceptions import SpecError
from airflow_provider_k8sexec.site_policy.validate import validate

try:
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow import DAG

SPOT, ON_DEMAND = {"pool": "spot"}, {"pool": "on-demand"}
START = pendulum.datetime(2026, 1, 1, tz="UTC")


def problems_of(**options: Any) -> list[str]:
    """Give what is wrong with the options of a task."""
    with pytest.raises(SpecError, match="problem") as caught:
        k8s_config(**options)
    return [str(problem) for problem in caught.value.problems]


def make(**options: Any) -> Any:
    """Make a task with enough retries."""
    with DAG("etl", start_date=START, schedule=None):
        return K8sBashOperator(task_id="load", bash_command="true", **{"retries": 5, **options})


def test_every_step_of_every_field_is_checked_at_once() -> None:
    """A wrong value of a later step fails the DAG as it is parsed, and not the third try at night."""
    found = problems_of(
        memory=per_try("1Gi", ("3Gi", "2Gi"), after="oom"),
        node_selector=per_try(SPOT, {"pool": "x!"}, after="disruption"),
        tolerations=per_try(["a"], ["b", {"key": "x", "operator": "Some"}], after="disruption"),
        priority_class_name=per_try("low", "high", "N O", after="oom"),
        affinity=per_try({}, {"nodeAffinity": {"foo": 1}}),
    )
    assert sorted(problem.partition("=")[0] for problem in found) == [
        "affinity[try 2]['nodeAffinity']['foo']",
        "memory[after 1 OOM]",
        "node_selector[after 1 disruption]['pool']",
        "priority_class_name[after 2 OOMs]",
        "tolerations[after 1 disruption][1]",
    ]


def test_a_mistake_that_every_step_has_is_one_problem() -> None:
    """What a plain value has wrong is not repeated for each step that it is part of."""
    config = {"spec": {"nodeSelector": {"disk": "s s d"}}}
    found = problems_of(node_selector=per_try(SPOT, ON_DEMAND, {}), pod_override=config)
    assert [problem.partition("=")[0] for problem in found] == [
        "pod_override['spec']['nodeSelector']['disk']"
    ]


RULES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (
        {"max": {"memory": "8Gi"}},
        {"memory": per_try("1Gi", "16Gi", after="oom")},
        "memory limit[after 1 OOM]='16Gi' is above the site's maximum, 8Gi",
    ),
    (
        {"node_selectors": {"pool": ["spot"]}},
        {"node_selector": per_try(SPOT, ON_DEMAND, after="disruption")},
        "node_selector[after 1 disruption]['pool']='on-demand'",
    ),
]


@pytest.mark.parametrize(("rules", "options", "problem"), RULES)
def test_the_site_s_rules_hold_for_every_step(
    configure: Any, rules: dict[str, Any], options: dict[str, Any], problem: str
) -> None:
    """The policy refuses as the DAG is parsed what the launch would refuse in a later try."""
    configure(policy="warn", policy_rules=json.dumps(rules))
    (error,) = validate(make(**options)).errors
    assert str(error).startswith(problem)


def test_steps_that_the_site_allows_are_no_problem(configure: Any) -> None:
    """Spot first and on-demand after, where both pools may be used, is right."""
    configure(policy="warn", policy_rules=json.dumps({"node_selectors": {"pool": ["*"]}}))
    assert not validate(make(node_selector=per_try(SPOT, ON_DEMAND, after="disruption"))).errors


@pytest.mark.parametrize(
    ("options", "warning"),
    [
        (
            {"memory": per_try("1Gi", "2Gi", "4Gi", after="oom")},
            (
                "memory=per_try('1Gi', '2Gi', '4Gi', after='oom') has its last step after 2 OOMs, which "
                "takes 3 tries"
            ),
        ),
        (
            {"priority_class_name": per_try("a", "b", "c")},
            "priority_class_name=per_try('a', 'b', 'c') has values for 3 tries",
        ),
        (
            {"node_selector": per_try(SPOT, ON_DEMAND, {}, after="disruption")},
            (
                "node_selector=per_try({'pool': 'spot'}, {'pool': 'on-demand'}, {}, after='disruption') has "
                "its last step after 2 disruptions, which takes 3 tries"
            ),
        ),
    ],
)
def test_retries_that_reach_no_step_are_warned_of(options: dict[str, Any], warning: str) -> None:
    """Whatever a step is taken after, each takes a try."""
    with pytest.warns(SpecWarning, match="task 'load' of DAG 'etl'") as caught:
        make(retries=1, **options)
    rest = ", and with retries=1 the task has 2; write retries=2."
    assert [str(item.message).partition(": ")[2] for item in caught] == [warning + rest]


def test_steps_are_explained_where_the_site_does_not_amend_pods(configure: Any) -> None:
    """Without the hook, every try has the first value, and nothing else would say so."""
    configure(amend_pods="False")
    found = validate(make(memory=per_try("1Gi", "2Gi"), node_selector=per_try(SPOT, ON_DEMAND))).warnings
    reason = "has per-try values, and the site has [k8sexec] amend_pods = False: all tries have the first"
    remedy = "write one value, or ask the site for amend_pods = True."
    assert [str(problem) for problem in found if problem.code == "K8S107"] == [
        f"memory {reason}; {remedy}",
        f"node_selector {reason}; {remedy}",
    ]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"memory": per_try("1Gi", "2Gi", after="oom")}, "memory.after='oom'"),
        (
            {"node_selector": per_try(SPOT, ON_DEMAND, after="disruption")},
            "node_selector.after='disruption'",
        ),
    ],
)
def test_a_pod_that_a_task_starts_takes_steps_by_its_try_alone(options: dict[str, Any], field: str) -> None:
    """The worker that starts the pod cannot know how earlier tries ended, so that no step would be taken."""
    with pytest.raises(SpecError, match="does not know how tries ended") as caught:
        K8sPodOperator(task_id="job", image="etl:1", retries=1, **options)
    reason = "has no effect on a pod that the task starts: its worker does not know how tries ended"
    (problem,) = caught.value.problems
    assert str(problem) == f"{field} {reason}; remove after=, so that each try takes the next step."


def test_a_pod_that_a_task_starts_has_the_placement_of_its_try() -> None:
    """By the number of the try, the operator itself places its pod elsewhere."""
    task = make_started(
        node_selector=per_try(SPOT, ON_DEMAND), priority_class_name=per_try("low", "high"), retries=1
    )
    placed = [start(task, number)["spec"] for number in (1, 2)]
    assert [(spec["nodeSelector"], spec["priorityClassName"]) for spec in placed] == [
        (SPOT, "low"),
        (ON_DEMAND, "high"),
    ]
