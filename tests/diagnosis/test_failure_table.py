"""The table of failures: what a cluster says, its code, who is to act, and the remedy."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from airflow_provider_k8sexec.diagnosis import Diagnosis, diagnose_answer, diagnose_pod, diagnose_refusal
from airflow_provider_k8sexec.diagnosis.codes import CODES, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLE = yaml.safe_load(Path(__file__).with_name("failure_table.yaml").read_text(encoding="utf-8"))
REFUSALS = [row["answer"] for row in TABLE if "answer" in row]
BASE = {
    "name": "base",
    "image": "reg.example.com/etl:7",
    "resources": {"requests": {"cpu": "2"}, "limits": {"memory": "2Gi"}},
}


def pod(status: dict[str, Any], metadata: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    """Give a worker pod of a status, with what is said of it beside its worker."""
    containers = [BASE, *spec.pop("containers", [])]
    named = {"name": "worker", "namespace": "airflow", **(metadata or {})}
    return {"metadata": named, "spec": {"nodeName": "n1", "containers": containers, **spec}, "status": status}


def of_answer(answer: dict[str, Any]) -> Diagnosis:
    """Diagnose an answer of the API server."""
    causes = answer.get("details", {}).get("causes", [])
    return diagnose_answer(answer["code"], answer.get("reason", ""), answer["message"], causes)


def diagnose(row: dict[str, Any]) -> Diagnosis | None:
    """Diagnose what the cluster says in a row."""
    if "answer" in row:
        return of_answer(row["answer"])
    if "event" in row:
        return diagnose_pod(pod({"phase": "Pending"}), [row["event"]])
    given = row["pod"]
    return diagnose_pod(pod(given["status"], given.get("metadata"), **given.get("spec", {})))


FOUND = {row["case"]: diagnose(row) for row in TABLE}


@pytest.mark.parametrize("row", TABLE, ids=FOUND)
def test_a_failure_has_a_code_an_actor_and_a_remedy(row):
    """Programs compare the code, and each kind of failure reaches the person who can mend it."""
    found = FOUND[row["case"]]
    assert found is not None
    assert [found.code, str(found.actor), found.remedy] == [row["code"], row["actor"], row["remedy"]]
    assert str(found).startswith(f"{found.head}: ")


def test_the_table_has_enough_cases_and_each_once():
    """At least 40 statuses and refusals, as the requirement has it; a name that came twice would hide one."""
    assert len(FOUND) == len(TABLE)
    assert len(TABLE) >= 40


def test_options_of_a_task_are_named_only_where_they_help():
    """Neither a right, nor a webhook, nor a network plugin changes with the options of a task."""
    others = {
        "RBAC",
        "Unauthorized",
        "Webhook",
        "CSIDriver",
        "VolumeMount",
        "VolumeAttach",
        "Gated",
        "APIServer",
    }
    for found in FOUND.values():
        assert not (found.code in others and "=..." in found.remedy.replace("retries=...", ""))
        assert found.actor == "author" or "pod options" not in found.remedy


@pytest.mark.parametrize("answer", REFUSALS)
def test_the_scheduler_reads_the_same_from_what_airflow_reports(answer):
    """The executor's error contains the server's answer; some could have been found before the run."""
    found = of_answer(answer)
    reported = diagnose_refusal(f"Extra info: (403)\nHTTP response body: {json.dumps(answer)}\n")
    assert (reported.code, reported.cause) == (found.code, found.cause)
    assert reported.remedy.startswith(found.remedy)
    assert ("`k8sexec check`" in reported.remedy) == (found.actor == "author")


def ended(code: int, reason: str = "Error", name: str = "base", **end: Any) -> dict[str, Any]:
    """Give the status of a container that has ended."""
    return {"name": name, "state": {"terminated": {"exitCode": code, "reason": reason, **end}}}


MESH = {"name": "mesh", "restartPolicy": "Always"}
SWEPT = {"deletionTimestamp": "2026-01-01T00:01:00Z", "deletionGracePeriodSeconds": 30}
NONE = {
    "a user deletes a pod, which ends by SIGTERM": pod(
        {"phase": "Failed", "containerStatuses": [ended(143, finishedAt="2026-01-01T00:00:31Z")]}, SWEPT
    ),
    "a user deletes a pod, which is killed after its grace period": pod(
        {"phase": "Failed", "containerStatuses": [ended(137, finishedAt="2026-01-01T00:01:01Z")]}, SWEPT
    ),
    "a user deletes a pod whose init container ends by that": pod(
        {
            "phase": "Failed",
            "initContainerStatuses": [ended(143, name="fetch", finishedAt="2026-01-01T00:00:31Z")],
        },
        SWEPT,
    ),
    "the task failed, and its sidecar was ended after it": pod(
        {
            "phase": "Failed",
            "initContainerStatuses": [ended(137, name="mesh")],
            "containerStatuses": [ended(1)],
        },
        initContainers=[MESH],
    ),
    "the task failed, and then the container beside it": pod(
        {"phase": "Failed", "containerStatuses": [ended(1), ended(1, name="git-sync")]},
        containers=[{"name": "git-sync"}],
    ),
    "the worker has ended, and its sidecar ends now": pod(
        {
            "phase": "Running",
            "initContainerStatuses": [{"name": "mesh", "state": {"running": {}}, "started": True}],
            "containerStatuses": [ended(0, "Completed")],
        },
        initContainers=[MESH],
    ),
    "a disruption that was given up": pod(
        {
            "phase": "Failed",
            "conditions": [
                {"type": "DisruptionTarget", "status": "False", "reason": "PreemptionByScheduler"}
            ],
            "containerStatuses": [ended(1)],
        }
    ),
}


@pytest.mark.parametrize("given", NONE.values(), ids=NONE)
def test_what_is_no_failure_of_the_pod_has_no_diagnosis(given):
    """Who clears a task, or reads the log of one that failed by itself, is not sent to look at its node."""
    assert diagnose_pod(given) is None


def test_a_failure_names_the_node():
    """Several failures on one node show which one is to be looked at."""
    assert FOUND["a spot node is taken back"].node == "n1"
    assert FOUND["no right"].node == ""


def test_codes_are_words_and_say_who_acts_and_what_happened():
    """They are stable: one that is renamed or removed breaks the programs that compare it."""
    for name, code in CODES.items():
        assert name.isalnum()
        assert name[0].isupper()
        assert code.meaning.endswith(".")
    shown = {row["code"] for row in TABLE}
    elsewhere = {"OOMKilled", "DeadlineExceeded", "EphemeralStorage", "Killed", "CreateContainerConfigError"}
    unknown = {
        "Disrupted",
        "NodeFailure",
        "Waiting",
        "Forbidden",
        "BadRequest",
        "AlreadyExists",
        "RunTimeValue",
        "SitePolicy",
    }
    assert set(CODES) == shown | elsewhere | unknown


def test_a_stage_says_whether_the_task_may_still_begin():
    """A pod that waits may start; one that was refused does not exist."""
    for row in TABLE:
        assert (CODES[row["code"]].stage is Stage.REFUSED) == ("answer" in row)


def test_a_code_that_is_none_is_refused():
    """A diagnosis never leaves the table."""
    with pytest.raises(ValueError, match="code"):
        Diagnosis("Sadness", "cause", "remedy")


ODD: list[Any] = [None, True, 5, "", "x", [], [None], [[]], {}, {"a": 1}]


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Iterate over the paths to all parts of a manifest."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in items:
        yield (*path, key)
        yield from paths_of(part, (*path, key))


def replaced(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    """Give a copy of a manifest with something odd at a path."""
    copied = copy.deepcopy(value)
    holder = copied
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = odd
    return copied


@pytest.mark.parametrize("row", TABLE, ids=FOUND)
def test_no_odd_part_of_what_a_cluster_says_makes_trouble(row):
    """The watch runs in the scheduler: what is read there never raises, whatever stands where."""
    (kind,) = {"pod", "event", "answer"} & row.keys()
    for path in paths_of(row[kind]):
        for odd in ODD:
            given = replaced(row[kind], path, odd)
            if kind == "answer":
                diagnose_refusal(f"HTTP response body: {json.dumps(given)}")
            elif kind == "event":
                diagnose_pod(pod({"phase": "Pending"}), [given])
            else:
                diagnose_pod({"metadata": {}, "spec": {"containers": [BASE]}, **given})
