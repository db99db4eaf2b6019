"""Standard output of each command is its result alone, whatever Airflow, hooks and DAG files print."""

from __future__ import annotations

import json

import pytest
from airflow_lines import HELM_TEMPLATE
from processes import output_of, run_python

pytestmark = pytest.mark.once_a_line

NOISE = """
import logging, os, subprocess, sys
print("printed by", __name__)
sys.__stdout__.write("written past whoever redirects")
logging.getLogger("airflow").warning("logged")
logging.basicConfig(stream=sys.stdout)
logging.getLogger().warning("logged to standard output")
os.write(1, b"through the descriptor")
subprocess.run(["echo", "echoed"])
"""
LOCAL_SETTINGS = """
def task_policy(task):
    print("printed by a policy")

def pod_mutation_hook(pod):
    print("printed by a hook")
"""
DAG_FILE = """
import pendulum
from airflow import DAG
from airflow_provider_k8sexec import k8s_task

with DAG("noisy", start_date=pendulum.datetime(2023, 1, 1), schedule=None):
    @k8s_task(cpu=0.5)
    def extract(): ...
    extract()
"""
RUN_EACH = """
import os, sys
from airflow_provider_k8sexec.cli import main

for command in sys.argv[2:]:
    main([*command.split(), *(["-o", "json"] if not command.startswith("template") else [])])
    sys.stdout.flush()
    os.write(1, sys.argv[1].encode())
"""
COMMANDS = (
    "doctor",
    "render {file}",
    "explain {file} --task extract",
    "lint {file}",
    "check {file}",
    "template --image i:1",
)


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Run all commands in one process, in a noisy installation, and give what each has printed."""
    home = tmp_path_factory.mktemp("home")
    for file, text in {
        "config/airflow_local_settings.py": NOISE + LOCAL_SETTINGS,
        "dags/noisy_dag.py": NOISE + DAG_FILE,
    }.items():
        (home / file).parent.mkdir()
        (home / file).write_text(text, encoding="utf-8")
    commands = [command.format(file=home / "dags/noisy_dag.py") for command in COMMANDS]
    end = "--- the end of a command ---"
    run = run_python(
        "-c",
        RUN_EACH,
        end,
        *commands,
        AIRFLOW_HOME=str(home),
        AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE=str(HELM_TEMPLATE),
        KUBECONFIG=str(home / "none"),
    )
    outputs = output_of(run).split(end)
    assert outputs.pop() == ""
    assert all(
        f"printed by {noise}" in run.stderr for noise in ("airflow_local_settings", "a policy", "a hook")
    )
    return dict(zip((command.partition(" ")[0] for command in COMMANDS), outputs, strict=True))


@pytest.mark.parametrize("command", ["doctor", "render", "explain", "lint", "check"])
def test_json_is_json(command: str, printed: dict[str, str]) -> None:
    """A program reads what -o json prints, and nothing stands before it or after it."""
    assert isinstance(json.loads(printed[command]), list)


def test_a_template_is_a_file(printed: dict[str, str]) -> None:
    """What the command prints can be redirected into a file."""
    assert printed["template"].startswith("apiVersion: v1\n")
    assert "printed" not in printed["template"]
