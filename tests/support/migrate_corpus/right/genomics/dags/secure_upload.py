"""Uploads the released data to EGA, encrypted with crypt4gh."""

from datetime import datetime

from airflow import DAG
from airflow.providers.cncf.kubernetes import secret
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from kubernetes.client import models as k8s


def pod_resources(cpu="500m", memory="1Gi"):
    return k8s.V1ResourceRequirements(
        requests={"cpu": cpu, "memory": memory}, limits={"cpu": cpu, "memory": memory}
    )


with DAG("secure_upload", schedule=None, start_date=datetime(2024, 1, 1)) as dag:
    encrypt = KubernetesPodOperator(
        task_id="encrypt",
        name="encrypt",
        image="registry.lab.example/crypt4gh:1.7",
        cmds=["crypt4gh", "encrypt"],
        secrets=[
            # a file: /keys/sender.sec
            secret.Secret("volume", "/keys", "crypt4gh-keys", "sender.sec"),
        ],
        container_resources=pod_resources(cpu="2"),
        affinity=k8s.V1Affinity(
            node_affinity=k8s.V1NodeAffinity(
                required_during_scheduling_ignored_during_execution=k8s.V1NodeSelector(
                    node_selector_terms=[
                        k8s.V1NodeSelectorTerm(
                            match_expressions=[
                                k8s.V1NodeSelectorRequirement(
                                    key="lab.example/pool",
                                    operator="In",
                                    values=["secure"],
                                )
                            ]
                        )
                    ]
                )
            )
        ),
        priority_class_name="interactive",
        schedulername="default-scheduler",
    )
    upload = KubernetesPodOperator(
        task_id="upload",
        name="upload",
        image="registry.lab.example/ega-upload:3.1",
        secrets=[
            secret.Secret("env", None, "ega-credentials")
        ],  # EGA_USER, EGA_PASSWORD
        container_resources=pod_resources(),
    )
    encrypt >> upload
