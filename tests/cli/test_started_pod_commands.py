"""The commands and the policy for tasks that start a pod: both pods are shown, and each is named."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from airflow.providers.cncf.kubernetes.hooks.kubernetes import KubernetesHook

from airflow_provider_k8sexec import SpecWarning
from airflow_provider_k8sexec._compat import load_dag_bag
from airflow_provider_k8sexec.cli import main
from airflow_provider_k8sexec.cli.task_pod import load_pod
from airflow_provider_k8sexec.context import forget_context
from airflow_provider_k8sexec.options.requested_pod import STARTED_POD

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEAD = """\
import pendulum
from kubernetes.client import models as k8s
from airflow_provider_k8sexec import EmptyDir, K8sPodOperator, Secret, k8s_config, k8s_task, per_try
try:
    from airflow.sdk import DAG
except ImportError:
    from airflow import DAG

def count(x=0):
    return x

shared = {"labels": {"team": "a"}}
with DAG("etl", schedule=None, start_date=pendulum.datetime(2026, 1, 1), default_args=shared):
"""
LOAD = (
    'K8sPodOperator(task_id="load", image="python:3.12", cmds=["python"], arguments=["-c", "1"], retries=1, '
    'memory=per_try("1Gi", "2Gi"), secrets=[Secret("T", name="s")], env_vars={"DAY": "{{ ds }}"}, '
    'volumes={"/d": EmptyDir()}, tolerations=[k8s.V1Toleration(key="spot")]'
)
MAPPED = 'K8sPodOperator.partial(task_id="mapped", image="a:1", cpu=1).expand(arguments=[["x"], ["y"]])'
DECORATED = 'k8s_task.kubernetes(image="python:3.12", cpu=2)(count)()'
MAPPED_DECORATED = 'k8s_task.kubernetes(image="python:3.12", cpu=3)(count).expand(x=[1, 2])'
WORKER = "executor_config=k8s_config(memory='256Mi')"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """Give a way to write a DAG file of these tasks."""

    def write_file(*tasks: str) -> str:
        file = tmp_path / "etl.py"
        file.write_text(HEAD + "".join(f"    {task}\n" for task in tasks), encoding="utf-8")
        return str(file)

    return write_file


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Run a command that must ask no connection; give what it prints, or as JSON has it."""

    def refuse(*_: Any, **__: Any) -> None:
        pytest.fail("a connection was asked for")

    monkeypatch.setattr(KubernetesHook, "__init__", refuse)

    def run_command(*arguments: str, code: int = 0) -> Any:
        capsys.readouterr()
        assert main([*arguments]) == code
        out = capsys.readouterr().out
        return json.loads(out) if "json" in arguments else out

    return run_command


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no task have a worker pod."""
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "LocalExecutor")
    forget_context()


def test_both_pods_are_rendered_and_named(write: Callable[..., str], run: Callable[..., Any]) -> None:
    """A program finds which is which by a field, and people by the name; the worker is first."""
    file = write(f"{LOAD}, {WORKER})")
    worker, started = run("render", file, "-o", "json")
    assert [(pod["task"], pod["pod"]) for pod in (worker, started)] == [
        ("etl.load", "worker"),
        ("etl.load", "started pod"),
    ]
    assert worker["spec"]["containers"][0]["resources"]["limits"] == {"memory": "256Mi"}
    (container,) = started["spec"]["containers"]
    assert container["resources"]["limits"] == {"memory": "1Gi"}
    assert (container["command"], container["args"]) == (["python"], ["-c", "1"])
    assert {"name": "DAY", "value": "{{ ds }}"} in container["env"]
    assert started["metadata"]["labels"]["team"] == "a"
    assert started["spec"]["tolerations"] == [{"key": "spot"}]
    assert started["spec"]["volumes"] == [{"name": "k8sexec-d", "emptyDir": {}}]
    text = run("render", file)
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        "# etl.load: worker",
        "# etl.load: started pod",
    ]
    pods = [{"task": "etl.load", **pod} for pod in yaml.safe_load_all(text)]
    assert pods == [{key: item for key, item in pod.items() if key != "pod"} for pod in (worker, started)]


@pytest.mark.parametrize(
    ("task", "image", "cpu"),
    [(MAPPED, "a:1", "1"), (DECORATED, "python:3.12", "2"), (MAPPED_DECORATED, "python:3.12", "3")],
)
def test_mapped_and_decorated_tasks_have_theirs(
    task: str, image: str, cpu: str, write: Callable[..., str], run: Callable[..., Any]
) -> None:
    """Of a mapped task, it is the pod of the first instance; the worker of neither requests anything."""
    (started,) = run("render", write(task), "-o", "json")
    (container,) = started["spec"]["containers"]
    assert started["pod"] == "started pod"
    assert container["image"] == image
    assert container["resources"]["requests"]["cpu"] == cpu
    if task == MAPPED:
        assert container["args"] == ["x"]


@pytest.mark.filterwarnings("ignore::airflow_provider_k8sexec.exceptions.UnappliedWarning")
@pytest.mark.usefixtures("local")
def test_a_worker_that_no_kubernetes_executor_runs_is_not_shown(
    write: Callable[..., str], run: Callable[..., Any]
) -> None:
    """The started pod needs no executor of its own."""
    (started,) = run("render", write(f"{LOAD}, {WORKER})"), "-o", "json")
    assert started["pod"] == "started pod"


def test_the_table_has_a_line_for_each_pod(write: Callable[..., str], run: Callable[..., Any]) -> None:
    """Amounts of later tries are there, and those of one try with --try."""
    file = write(f"{LOAD}, {WORKER})")
    rows = [
        [cell.strip() for cell in line.split("|")] for line in run("render", file, "-o", "table").split("\n")
    ]
    assert ["etl.load", "256Mi"] in [row[:2] for row in rows]
    started = next(row for row in rows if row[0] == "etl.load (started pod)")
    assert started[1:] == ["1Gi, then 2Gi", "s/T", "python:3.12"]
    _, second = run("render", file, "-o", "json", "--try", "2")
    assert second["spec"]["containers"][0]["resources"]["limits"] == {"memory": "2Gi"}


def test_values_of_the_template_and_of_hooks_are_hidden(
    write: Callable[..., str], run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The author reads their own; of the template, by request alone."""

    def mutate(pod: Any) -> None:
        from kubernetes.client import V1EnvVar

        pod.spec.containers[0].env.append(V1EnvVar(name="HOOK", value="of the hook"))

    monkeypatch.setattr("airflow.settings.pod_mutation_hook", mutate)
    template = tmp_path / "pod.yaml"
    base = {"name": "base", "image": "x:1", "env": [{"name": "SITE", "value": "of the template"}]}
    template.write_text(yaml.safe_dump({"spec": {"containers": [base]}}), encoding="utf-8")
    file = write(f'{LOAD}, pod_template_file={str(template)!r}, env_from=["configmap/c"])')
    values = {}
    for flags in ((), ("--show-template-values",)):
        (pod,) = run("render", file, "-o", "json", *flags)
        env = pod["spec"]["containers"][0]["env"]
        values[flags] = {item["name"]: item.get("value") for item in env}
    assert values[()] == {"SITE": "<hidden>", "T": None, "DAY": "{{ ds }}", "HOOK": "<hidden>"}
    assert values["--show-template-values",] == {**values[()], "SITE": "of the template"}


