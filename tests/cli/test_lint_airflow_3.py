"""``k8sexec lint --target airflow-3``: what breaks there is named on both lines, and does break there."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest
from airflow_lines import AIRFLOW_3, LINE
from processes import output_of

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.cli import main
from airflow_provider_k8sexec.context import forget_context
from airflow_provider_k8sexec.site_policy.old_airflow import RUFF

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Lint = Callable[[str], tuple[int, list[tuple[int, str, str]]]]

START = """\
import pendulum
from airflow import DAG
"""
OPERATOR = "from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator"
DAG_LINE = "with DAG('a', schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz='UTC')):"
PROVIDER = "airflow.providers.cncf.kubernetes"
MIGRATE = "as `k8sexec migrate --fix` does"


@pytest.fixture
def lint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Lint:
    """Lint a source for Airflow 3, and give the exit code, and line, code and problem of what is found."""

    def run(source: str) -> tuple[int, list[tuple[int, str, str]]]:
        file = tmp_path / "planned.py"
        file.write_text(source, encoding="utf-8")
        capsys.readouterr()
        code = main(["lint", str(file), "-o", "json", "--target", "airflow-3"])
        reports = json.loads(capsys.readouterr().out)
        found = [(item["line"], item["code"], item["problem"]) for item in reports]
        return code, [report for report in found if report[1] != "K8S801"]  # what this Airflow refuses

    return run


def load_error(tmp_path: Path, source: str) -> str:
    """Load a source as a DAG file, and give what is wrong with it."""
    file = tmp_path / "loaded.py"
    file.write_text(source, encoding="utf-8")
    return "".join(compat.load_dag_bag(str(file)).import_errors.values())


BROKEN = {
    f"from {PROVIDER}.operators.kubernetes_pod import KubernetesPodOperator": (
        "K8S809",
        (
            f"{PROVIDER}.operators.kubernetes_pod.KubernetesPodOperator cannot be imported on Airflow 3; "
            f"import it from {PROVIDER}.operators.pod, {MIGRATE}."
        ),
    ),
    "from airflow.contrib.kubernetes.secret import Secret": (
        "K8S809",
        (
            "airflow.contrib.kubernetes.secret.Secret cannot be imported on Airflow 3; "
            f"import it from {PROVIDER}.secret, {MIGRATE}."
        ),
    ),
    "from airflow.executors.kubernetes_executor import KubernetesExecutor": (
        "K8S809",
        (
            "airflow.executors.kubernetes_executor.KubernetesExecutor cannot be imported on Airflow 3; "
            f"import it from {PROVIDER}.executors.kubernetes_executor, {MIGRATE}."
        ),
    ),
    f"from {PROVIDER}.backcompat.volume import Volume": (
        "K8S809",
        (
            f"{PROVIDER}.backcompat.volume.Volume cannot be imported on Airflow 3; write Kubernetes's own "
            f"V1Volume, {MIGRATE}; ruff's fix keeps arguments that it refuses."
        ),
    ),
    "from airflow.contrib.kubernetes.pod import Pod": (
        "K8S809",
        (
            "airflow.contrib.kubernetes.pod.Pod cannot be imported on Airflow 3; "
            "write kubernetes.client's models."
        ),
    ),
    "from airflow.executors.local_kubernetes_executor import LocalKubernetesExecutor": (
        "K8S809",
        (
            "airflow.executors.local_kubernetes_executor.LocalKubernetesExecutor is not run by Airflow 3; "
            "set [core] executor to LocalExecutor,KubernetesExecutor, and name one of them at each task."
        ),
    ),
    "from airflow.configuration import conf; conf.get('kubernetes', 'namespace')": (
        "K8S809",
        (
            "[kubernetes] namespace is of a section that Airflow 3 does not have; "
            f"read [kubernetes_executor] namespace, {MIGRATE}."
        ),
    ),
    "from kubernetes.client.models import V1Volume; V1Volume(name='a', configs={})": (
        "K8S809",
        (
            "kubernetes.client.models.V1Volume has the arguments of a class of old Airflow; "
            f"write those of the model, {MIGRATE}."
        ),
    ),
    f"{OPERATOR}; KubernetesPodOperator(task_id='a', node_selectors={{}})": (
        "K8S809",
        (
            "node_selectors is refused by KubernetesPodOperator; "
            f"write node_selector, {MIGRATE} where the value is written out."
        ),
    ),
    f"{OPERATOR}; KubernetesPodOperator(task_id='a', resources={{'limit_cpu': 1}})": (
        "K8S809",
        (
            "resources is refused by KubernetesPodOperator; "
            f"write container_resources, {MIGRATE} where the value is written out."
        ),
    ),
    "from airflow.kubernetes.secret import Secret": (
        "K8S813",
        (
            "airflow.kubernetes.secret.Secret is what Airflow 3 does not have, and ruff changes; "
            f"run `{RUFF}` on the file."
        ),
    ),
    "from airflow.executors.celery_kubernetes_executor import CeleryKubernetesExecutor": (
        "K8S809",
        (
            "airflow.executors.celery_kubernetes_executor.CeleryKubernetesExecutor is not run by Airflow 3; "
            "set [core] executor to CeleryExecutor,KubernetesExecutor, and name one of them at each task."
        ),
    ),
    "from airflow.executors.celery_executor import CeleryExecutor": (
        "K8S813",
        (
            "airflow.executors.celery_executor.CeleryExecutor is what Airflow 3 does not have, and ruff "
            f"changes; run `{RUFF}` on the file."
        ),
    ),
    "DAG('a', schedule_interval=None)": (
        "K8S813",
        f"schedule_interval is what Airflow 3 does not have, and ruff changes; run `{RUFF}` on the file.",
    ),
}


@pytest.mark.filterwarnings("ignore")  # of Airflow 2.11: these are its deprecations
@pytest.mark.parametrize(("line", "expected"), BROKEN.items(), ids=range(len(BROKEN)))
def test_what_airflow_3_refuses_is_named_on_both_lines(
    line: str, expected: tuple[str, str], lint: Lint, tmp_path: Path
) -> None:
    """With its line, and with what to write or to run; Airflow 3 does not load the file."""
    status, found = lint(f"{START}{line}\n{DAG_LINE}\n    pass\n")
    assert status == 1
    assert found == [(3, *expected)]
    if AIRFLOW_3:
        assert load_error(tmp_path, f"{START}{line}\n")


IGNORED = {
    f"{OPERATOR}; pod = KubernetesPodOperator(task_id='a', is_delete_operator_pod=False)": (
        "is_delete_operator_pod is silently ignored by KubernetesPodOperator since the provider 10; "
        f"write on_finish_action, {MIGRATE} where the value is written out."
    ),
    f"{OPERATOR}; default_args = {{'node_selectors': {{'a': 'b'}}}}; KubernetesPodOperator(task_id='a')": (
        "node_selectors is silently ignored in default_args, for no operator has it; "
        f"write node_selector, {MIGRATE} where the value is written out."
    ),
}


@pytest.mark.parametrize(("line", "problem"), IGNORED.items(), ids=range(len(IGNORED)))
def test_what_airflow_3_ignores_is_a_warning(line: str, problem: str, lint: Lint, tmp_path: Path) -> None:
    """The file is loaded, so that nothing else shows it."""
    _, found = lint(f"{START}{line}\n{DAG_LINE}\n    pass\n")
    assert found == [(3, "K8S810", problem)]
    assert load_error(tmp_path, f"{START}{line}\n") == ""


RIGHT = f"""\
{START}from airflow.configuration import conf
{OPERATOR}
from {PROVIDER}.secret import Secret
from kubernetes.client import models as k8s
from airflow_provider_k8sexec import k8s_config, k8s_task

