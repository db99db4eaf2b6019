"""
Corporate actions: dividends, splits, mergers.
"""
from datetime import datetime

from airflow.decorators import task, dag
from kubernetes.client import models as k8s

@dag(start_date=datetime(2022, 1, 1), schedule='0 5 * * 1-5', catchup=False)
def corporate_actions():

    @task
    def load():
        return ['DE0007164600', 'FR0000120271']

    @task(
        executor_config={
            "pod_override":
                k8s.V1Pod(
                    spec=k8s.V1PodSpec(
                        containers=[
                            k8s.V1Container(
                                name="base",
                                image="harbor.kontor.example/airflow/bbg:3",
                                env_from=[
                                    k8s.V1EnvFromSource(
                                        secret_ref=k8s.V1SecretEnvSource(name="bloomberg-dl"))
                                ]
                            )
                        ]
                    )
                )
        }
    )
    def enrich(isins):
        return {isin: 'CASH_DIV' for isin in isins}

    @task
    def book(actions):
        print(actions)

    book(enrich(load()))

corporate_actions()
