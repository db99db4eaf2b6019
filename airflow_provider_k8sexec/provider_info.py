"""What Airflow reads of a provider: its name, decorators, options and commands."""

from __future__ import annotations

from typing import Any

from airflow_provider_k8sexec.site.option_table import OPTIONS, SECTION, SiteOption


def get_provider_info() -> dict[str, Any]:
    """Describe the package to Airflow.

    Source: https://airflow.apache.org/docs/apache-airflow-providers/howto/create-custom-providers.html
    """
    return {
        "package-name": "airflow-provider-k8sexec",
        "name": "KubernetesExecutor pods",
        "description": "One line of Python for the Kubernetes pod of an Airflow task.",
        "task-decorators": [
            {"name": "k8s", "class-name": "airflow_provider_k8sexec.decorators.k8s_task"},
        ],
        "cli": ["airflow_provider_k8sexec.cli.get_commands"],
        "config": {
            SECTION: {
                "description": "Pods of tasks that run on the KubernetesExecutor.",
                "options": {name: _describe(option) for name, option in OPTIONS.items()},
            },
        },
    }


def _describe(option: SiteOption) -> dict[str, Any]:
    return {
        "description": option.description,
        "version_added": "0.1.0",
        "type": option.type,
        "example": option.example,
        "default": option.default,
    }
