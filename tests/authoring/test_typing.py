"""What type checkers report of programs as DAG authors write them: mypy, and pyright, which is VS Code's.

What they report does not depend on the installed Airflow, so this module is collected with the newest line
alone. Each of the two runs once, on a file for each program.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import pytest
from doc_pages import PAGES, ROOT, blocks_of
from mypy import api

HEAD = """
from airflow_provider_k8sexec import (
    ConfigMap, EmptyDir, HostPath, K8sBashOperator, K8sPodOperator, K8sPythonOperator, PersistentVolumeClaim,
    Secret,
    TemplateVolume,
    Toleration, k8s_config, k8s_operator, k8s_task,
)
from datetime import timedelta
from decimal import Decimal
from airflow.providers.standard.sensors.bash import BashSensor
from airflow.sdk import DAG, task

@k8s_task(cpu=0.5)
def extract(x: int, y: str = "") -> list[str]:
    return [y] * x

@k8s_task
def bare(x: int) -> int:
    return x

def plain() -> str:
    return "a_task"
"""


class Case(NamedTuple):
    """A program, and what is said of it."""

    program: str
    said: str | None = None


GOOD = {
    "every kind of amount": """
k8s_task(cpu=1, memory="1Gi")
k8s_task(cpu=0.5, memory=("1Gi", "2Gi"))
k8s_task(cpu=(0.5, 2), memory=("1Gi", None))
k8s_task(cpu=("500m", None), gpu=1, shared_memory="1Gi")
k8s_task(cpu=Decimal("0.5"), ephemeral_storage=(None, "10Gi"), gpu={"amd.com/gpu": 2})
""",
    "every kind of ladder": """
from airflow_provider_k8sexec import per_try
k8s_task(cpu=per_try(0.5, 2), memory=per_try("1Gi", "2Gi", "4Gi"), retries=2)
k8s_task(cpu=per_try(1, (1, "2"), ("500m", None)), memory=per_try("1Gi", ("1Gi", "4Gi")))
k8s_task(ephemeral_storage=per_try.doubling("1Gi", up_to="16Gi"), cpu=per_try.doubling(0.5, up_to=4))
k8s_task(gpu=per_try(1, 2))
k8s_task(gpu={"amd.com/gpu": per_try(1, 2), "nvidia.com/gpu": 1})
""",
    "a pod that an operator starts": """
from kubernetes.client import models as k8s
K8sPodOperator(task_id="a", image="b", cmds=["c"], memory="1Gi", secrets=["D"], volumes={"/e": EmptyDir()})
K8sPodOperator(task_id="a", volumes=[k8s.V1Volume(name="e")], executor_config=k8s_config(cpu=1))
K8sPodOperator.partial(task_id="a", image="b").expand(memory=["1Gi"])
@k8s_task.kubernetes(image="python:3.12", memory="1Gi")
def crunch(x: int) -> int:
    return x
crunch.override(memory="2Gi")(1)
k8s_task.kubernetes_cmd(image="b", cpu=1, args_only=True)
""",
    "every kind of value": """
k8s_task(
    secrets=["A", Secret("B", env="C"), Secret("D", file="/d", name="e", optional=True)],
    env_vars={"A": "1", "B": {"fieldRef": {"fieldPath": "status.podIP"}}},
    env_from=["configmap/app", {"secretRef": {"name": "db"}}],
    volumes={
        "/a": EmptyDir(size="2Gi", medium="Memory"), "/b": ConfigMap("b"), "/c": {"projected": {}},
        "/d": PersistentVolumeClaim("d", read_only=True), "/e": HostPath("/e", type="Directory"),
        "/f": TemplateVolume("logs", sub_path_expr="$(TEAM)"),
    },
    tolerations=["gpu=true:NoSchedule", Toleration("spot", effect="NoExecute"), {"operator": "Exists"}],
    image="etl:1", image_pull_policy="Always", image_pull_secrets=["registry"], node_selector={"disk": "ssd"},
    labels={"team": "etl"}, annotations={}, automount_service_account_token=False, active_deadline_seconds=60,
    pod_override={"spec": {"containers": []}}, affinity={"nodeAffinity": {}}, security_context={"fsGroup": 1},
)
""",
    "a Kubernetes model where a manifest may stand": """
