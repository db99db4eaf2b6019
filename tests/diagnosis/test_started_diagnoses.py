"""Why a pod that a task starts failed or was refused: the words that hold for it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_provider_k8sexec.diagnosis.started import diagnose_started_pod, diagnose_started_refusal
from airflow_provider_k8sexec.options.per_try import Steps

STEPS = {"memory": Steps("memory", "failure", (["1Gi", "1Gi"], ["2Gi", "2Gi"]))}
KILLED = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}


def make_pod(state: dict[str, Any], name: str = "job", phase: str = "Failed") -> dict[str, Any]:
    """Make a pod whose first container is in a state, beside another one that is named as a worker's."""
    resources = {"limits": {"memory": "1Gi"}}
    containers = [
        {"name": name, "image": "etl:1", "resources": resources},
        {"name": "base", "image": "proxy:1"},
    ]
    status = {"phase": phase, "containerStatuses": [{"name": name, "state": state}]}
    return {"metadata": {"name": "p", "namespace": "n"}, "spec": {"containers": containers}, "status": status}


PODS = [
    (KILLED, STEPS, "memory='1Gi' was exceeded", "set retries=... so that it runs again, with memory='2Gi'"),
    (KILLED, {}, "memory='1Gi' was exceeded", "try memory=per_try('1Gi', '2Gi')"),
    (
        {"terminated": {"exitCode": 137, "reason": "Error"}},
        {},
        "container 'job' was killed (exit code 137), not for its own memory limit",
        "check whether its node was short of memory or was shut down, and set retries=...",
    ),
    (
        {"terminated": {"exitCode": 128, "reason": "StartError", "message": "exec: no such file"}},
        {},
        "exec: no such file",
        "correct cmds=... or image=...",
    ),
    (
        {"waiting": {"reason": "ErrImagePull", "message": "not found"}},
        {},
        "image='etl:1' cannot be pulled",
        "set an image that exists, or, if its registry needs credentials, image_pull_secrets=['...']",
    ),
]


@pytest.mark.parametrize(("state", "steps", "cause", "remedy"), PODS)
def test_the_tasks_container_is_known_by_the_name_that_the_operator_gives_it(state, steps, cause, remedy):
    """Whatever ``base_container_name`` is, options are suggested for it, and for no other container."""
    found = diagnose_started_pod(make_pod(state), "job", steps)
    assert found is not None
    assert (found.cause, found.remedy) == (cause, remedy)


def test_a_task_that_ends_with_an_error_of_its_own_has_no_diagnosis():
    """Its log says why."""
    state = {"terminated": {"exitCode": 1, "reason": "Error"}}
    assert diagnose_started_pod(make_pod(state), "job", {}) is None


def refuse(status: int, reason: str, message: str) -> str:
    """Give the text of the client's error."""
    body = {"code": status, "reason": reason, "message": message}
    return f"({status})\nReason: {reason}\nHTTP response body: {json.dumps(body)}\n"


QUOTA = "exceeded quota: team, requested: memory=4Gi, used: memory=6Gi, limited: memory=8Gi"
REFUSALS = [
    (
        (429, "TooManyRequests", "try later"),
        ("try later", "set retries=... so that the task runs again"),
    ),
    (
        (403, "Forbidden", f'pods "p" is forbidden: {QUOTA}'),
        (
            "the quota 'team' has memory='2Gi' left of '8Gi'",
            "request at most memory='2Gi', or set retries=... so that the task runs again",
        ),
    ),
    (
        (409, "Conflict", 'resourcequotas "q": the object has been modified'),
        ('resourcequotas "q": the object has been modified', "set retries=... so that the task runs again"),
    ),
    (
        (404, "NotFound", 'namespaces "none" not found'),
        (
            'namespaces "none" not found',
            "create the namespace, or name another in namespace=... or the Kubernetes connection",
        ),
    ),
    (
        (401, "Unauthorized", "no token"),
        (
            "no token",
            "renew the token or the certificate with which the worker calls the API server",
        ),
    ),
]


@pytest.mark.parametrize(("answer", "parts"), REFUSALS)
def test_a_refusal_speaks_of_no_executor(answer, parts):
    """No executor takes part: the task is tried again by ``retries``, and the worker calls the API server."""
    found = diagnose_started_refusal(refuse(*answer))
    assert found is not None
    assert (found.cause, found.remedy) == parts


def test_an_error_without_an_answer_of_a_server_has_no_diagnosis():
    """Airflow's own text is all there is."""
    assert diagnose_started_refusal("Connection refused") is None
