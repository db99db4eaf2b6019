"""Mirrors the parts of Ensembl that we use."""

from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.cncf.kubernetes.secret import Secret
from kubernetes.client import models as k8s

PARTS = ["fasta", "gtf", "variation"]

s3_key = Secret("env", "AWS_ACCESS_KEY_ID", "mirror-bucket", "access-key")
s3_secret = Secret("env", "AWS_SECRET_ACCESS_KEY", "mirror-bucket", "secret-key")

with DAG(
    "ensembl_mirror",
    schedule="0 2 1 * *",
    start_date=datetime(2024, 1, 1),
    catchup=False,
    default_args={"retries": 3, "retry_delay": timedelta(hours=1)},
) as dag:
    for part in PARTS:
        KubernetesPodOperator(
            task_id=f"mirror_{part}",
            name=f"ensembl-{part}",
            image="rclone/rclone:1.68",
            arguments=["sync", f":ftp:/pub/current_{part}", f"lab:ensembl/{part}"],
            env_vars=[
                k8s.V1EnvVar(name="RCLONE_FTP_HOST", value="ftp.ensembl.org"),
                k8s.V1EnvVar(name="RCLONE_CONFIG_LAB_TYPE", value="s3"),
                k8s.V1EnvVar(name="RCLONE_TRANSFERS", value="8"),
            ],
            secrets=[s3_key, s3_secret],
            labels={"app": "ensembl-mirror"},
            in_cluster=True,
        )
