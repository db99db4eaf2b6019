"""Runs the R reports in the statisticians' own image, which has no Airflow."""

from datetime import datetime

from airflow import DAG
from airflow.operators.empty import EmptyOperator
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from kubernetes.client import models as k8s

with DAG("r_reports", start_date=datetime(2023, 10, 1), schedule="@weekly", catchup=False) as dag:
    start = EmptyOperator(task_id="start")
    report = KubernetesPodOperator(
        task_id="report",
        name="r-report",
        namespace="reports",
        image="rocker/tidyverse:4.3",
        cmds=["Rscript"],
        arguments=["/reports/weekly.R", "{{ ds }}"],
        # the default of 1Gi is not enough for the join
        pod_override=k8s.V1Pod(
            spec=k8s.V1PodSpec(
                containers=[
                    k8s.V1Container(
                        name="base",
                        resources=k8s.V1ResourceRequirements(
                            requests={"memory": "4Gi"}, limits={"memory": "4Gi"}
                        ),
                    )
                ]
            )
        ),
    )
    start >> report
