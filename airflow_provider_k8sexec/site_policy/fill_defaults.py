"""The site's defaults, given to tasks that do not request what the site has a default for."""

from __future__ import annotations

import contextlib
from typing import Any

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.executor_names import KNOWN_KEYS
from airflow_provider_k8sexec.options.declaration import Declaration
from airflow_provider_k8sexec.pod.executor_config import ExecutorConfig
from airflow_provider_k8sexec.pod.task_request import TaskRequest
from airflow_provider_k8sexec.rules.requested_pod.handwritten import override_of, template_of
from airflow_provider_k8sexec.rules.requested_pod.site_defaults import find_missing
from airflow_provider_k8sexec.site.option_table import SECTION
from airflow_provider_k8sexec.site.policy_rules import OPTION
from airflow_provider_k8sexec.site_policy.validate import is_declared, read_requested


def fix_in_worker(task: Any) -> None:
    """Give a task the site's defaults in its own pod, and never fail there.

    Airflow 2 writes the ``executor_config`` that a worker has back to the database, and launches a retry
    by it.
    """
    with contextlib.suppress(Exception):
        fix(task)


def fix(task: Any) -> None:
    """Give a task the site's defaults for what it does not request; what it requests stays as it is.

    Raises:
        ConfigurationError: The site's rules have mistakes.
    """
    rules = load_context().rules
    if rules.exempts(task.dag_id, task.task_id) or not load_context().may_have_pod(task):
        return
    config = task.executor_config
    missing = find_missing(read_requested(config), rules)
    if not missing:
        return
    compat.replace_executor_config(task, fill_config(config, Declaration(**missing)))


def fill_config(config: Any, defaults: Declaration) -> ExecutorConfig:
    """Lay a config, of this package or another, over defaults for what it does not declare.

    Args:
        config: The task's ``executor_config``, right by all rules.
        defaults: What it is to have besides.

    Returns:
        A config of its own; the given one stays as it is, because tasks may share it.
    """
    if is_declared(config):
        request = config.request
    else:
        by_hand = Declaration(pod_override=override_of(config), pod_template_file=template_of(config))
        others = {key: item for key, item in dict.items(config) if key not in KNOWN_KEYS}
        request = TaskRequest((), [("", by_hand)], load_context().deployment, others)
    return ExecutorConfig.of(request.with_defaults(f"[{SECTION}] {OPTION}", defaults)).as_whole()
