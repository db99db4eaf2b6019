"""What the kubernetes client 37 refuses in models: the rules, and by ``make client-37`` the client itself."""

from __future__ import annotations

import enum
import types
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import kubernetes
import pytest
from kubernetes import client as k8s

from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.rules.requested_pod.client_37 import UNREAD, check_value
from airflow_provider_k8sexec.site_policy.targets.client_37 import Client37

if TYPE_CHECKING:
    from pathlib import Path

IS_37 = int(kubernetes.__version__.partition(".")[0]) >= 37


class Color(str, enum.Enum):
    """A string with a name."""

    RED = "red"


NAMES = {"k8s": k8s, "Decimal": Decimal, "Color": Color, "types": types}

# What a person writes: the field and value that are named, what it takes, the remedy, and the right value.
STRING, INTEGER = "a string", "an integer"
REFUSED = {
    "k8s.V1ResourceRequirements(limits={'cpu': 1})": (
        *("V1ResourceRequirements(limits)['cpu']=1", STRING, "'1'"),
        "k8s.V1ResourceRequirements(limits={'cpu': '1'})",
    ),
    "k8s.V1ResourceRequirements(requests={'cpu': 0.5})": (
        *("V1ResourceRequirements(requests)['cpu']=0.5", STRING, "'0.5'"),
        "k8s.V1ResourceRequirements(requests={'cpu': '0.5'})",
    ),
    "k8s.V1EnvVar(name='A', value=1)": (
        *("V1EnvVar(value)=1", STRING, "'1'"),
        "k8s.V1EnvVar(name='A', value='1')",
    ),
    "k8s.V1EnvVar(name='A', value=True)": (
        *("V1EnvVar(value)=True", STRING, "'true'"),
        "k8s.V1EnvVar(name='A', value='true')",
    ),
    "k8s.V1ObjectMeta(labels={'a': 1})": (
        *("V1ObjectMeta(labels)['a']=1", STRING, "'1'"),
        "k8s.V1ObjectMeta(labels={'a': '1'})",
    ),
    "k8s.V1ObjectMeta(annotations={'a': None})": (
        *("V1ObjectMeta(annotations)['a']=None", STRING, STRING),
        "k8s.V1ObjectMeta(annotations={'a': ''})",
    ),
    "k8s.V1Toleration(toleration_seconds='60')": (
        *("V1Toleration(toleration_seconds)='60'", INTEGER, "60"),
        "k8s.V1Toleration(toleration_seconds=60)",
    ),
    "k8s.V1PodSpec(containers=[], termination_grace_period_seconds=30.0)": (
        *("V1PodSpec(termination_grace_period_seconds)=30.0", INTEGER, "30"),
        "k8s.V1PodSpec(containers=[], termination_grace_period_seconds=30)",
    ),
    "k8s.V1PodSpec(containers=[], active_deadline_seconds=True)": (
        *("V1PodSpec(active_deadline_seconds)=True", INTEGER, INTEGER),
        "k8s.V1PodSpec(containers=[], active_deadline_seconds=1)",
    ),
    "k8s.V1PodSpec(containers=[], host_network='true')": (
        *("V1PodSpec(host_network)='true'", "True or False", "True"),
        "k8s.V1PodSpec(containers=[], host_network=True)",
    ),
    "k8s.V1PodSpec(containers=[], node_selector={'gpu': True})": (
        *("V1PodSpec(node_selector)['gpu']=True", STRING, "'true'"),
        "k8s.V1PodSpec(containers=[], node_selector={'gpu': 'true'})",
    ),
    "k8s.V1Container(name='a', args='--now')": (
        *("V1Container(args)=<str>", "a list of strings", "a list of strings"),
        "k8s.V1Container(name='a', args=['--now'])",
    ),
    "k8s.V1Container(name='a', command=['sleep', 5])": (
        *("V1Container(command)[1]=5", STRING, "'5'"),
        "k8s.V1Container(name='a', command=['sleep', '5'])",
    ),
    "k8s.V1Container(name='a', env=[{'name': 'A', 'value': 1}])": (
        *("V1Container(env)[0]['value']=1", STRING, "'1'"),
        "k8s.V1Container(name='a', env=[{'name': 'A', 'value': '1'}])",
    ),
    "k8s.V1ContainerPort(container_port='80')": (
        *("V1ContainerPort(container_port)='80'", INTEGER, "80"),
        "k8s.V1ContainerPort(container_port=80)",
    ),
    "k8s.V1EmptyDirVolumeSource(size_limit=1024)": (
        *("V1EmptyDirVolumeSource(size_limit)=1024", STRING, "'1024'"),
        "k8s.V1EmptyDirVolumeSource(size_limit='1024')",
    ),
}
NOT_NAMED = (
    "has arguments without names, which the kubernetes client 37 refuses; write each argument with its name"
)
ONLY_IN_SOURCE = {
    "k8s.V1EnvVar('A', 'b')": f"V1EnvVar() {NOT_NAMED}.",
    "k8s.V1EnvVar(name='A', local_vars_configuration=k8s.Configuration())": (
        "V1EnvVar(local_vars_configuration) is not an argument in the kubernetes client 37; remove it."
    ),
    "k8s.ApiClient().deserialize(types.SimpleNamespace(data='{}'), 'V1Pod')": (
        "deserialize() takes three arguments in the kubernetes client 37; write "
        "k8s_config(pod_override=<the manifest>), or add content_type='application/json'."
    ),
    "k8s.V1ObjectMeta(labels={1: 'a'})": (
        "V1ObjectMeta(labels)['<int>'] has a key that the kubernetes client 37 refuses; write the key as a "
        "string."
    ),
    "k8s.V1Container(name='a', env=[{'name': 'A', 'valu': 'b'}])": (
        "V1Container(env)[0]['valu']=<str> is not a field in the kubernetes client 37; remove it."
    ),
}
ONLY_IN_THE_OBJECT = [
    "k8s.V1ResourceRequirements(limits={'cpu': Decimal(2)})",
    "k8s.V1PodSpec(containers=[], security_context=k8s.V1SecurityContext())",
    "k8s.V1PodSpec(containers=[], tolerations=[None])",
    "k8s.V1PodSpec(containers=[k8s.V1Container(name='a', env=[k8s.V1EnvVar(name='A', value=b'x')])])",
]
TAKEN = [
    "k8s.V1EnvVar(name='A', value=Color.RED)",
    "k8s.V1Container(name='a', args=('a', 'b'))",
    "k8s.V1HTTPGetAction(port='http')",
    "k8s.V1HTTPGetAction(port=80)",
    "k8s.V1PodSpec(containers=[{'name': 'a', 'imagePullPolicy': 'Always', 'image': None}])",
    "k8s.V1PodSpec(containers=[{'name': 'a', 'image_pull_policy': 'Always'}])",
    "k8s.V1Pod(spec=None, metadata={'name': 'a'})",
    "k8s.V1ObjectMeta(creation_timestamp='2026-01-01T00:00:00Z')",
    "k8s.V1ObjectMeta(labels=types.MappingProxyType({'a': 'b'}))",
]


