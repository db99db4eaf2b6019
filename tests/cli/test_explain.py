"""``k8sexec explain``: who set each field of a task's pod, and what that overrode, on real Airflow."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from airflow_lines import HELM_TEMPLATE, deserialize, launched_pod, serialize
from golden_pods import EXAMPLES
from processes import output_of, run_python

from airflow_provider_k8sexec._compat import load_dag_bag
from airflow_provider_k8sexec.cli import main
from airflow_provider_k8sexec.context import forget_context
from airflow_provider_k8sexec.options.paths import show_path
from airflow_provider_k8sexec.pod.field_history import find_fields
from airflow_provider_k8sexec.pod.started import find_started
from airflow_provider_k8sexec.render.executor_pod import render_pod
from airflow_provider_k8sexec.render.explanation import show_rendered_pod

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore:.* is not as k8s_config makes it")

TEMPLATE_VARIABLE = "AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE"
TEMPLATE = "the pod template"
RESOURCES = "spec.containers[base].resources"
DAG_FILE = """
import pendulum
from airflow_provider_k8sexec import K8sBashOperator, k8s_config
from kubernetes.client import models as k8s
try:
    from airflow.sdk import DAG, TaskGroup
    from airflow.providers.standard.operators.bash import BashOperator
except ImportError:
    from airflow import DAG
    from airflow.operators.bash import BashOperator
    from airflow.utils.task_group import TaskGroup

amounts = k8s.V1ResourceRequirements(requests={"cpu": "2"}, limits={"cpu": "2"})
worker = k8s.V1Container(name="base", image="by-hand:1", resources=amounts)
by_hand = k8s.V1Pod(spec=k8s.V1PodSpec(containers=[worker]))
defaults = {"executor_config": k8s_config(profile="gpu", labels={"team": "dag"})}
with DAG("layers", start_date=pendulum.datetime(2023, 1, 1), schedule=None, default_args=defaults):
    with TaskGroup("outer", default_args={"memory": "20Gi", "env_vars": {"A": "outer"}}):
        with TaskGroup("inner", default_args={"env_vars": {"A": "inner"}}):
            K8sBashOperator(task_id="ours", bash_command="true", image="task:1")
            K8sBashOperator.partial(task_id="mapped", image="task:1").expand(bash_command=["true", "false"])
    BashOperator(task_id="inheriting", bash_command="true")
    BashOperator(task_id="by_hand", bash_command="true", executor_config={"pod_override": by_hand})
    BashOperator(task_id="own", bash_command="true", executor_config=k8s_config(cpu=2))
    changed = K8sBashOperator(task_id="changed", bash_command="true", image="task:1")
    changed.executor_config["pod_override"].spec.containers[0].image = "changed:1"
"""


@pytest.fixture
def dag_file(tmp_path: Path) -> Path:
    """Write a DAG whose layers all say something."""
    file = tmp_path / "layers.py"
    file.write_text(DAG_FILE, encoding="utf-8")
    return file


@pytest.fixture
def explain(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the command over a Helm chart's template, and give each task's fields by their paths."""
    monkeypatch.setenv(TEMPLATE_VARIABLE, str(HELM_TEMPLATE))
    monkeypatch.setenv("AIRFLOW__K8SEXEC__POD_OPTIONS", '{"labels": {"team": "site", "site": "a"}}')
    forget_context()

    def run(*arguments: object) -> dict[str, dict[str, Any]]:
        capsys.readouterr()
        assert main(["explain", *map(str, arguments), "--all", "-o", "json"]) == 0
        report = json.loads(capsys.readouterr().out)
        return {task["task"]: {field["field"]: field for field in task["fields"]} for task in report}

    return run


def test_every_layer_is_named_with_what_it_overrode(explain: Any, dag_file: Path) -> None:
    """Template, executor, site, profile, DAG, task groups, task: each is told for what it set last."""
    (fields,) = explain(dag_file, "--task", "outer.inner.ours").values()
    places = {
        "spec.serviceAccountName": TEMPLATE,
        "metadata.labels.dag_id": "the executor",
        "metadata.labels.site": "[k8sexec] pod_options",
        "metadata.labels.team": "default_args of the DAG",
        f"{RESOURCES}.limits.cpu": "profile 'gpu'",
        f"{RESOURCES}.limits.memory": "default_args of the task group 'outer'",
        "spec.containers[base].env[A]": "default_args of the task group 'outer.inner'",
        "spec.containers[base].image": "the task",
    }
    assert {path: fields[path]["set_by"] for path in places} == places
    assert fields["metadata.labels.team"]["overrode"] == [
        {"set_by": "[k8sexec] pod_options", "value": "site"}
    ]
    assert fields[f"{RESOURCES}.limits.memory"]["overrode"] == [
        {"set_by": TEMPLATE, "value": "2Gi"},
        {"set_by": "profile 'gpu'", "value": "16Gi"},
    ]
    assert fields["spec.containers[base].env[A]"]["overrode"] == [
        {"set_by": "default_args of the task group 'outer'", "value": "outer"}
    ]


