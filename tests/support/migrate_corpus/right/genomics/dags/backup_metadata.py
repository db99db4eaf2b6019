"""pg_dump of the LIMS and of the study's databases."""

from datetime import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.utils.task_group import TaskGroup

from lab.executor import make_executor_config, with_claim

with DAG(
    "backup_metadata",
    schedule="0 0 * * *",
    start_date=datetime(2024, 1, 1),
    catchup=False,
    default_args={"owner": "platform", "retries": 2},
) as dag:
    with TaskGroup(
        "dump", default_args={"executor_config": with_claim("backups", "/backups")}
    ) as dump:
        for database in ("lims", "redcap", "openbis"):
            BashOperator(
                task_id=database,
                bash_command=f"pg_dump -Fc {database} > /backups/{database}-$(date +%u).dump",
            )
    verify = BashOperator(
        task_id="verify",
        bash_command="verify-backups",
        executor_config=with_claim("backups", path="/backups", read_only=True),
    )
    # only the pods of that template may leave the network
    upload = BashOperator(
        task_id="upload",
        bash_command="rclone copy /backups remote:backups",
        executor_config={"pod_template_file": "/opt/airflow/pod_templates/egress.yaml"},
    )
    tidy = BashOperator(
        task_id="tidy",
        bash_command="true",
        executor_config=make_executor_config("tiny"),
    )

    dump >> verify >> upload >> tidy