def test_explain_names_who_set_each_field(
    write: Callable[..., str], run: Callable[..., Any], tmp_path: Path, configure: Callable[..., None]
) -> None:
    """The layers are those of any task; besides, there are the operator, and its own template."""
    configure(pod_options=json.dumps({"node_selector": {"pool": "site"}, "memory": "512Mi"}))
    template = tmp_path / "pod.yaml"
    base = {"name": "base", "image": "x:1", "workingDir": "/srv"}
    template.write_text(yaml.safe_dump({"spec": {"containers": [base]}}), encoding="utf-8")
    file = write(f"{LOAD}, pod_template_file={str(template)!r})")
    (report,) = run("explain", file, "--task", "load", "--all", "-o", "json")
    assert (report["task"], report["pod"]) == ("etl.load", "started pod")
    fields = {field["field"]: field for field in report["fields"]}
    container = "spec.containers[base]"
    assert {path: fields[path]["set_by"] for path in fields if "apiV" not in path and "kind" not in path} == {
        "metadata.labels.team": "default_args of the DAG",
        "metadata.labels.airflow_version": "the operator",
        "metadata.name": "the operator",
        "metadata.namespace": "the operator",
        f"{container}.args": "the operator",
        f"{container}.command": "the operator",
        f"{container}.env[DAY]": "the task",
        f"{container}.env[T]": "the task",
        f"{container}.image": "the task",
        f"{container}.resources.limits.memory": "the task",
        f"{container}.resources.requests.memory": "the task",
        f"{container}.terminationMessagePolicy": "the operator",
        f"{container}.volumeMounts[/d]": "the task",
        f"{container}.workingDir": "the pod template",
        "spec.hostNetwork": "the operator",
        "spec.nodeSelector.pool": "[k8sexec] pod_options",
        "spec.restartPolicy": "the operator",
        "spec.tolerations[0]": "the operator",
        "spec.volumes[k8sexec-d]": "the task",
    }
    assert fields[f"{container}.image"]["overrode"] == [{"set_by": "the pod template", "value": "x:1"}]
    limit = fields[f"{container}.resources.limits.memory"]
    assert limit["overrode"] == [{"set_by": "[k8sexec] pod_options", "value": "512Mi"}]


