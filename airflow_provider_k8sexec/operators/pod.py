"""``K8sPodOperator``: Airflow's KubernetesPodOperator, with all pod options for the pod that it starts.

Source: https://airflow.apache.org/docs/apache-airflow-providers-cncf-kubernetes/stable/operators.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.authoring.pod_operator import with_started_pod

if TYPE_CHECKING:
    from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
    from airflow.sdk.definitions.mappedoperator import OperatorPartial
    from typing_extensions import Unpack

    from airflow_provider_k8sexec.authoring.task_types import PodOperatorArguments
    from airflow_provider_k8sexec.operators import K8sOperatorClass

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
    """
    base: Any = operator_class
    name = f"K8s{base.__name__.removeprefix('Kubernetes')}"
    made: K8sOperatorClass[T] = with_started_pod(base, __name__, name)
    return made


class K8sPodOperatorClass(Protocol):
    """The type of ``K8sPodOperator``, whose arguments are all known."""

    def __call__(self, **arguments: Unpack[PodOperatorArguments]) -> KubernetesPodOperator:
        """Make a task."""

    def partial(self, **arguments: Unpack[PodOperatorArguments]) -> OperatorPartial:
        """Make a task that is to be mapped over the rest of its arguments."""


K8sPodOperator = cast("K8sPodOperatorClass", k8s_pod_operator(compat.load_pod_operator()))
"""Airflow's KubernetesPodOperator, with all pod options for the pod that it starts."""
