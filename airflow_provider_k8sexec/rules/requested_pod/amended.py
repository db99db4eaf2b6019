"""What a task requests, and only the pod mutation hook of this package could set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.options.placement_steps import PLACEMENT_FIELDS
from airflow_provider_k8sexec.options.resource_names import option_of
from airflow_provider_k8sexec.site.option_table import SECTION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.options.requested_pod import RequestedPod

_OPTIONS = {field: option for option, field in PLACEMENT_FIELDS.items()}


def check_amended(requested: RequestedPod) -> Iterator[Problem]:
    """Find the per-try values that do nothing, because the site has switched amendments off."""
    for field in requested.per_try_values:
        option = _OPTIONS.get(field) or option_of(field)
        reason = (
            f"has per-try values, and the site has [{SECTION}] amend_pods = False: all tries have the first"
        )
        yield Problem(
            option, "", reason, "write one value, or ask the site for amend_pods = True", code="K8S107"
        )
