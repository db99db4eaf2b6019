"""Adds company data (size, industry) to the accounts."""

from __future__ import annotations

from datetime import datetime

from airflow.decorators import dag, task
from kubernetes.client import models as k8s

VERSION = "1.14.0"


def image_config(
    tag: str = VERSION, pull_policy: str = "IfNotPresent"
) -> dict[str, k8s.V1Pod]:
    """Run the task in the image of the enrichment library."""
    container = k8s.V1Container(
        name="base",
        image=f"ghcr.io/lumen/airflow-enrichment:{tag}",
        image_pull_policy=pull_policy,
    )
    return {"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[container]))}


@dag(schedule="@daily", start_date=datetime(2024, 1, 1), catchup=False)
def crm_enrichment():
    @task(executor_config=image_config())
    def enrich(page: int) -> int:
        return page

    # the new scoring is not released yet
    @task(executor_config=image_config(tag="1.15.0-rc2", pull_policy="Always"))
    def score(pages: list) -> None:
        print(len(list(pages)))

    score(enrich.expand(page=list(range(10))))


crm_enrichment()
