"""Arguments that KubernetesPodOperator has as well: each value is in this package's form, or in Airflow's.

Strings, mappings by path and the classes of this package are pod options. Kubernetes's models, Airflow's
``Secret`` and manifests in lists are Airflow's, and reach its operator as they are. What means the same in
both is a pod option, so that layers add up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_k8sexec.executor_names import POD_TEMPLATE_FILE
from airflow_provider_k8sexec.options.manifests import is_model

_LISTS = frozenset(
    {
        "secrets",
        "volumes",
        "env_vars",
        "env_from",
        "tolerations",
        "image_pull_secrets",
        "host_aliases",
        "init_containers",
    }
)
MODELS = frozenset({"affinity", "security_context", "container_security_context"})
"""The options of which Airflow takes one model of Kubernetes, and this package a manifest as well."""

COINCIDING = (
    "image",
    "image_pull_policy",
    "namespace",
    "labels",
    "annotations",
    "env_vars",
    "node_selector",
    "service_account_name",
    "automount_service_account_token",
    "runtime_class_name",
    "priority_class_name",
    "active_deadline_seconds",
    "queue_name",
)
"""The options that mean the same to KubernetesPodOperator, in the form that most authors write.

``queue_name`` is an argument of one of its subclasses alone, the operator that starts a job in Kueue.
"""


def split_value(name: str, value: Any) -> tuple[Any, Any]:
    """Split the value of an argument that both have, into this package's part and Airflow's.

    Args:
        name: The argument, one of the pod options.
        value: What the author has written; ``None`` counts as not given.

    Returns:
        The two parts; ``None`` for a part that is not there.
    """
    if value is None:
        return None, None
    if name == POD_TEMPLATE_FILE:  # Airflow reads it where the pod is started
        return None, value
    if name in MODELS:
        return (None, value) if _becomes_model(value) else (value, None)
    if name in _LISTS and isinstance(value, (list, tuple)):
        of_airflow = [item for item in value if _is_airflows(name, item)]
        own = [item for item in value if not _is_airflows(name, item)]
        return own or None, of_airflow or None
    if name == "image_pull_secrets" and isinstance(value, str):
        return None, value
    return value, None


def _is_airflows(name: str, item: Any) -> bool:
    if name == "secrets":  # a mapping is this package's, as YAML has it
        return hasattr(item, "deploy_type")
    return _becomes_model(item) or isinstance(item, Mapping)


def _becomes_model(value: Any) -> bool:
    """Report whether a value is a model of the kubernetes client, or one of Airflow's that becomes such."""
    return is_model(value) or hasattr(value, "to_k8s_client_obj")
