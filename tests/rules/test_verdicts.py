"""The rules agree with the recorded answers of a Kubernetes server of today, or a difference has its name."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import strictness
from checked_declarations import check_declaration

from airflow_provider_k8sexec import rules
from airflow_provider_k8sexec.options.declaration import parse_declaration
from airflow_provider_k8sexec.pod.task_request import TaskRequest
from airflow_provider_k8sexec.rules.api_server import since
from airflow_provider_k8sexec.site.deployment import Deployment

if TYPE_CHECKING:
    from airflow_provider_k8sexec.exceptions import Problem

SUPPORT = Path(__file__).parents[1] / "support"
ABOUT, *VERDICTS = map(json.loads, (SUPPORT / "verdicts-1.36.jsonl").read_text(encoding="utf-8").splitlines())
DEPLOYMENT = Deployment(release="infrared-photon-7780", secret_name="infrared-photon-7780-env")
OF_THE_CLUSTER = {
    "namespace other": "whether a namespace exists is the cluster's own; `k8sexec check` looks it up",
}
"""What the server refused, and no declaration shows: the reason by the probe's name."""
OF_THE_TEMPLATE = ("env fileKeyRef no volume", "appArmor annotation of no container")
"""What the server refused, and a pod template may mend: a warning."""


def problems_of(options: dict[str, Any]) -> list[Problem]:
    """Find what is wrong, and what is doubtful as far as the template is not known."""
    declaration, problems = parse_declaration(options)
    return [*problems, *check_declaration(declaration, DEPLOYMENT)]


def doubts_of(options: dict[str, Any]) -> list[Problem]:
    declaration, _ = parse_declaration(options)
    requested = TaskRequest((), [("", declaration)], DEPLOYMENT).requested
    return rules.check_meaning(requested, DEPLOYMENT).warnings


@pytest.mark.parametrize("number", range(len(VERDICTS)))
def test_a_declaration_is_refused_as_a_server_of_today_refuses_its_pod(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the server refuses is refused; what it accepts is accepted, or the strictness has a name."""
    monkeypatch.setattr(since, "_read_client", lambda: None)  # a line's own client may lack fields
    verdict = VERDICTS[number]
    options = ast.literal_eval(verdict["options"])
    problems = doubts_of(options) if verdict.get("name") in OF_THE_TEMPLATE else problems_of(options)
    if verdict["status"] == 201:
        assert [problem for problem in problems if not strictness.is_stricter(problem)] == []
    elif verdict["status"] in {403, 404} and not problems:
        assert verdict["name"] in OF_THE_CLUSTER, verdict["message"]
    else:
        assert problems, verdict["message"]


def test_every_recorded_answer_is_compared() -> None:
    """The record is whole, and tells of which server it is."""
    assert (ABOUT["server"], len(VERDICTS)) == ("1.36.2", 955)


def test_a_name_that_only_a_server_of_today_takes_is_a_warning() -> None:
    """It is right there, and neither on an older server nor in a shell."""
    options = {"env_vars": {"A B": "x"}}
    assert problems_of(options) == []
    (doubt,) = doubts_of(options)
    assert str(doubt) == (
        "env_vars='A B' is a name that only Kubernetes 1.34 and later take, and that no shell can read; "
        "write letters, digits and '_'."
    )
    assert doubts_of({"env_vars": {"A_B.c-1": "x"}}) == []
