"""Sends the push notifications that the CRM has planned, by country."""

from datetime import datetime

from airflow.decorators import dag, task

from shared.pod_helpers import env_from_secret, pod_with_env, resources_config


@task
def prepare(country: str):
    return country


@task(retries=0)  # never send twice
def send(country: str):
    print(country)


firebase = pod_with_env(env_from_secret("FIREBASE_KEY", "FIREBASE_SERVER_KEY"))


@dag(schedule="0 12,18 * * *", start_date=datetime(2024, 1, 1), catchup=False)
def push_notifications():
    for country in ["de", "at", "ch", "nl"]:
        prepared = prepare.override(
            task_id=f"prepare_{country}",
            executor_config=resources_config(
                "256Mi", "512Mi", request_cpu="100m", limit_cpu="250m"
            ),
        )(country)
        send.override(task_id=f"send_{country}", executor_config=firebase)(prepared)


push_notifications()
