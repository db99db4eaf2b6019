"""Recomputes the embeddings of products whose description changed."""

from datetime import datetime, timedelta

from airflow.decorators import dag, task
from kubernetes.client import models as k8s

MODEL = "intfloat/multilingual-e5-large"


@dag(
    schedule=timedelta(hours=6),
    start_date=datetime(2024, 1, 1),
    catchup=False,
    tags=["embeddings", "gpu"],
)
def embeddings_refresh():
    @task
    def changed_products() -> list[int]:
        return [1, 2, 3]

    @task(
        retries=2,
        execution_timeout=timedelta(hours=2),
        executor_config={
            "pod_override": k8s.V1Pod(
                metadata=k8s.V1ObjectMeta(labels={"workload": "gpu"}),
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            image="registry.brightloop.example/ml/airflow-torch:2.4.1-py311",
                            resources=k8s.V1ResourceRequirements(
                                requests={"cpu": "2", "memory": "12Gi"},
                                limits={
                                    "memory": "16Gi",
                                    "nvidia.com/gpu": 1,  # the request follows
                                },
                            ),
                            env=[
                                k8s.V1EnvVar(
                                    name="HF_HOME", value="/models/huggingface"
                                ),
                                k8s.V1EnvVar(
                                    name="TOKENIZERS_PARALLELISM", value="false"
                                ),
                            ],
                        )
                    ],
                    # T4s do, an A100 would be idle half of the time
                    node_selector={
                        "cloud.google.com/gke-accelerator": "nvidia-tesla-t4"
                    },
                    tolerations=[
                        k8s.V1Toleration(
                            key="nvidia.com/gpu",
                            operator="Equal",
                            value="present",
                            effect="NoSchedule",
                        ),
                    ],
                ),
            )
        },
    )
    def embed(products: list[int]) -> int:
        from sentence_transformers import SentenceTransformer

        model = SentenceTransformer(MODEL)
        return len(model.encode([str(product) for product in products]))

    embed(changed_products())


embeddings_refresh()
