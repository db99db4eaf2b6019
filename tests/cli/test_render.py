"""``k8sexec render``: the pods that the KubernetesExecutor would launch, and nothing else, on stdout."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
import yaml
from airflow.providers.cncf.kubernetes.kube_config import KubeConfig
from airflow_lines import AIRFLOW_3, HAS_COMMANDS, HELM_TEMPLATE, launched_pod
from processes import DAGS, output_of, run_airflow, run_python

from airflow_provider_k8sexec._compat import load_dag_bag
from airflow_provider_k8sexec.cli import main
from airflow_provider_k8sexec.render.executor_pod import render_pod
from airflow_provider_k8sexec.render.explanation import show_rendered_pod

TEMPLATE_VARIABLE = "AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE"
DAG_FILE = """
import pendulum
from airflow_provider_k8sexec import K8sBashOperator, k8s_config, k8s_task
try:
    from airflow.sdk import DAG
    from airflow.providers.standard.operators.bash import BashOperator
except ImportError:
    from airflow import DAG
    from airflow.operators.bash import BashOperator

def extract(x=0):
    return x

with DAG("{dag}", start_date=pendulum.datetime(2023, 1, 1), schedule=None):
    {body}
"""
SMALL = "k8s_task(cpu=0.5, memory='1Gi', secrets=['MY_SECRET'])(extract)()"
LARGE = (
    "K8sBashOperator(task_id='load', bash_command='true', cpu=(1, 2), gpu=1, image='etl:1', "
    "node_selector={'disk': 'ssd', 'zone': 'a'})"
)
PLAIN = "BashOperator(task_id='plain', bash_command='true')"


@pytest.fixture
def write(tmp_path):
    """Give a way to write a DAG file."""

    def write_file(dag, *body):
        file = tmp_path / f"{dag}.py"
        file.write_text(DAG_FILE.format(dag=dag, body="\n    ".join(body)), encoding="utf-8")
        return str(file)

    return write_file


@pytest.fixture
def render(capsys):
    """Run ``k8sexec render`` in this process, and give the exit code and both outputs."""

    def run(*arguments):
        capsys.readouterr()
        code = main(["render", *map(str, arguments)])
        return code, *capsys.readouterr()

    return run


def containers_of(pods):
    """Give the worker container of each pod."""
    return [pod["spec"]["containers"][0] for pod in pods]


def identity_of(pod):
    """Say of which task a pod is."""
    annotations = pod["metadata"]["annotations"]
    return annotations["dag_id"], annotations["task_id"]


def test_yaml_is_one_document_a_task(write, render):
    """The default output is YAML that reads as one whole pod a task, in the order of the tasks."""
    code, out, _ = render(write("etl", SMALL, LARGE, PLAIN))
    pods = list(yaml.safe_load_all(out))
    assert code == 0
    assert [identity_of(pod) for pod in pods] == [("etl", "extract"), ("etl", "load"), ("etl", "plain")]
    small, large, plain = containers_of(pods)
    assert small["resources"] == {side: {"cpu": "0.5", "memory": "1Gi"} for side in ("requests", "limits")}
    reference = {"name": "infrared-photon-7780-env", "key": "MY_SECRET"}
    assert {"name": "MY_SECRET", "valueFrom": {"secretKeyRef": reference}} in small["env"]
    assert large["image"] == "etl:1"
    assert "resources" not in plain
    assert all(pod["kind"] == "Pod" for pod in pods)


def test_json_is_a_list_of_the_same_pods(write, render):
    """-o json prints a list of the pods that YAML prints, each with its task, and which of its pods it is."""
    file = write("etl", SMALL, LARGE)
    _, as_yaml, _ = render(file)
    code, as_json, _ = render(file, "-o", "json")
    assert code == 0
    pods = json.loads(as_json)
    assert [(pod.pop("task"), pod.pop("pod")) for pod in pods] == [
        ("etl.extract", "worker"),
        ("etl.load", "worker"),
    ]
    assert pods == list(yaml.safe_load_all(as_yaml))


def test_a_table_is_one_line_a_task(write, render):
    """-o table has task, cpu, memory, gpu, the secrets' names, image and node selector, for people."""
    code, out, _ = render(write("etl", SMALL, LARGE, PLAIN), "--output", "table")
    lines = [[cell.strip() for cell in line.split("|")] for line in out.splitlines() if "|" in line]
    head, *rows = lines
    assert code == 0
    assert head == ["task", "cpu", "memory", "gpu", "secrets", "image", "node selector"]
    cells = {row[0]: row[1:] for row in rows}
    assert cells["etl.extract"] == ["0.5", "1Gi", "", "infrared-photon-7780-env/MY_SECRET", "", ""]
    assert cells["etl.load"] == ["1..2", "", "1 nvidia.com/gpu", "", "etl:1", "disk=ssd, zone=a"]
    assert cells["etl.plain"] == ["", "", "", "", "", ""]


