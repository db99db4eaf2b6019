"""Starts the pods of operators without a cluster: gives the pod that Airflow would create for a task."""

from __future__ import annotations

from types import SimpleNamespace

from airflow_lines import new_dag

from airflow_provider_k8sexec import K8sPodOperator
from airflow_provider_k8sexec.options.manifests import to_manifest


class Hook:
    """Answers as the hook of a cluster would, without one."""

    is_in_cluster = False

    def get_namespace(self):
        return "default"

    def get_xcom_sidecar_container_image(self):
        return "alpine"

    def get_xcom_sidecar_container_resources(self):
        return None

    get_xcom_sidecar_container_security_context = get_xcom_sidecar_container_resources


def context_of(task, try_number=1):
    """Give the context of a run, as far as rendering and building need it."""
    instance = SimpleNamespace(
        dag_id="d", task_id=task.task_id, run_id="r", map_index=-1, try_number=try_number, task=task
    )
    return {
        "ti": instance,
        "task_instance": instance,
        "run_id": "r",
        "dag": task.dag,
        "ds": "2026-01-02",
        "params": {},
    }


def start(task, try_number=1):
    """Render a task and build the pod that it starts, as a manifest without what differs from run to run."""
    task.hook = Hook()
    context = context_of(task, try_number)
    task.render_template_fields(context)
    return tidy(task.build_pod_request_obj(context))


def tidy(pod):
    """Take off the suffix of the pod's name, and what is empty."""
    pod.metadata.name = None
    return drop_empty(to_manifest(pod))


def drop_empty(value):
    if isinstance(value, dict):
        return {
            key: item for key, item in ((k, drop_empty(v)) for k, v in value.items()) if item not in ({}, [])
        }
    if isinstance(value, list):
        return [drop_empty(item) for item in value]
    return value


def make(operator=K8sPodOperator, default_args=None, **arguments):
    """Make a task in a DAG of its own."""
    with new_dag("d", default_args=default_args or {}):
        return operator(task_id="it", **{"image": "busybox", **arguments})
