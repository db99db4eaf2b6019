"""What Airflow asks a provider: its name, decorators, options and commands."""

from __future__ import annotations

from typing import Any

SWITCHES = {
    "preload_kubernetes_client": (
        "Whether the dag-processor loads the kubernetes client before it forks parsers, so that they share "
        "it: 40 MiB once, instead of an import for each. Likewise the API server as it starts, for the first "
        "page of the Pod tab.\n"
    ),
    "watch_pods": (
        "Whether a scheduler with a KubernetesExecutor watches its worker pods, and records in the event log "
        "why a pod failed or waits.\n"
    ),
    "amend_pods": (
        "Whether the pod mutation hook sets on a pod what Airflow's merge has lost, and the amounts of the "
        "try.\n"
    ),
    "mask_secrets": (
        "Whether the values that a worker gets from secrets are handed to Airflow's secrets masker.\n"
    ),
    "report_usage": "Whether workers report what tasks with pod options of this package have used.\n",
    "pod_tab": "Whether tasks have a tab Pod in the web interface (Airflow 3.1 and later).\n",
}


def _switch(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "version_added": "0.1.0",
        "type": "boolean",
        "example": None,
        "default": "True",
    }


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
            "k8sexec": {
                "description": "Pods of tasks that run on the KubernetesExecutor.",
                "options": {
                    "release_name": {
                        "description": (
                            "The deployment's release name, as in the secret <release>-env. "
                            "Found by itself on Astronomer Software and Astro Private Cloud.\n"
                        ),
                        "version_added": "0.1.0",
                        "type": "string",
                        "example": "infrared-photon-7780",
                        "default": "",
                    },
                    "secret_name": {
                        "description": (
                            "The secret with the deployment's secret variables, if it isn't <release>-env.\n"
                        ),
                        "version_added": "0.1.0",
                        "type": "string",
                        "example": "my-team-secrets",
                        "default": "",
                    },
                    "platform": {
                        "description": "Where Airflow runs: auto, astro, software or generic.\n",
                        "version_added": "0.1.0",
                        "type": "string",
                        "example": None,
                        "default": "auto",
                    },
                    **{name: _switch(text) for name, text in SWITCHES.items()},
                    "pod_options": {
                        "description": "Pod options for every task of ours, as JSON: the outermost layer.\n",
                        "version_added": "0.1.0",
                        "type": "string",
                        "example": '{"cpu": 0.5, "memory": "1Gi"}',
                        "default": "",
                    },
                    "profiles_file": {
                        "description": "Path of a YAML file with profiles: named pod options.\n",
                        "version_added": "0.1.0",
                        "type": "string",
                        "example": "/usr/local/airflow/include/profiles.yaml",
                        "default": "",
                    },
                    "profiles": {
                        "description": "Profiles as JSON, instead of a file or besides one.\n",
                        "version_added": "0.1.0",
                        "type": "string",
                        "example": '{"gpu": {"gpu": 1, "memory": "16Gi"}}',
                        "default": "",
                    },
                    "default_profile": {
                        "description": "The profile of tasks of ours that name none.\n",
                        "version_added": "0.1.0",
                        "type": "string",
                        "example": "small",
                        "default": "",
                    },
                    "policy": {
                        "description": (
                            "What happens to a task, of whatever operator, whose pod has problems: off, "
                            "warn, error (the DAG is not imported, and a pod that breaks a limit of the "
                            "site is not launched) or fix (as error, and missing amounts are filled in).\n"
                        ),
                        "version_added": "0.1.0",
                        "type": "string",
                        "example": None,
                        "default": "warn",
                    },
                    "policy_rules": {
                        "description": (
                            "The site's own rules for the pods of all tasks: the absolute path of a YAML "
                            "file, or JSON.\n"
                        ),
                        "version_added": "0.1.0",
                        "type": "string",
                        "example": "/opt/airflow/policy.yaml",
                        "default": "",
                    },
                },
            },
        },
    }
