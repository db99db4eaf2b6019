"""Copies finished runs from the sequencers, which are mounted on the nodes in the lab."""

from datetime import datetime

from airflow.decorators import dag, task
from airflow.operators.python import PythonOperator
from kubernetes import client


def on_lab_node(sequencer, user=1500):
    """A pod on the node beside the sequencer."""
    return client.V1Pod(
        metadata=client.V1ObjectMeta(namespace="lab-edge"),
        spec=client.V1PodSpec(
            containers=[
                client.V1Container(
                    name="base",
                    security_context=client.V1SecurityContext(run_as_user=user),
                    volume_mounts=[
                        client.V1VolumeMount(
                            name="sequencer", mount_path="/sequencer", read_only=True
                        )
                    ],
                )
            ],
            node_selector={"kubernetes.io/hostname": f"lab-{sequencer}"},
            tolerations=[
                client.V1Toleration(key="lab", operator="Exists", effect="NoSchedule")
            ],
            volumes=[
                client.V1Volume(
                    name="sequencer",
                    host_path=client.V1HostPathVolumeSource(path=f"/mnt/{sequencer}"),
                )
            ],
        ),
    )


def copy(sequencer):
    print(sequencer)


@dag(schedule="*/10 * * * *", start_date=datetime(2024, 1, 1), catchup=False)
def sequencer_sync():
    @task
    def check_space():
        print("enough")

    space = check_space()
    for sequencer in ("novaseq-1", "novaseq-2", "miseq-1"):
        space >> PythonOperator(
            task_id=f"copy_{sequencer}",
            python_callable=copy,
            op_args=[sequencer],
            executor_config={"pod_override": on_lab_node(sequencer)},
        )


sequencer_sync()