from kubernetes.client import models as k8s
k8s_task(
    pod_override=k8s.V1Pod(), tolerations=[k8s.V1Toleration(key="a")], env_vars=[k8s.V1EnvVar(name="A")],
    volumes={"/a": k8s.V1Volume(name="a")}, affinity=k8s.V1Affinity(),
)
""",
    "Airflow's own Secret": """
from airflow.providers.cncf.kubernetes.secret import Secret as AirflowSecret
k8s_task(secrets=[AirflowSecret("env", "A", "b", "c"), "D"])  # type: ignore[no-untyped-call]
""",
    "Airflow's own arguments": """
k8s_task(
    cpu=1, task_id="it", retries=3, retry_delay=timedelta(minutes=1), pool="small", trigger_rule="all_done",
    multiple_outputs=True, execution_timeout=timedelta(hours=1), on_failure_callback=print, owner="etl",
    executor_config={"pod_override": None}, do_xcom_push=False, doc_md="text", templates_dict={"a": "b"},
)
""",
    "flavours with arguments of their own": """
k8s_task.bash(cpu=1, env={"A": "1"}, append_env=True, cwd="/tmp")(plain)
k8s_task.sensor(cpu=1, poke_interval=10, timeout=timedelta(hours=1), mode="reschedule")(plain)
k8s_task.virtualenv(cpu=1, requirements=["pandas"], python_version="3.12")(plain)
k8s_task.external_python(cpu=1, python="/usr/bin/python3", expect_airflow=False)(plain)
k8s_task.branch(cpu=1)(plain)
k8s_task.branch_virtualenv(cpu=1, requirements="pandas")(plain)
k8s_task.short_circuit(cpu=1, ignore_downstream_trigger_rules=False)(plain)
k8s_task.branch(plain)
""",
    "a flavour of another provider": """
k8s_task.docker(cpu=1, anything="goes")(plain)
""",
    "override, partial, expand": """
extract.override(cpu=2, memory=("1Gi", "2Gi"), retries=1, task_id="large")(1, y="a")
extract.partial(y="a").expand(x=[1, 2])
extract.override(cpu=2).expand_kwargs([{"x": 1}])
extract.partial(y="a").override(cpu=2).expand(x=[1, 2])
k8s_task.bash(cpu=1)(plain).override(cpu=2, cwd="/tmp", env={"A": "1"})()
k8s_task.sensor(plain).override(cpu=2, poke_interval=10)()
k8s_task.virtualenv(plain).override(cpu=2, requirements=["pandas"])()
""",
    "operators": """
K8sBashOperator(task_id="it", bash_command="true", cpu=(1, 2), memory="1Gi", env={"A": "1"}, retries=2)
K8sPythonOperator(task_id="it", python_callable=plain, op_kwargs={"a": 1}, gpu=1, templates_dict={})
K8sBashOperator.partial(task_id="it", cpu=1).expand(bash_command=["true"])
K8sPythonOperator.partial(task_id="it", python_callable=plain, cpu=1).expand(op_args=[[1]])
""",
    "any operator": """
K8sBashSensor = k8s_operator(BashSensor)
K8sBashSensor(task_id="it", bash_command="true", cpu=1).poke({})
K8sBashSensor.partial(task_id="it", cpu=1).expand(bash_command=["true"])
K8sBashSensor(task_id="it", bash_command="true", env={"A": "1"}, retries=2, memory="1Gi", secrets=["A"])
""",
    "any operator that starts a pod": """
from airflow.providers.cncf.kubernetes.operators.kueue import KubernetesStartKueueJobOperator
from airflow_provider_k8sexec import k8s_pod_operator
K8sJob = k8s_pod_operator(KubernetesStartKueueJobOperator)
K8sJob(task_id="it", queue_name="a", image="b", memory="1Gi", cpu=1)
""",
    "a flavour of a provider that is not known here": """
