"""What is planted in the DAG files of ``planted/``, and what the policy and ``k8sexec lint`` say of each."""

from __future__ import annotations

from pathlib import Path

import yaml
from airflow_lines import HELM_TEMPLATE

PLANTED = Path(__file__).parent / "planted"
RIGHT = Path(__file__).parent / "right"
EXAMPLES = Path(__file__).parents[2] / "example_dags"

MISTAKES = {
    "keys.misspelt_key": (
        "executor_config['pod_overide'] is a key that Airflow silently ignores",
        "write 'pod_override'",
    ),
    "keys.camel_case_key": ("executor_config['podOverride'] is a key that Airflow", "write 'pod_override'"),
    "keys.legacy_dict": ("['KubernetesExecutor'] is the form of Airflow 1", "for example memory='1Gi'"),
    "keys.pod_under_the_legacy_key": ("['KubernetesExecutor'] is the form of Airflow 1", "as pod options"),
    "keys.plain_dict": (
        "executor_config['pod_override']=<dict> is not a V1Pod",
        "write k8s_config(pod_override=",
    ),
    "keys.bare_pod": (
        "is a V1Pod, where Airflow takes a dict",
        "write executor_config={'pod_override': ...}",
    ),
    "keys.resources_as_a_key": ("executor_config['resources'] is a key that", "into a V1Pod"),
    "keys.option_as_a_key": ("executor_config['image'] is a key that", "write the pod option image=..."),
    "keys.mapped": (
        "executor_config['pod_overrides'] is a key that Airflow silently ignores",
        "write 'pod_override'",
    ),
    "shapes.spec_is_a_dict": (".spec=<dict> is a dict", "write k8s.V1PodSpec(...)"),
    "shapes.literal_ellipsis": (
        "['containers'][0]=... must be a dict (Container)",
        "write one, with fields of",
    ),
    "shapes.container_is_a_dict": (".spec.containers[0]=<dict> is a dict", "write k8s.V1Container(...)"),
    "containers.renamed": ("has no container 'base'", "name the worker's container 'base'"),
    "containers.sidecar_first": ("has 'base' behind 'proxy'", "write 'base' first"),
    "containers.own_args": ("['args']=<list> replaces the args by which Airflow runs", "remove it"),
    "containers.own_command": ("['command']=<list> replaces the command by which Airflow", "remove it"),
    "containers.busybox": ("['image']='busybox' has no Airflow in it", "use the KubernetesPodOperator"),
    "containers.plain_python": ("python:3.12-slim' has no Airflow in it", "use the KubernetesPodOperator"),
    "containers.never_ending_sidecar": (
        "[1]='proxy' runs beside the task, and the pod ends only when all",
        "write it under initContainers with restartPolicy: Always",
    ),
    "environment.literal_reference": (
        "['env'][0] refers to $(HOST), which is defined below it alone, so the text stays",
        "define HOST above it",
    ),
    "resources.requests_only": (
        "are given without limits, which drops the pod template's cpu=1, memory=2Gi",
        "write the limits, too",
    ),
    "resources.limits_below_requests": (
        "has a request, 4Gi, above its limit, 2Gi",
        "write the smaller first",
    ),
    "resources.gpu_preset_without_a_gpu": ("['gpu']='true' is for nodes with GPUs", "write gpu=1, too"),
    "resources.gpu_without_a_limit": ("requests a device without the same limit", "write 'limits'"),
    "resources.memory_in_megabytes": ("'512' is 512 bytes", "write '512Mi'"),
    "resources.cores_in_words": ("'2 cores' is not a Kubernetes quantity", "write for example '500m'"),
    "environment.variable_twice": ("'STAGE' is defined twice", "remove one"),
    "environment.password_by_name": (
        "['env'][0] looks like a plaintext password",
        "secrets=['WAREHOUSE_PASSWORD']",
    ),
    "environment.password_in_a_url": ("looks like a plaintext password, visible to", "put it into a secret"),
    "environment.jinja": ("['value'] is written as a Jinja template", "pass it to the task itself"),
    "environment.variable_of_the_executor": (
        "is set by the KubernetesExecutor itself",
        "choose another name",
    ),
    "volumes.mount_without_a_volume": (
        "'scartch' is mounted by 'base', and there is no volume",
        "write 'scratch'",
    ),
    "volumes.volume_without_a_mount": ("'scratch' is mounted by no container", "write a volume mount"),
    "volumes.path_twice": ("'/a' is defined twice", "remove one"),
    "volumes.volume_twice": ("'scratch' is defined twice", "remove one"),
    "volumes.new_name_at_every_parse": ("is named anew at each parse", "name it yourself"),
    "identity.label_of_the_executor": ("'dag_id' is the KubernetesExecutor's own", "choose another"),
    "identity.annotation_of_the_executor": ("'try_number' is the KubernetesExecutor's own", "choose another"),
    "identity.pod_name": ("'nightly-load' replaces the name that the executor gives", "remove it"),
    "identity.restarted": ("'OnFailure' would start a finished task once more", "write 'Never'"),
    "identity.zero_is_lost": ("=0 is lost in Airflow's merge", "write k8s_config(pod_override=...)"),
}
"""DAG and task of each mistake, with what is said of it, and the remedy."""

IN_SOURCE = {
    "unused.py": ("is set to 'LARGE', which no task has", "write executor_config=LARGE at the task"),
    "kubernetes_pod_operator.py": (
        "pod_override is no argument of KubernetesPodOperator",
        "write full_pod_spec=...",
    ),
}
"""Files of ``planted/source/`` whose mistakes leave no trace in a DAG: only lint can say what to do."""

PASSWORD = "hunter2"  # noqa: S105  # the planted one, which no message may show


def write_template(folder: Path) -> str:
    """Write the site's pod template, and give its path."""
    template = yaml.safe_load(HELM_TEMPLATE.read_text(encoding="utf-8"))
    template["spec"]["terminationGracePeriodSeconds"] = 600
    path = folder / "pod_template.yaml"
    path.write_text(yaml.safe_dump(template), encoding="utf-8")
    return str(path)
