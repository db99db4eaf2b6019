"""What the secret's value is can't be read from a log that hides it; its digest can."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pendulum
from airflow import DAG

from airflow_provider_k8sexec import Secret, k8s_task


def digest(value: str) -> str:
    """Tell two values apart without telling them."""
    return hashlib.sha256(value.encode()).hexdigest()


with DAG(dag_id="secret_digest", start_date=pendulum.datetime(2022, 1, 1, tz="UTC"), schedule=None):

    @k8s_task(secrets=["MY_SECRET"])
    def of_variable() -> None:
        """Print what the environment has."""
        print(os.environ["MY_SECRET"], "has the digest", digest(os.environ["MY_SECRET"]))  # noqa: T201

    @k8s_task(secrets=[Secret("MY_SECRET", file="/run/secrets/my_secret")])
    def of_file() -> None:
        """Print what the file has."""
        text = Path("/run/secrets/my_secret").read_text(encoding="utf-8")
        print(text, "has the digest", digest(text))  # noqa: T201

    of_variable()
    of_file()
