"""Whether this package and a real API server say the same of pod templates, and of what tasks lay over them.

What we accept, the server accepts; where we are stricter, ``strictness.py`` or ``OF_TEMPLATES`` says why.
What is generated, and what is not, is as in ``test_conformance.py``.
"""

from __future__ import annotations

import copy
import os
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve
from conftest import FIGURES
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from manifest_strategies import mutations, overrides
from odd_words import CONTAINER_WORDS, POD_WORDS, SECURITY_WORDS
from properties import PART
from strictness import is_beyond, is_stricter
from verdicts import DEPLOYMENT, Judges

from airflow_provider_k8sexec import rules
from airflow_provider_k8sexec.options.declaration import parse_declaration
from airflow_provider_k8sexec.pod.task_request import TaskRequest
from airflow_provider_k8sexec.rules.template import check_template

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Cluster
    from verdicts import Answer

    from airflow_provider_k8sexec.exceptions import Problem

EXAMPLES = int(os.environ.get("CONFORMANCE_EXAMPLES", 2000 // PART)) // 4
PROPERTY = settings(
    max_examples=EXAMPLES,
    database=None,
    phases=[Phase.generate],  # to make a disagreement smaller takes longer than to read it
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
OF_TEMPLATES = {
    r"\S*\['restartPolicy'\]\S* is missing": "Kubernetes' default restarts a finished task",
    r"\S*\['(kind|apiVersion)'\]\S* is another kind of object": "a misspelt word is another kind of object",
}
"""What the rules refuse in a template, and the server accepts in a pod, and why."""


@st.composite
def right_templates(draw: Callable[[Any], Any]) -> dict[str, Any]:
    """Draw a pod that a site could give to all workers."""
    pod = draw(overrides())
    base, *others = pod["spec"].get("containers") or [{"name": "base"}]
    containers = [{"image": "apache/airflow:3.3.2", **base}, *others]
    # Where the server has the plugin ServiceAccount, it sets this, and projected tokens need it.
    spec = {
        "restartPolicy": "Never",
        "serviceAccountName": "default",
        **pod["spec"],
        "containers": containers,
    }
    return {"apiVersion": "v1", "kind": "Pod", **pod, "spec": spec}


odd_templates = mutations(right_templates(), (*POD_WORDS, *CONTAINER_WORDS, *SECURITY_WORDS))


@pytest.fixture(scope="module")
def judges(cluster: Cluster) -> Judges:
    """Give both judges."""
    return Judges(cluster.client, cluster.create_namespace("templates"))


def find_case(problems: list[Problem], answer: Answer) -> str:
    """Name the case that both answers make, and fail if it is a disagreement."""
    said = f"\nwe: {[str(problem) for problem in problems] or 'accepted'}\nserver: {answer}"
    if problems and not answer.accepted:
        return "refused by both"
    if problems:
        unnamed = [
            problem for problem in problems if not is_stricter(problem) and not _is_of_templates(problem)
        ]
        assert not unnamed, f"we are stricter, and nothing says why{said}"
        return "refused on purpose"
    assert answer.accepted or is_beyond(answer.body), f"we accept what the server refuses{said}"
    return "accepted by both" if answer.accepted else "beyond what we know"


def _is_of_templates(problem: Problem) -> bool:
    text = f"{problem.field}={problem.value} {problem.reason}"
    return any(re.match(pattern, text) for pattern in OF_TEMPLATES)


def test_a_template_is_refused_as_the_server_refuses_it_as_a_pod(judges: Judges) -> None:
    """A site's template is held against the same rules as an override, and no mistake is left to a launch."""
    seen: Counter[str] = Counter()

    @PROPERTY
    @given(right_templates() | odd_templates)
    def validate(template: dict[str, Any]) -> None:
        problems = check_template(copy.deepcopy(template), "template")
        metadata = template.get("metadata") or {}
        if isinstance(metadata, dict):
            template["metadata"] = {**metadata, "name": "template"}
        seen[find_case(problems, judges.ask(template))] += 1

    validate()
    FIGURES.append(f"templates: {dict(seen)}")
    assert seen["accepted by both"] > EXAMPLES / 4
    assert seen["refused by both"] > EXAMPLES / 20


def test_what_a_task_lays_over_a_template_is_refused_as_the_server_refuses_both(judges: Judges) -> None:
    """Two manifests that are right alone make a right pod, or the clash is found before the launch."""
    seen: Counter[str] = Counter()

    @PROPERTY
    @given(right_templates(), overrides())
    def validate(template: dict[str, Any], override: dict[str, Any]) -> None:
        assume(not check_template(copy.deepcopy(template), "template"))
        declaration, problems = parse_declaration({"pod_override": override})
        request = TaskRequest((), [("", declaration)], DEPLOYMENT)
        requested = evolve(request.requested, template=template)
        problems += rules.check_declaration(request).errors
        problems += rules.check_meaning(requested, DEPLOYMENT).errors
        over_template = judges.over(template)
        answer = over_template.ask(over_template.construct(requested.pod))
        seen[find_case(problems, answer)] += 1

    validate()
    FIGURES.append(f"overrides on templates: {dict(seen)}")
    assert seen["accepted by both"] > EXAMPLES / 2
    assert seen["refused by both"] > 0