def test_what_a_layer_took_away_is_told(explain: Any, dag_file: Path) -> None:
    """The template's limit that an override without one drops has no value, and the task as its place."""
    (fields,) = explain(dag_file, "--task", "by_hand").values()
    assert fields[f"{RESOURCES}.limits.memory"] == {
        "field": f"{RESOURCES}.limits.memory",
        "value": None,
        "set_by": "the task",
        "overrode": [{"set_by": TEMPLATE, "value": "2Gi"}],
    }


def test_the_values_are_those_of_the_pod_that_would_be_launched(explain: Any, dag_file: Path) -> None:
    """Every field of the rendered pod is there, with its value, and no other."""
    for task in load_dag_bag(str(dag_file)).dags["layers"].tasks:
        (fields,) = explain(dag_file, "--task", task.task_id).values()
        there = {path: field["value"] for path, field in fields.items() if field["value"] is not None}
        pod = render_pod(task.dag_id, task.task_id, task.executor_config)
        shown = show_rendered_pod(pod, task.executor_config)
        assert there == {show_path(path): value for path, value in find_fields(shown)}
        assert [*there] == [show_path(path) for path, _ in find_fields(pod)]


@pytest.mark.parametrize(
    ("task", "path", "place"),
    [
        ("outer.inner.mapped", f"{RESOURCES}.limits.cpu", "profile 'gpu'"),
        ("outer.inner.mapped", "spec.containers[base].image", "the task"),
        ("inheriting", "metadata.labels.team", "default_args of the DAG"),
        ("inheriting", f"{RESOURCES}.limits.cpu", "profile 'gpu'"),
        ("by_hand", "spec.containers[base].image", "the task"),
        ("changed", "spec.containers[base].image", "the task"),
    ],
)
def test_every_kind_of_task_can_be_explained(
    explain: Any, dag_file: Path, task: str, path: str, place: str
) -> None:
    """Mapped tasks, operators that inherit an executor_config, hand-written overrides, and changed ones."""
    (fields,) = explain(dag_file, "--task", task).values()
    assert fields[path]["set_by"] == place


