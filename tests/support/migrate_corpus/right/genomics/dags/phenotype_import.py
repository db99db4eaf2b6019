"""Imports the questionnaires of the study's participants (pseudonymised)."""

from datetime import datetime

from airflow.decorators import dag, task
from kubernetes.client import models as k8s

study_pod = k8s.V1Pod(
    metadata=k8s.V1ObjectMeta(
        namespace="study",
        labels={"data-class": "pseudonymised"},
        annotations={"lab.example/egress": "redcap.study.example"},  # and nothing else
    ),
    spec=k8s.V1PodSpec(
        containers=[
            k8s.V1Container(
                name="base",
                image="registry.study.example/airflow-redcap:6.0.2",
                image_pull_policy="IfNotPresent",
                security_context=k8s.V1SecurityContext(
                    run_as_non_root=True, read_only_root_filesystem=True
                ),
            )
        ],
        image_pull_secrets=[k8s.V1LocalObjectReference(name="study-registry")],
        automount_service_account_token=False,
        restart_policy="Never",
        service_account_name="redcap-import",
    ),
)


@dag(schedule="@weekly", start_date=datetime(2024, 1, 1), catchup=False)
def phenotype_import():
    @task(executor_config={"pod_override": study_pod})
    def export_redcap():
        return 120

    @task.branch(executor_config={"pod_override": study_pod})
    def choose(rows: int):
        return "load" if rows else "skip"

    @task
    def load():
        print("loaded")

    @task
    def skip():
        print("nothing new")

    choose(export_redcap()) >> [load(), skip()]


phenotype_import()
