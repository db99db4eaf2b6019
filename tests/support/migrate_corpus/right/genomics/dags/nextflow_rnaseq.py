"""nf-core/rnaseq, in the pod that Nextflow itself recommends."""

from datetime import datetime

from airflow import DAG
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from kubernetes.client import models as k8s

with DAG(
    "nextflow_rnaseq", schedule=None, start_date=datetime(2024, 1, 1), tags=["nextflow"]
):
    KubernetesPodOperator(
        task_id="rnaseq",
        name="nextflow-rnaseq",
        namespace="nextflow",
        image="nextflow/nextflow:24.10.0",
        cmds=["nextflow"],
        arguments=["run", "nf-core/rnaseq", "-r", "3.14.0", "-profile", "k8s"],
        env_vars={"NXF_OPTS": "-Xms1g -Xmx4g", "NXF_ANSI_LOG": "false"},
        # Nextflow starts pods of its own, this is only its head
        container_resources=k8s.V1ResourceRequirements(
            requests={"cpu": "1", "memory": "6Gi"},
            limits={"cpu": "1", "memory": "6Gi"},
        ),
        service_account_name="nextflow",
        get_logs=True,
        on_finish_action="delete_succeeded_pod",
        startup_timeout_seconds=600,
    )
