"""Pod options in ``default_args`` that an operator takes for its own, as real Airflow loads them."""

from __future__ import annotations

import json
import re
import textwrap
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from airflow_lines import KEEPS_VOLUMES_AS_THEY_ARE
from processes import output_of, run_python

from airflow_provider_k8sexec import K8sPodOperator, SpecError, SpecWarning, _compat, k8s_operator
from airflow_provider_k8sexec._compat import load_dag_bag
from airflow_provider_k8sexec.authoring.misread import explain_import_error
from airflow_provider_k8sexec.cli import main
from airflow_provider_k8sexec.plugin.listeners import on_new_dag_import_error

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEAD = """\
import pendulum
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.cncf.kubernetes.secret import Secret as AirflowSecret
from kubernetes.client import models as k8s
from airflow_provider_k8sexec import EmptyDir, K8sPodOperator, Secret, Toleration
from airflow_provider_k8sexec import k8s_config, k8s_operator, k8s_task
try:
    from airflow.sdk import DAG, BaseOperator, TaskGroup, task
except ImportError:
    from airflow import DAG
    from airflow.decorators import task
    from airflow.models import BaseOperator
    from airflow.utils.task_group import TaskGroup

class DockerOperator(BaseOperator):
    def __init__(self, *, image, **kwargs):
        super().__init__(**kwargs)
        self.image = image

@k8s_task
def ours(x=0): ...

@k8s_task.bash
def shell():
    return "true"

def plain(): ...

"""
POD = 'KubernetesPodOperator(task_id="pod", name="pod", cmds=["true"]{})'
MAPPED = 'KubernetesPodOperator.partial(task_id="pod", name="pod").expand(cmds=[["a"], ["b"]])'
DOCKER = 'DockerOperator(task_id="docker"{})'


HERE = "is a pod option here, and KubernetesPodOperator takes it for an argument of its own"


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., tuple[Any, list[str]]]:
    """Load a DAG with these ``default_args`` and lines; give the bag and what this package warns of."""

    def load_lines(defaults: str, *lines: str) -> tuple[Any, list[str]]:
        file = tmp_path / "etl.py"
        made = "DAG('etl', start_date=pendulum.datetime(2026, 1, 1), schedule=None, "
        body = textwrap.indent("\n".join(lines), "    ")
        file.write_text(f"{HEAD}with {made}default_args={defaults}):\n{body}\n", encoding="utf-8")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("ignore")
            warnings.simplefilter("always", SpecWarning)
            bag = load_dag_bag(str(file))
        return bag, [f"{item.lineno}: {item.message}" for item in caught]

    return load_lines


def line_of(tmp_path: Path, text: str) -> int:
    """Give the line of the DAG file that has a text."""
    lines = (tmp_path / "etl.py").read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("secrets", '["TOKEN"]'),
        ("secrets", '[Secret("TOKEN")]'),
        ("secrets", '[{"key": "TOKEN"}]'),
        ("volumes", '{"/d": EmptyDir()}'),
        ("volumes", '{"/d": {"emptyDir": {}}}'),
        ("env_vars", '{"IP": {"fieldRef": {"fieldPath": "status.podIP"}}}'),
        ("env_from", '["configmap/app"]'),
        ("host_aliases", '{"10.1.2.3": ["db.local"]}'),
    ],
)
@pytest.mark.parametrize("maker", [POD.format(""), MAPPED])
def test_a_form_that_the_operator_cannot_read_is_reported(
    name: str, value: str, maker: str, load: Callable[..., Any], tmp_path: Path
) -> None:
    """The author reads it as the DAG is parsed, at the line of the task, and what to write instead."""
    if name == "volumes" and maker != MAPPED and not KEEPS_VOLUMES_AS_THEY_ARE:
        pytest.skip("an older KubernetesPodOperator refuses them itself, as a test below has it")
    bag, told = load(f"{{{name!r}: {value}}}", maker)
    assert bag.import_errors == {}
    problem = (
        f"{line_of(tmp_path, 'task_id=')}: task 'pod' of DAG 'etl': default_args of the DAG: {name} {HERE}; "
        f"write default_args={{'executor_config': k8s_config({name}=...)}}, or make the task with "
        "K8sPodOperator."
    )
    assert told == [problem]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("image", '"registry.example.com/airflow:1"'),
        ("labels", '{"team": "etl"}'),
        ("env_vars", '{"LC_ALL": "C"}'),
        ("tolerations", '[{"key": "spot", "operator": "Exists"}]'),
        ("namespace", '"etl"'),
    ],
)
@pytest.mark.parametrize("ours", ["ours()", "ours.expand(x=[1])", "shell()"])
def test_what_tasks_take_as_an_option_is_reported_where_an_operator_takes_it_too(
    name: str, value: str, ours: str, load: Callable[..., Any]
) -> None:
    """Both have the same form: the started pod would silently get what was meant for workers."""
    bag, told = load(f"{{{name!r}: {value}}}", ours, POD.format(""))
    assert bag.import_errors == {}
    assert [HERE in text for text in told] == [True]
    assert load(f"{{{name!r}: {value}}}", ours, POD.format(f", {name}=None"))[1] == []


