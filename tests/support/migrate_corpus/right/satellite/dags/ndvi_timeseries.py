"""Time series of the vegetation index, by field."""

from datetime import datetime

from airflow.decorators import dag, task

from geo.pods import processor

VERSION = "2.3.0"


@dag(schedule="@daily", start_date=datetime(2024, 3, 1), catchup=False, tags=["agri"])
def ndvi_timeseries():
    @task(executor_config=processor("ndvi", VERSION, memory="6Gi", cpu="2"))
    def compute(ds=None) -> str:
        return f"s3://skyview-ndvi/{ds}.parquet"

    @task(executor_config=processor("ndvi", VERSION))
    def smooth(path: str) -> str:
        return path

    # the customer pays by task, so these are labelled
    @task(
        executor_config=processor("agri-report", "0.9", labels={"customer": "agrivia"})
    )
    def report(path: str) -> None:
        print(path)

    report(smooth(compute()))


ndvi_timeseries()