def test_a_table_names_the_secrets_of_every_kind(write, render):
    """Secrets as variables, files and whole environments stand in the table by name and key."""
    task = """k8s_task(
        secrets=['A', __import__('airflow_provider_k8sexec').Secret('B', file='/b', name='other')],
        env_from=['secret/whole', 'configmap/app'],
        volumes={
            '/v': {'secret': {'secretName': 'mounted'}},
            '/e': {'emptyDir': {}},
            '/p': {'projected': {'sources': [{'secret': {'name': 'projected'}}]}},
        },
        memory=('1Gi', None), cpu=(None, 2))(extract)()"""
    _, out, _ = render(write("etl", task), "-o", "table")
    (row,) = [line for line in out.splitlines() if line.startswith("etl.extract")]
    for name in (
        "infrared-photon-7780-env/A",
        "other/B",
        "whole/*",
        "mounted/*",
        "projected/*",
        "1Gi..",
        "..2",
    ):
        assert name in row
    assert "app" not in row


@pytest.fixture
def without_policy(monkeypatch):
    """Switch off what would tell of a mistake before the executor."""
    monkeypatch.setenv("AIRFLOW__K8SEXEC__POLICY", "off")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--dag", "one"], [("one", "extract"), ("one", "load")]),
        (["--task", "load"], [("one", "load"), ("two", "load")]),
        (["--dag", "two", "--task", "load"], [("two", "load")]),
        ([], [("one", "extract"), ("one", "load"), ("two", "load")]),
    ],
)
def test_dag_and_task_narrow_the_choice(write, render, arguments, expected):
    """--dag and --task choose by id, among all the files."""
    code, out, _ = render(write("one", SMALL, LARGE), write("two", LARGE), *arguments)
    assert code == 0
    assert [identity_of(pod) for pod in yaml.safe_load_all(out)] == expected


def test_a_folder_is_all_its_files(write, render):
    """A folder stands for the DAG files in it and below; files that define no DAG do no harm."""
    folder = Path(write("one", SMALL)).parent
    write("two", LARGE)
    (folder / "deeper").mkdir()
    Path(write("three", LARGE)).rename(folder / "deeper" / "three.py")
    (folder / "shared.py").write_text("ANSWER = 42\n", encoding="utf-8")
    code, out, _ = render(folder)
    assert code == 0
    assert {identity_of(pod) for pod in yaml.safe_load_all(out)} == {
        ("one", "extract"),
        ("two", "load"),
        ("three", "load"),
    }


def test_the_pod_is_what_airflows_pod_generator_makes(write, render, monkeypatch):
    """The printed pod is the one of Airflow's PodGenerator, over the site's pod template."""
    monkeypatch.setenv(TEMPLATE_VARIABLE, str(HELM_TEMPLATE))
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__WORKER_CONTAINER_REPOSITORY", "apache/airflow")
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__WORKER_CONTAINER_TAG", "of-the-site")
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__NAMESPACE", "astronomer-infrared-photon-7780")
    file = write("a_dag", SMALL.replace("secrets", "task_id='a_task', secrets"))
    code, out, err = render(file)
    (task,) = load_dag_bag(file).dags["a_dag"].tasks
    rendered = render_pod("a_dag", "a_task", task.executor_config)
    assert yaml.safe_load(out) == show_rendered_pod(rendered, task.executor_config)
    expected = launched_pod(task.executor_config)
    for pod in (rendered, expected):
        assert pod["spec"]["containers"][0].pop("args")
        assert pod["metadata"]["annotations"].pop("run_id")
        assert pod["metadata"]["labels"].pop("run_id")
    assert code == 0
    assert err == "1 task in 1 file: no problems\n"
    assert rendered == expected
    assert KubeConfig().kube_image == "apache/airflow:of-the-site"


