"""What migrate does with files of old Airflow: each rewrite is loaded on the Airflow at hand."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from airflow_lines import AIRFLOW_3, PROVIDER

from airflow_provider_k8sexec._compat import load_dag_bag
from airflow_provider_k8sexec.cli.migrate.old_airflow.find_old import find_old
from airflow_provider_k8sexec.site_policy.old_airflow import (
    CLASSES,
    GONE,
    IGNORED_ARGUMENTS,
    MODULES,
    REMOVED_ARGUMENTS,
    RUFF,
    SECTION,
    SECTION_OPTIONS,
)

START = """\
import pendulum
from airflow import DAG
"""
DAG_LINE = 'with DAG("old", schedule=None, start_date=pendulum.datetime(2020, 1, 1)):'
OPERATOR = "from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator"

CONTRIB = f"""\
{START}from airflow.contrib.kubernetes.pod import Port
from airflow.contrib.kubernetes.secret import Secret  # one key
from airflow.contrib.kubernetes.volume import Volume
from airflow.contrib.kubernetes.volume_mount import VolumeMount
from airflow.contrib.operators.kubernetes_pod_operator import KubernetesPodOperator

secret_env = Secret("env", "SQL_CONN", "airflow-secrets", "sql_alchemy_conn")
volume_mount = VolumeMount("test-volume", mount_path="/root/mount_file", sub_path=None, read_only=True)
port = Port("http", 80)
volume_config = {{"persistentVolumeClaim": {{"claimName": "test-volume"}}}}
volume = Volume(name="test-volume", configs=volume_config)
scratch = Volume("scratch", {{"emptyDir": {{"sizeLimit": "1Gi"}}}})
files = Volume("files", {{"configMap": {{"name": "app", "items": [{{"key": "a", "path": "b"}}]}}}})

{DAG_LINE}
    KubernetesPodOperator(
        task_id="pod",
        name="pod",
        namespace="default",
        image="ubuntu:16.04",
        secrets=[secret_env],
        ports=[port],
        volumes=[volume, scratch, files],
        volume_mounts=[volume_mount],
        is_delete_operator_pod=False,
        node_selectors={{"disk": "ssd"}},
        resources={{"request_memory": "64Mi", "limit_memory": "1Gi", "limit_gpu": 1}},  # enough
    )
"""
CONTRIB_REPAIRED = f"""\
{START}from kubernetes.client import models as k8s
from airflow.providers.cncf.kubernetes.secret import Secret  # one key
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator

secret_env = Secret("env", "SQL_CONN", "airflow-secrets", "sql_alchemy_conn")
volume_mount = k8s.V1VolumeMount(name="test-volume", mount_path="/root/mount_file", \
sub_path=None, read_only=True)
port = k8s.V1ContainerPort(name="http", container_port=80)
volume_config = k8s.V1PersistentVolumeClaimVolumeSource(claim_name="test-volume")
volume = k8s.V1Volume(name="test-volume", persistent_volume_claim=volume_config)
scratch = k8s.V1Volume(name="scratch", empty_dir=k8s.V1EmptyDirVolumeSource(size_limit="1Gi"))
files = k8s.V1Volume(name="files", config_map=k8s.V1ConfigMapVolumeSource(name="app", \
items=[k8s.V1KeyToPath(key="a", path="b")]))

{DAG_LINE}
    KubernetesPodOperator(
        task_id="pod",
        name="pod",
        namespace="default",
        image="ubuntu:16.04",
        secrets=[secret_env],
        ports=[port],
        volumes=[volume, scratch, files],
        volume_mounts=[volume_mount],
        on_finish_action="keep_pod",
        node_selector={{"disk": "ssd"}},
        container_resources=k8s.V1ResourceRequirements(requests={{"memory": "64Mi"}}, \
limits={{"memory": "1Gi", "nvidia.com/gpu": 1}}),  # enough
    )
