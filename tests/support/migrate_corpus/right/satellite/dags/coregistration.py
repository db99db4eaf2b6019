"""Aligns pairs of radar images. The vendor's binary insists on running as its own user."""

from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s


def coregister(master, slave):
    print(master, slave)


PAIRS = [("0101", "0113"), ("0113", "0125"), ("0125", "0206")]

with DAG("coregistration", schedule=None, start_date=datetime(2024, 1, 1)) as dag:
    for master, slave in PAIRS:
        PythonOperator(
            task_id=f"pair_{master}_{slave}",
            python_callable=coregister,
            op_args=[master, slave],
            executor_config={
                "pod_override": k8s.V1Pod(
                    spec=k8s.V1PodSpec(
                        security_context=k8s.V1PodSecurityContext(
                            run_as_user=1200, run_as_group=0, fs_group=1200
                        ),
                        containers=[
                            k8s.V1Container(
                                name="base",
                                volume_mounts=[
                                    k8s.V1VolumeMount(
                                        name="interferograms", mount_path="/work"
                                    )
                                ],
                                image="gitlab.skyview.example:5050/processors/airflow-insar:5.2",
                                security_context=k8s.V1SecurityContext(
                                    allow_privilege_escalation=False,
                                    capabilities=k8s.V1Capabilities(drop=["ALL"]),
                                ),
                            )
                        ],
                        restart_policy="Never",
                        volumes=[
                            k8s.V1Volume(
                                name="interferograms",
                                empty_dir=k8s.V1EmptyDirVolumeSource(),
                            )
                        ],
                    )
                )
            },
        )
