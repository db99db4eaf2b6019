"""Jinja templates and results of other tasks in the options of a worker, which Airflow does not render."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_k8sexec import EmptyDir, K8sBashOperator, SpecError, k8s_config, k8s_task, per_try

TEMPLATE = "{{ var.value.amount }}"
OPTIONS: dict[str, Any] = {
    "memory": TEMPLATE,
    "cpu": (TEMPLATE, 1),
    "gpu": TEMPLATE,
    "shared_memory": TEMPLATE,
    "image": TEMPLATE,
    "namespace": TEMPLATE,
    "service_account_name": TEMPLATE,
    "labels": {"a": TEMPLATE},
    "node_selector": {"a": TEMPLATE},
    "active_deadline_seconds": TEMPLATE,
    "volumes": {"/a": EmptyDir(size=TEMPLATE)},
    "profile": TEMPLATE,
    "ephemeral_storage": per_try("1Gi", TEMPLATE),
    "pod_override": {"spec": {"priorityClassName": TEMPLATE}},
}
NOT_RENDERED = ("service_account_name", "active_deadline_seconds", "profile", "pod_override")


@pytest.mark.parametrize("name", OPTIONS)
def test_a_template_is_refused_as_one(name: str) -> None:
    """Not as a wrong quantity or name, whose remedy would lead nowhere."""
    with pytest.raises(
        SpecError, match="is a Jinja template, and no option of a worker's pod is a template"
    ) as error:
        k8s_config(**{name: OPTIONS[name]})
    (problem,) = error.value.problems
    assert problem.code == "K8S406"
    assert "write the value itself" in problem.remedy
    assert (f"use K8sPodOperator, which renders {name} for" in problem.remedy) == (name not in NOT_RENDERED)


@pytest.mark.parametrize(
    ("options", "source"),
    [
        ({"memory": "{{ params.size }}"}, "from_param('size')"),
        ({"image": '{{ params["image"] }}'}, "from_param('image')"),
        ({"cpu": "{{dag_run.conf['cores']}}"}, "from_param('cores')"),
        ({"memory": "{{ ti.xcom_pull('plan') }}"}, "from_xcom('plan')"),
        ({"gpu": "{{ ti.xcom_pull(task_ids='g.plan', key='gpu') }}"}, "from_xcom('g.plan', key='gpu')"),
        ({"labels": {"team": "{{ params.team }}"}}, "from_param('team')"),
    ],
)
def test_a_template_of_a_param_or_an_xcom_leads_to_what_reads_it(options: Any, source: str) -> None:
    """The scheduler can read both as it launches the pod, and who writes a template does not know that."""
    with pytest.raises(SpecError) as error:
        k8s_config(**options)
    (problem,) = error.value.problems
    assert problem.code == "K8S406"
    assert problem.remedy.startswith(f"write {source}, which the scheduler reads as it launches the pod")


@pytest.mark.parametrize("name", ["namespace", "shared_memory", "service_account_name"])
def test_the_result_of_a_task_is_refused_as_one(name: str) -> None:
    """The pod is made before the task runs, and the type of Airflow's object says nothing to an author."""
    result = k8s_task(task_id="plan")(lambda: 1)()
    with pytest.raises(
        SpecError, match="is known only as a task runs, and no option of a worker's pod"
    ) as error:
        K8sBashOperator(task_id="t", bash_command="true", **{name: result})
    assert [problem.code for problem in error.value.problems] == ["K8S406"]
