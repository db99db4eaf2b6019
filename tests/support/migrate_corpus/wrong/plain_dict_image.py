"""Converts the scans of invoices to text with tesseract, which only the OCR image has."""

from datetime import datetime

from airflow.decorators import dag, task

OCR_IMAGE = "registry.example.com/ocr/airflow:2.8-tesseract5"


@dag(
    dag_id="invoice_ocr",
    start_date=datetime(2024, 1, 1),
    schedule="*/15 * * * *",
    catchup=False,
    max_active_runs=1,
)
def invoice_ocr():
    @task
    def new_scans():
        return ["a.tif"]

    @task(executor_config={"image": OCR_IMAGE, "image_pull_policy": "Always"})
    def recognise(scans):
        print("tesseract", scans)

    recognise(new_scans())


invoice_ocr()
