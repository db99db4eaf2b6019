"""
Margin calls of the clearing houses.

Every clearing house sends one file at 07:00.
"""
from datetime import datetime

from airflow.decorators import dag, task
from kubernetes.client import models as k8s


@dag(schedule='15 7 * * 1-5', start_date=datetime(2022, 3, 1), catchup=False, tags=['margin'])
def margin_calls():
    @task
    def fetch(house):
        return {'house': house, 'amount': 0}

    # the reconciliation is an outer join of everything with everything
    @task(executor_config={
        'pod_override': k8s.V1Pod(
            spec=k8s.V1PodSpec(
                containers=[
                    k8s.V1Container(
                        name='base',
                        resources=k8s.V1ResourceRequirements(
                            requests={'memory': '6Gi'},
                            limits={'memory': '6Gi'},
                        ),
                    ),
                ],
                node_selector={'pool': 'highmem'},
            ),
        ),
    })
    def reconcile(calls):
        print(sum(call['amount'] for call in calls))

    reconcile(fetch.expand(house=['eurex', 'lch', 'cme']))


margin_calls()
