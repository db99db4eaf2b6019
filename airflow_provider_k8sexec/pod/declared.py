"""Whether the author of a task declares anything of its worker's pod, in whatever form."""

from __future__ import annotations

from collections.abc import Mapping

from airflow_provider_k8sexec.executor_names import (
    EXECUTOR_CONFIG,
    LEGACY_KEY,
    POD_OVERRIDE,
    POD_TEMPLATE_FILE,
)
from airflow_provider_k8sexec.options.declaration import NOTHING
from airflow_provider_k8sexec.pod.executor_config import ExecutorConfig

OPTIONS = "pod options"
"""What a declaration by options is called."""

WORKER_OPTIONS = f"{OPTIONS} in {EXECUTOR_CONFIG}"
"""What it is called where the task has others as well, for the pod that it starts."""


def name_declared(config: object) -> str:
    """Name what an ``executor_config`` requests of the worker's pod; empty for nothing.

    What only the site declares, in ``[k8sexec] pod_options`` or its default profile, is no author's, and goes
    to every task, whatever runs it.
    """
    if isinstance(config, ExecutorConfig):
        return OPTIONS if any(declared != NOTHING for _, declared in config.request.inner) else ""
    if not isinstance(config, Mapping):  # a V1Pod, for one, which Airflow does not take
        return EXECUTOR_CONFIG if config is not None else ""
    keys = [key for key in (POD_OVERRIDE, POD_TEMPLATE_FILE, LEGACY_KEY) if config.get(key) is not None]
    return f"{EXECUTOR_CONFIG}[{keys[0]!r}]" if keys else ""
