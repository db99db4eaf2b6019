"""Export of the ledger to the auditors.

Every pod has to carry the cost centre, else the nightly bill lands at the platform team.
"""

import pendulum
from airflow.decorators import dag, task

COST_CENTRE = "4711"


@dag(start_date=pendulum.datetime(2022, 2, 1, tz="UTC"), schedule="@weekly", catchup=False)
def ledger_export():
    @task(
        executor_config={
            "KubernetesExecutor": {
                "labels": {"team": "finance", "cost-centre": COST_CENTRE},
                "annotations": {"example.com/egress": "sftp.auditors.example.com"},
            }
        }
    )
    def export():
        """Write the ledger as CSV, and send it."""

    # no egress here, only the bill
    @task(executor_config={"KubernetesExecutor": {"labels": {"team": "finance", "cost-centre": COST_CENTRE}}})
    def archive():
        """Move it to cold storage."""

    export() >> archive()


ledger_export()
