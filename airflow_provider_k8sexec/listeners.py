"""Load the kubernetes client once, where DAG files are parsed, before Airflow forks a child for each file.

Source: https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/listeners.html

Every Airflow process imports this module, so it imports nothing that costs time.
"""

from __future__ import annotations

import importlib
from typing import Any

from airflow.listeners import hookimpl


@hookimpl
def on_starting(component: Any) -> None:
    """Load the client in the process whose children make ``V1Pod`` objects out of DAG files.

    Each child would take seconds to import it; forked after this, they share it. Hand-written DAGs that
    import the client themselves gain as much. Switched off by ``[k8sexec] preload_kubernetes_client``.
    (Where the scheduler parses, which is Airflow 2, Airflow itself has loaded the client.)
    """
    if getattr(component, "job_type", None) != "DagProcessorJob":
        return
    from airflow_provider_k8sexec import _compat  # noqa: PLC0415  # other processes need not load it

    if _compat.load_flag("k8sexec", "preload_kubernetes_client"):
        importlib.import_module("kubernetes.client")
