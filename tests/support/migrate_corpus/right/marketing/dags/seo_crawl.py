"""Crawls our own site for broken links and missing titles."""

from datetime import datetime
from typing import Any

from airflow.decorators import dag, task
from kubernetes.client import models as k8s


def crawler_pod(team: str = "seo", disk: str = "2Gi") -> dict[str, Any]:
    """A cheap pod: on spot nodes, if there are any, with some disk for the pages."""
    prefer_spot = k8s.V1Affinity(
        node_affinity=k8s.V1NodeAffinity(
            preferred_during_scheduling_ignored_during_execution=[
                k8s.V1PreferredSchedulingTerm(
                    weight=100,
                    preference=k8s.V1NodeSelectorTerm(
                        match_expressions=[
                            k8s.V1NodeSelectorRequirement(
                                key="karpenter.sh/capacity-type",
                                operator="In",
                                values=["spot"],
                            )
                        ]
                    ),
                )
            ]
        )
    )
    return {
        "pod_override": k8s.V1Pod(
            metadata=k8s.V1ObjectMeta(labels={"team": team}),
            spec=k8s.V1PodSpec(
                affinity=prefer_spot,
                tolerations=[k8s.V1Toleration(key="spot", operator="Exists")],
                containers=[
                    k8s.V1Container(
                        name="base",
                        resources=k8s.V1ResourceRequirements(
                            requests={"ephemeral-storage": disk},
                            limits={"ephemeral-storage": disk},
                        ),
                    )
                ],
            ),
        )
    }


@dag(schedule="0 1 * * 0", start_date=datetime(2024, 1, 1), catchup=False, tags=["seo"])
def seo_crawl():
    @task(executor_config=crawler_pod(disk="10Gi"))
    def crawl(domain: str) -> int:
        return len(domain)

    @task(executor_config=crawler_pod())
    def report(pages: list[int]) -> None:
        print(sum(pages))

    report(crawl.expand(domain=["lumen.example", "shop.lumen.example"]))


seo_crawl()
