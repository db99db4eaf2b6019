"""A scheduler, as far as metrics are concerned: sends each of its metrics once, and ends.

Usage: python send_metrics.py
"""

from __future__ import annotations

TAGS = {"dag_id": "my.dag", "task_id": "load"}

if __name__ == "__main__":
    from airflow.executors.base_executor import BaseExecutor
    from opentelemetry.metrics import get_meter_provider

    from airflow_provider_k8sexec.past_tries.metrics import send_metric
    from airflow_provider_k8sexec.site.metric_table import METRICS

    BaseExecutor()  # on Airflow 3.2 and later, it sets up the metrics of a scheduler
    for name, metric in METRICS.items():
        if metric.sender == "scheduler":
            send_metric(name, 0.25, TAGS)
    # A scheduler lives on; that of Airflow 2.11 sends nothing as it ends.
    getattr(get_meter_provider(), "force_flush", bool)()
