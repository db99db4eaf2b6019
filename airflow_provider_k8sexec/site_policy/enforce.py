"""The site's policy for every task of every DAG: report, refuse, or fill in.

Source: https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/cluster-policies.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.exceptions import AirflowClusterPolicyViolation

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.exceptions import Problem, list_problems, name_task, write_location
from airflow_provider_k8sexec.site_policy.fill_defaults import fix
from airflow_provider_k8sexec.site_policy.task_location import locate_task
from airflow_provider_k8sexec.site_policy.validate import validate, validate_executor

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_k8sexec.context.site_context import SiteContext


def apply_policy(task: Any) -> None:
    """Validate a task as Airflow loads its DAG, and do what the site's policy is.

    A task of another executor has no pod, and is left alone, unless the site requires one for its options.

    Raises:
        AirflowClusterPolicyViolation: The policy is ``error`` or ``fix``, and tasks of the DAG have errors;
            the error lists all of them.
        ConfigurationError: The site's rules have mistakes.
    """
    context = load_context()
    settings = context.settings
    findings = validate(task)
    if settings.policy == "warn":
        warn(task, [*findings.errors, *findings.warnings])
        return
    if findings.errors or validate_executor(task, context).errors:
        found = {other: _find_errors(other, context) for other in task.dag.tasks}
        raise AirflowClusterPolicyViolation(
            "\n".join(_describe_located(other, errors) for other, errors in found.items() if errors)
        )
    if settings.policy == "fix":
        fix(task)
        findings = validate(task)
    warn(task, findings.warnings)


def _find_errors(task: Any, context: SiteContext) -> list[Problem]:
    return [*validate(task).errors, *validate_executor(task, context).errors]


def warn(task: Any, problems: Iterable[Problem]) -> None:
    """Warn of problems, with the DAG file and the task's line as their location."""
    found = list(problems)
    # Airflow's examples have mistakes that no author of the site can mend.
    if found and not compat.is_shipped_by_airflow(task.dag.fileloc):
        load_context().warn(list_problems(found, _name_pod(task)), found[0].code, locate_task(task))


def _name_pod(task: Any) -> str:
    return f"the pod of {name_task(task.task_id, task.dag_id)}"


def _describe_located(task: Any, problems: list[Problem]) -> str:
    """List the problems of a task, one a line, under its name, file and line; a violation has no others."""
    return list_problems(problems, f"{_name_pod(task)}{write_location(locate_task(task))}")