getattr(k8s_task, "of_the_site")(cpu=1, anything="goes")(plain)
""",
    "k8s_config where Airflow takes it": """
from airflow.providers.standard.operators.bash import BashOperator
BashOperator(task_id="it", bash_command="true", executor_config=k8s_config(cpu=1, memory=("1Gi", None)))
with DAG("etl", default_args={"executor_config": k8s_config(image="etl:1"), "cpu": 1}):
    task(executor_config=k8s_config(gpu=1))(plain)()
""",
    "options kept in a dict": """
from airflow_provider_k8sexec import PodOptions
SMALL: PodOptions = {"cpu": 0.5, "memory": "1Gi"}
k8s_task(**SMALL)(plain)
k8s_config(**SMALL)
""",
}
BAD = {
    "a misspelt option of a started pod": ('k8s_task.kubernetes(memroy="1Gi")', '"memroy"'),
    "a misspelt option": ('k8s_task(memroy="1Gi")', r'"memroy".*did you mean "memory"'),
    "a misspelt option of a flavour": ("k8s_task.bash(cpus=1)", r'"cpus".*did you mean "cpu"'),
    "a misspelt option of override": ('extract.override(memroy="1Gi")', '"memroy"'),
    "an argument of another flavour in override": (
        "k8s_task.bash(plain).override(requirements=['pandas'])",
        '"requirements"',
    ),
    "a misspelt option of k8s_config": ("k8s_config(cpus=1)", r'"cpus".*did you mean "cpu"'),
    "a misspelt option of an operator": (
        'K8sBashOperator(task_id="it", bash_command="true", memroy="1Gi")',
        r'"memroy".*did you mean "memory"',
    ),
    "a misspelt option of a mapped operator": ('K8sBashOperator.partial(task_id="it", cpus=1)', '"cpus"'),
    "a misspelt argument of Airflow": ("k8s_task(retrys=1)", '"retrys"'),
    "a number of bytes": ("k8s_task(memory=512)", 'matches argument type "int"|incompatible type "int"'),
    "a number of bytes for a later try": (
        'from airflow_provider_k8sexec import per_try\nk8s_config(memory=per_try("1Gi", 2))',
        "incompatible type",
    ),
    "half a GPU for a later try": (
        "from airflow_provider_k8sexec import per_try\nk8s_config(gpu=per_try(1, 1.5))",
        "incompatible type",
    ),
    "a ladder where there is none": (
        'from airflow_provider_k8sexec import per_try\nk8s_config(shared_memory=per_try("1Gi", "2Gi"))',
        "incompatible type",
    ),
    "three amounts": ("k8s_task(cpu=(1, 2, 3))", "incompatible type|No overload"),
    "a list for a pair": ("extract.override(cpu=[1, 2])", r'incompatible type "list\[int\]"'),
    "one secret without a list": ("k8s_config(secrets=Secret('A'))", r'incompatible type ".*Secret"'),
    "a pull policy that is none": ('k8s_config(image_pull_policy="always")', "incompatible type"),
    "a medium that is none": ('EmptyDir(medium="memory")', "incompatible type"),
    "a label that is no text": ('k8s_config(labels={"a": 1})', 'incompatible type "str": "int"'),
    "a half GPU": ("k8s_config(gpu=0.5)", 'incompatible type "float"'),
    "arguments of another flavour": ('k8s_task.bash(requirements=["pandas"])', '"requirements"'),
    "a wrong argument of Airflow": ('k8s_task(retries="3")', "incompatible type|No overload"),
    "a wrong argument of the function": ('extract("1")', r'has incompatible type "str"; expected "int"'),
    "a missing argument of the function": ("extract()", "Missing positional argument|Too few arguments"),
    "a keyword that the function lacks": ("extract(1, z=1)", 'Unexpected keyword argument "z"'),
    "a wrong argument after override": ('bare.override(cpu=2)("1")', r'has incompatible type "str"'),
    "a missing argument of an operator": ('K8sBashOperator(task_id="it", cpu=1)', '"bash_command"'),
    "a misspelt flavour": ("k8s_task.bsh(cpu=1)", '"bsh"'),
    "a misspelt flavour without arguments": ("k8s_task.virtual_env(plain)", '"virtual_env"'),
    "a misspelt option of K8sPodOperator": ('K8sPodOperator(task_id="a", memroy="1Gi")', '"memroy"'),
    "a misspelt option of a mapped K8sPodOperator": (
        'K8sPodOperator.partial(task_id="a", memroy="1Gi")',
        '"memroy"',
    ),
    "a misspelt option of the worker of K8sPodOperator": (
        'K8sPodOperator(task_id="a", executor_config=k8s_config(memroy="1Gi"))',
        '"memroy"',
    ),
    "a misspelt option beside right ones": (
        'k8s_config(cpu=1, memory="1Gi", toleration=["a"])',
        '"toleration"',
    ),
    "a number of bytes for any operator": (
        'k8s_operator(BashSensor)(task_id="it", bash_command="true", memory=512)',
        'incompatible type "int"',
    ),
    "half a GPU for any mapped operator": (
        'k8s_operator(BashSensor).partial(task_id="it", gpu=0.5)',
        'incompatible type "float"',
    ),
    "a number of bytes for a flavour of another provider": (
        "k8s_task.docker(memory=512)",
        'incompatible type "int"',
    ),
    "a public name that is none": ("from airflow_provider_k8sexec import k8s_taks", '"k8s_taks"'),
}
REVEALED = {
    "extract": r"PythonTask\[\[x: int, y: str =\], list\[str\]\]",
    "bare": r"PythonTask\[\[x: int\], int\]",
    "extract.function": r"def \(x: int, y: str =\) -> list\[str\]",
    "extract.override(cpu=2)": r"PythonTask\[\[x: int, y: str =\], list\[str\]\]",
    "k8s_task.virtualenv(cpu=1)(plain)": r"VirtualenvTask\[\[\], str\]",
    "k8s_task.bash(plain)": r"BashTask\[\[\], str\]",
    "k8s_task.bash(plain).override(cpu=2)": r"BashTask\[\[\], str\]",
    'extract.partial(y="a")': r"PythonTask\[\[x: int, y: str =\], list\[str\]\]",
    "extract(1)": "XComArg",
    "extract.expand(x=[1])": "XComArg",
    "k8s_config(cpu=1)": r"dict\[str, Any\]",
    'K8sBashOperator(task_id="it", bash_command="true")': r"bash\.BashOperator",
    'K8sPythonOperator(task_id="it", python_callable=plain)': r"python\.PythonOperator",
    'K8sBashOperator.partial(task_id="it")': "OperatorPartial",
}
SHOWN = {
    **{file.name: file.read_text(encoding="utf-8") for file in sorted(ROOT.glob("example_dags/*.py"))},
    **{
        f"{block.page}, line {block.line}": block.text
        for page in PAGES
        for block in blocks_of(page, "python")
    },
}
"""The example DAGs, and all programs of the pages, which are shorter than a file."""
SHOWN_MISTAKES = {name for name, program in SHOWN.items() if 'cpu="500Mi", memory=512)' in program}
"""Those that show a mistake, and what is reported of it."""
OF_ARGUMENTS = {"call-arg", "call-overload", "arg-type", "attr-defined", "misc"} | {
    "reportCallIssue",
    "reportArgumentType",
    "reportAttributeAccessIssue",
}
"""What checkers report of arguments and attributes; that a shortened program lacks a name is none."""
OF_AIRFLOW = re.compile(
    'to "TaskGroup" has incompatible type|parameter "params" of type "ParamsDict"'
    '|"airflow.decorators" has no attribute|"(dag|task)" is unknown import symbol'
)
"""Arguments of Airflow's own with a converter of attrs', of which a checker loses the type; and names that
Airflow 3 still has in Airflow 2's module, and no checker finds there."""

