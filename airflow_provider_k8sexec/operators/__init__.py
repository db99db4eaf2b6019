"""Operators that take the pod options among their arguments.

Source: https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/operators.html
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_k8sexec import _compat
from airflow_provider_k8sexec.authoring.attach import (
    SignatureOfClass,
    attach_pod_options,
    check_mapped,
    check_operator,
    construct,
    follow_sources,
    starts_pod,
)
from airflow_provider_k8sexec.authoring.author import find_author
from airflow_provider_k8sexec.authoring.layers import describe_partial, describe_task
from airflow_provider_k8sexec.exceptions import Problem, SpecError
from airflow_provider_k8sexec.executor_names import EXECUTOR_CONFIG, POD_OPERATOR

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow.sdk.definitions.mappedoperator import OperatorPartial

    from airflow_provider_k8sexec.authoring.keywords import K8sOperatorClass
    from airflow_provider_k8sexec.authoring.task_types import K8sBashOperatorClass, K8sPythonOperatorClass
    from airflow_provider_k8sexec.operators.pod import K8sPodOperator as K8sPodOperator
    from airflow_provider_k8sexec.operators.pod import k8s_pod_operator as k8s_pod_operator

T = TypeVar("T")


def k8s_operator(operator_class: type[T]) -> K8sOperatorClass[T]:
    """Make an operator that takes the pod options besides its own arguments.

    An argument that the operator itself has, such as the ``image`` of a DockerOperator, stays the operator's;
    ``executor_config=k8s_config(image=...)`` reaches the worker's pod all the same.

    A type checker validates the values of the pod options. It does not find a misspelt one, which may be an
    argument of the operator: that is an error where the DAG file is loaded. Of ``k8s_config`` it finds both.

    Args:
        operator_class: Any operator of Airflow or of another provider.

    Returns:
        A subclass, the same at every call. Making a task of it raises ``SpecError`` for wrong pod options,
        and ``DeploymentError`` if a key of the deployment's secret is requested in a deployment whose
        release is unknown.

    Raises:
        SpecError: It is no operator, or one that starts a pod, which has arguments of the same names.
    """
    check_operator("k8s_operator", operator_class)
    if starts_pod(operator_class):
        raise SpecError([_name_pod_operator(operator_class)], None, find_author())
    base: Any = operator_class
    made: K8sOperatorClass[T] = _with_pod_options(base)
    return made


def _name_pod_operator(operator_class: type) -> Problem:
    """Name what to write for an operator that starts a pod, where options would be the worker's."""
    name = operator_class.__name__
    if getattr(operator_class, "takes_pod_options", False):
        reason, instead = "takes pod options itself", name
    else:
        reason = "starts a pod of its own, which would get some of the options, and the worker the others"
        instead = "K8sPodOperator" if name == POD_OPERATOR else f"k8s_pod_operator({name})"
    remedy = f"write {instead}(...), with executor_config=k8s_config(...) for the worker"
    return Problem(f"k8s_operator({name})", "", reason, remedy, code="K8S115")


@cache
def _with_pod_options(operator_class: Any) -> Any:
    class K8sOperator(operator_class):  # type: ignore[misc]  # the base is only known at run time
        takes_pod_options = True
        __signature__ = SignatureOfClass()

        def __init__(self, **kwargs: Any) -> None:
            arguments = attach_pod_options(kwargs, type(self))
            construct(super().__init__, arguments, type(self), describe_task(kwargs))
            follow_sources(self, arguments.get(EXECUTOR_CONFIG))

        @classmethod
        def partial(cls, **kwargs: Any) -> OperatorPartial:
            arguments = attach_pod_options(kwargs, cls)
            return _refuse_mapped_options(construct(super().partial, arguments, cls, describe_task(kwargs)))

    K8sOperator.__name__ = K8sOperator.__qualname__ = f"K8s{operator_class.__name__}"
    K8sOperator.__doc__ = (
        f"{operator_class.__name__} that takes the pod options besides its own arguments: "
        "``help(k8s_task)`` describes them."
    )
    return K8sOperator


def _refuse_mapped_options(partial: OperatorPartial) -> OperatorPartial:
    """Give Airflow's object a subclass of its own class, which checks what it is mapped over.

    The object itself changes its class: the original of a copy would warn, as it is deleted, that it was
    never mapped, and its fields differ between the lines of Airflow.
    """
    partial_class: Any = type(partial)
    partial.__class__ = _checking_partial(partial_class)
    return partial


@cache
def _checking_partial(partial_class: Any) -> Any:
    class CheckingPartial(partial_class):  # type: ignore[misc]  # Airflow's class of this release
        __slots__ = ()

        def expand(self, **mapped: Any) -> Any:
            for name in self._check(mapped):
                del mapped[name]
            if not mapped:  # refused as a whole, in a file that goes on
                return super().expand_kwargs([{}])
            return self._follow(super().expand(**mapped))

        def expand_kwargs(self, kwargs: Any, **options: Any) -> Any:
            # What another task gives is not known yet.
            given = kwargs if isinstance(kwargs, (list, tuple)) else ()
            refused = self._check({name for item in given if isinstance(item, dict) for name in item})
            if refused:
                kwargs = [{name: item[name] for name in item.keys() - refused} for item in given]
            return self._follow(super().expand_kwargs(kwargs, **options))

        def _follow(self, mapped: Any) -> Any:
            follow_sources(mapped, self.kwargs.get(EXECUTOR_CONFIG))
            return mapped

        def _check(self, names: Iterable[str]) -> set[str]:
            # Else Airflow warns of a refused task that it was never mapped.
            self._expand_called = True  # type: ignore[misc]  # a slot of the base
            return check_mapped(names, self.operator_class, describe_partial(self.kwargs), "partial")

    return CheckingPartial


K8sPythonOperator: K8sPythonOperatorClass = _with_pod_options(
    _compat.load_operator("python", "PythonOperator")
)
"""Airflow's PythonOperator that takes the pod options besides its own arguments."""

K8sBashOperator: K8sBashOperatorClass = _with_pod_options(_compat.load_operator("bash", "BashOperator"))
"""Airflow's BashOperator that takes the pod options besides its own arguments."""


if not TYPE_CHECKING:  # pragma: no branch  # a type checker would take any name for one of these

    def __getattr__(name: str) -> Any:
        """Load what starts pods on first use: it needs the kubernetes client, which few DAG files pay for."""
        if name not in ("K8sPodOperator", "k8s_pod_operator"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from airflow_provider_k8sexec.operators import pod

        return getattr(pod, name)
