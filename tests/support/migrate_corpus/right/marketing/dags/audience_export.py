"""Exports segments to the ad platforms."""

from datetime import datetime

from airflow.decorators import dag, task, task_group

from shared.pod_helpers import resources_config

PLATFORMS = {
    "meta": resources_config("512Mi", "1Gi"),
    "google": resources_config("512Mi", "1Gi"),
    # hashes the whole customer base
    "linkedin": resources_config("2Gi", "3Gi", request_cpu="1", limit_cpu="2"),
}


@dag(schedule="0 10 * * *", start_date=datetime(2024, 1, 1), catchup=False)
def audience_export():
    @task(executor_config=resources_config("1Gi", "1Gi", limit_cpu="500m"))
    def segments():
        return ["lapsed", "vip"]

    found = segments()

    for platform, config in PLATFORMS.items():

        @task_group(group_id=platform)
        def export(segments, platform=platform, config=config):
            @task(executor_config=config)
            def upload(segments):
                print(platform, segments)

            @task
            def confirm():
                print("confirmed")

            upload(segments) >> confirm()

        export(found)


audience_export()
