"""The site's rules for a started pod: as its DAG is parsed, and once all of its options are rendered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from airflow_lines import KEEPS_VOLUMES_AS_THEY_ARE
from kubernetes.client import models as k8s
from started_pods import make, start

from airflow_provider_k8sexec import SpecError
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.site_policy.started_pods import validate_started

if TYPE_CHECKING:
    from collections.abc import Callable

RULES: dict[str, Any] = {
    "max": {"memory": "4Gi"},
    "images": ["registry.example.com/*"],
    "namespaces": ["jobs"],
}
OPTIONS: dict[str, Any] = {
    "image": "{{ ds }}.example.com/a:1",
    "memory": "{{ 8 }}Gi",
    "namespace": "day-{{ ds }}",
}


@pytest.mark.parametrize("policy", ["error", "fix"])
def test_what_is_rendered_is_held_against_the_limits(policy: str, configure: Callable[..., None]) -> None:
    """All limits that it breaks are one error, before anything is created; at parse they are unknown."""
    configure(policy=policy, policy_rules=json.dumps(RULES), platform="generic")
    task = make(**OPTIONS)
    with pytest.raises(SpecError, match="3 problems in the pod options of task") as caught:
        start(task)
    for text in ("memory limit='8Gi' is above the site's maximum", "image='2026", "namespace='day-2026"):
        assert text in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [
        {"policy": "warn"},
        {"policy": "off"},
        {"policy": "error", "policy_rules": json.dumps({**RULES, "exempt": {"*": "*"}})},
    ],
)
def test_limits_that_are_not_enforced_stop_no_task(
    options: dict[str, str], configure: Callable[..., None]
) -> None:
    """``warn`` has warned at parse of what was known then, and an exempt task may do what it likes."""
    configure(**{"policy_rules": json.dumps(RULES), "platform": "generic", **options})
    assert start(make(**OPTIONS))["metadata"]["namespace"].startswith("day-")


def test_what_the_site_itself_requests_is_no_breach(configure: Callable[..., None]) -> None:
    """The site's own pod options may be above its maximum for tasks."""
    configure(
        policy="error",
        policy_rules=json.dumps({"images": ["b/*"]}),
        pod_options=json.dumps({"image": "a/b:1"}),
    )
    assert start(make(image=None))["spec"]["containers"][0]["image"] == "a/b:1"


MOUNTING = {"spec": {"containers": [{"name": "base", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}]}}


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        ({}, 1),
        ({"volumes": {"/w": {"emptyDir": {}}}}, 1),
        ({"volumes": [k8s.V1Volume(name="v")]}, 0),
        pytest.param(
            {"volumes": [{"name": "v", "emptyDir": {}}]},
            0,
            marks=pytest.mark.skipif(
                not KEEPS_VOLUMES_AS_THEY_ARE, reason="older releases of the provider refuse the form"
            ),
        ),
        ({"configmaps": ["settings"]}, 0),
        ({"full_pod_spec": k8s.V1Pod()}, 0),
    ],
)
def test_what_airflows_arguments_may_add_is_not_missing(arguments: dict[str, Any], count: int) -> None:
    """The pod that is mounted into may have its volume from there, in whatever form Airflow takes."""
    task = make(pod_override=MOUNTING, **arguments)
    assert len(validate_started(task, load_context().rules).errors) == count
