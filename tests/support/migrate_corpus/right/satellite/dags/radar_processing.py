"""Sentinel-1: calibrate, despeckle, terrain-correct."""

from datetime import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator

from geo import pods

STEPS = {
    "calibrate": ("8Gi", "2"),
    "despeckle": ("12Gi", "2"),
    "terrain_correct": ("24Gi", "4"),
}

with DAG(
    "radar_processing",
    schedule="10 */6 * * *",
    start_date=datetime(2024, 1, 1),
    catchup=False,
    default_args={"owner": "sar"},
) as dag:
    last = PythonOperator(
        task_id="unpack",
        python_callable=lambda: print("unpacked"),
        executor_config=pods.scratch_disk("60Gi"),
    )
    for step, (memory, cpu) in STEPS.items():
        this = BashOperator(
            task_id=step,
            bash_command=f"gpt /graphs/{step}.xml",
            executor_config=pods.processor("snap", "10.0.0", memory=memory, cpu=cpu),
        )
        last >> this
        last = this
