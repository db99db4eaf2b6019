"""The same DAG file gives the same serialised DAG, every time: else each parse would be a new DAG version."""

from __future__ import annotations

import json

import pytest
from processes import DAGS, output_of, run_python

pytestmark = pytest.mark.any_python

SERIALIZE = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from airflow_lines import serialize
from airflow_provider_k8sexec._compat import load_dag_bag
(dag,) = load_dag_bag(sys.argv[1]).dags.values()
print("\\n" + json.dumps(serialize(dag)["dag"]))
"""


def serialized(seed):
    """Serialise the DAG that uses every option, in a process with this seed of hashes."""
    arguments = ("-c", SERIALIZE, DAGS / "every_option.py", DAGS.parent)
    return json.loads(output_of(run_python(*arguments, PYTHONHASHSEED=seed)).splitlines()[-1])


@pytest.fixture(scope="module")
def both():
    """Serialise twice."""
    return serialized("1"), serialized("2")


def said_of_pods(dag):
    """Give what is serialised of pods: default_args and each task's executor_config, as text."""
    tasks = [item["__var"] for item in dag["tasks"]]
    configs = {task["task_id"]: task.get("partial_kwargs", task)["executor_config"] for task in tasks}
    return json.dumps([dag["default_args"], configs])


def test_every_parse_gives_the_same_bytes(both):
    """Two processes that hash differently write the same pods, down to the order of keys."""
    first, second = map(said_of_pods, both)
    assert first == second


def test_nothing_is_serialised_by_its_address(both):
    """Airflow writes what it cannot serialise as text; of pods, no such text has an address in memory."""
    text = said_of_pods(both[0])
    assert " at 0x" not in text


def test_every_task_keeps_its_pod(both):
    """Each of the tasks has its pod in the serialised DAG, as a V1Pod."""
    dag = both[0]
    assert len(dag["tasks"]) > 10
    assert said_of_pods(dag).count('"__type": "k8s.V1Pod"') == len(dag["tasks"]) + 1