@pytest.mark.parametrize(
    ("defaults", "lines"),
    [
        # Airflow's forms, and those that both have, in a DAG that has no task of this package.
        ('{"secrets": [AirflowSecret("env", "A", "s", "k")]}', [POD.format("")]),
        ('{"volumes": [k8s.V1Volume(name="v", empty_dir=k8s.V1EmptyDirVolumeSource())]}', [POD.format("")]),
        ('{"tolerations": [k8s.V1Toleration(key="spot", operator="Exists")]}', [POD.format("")]),
        ('{"env_vars": {"A": "{{ ds }}"}, "labels": {"a": "b"}, "image": "i:1"}', [POD.format("")]),
        ('{"env_vars": [k8s.V1EnvVar(name="A", value="b")]}', [POD.format("")]),
        ('{"image_pull_secrets": ["registry"], "namespace": "etl"}', [MAPPED]),
        # What reaches workers alone.
        ('{"executor_config": k8s_config(labels={"a": "b"}, secrets=["T"])}', ["ours()", POD.format("")]),
        ('{"memory": "1Gi", "cpu": 1}', ["ours()", POD.format("")]),
        ('{"retries": 1, "secrets": None}', ["ours()", POD.format("")]),
        # What this package's operators take as options of the pod that they start.
        ('{"secrets": ["T"], "labels": {"a": "b"}}', ["ours()", f"K8s{POD.format('')[10:]}"]),
        ('{"volumes": {"/d": EmptyDir()}}', [f"K8s{MAPPED[10:]}"]),
        ('{"env_from": ["configmap/app"]}', ['k8s_task.kubernetes(image="i:1")(plain)()', "ours()"]),
        # What the operator has of its own, and an operator that has no such argument.
        ('{"secrets": ["T"], "labels": {"a": "b"}}', ["ours()", POD.format(", secrets=[], labels={}")]),
        ('{"secrets": ["T"], "labels": {"a": "b"}}', ["ours()", DOCKER.format(', image="i:1"')]),
        # An image that a Docker operator shares with its like.
        ('{"image": "i:1"}', [DOCKER.format(""), "task(plain)()"]),
        ('{"image": "i:1"}', ['k8s_operator(DockerOperator)(task_id="docker", memory="1Gi")']),
    ],
)
def test_what_is_meant_for_the_operator_is_no_mistake(
    defaults: str, lines: list[str], load: Callable[..., Any]
) -> None:
    """There is no warning where nothing says that a pod option was meant."""
    bag, told = load(defaults, *lines)
    assert (bag.import_errors, told) == ({}, [])


def test_any_operator_with_an_argument_of_the_name_is_reported(load: Callable[..., Any]) -> None:
    """The image of workers is none for a Docker operator, which has its own remedy."""
    (told,) = load('{"image": "registry.example.com/airflow:1"}', "ours()", DOCKER.format(""))[1]
    assert "image is a pod option here, and DockerOperator takes it for an argument of its own" in told
    assert told.endswith("k8s_config(image=...)}, or give DockerOperator its own.")