"""


def load(file: Path, source: str) -> tuple[dict[str, Any], str]:
    """Load a DAG file, and give its tasks, and what is wrong with it."""
    file.write_text(source, encoding="utf-8")
    bag = load_dag_bag(str(file))
    return {task.task_id: task for dag in bag.dags.values() for task in dag.tasks}, "".join(
        bag.import_errors.values()
    )


def find_and_apply(source: str) -> str:
    """Give the source with what is repaired."""
    return find_old("dags/old.py", source).apply(source)


def test_a_file_of_airflow_1_is_loaded_again(tmp_path: Path) -> None:
    """Its classes become Kubernetes's models with the same values; comments and layout stay."""
    assert "airflow.contrib" in load(tmp_path / "before.py", CONTRIB)[1]
    repaired = find_and_apply(CONTRIB)
    assert repaired == CONTRIB_REPAIRED
    tasks, errors = load(tmp_path / "after.py", repaired)
    assert errors == ""
    task = tasks["pod"]
    assert task.on_finish_action.value == "keep_pod"
    assert task.node_selector == {"disk": "ssd"}
    assert task.ports[0].container_port == 80
    assert [volume.name for volume in task.volumes] == ["test-volume", "scratch", "files"]
    assert task.volumes[0].persistent_volume_claim.claim_name == "test-volume"
    assert task.volumes[2].config_map.items[0].path == "b"
    assert task.volume_mounts[0].read_only is True
    assert task.container_resources.limits == {"memory": "1Gi", "nvidia.com/gpu": 1}
    assert task.secrets[0].key == "sql_alchemy_conn"


def test_a_second_run_finds_nothing() -> None:
    """What is written is of today's Airflow."""
    assert find_old("dags/old.py", CONTRIB_REPAIRED).repairs == ()
    assert find_old("dags/old.py", CONTRIB_REPAIRED).findings == ()


def test_each_repair_says_what_the_part_does_today() -> None:
    """The author decides by that, and by its line."""
    reasons = {(repair.span.line, repair.reason) for repair in find_old("dags/old.py", CONTRIB).repairs}
    assert {
        (
            4,
            "Airflow 3 does not have airflow.contrib.kubernetes.secret.Secret.",
        ),
        (27, "is_delete_operator_pod is silently ignored by KubernetesPodOperator since the provider 10."),
        (28, "node_selectors is refused by KubernetesPodOperator."),
    } <= reasons


IMPORTS = {
    "from airflow.providers.cncf.kubernetes.operators.kubernetes_pod import KubernetesPodOperator": OPERATOR,
    "from airflow.contrib.operators import kubernetes_pod_operator": (
        "from airflow.providers.cncf.kubernetes.operators import pod as kubernetes_pod_operator"
    ),
    "import airflow.contrib.operators.kubernetes_pod_operator as kpo": (
        "import airflow.providers.cncf.kubernetes.operators.pod as kpo"
    ),
    "from airflow.providers.cncf.kubernetes.triggers.kubernetes_pod import KubernetesPodTrigger as T": (
        "from airflow.providers.cncf.kubernetes.triggers.pod import KubernetesPodTrigger as T"
    ),
    "from airflow.executors.kubernetes_executor import KubernetesExecutor": (
        "from airflow.providers.cncf.kubernetes.executors.kubernetes_executor import KubernetesExecutor"
    ),
    """\
def f():
    from airflow.kubernetes.pod import Resources
    return Resources(limit_cpu="1")
f()""": """\
from kubernetes.client import models as k8s
def f():
    pass
    return k8s.V1ResourceRequirements(limits={"cpu": "1"})
f()""",
    """\
from airflow.kubernetes import volume
v = volume.Volume("a", {"hostPath": {"path": "/d"}})""": """\
from kubernetes.client import models as k8s
v = k8s.V1Volume(name="a", host_path=k8s.V1HostPathVolumeSource(path="/d"))""",
    """\
from kubernetes.client import models
from airflow.kubernetes.volume import Volume
def f(v: Volume = None): ...""": """\
from kubernetes.client import models
def f(v: models.V1Volume = None): ...""",
    """\
from airflow.providers.cncf.kubernetes.backcompat.pod_runtime_info_env import PodRuntimeInfoEnv
IP = PodRuntimeInfoEnv("IP", "status.podIP")""": """\
from kubernetes.client import models as k8s
IP = k8s.V1EnvVar(name="IP", value_from=k8s.V1EnvVarSource(field_ref=\
k8s.V1ObjectFieldSelector(field_path="status.podIP")))""",
    """\
from airflow.configuration import conf
n = conf.get('kubernetes', 'NAMESPACE')""": """\
from airflow.configuration import conf
n = conf.get('kubernetes_executor', 'NAMESPACE')""",
    """\
from airflow import configuration
n = configuration.getboolean("kubernetes", "in_cluster", fallback=True)""": """\
from airflow import configuration
n = configuration.conf.getboolean("kubernetes_executor", "in_cluster", fallback=True)""",
}


