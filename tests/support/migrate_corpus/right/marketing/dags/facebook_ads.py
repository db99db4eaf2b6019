"""Spend and results of the campaigns on Facebook and Instagram."""

from datetime import datetime, timedelta

from airflow.decorators import dag, task

from shared.pod_helpers import env_from_secret, pod_with_env

ACCOUNTS = ["act_1001", "act_1002", "act_2001"]


@dag(
    schedule="0 5 * * *",
    start_date=datetime(2024, 1, 1),
    catchup=False,
    default_args={"retries": 4, "retry_delay": timedelta(minutes=15)},
)
def facebook_ads():
    @task(
        executor_config=pod_with_env(
            env_from_secret("FB_APP_ID", "FACEBOOK_APP_ID"),
            # rotated every 60 days, by hand
            env_from_secret("FB_ACCESS_TOKEN", "FACEBOOK_ACCESS_TOKEN"),
        )
    )
    def insights(account: str) -> int:
        import os

        return len(os.environ["FB_APP_ID"]) + len(account)

    @task
    def check(counts):
        assert all(counts)

    check(insights.expand(account=ACCOUNTS))


facebook_ads()
