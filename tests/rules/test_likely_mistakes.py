"""What Kubernetes accepts, and what probably does not do what was meant."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_k8sexec.options.requested_pod import RequestedPod
from airflow_provider_k8sexec.rules import check_meaning
from airflow_provider_k8sexec.site.deployment import Deployment

SPREAD = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}


@pytest.mark.parametrize(
    ("selector", "is_doubtful"),
    [
        ({}, True),
        ({"labelSelector": None}, True),
        ({"labelSelector": {}}, False),  # counts every pod of the namespace
        ({"labelSelector": {"matchLabels": {"team": "etl"}}}, False),
    ],
)
def test_a_spread_that_counts_no_pod_is_doubtful(selector: dict[str, Any], is_doubtful: bool) -> None:
    """Kubernetes accepts a topology spread constraint without a selector, and spreads nothing by it."""
    pod = {"spec": {"topologySpreadConstraints": [{**SPREAD, **selector}]}}
    found = check_meaning(RequestedPod.of_manifest(pod, "pod_override"), Deployment())
    told = [(problem.field, problem.value, problem.reason) for problem in found.warnings]
    field = "['topologySpreadConstraints'][0]"
    reason = "has no labelSelector, so that it counts no pod and spreads none"
    assert told == ([(f"pod_override['spec']{field}", "'zone'", reason)] if is_doubtful else [])
    assert all("'matchLabels'" in problem.remedy for problem in found.warnings)