namespace = conf.get("kubernetes_executor", "namespace")
volume = k8s.V1Volume(name="a", empty_dir=k8s.V1EmptyDirVolumeSource())

{DAG_LINE}
    KubernetesPodOperator(
        task_id="a",
        image="a:1",
        on_finish_action="keep_pod",
        node_selector={{"a": "b"}},
        container_resources=k8s.V1ResourceRequirements(limits={{"cpu": "1"}}),
        volumes=[volume],
        volume_mounts=[k8s.V1VolumeMount(name="a", mount_path="/a")],
        secrets=[Secret("env", "A", "b", "c")],
        executor_config=k8s_config(memory="1Gi"),
        queue="kubernetes",
    )

    @k8s_task(cpu=1)
    def right(): ...

    right()
"""


def test_a_file_that_is_ready_has_no_finding(lint: Lint, tmp_path: Path) -> None:
    """On both lines; and so have the files of this package."""
    assert lint(RIGHT) == (0, [])
    assert load_error(tmp_path, RIGHT) == ""


def test_legacy_configs_are_found_with_the_target_too(lint: Lint) -> None:
    """They fail on Airflow 2.11 with today's provider, and so are found without it."""
    legacy = "executor_config={'KubernetesExecutor': {'request_memory': '1Gi'}}"
    status, found = lint(f"{START}{OPERATOR}\n{DAG_LINE}\n    KubernetesPodOperator(task_id='a', {legacy})\n")
    assert status == 1
    assert {code for _, code, _ in found} == {"K8S306"}


