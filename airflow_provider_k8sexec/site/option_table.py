"""The options of the section ``[k8sexec]`` of Airflow's configuration: the one table of them.

Airflow's own description of the section (``provider_info``), its reader (``site.settings``), the switches and
``docs/reference/settings.md`` are made from it. Every Airflow process imports this module, so it imports
nothing that costs time.
"""

from __future__ import annotations

from typing import NamedTuple

SECTION = "k8sexec"
BOOLEAN = "boolean"
ENFORCED = ("error", "fix")
"""The policies under which what breaks a rule does not run."""

_TRUE, _FALSE = ("t", "true", "1"), ("f", "false", "0")


class SiteOption(NamedTuple):
    """One option of the section.

    Attributes:
        description: What it is for, as ``airflow config list --include-descriptions`` shows it.
        default: The value of an option that is not set; empty for none.
        example: A value, where the default is none.
        choices: The values that it may have; empty for any.
        type: Airflow's name for the type of its value.
    """

    description: str
    default: str = ""
    example: str | None = None
    choices: tuple[str, ...] = ()
    type: str = "string"


def _switch(description: str) -> SiteOption:
    return SiteOption(description, default="True", type=BOOLEAN)


OPTIONS: dict[str, SiteOption] = {
    "release_name": SiteOption(
        "The deployment's release name, as in the secret <release>-env. "
        "Detected automatically on Astronomer Software and Astro Private Cloud.\n",
        example="infrared-photon-7780",
    ),
    "secret_name": SiteOption(
        "The secret with the deployment's secret variables, if it isn't <release>-env.\n",
        example="my-team-secrets",
    ),
    "platform": SiteOption(
        "Where Airflow runs: auto, astro, software or generic.\n",
        default="auto",
        choices=("auto", "astro", "software", "generic"),
    ),
    "preload_kubernetes_client": _switch(
        "Whether the dag-processor loads the kubernetes client before it forks parsers, so that they share "
        "it: 40 MiB once, instead of an import for each. Likewise the API server as it starts, for the first "
        "page of the Pod tab.\n"
    ),
    "watch_pods": _switch(
        "Whether a scheduler with a KubernetesExecutor watches its worker pods, and records in the event log "
        "why a pod failed or waits.\n"
    ),
    "amend_pods": _switch(
        "Whether the pod mutation hook sets on a pod what Airflow's merge has lost, the amounts of the try, "
        "and the executors that tasks of its DAG name. What is known only at run time (from_param, "
        "from_xcom) is set in any case.\n"
    ),
    "mask_secrets": _switch(
        "Whether the values that a worker gets from secrets are handed to Airflow's secrets masker.\n"
    ),
    "report_usage": _switch(
        "Whether workers report what tasks with pod options of this package have used, and the scheduler "
        "keeps in the event log what each worker pod requested and used.\n"
    ),
    "pod_tab": _switch("Whether tasks have a tab Pod in the web interface (Airflow 3.1 and later).\n"),
    "pod_options": SiteOption(
        "Pod options for every task that uses this package, as JSON: the outermost layer.\n",
        example='{"cpu": 0.5, "memory": "1Gi"}',
    ),
    "profiles_file": SiteOption(
        "Path of a YAML file with profiles: named pod options.\n",
        example="/usr/local/airflow/include/profiles.yaml",
    ),
    "profiles": SiteOption(
        "Profiles as JSON, instead of a file or besides one.\n",
        example='{"gpu": {"gpu": 1, "memory": "16Gi"}}',
    ),
    "default_profile": SiteOption(
        "The profile of the tasks that use this package and name no profile.\n", example="small"
    ),
    "executor": SiteOption(
        "The executor of tasks that request something of their worker's pod, and name no executor: one of "
        "[core] executor that launches pods. If it is not set, Airflow's default runs them.\n",
        example="KubernetesExecutor",
    ),
    "prices": SiteOption(
        "What the site pays for an hour of a core, a GiB of memory and a device, also by labels of nodes: "
        "the absolute path of a YAML file, or JSON. With it, the cost of tasks is estimated.\n",
        example='{"currency": "EUR", "per_hour": {"cpu": 0.04, "memory": 0.005}}',
    ),
    "max_runtime": SiteOption(
        "The most that a task may request by a value that is known only at run time (from_param, from_xcom, "
        "the result of another task), as JSON. A task whose value is larger fails, and no other one.\n",
        example='{"cpu": 16, "memory": "64Gi", "gpu": 4}',
    ),
    "policy": SiteOption(
        "What happens to a task, of whatever operator, whose pod has problems: off, warn, error (the DAG is "
        "not imported, and a pod that breaks a limit of the site is not launched) or fix (as error, and "
        "missing amounts are filled in).\n",
        default="warn",
        choices=("off", "warn", "error", "fix"),
    ),
    "policy_rules": SiteOption(
        "The site's own rules for the pods of all tasks: the absolute path of a YAML file, or JSON.\n",
        example="/opt/airflow/policy.yaml",
    ),
}


def name_option(option: str) -> str:
    """Write an option as errors name it: ``[k8sexec] policy``."""
    return f"[{SECTION}] {option}"


def parse_switch(text: str) -> bool | None:
    """Read an option of the type boolean, as Airflow does; ``None`` where it is neither true nor false."""
    word = text.partition("#")[0].strip().lower()
    return word in _TRUE if word in (*_TRUE, *_FALSE) else None
