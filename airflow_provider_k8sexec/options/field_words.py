"""What other tools, and Kubernetes itself, call what the pod options request."""

from __future__ import annotations

from airflow_provider_k8sexec.options.nearest_names import find_nearest
from airflow_provider_k8sexec.options.pod_options import POD_OPTIONS
from airflow_provider_k8sexec.options.resource_names import EPHEMERAL_STORAGE, option_of

_WORDS = {
    "cpu": "cpus cores vcpu vcpus cpu_cores cpu_request cpu_limit request_cpu limit_cpu requests_cpu "
    "limits_cpu",
    "memory": "mem ram mem_limit mem_request memory_mb memory_request memory_limit request_memory "
    "limit_memory requests_memory limits_memory",
    "cpu memory": "resources requests limits container_resources resource_requirements",
    option_of(EPHEMERAL_STORAGE): "disk disk_size request_ephemeral_storage limit_ephemeral_storage",
    "gpu": "gpus gpu_count num_gpus limit_gpu accelerator accelerators",
    "shared_memory": "shm shm_size dshm",
    "env_vars": "env environment environment_variables env_variables envs extra_env",
    "secrets": "secret_keys secret_env secret_env_vars env_from_secret",
    "volumes": "volume_mounts persistent_volume_claims pvc pvcs",
    "node_selector": "node_selectors node_labels nodeselector",
    "service_account_name": "service_account serviceaccount",
    "queue_name": "kueue kueue_queue kueue_queue_name local_queue local_queue_name localqueue",
    "image": "docker_image container_image",
    "image_pull_secrets": "image_pull_secret pull_secrets",
    "active_deadline_seconds": "activedeadlineseconds pod_timeout",
}
"""Words that no operator of Airflow has for anything else, but `env` of the BashOperator, by the options."""

_OPTIONS = {word: tuple(options.split()) for options, words in _WORDS.items() for word in words.split()}
_LONG = {word for word in _OPTIONS if len(word) >= 10}  # noqa: PLR2004  # of a short one, much else is nearly a copy
_CUTOFF_OF_LONG = 0.85


def find_meant(name: str) -> tuple[str, ...]:
    """Find the options that were probably meant by an argument; none where that is not known."""
    if name.lower() in _OPTIONS:
        return _OPTIONS[name.lower()]
    nearest = find_nearest(name, POD_OPTIONS)
    if nearest is not None:
        return (nearest,)
    word = find_nearest(name, _LONG, _CUTOFF_OF_LONG)
    return _OPTIONS[word] if word is not None else ()
