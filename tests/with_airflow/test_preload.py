"""The kubernetes client is loaded once in the dag-processor, and by the listener in no other process."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

PROGRAM = """
import json, sys
from types import SimpleNamespace
from airflow.listeners.listener import get_listener_manager

manager = get_listener_manager()
for name in [name for name in sys.modules if name.partition(".")[0] == "kubernetes"]:
    del sys.modules[name]  # Airflow 2 has loaded it by now
manager.hook.on_starting(component=SimpleNamespace(**json.loads(sys.argv[1])))
print(json.dumps("kubernetes.client" in sys.modules))
"""


def has_client_after_start(component: dict[str, str], **environ: str) -> bool:
    """Let Airflow's listener manager announce the start of a component, and tell what is loaded then."""
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM, json.dumps(component)]
    done = subprocess.run(command, env={**os.environ, **environ}, capture_output=True, text=True, check=True)  # noqa: S603  # our own program
    return bool(json.loads(done.stdout.splitlines()[-1]))


def test_the_dag_processor_loads_the_client_before_it_forks() -> None:
    """Its children share what the parent has loaded."""
    assert has_client_after_start({"job_type": "DagProcessorJob"})


@pytest.mark.parametrize("component", [{"job_type": "SchedulerJob"}, {"job_type": "TriggererJob"}, {}])
def test_no_other_component_loads_the_client(component: dict[str, str]) -> None:
    """A worker, whose marker has no job type, pays nothing; nor do the scheduler and the triggerer."""
    assert not has_client_after_start(component)


def test_a_site_can_switch_the_preload_off() -> None:
    """``[k8sexec] preload_kubernetes_client`` decides."""
    off = {"AIRFLOW__K8SEXEC__PRELOAD_KUBERNETES_CLIENT": "False"}
    assert not has_client_after_start({"job_type": "DagProcessorJob"}, **off)