AIRFLOWS_OWN = """
import pendulum, sys
from argparse import Namespace
from airflow.providers.cncf.kubernetes.cli.kubernetes_command import generate_pod_yaml
date = pendulum.datetime(2023, 1, 1)
names = dict(dag_id="etl", subdir=sys.argv[1], bundle_name=None, team=None, subcommand="kubernetes")
generate_pod_yaml(Namespace(**names, logical_date=date, execution_date=date, output_path=sys.argv[2]))
"""


def without_the_run(pod):
    """Take out what only a run gives: names of the run and of the pod, its try, its workload."""
    metadata = pod["metadata"]
    del metadata["name"], pod["spec"]["containers"][0]["args"]
    for fields in (metadata["labels"], metadata["annotations"]):
        for name in ("run_id", "try_number", "airflow-worker", "execution_date", "logical_date"):
            fields.pop(name, None)
    return pod


def test_the_pod_is_what_airflows_own_command_generates(write, monkeypatch, tmp_path, empty_database):
    """Airflow kubernetes generate-dag-yaml, on a database and one run, makes the same pods."""
    shutil.copy(empty_database, tmp_path)
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    monkeypatch.setenv("AIRFLOW__CORE__DAGS_FOLDER", str(tmp_path / "dags"))
    monkeypatch.setenv(TEMPLATE_VARIABLE, str(HELM_TEMPLATE))
    (tmp_path / "dags").mkdir()
    file = Path(write("etl", SMALL, LARGE, PLAIN)).rename(tmp_path / "dags" / "etl.py")
    output_of(run_python("-c", AIRFLOWS_OWN, file, tmp_path))
    own = [yaml.safe_load(text.read_text(encoding="utf-8")) for text in sorted(tmp_path.rglob("*.yml"))]
    tasks = sorted(load_dag_bag(str(file)).dags["etl"].tasks, key=lambda task: task.task_id)
    rendered = [render_pod("etl", task.task_id, task.executor_config) for task in tasks]
    assert len(own) == 3
    assert [without_the_run(pod) for pod in rendered] == [without_the_run(pod) for pod in own]


def test_the_worker_runs_what_the_executor_of_this_airflow_runs(write):
    """The arguments of the worker are those of this line of Airflow; the run's own are placeholders."""
    (task,) = load_dag_bag(write("etl", SMALL)).dags["etl"].tasks
    arguments = render_pod("etl", "extract", task.executor_config)["spec"]["containers"][0]["args"]
    if AIRFLOW_3:
        assert arguments[:3] == ["python", "-m", "airflow.sdk.execution_time.execute_workload"]
    else:
        assert arguments[:5] == ["airflow", "tasks", "run", "etl", "extract"]
    assert any("known when the task is queued" in argument for argument in arguments)


PLANTED = {"PGPASS": "c0rrect-horse", "AIRFLOW__CORE__FERNET_KEY": "k3y", "AIRFLOW_CONN_DB": "d6"}


@pytest.fixture
def planted_template(tmp_path, monkeypatch):
    """Set a pod template that has secrets in clear, in its worker and beside it."""
    template = yaml.safe_load(HELM_TEMPLATE.read_text(encoding="utf-8"))
    worker = template["spec"]["containers"][0]
    worker["env"] = [{"name": name, "value": value} for name, value in PLANTED.items()]
    worker["args"] = ["of-the-template"]
    sidecar = {"name": "proxy", "image": "proxy:1", "args": ["--login=s1decar"]}
    template["spec"]["containers"].append(sidecar)
    template["metadata"].setdefault("annotations", {})["note"] = "n0te"
    (tmp_path / "template.yaml").write_text(yaml.safe_dump(template), encoding="utf-8")
    monkeypatch.setenv(TEMPLATE_VARIABLE, str(tmp_path / "template.yaml"))


