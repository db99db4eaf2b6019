"""### Another image, another identity

One task runs in an image of its own and acts as a service account of its own; Airflow must be installed in
the image.
"""

import pendulum
from airflow import DAG

from airflow_provider_k8sexec import k8s_task

with DAG(
    dag_id="example_image_and_service_account",
    schedule=None,
    start_date=pendulum.datetime(2023, 1, 1, tz="UTC"),
    doc_md=__doc__,
):

    @k8s_task(
        image="registry.example.com/data/airflow-geo:1.4.0",
        image_pull_secrets=["registry-example-com"],
        service_account_name="geo-reader",
    )
    def read_tiles():
        print("read as geo-reader")

    read_tiles()
