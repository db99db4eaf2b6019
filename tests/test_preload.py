"""The dag-processor loads once what its children need to parse, and no other process loads it for them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from processes import DAGS, output_of, run_python

from airflow_provider_k8sexec._compat import AIRFLOW_3

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.any_python

START = """
import importlib, json, sys

importlib.import_module(sys.argv[1])
for name in [name for name in sys.modules if name.partition(".")[0] == "kubernetes"]:
    del sys.modules[name]  # Airflow 2 has loaded it by now
{start}
loaded = [name for name in sys.modules if name.startswith(("airflow_provider_k8sexec.", "kubernetes."))]
print("\\n" + json.dumps(loaded))
"""
START_JOB = "from airflow.jobs.job import Job; Job()  # as the command does"
START_TASK = """
from airflow.sdk.execution_time.task_runner import TaskRunnerMarker
from airflow_provider_k8sexec._compat import _import_first
get_listener_manager = _import_first(
    "airflow.sdk.listener:get_listener_manager",  # from 3.2 on
    "airflow.listeners.listener:get_listener_manager",
)
get_listener_manager().hook.on_starting(component=TaskRunnerMarker())
"""
PARSE = """
from airflow_provider_k8sexec._compat import load_dag_bag
from airflow.serialization import serialized_objects
had = set(sys.modules)
bag = load_dag_bag({path!r})  # which runs the policy as well
assert bag.dags and not bag.import_errors, bag.import_errors
serialiser = getattr(serialized_objects, "DagSerialization", serialized_objects.SerializedDAG)  # from 3.2 on
for dag in bag.dags.values():
    serialiser.to_dict(dag)
for name in had:
    sys.modules.pop(name)  # what is left was not there before
"""
COMMAND = "airflow.cli.commands.{}_command"
WORKER = (
    ("airflow.sdk.execution_time.task_runner", START_TASK)
    if AIRFLOW_3
    else (COMMAND.format("task"), START_JOB)  # which Airflow 2 runs
)


def loaded_after_start(module: str, start: str = START_JOB, **environ: str) -> set[str]:
    """Start a component as its command does, and tell what is loaded of the client and of this package.

    Args:
        module: What the command line of Airflow has loaded for the component.
        start: What it then does.
        **environ: The environment.
    """
    run = run_python("-c", START.format(start=start), module, **environ)
    return set(json.loads(output_of(run).splitlines()[-1]))


def test_the_dag_processor_loads_what_parsing_needs() -> None:
    """Its children share what the parent has loaded: the client, the decorators, the rules."""
    loaded = loaded_after_start(COMMAND.format("dag_processor"))
    assert {
        "kubernetes.client",
        "airflow_provider_k8sexec.decorators",
        "airflow_provider_k8sexec.rules",
    } <= loaded


def test_a_parse_imports_nothing_more_of_this_package(tmp_path: Path) -> None:
    """No child of the dag-processor imports any, be it for layers, a profile, rules or default amounts."""
    (tmp_path / "rules.yaml").write_text("max: {memory: 64Gi}\ndefault: {cpu: 1}\n", encoding="utf-8")
    site = {
        "AIRFLOW__K8SEXEC__POLICY": "fix",
        "AIRFLOW__K8SEXEC__POLICY_RULES": str(tmp_path / "rules.yaml"),
        "AIRFLOW__K8SEXEC__POD_OPTIONS": '{"labels": {"team": "data"}}',
    }
    parse = PARSE.format(path=str(DAGS / "every_option.py"))
    loaded = loaded_after_start(COMMAND.format("dag_processor"), f"{START_JOB}\n{parse}", **site)
    by_airflow = {"airflow_provider_k8sexec.provider_info"}  # Airflow 2.11 lists providers as it serialises
    assert sorted(name for name in loaded - by_airflow if name.startswith("airflow_provider_k8sexec")) == []


@pytest.mark.parametrize("component", ["scheduler", "triggerer"])
def test_no_other_job_loads_anything(component: str) -> None:
    """The scheduler and the triggerer pay nothing."""
    loaded = loaded_after_start(COMMAND.format(component))
    assert "kubernetes.client" not in loaded
    assert "airflow_provider_k8sexec.authoring.attach" not in loaded


def test_a_worker_that_starts_loads_nothing() -> None:
    """A worker, which listeners are told of as well, pays nothing."""
    loaded = loaded_after_start(*WORKER)
    assert "kubernetes.client" not in loaded
    assert "airflow_provider_k8sexec.authoring.attach" not in loaded


def test_a_site_can_switch_the_preload_off() -> None:
    """``[k8sexec] preload_kubernetes_client`` decides."""
    off = {"AIRFLOW__K8SEXEC__PRELOAD_KUBERNETES_CLIENT": "False"}
    loaded = loaded_after_start(COMMAND.format("dag_processor"), **off)
    assert "kubernetes.client" not in loaded
    assert "airflow_provider_k8sexec.authoring.attach" not in loaded
