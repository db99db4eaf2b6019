"""Load once, in the dag-processor, what its children need to parse DAG files.

Source: https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/listeners.html

Every Airflow process imports this module, so it imports nothing that costs time.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

from airflow.listeners import hookimpl

COMMAND = "airflow.cli.commands.dag_processor_command"
"""What only a process that was started as ``airflow dag-processor`` has loaded."""

PRELOADED = (
    "kubernetes.client",
    "airflow_provider_k8sexec.decorators",
    "airflow_provider_k8sexec.pod_template",
    "airflow_provider_k8sexec.rules",
)


@hookimpl
def on_starting(component: Any) -> None:  # noqa: ARG001  # the name is Airflow's
    """Load the kubernetes client and the package in the process that forks a child for each DAG file.

    Each child would take its time to import them; forked after this, they share them. DAGs that import the
    client themselves gain as much. Switched off by ``[k8sexec] preload_kubernetes_client``.
    (Where the scheduler parses, which is Airflow 2, Airflow itself has loaded the client.)
    """
    # The component is a Job, and Airflow tells it what kind of job it is only after this call.
    if COMMAND not in sys.modules:
        return
    from airflow_provider_k8sexec import _compat  # noqa: PLC0415  # other processes need not load it

    if _compat.load_flag("k8sexec", "preload_kubernetes_client"):
        for module in PRELOADED:
            importlib.import_module(module)
