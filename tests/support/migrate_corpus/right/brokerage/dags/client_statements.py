# Client statements: one PDF a client, printed and archived.
from datetime import datetime
from airflow import DAG
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s

archive_volume = k8s.V1Volume(name='archive', persistent_volume_claim=k8s.V1PersistentVolumeClaimVolumeSource(claim_name='statement-archive'))
archive_mount = k8s.V1VolumeMount(name='archive', mount_path='/archive')

def render(batch): print(batch)

with DAG('client_statements', start_date=datetime(2022, 1, 1), schedule='0 2 1 * *', catchup=False):
    for batch in range(4):
        PythonOperator(
            task_id=f'render_{batch}', python_callable=render, op_kwargs=dict(batch=batch),
            executor_config=dict(
                pod_override=k8s.V1Pod(
                    metadata=k8s.V1ObjectMeta(namespace='airflow-print', labels=dict(app='statements')),
                    spec=k8s.V1PodSpec(
                        containers=[k8s.V1Container(name='base', volume_mounts=[archive_mount])],
                        volumes=[archive_volume],
                        security_context=k8s.V1PodSecurityContext(fs_group=2000)))))