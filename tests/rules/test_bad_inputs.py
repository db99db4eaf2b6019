"""Mistakes of authors, hundreds of them: each is told with its value, its argument and its remedy."""

from __future__ import annotations

import ast
import pickle
import re
from contextlib import suppress
from typing import Any

import bad_amounts
import bad_environment
import bad_names
import bad_overrides
import bad_pods
import bad_volumes
import pendulum
import pytest
from kubernetes.client import models as k8s
from sample_declarations import RELEASE

from airflow_provider_k8sexec import (
    ConfigurationError,
    DeploymentError,
    EmptyDir,
    K8sExecError,
    K8sPythonOperator,
    Secret,
    SpecError,
    k8s_config,
    k8s_task,
)
from airflow_provider_k8sexec.context import forget_context
from airflow_provider_k8sexec.options.pod_options import POD_OPTIONS

pytestmark = pytest.mark.any_line

try:
    from airflow.sdk import DAG, TaskGroup
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.utils.task_group import TaskGroup

TABLES = [bad_amounts, bad_environment, bad_volumes, bad_pods, bad_overrides, bad_names]
ROWS = {f"{table.__name__}: {name}": row for table in TABLES for name, row in table.ROWS.items()}
HERE = re.escape(__file__)
PASSWORD = "hunter2"  # noqa: S105  # what must not be seen
RIGHT = {
    name: (wrong, remedy, right) for name, (wrong, _, remedy, right) in ROWS.items() if right is not None
}


def new_dag(**arguments: Any) -> DAG:
    """Make a DAG that nothing schedules."""
    start = pendulum.datetime(2026, 1, 1, tz="UTC")
    return DAG(dag_id="a_dag", schedule=None, start_date=start, catchup=False, **arguments)


def test_every_option_is_given_wrongly() -> None:
    """No option goes without a mistake in these tables."""
    assert {option for wrong, *_ in ROWS.values() for option in wrong} >= POD_OPTIONS


@pytest.mark.parametrize(("wrong", "given", "remedy"), [row[:3] for row in ROWS.values()], ids=ROWS)
def test_a_mistake_is_told_once_with_its_value_its_argument_and_its_remedy(
    wrong: dict[str, Any], given: str, remedy: str
) -> None:
    """The author reads what was given, for which argument, and what to write instead; no password."""
    line = f"\n  - {given} "
    with pytest.raises(SpecError, match=rf"1 problem in the pod options \(.*\):{re.escape(line)}") as caught:
        k8s_config(**wrong)
    (problem,) = caught.value.problems
    assert problem.value
    assert problem.reason
    assert problem.remedy == remedy
    sentence = remedy if remedy.endswith(".") else f"{remedy}."
    assert str(caught.value).endswith(f"{line}{problem.reason}; {sentence}")
    assert PASSWORD not in f"{caught.value!r} {caught.value.problems!r}"


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"memory": 512}, "memory=512 is 512 bytes; write memory='512Mi'."),
        ({"memory": "1024m"}, "memory='1024m' has 'm', a fraction of a byte; write '1024Mi'."),
        ({"memory": "100k"}, "memory='100k' is 100000 bytes, too few for any task; write '100Mi'."),
        ({"cpu": "500Mi"}, "cpu='500Mi' has 'Mi', a unit of bytes; write '500m' for thousandths of a core."),
        (
            {"cpu": 500},
            (
                "cpu='500' is 500 whole cores; write '500m' for thousandths of a core, or '500000m' if cores "
                "are meant."
            ),
        ),
        ({"cpu": True}, "cpu=True is a bool, not a Kubernetes quantity; write for example cpu='500m'."),
        (
            {"cpu": ...},
            "cpu=Ellipsis is an ellipsis, not a Kubernetes quantity; write for example cpu='500m'.",
        ),
        (
            {"memory": ("2Gi", "1Gi")},
            (
                "memory=('2Gi', '1Gi') has a request, 2Gi, above its limit, 1Gi; write the smaller first: "
                "('1Gi', '2Gi')."
            ),
        ),
        (
            {"secrets": ["A"], "env_vars": {"A": PASSWORD}},
            (
                "secrets=Secret(key='A', env=None, file=None, name=None, optional=False) claims the "
                "environment variable 'A', which has another source already; remove one of the two."
            ),
        ),
        (
            {"secrets": [Secret("A", file="/a")], "volumes": {"/a": EmptyDir()}},
            (
                "secrets=Secret(key='A', env=None, file='/a', name=None, optional=False) claims the mount "
                "path '/a', which has another source already; remove one of the two."
            ),
        ),
    ],
)
def test_a_mistake_reads_as_a_sentence(options: dict[str, Any], line: str) -> None:
    """What was given, why it cannot stand, and what to write instead."""
    with pytest.raises(SpecError, match=rf"^1 problem in the pod options \(.*\):\n  - {re.escape(line)}$"):
        k8s_config(**options)


