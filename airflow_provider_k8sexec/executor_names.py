"""The names that the KubernetesExecutor, its pods and its workers share with this package.

Source: https://airflow.apache.org/docs/apache-airflow-providers-cncf-kubernetes/stable/kubernetes_executor.html
"""

from __future__ import annotations

KUBERNETES_EXECUTOR = "KubernetesExecutor"
"""The name of the executor in ``[core] executor``; its subclasses are recognised by it."""

WORKER_CONTAINER = "base"
"""The container in which Airflow runs the task: it must have this name, and be the first."""

WORKER_VARIABLE = "AIRFLOW_IS_K8S_EXECUTOR_POD"
"""The environment variable that the executor sets to ``True`` in that container."""

EXECUTOR_VARIABLE = "AIRFLOW__CORE__EXECUTOR"
"""The variable by which the pod templates of charts set ``LocalExecutor`` in workers."""

NAMES_VARIABLE = "K8SEXEC_SECRET_NAMES"
"""The variable by which the pod mutation hook names, in that container, what comes from secrets."""

EXECUTOR_CONFIG = "executor_config"
"""The argument of an operator that the executor reads."""

POD_OVERRIDE = "pod_override"
"""The key of an executor config that holds the partial pod of the task."""

POD_TEMPLATE_FILE = "pod_template_file"
"""The key of an executor config, and the option of the executor, that names the pod template."""

PROVENANCE = "k8sexec"
"""The key of the record of who set what: the UI has the serialised DAG alone. Executors ignore it."""

KNOWN_KEYS = (POD_OVERRIDE, POD_TEMPLATE_FILE, PROVENANCE)
"""The keys of an executor config that are not another executor's."""

LEGACY_KEY = KUBERNETES_EXECUTOR
"""The key under which Airflow 1 had everything; today's executor refuses it."""

SCHEDULER_COMMAND = "airflow.cli.commands.scheduler_command"
"""A module that is loaded only in a process that was started as ``airflow scheduler``."""

DAG_PROCESSOR_COMMAND = "airflow.cli.commands.dag_processor_command"
"""A module that is loaded only in a process that was started as ``airflow dag-processor``."""

TASK_COMMAND = "airflow.cli.commands.task_command"
"""A module that is loaded only where ``airflow tasks`` runs: on Airflow 2, in every worker."""

NAME_PREFIX = "k8sexec-"
"""The prefix of the names that this package gives to volumes."""

ANNOTATION_PREFIX = "k8sexec/"
"""The prefix of the annotations by which this package declares what its pod mutation hook sets."""

SCHEDULER_LABEL = "airflow-worker"
"""The label by which the executor marks its pods: the id of the scheduler's job that launched them."""

REQUIRED_ANNOTATIONS = frozenset({"dag_id", "task_id", "try_number"})
"""The annotations that every pod of the executor has."""

EXECUTOR_KEYS = REQUIRED_ANNOTATIONS | {
    "run_id",
    "map_index",
    SCHEDULER_LABEL,
    "kubernetes_executor",
    "airflow_version",
    "execution_date",
    "logical_date",
    "task_instance_id",  # from Airflow 3.4 on, and the next
    "ti_id",
}
"""Labels and annotations by which the executor identifies its pods."""

POD_OPERATOR = "KubernetesPodOperator"
"""The operator that starts a pod of its own; its subclasses are recognised by this name."""

POD_OPERATOR_LABELS = frozenset(
    {
        "dag_id",
        "task_id",
        "run_id",
        "map_index",
        "try_number",
        "parent_dag_id",
        "airflow_version",
        "kubernetes_pod_operator",
        "airflow_kpo_in_cluster",
        "already_checked",
    }
)
"""The labels by which that operator finds the pod that it has started."""


def name_variable(section: str, option: str) -> str:
    """Name the environment variable that sets an option of Airflow's configuration.

    Source: https://airflow.apache.org/docs/apache-airflow/stable/howto/set-config.html
    """
    return f"AIRFLOW__{section}__{option}".upper().replace(".", "_")
