"""Airflow's cluster policies of this package, registered by the entry point group ``airflow.policy``.

Source: https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/cluster-policies.html

Every Airflow process imports this module, so it imports nothing that costs time.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from airflow.exceptions import AirflowClusterPolicyViolation
from airflow.policies import hookimpl

from airflow_provider_k8sexec.context import load_context

if TYPE_CHECKING:
    from collections.abc import Generator

    from kubernetes.client import V1Pod

    from airflow_provider_k8sexec.site.settings import Settings


@hookimpl(wrapper=True, tryfirst=True)
def pod_mutation_hook(pod: V1Pod) -> Generator[None, Any, Any]:
    """Restore what Airflow's merge has lost, let the site's hooks act, and restore what they lost by mistake.

    It wraps all other hooks: ``tryfirst``, because of two wrappers the last registered is outermost.

    Raises:
        PodRefusedError: The pod breaks the site's limits; the executor fails this one task.
    """
    # Airflow 2.11 renders each worker's pod in the worker itself.
    if load_context().is_worker:
        return (yield)
    from airflow_provider_k8sexec.launch.hook import begin_launch, end_launch  # who launches pods

    launch = begin_launch(pod)
    result = yield
    end_launch(pod, launch)
    return result


@hookimpl
def dag_policy(dag: Any) -> None:
    """Add the layers of ``default_args`` to what ``k8s_config`` has made, and route, whatever the policy.

    Pod options in them that an operator takes for arguments of its own are reported. A worker adds layers,
    too: Airflow 2 writes its ``executor_config`` back, and launches a retry by it.

    Raises:
        AirflowClusterPolicyViolation: Something is wrong with what the layers of tasks request together.
        ConfigurationError: The site's settings have mistakes, and tasks have an ``executor_config``.
    """
    is_worker = load_context().is_worker
    if not is_worker:
        _warn_of_defaults(dag)
    configured = _find_configured(dag)
    naming = [task for task in dag.tasks if task.executor]
    _route(configured)
    if naming and not is_worker:
        from airflow_provider_k8sexec.site_policy.worker_executors import warn_of_unknown_executors

        warn_of_unknown_executors(dag, naming)
    if is_worker:  # it needs no report of those that were written by hand
        configured = [task for task in configured if type(task.executor_config) is not dict]
    if not configured:
        return
    from airflow_provider_k8sexec._compat import AIRFLOW_3  # many DAGs have no config
    from airflow_provider_k8sexec.authoring.inherited import add_all_layers, add_param_defaults

    if is_worker:
        with suppress(Exception):
            add_all_layers(configured, lambda _: ("", 0))
            if not AIRFLOW_3:
                add_param_defaults(configured)
        return
    from airflow_provider_k8sexec.authoring.run_time_sources import complete_sources
    from airflow_provider_k8sexec.site_policy.task_location import locate_task  # no worker reports

    errors = [*add_all_layers(configured, locate_task), *complete_sources(configured, locate_task)]
    if errors:
        raise AirflowClusterPolicyViolation("\n".join(map(str, errors)))


def _find_configured(dag: Any) -> list[Any]:
    """Find the tasks with an ``executor_config``, which policies may have changed."""
    return [task for task in dag.tasks if task.executor_config]


def _warn_of_defaults(dag: Any) -> None:
    """Warn of pod options in ``default_args`` that operators take for their own, or that reach no task."""
    parts = (dag, *dag.task_group.get_task_group_dict().values())
    defaults = [part.default_args for part in parts if part.default_args]
    if not defaults:
        return
    from airflow_provider_k8sexec.options.pod_options import POD_OPTIONS  # as DAGs are parsed

    has_option = any(POD_OPTIONS.intersection(names) for names in defaults)
    if not has_option and not any(hasattr(task, "takes_pod_options") for task in dag.tasks):
        return
    from airflow_provider_k8sexec.authoring.misread import warn_of_misread  # few DAGs come here
    from airflow_provider_k8sexec.authoring.unreached_defaults import warn_of_unreached
    from airflow_provider_k8sexec.site_policy.task_location import locate_dag, locate_task

    warn_of_misread(dag, locate_task)
    warn_of_unreached(dag, locate_dag)


@hookimpl(trylast=True)
def task_policy(task: Any) -> None:
    """Validate the pods that a task requests as Airflow loads its DAG, and give it the site's defaults.

    It is the last one for each task, because the site's own policy may choose another executor. So only after
    the last task of a DAG is it known which pod options do nothing.
    """
    _apply_policy(task)
    dag = getattr(task, "dag", None)
    if dag is None or load_context().is_worker or task.task_id != next(reversed(dag.task_dict), None):
        return
    configured = _find_configured(dag)
    if configured:
        from airflow_provider_k8sexec.site_policy.unapplied import warn_of_unapplied  # many have no config

        warn_of_unapplied(configured)


def _apply_policy(task: Any) -> None:
    from airflow_provider_k8sexec.pod.started import find_started  # as DAGs are parsed

    settings = _load_settings(task)
    if settings is None or settings.policy == "off":
        return
    if not (task.executor_config or settings.policy_rules or find_started(task)):
        return
    if not load_context().is_worker:
        from airflow_provider_k8sexec.site_policy.enforce import apply_policy  # seldom needed

        apply_policy(task)
    elif settings.policy == "fix" and settings.policy_rules:
        from airflow_provider_k8sexec.site_policy.fill_defaults import fix_in_worker

        fix_in_worker(task)


def _route(tasks: list[Any]) -> None:
    """Route tasks before anything asks which executor runs them.

    Raises:
        ConfigurationError: The settings have mistakes.
    """
    executor = load_context().routes_to if tasks else None
    if executor is not None:
        from airflow_provider_k8sexec.site_policy.routing import route  # few sites have several executors

        for task in tasks:
            route(task, executor)


def _load_settings(task: Any) -> Settings | None:
    """Read the site's settings; where they are wrong, only tasks with an ``executor_config`` fail."""
    from airflow_provider_k8sexec.exceptions import ConfigurationError  # as DAGs are parsed

    try:
        return load_context().settings
    except ConfigurationError:
        if task.executor_config:
            raise
        return None
