"""What DAG files are to be ready for: a release that refuses, or ignores, what works today."""

from __future__ import annotations

from airflow_provider_k8sexec.site_policy.targets.airflow_3 import Airflow3
from airflow_provider_k8sexec.site_policy.targets.client_37 import Client37
from airflow_provider_k8sexec.site_policy.targets.target import Target

TARGETS: dict[str | None, type[Target]] = {
    None: Target,
    "airflow-3": Airflow3,
    "kubernetes-client-37": Client37,
}
"""The values of ``k8sexec lint --target``."""