pytestmark = pytest.mark.once_a_line  # types are of a line of Airflow, not of a Python

CASES = [
    *(Case(program) for program in GOOD.values()),
    *(Case(program, said) for program, said in BAD.values()),
    *(Case(f"reveal_type({program})", f'Revealed type is ".*{said}"') for program, said in REVEALED.items()),
]


class Report(NamedTuple):
    """One line of what a checker reports: its rule, and its text."""

    rule: str
    text: str


def run_mypy(files, folder):
    """Run mypy, as strict as can be."""
    # The kubernetes client has no types, so that what may be one of its models may be anything.
    flags = ["--strict", "--config-file=", f"--cache-dir={folder / 'cache'}", "--ignore-missing-imports"]
    reported, failure, _ = api.run([*flags, *map(str, files)])
    assert failure == ""
    for line in reported.splitlines():
        if match := re.match(r"(?P<file>.+?\.py):\d+: (?P<text>.*?)(?:  \[(?P<rule>[\w-]+)\])?$", line):
            yield match["file"], Report(match["rule"] or "", match["text"])


def run_pyright(files, folder):
    """Run pyright as VS Code's Python extension does where type checking is on."""
    program = shutil.which("pyright", path=ROOT / ".node-tools/node_modules/.bin") or shutil.which("pyright")
    if program is None:
        pytest.skip("needs pyright: npm, which `make test` gets it by")
    settings = {"typeCheckingMode": "standard", "extraPaths": [str(ROOT)], "include": [str(files[0].parent)]}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    command = [program, "--outputjson", "--pythonpath", sys.executable, "--project", str(folder)]
    ended = subprocess.run(  # noqa: S603  # a program of this repository's tools
        command, cwd=folder, capture_output=True, text=True, check=False
    )
    for item in json.loads(ended.stdout)["generalDiagnostics"]:
        if item["severity"] != "information":
            yield item["file"], Report(item.get("rule", ""), f"{item['severity']}: {item['message']}")