def test_what_a_hook_sets_is_the_hooks(explain: Any, dag_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The site's pod_mutation_hook has the last word, and what it replaced is listed."""

    def set_image(pod: Any) -> None:
        pod.spec.containers[0].image = "hook:1"

    monkeypatch.setattr("airflow.settings.pod_mutation_hook", set_image)
    (fields,) = explain(dag_file, "--task", "by_hand").values()
    assert fields["spec.containers[base].image"]["set_by"] == "pod_mutation_hook"
    overrode = fields["spec.containers[base].image"]["overrode"]
    assert overrode[-1] == {"set_by": "the task", "value": "by-hand:1"}


def test_a_false_that_the_merge_loses_is_the_tasks(
    explain: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This package's own hook puts it back: it was the task that requested it."""
    template = yaml.safe_load(HELM_TEMPLATE.read_text(encoding="utf-8"))
    template["spec"]["automountServiceAccountToken"] = True
    (tmp_path / "template.yaml").write_text(yaml.safe_dump(template), encoding="utf-8")
    monkeypatch.setenv(TEMPLATE_VARIABLE, str(tmp_path / "template.yaml"))
    file = tmp_path / "hooked.py"
    text = DAG_FILE.replace("k8s_config(cpu=2)", "k8s_config(automount_service_account_token=False)")
    file.write_text(text, encoding="utf-8")
    (fields,) = explain(file, "--task", "own").values()
    assert fields["spec.automountServiceAccountToken"] == {
        "field": "spec.automountServiceAccountToken",
        "value": False,
        "set_by": "the task",
        "overrode": [{"set_by": TEMPLATE, "value": True}],
    }


def test_a_task_that_inherits_its_config_names_who_has_it(
    explain: Any, dag_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Airflow hands a hand-written one of default_args on as a whole: that is where to change it."""
    made = 'k8s_config(profile="gpu", labels={"team": "dag"})'
    dag_file.write_text(DAG_FILE.replace(made, '{"pod_override": by_hand}'), encoding="utf-8")
    assert main(["explain", str(dag_file), "--task", "inheriting", "-o", "json"]) == 0
    (task,) = json.loads(capsys.readouterr().out)
    assert task["inherited_from"] == "default_args of the DAG"
    assert explain(dag_file, "--task", "own")
    assert main(["explain", str(dag_file), "--task", "inheriting"]) == 0
    assert (
        "layers.inheriting: its executor_config comes from default_args of the DAG."
        in capsys.readouterr().err
    )


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.py")), ids=lambda file: file.stem)
def test_every_example_can_be_explained(file: Path, explain: Any) -> None:
    """A worker has fields of the template, the executor and its task; a started pod, of its task alone."""
    (dag,) = load_dag_bag(str(file)).dags.values()
    for task in dag.tasks:
        (fields,) = explain(file, "--dag", dag.dag_id, "--task", task.task_id).values()
        places = {field["set_by"] for field in fields.values()}
        assert ({"the task"} if find_started(task) else {TEMPLATE, "the executor"}) < places


@pytest.mark.any_python
def test_the_table_has_a_line_for_each_field_that_is_set() -> None:
    """People get the fields that somebody has set, in columns."""
    program = "from airflow_provider_k8sexec.cli import main; raise SystemExit(main())"
    arguments = ("explain", EXAMPLES / "example_profiles.py", "--task", "train")
    run = run_python("-c", program, *arguments, **{TEMPLATE_VARIABLE: str(HELM_TEMPLATE)})
    lines = output_of(run).splitlines()
    rows = [[cell.strip() for cell in line.split("|")] for line in lines if "|" in line]
    assert not {TEMPLATE, "the executor"} & {row[2] for row in rows}
    assert rows[0] == ["field", "value", "set by", "overrode"]
    at = rows.index([f"{RESOURCES}.limits.memory", "20Gi", "the task", "2Gi of the pod template"])
    assert [row[3] for row in rows[at + 1 : at + 3]] == [
        "16Gi of profile 'gpu'",
        "18Gi of profile 'gpu-large'",
    ]
    assert [
        "spec.nodeSelector[astronomer.io/node-pool]",
        "(removed)",
        "profile 'gpu'",
        "airflow of the pod template",
    ] in rows


def test_a_value_of_the_template_is_hidden_where_it_stands_and_where_it_was_overridden(
    explain: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each layer's own values are told to its authors; of the template's, that there was one."""
    template = yaml.safe_load(HELM_TEMPLATE.read_text(encoding="utf-8"))
    template["spec"]["containers"][0]["env"] = [
        {"name": name, "value": "c0rrect-horse"} for name in ("A", "PGPASS")
    ]
    (tmp_path / "template.yaml").write_text(yaml.safe_dump(template), encoding="utf-8")
    monkeypatch.setenv(TEMPLATE_VARIABLE, str(tmp_path / "template.yaml"))
    file = tmp_path / "layers.py"
    file.write_text(DAG_FILE, encoding="utf-8")
    (fields,) = explain(file, "--task", "outer.inner.ours").values()
    assert "c0rrect-horse" not in str(fields)
    assert fields["spec.containers[base].env[PGPASS]"]["value"] == "<hidden>"
    assert fields["spec.containers[base].env[A]"]["overrode"] == [
        {"set_by": TEMPLATE, "value": "<hidden>"},
        {"set_by": "default_args of the task group 'outer'", "value": "outer"},
    ]
    assert fields["spec.containers[base].args"]["value"] == ["<hidden>"]


def test_a_task_is_asked_for(capsys: pytest.CaptureFixture[str], dag_file: Path) -> None:
    """--task is needed, and one that is not there is told."""
    with pytest.raises(SystemExit, match="2"):
        main(["explain", str(dag_file)])
    assert "--task" in capsys.readouterr().err
    assert main(["explain", str(dag_file), "--task", "none"]) == 1
    assert "has no task 'none'; it has by_hand, " in capsys.readouterr().err


def test_the_serialised_dag_tells_who_set_what(explain: Any, dag_file: Path) -> None:
    """The UI reads it from the database alone: the fields that others than the task have set, by place."""
    (fields,) = explain(dag_file, "--task", "outer.inner.ours").values()
    for name in ("outer.inner.ours", "outer.inner.mapped"):
        dag = load_dag_bag(str(dag_file)).dags["layers"]
        config = deserialize(serialize(dag)).get_task(name).executor_config
        layers = config["k8sexec"]["layers"]
        assert layers == {path: fields[path]["set_by"] for path in layers}
        assert set(layers.values()) == {
            "[k8sexec] pod_options",
            "profile 'gpu'",
            "default_args of the DAG",
            "default_args of the task group 'outer'",
            "default_args of the task group 'outer.inner'",
        }


def test_the_executor_ignores_who_set_what(dag_file: Path) -> None:
    """With the key and without it, the KubernetesExecutor launches the same pod."""
    dag = load_dag_bag(str(dag_file)).dags["layers"]
    config = dict(dag.get_task("outer.inner.ours").executor_config)
    without = {key: value for key, value in config.items() if key != "k8sexec"}
    assert without.keys() == config.keys() - {"k8sexec"} != config.keys()
    assert launched_pod(config) == launched_pod(without)