@pytest.mark.parametrize(("before", "after"), IMPORTS.items())
def test_what_has_moved_is_written_as_today(before: str, after: str, tmp_path: Path) -> None:
    """Airflow 3 refuses each as it was; both lines load what it becomes."""
    source = f"{START}{before}\n"
    if AIRFLOW_3:
        assert load(tmp_path / "before.py", source)[1]
    repaired = find_and_apply(source)
    # The models are imported beside the other names of Airflow.
    assert sorted(repaired.splitlines()) == sorted(f"{START}{after}\n".splitlines())
    assert load(tmp_path / "after.py", repaired)[1] == ""


ARGUMENTS = [
    ("is_delete_operator_pod=True", 'on_finish_action="delete_pod"'),
    ("is_delete_operator_pod=KEEP", 'on_finish_action="delete_pod" if KEEP else "keep_pod"'),
    ("node_selectors={'a': 'b'}", "node_selector={'a': 'b'}"),
    ("xcom_push=True", "do_xcom_push=True"),
    (
        "resources={'limit_cpu': 1, 'request_cpu': None}",
        'container_resources=k8s.V1ResourceRequirements(limits={"cpu": 1})',
    ),
    (
        "resources=k8s.V1ResourceRequirements(limits={'cpu': '1'})",
        "container_resources=k8s.V1ResourceRequirements(limits={'cpu': '1'})",
    ),
]


@pytest.mark.parametrize(("before", "after"), ARGUMENTS)
@pytest.mark.parametrize("call", ["KubernetesPodOperator", "KubernetesPodOperator.partial"])
def test_removed_arguments_become_those_of_today(before: str, after: str, call: str, tmp_path: Path) -> None:
    """The operator refuses, or silently ignores, each as it was."""
    end = ".expand(cmds=[['a']])" if call.endswith("partial") else ""
    start = f"{START}from kubernetes.client import models as k8s\n{OPERATOR}\nKEEP = False\n{DAG_LINE}\n"
    source = f"{start}    {call}(task_id='a', {before}){end}\n"
    if not end:  # a mapped task is made only when it runs
        assert bool(load(tmp_path / "before.py", source)[1]) is ("is_delete" not in before)
    repaired = find_and_apply(source)
    assert repaired == f"{start}    {call}(task_id='a', {after}){end}\n"
    assert load(tmp_path / "after.py", repaired)[1] == ""


def test_one_constant_of_several_tasks_is_rewritten_once(tmp_path: Path) -> None:
    """It has no other use."""
    source = f"""\
{START}{OPERATOR}
BIG = {{"request_memory": "8Gi"}}
{DAG_LINE}
    KubernetesPodOperator(task_id="a", resources=BIG)
    KubernetesPodOperator(task_id="b", resources=BIG)
"""
    repaired = find_and_apply(source)
    assert 'BIG = k8s.V1ResourceRequirements(requests={"memory": "8Gi"})' in repaired
    tasks, errors = load(tmp_path / "after.py", repaired)
    assert errors == ""
    assert {task.container_resources.requests["memory"] for task in tasks.values()} == {"8Gi"}