DATABASE = f"""\
{START}from airflow.settings import Session
from airflow.utils.session import create_session, provide_session

@provide_session
def decorated(session=None):
    return session

def by_context():
    with create_session() as session:
        return session

def by_hand():
    return Session()
"""


def test_sessions_of_the_metadata_database_are_found(lint: Lint) -> None:
    """Each at its line."""
    _, found = lint(DATABASE)
    assert [(line, code) for line, code, _ in found if line] == [
        (6, "K8S812"),
        (11, "K8S812"),
        (15, "K8S812"),
    ]
    assert found[0][2] == (
        "airflow.utils.session.provide_session opens the metadata database, which Airflow 3 refuses in tasks "
        "and DAG files; ask Airflow's REST API, or the task's context."
    )


@pytest.mark.skipif(not AIRFLOW_3, reason="what Airflow 3 refuses")
@pytest.mark.once_a_line
def test_airflow_3_refuses_sessions_in_its_processes(tmp_path: Path) -> None:
    """Its supervisor blocks them in each process that runs a task or loads a DAG file."""
    program = f"""
    from airflow.sdk.execution_time.supervisor import block_orm_access
    block_orm_access()
    import runpy
    names = runpy.run_path({str(tmp_path / "database.py")!r})
    for name in ("decorated", "by_context", "by_hand"):
        try:
            names[name]()
        except RuntimeError as error:
            print(name, error)
    """
    (tmp_path / "database.py").write_text(DATABASE, encoding="utf-8")
    command = [sys.executable, "-c", textwrap.dedent(program)]
    printed = output_of(subprocess.run(command, capture_output=True, text=True, check=False))  # noqa: S603
    refused = "Direct database access via the ORM is not allowed in Airflow 3.0"
    assert [line for line in printed.splitlines() if line.endswith(refused)] == [
        f"{name} {refused}" for name in ("decorated", "by_context", "by_hand")
    ]


