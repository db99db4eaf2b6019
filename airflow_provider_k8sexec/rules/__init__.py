"""What is right and wrong in a declaration: one small function a rule, and all that they find at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_k8sexec.rules.options import (
    containers,
    environment,
    metadata,
    overrides,
    pod,
    resources,
    values,
    volumes,
)
from airflow_provider_k8sexec.rules.requested_pod import likely_mistakes, platform

if TYPE_CHECKING:
    from airflow_provider_k8sexec.exceptions import Problem
    from airflow_provider_k8sexec.options.declaration import Declaration
    from airflow_provider_k8sexec.options.requested_pod import RequestedPod
    from airflow_provider_k8sexec.site.deployment import Deployment

RULES = (
    resources.check_cpu,
    resources.check_memory,
    resources.check_ephemeral_storage,
    resources.check_gpu,
    resources.check_shared_memory,
    environment.check_secrets,
    environment.check_variables,
    environment.check_sources,
    containers.check_image,
    containers.check_security_contexts,
    containers.check_other_containers,
    metadata.check_names,
    metadata.check_labels,
    metadata.check_annotations,
    metadata.check_node_selector,
    metadata.check_tolerations,
    metadata.check_affinity,
    pod.check_seconds,
    pod.check_template_file,
    volumes.check_mount_paths,
    volumes.check_sources,
    volumes.check_files,
    overrides.check_override,
    overrides.check_claims,
    values.check_values,
)


def check_declaration(declaration: Declaration, deployment: Deployment) -> list[Problem]:
    """Find every problem of a declaration.

    Args:
        declaration: What was asked for, all layers of it.
        deployment: Where it is to run.

    Returns:
        What Kubernetes or Airflow would refuse, and what is surely a mistake, in the order of the rules.
    """
    found = [problem for rule in RULES for problem in rule(declaration)]
    found += environment.check_known_keys(declaration, deployment)
    return list(dict.fromkeys(found))


def check_requested_errors(requested: RequestedPod, platform_name: str) -> list[Problem]:
    """Find what the platform, or the pod template, cannot do with what a task asks of its pod."""
    found = platform.check_platform_errors(requested, platform_name)
    return found if requested.template is None else [*found, *likely_mistakes.check_mounts(requested)]


def check_requested_warnings(requested: RequestedPod, platform_name: str) -> list[Problem]:
    """Find what was surely not meant, and what the platform changes without a word."""
    found = [
        *likely_mistakes.check_likely_mistakes(requested),
        *platform.check_platform_warnings(requested, platform_name),
    ]
    return found if requested.template is not None else [*found, *likely_mistakes.check_mounts(requested)]