@pytest.mark.parametrize("right", [right for *_, right in RIGHT.values()], ids=RIGHT)
def test_the_remedy_of_a_mistake_is_accepted_when_it_is_followed(right: dict[str, Any]) -> None:
    """Nobody is led from one error to the next, and the pod can be made."""
    dict(k8s_config(**right))


def written(remedy: str) -> dict[str, Any]:
    """Read the options that a remedy writes out: ``write memory='512Mi'``."""
    match = re.fullmatch(r"write (?:for example )?(\w+)=(.+)", remedy)
    if match and match[1] in POD_OPTIONS:
        with suppress(ValueError, SyntaxError):  # a description, or several ways
            value = ast.literal_eval(match[2])
            return {} if value is ... else {match[1]: value}
    return {}


def test_what_a_remedy_writes_out_is_what_was_followed() -> None:
    """The right options of the tables are the remedies' own."""
    followed = [(written(remedy), right) for _, remedy, right in RIGHT.values() if written(remedy)]
    assert len(followed) > 50
    assert [writes for writes, right in followed if not writes.items() <= right.items()] == []


def test_all_mistakes_of_a_task_are_told_at_once() -> None:
    """One run of the dag-processor shows everything that is to be corrected, in the order of the rules."""
    with pytest.raises(SpecError, match=r"^11 problems in the pod options \(.*\):\n") as caught:
        k8s_config(
            memroy="1Gi",
            memory=512,
            cpu=(2, 1),
            gpu="1",
            image="Airflow latest",
            labels={"dag_id": "mine", "team": 5},
            env_vars={"FA=2": PASSWORD},
            volumes={"scratch": EmptyDir()},
            tolerations=["gpu=true:noschedule"],
            pod_override={"spec": {"containers": [{"name": "base", "args": [PASSWORD]}]}},
        )
    fields = [problem.field for problem in caught.value.problems]
    assert sorted(fields) == [
        "cpu",
        "env_vars",
        "gpu",
        "image",
        "labels",
        "labels['team']",
        "memory",
        "memroy",
        "pod_override['spec']['containers'][0]['args']",
        "tolerations[0]",
        "volumes",
    ]
    assert str(caught.value).count("\n  - ") == 11
    assert PASSWORD not in str(caught.value)


def test_an_error_survives_the_way_between_processes() -> None:
    """The dag-processor parses in a child process; who does not know a SpecError knows a ValueError."""
    with pytest.raises(ValueError, match="memory=512") as caught:
        k8s_config(memory=512)
    copy = pickle.loads(pickle.dumps(SpecError(caught.value.problems, "task 'a'")))  # noqa: S301  # made above
    assert isinstance(copy, K8sExecError)
    assert copy.problems == caught.value.problems
    assert str(copy).startswith("1 problem in the pod options of task 'a':\n")


def extract() -> None:
    """Do nothing."""