@pytest.mark.filterwarnings("ignore:The namespace option in")  # of Airflow 2.11
def test_options_of_the_old_section_are_named(lint: Lint, monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow 2.11 heeds them; Airflow 3 takes the default, without a word."""
    from airflow.configuration import conf

    monkeypatch.setenv("AIRFLOW__KUBERNETES__NAMESPACE", "data")
    assert lint(RIGHT) == (
        1,
        [
            (
                0,
                "K8S810",
                (
                    "[kubernetes] namespace is silently ignored by Airflow 3, which has no section "
                    "[kubernetes]; set it in [kubernetes_executor]."
                ),
            )
        ],
    )
    assert conf.get("kubernetes_executor", "namespace") == ("default" if AIRFLOW_3 else "data")


@pytest.mark.parametrize("hybrid", ["CeleryKubernetesExecutor", "LocalKubernetesExecutor"])
def test_hybrid_executors_and_what_they_run_are_named(
    hybrid: str, lint: Lint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A task chose by its queue; on Airflow 3 it names the executor."""
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", hybrid)
    forget_context()
    _, found = lint(RIGHT)
    other = hybrid.replace("Kubernetes", "")
    remedy = f"set [core] executor to {other},KubernetesExecutor, and name one of them at each task"
    assert [problem for _, code, problem in found if code == "K8S809"] == [
        f"[core] executor='{hybrid}' is not run by Airflow 3; {remedy}.",
        (
            f"queue='kubernetes' chooses the executor in {hybrid}, which Airflow 3 does not run; "
            "write executor='KubernetesExecutor'."
        ),
    ]


@pytest.mark.parametrize("hybrid", ["CeleryKubernetesExecutor", "LocalKubernetesExecutor"])
@pytest.mark.skipif(not AIRFLOW_3, reason="what Airflow 3 refuses")
def test_airflow_3_runs_no_hybrid_executor(hybrid: str) -> None:
    """Neither by its name nor, of the one that is installed here, as a class."""
    from airflow.executors import executor_loader
    from airflow.providers.cncf.kubernetes.executors.local_kubernetes_executor import LocalKubernetesExecutor

    assert hybrid not in executor_loader.ExecutorLoader.executors
    with pytest.raises(RuntimeError, match=r"does not support Airflow 3\.0"):
        LocalKubernetesExecutor(None, None)


def test_a_task_that_names_a_hybrid_executor_is_found(lint: Lint) -> None:
    """Airflow refuses the DAG where no executor has that name."""
    task = "KubernetesPodOperator(task_id='a', executor='CeleryKubernetesExecutor')"
    source = f"{START}{OPERATOR}\n{DAG_LINE}\n    {task}\n"
    _, found = lint(source)
    assert (
        5,
        "K8S809",
        (
            "executor='CeleryKubernetesExecutor' is not run by Airflow 3; set [core] executor to "
            "CeleryExecutor,KubernetesExecutor, and name one of them at each task."
        ),
    ) in found


TEMPLATE = """\
apiVersion: v1
kind: Pod
metadata: {name: placeholder}
spec:
  restartPolicy: Never
  containers:
  - name: base
    image: airflow:2
    env:
    - {name: AIRFLOW__CORE__EXECUTOR, value: LocalExecutor}
    - {name: AIRFLOW__DATABASE__SQL_ALCHEMY_CONN, value: "postgresql://db/airflow"}
"""
NO_ADDRESS = (
    "has no address of the API server, which workers of Airflow 3 need; set the variable "
    "AIRFLOW__CORE__EXECUTION_API_SERVER_URL in it, unless airflow.cfg of the image has it."
)


def find_in_template(lint: Lint, monkeypatch: pytest.MonkeyPatch, file: Path, text: str) -> list[Any]:
    """Give what is found with a pod template of the site."""
    file.write_text(text, encoding="utf-8")
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE", str(file))
    forget_context()
    return [report[1:] for report in lint(RIGHT)[1] if report[1] in {"K8S810", "K8S811"}]


def test_a_template_of_airflow_2_has_no_address_of_the_api_server(
    lint: Lint, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It has that of the database, which workers no longer read; variables of the old section are named."""
    file = tmp_path / "template.yaml"
    assert find_in_template(lint, monkeypatch, file, TEMPLATE) == [("K8S811", f"template {NO_ADDRESS}")]
    old = TEMPLATE + "    - {name: AIRFLOW__KUBERNETES__NAMESPACE, value: data}\n"
    assert find_in_template(lint, monkeypatch, file, old)[0] == (
        "K8S810",
        (
            "template: AIRFLOW__KUBERNETES__NAMESPACE is silently ignored by Airflow 3, which has no section "
            "[kubernetes]; write AIRFLOW__KUBERNETES_EXECUTOR__NAMESPACE."
        ),
    )


@pytest.mark.parametrize(
    "part",
    [
        "    - {name: AIRFLOW__CORE__EXECUTION_API_SERVER_URL, value: 'http://api:8080/execution/'}\n",
        "    - {name: AIRFLOW__API__BASE_URL, value: 'http://api:8080'}\n",
        "    envFrom: [{configMapRef: {name: airflow}}]\n",
        (
            "    volumeMounts: [{name: a, mountPath: /opt/airflow/airflow.cfg, subPath: airflow.cfg}]\n"
            "  volumes: [{name: a, configMap: {name: a}}]\n"
        ),
    ],
)
def test_a_template_that_has_it_or_may_have_it_is_right(
    part: str, lint: Lint, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What a config map or a file has cannot be seen here."""
    assert find_in_template(lint, monkeypatch, tmp_path / "template.yaml", TEMPLATE + part) == []


def test_the_template_of_a_task_is_read_too(lint: Lint, tmp_path: Path) -> None:
    """It may be another than the site's."""
    template = tmp_path / "own.yaml"
    template.write_text(TEMPLATE, encoding="utf-8")
    config = f"executor_config={{'pod_template_file': {str(template)!r}}}"
    _, found = lint(f"{START}{OPERATOR}\n{DAG_LINE}\n    KubernetesPodOperator(task_id='a', {config})\n")
    assert (5, "K8S811", f"pod_template_file {str(template)!r} {NO_ADDRESS}") in found


@pytest.mark.skipif(LINE < (3, 3), reason="the function that workers of Airflow 3.3 ask")
def test_a_worker_without_the_address_asks_its_own_pod(monkeypatch: pytest.MonkeyPatch) -> None:
    """The executor's command has no address, so that the worker's own configuration is all there is."""
    from airflow.executors.base_executor import get_execution_api_server_url

    assert get_execution_api_server_url() == "http://localhost:8080/execution/"
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "http://api:8080")
    assert get_execution_api_server_url() == "http://api:8080/execution/"
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTION_API_SERVER_URL", "http://other/execution/")
    assert get_execution_api_server_url() == "http://other/execution/"
