"""Tasks that get secrets by every way that there is, and print them in every form that tasks do."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pendulum
from airflow import DAG

from airflow_provider_k8sexec import Secret, k8s_config, k8s_task

try:
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.providers.standard.operators.python import PythonOperator
except ImportError:  # Airflow 2
    from airflow.operators.bash import BashOperator
    from airflow.operators.python import PythonOperator

# ruff: noqa: T201  # it is what the DAG is for

FOLDER = Path("/run/k8sexec-forms")
NAME = "forms"


def print_forms(way: str, texts: dict[str, str]) -> None:
    """Print texts as tasks do: whole, line by line, as repr, stripped, and the strings of JSON."""
    for name, text in texts.items():
        print(name, text)
        print(repr(text))
        print(text.strip(), "end")
        for line in text.splitlines():
            print(line)
        if text.startswith("{"):
            (user,) = json.loads(text)["users"]
            print(user["name"], "has the pin", user["pin"])
    print(json.dumps(texts))
    print(way, "has printed", len(texts))


def print_variables(way: str, *names: str) -> None:
    """Print variables of the environment."""
    print_forms(way, {name: os.environ[name] for name in (*names, "OF_TEMPLATE")})


def reference(key: str) -> dict[str, Any]:
    """Refer to a key by hand."""
    return {"secretKeyRef": {"name": NAME, "key": key}}


BY_HAND = k8s_config(
    pod_override={
        "spec": {
            "containers": [
                {
                    "name": "base",
                    "env": [{"name": "KEY", "valueFrom": reference("key_pem")}],
                    "envFrom": [{"prefix": "ALL_", "secretRef": {"name": NAME}}],
                    "volumeMounts": [{"name": "mixed", "mountPath": str(FOLDER)}],
                }
            ],
            "volumes": [{"name": "mixed", "projected": {"sources": [{"secret": {"name": NAME}}]}}],
        }
    }
)["pod_override"]

with DAG("secret_forms", schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC")):

    @k8s_task(
        secrets=[Secret("key_pem", file=str(FOLDER / "single.pem"), name=NAME)],
        env_vars={"ACCOUNT": reference("account_json")},
        env_from=[f"secret/{NAME}"],
        volumes={str(FOLDER / "all"): {"secret": {"secretName": NAME}}},
    )
    def options() -> None:
        """Print what the options of this package have asked for."""
        print_variables("options", "ACCOUNT", "key_pem", "account_json", "token")
        files = [FOLDER / "single.pem", *(file for file in (FOLDER / "all").iterdir() if file.is_file())]
        print_forms("options", {str(file): file.read_text(encoding="utf-8") for file in files})

    @k8s_task(profile="with-a-secret")
    def of_profile() -> None:
        """Print what the profile has asked for, which the workers' image does not have."""
        print_variables("of_profile", "OF_PROFILE")

    def print_by_hand() -> None:
        """Print what a hand-written override has asked for."""
        print_variables("by_hand", "KEY", "ALL_token", "ALL_account_json", "ALL_key_pem")
        files = [file for file in FOLDER.iterdir() if file.is_file()]
        print_forms("by_hand", {str(file): file.read_text(encoding="utf-8") for file in files})

    options()
    of_profile()
    PythonOperator(
        task_id="by_hand", python_callable=print_by_hand, executor_config={"pod_override": BY_HAND}
    )
    BashOperator(
        task_id="of_template",
        bash_command='echo "$OF_TEMPLATE"; echo "<$OF_TEMPLATE>"; echo of_template has printed',
        do_xcom_push=False,
    )
