"""``K8sPodOperator``: Airflow's KubernetesPodOperator, with all pod options for the pod that it starts.

Source: https://airflow.apache.org/docs/apache-airflow-providers-cncf-kubernetes/stable/operators.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.authoring.attach import check_operator, starts_pod
from airflow_provider_k8sexec.authoring.author import find_author
from airflow_provider_k8sexec.authoring.pod_operator import with_started_pod
from airflow_provider_k8sexec.exceptions import Problem, SpecError

if TYPE_CHECKING:
    from airflow_provider_k8sexec.authoring.keywords import K8sOperatorClass
    from airflow_provider_k8sexec.authoring.task_types import K8sPodOperatorClass

T = TypeVar("T")


def k8s_pod_operator(operator_class: type[T]) -> K8sOperatorClass[T]:
    """Make an operator that starts a pod, and takes all pod options for that pod besides its own arguments.

    An argument that both have takes both forms: strings, mappings by path and this package's classes are pod
    options, Kubernetes's models and Airflow's ``Secret`` go to Airflow. The worker, which runs the operator,
    has its options in ``executor_config=k8s_config(...)``.

    Args:
        operator_class: KubernetesPodOperator, or a subclass such as GKEStartPodOperator.

    Returns:
        A subclass, the same at every call. Making a task of it raises ``SpecError`` for wrong pod options,
        and ``DeploymentError`` if a key of the deployment's secret is requested in a deployment whose
        release is unknown.

    Raises:
        SpecError: It is no operator, or one that starts no pod.
    """
    check_operator("k8s_pod_operator", operator_class)
    if not starts_pod(operator_class):
        raise SpecError([_name_worker_operator(operator_class.__name__)], None, find_author())
    base: Any = operator_class
    name = f"K8s{base.__name__.removeprefix('Kubernetes')}"
    made: K8sOperatorClass[T] = with_started_pod(base, __name__, name)
    return made


def _name_worker_operator(name: str) -> Problem:
    """Name what to write for an operator that starts no pod: its options are for the worker."""
    reason = "starts no pod of its own, so that the options would do nothing"
    remedy = f"write k8s_operator({name})(...), whose options are for the pod of the worker"
    return Problem(f"k8s_pod_operator({name})", "", reason, remedy, code="K8S115")


_K8S_POD_OPERATOR: Any = k8s_pod_operator(compat.load_pod_operator())
K8sPodOperator: K8sPodOperatorClass = _K8S_POD_OPERATOR  # editors read the annotation
"""Airflow's KubernetesPodOperator, with all pod options for the pod that it starts."""
