"""Precise orbit files from ESA; every other step of the radar chain waits for these."""

from datetime import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator
from kubernetes.client import models as k8s

with DAG(
    "orbit_files",
    schedule="0 */3 * * *",
    start_date=datetime(2024, 1, 1),
    catchup=False,
    tags=["sentinel-1", "ingest"],
) as dag:
    poeorb = BashOperator(
        task_id="poeorb",
        bash_command="eof --mission S1A --date {{ ds_nodash }} --save-dir /tmp",
        executor_config={
            "pod_override": k8s.V1Pod(
                metadata=k8s.V1ObjectMeta(
                    annotations={
                        # step.esa.int redirects to dataspace.copernicus.eu
                        "skyview.example/egress": "step.esa.int,dataspace.copernicus.eu"
                    }
                )
            )
        },
    )
    index = BashOperator(task_id="index", bash_command="ls /tmp/*.EOF || true")
    poeorb >> index
