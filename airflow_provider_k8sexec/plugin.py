"""What Airflow loads of this package as a plugin.

Source: https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/plugins.html
"""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from airflow_provider_k8sexec import listeners


class K8sExecPlugin(AirflowPlugin):
    """Registers the listener that loads the kubernetes client where DAG files are parsed."""

    name = "k8sexec"
    listeners = [listeners]  # noqa: RUF012  # Airflow reads a plain class attribute
