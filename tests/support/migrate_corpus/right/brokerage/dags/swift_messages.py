'''Parse the SWIFT messages that came in overnight.'''

import datetime as dt

import airflow
from airflow.operators.python import PythonOperator
from kubernetes import client as k8s_client


def parse():
	print('parsed')  # tab, from an old editor


dag = airflow.DAG(dag_id='swift_messages', schedule='*/15 * * * *', start_date=dt.datetime(2022, 10, 1), catchup=False)

parse_task = PythonOperator(
    dag=dag,
    task_id='parse',
    python_callable=parse,
    executor_config={
        'pod_override': k8s_client.V1Pod(
            spec=k8s_client.V1PodSpec(
                containers=[
                    k8s_client.V1Container(
                        name='base',
                        volume_mounts=[
                            k8s_client.V1VolumeMount(name='swift-keys', mount_path='/etc/swift', read_only=True),  # PKI
                        ],
                    ),
                ],
                volumes=[
                    k8s_client.V1Volume(name='swift-keys', secret=k8s_client.V1SecretVolumeSource(secret_name='swift-pki')),
                ],
            ),
        ),
    },
)