@pytest.mark.usefixtures("planted_template")
def test_values_of_the_template_are_hidden_unless_they_are_asked_for(write, render):
    """A flag shows what the template has in clear, but for sensitive names and the worker's args."""
    file = write("etl", SMALL.replace("cpu=0.5", "cpu=0.5, env_vars={'LEVEL': 'debug'}"))
    values = [*PLANTED.values(), "s1decar", "n0te", "of-the-template"]
    for output in ("yaml", "json", "table"):
        code, out, err = render(file, "-o", output)
        assert (code, [value for value in values if value in out + err]) == (0, [])
    assert "name: PGPASS\n      value: <hidden>" in render(file)[1]
    assert "name: LEVEL\n      value: debug" in render(file)[1]
    _, out, _ = render(file, "--show-template-values")
    assert [value for value in values if value in out] == ["c0rrect-horse", "s1decar", "n0te"]
    assert "execute_workload" not in out
    assert "tasks, run" not in out


def test_a_task_with_a_template_of_its_own_is_rendered_over_that(write, render, tmp_path, monkeypatch):
    """pod_template_file of a task replaces the site's, for that task alone, ours or not."""
    template = yaml.safe_load(HELM_TEMPLATE.read_text(encoding="utf-8"))
    template["spec"]["hostname"] = "of-the-task"
    own = tmp_path / "own.yaml"
    own.write_text(yaml.safe_dump(template), encoding="utf-8")
    monkeypatch.setenv(TEMPLATE_VARIABLE, str(HELM_TEMPLATE))
    ours = SMALL.replace("cpu", f"pod_template_file='{own}', cpu")
    by_hand = PLAIN.replace("'true'", f"'true', executor_config={{'pod_template_file': '{own}'}}")
    _, out, _ = render(write("etl", ours, LARGE, by_hand))
    hostnames = [pod["spec"].get("hostname") for pod in yaml.safe_load_all(out)]
    assert hostnames == ["of-the-task", None, "of-the-task"]


def test_a_file_that_is_not_there_is_told(render):
    """A wrong path is a message with the path, and exit code 1."""
    code, out, err = render("/nowhere/etl.py")
    assert (code, out) == (1, "")
    assert "There is no file '/nowhere/etl.py'; name a DAG file, or a folder of such." in err


def test_a_file_without_a_dag_is_told(render, tmp_path):
    """A file that defines no DAG is a message with the path, and exit code 1."""
    file = tmp_path / "shared.py"
    file.write_text("ANSWER = 42\n", encoding="utf-8")
    code, out, err = render(file)
    assert (code, out) == (1, "")
    assert f"{file} defines no DAG; " in err


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--task", "extrct"], "{file} has no task 'extrct'; write extract."),
        (["--dag", "et"], "{file} defines no DAG 'et'; write etl."),
        (["--dag", "etl", "--task", "load"], "DAG 'etl' has no task 'load'; it has extract."),
    ],
)
def test_a_choice_that_leaves_nothing_is_told(write, render, arguments, named):
    """Where no task matches, the message names what was probably meant, or what there is."""
    file = write("etl", SMALL)
    code, out, err = render(file, *arguments)
    assert (code, out) == (1, "")
    assert named.format(file=file) in err


def test_a_dag_without_tasks_is_told(write, render):
    """A DAG with nothing to run has no pods: that is said, and not with filters that nobody gave."""
    code, out, err = render(write("etl", "pass"))
    assert (code, out) == (1, "")
    assert "no task" in err.lower()
    assert "None" not in err


def test_a_bad_file_spoils_no_other(write, render):
    """An import error goes to stderr with its file and problem; the other files' pods are printed."""
    bad = write("bad", "k8s_task(memory=512)(extract)()")
    code, out, err = render(bad, write("good", SMALL))
    assert code == 1
    assert [identity_of(pod) for pod in yaml.safe_load_all(out)] == [("good", "extract")]
    assert bad in err
    assert "memory=512 is 512 bytes; write memory='512Mi'." in err