def make_decorated(**arguments: Any) -> None:
    """Make the task with the decorator."""
    k8s_task(**arguments)(extract)()


def make_classic(**arguments: Any) -> None:
    """Make the task with an operator."""
    K8sPythonOperator(task_id="extract", python_callable=extract, **arguments)


ARGUMENTS: dict[str, tuple[dict[str, Any], str]] = {
    "a wrong value": ({"memory": 512}, "memory=512 is 512 bytes; write memory='512Mi'."),
    "a misspelt option": (
        {"memroy": "1Gi"},
        "memroy='1Gi' is neither a pod option nor an argument of the operator; write memory=...",
    ),
    "the legacy dict": (
        {"executor_config": {"KubernetesExecutor": {"request_memory": "1Gi"}}},
        (
            "executor_config['KubernetesExecutor'] is the form of Airflow 1, which today's executor refuses; "
            "write its content as pod options, for example memory='1Gi'."
        ),
    ),
    "a pod under the legacy key": (
        {"executor_config": {"KubernetesExecutor": {"pod_override": k8s.V1Pod()}}},
        (
            "executor_config['KubernetesExecutor'] is the form of Airflow 1, which today's executor refuses; "
            "write its content as pod options, for example memory='1Gi'."
        ),
    ),
    "a misspelt key": (
        {"executor_config": {"pod_overide": k8s.V1Pod()}},
        "executor_config['pod_overide'] is a key that Airflow silently ignores; write 'pod_override'.",
    ),
    "a misspelt template": (
        {"executor_config": {"pod_template_fil": "/t.yaml"}},
        (
            "executor_config['pod_template_fil'] is a key that Airflow silently ignores; "
            "write 'pod_template_file'."
        ),
    ),
    "an option as a key": (
        {"executor_config": {"memory": "1Gi"}},
        (
            "executor_config['memory'] is a key that the KubernetesExecutor silently ignores; "
            "write the pod option memory=..."
        ),
    ),
    "a bare pod": (
        {"executor_config": k8s.V1Pod()},
        (
            "executor_config=<V1Pod> is a V1Pod, where Airflow takes a dict; "
            "write executor_config={'pod_override': ...}."
        ),
    ),
    "a hand-written pod with a worker of another name": (
        {
            "executor_config": {
                "pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[k8s.V1Container(name="main")]))
            }
        },
        (
            "pod_override['spec']['containers']=['main'] has no container 'base', and Airflow would put the "
            "task into 'main'; name the worker's container 'base'."
        ),
    ),
}


@pytest.mark.parametrize(("arguments", "line"), ARGUMENTS.values(), ids=ARGUMENTS)
@pytest.mark.parametrize("make", [make_decorated, make_classic])
def test_a_mistake_in_a_dag_names_the_task_and_the_dag(
    make: Any, arguments: dict[str, Any], line: str
) -> None:
    """The import error in Airflow's UI says where to look, for decorated and classic tasks alike."""
    head = rf"1 problem in the pod options of task 'group.extract' of DAG 'a_dag' \({HERE}, line \d+\):\n  - "
    with new_dag(), TaskGroup("group"), pytest.raises(SpecError, match=f"^{head}{re.escape(line)}$"):
        make(**arguments)


OF_EACH = "; of a list that from_xcom('task_id') reads, each instance has its own value"


@pytest.mark.parametrize(("name", "of_each"), [("cpu", OF_EACH), ("executor_config", "")])
def test_what_cannot_be_mapped_is_refused(name: str, of_each: str) -> None:
    """Airflow has one executor_config for all mapped instances of a task."""

    @k8s_task(task_id="extract")
    def extract_item(item: int) -> None:
        """Do nothing with the item."""

    line = (
        f"\n  - expand({name}=...) cannot be mapped, because Airflow takes one executor_config for all "
        f"mapped instances; write k8s_task({name}=...){of_each}."
    )
    head = rf"1 problem in the pod options of task 'extract' of DAG 'a_dag' \({HERE}, line \d+\):"
    with new_dag(), pytest.raises(SpecError, match=f"^{head}{re.escape(line)}$"):
        extract_item.expand(item=[1, 2], **{name: [1, 2]})