def test_default_args_of_pod_operators_are_repaired(tmp_path: Path) -> None:
    """Airflow silently ignores a default that no operator has; the operator, one that it no longer heeds."""
    source = f"""\
{START}{OPERATOR}
default_args = {{
    "node_selectors": {{"disk": "ssd"}},  # fast
    "is_delete_operator_pod": False,
    "retries": 2,
}}
with DAG("old", schedule=None, start_date=pendulum.datetime(2020, 1, 1), default_args=default_args):
    KubernetesPodOperator(task_id="a")
"""
    before = load(tmp_path / "before.py", source)[0]["a"]
    assert (before.node_selector, before.on_finish_action.value) == ({}, "delete_pod")
    after = load(tmp_path / "after.py", find_and_apply(source))[0]["a"]
    assert (after.node_selector, after.on_finish_action.value) == ({"disk": "ssd"}, "keep_pod")
    resources = source.replace('"node_selectors": {"disk": "ssd"}', '"resources": {"limit_cpu": 1}')
    assert "unexpected keyword argument 'limit_cpu'" in load(tmp_path / "wrong.py", resources)[1]
    repaired = load(tmp_path / "right.py", find_and_apply(resources))[0]["a"]
    assert repaired.container_resources.limits == {"cpu": 1}


REFUSED = {
    f"{OPERATOR}\nKubernetesPodOperator(task_id='a', resources=get())": "Write container_resources instead.",
    f"{OPERATOR}\nKubernetesPodOperator(task_id='a', progress_callback=print)": (
        "progress_callback is silently ignored by KubernetesPodOperator since the provider 10. "
        "Write callbacks instead."
    ),
    f"{OPERATOR}\nR = {{'limit_cpu': 1}}\nprint(R)\nKubernetesPodOperator(task_id='a', resources=R)": (
        "resources is refused by KubernetesPodOperator. Write container_resources instead."
    ),
    f"{OPERATOR}\nKubernetesPodOperator(task_id='a', request_memory='1Gi')": (
        "request_memory is refused by KubernetesPodOperator. Write container_resources instead."
    ),
    "from airflow.kubernetes.volume import Volume\nVolume('a', configs=get())": (
        "Volume(...) has values that are not written out; write it as V1Volume of kubernetes.client.models."
    ),
    "from airflow.kubernetes.volume import Volume\nVolume(**given)": "values that are not written out",
    "from airflow.kubernetes.volume import Volume\nVolume('a', {'noVolume': {}})": "not written out",
    "from airflow.contrib.kubernetes.pod import Pod": "Write kubernetes.client's models.",
    "import airflow.contrib.operators.kubernetes_pod_operator": "Import it by 'from'.",
    "from airflow.configuration import conf\nconf.get('kubernetes', 'airflow_configmap')": (
        "Airflow 3 has no section [kubernetes]. "
        "[kubernetes_executor] has no option airflow_configmap; remove it."
    ),
}


@pytest.mark.parametrize(("source", "reason"), REFUSED.items())
def test_what_is_not_certain_is_left_and_reported(source: str, reason: str) -> None:
    """The finding has what to write."""
    found = find_old("dags/old.py", source)
    assert found.apply(source) == source
    assert [finding.line for finding in found.findings] == [len(source.splitlines())]
    assert reason in found.findings[0].reason


UNTOUCHED = [
    """\
try:
    from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
except ImportError:
    from airflow.providers.cncf.kubernetes.operators.kubernetes_pod import KubernetesPodOperator
""",
    f"{OPERATOR}\nKubernetesPodOperator(task_id='a', resources={{'cpus': 1}})\n",
    "from airflow.operators.bash import BashOperator\nBashOperator(task_id='a', resources={'cpus': 1})\n",
    "other = {}\nother.get('kubernetes', 'namespace')\n",
    "from airflow.configuration import conf\nconf.get('kubernetes_secrets', 'a')\n",
    "kubernetes = (\n",
]


