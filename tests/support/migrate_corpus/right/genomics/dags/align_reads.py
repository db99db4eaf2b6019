"""bwa-mem2 over the reads of a run."""

from datetime import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator
from kubernetes.client import models as k8s

# Two volumes, since the reads must never be written to. Both are folders of the same disk.
reads_volume = k8s.V1Volume(
    name="reads",
    persistent_volume_claim=k8s.V1PersistentVolumeClaimVolumeSource(
        claim_name="lab-data"
    ),
)
aligned_volume = k8s.V1Volume(
    name="aligned",
    persistent_volume_claim=k8s.V1PersistentVolumeClaimVolumeSource(
        claim_name="lab-data"
    ),
)
reads_mount = k8s.V1VolumeMount(
    name="reads", mount_path="/data/reads", sub_path="reads", read_only=True
)
aligned_mount = k8s.V1VolumeMount(
    name="aligned", mount_path="/data/aligned", sub_path="aligned"
)

executor_config_align = {
    "pod_override": k8s.V1Pod(
        spec=k8s.V1PodSpec(
            containers=[
                k8s.V1Container(
                    name="base",
                    image="registry.lab.example/airflow-bwa:2.2.1",
                    image_pull_policy="IfNotPresent",
                    env=[k8s.V1EnvVar(name="OMP_NUM_THREADS", value="15")],
                    resources=k8s.V1ResourceRequirements(
                        requests={"cpu": "8", "memory": "28Gi"},
                        limits={"cpu": "15", "memory": "28Gi"},
                    ),
                    volume_mounts=[reads_mount, aligned_mount],
                )
            ],
            volumes=[reads_volume, aligned_volume],
            node_selector={"lab.example/pool": "compute"},
            tolerations=[
                k8s.V1Toleration(
                    key="pool", operator="Equal", value="compute", effect="NoSchedule"
                )
            ],
        )
    )
}

with DAG("align_reads", schedule=None, start_date=datetime(2024, 1, 1)) as dag:
    align = BashOperator(
        task_id="align",
        bash_command="align.sh {{ params.run }}",
        params={"run": "240101_A00123"},
        executor_config=executor_config_align,
    )
    sort = BashOperator(
        task_id="sort",
        bash_command="sort.sh {{ params.run }}",
        params={"run": "240101_A00123"},
        executor_config=executor_config_align,
    )
    align >> sort