@pytest.mark.parametrize(
    ("executor_config", "said"),
    [
        ("{'pod_override': {'spec': {}}}", "Cannot convert a non-kubernetes.client.models.V1Pod"),
        ("{'pod_template_file': '/nowhere.yaml'}", "The pod template '/nowhere.yaml' cannot be read"),
        (
            "{'pod_override': __import__('kubernetes').client.V1Pod(spec={'containers': []})}",
            "'dict' object has no attribute",
        ),
    ],
)
@pytest.mark.usefixtures("without_policy")
def test_a_task_that_the_executor_would_fail_on_is_told(write, render, executor_config, said):
    """A plain task's override that fails at launch is told with task and DAG; the other pods are there."""
    broken = f"BashOperator(task_id='broken', bash_command='true', executor_config={executor_config})"
    code, out, err = render(write("etl", broken, SMALL))
    assert code == 1
    assert [identity_of(pod) for pod in yaml.safe_load_all(out)] == [("etl", "extract")]
    assert f"task 'broken' of DAG 'etl': {said}" in err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- a list", "is not a pod manifest; set pod_template_file"),
        ("{", "cannot be read as YAML in line 2, column 1: "),
        (None, "cannot be read: "),
    ],
)
@pytest.mark.usefixtures("without_policy")
def test_a_template_that_cannot_be_read_is_told(write, render, tmp_path, text, said):
    """A task whose pod template is missing, or no pod, is told with its path; the other pods are there."""
    template = tmp_path / "template.yaml"
    if text is not None:
        template.write_text(text, encoding="utf-8")
    config = {"pod_template_file": str(template)}
    plain = f"BashOperator(task_id='extract', bash_command='true', executor_config={config})"
    code, out, err = render(write("etl", plain, LARGE))
    assert code == 1
    assert [identity_of(pod) for pod in yaml.safe_load_all(out)] == [("etl", "load")]
    assert f"task 'extract' of DAG 'etl': The pod template '{template}' {said}" in err


NOISY = """
import logging, os, subprocess, sys, warnings
print("printed")
sys.stdout.write("written")
logging.getLogger("airflow.task").error("logged")
logging.getLogger("airflow.processor").error("logged")
logging.getLogger("etl").error("logged")
subprocess.run(["echo", "echoed"])
os.write(1, b"through the descriptor")
warnings.warn("warned")
"""


@pytest.mark.any_python
@pytest.mark.parametrize("command", ["k8sexec", *(["airflow"] if HAS_COMMANDS else [])])
def test_the_command_prints_nothing_but_the_pods(write, command):
    """In a process of its own, stdout is the YAML, whatever the DAG file prints, logs or runs.

    What is logged is for ``--verbose``, as with Airflow's own commands.
    """
    file = write("etl", SMALL)
    Path(file).write_text(NOISY + Path(file).read_text(encoding="utf-8"), encoding="utf-8")
    bad = write("bad", "k8s_task(memory=512)(extract)()")
    if command == "airflow":
        run = run_airflow("k8sexec", "render", file, bad)
    else:
        run = run_python(Path(sys.executable).parent / "k8sexec", "render", file, bad)
    assert run.returncode == 1
    assert [identity_of(pod) for pod in yaml.safe_load_all(run.stdout)] == [("etl", "extract")]
    assert run.stdout.startswith("---\n")
    for noise in ("printed", "written", "echoed", "through the descriptor"):
        assert noise in run.stderr
    assert "logged" not in run.stderr
    assert "Traceback" not in run.stderr
    assert "memory=512 is 512 bytes" in run.stderr
    assert run.stderr.count("pod_template_file is not set: pods are rendered on a minimal one") == 1


@pytest.mark.any_python
def test_airflow_has_the_commands_where_providers_may_have_some():
    """Airflow k8sexec exists from Airflow 3.2 on; before it, the console script is all there is."""
    run = run_airflow("k8sexec", "--help")
    assert ("render" in run.stdout) is HAS_COMMANDS
    assert (run.returncode == 0) is HAS_COMMANDS


def test_every_option_is_rendered(render, tmp_path):
    """A DAG that uses every option, flavour and operator renders to pods, mapped tasks included."""
    text = (DAGS / "every_option.py").read_text(encoding="utf-8")
    file = tmp_path / "every_option.py"
    file.write_text(text.replace("/opt/airflow/pod_template.yaml", str(HELM_TEMPLATE)), encoding="utf-8")
    code, out, err = render(file, "-o", "json")
    pods = json.loads(out)
    assert (code, err) == (0, f"{len(pods)} tasks in 1 file: no problems\n")
    assert len(pods) == len(load_dag_bag(str(file)).dags["every_option"].tasks)
    for pod in pods:
        assert pod["spec"]["containers"][0]["name"] == "base"
        assert pod["spec"]["hostname"] == "worker"
        assert pod["spec"]["terminationGracePeriodSeconds"] == 0