def test_a_hand_written_pod_as_a_plain_dict_is_accepted() -> None:
    """Airflow itself fails on it at launch, with a TypeError; here it becomes the pod that was meant."""
    pod = {"spec": {"containers": [{"name": "base", "image": "a"}]}}
    with new_dag():
        task = k8s_task(executor_config={"pod_override": pod})(extract)().operator
    made = task.executor_config["pod_override"]
    assert isinstance(made, k8s.V1Pod)
    assert made.spec.containers[0].image == "a"


def test_a_key_that_the_deployment_lacks_is_refused_with_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the environment tells the keys, a misspelt one is no surprise at launch."""
    for key in ("MY_SECRET", "OTHER_TOKEN"):
        monkeypatch.setenv(f"AIRFLOW__KUBERNETES_SECRETS__{key}", f"{RELEASE}-env={key}")
    forget_context()
    line = f"'MY_SECERT' is not a key of the deployment's secret '{RELEASE}-env'; write 'MY_SECRET'."
    with pytest.raises(SpecError, match=re.escape(line)):
        k8s_config(secrets=["MY_SECERT"])
    dict(k8s_config(secrets=["MY_SECRET", Secret("MY_SECERT", optional=True)]))


def test_a_mistake_in_the_sites_options_is_one_of_its_configuration(configure: Any) -> None:
    """The platform team corrects it, so the error names no task."""
    configure(pod_options='{"memory": 512}')
    line = (
        "1 problem in the configuration of the site:\n"
        "  - [k8sexec] pod_options: memory=512 is 512 bytes; write memory='512Mi'."
    )
    with new_dag(), pytest.raises(ConfigurationError, match=f"^{re.escape(line)}$"):
        make_decorated()


def test_a_mistake_in_an_outer_layer_names_the_layer() -> None:
    """What every task inherits is corrected in one place, which the error names, and reported once a task."""
    head = rf"1 problem in the pod options of task 'extract' of DAG 'a_dag' \({HERE}, line \d+\):\n"
    line = "  - default_args of the DAG: memory=512 is 512 bytes; write memory='512Mi'."
    with (
        new_dag(default_args={"memory": 512}),
        TaskGroup("group", prefix_group_id=False),
        pytest.raises(SpecError, match=f"^{head}{re.escape(line)}$"),
    ):
        make_decorated()


def test_secrets_without_a_release_name_the_task(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployment whose release is unknown is the task's problem, too."""
    monkeypatch.delenv("AIRFLOW__K8SEXEC__RELEASE_NAME")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    forget_context()
    head = rf"^task 'extract' of DAG 'a_dag' \({HERE}, line \d+\): "
    line = f"{head}Keys of the deployment's secret '<release>-env' are requested"
    with new_dag(), pytest.raises(DeploymentError, match=line):
        make_decorated(secrets=["MY_SECRET"])


def test_a_worker_judges_nothing_and_needs_no_release(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its pod runs already: what the dag-processor has judged with other settings must not fail the task."""
    monkeypatch.delenv("AIRFLOW__K8SEXEC__RELEASE_NAME")
    monkeypatch.setenv("AIRFLOW_IS_K8S_EXECUTOR_POD", "True")
    monkeypatch.setenv("AIRFLOW__KUBERNETES_SECRETS__A", "other-secret=A")
    forget_context()
    config = k8s_config(secrets=["MY_SECRET"], memory="1024m")
    reference = config["pod_override"].spec.containers[0].env[0].value_from.secret_key_ref
    assert (reference.name, reference.key) == ("release-not-set-env", "MY_SECRET")
