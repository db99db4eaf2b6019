"""The package as Airflow sees it: a provider with decorators, options and commands."""

from __future__ import annotations

import importlib
import json
import re
from importlib.metadata import distribution
from importlib.resources import files

import pytest
from airflow.configuration import conf
from airflow_lines import launched_pod, new_dag
from attrs import fields
from jsonschema import validate
from processes import output_of, run_airflow

import airflow_provider_k8sexec
from airflow_provider_k8sexec import K8sBashOperator, k8s_task
from airflow_provider_k8sexec._compat import load_dag_bag
from airflow_provider_k8sexec.provider_info import get_provider_info
from airflow_provider_k8sexec.site.option_table import BOOLEAN, SECTION
from airflow_provider_k8sexec.site.settings import Settings

OPTIONS = get_provider_info()["config"][SECTION]["options"]
DISTRIBUTION = distribution("airflow-provider-k8sexec")


@pytest.mark.any_python
def test_airflow_lists_the_provider():
    """Airflow providers list has the package, its version and its description."""
    output = output_of(run_airflow("providers", "list", "--output", "json"))
    providers = json.loads(output[output.index("[{") :])  # Airflow 3.0 logs to standard output before it
    (ours,) = [item for item in providers if item["package_name"] == "airflow-provider-k8sexec"]
    assert ours["version"] == airflow_provider_k8sexec.__version__
    assert "One line of Python" in ours["description"]


@pytest.mark.any_python
def test_airflow_lists_the_options():
    """Airflow config list has a section [k8sexec] with every option."""
    text = output_of(run_airflow("config", "list", "--section", SECTION))
    _, _, section = text.partition(f"[{SECTION}]\n")
    assert set(re.findall(r"^(?:# )?(\w+) =", section, re.MULTILINE)) == set(OPTIONS)


@pytest.mark.any_python
def test_airflow_describes_the_options():
    """Airflow config list --include-descriptions has a text and an example for each option."""
    flags = ("--include-descriptions", "--include-examples")
    text = output_of(run_airflow("config", "list", "--section", SECTION, *flags))
    for option in OPTIONS.values():
        assert option["description"].split()[0] in text
        assert not option["example"] or str(option["example"]) in text


@pytest.mark.parametrize("schema", ["provider_info.schema.json"])
def test_the_provider_info_follows_airflows_schema(schema):
    """What Airflow asks of a provider's description holds, in the schema of the Airflow that is installed."""
    validate(get_provider_info(), json.loads(files("airflow").joinpath(schema).read_text(encoding="utf-8")))


def test_everything_that_the_provider_info_names_is_there():
    """Each decorator, command and class of the provider's description can be imported."""
    info = get_provider_info()
    names = [item["class-name"] for item in info["task-decorators"]] + info["cli"]
    names += [item["plugin-class"] for item in info.get("plugins", [])]
    for name in names:
        module, _, attribute = name.rpartition(".")
        assert getattr(importlib.import_module(module), attribute) is not None
    assert getattr(importlib.import_module("airflow_provider_k8sexec.decorators"), "k8s_task") is k8s_task  # noqa: B009


def test_every_setting_is_an_option_that_airflow_describes():
    """One table has the options: each is a setting, or a switch that is asked for by itself."""
    switches = {name for name, option in OPTIONS.items() if option["type"] == BOOLEAN}
    assert {attribute.name for attribute in fields(Settings)} == OPTIONS.keys() - switches
    for attribute in fields(Settings):
        default = getattr(Settings(), attribute.name)
        assert str(default or "") == OPTIONS[attribute.name]["default"] or default == {}


def test_the_entry_points_are_there():
    """The package has the entry points by which Airflow and a shell find it, and each can be loaded."""
    groups = {entry_point.group for entry_point in DISTRIBUTION.entry_points}
    assert {"apache_airflow_provider", "airflow.policy", "console_scripts"} <= groups
    for entry_point in DISTRIBUTION.entry_points:
        assert entry_point.load() is not None


def test_the_pod_mutation_hook_is_registered():
    """Airflow's own pod_mutation_hook sets what its merge would lose: our policy is one of its hooks."""
    with new_dag():
        operator = K8sBashOperator(
            task_id="it", bash_command="true", automount_service_account_token=False, cpu=0.5
        )
    assert launched_pod(operator.executor_config)["spec"]["automountServiceAccountToken"] is False


@pytest.mark.parametrize("option", sorted(OPTIONS))
def test_a_variable_of_the_environment_sets_an_option(option, monkeypatch):
    """AIRFLOW__K8SEXEC__<OPTION> says an option, as for every section of Airflow's configuration."""
    monkeypatch.setenv(f"AIRFLOW__K8SEXEC__{option.upper()}", "said")
    assert conf.get(SECTION, option) == "said"


def test_airflow_refuses_what_ends_from_a_trigger_beside_any_listener(tmp_path):
    """Docs/security.md says so: whoever installs this package is to know which of their DAGs that ends."""
    dag_file = tmp_path / "waits.py"
    dag_file.write_text(
        "from airflow_lines import new_dag\n"
        "with new_dag('waits'):\n"
        "    from airflow_provider_k8sexec import _compat\n"
        "    _compat.load_operator('bash', 'BashOperator')("
        "task_id='t', bash_command='true').end_from_trigger = True\n",
        encoding="utf-8",
    )
    (error,) = load_dag_bag(str(dag_file)).import_errors.values()
    assert "Listeners are not supported with end_from_trigger=True" in error
