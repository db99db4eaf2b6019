"""### Run locally

`python example_local_run.py` runs the DAG in one process, with no cluster. There is no pod then, so export
`MY_SECRET` yourself: where it is absent, the task says so before its code. `SENTRY_DSN` may be absent.
"""

import os

import pendulum
from airflow import DAG

from airflow_provider_k8sexec import Secret, k8s_task

with DAG(
    dag_id="example_local_run",
    schedule=None,
    start_date=pendulum.datetime(2023, 1, 1, tz="UTC"),
    doc_md=__doc__,
) as dag:

    @k8s_task(cpu=0.5, memory="1Gi", secrets=["MY_SECRET", Secret("SENTRY_DSN", optional=True)])
    def report():
        print("a password of", len(os.environ["MY_SECRET"]), "characters")
        print("errors are reported:", "SENTRY_DSN" in os.environ)

    report()

if __name__ == "__main__":
    dag.test()
