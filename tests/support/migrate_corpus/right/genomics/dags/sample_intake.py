"""Reads the sample sheets of the wet lab and registers them in the LIMS."""

from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s

# The LIMS client wants its configuration and its key in one directory.
lims_config = k8s.V1Volume(
    name="lims",
    projected=k8s.V1ProjectedVolumeSource(
        default_mode=0o440,
        sources=[
            k8s.V1VolumeProjection(
                config_map=k8s.V1ConfigMapProjection(name="lims-client")
            ),
            k8s.V1VolumeProjection(
                secret=k8s.V1SecretProjection(name="lims-client-key")
            ),
        ],
    ),
)

lims_pod = k8s.V1Pod(
    spec=k8s.V1PodSpec(
        security_context=k8s.V1PodSecurityContext(fs_group=50000),
        containers=[
            k8s.V1Container(
                name="base",
                volume_mounts=[
                    k8s.V1VolumeMount(
                        name="lims", mount_path="/etc/lims", read_only=True
                    )
                ],
            )
        ],
        volumes=[lims_config],
    )
)


def read_sheets():
    return ["plate-1"]


def register(plates):
    print(plates)


with DAG(
    "sample_intake",
    schedule=timedelta(minutes=30),
    start_date=datetime(2024, 1, 1),
    catchup=False,
    default_args={"owner": "wet-lab", "email_on_failure": False},
):
    sheets = PythonOperator(task_id="read_sheets", python_callable=read_sheets)
    PythonOperator(
        task_id="register",
        python_callable=register,
        op_args=[sheets.output],
        executor_config={"pod_override": lims_pod},
    )