@pytest.mark.parametrize("source", UNTOUCHED)
def test_what_works_today_is_left(source: str) -> None:
    """A file that provides for both is one of them; so is a file that is no Python."""
    found = find_old("dags/new.py", source)
    assert (found.repairs, found.findings) == ((), ())


def test_wide_characters_and_several_edits_of_a_line_stay_whole() -> None:
    """Python counts columns in bytes."""
    call = "KubernetesPodOperator(task_id='ä', xcom_push=True, node_selectors={'ö': 'ü'})"
    source = f"{OPERATOR}\nx = 'größe'; {call}\n"
    expected = source.replace("xcom_push", "do_xcom_push").replace("node_selectors", "node_selector")
    assert find_and_apply(source) == expected


def test_line_ends_are_those_of_the_file() -> None:
    """Also of the statements that are added; a file whose lines end in no usual way is left."""
    before, after = (text.replace("\n", "\r\n") for text in (CONTRIB, CONTRIB_REPAIRED))
    assert find_and_apply(before) == after
    other = CONTRIB.replace("\n", "\r")
    assert find_and_apply(other) == other


PAGE = (Path(__file__).parents[2] / "docs/migration.md").read_text(encoding="utf-8")
ROWS = [
    tuple(re.findall("`(.*?)`", row))
    for row in PAGE.partition("| of old Airflow |")[2].partition("\n\n")[0].splitlines()[2:]
]
IMPORTED = f"""\
from kubernetes.client import models as k8s
from airflow.configuration import conf
from airflow.contrib.kubernetes.pod import Port, Resources
from airflow.contrib.kubernetes.volume import Volume
from airflow.contrib.kubernetes.volume_mount import VolumeMount
{OPERATOR}
"""


@pytest.mark.parametrize(("old", "today"), ROWS)
def test_the_page_shows_what_is_written(old: str, today: str) -> None:
    """Each row of the table."""
    assert find_and_apply(f"{IMPORTED}{old}\n").splitlines()[-1] == today


LEFT_TO_RUFF = """\
from airflow import DAG
from airflow.kubernetes.secret import Secret
from airflow.kubernetes.pod_generator import PodGenerator

with DAG("left", schedule_interval=None) as dag:
    print(Secret("env", "A", "b", "c"), PodGenerator)
"""


RUFF_FIXES = pytest.mark.skipif(
    tuple(map(int, version("ruff").split(".")[:2])) < (0, 15), reason="older releases of ruff find less of it"
)


def run_ruff(file: Path) -> str:
    """Run ruff as the finding has it, and give what it made of the file."""
    command = [str(Path(sys.executable).with_name("ruff")), *RUFF.split()[1:], "--isolated", "-q", str(file)]
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL)  # noqa: S603  # of this environment
    return file.read_text(encoding="utf-8")


@RUFF_FIXES
def test_ruff_changes_what_is_left_to_it(tmp_path: Path) -> None:
    """The command is shown as it is to be run, and what it leaves is loaded."""
    file = tmp_path / "left.py"
    assert load(file, LEFT_TO_RUFF)[1] or not AIRFLOW_3
    found = find_old(str(file), LEFT_TO_RUFF)
    assert found.repairs == ()
    modules = "airflow.kubernetes.secret.Secret, airflow.kubernetes.pod_generator.PodGenerator"
    assert [finding.reason for finding in found.findings] == [
        f"Airflow 3 does not have {modules} and schedule_interval; run `{RUFF} {file}`."
    ]
    changed = run_ruff(file)
    assert find_old(str(file), changed).findings == ()
    assert load(file, changed)[1] == ""  # on both lines: the upgrade is not at once


