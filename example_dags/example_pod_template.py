"""### A pod template for one task

The template lies beside this file, so that every component finds it at the same place. The task's own
options are laid over it, and one of the template's volumes is mounted where the task wants it.
"""

from pathlib import Path

import pendulum
from airflow import DAG

from airflow_provider_k8sexec import TemplateVolume, k8s_task

TEMPLATE = Path(__file__).resolve().parent / "pod_templates" / "large_disk.yaml"

with DAG(
    dag_id="example_pod_template",
    schedule=None,
    start_date=pendulum.datetime(2023, 1, 1, tz="UTC"),
    doc_md=__doc__,
):

    @k8s_task(
        pod_template_file=str(TEMPLATE),
        memory="2Gi",
        volumes={"/scratch": TemplateVolume("disk", sub_path="scratch")},
    )
    def task_with_template():
        print("ran on the template's node, with 2Gi and its disk")

    task_with_template()