@pytest.fixture(scope="module", params=[run_mypy, run_pyright])
def check(request, tmp_path_factory):
    """Run a checker, once, on a file for each program, and give a way to ask what it has reported."""
    folder = tmp_path_factory.mktemp("programs")
    programs = [*(HEAD + case.program for case in CASES), *SHOWN.values()]
    files = {program: folder / "programs" / f"case_{number}.py" for number, program in enumerate(programs)}
    files[programs[0]].parent.mkdir()
    for program, file in files.items():
        file.write_text(program, encoding="utf-8")
    reports = defaultdict(list)
    for file, report in request.param([*files.values()], folder):
        reports[Path(file)].append(report)
    return lambda program: reports[files[program]]


@pytest.mark.parametrize("program", GOOD.values(), ids=GOOD.keys())
def test_a_right_program_is_accepted(program, check):
    """A checker finds nothing wrong in a program that is right."""
    assert check(HEAD + program) == []


@pytest.mark.parametrize("name", SHOWN)
def test_a_program_that_is_shown_is_accepted(name, check):
    """Who copies an example or a block has no type error in its arguments, unless it shows a mistake."""
    reports = [report for report in check(SHOWN[name]) if not OF_AIRFLOW.search(report.text)]
    of_arguments = [report for report in reports if report.rule in OF_ARGUMENTS]
    assert bool(of_arguments) == (name in SHOWN_MISTAKES), of_arguments


@pytest.mark.parametrize(("program", "said"), BAD.values(), ids=BAD.keys())
def test_a_wrong_program_is_refused(program, said, check, request):
    """A checker names the argument that is wrong, and mypy the right one for one that is misspelt."""
    errors = [report.text for report in check(HEAD + program) if report.text.startswith("error: ")]
    assert errors
    if request.node.callspec.params["check"] is run_mypy:
        assert re.search(said, errors[0]), errors[0]


@pytest.mark.parametrize(("program", "said"), REVEALED.items(), ids=REVEALED.keys())
@pytest.mark.parametrize("check", [run_mypy], indirect=True)
def test_what_a_program_makes_has_its_type(program, said, check):
    """A decorated function keeps its signature, through all that makes another one of it."""
    (line,) = check(f"{HEAD}reveal_type({program})")
    assert re.search(rf'note: Revealed type is ".*{said}"', line.text), line
