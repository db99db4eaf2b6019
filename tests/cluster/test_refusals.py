"""What is shown of a real API server's refusals: names and fields, and no value of the pod."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_k8sexec.diagnosis import diagnose_refusal

if TYPE_CHECKING:
    from conftest import Cluster

PLANTED = "hunter2-planted"
APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/base"
NEIGHBOURS = [{"name": f"PASSWORD_{number}", "value": f"{PLANTED}{number}"} for number in range(2)]


def pod(env: list[Any], **container: Any) -> dict[str, Any]:
    """Give a pod whose variables stand between two that hold a secret."""
    variables = [NEIGHBOURS[0], *env, NEIGHBOURS[1]]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "worker", "annotations": {"note": PLANTED}},
        "spec": {"containers": [{"name": "base", "image": "airflow", "env": variables, **container}]},
    }


def with_metadata(**metadata: Any) -> dict[str, Any]:
    """Give a pod with something odd in its metadata."""
    found = pod([])
    return {**found, "metadata": {**found["metadata"], **metadata}}


REFUSED = {
    "a number as a value": pod([{"name": "NUMBER", "value": 5}]),
    "a mapping as a value": pod([{"name": "MAPPING", "value": {"password": PLANTED}}]),
    "a list as a variable": pod([["x", PLANTED]]),
    "a quantity": pod([], resources={"limits": {"memory": f"{PLANTED}"}}),
    "a string as a number": pod([], ports=[{"containerPort": PLANTED}]),
    "a string as a flag": pod([], tty=PLANTED),
    "a date": with_metadata(creationTimestamp=PLANTED),
    "a number as an annotation": with_metadata(annotations={"password": PLANTED, "number": 5}),
    "a label": with_metadata(labels={"password": f"{PLANTED} is no label"}),
    "a label's key": with_metadata(labels={"a key!": PLANTED}),
    "a secret in a variable's name": pod([{"name": f"PASSWORD={PLANTED}", "value": "x"}]),
    "a value and its source": pod(
        [{"name": "A", "value": PLANTED, "valueFrom": {"fieldRef": {"fieldPath": "no.such.field"}}}]
    ),
    "a note of AppArmor": with_metadata(annotations={APP_ARMOR: PLANTED}),
    "a mount": pod([], volumeMounts=[{"name": "none", "mountPath": "/x"}]),
    "a policy": pod([], imagePullPolicy="Sometimes"),
    "a working directory of no kind": pod([], workingDir=[PLANTED]),
}


def refuse(cluster: Cluster, namespace: str, body: dict[str, Any]) -> str:
    """Let the server refuse a pod, and give what Airflow reports of it."""
    from kubernetes.client import ApiException, CoreV1Api

    with pytest.raises(ApiException, match="HTTP response body") as error:
        CoreV1Api(cluster.client).create_namespaced_pod(namespace, body, dry_run="All")
    return f"the task instance finished with state failed. Extra info: {error.value}"


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_a_refusal_shows_no_value_of_the_pod(cluster, body):
    """Neither the value that is wrong, nor those that the server quotes with it."""
    error = refuse(cluster, "default", body)
    sentence = str(diagnose_refusal(error))
    assert PLANTED not in sentence
    assert sentence.partition(":")[0] in {"Invalid", "BadRequest"}
    assert sentence.endswith("correct the pod options. `k8sexec check` finds this before a run.")


def test_the_server_quotes_values_or_the_tests_above_show_nothing(cluster):
    """This server's answers do have the planted values: those of neighbours, too."""
    answers = {name: refuse(cluster, "default", body) for name, body in REFUSED.items()}
    quoting = [name for name, answer in answers.items() if PLANTED in answer]
    assert len(quoting) >= len(REFUSED) - 6
    assert f"{PLANTED}0" in answers["a number as a value"]


def test_a_refusal_names_the_field(cluster):
    """Enough to find it: its path, or its type where the server has no path."""
    sentences = {
        name: str(diagnose_refusal(refuse(cluster, "default", body))) for name, body in REFUSED.items()
    }
    assert (
        "spec.containers[0].env[1].name: Invalid value: <hidden>: a valid environment"
        in sentences["a secret in a variable's name"]
    )
    assert "v1.EnvVar.Value: ReadString: expects a string;" in sentences["a number as a value"]
    assert 'volumeMounts[0].name: Not found: "none"' in sentences["a mount"]
    assert 'supported values: "Always", "IfNotPresent", "Never"' in sentences["a policy"]


def test_an_amount_is_shown(cluster):
    """It is what the author has to change, and no secret."""
    limits = {"limits": {"memory": "1Gi"}, "requests": {"memory": "2Gi"}}
    sentence = str(diagnose_refusal(refuse(cluster, "default", pod([], resources=limits))))
    assert 'Invalid value: "2Gi": must be less than or equal to memory limit' in sentence
    assert json.dumps(PLANTED) not in sentence
