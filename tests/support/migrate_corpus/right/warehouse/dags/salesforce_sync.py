"""Copies accounts, contacts and opportunities from Salesforce to the lake, hourly."""

from __future__ import annotations

from datetime import datetime

from airflow.decorators import dag, task
from kubernetes import client

OBJECTS = ["Account", "Contact", "Opportunity", "OpportunityLineItem"]

# see https://wiki.northwind.example/airflow-images for the list of our images
SALESFORCE_IMAGE = "registry.northwind.example/data/airflow-salesforce:2.9.3-4"


@dag(schedule="@hourly", start_date=datetime(2024, 1, 1), catchup=False, tags=["crm"])
def salesforce_sync():
    @task(
        executor_config={
            "pod_override": client.V1Pod(
                spec=client.V1PodSpec(
                    containers=[
                        client.V1Container(
                            name="base",
                            image=SALESFORCE_IMAGE,
                            volume_mounts=[
                                # the private key of the connected app
                                client.V1VolumeMount(
                                    name="jwt-key",
                                    mount_path="/keys/salesforce",
                                    read_only=True,
                                )
                            ],
                        )
                    ],
                    volumes=[
                        client.V1Volume(
                            name="jwt-key",
                            secret=client.V1SecretVolumeSource(
                                secret_name="salesforce-jwt"
                            ),
                        )
                    ],
                )
            )
        }
    )
    def copy_object(sobject: str, ts=None) -> dict[str, str]:
        from simple_salesforce import Salesforce  # only in that image

        session = Salesforce(instance="northwind.my.salesforce.com", session_id="")
        rows = session.query_all(f"SELECT FIELDS(ALL) FROM {sobject} LIMIT 200")
        return {"object": sobject, "rows": str(rows["totalSize"]), "at": ts}

    @task
    def summary(copies):
        for copy in copies:
            print(copy["object"], copy["rows"])

    summary(copy_object.expand(sobject=OBJECTS))


salesforce_sync()
