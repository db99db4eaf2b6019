"""Price elasticities, with a pinned statsmodels that the image does not have."""

from datetime import datetime

from airflow.decorators import dag, task
from kubernetes.client import models as k8s


@dag(schedule="@monthly", start_date=datetime(2024, 1, 1), catchup=False)
def price_elasticity():
    @task.virtualenv(
        requirements=["statsmodels==0.14.2"],
        system_site_packages=False,
        executor_config={
            "pod_override": k8s.V1Pod(
                metadata=k8s.V1ObjectMeta(
                    annotations={
                        # pip has to reach the mirror
                        "egress.brightloop.example/allow": "pypi.brightloop.example:443",
                        "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
                    }
                ),
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            resources=k8s.V1ResourceRequirements(
                                requests={"memory": "1Gi", "ephemeral-storage": "2Gi"},
                                # the environment is some 600 MB
                                limits={"memory": "2Gi", "ephemeral-storage": "4Gi"},
                            ),
                        )
                    ]
                ),
            )
        },
    )
    def estimate(category: str):
        import statsmodels

        return {"category": category, "version": statsmodels.__version__}

    @task
    def publish(estimates):
        for estimate in estimates:
            print(estimate)

    publish(estimate.expand(category=["shoes", "bags", "watches"]))


price_elasticity()
