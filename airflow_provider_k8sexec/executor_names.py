"""The names by which the KubernetesExecutor knows its pods, and workers know that they are such.

Source: https://airflow.apache.org/docs/apache-airflow-providers-cncf-kubernetes/stable/kubernetes_executor.html
"""

from __future__ import annotations

WORKER_CONTAINER = "base"
"""The container in which Airflow runs the task: it must have this name, and be the first."""

WORKER_VARIABLE = "AIRFLOW_IS_K8S_EXECUTOR_POD"
"""The environment variable that the executor sets to ``True`` in that container."""

NAMES_VARIABLE = "K8SEXEC_SECRET_NAMES"
"""The environment variable by which our pod mutation hook names, in that container, what secrets hold."""

SCHEDULER_COMMAND = "airflow.cli.commands.scheduler_command"
"""The module that only a process has loaded which was started as ``airflow scheduler``."""

ANNOTATION_PREFIX = "k8sexec/"
"""What the annotations begin with by which this package tells its pod mutation hook what to set."""

SCHEDULER_LABEL = "airflow-worker"
"""The label by which the executor marks its pods: the number of the scheduler's job that launched them."""

EXECUTOR_KEYS = frozenset(
    {
        "dag_id",
        "task_id",
        "run_id",
        "try_number",
        "map_index",
        SCHEDULER_LABEL,
        "kubernetes_executor",
        "airflow_version",
        "execution_date",
        "logical_date",
    }
)
"""Labels and annotations by which the executor knows its pods."""
