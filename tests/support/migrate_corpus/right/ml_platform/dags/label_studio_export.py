"""Exports finished annotations from Label Studio."""

from datetime import datetime

from airflow.decorators import dag, task
from kubernetes.client import models as k8s

label_studio = k8s.V1Pod(
    spec=k8s.V1PodSpec(
        service_account_name="label-studio-export",
        containers=[
            k8s.V1Container(
                name="base",
                env=[
                    k8s.V1EnvVar(
                        name="LABEL_STUDIO_URL",
                        value="http://label-studio.annotation:8080",
                    ),
                    k8s.V1EnvVar(
                        name="LABEL_STUDIO_API_KEY",
                        value_from=k8s.V1EnvVarSource(
                            secret_key_ref=k8s.V1SecretKeySelector(
                                name="label-studio", key="api-key"
                            )
                        ),
                    ),
                ],
            )
        ],
    )
)


@dag(schedule="@daily", start_date=datetime(2024, 4, 4), catchup=False)
def label_studio_export():
    @task(executor_config={"pod_override": label_studio})
    def export(project: int) -> int:
        import os

        print(os.environ["LABEL_STUDIO_URL"], project)
        return project

    @task
    def convert(projects: list) -> None:
        print(len(list(projects)))

    # 12: intents, 17: entities, 31: toxicity
    convert(export.expand(project=[12, 17, 31]))


label_studio_export()