@pytest.mark.parametrize("policy", ["off", "warn", "error", "fix"])
def test_one_operator_has_one_warning_under_every_policy(
    policy: str, load: Callable[..., Any], configure: Callable[..., None]
) -> None:
    """A hundred tasks of one class are one warning, which lists all names."""
    configure(policy=policy)
    pods = [POD.format("").replace('"pod", ', f'"pod_{number}", ', 1) for number in range(100)]
    (told,) = load('{"secrets": ["T"], "labels": {"a": "b"}, "memory": "1Gi"}', "ours()", *pods)[1]
    assert (
        "task 'pod_0' of DAG 'etl': default_args of the DAG: labels and secrets are pod options here" in told
    )
    assert "and KubernetesPodOperator takes them for arguments of its own" in told
    assert "k8s_config(labels=..., secrets=...)" in told


def test_default_args_of_a_task_group_are_named(load: Callable[..., Any]) -> None:
    """The remedy is for the layer that has the option."""
    group = "with TaskGroup('g', default_args={'secrets': [Secret('TOKEN')]}):\n    "
    (told,) = load("{}", group + POD.format(""))[1]
    assert "task 'g.pod' of DAG 'etl': default_args of the task group 'g': secrets is a pod option" in told


def test_equal_strings_of_two_task_groups_are_two_values(load: Callable[..., Any]) -> None:
    """What one group means as a pod option, another one may mean for its operators."""
    ours_in, docker_in = (
        f"with TaskGroup('{name}', default_args={{'image': 'a/b:1'}}):\n    " for name in "ab"
    )
    lines = [ours_in + "ours()", docker_in + DOCKER.format("")]
    assert load("{}", *lines)[1] == []
    (told,) = load("{}", *lines, docker_in.replace("'b'", "'c'") + "ours()\n    " + DOCKER.format(""))[1]
    assert "task 'c.docker' of DAG 'etl': default_args of the task group 'c': image is a pod option" in told