GROWING = "k8s_task(memory=per_try('1Gi', ('1Gi', '4Gi')), gpu=per_try(0, 1), cpu=1, retries=1)(extract)()"


@pytest.mark.parametrize(
    ("arguments", "memory", "gpus"),
    [
        ([], ("1Gi", "1Gi"), None),
        (["--try", "1"], ("1Gi", "1Gi"), None),
        (["--try", "2"], ("1Gi", "4Gi"), "1"),
        (["--try", "3"], ("1Gi", "4Gi"), "1"),
    ],
)
def test_the_pod_of_any_try_can_be_seen(write, render, arguments, memory, gpus):
    """--try N prints the pods of that try: those of the first if nothing is said."""
    file = write("etl", "from airflow_provider_k8sexec import per_try", GROWING)
    code, out, _ = render(file, *arguments)
    (container,) = containers_of([yaml.safe_load(out)])
    resources = container["resources"]
    assert code == 0
    assert (resources["requests"]["memory"], resources["limits"]["memory"]) == memory
    assert resources["limits"].get("nvidia.com/gpu") == gpus


@pytest.mark.parametrize(
    ("arguments", "cells"),
    [
        ([], ["1", "1Gi, then 1Gi..4Gi", "none, then 1 nvidia.com/gpu"]),
        (["--try", "2"], ["1", "1Gi..4Gi", "1 nvidia.com/gpu"]),
    ],
)
def test_a_table_has_the_amounts_of_the_tries_to_come(write, render, arguments, cells):
    """The table of a task that grows shows what its pod has, and what later ones will have."""
    file = write("etl", "from airflow_provider_k8sexec import per_try", GROWING)
    _, out, _ = render(file, "-o", "table", *arguments)
    (row,) = [line for line in out.splitlines() if line.startswith("etl.extract")]
    assert [cell.strip() for cell in row.split("|")][1:4] == cells


MOVING = (
    "k8s_task(memory=per_try('1Gi', '2Gi', '4Gi', after='oom'), retries=2, "
    "node_selector=per_try({'pool': 'spot'}, {'pool': 'reserved'}, after='disruption'))(extract)()"
)
SOFAR = ["1Gi, after an OOM 2Gi, 4Gi", "pool=spot, after a disruption pool=reserved"]


@pytest.mark.parametrize(
    ("arguments", "pod", "cells"),
    [
        ([], ("1Gi", "spot"), SOFAR),
        (["--try", "3"], ("1Gi", "spot"), SOFAR),
        (["--try", "3", "--after", "oom"], ("4Gi", "spot"), ["4Gi", SOFAR[1]]),
        (["--try", "2", "--after", "disruption"], ("1Gi", "reserved"), [SOFAR[0], "pool=reserved"]),
    ],
)
def test_the_pod_is_shown_as_if_all_earlier_tries_had_ended_so(write, render, arguments, pod, cells):
    """--after names the end; without it, steps after an OOM or a disruption stay the first."""
    file = write("etl", "from airflow_provider_k8sexec import per_try", MOVING)
    rendered = yaml.safe_load(render(file, *arguments)[1])
    (container,) = containers_of([rendered])
    assert (container["resources"]["limits"]["memory"], rendered["spec"]["nodeSelector"]["pool"]) == pod
    _, out, _ = render(file, "-o", "table", *arguments)
    (row,) = [line for line in out.splitlines() if line.startswith("etl.extract")]
    assert [cell for cell in map(str.strip, row.split("|")) if "Gi" in cell or "pool" in cell] == cells


def test_an_end_of_earlier_tries_without_a_later_try_is_told(write, render):
    """The first try has none before it, so that ``--after`` alone changes nothing."""
    file = write("etl", "from airflow_provider_k8sexec import per_try", MOVING)
    assert "--after oom says how earlier tries ended; write --try" in render(file, "--after", "oom")[2]
    assert "--after" not in render(file, "--after", "oom", "--try", "2")[2]


@pytest.mark.parametrize("number", ["0", "-1", "second"])
def test_a_try_that_cannot_be_is_told(capsys, number):
    """Tries count from 1."""
    with pytest.raises(SystemExit, match="2"):
        main(["render", "--try", number, "etl.py"])
    assert "--try" in capsys.readouterr().err
