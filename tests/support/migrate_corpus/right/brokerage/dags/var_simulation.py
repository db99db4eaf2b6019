"""Value at risk, by historical simulation (500 days)."""
from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s


def make_executor_config(profile, node_selector=None):
    sizes = {
        'S': k8s.V1ResourceRequirements(requests={'cpu': '500m', 'memory': '1Gi'}, limits={'cpu': '1', 'memory': '2Gi'}),
        'M': k8s.V1ResourceRequirements(requests={'cpu': '2', 'memory': '4Gi'}, limits={'cpu': '4', 'memory': '8Gi'}),
        'L': k8s.V1ResourceRequirements(requests={'cpu': '8', 'memory': '32Gi'}, limits={'cpu': '16', 'memory': '48Gi'}),
    }
    return {
        'pod_override': k8s.V1Pod(
            spec=k8s.V1PodSpec(
                containers=[k8s.V1Container(name='base', resources=sizes[profile])],
                node_selector=node_selector,
                scheduler_name='batch-scheduler',
            ),
        ),
    }


def simulate(book): print(book)
def aggregate(): print('total')


with DAG('var_simulation', schedule='0 3 * * 2-6', start_date=datetime(2022, 5, 1), catchup=False) as dag:
    books = [PythonOperator(task_id='simulate_' + book, python_callable=simulate, op_args=[book],
                            executor_config=make_executor_config('L', node_selector={'pool': 'highcpu'}))
             for book in ('rates', 'credit', 'fx')]
    total = PythonOperator(task_id='aggregate', python_callable=aggregate, executor_config=make_executor_config('S'))
    books >> total
