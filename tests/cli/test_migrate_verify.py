"""DAG files are loaded with other sources, and every task is compared: nothing is written, nothing runs."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from airflow_provider_k8sexec.cli.migrate.proof.verify import Difference, compare, load, reload

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD = """
import pendulum
try:
    from airflow.sdk import DAG, task
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.providers.standard.operators.empty import EmptyOperator
except ImportError:
    from airflow import DAG
    from airflow.decorators import task
    from airflow.operators.bash import BashOperator
    from airflow.operators.empty import EmptyOperator
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from kubernetes.client import models as k8s
from airflow_provider_k8sexec import K8sPodOperator, PersistentVolumeClaim, k8s_config, k8s_task

def pod(memory="1Gi", name="base", **spec):
    resources = k8s.V1ResourceRequirements(requests={"memory": memory}, limits={"memory": memory})
    worker = k8s.V1Container(name=name, resources=resources)
    return {"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[worker], **spec))}

def claim(name):
    mount = k8s.V1VolumeMount(name=name, mount_path="/data")
    source = k8s.V1PersistentVolumeClaimVolumeSource(claim_name="lake")
    worker = k8s.V1Container(name="base", volume_mounts=[mount])
    volume = k8s.V1Volume(name=name, persistent_volume_claim=source)
    return {"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[worker], volumes=[volume]))}
"""
DAG = 'with DAG("d", schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC")):\n    '
FUNCTION = "    def t(): ...\n    t()"
PARTIAL = 'BashOperator.partial(task_id="t", {}).expand(bash_command=["a", "b"])'
TEMPLATE = """
apiVersion: v1
kind: Pod
spec:
  automountServiceAccountToken: true
  containers:
  - {name: base, image: airflow, volumeMounts: [{name: lake, mountPath: /etc/lake}]}
  volumes:
  - {name: lake, configMap: {name: lake}}
"""


def operator(config: str, kind: str = "EmptyOperator", more: str = "") -> str:
    """Give the call of an operator with a config."""
    return f'{kind}(task_id="t", executor_config={config}{more})'


def started(kind: str, arguments: str) -> str:
    """Give the call of an operator that starts a pod."""
    return f'{kind}(task_id="t", image="a", {arguments})'


SAME: dict[str, tuple[str, str]] = {
    "an operator": (operator('pod("1024Mi")'), operator('k8s_config(memory="1Gi")')),
    "a function": (
        f"@task(executor_config=pod())\n{FUNCTION}",
        f'@k8s_task(memory="1Gi")\n{FUNCTION}',
    ),
    "a mapped function": (
        "@task(executor_config=pod())\n    def t(x): ...\n    t.expand(x=[1, 2])",
        '@k8s_task(memory="1Gi")\n    def t(x): ...\n    t.expand(x=[1, 2])',
    ),
    "a mapped operator": (
        PARTIAL.format("executor_config=pod()"),
        PARTIAL.format('executor_config=k8s_config(memory="1Gi")'),
    ),
    "the name of a volume": (
        operator('claim("a")'),
        operator('k8s_config(volumes={"/data": PersistentVolumeClaim("lake")})'),
    ),
    "a token that is not mounted, with a pod template that does not mention it": (
        operator("pod(automount_service_account_token=False)"),
        operator('k8s_config(memory="1Gi", automount_service_account_token=False)'),
    ),
    "a started pod": (
        started("KubernetesPodOperator", 'env_vars={"A": "b"}, get_logs=False'),
        started("K8sPodOperator", 'env_vars={"A": "b"}, get_logs=False'),
    ),
    "a started pod with options": (
        started(
            "KubernetesPodOperator",
            'container_resources=k8s.V1ResourceRequirements(requests={"cpu": 0.5}, limits={"cpu": "500m"})',
        ),
        started("K8sPodOperator", "cpu=0.5"),
    ),
}

OTHER: dict[str, tuple[str, str, str]] = {
    "an amount": (
        operator("pod()"),
        operator('k8s_config(memory="2Gi")'),
        "spec.containers[base].resources.limits.memory is '1Gi' before, and '2Gi' after.",
    ),
    "a plain dictionary, which Airflow does not take": (
        operator('{"pod_override": {"spec": {}}}'),
        operator("k8s_config(pod_override={})"),
        "Airflow cannot make its pod as it is: ",
    ),
    "a key of another executor": (
        operator('{**pod(), "overrides": {}}'),
        operator('k8s_config(memory="1Gi")'),
        "the other keys of its executor_config differ.",
    ),
    "another attribute": (
        operator("pod()", more=", retries=1"),
        operator('k8s_config(memory="1Gi")', more=", retries=2"),
        "its retries differs.",
    ),
    "another attribute of a mapped task": (
        PARTIAL.format("executor_config=pod(), retries=1"),
        PARTIAL.format('executor_config=k8s_config(memory="1Gi"), retries=2'),
        "its retries differs.",
    ),
    "another operator": (
        operator("pod()"),
        operator('k8s_config(memory="1Gi")', "BashOperator", ', bash_command="a"'),
        "its operator is EmptyOperator before, and BashOperator after.",
    ),
    "another dependency": (
        operator("pod()") + ' >> EmptyOperator(task_id="u")',
        operator("pod()") + ' << EmptyOperator(task_id="u")',
        "its downstream_task_ids differs.",
    ),
    "another id": (
        operator("pod()"),
        operator("pod()").replace('"t"', '"u"'),
        "the task is not there after.",
    ),
    "the image of a started pod": (
        started("KubernetesPodOperator", "cmds=[]"),
        started("K8sPodOperator", "cmds=[]").replace('"a"', '"b"'),
        "spec.containers[base].image is 'a' before, and 'b' after.",
    ),
    "what an operator does with its pod": (
        started("KubernetesPodOperator", "get_logs=False"),
        started("K8sPodOperator", "get_logs=True"),
        "its get_logs differs.",
    ),
    "options that are refused": (
        operator("pod()"),
        operator('k8s_config(memory="1Gb")'),
        "The file cannot be loaded as rewritten: ",
    ),
    "a file that ends the process": (
        operator("pod()"),
        "raise SystemExit(1)",
        "The file cannot be loaded as rewritten: ",
    ),
    "a file that cannot be loaded as it is": (
        "raise ValueError",
        operator("pod()"),
        "The file cannot be loaded as it is: ",
    ),
}


@pytest.fixture
def verify(tmp_path: Path) -> Callable[[str, str], list[Difference]]:
    """Give a way to compare two bodies of the DAG of one file."""
    file = tmp_path / "dags" / "d.py"
    file.parent.mkdir()

    def verify_bodies(before: str, after: str) -> list[Difference]:
        file.write_text(f"{HEAD}{DAG}{before}\n", encoding="utf-8")
        loaded = load([str(file.parent)])
        return compare(loaded, reload(loaded, {str(file): f"{HEAD}{DAG}{after}\n"}))

    return verify_bodies


@pytest.mark.parametrize(("before", "after"), SAME.values(), ids=SAME)
def test_a_task_that_is_the_same_has_no_difference(
    verify: Callable[[str, str], list[Difference]], before: str, after: str
) -> None:
    """The pod options make the pod that was written by hand, and the task is otherwise as it was."""
    assert verify(before, after) == []


@pytest.mark.parametrize(("before", "after", "reason"), OTHER.values(), ids=OTHER)
def test_a_task_that_differs_is_found(
    verify: Callable[[str, str], list[Difference]], before: str, after: str, reason: str
) -> None:
    """Whatever differs, in the pod or in the task, is reported with its name."""
    difference = verify(before, after)[0]
    assert difference.reason.startswith(reason)
    assert Path(difference.file).name == "d.py"


@pytest.fixture
def _template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the site's pod template mount a config map, and the token."""
    from airflow_provider_k8sexec.context import forget_context

    (tmp_path / "template.yaml").write_text(TEMPLATE, encoding="utf-8")
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE", str(tmp_path / "template.yaml"))
    forget_context()


@pytest.mark.usefixtures("_template")
def test_the_pods_are_those_of_the_pod_template(verify: Callable[[str, str], list[Difference]]) -> None:
    """Airflow takes False for unset, and the template's True wins; pod options keep it."""
    before = operator("pod(automount_service_account_token=False)")
    found = verify(before, operator('k8s_config(memory="1Gi", automount_service_account_token=False)'))
    assert [each.reason for each in found] == ["spec.automountServiceAccountToken differs."]


@pytest.mark.usefixtures("_template")
def test_the_name_of_a_volume_counts_where_the_pod_template_has_it(
    verify: Callable[[str, str], list[Difference]],
) -> None:
    """The template's mount of that name is of the task's volume today, and would be of the template's."""
    found = verify(
        operator('claim("lake")'), operator('k8s_config(volumes={"/data": PersistentVolumeClaim("lake")})')
    )
    assert len(found) == 1
    assert "volumeMounts[/etc/lake].volume" in found[0].reason


@pytest.mark.usefixtures("_template")
def test_the_name_of_a_volume_counts_where_the_pod_template_mounts_it(
    verify: Callable[[str, str], list[Difference]], tmp_path: Path
) -> None:
    """A template may mount what each task defines under that name."""
    mounted = TEMPLATE.replace("name: lake, configMap", "name: other, configMap")
    (tmp_path / "template.yaml").write_text(mounted, encoding="utf-8")
    after = operator('k8s_config(volumes={"/data": PersistentVolumeClaim("lake")})')
    assert len(verify(operator('claim("lake")'), after)) == 1
    assert verify(operator('claim("else")'), after) == []


def test_what_the_site_declares_counts(
    verify: Callable[[str, str], list[Difference]], configure: Callable[..., None]
) -> None:
    """Pod options of the site reach tasks with pod options, and no hand-written pods."""
    configure(pod_options='{"labels": {"team": "finance"}}')
    found = verify(operator("pod()"), operator('k8s_config(memory="1Gi")'))
    assert [each.reason for each in found] == ["metadata.labels.team is only in the pod after."]


def test_what_the_site_fills_in_counts_for_both(
    verify: Callable[[str, str], list[Difference]], configure: Callable[..., None]
) -> None:
    """A default of the site's policy reaches hand-written pods as well, so the pods stay equal."""
    configure(policy="fix", policy_rules='{"default": {"cpu": 1}}')
    assert verify(operator('pod("1024Mi")'), operator('k8s_config(memory="1Gi")')) == []
    found = verify(operator('pod("1024Mi")'), operator('k8s_config(memory="1Gi", cpu=2)'))
    assert "resources.limits.cpu is '1' before, and '2' after." in found[0].reason


def test_a_module_of_the_project_is_read_anew(tmp_path: Path) -> None:
    """A constant that several DAG files import is compared in each, through packages, and left as it was."""
    folder = tmp_path / "dags"
    (folder / "presets_of_verify").mkdir(parents=True)
    (folder / "presets_of_verify" / "__init__.py").write_text("from .pods import POD\n", encoding="utf-8")
    module = folder / "presets_of_verify" / "pods.py"
    module.write_text(f"{HEAD}\nPOD = pod()\n", encoding="utf-8")
    body = 'EmptyOperator(task_id="t", executor_config=POD)\n'
    for name in ("a", "b"):
        source = f"from presets_of_verify import POD\n{HEAD}{DAG}{body}".replace('"d"', f'"{name}"')
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    loaded = load([str(folder)])
    held = sys.modules["presets_of_verify.pods"]
    same = module.read_text(encoding="utf-8").replace("= pod()", '= k8s_config(memory="1Gi")')
    assert compare(loaded, reload(loaded, {str(module): same})) == []
    found = compare(loaded, reload(loaded, {str(module): same.replace("1Gi", "2Gi")}))
    assert [each.task for each in found] == ["a.t", "b.t"]
    one = reload(loaded, {str(module): same.replace("1Gi", "2Gi")}, [str(folder / "a.py")])
    assert [each.task for each in compare(loaded, one)] == ["a.t"]
    assert sys.modules["presets_of_verify.pods"] is held


def test_a_module_that_no_dag_file_imports_is_not_proven(tmp_path: Path) -> None:
    """What was not loaded was not compared, and is reported."""
    file, module = tmp_path / "d.py", tmp_path / "unused.py"
    file.write_text(f"{HEAD}{DAG}{operator('pod()')}\n", encoding="utf-8")
    module.write_text("POD = 1\n", encoding="utf-8")
    loaded = load([str(file)])
    (found,) = compare(loaded, reload(loaded, {str(module): "POD = 2\n"}))
    assert found == Difference(
        str(module), "", "No DAG file imports it, so that nothing shows whether pods stay equal."
    )


def test_nothing_is_written_and_nothing_stale_is_read(tmp_path: Path) -> None:
    """Neither the file nor its bytecode changes: the next load is of the file as it is."""
    file = tmp_path / "d.py"
    file.write_text(f"{HEAD}{DAG}{operator('pod()')}\n", encoding="utf-8")
    loaded = load([str(file)])
    listed = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    after = reload(loaded, {str(file): f"{HEAD}{DAG}{operator('pod()')} >> EmptyOperator(task_id='u')\n"})
    assert [each.task for each in compare(loaded, after)] == ["d.t", "d.u"]
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == listed
    assert compare(loaded, reload(loaded, {})) == []


def test_what_a_dag_file_does_to_the_process_is_undone(tmp_path: Path) -> None:
    """The second load finds the environment as the first one did, and so does the rest of the command."""
    file = tmp_path / "d.py"
    check = "import os, sys\nassert 'OF_VERIFY' not in os.environ\n"
    change = f"{check}os.environ['OF_VERIFY'] = '1'\nsys.path[:0] = ['x']\n"
    file.write_text(f"{change}{HEAD}{DAG}{operator('pod()')}\n", encoding="utf-8")
    path = [*sys.path]
    loaded = load([str(file)])
    assert compare(loaded, reload(loaded, {str(file): file.read_text(encoding="utf-8")})) == []
    assert "OF_VERIFY" not in os.environ
    assert sys.path == path


def test_each_task_has_its_location(tmp_path: Path) -> None:
    """A finding is reported where its task is made, also where a loop makes several."""
    file = tmp_path / "d.py"
    loop = 'for i in range(2):\n        EmptyOperator(task_id=f"t{i}", executor_config=pod())\n'
    file.write_text(f"{HEAD}{DAG}{loop}", encoding="utf-8")
    loaded = load([str(file)])
    line = f"{HEAD}{DAG}".count("\n") + 2
    assert {key.name: location for key, location in loaded.locations.items()} == {
        "d.t0": (str(file), line),
        "d.t1": (str(file), line),
    }
