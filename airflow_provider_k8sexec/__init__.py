"""One line of Python for the Kubernetes pod of an Airflow task.

Names are loaded on first use, so that ``import airflow_provider_k8sexec`` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_provider_k8sexec.authoring.attach import k8s_config
    from airflow_provider_k8sexec.decorators import k8s_task
    from airflow_provider_k8sexec.exceptions import (
        ClusterError,
        ConfigurationError,
        DeploymentError,
        K8sExecError,
        Problem,
        SpecError,
        SpecWarning,
    )
    from airflow_provider_k8sexec.hooks import DeploymentHook
    from airflow_provider_k8sexec.operators import K8sBashOperator, K8sPythonOperator, k8s_operator
    from airflow_provider_k8sexec.operators.pod import K8sPodOperator, k8s_pod_operator
    from airflow_provider_k8sexec.options.auto import auto
    from airflow_provider_k8sexec.options.per_try import per_try
    from airflow_provider_k8sexec.options.pod_options import PodOptions
    from airflow_provider_k8sexec.options.resource_claims import ResourceClaim, ResourceClaimTemplate
    from airflow_provider_k8sexec.options.run_time import from_param, from_xcom
    from airflow_provider_k8sexec.options.scheduling import Toleration
    from airflow_provider_k8sexec.options.secrets import Secret
    from airflow_provider_k8sexec.options.volumes import (
        ConfigMap,
        EmptyDir,
        HostPath,
        ImageVolume,
        PersistentVolumeClaim,
        TemplateVolume,
    )
    from airflow_provider_k8sexec.usage.failure_of import failure_of

__version__ = "0.1.0"
"""The one home of the version: the package's metadata and ``k8sexec --version`` have it from here."""

REPOSITORY_URL = "https://github.example/k8sexec/airflow-provider-k8sexec"
"""Where the project is published. A placeholder, laid out as on GitHub, until the project has a public home.

The links of messages, of the package's metadata and of the README on a package index are made of it.
"""


def docs_url(page: str, heading: str = "") -> str:
    """Link to a page of the documentation as it is in this version.

    Args:
        page: Its path below ``docs``, without ``.md``: ``guides/secrets``.
        heading: The anchor of a heading on it: ``optional-keys``.
    """
    anchor = f"#{heading}" if heading else ""
    return f"{REPOSITORY_URL}/blob/v{__version__}/docs/{page}.md{anchor}"


_MODULES = {
    "authoring.attach": ["k8s_config"],
    "decorators": ["k8s_task"],
    "exceptions": [
        "ClusterError",
        "ConfigurationError",
        "DeploymentError",
        "K8sExecError",
        "Problem",
        "SpecError",
        "SpecWarning",
    ],
    "hooks": ["DeploymentHook"],
    "operators": ["K8sBashOperator", "K8sPythonOperator", "k8s_operator"],
    "operators.pod": ["K8sPodOperator", "k8s_pod_operator"],
    "options.pod_options": ["PodOptions"],
    "options.auto": ["auto"],
    "options.per_try": ["per_try"],
    "options.resource_claims": ["ResourceClaim", "ResourceClaimTemplate"],
    "options.run_time": ["from_param", "from_xcom"],
    "options.scheduling": ["Toleration"],
    "options.secrets": ["Secret"],
    "options.volumes": [
        "ConfigMap",
        "EmptyDir",
        "HostPath",
        "ImageVolume",
        "PersistentVolumeClaim",
        "TemplateVolume",
    ],
    "usage.failure_of": ["failure_of"],
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "ClusterError",
    "ConfigMap",
    "ConfigurationError",
    "DeploymentError",
    "DeploymentHook",
    "EmptyDir",
    "HostPath",
    "ImageVolume",
    "K8sBashOperator",
    "K8sExecError",
    "K8sPodOperator",
    "K8sPythonOperator",
    "PersistentVolumeClaim",
    "PodOptions",
    "Problem",
    "ResourceClaim",
    "ResourceClaimTemplate",
    "Secret",
    "SpecError",
    "SpecWarning",
    "TemplateVolume",
    "Toleration",
    "__version__",
    "auto",
    "failure_of",
    "from_param",
    "from_xcom",
    "k8s_config",
    "k8s_operator",
    "k8s_pod_operator",
    "k8s_task",
    "per_try",
]


if not TYPE_CHECKING:  # pragma: no branch  # a type checker would take any name for a public one

    def __getattr__(name: str) -> Any:
        """Load a public name on first use."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
