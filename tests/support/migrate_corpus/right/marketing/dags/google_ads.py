"""Google Ads, by the API's search stream."""

import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s


def stream(customer_id):
    print(customer_id)


with DAG(
    dag_id="google_ads",
    schedule="30 5 * * *",
    start_date=datetime.datetime(2024, 1, 1),
    catchup=False,
    max_active_tasks=3,
) as dag:
    for customer_id in ("123-456-7890", "234-567-8901"):
        PythonOperator(
            task_id="customer_" + customer_id.replace("-", "_"),
            python_callable=stream,
            op_args=[customer_id],
            executor_config={
                "pod_override": k8s.V1Pod(
                    spec=k8s.V1PodSpec(
                        containers=[
                            k8s.V1Container(
                                name="base",
                                image="ghcr.io/lumen/airflow-google-ads:25.1.0",
                                volume_mounts=[
                                    k8s.V1VolumeMount(
                                        name="google-ads-key",
                                        mount_path="/etc/google/ads.json",
                                        sub_path="ads.json",
                                    )
                                ],
                                env=[
                                    k8s.V1EnvVar(
                                        name="GOOGLE_ADS_LOGIN_CUSTOMER_ID",
                                        value="999-000-1111",
                                    ),
                                    k8s.V1EnvVar(
                                        name="GOOGLE_ADS_USE_PROTO_PLUS", value="True"
                                    ),
                                    k8s.V1EnvVar(
                                        name="GOOGLE_ADS_DEVELOPER_TOKEN",
                                        value_from=k8s.V1EnvVarSource(
                                            secret_key_ref=k8s.V1SecretKeySelector(
                                                name="quasaric-zenith-1234-env",
                                                key="GOOGLE_ADS_DEVELOPER_TOKEN",
                                            )
                                        ),
                                    ),
                                ],
                            )
                        ],
                        volumes=[
                            k8s.V1Volume(
                                name="google-ads-key",
                                secret=k8s.V1SecretVolumeSource(
                                    secret_name="google-ads"
                                ),
                            )
                        ],
                    )
                )
            },
        )