RENAMED = [
    ("volume", "Volume(name='a', configs={'emptyDir': {}})", "V1Volume"),
    ("pod", "Port('http', 80)", "V1ContainerPort"),
    ("pod", "Resources(limit_cpu=1)", "V1ResourceRequirements"),
    ("volume_mount", "VolumeMount('a', mount_path='/a', sub_path=None, read_only=True)", "V1VolumeMount"),
    ("pod_runtime_info_env", "PodRuntimeInfoEnv(name='IP', field_path='status.podIP')", "V1EnvVar"),
]


@RUFF_FIXES
@pytest.mark.parametrize(("module", "call", "model"), RENAMED)
def test_what_ruff_breaks_is_repaired_before_it_and_after_it(
    module: str, call: str, model: str, tmp_path: Path
) -> None:
    """Ruff renames these classes, keeps their arguments, which the models refuse, and keeps the import."""
    name = call.partition("(")[0]
    source = f"{START}from airflow.kubernetes.{module} import {name}\nvalue = {call}\n"
    file = tmp_path / "renamed.py"
    file.write_text(source, encoding="utf-8")
    changed = run_ruff(file)
    assert f"{model}({call.partition('(')[2]}" in changed
    assert load(file, changed)[1]
    before, after = (find_and_apply(text) for text in (source, changed))
    assert load(file, before)[1] == ""
    assert load(file, after)[1] == ""
    assert before.rpartition(model)[2] == after.rpartition(model)[2]


@pytest.mark.parametrize(("old", "new"), MODULES.items())
def test_a_module_that_has_moved_is_where_the_table_has_it(old: str, new: str) -> None:
    """On both lines; Airflow 3 has none of the old ones."""
    assert importlib.import_module(new)
    if AIRFLOW_3:
        with pytest.raises(ModuleNotFoundError, match="No module named 'airflow"):
            importlib.import_module(old)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("path", CLASSES)
def test_no_line_has_the_old_classes(path: str) -> None:
    """With today's provider, Airflow 2.11 fails as well: they are no matter of the upgrade."""
    module, _, name = path.rpartition(".")
    with pytest.raises(ImportError, match="airflow"):
        getattr(importlib.import_module(module), name)


@pytest.mark.parametrize("path", GONE)
def test_what_is_gone_cannot_be_imported(path: str) -> None:
    """Neither line has it with today's provider."""
    with pytest.raises(ModuleNotFoundError, match="No module named 'airflow"):
        importlib.import_module(path)


@pytest.mark.parametrize("name", REMOVED_ARGUMENTS)
def test_the_operator_refuses_or_ignores_what_was_removed(name: str) -> None:
    """The table says which of the two."""
    from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator

    given: dict[str, Any] = {name: {"request_memory": "1Gi"} if name == "resources" else True}
    if name in IGNORED_ARGUMENTS:
        assert KubernetesPodOperator(task_id="a", **given).on_finish_action.value == "delete_pod"
        return
    with pytest.raises(
        Exception, match=r"Invalid arguments|unexpected keyword"
    ):  # AirflowException on Airflow 2
        KubernetesPodOperator(task_id="a", **given)


def test_the_options_of_the_section_are_those_of_the_provider() -> None:
    """A read of another one fails; releases from before one of them lack that alone."""
    from airflow.providers.cncf.kubernetes.get_provider_info import get_provider_info

    info: Any = get_provider_info
    missing = SECTION_OPTIONS - set(info()["config"][SECTION]["options"])
    assert missing == (set() if PROVIDER >= (10, 23) else {"running_pod_log_lines"})


def test_what_is_written_is_python() -> None:
    """The repaired file parses, whatever its layout."""
    source = CONTRIB.replace("(\n        task_id", "( task_id").replace(
        "sub_path=None,", "\n    sub_path=\n    None,"
    )
    assert ast.parse(find_and_apply(source))