def test_what_a_cluster_finds_is_named_as_the_author_wrote_it(
    write: Callable[..., str], run: Callable[..., Any]
) -> None:
    """``check`` dry-runs the started pod, and a cause names the option, the operator or the template."""
    assert run("render", write(f"{LOAD}, base_container_name='main')"))
    (dag,) = load_dag_bag(write(f"{LOAD}, base_container_name='main', namespace='jobs')")).dags.values()
    pod = load_pod(dag.get_task("load"), STARTED_POD)
    assert pod.pod["metadata"]["namespace"] == "jobs"
    names = {
        "spec.containers[0].resources.limits[memory]": "memory",
        "spec.containers[0].image": "image",
        "spec.volumes[0].emptyDir": "volumes['/d']['emptyDir']",
        "spec.containers[0].command": "the operator: spec.containers[0].command",
        "metadata.namespace": "namespace",
    }
    assert {path: pod.name_path(pod.parse_field(path)) for path in names} == names


RULES = {"max": {"memory": "4Gi"}, "images": ["registry.example.com/*"], "required_labels": {"owner": ["*"]}}
LARGE = 'K8sPodOperator(task_id="load", image="python:3.12", memory="8Gi")'
BROKEN = (
    "started pod: memory limit='8Gi' is above the site's maximum",
    "started pod: image='python:3.12' is not one that the site allows",
    "started pod: label owner is missing",
)


@pytest.mark.parametrize("executor", ["LocalExecutor", "KubernetesExecutor"])
@pytest.mark.parametrize("policy", ["error", "fix", "warn", "off"])
def test_the_policy_holds_for_started_pods(
    policy: str,
    executor: str,
    write: Callable[..., str],
    configure: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever runs the worker, the site's limits hold for what it starts."""
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", executor)
    configure(policy=policy, policy_rules=json.dumps(RULES), platform="generic")
    file = write(LARGE)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", SpecWarning)
        bag = load_dag_bag(file)
    errors = "\n".join(bag.import_errors.values())
    told = "\n".join(str(item.message) for item in caught)
    for text in BROKEN:
        assert (text in errors) is (policy in {"error", "fix"})
        assert (text in told) is (policy == "warn")


@pytest.mark.usefixtures("local")
def test_what_a_template_will_be_is_left_to_the_run(
    write: Callable[..., str], configure: Callable[..., None]
) -> None:
    """A limit cannot be held against Jinja; the rendered pod is validated as it is started."""
    configure(policy="error", policy_rules=json.dumps({**RULES, "namespaces": ["jobs"]}))
    task = (
        'K8sPodOperator(task_id="load", image="registry.example.com/{{ params.image }}", '
        'namespace="{{ params.namespace }}", labels={"owner": "{{ params.owner }}"}, '
        'memory="{{ params.memory }}")'
    )
    assert load_dag_bag(write(task)).import_errors == {}


@pytest.mark.usefixtures("local")
def test_exempt_tasks_start_what_they_like(write: Callable[..., str], configure: Callable[..., None]) -> None:
    """An exemption of the site is for both pods."""
    configure(policy="error", policy_rules=json.dumps({**RULES, "exempt": {"etl": "*"}}))
    assert load_dag_bag(write(LARGE)).import_errors == {}


@pytest.mark.parametrize("task", [LARGE, MAPPED, DECORATED, MAPPED_DECORATED])
def test_lint_reports_what_the_policy_would(
    task: str, write: Callable[..., str], run: Callable[..., Any], configure: Callable[..., None]
) -> None:
    """It names the pod, and has the line of the task."""
    configure(policy="off", policy_rules=json.dumps({"images": ["registry.example.com/*"]}))
    reports = run("lint", write(task), "-o", "json", code=1)
    (report,) = [item for item in reports if "the site allows" in item["problem"]]
    assert report["problem"].startswith("started pod: image=")
    assert report["level"] == "error"


def test_lint_goes_on_after_a_refused_task(write: Callable[..., str], run: Callable[..., Any]) -> None:
    """All mistakes of a file are reported at once, and each once."""
    wrong = [
        LARGE.replace('"load"', '"one"').replace('"8Gi"', "8"),
        LARGE.replace('"load"', '"two"').replace('memory="8Gi"', 'labels={"dag_id": "own"}'),
    ]
    reports = run("lint", write(*wrong), "-o", "json", code=1)
    found = [(report["task"], report["problem"].partition(" ")[0]) for report in reports]
    assert found == [("etl.one", "memory=8"), ("etl.two", "labels='dag_id'")]