def test_no_process_that_runs_a_task_repeats_it(
    load: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The author was warned as the DAG was parsed, and each try has a log of its own."""
    defaults = '{"secrets": ["TOKEN"]}'
    assert len(load(defaults, POD.format(""))[1]) == 1
    monkeypatch.setattr(_compat, "runs_task", lambda: True)
    assert load(defaults, POD.format(""))[1] == []


def test_an_operator_whose_arguments_cannot_be_read_is_left_alone(load: Callable[..., Any]) -> None:
    """A DAG that has nothing of this package is not refused because of it."""
    lines = [
        "import functools",
        "class Odd(BaseOperator): ...",
        "Odd(task_id='odd')",
        "Odd.__init__ = functools.partialmethod(BaseOperator.__init__)",
    ]
    bag, told = load('{"image": "a/b:1"}', *lines)
    assert (bag.import_errors, told) == ({}, [])


def test_airflows_own_decorator_is_named_as_it_is_written(load: Callable[..., Any]) -> None:
    """``@task.kubernetes`` is a KubernetesPodOperator of another name."""
    (told,) = load('{"env_from": ["configmap/app"]}', 'task.kubernetes(image="i:1")(plain)()')[1]
    assert "and @task.kubernetes takes it for an argument of its own" in told


def test_lint_reports_it(
    load: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``k8sexec lint`` has the same line and remedy, as a warning."""
    load('{"secrets": ["TOKEN"]}', POD.format(""))
    capsys.readouterr()
    assert main(["lint", str(tmp_path / "etl.py"), "-o", "json"]) == 1
    (report,) = json.loads(capsys.readouterr().out)
    assert (report["level"], report["line"]) == ("warning", line_of(tmp_path, "task_id="))
    assert f"secrets {HERE}" in report["problem"]


REFUSED_VOLUMES = pytest.mark.skipif(
    KEEPS_VOLUMES_AS_THEY_ARE, reason="older releases of the provider refuse volumes as the DAG is parsed"
)


@pytest.mark.parametrize(
    "default",
    [
        ("tolerations", '["spot:NoSchedule"]'),
        ("tolerations", '[Toleration("spot")]'),
        pytest.param(("volumes", '{"/d": EmptyDir()}'), marks=REFUSED_VOLUMES),
        pytest.param(("volumes", '{"/d": {"emptyDir": {}}}'), marks=REFUSED_VOLUMES),
    ],
)
def test_an_import_error_that_the_operator_raises_is_explained(
    default: tuple[str, str],
    load: Callable[..., Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It ends the file before any policy: lint and the dag-processor's log have the remedy.

    Airflow alone writes the import error that the UI shows, and its text does not name the argument.
    """
    name, value = default
    bag, told = load(f"{{{name!r}: {value}}}", "ours()", POD.format(""))
    (error,) = bag.import_errors.values()
    assert (told, name in error.splitlines()[-1]) == ([], False)
    remedy = (
        f"{name} has the form of a pod option, which KubernetesPodOperator cannot read; if it comes from "
        f"default_args, write default_args={{'executor_config': k8s_config({name}=...)}}; K8sPodOperator "
        "takes it as it is."
    )
    capsys.readouterr()
    assert main(["lint", str(tmp_path / "etl.py"), "-o", "json"]) == 1
    (report,) = json.loads(capsys.readouterr().out)
    assert report["problem"].splitlines()[1:] == [remedy]
    assert report["line"] == line_of(tmp_path, "task_id=")
    caplog.clear()
    on_new_dag_import_error(str(tmp_path / "etl.py"), error)
    assert caplog.messages == [f"{tmp_path / 'etl.py'}: {remedy}"]


@pytest.mark.parametrize(
    "text",
    [
        "NameError: name 'Toleration' is not defined",
        "AirflowException: Expected <class 'kubernetes.client.models.v1_volume.V1Volume'>, got <class 'int'>",
        "AirflowException: Expected <class 'kubernetes.client.models.v1_pod.V1Pod'>, got <class 'str'>",
    ],
)
def test_other_import_errors_stay_as_they_are(text: str, caplog: pytest.LogCaptureFixture) -> None:
    """No remedy is made up."""
    assert explain_import_error(text) is None
    on_new_dag_import_error("etl.py", text)
    assert caplog.messages == []


def refuse(name: str, remedy: str, operator_class: type) -> None:
    """Expect that ``k8s_operator`` refuses an operator, at the line of its caller."""
    with pytest.raises(SpecError, match=re.escape(f"k8s_operator({name}) {remedy}")) as caught:
        k8s_operator(operator_class)
    assert caught.value.location is not None
    assert caught.value.location[0] == __file__


def test_options_for_the_worker_of_a_started_pod_are_refused_with_the_right_name() -> None:
    """Some options would be the started pod's, and others silently the worker's (apache/airflow 41405)."""
    from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator

    class GKEStartPodOperator(KubernetesPodOperator):
        pass

    both = "starts a pod of its own, which would get some of the options, and the worker the others; write "
    worker = "(...), with executor_config=k8s_config(...) for the worker."
    refuse("K8sPodOperator", f"takes pod options itself; write K8sPodOperator{worker}", K8sPodOperator)
    refuse("KubernetesPodOperator", f"{both}K8sPodOperator{worker}", KubernetesPodOperator)
    refuse("GKEStartPodOperator", f"{both}k8s_pod_operator(GKEStartPodOperator){worker}", GKEStartPodOperator)


@pytest.mark.any_python
def test_no_operator_imports_the_provider_for_that() -> None:
    """A DAG file with other operators does not pay for the kubernetes client."""
    code = """
import sys
from airflow_provider_k8sexec import k8s_operator
from airflow_provider_k8sexec._compat import load_operator
before = {*sys.modules}
k8s_operator(load_operator("empty", "EmptyOperator"))
loaded = {*sys.modules} - before
assert not [name for name in loaded if name.startswith(("kubernetes", "airflow.providers.cncf"))], loaded
"""
    output_of(run_python("-c", code))
