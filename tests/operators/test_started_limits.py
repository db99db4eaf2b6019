"""The site's limits for a started pod, whose options are all known only at run time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from started_pods import make, start

from airflow_provider_k8sexec import SpecError

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