def make(expression: str) -> Any:
    """Evaluate what a person has written, with the client that is installed."""
    return eval(expression, NAMES)  # noqa: S307  # the expressions of this file


def model_of(expression: str) -> str:
    """Name the model that an expression makes."""
    return expression.removeprefix("k8s.").partition("(")[0]


def found_in_source(expression: str, folder: Path) -> list[str]:
    """Give what is found in a file that has an expression in its second line."""
    file = folder / "dag.py"
    file.write_text(f"from kubernetes import client as k8s\nvalue = {expression}\n", encoding="utf-8")
    found = list(Client37([str(file)]).in_source())
    assert {line for _, line, _ in found} <= {2}
    return [str(problem) for *_, problem in found]


@pytest.mark.parametrize("expression", [*REFUSED, *ONLY_IN_SOURCE, *ONLY_IN_THE_OBJECT])
def test_the_client_refuses_what_is_reported(expression: str) -> None:
    """Client 37 raises in the line of the DAG file; an older one takes it, so that nobody notices before."""
    if IS_37:
        with pytest.raises((ValueError, TypeError), match=r"validation error|argument"):
            make(expression)
    else:
        make(expression)


@pytest.mark.parametrize("expression", [*TAKEN, *(right for *_, right in REFUSED.values())])
def test_the_client_takes_what_is_not_reported(expression: str, tmp_path: Path) -> None:
    """What is right, and what each remedy makes of a mistake, is no exception and no finding."""
    assert list(check_value(make(expression), model_of(expression))) == []
    assert found_in_source(expression, tmp_path) == []


@pytest.mark.parametrize("expression", REFUSED)
def test_a_refused_value_is_named_in_the_source(expression: str, tmp_path: Path) -> None:
    """With its line, the model, the argument, the value and what to write."""
    what, taken, remedy, _ = REFUSED[expression]
    reason = f"is refused by the kubernetes client 37, which takes {taken}"
    assert found_in_source(expression, tmp_path) == [f"{what} {reason}; write {remedy}."]


@pytest.mark.parametrize(("expression", "reported"), ONLY_IN_SOURCE.items())
def test_a_call_that_leaves_no_trace_is_named_in_the_source(
    expression: str, reported: str, tmp_path: Path
) -> None:
    """Nothing of it is in the object that client 36 makes."""
    assert found_in_source(expression, tmp_path) == [reported]


@pytest.mark.skipif(IS_37, reason="client 37 makes no such object")
@pytest.mark.parametrize("expression", [*REFUSED, *ONLY_IN_THE_OBJECT])
def test_a_refused_value_is_found_in_the_object(expression: str) -> None:
    """However the value came there: from a variable, a function, a loop."""
    (finding,) = check_value(make(expression), model_of(expression))
    assert "the kubernetes client 37" in finding.reason


def test_what_is_computed_is_not_guessed(tmp_path: Path) -> None:
    """What a name or a call stands for is found in the object, if at all."""
    expression = "k8s.V1ResourceRequirements(limits={'cpu': CPU, **others()}, requests=requests())"
    assert found_in_source(expression, tmp_path) == []
    assert list(check_value(UNREAD, "V1Pod")) == []


def test_no_value_of_a_variable_is_shown(tmp_path: Path) -> None:
    """A password in the wrong place is not printed."""
    found = found_in_source("k8s.V1EnvVar(name='A', value=['hunter2'], value_from='hunter2')", tmp_path)
    assert len(found) == 2
    assert "hunter2" not in show(found)


def test_a_value_that_contains_itself_has_an_end() -> None:
    """Lint looks at any object."""
    labels: dict[str, Any] = {}
    labels["a"] = labels
    assert len(list(check_value({"metadata": {"labels": labels}}, "V1Pod"))) == 1
