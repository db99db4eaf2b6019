"""A DAG with no option of this package, whose tasks print what their pod gets from secrets, in many forms."""

from __future__ import annotations

import json
import logging
import os
import subprocess
from pathlib import Path

import pendulum

try:
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.providers.standard.operators.python import PythonOperator
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.operators.bash import BashOperator
    from airflow.operators.python import PythonOperator

# ruff: noqa: T201  # it is what the DAG is for

print("at the top:", os.environ.get("AT_THE_TOP"))


def print_all() -> None:
    """Print every value as tasks do."""
    key, account = os.environ["PEM"], json.loads(os.environ["ACCOUNT"])
    for line in key.splitlines():
        print(line)
    print(repr(key))
    print(key)
    print({"environment": dict(os.environ)})
    print(json.dumps(dict(os.environ)))
    print("password", account["password"], "of", account["nested"][0]["user"])
    print("token", os.environ["TOKEN"].strip(), "end")
    print("from all keys", os.environ["DB_PASSWORD"], os.environ["DB_LEVEL"], os.environ["LITERAL"])
    for path in (os.environ["KEY_FILE"], *map(str, Path(os.environ["KEY_FOLDER"]).iterdir())):
        if Path(path).is_file():
            print("file", Path(path).read_text(encoding="utf-8"))
    logging.getLogger("acme").warning("logged: %s", account)
    subprocess.run(["printenv", "BY_A_PROGRAM"], check=True)  # noqa: S607
    raise ValueError(f"failed with {account['password']}")


with DAG(dag_id="prints_secrets", start_date=pendulum.datetime(2022, 1, 1, tz="UTC"), schedule=None):
    PythonOperator(task_id="python", python_callable=print_all)
    BashOperator(task_id="bash", bash_command='env; echo "$PEM"; cat "$KEY_FILE"', do_xcom_push=False)
