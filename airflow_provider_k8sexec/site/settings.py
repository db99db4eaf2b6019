"""The ``[k8sexec]`` section of Airflow's configuration, read once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from airflow_provider_k8sexec.exceptions import DeploymentError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SECTION = "k8sexec"
POLICIES = ("off", "warn", "error", "fix")
PLATFORMS = ("auto", "astro", "software", "generic")
_EXAMPLE = 'write for example {"cpu": 0.5, "memory": "1Gi"}'


@frozen
class Settings:
    """What the site says about all tasks.

    Attributes:
        release_name: The deployment's release name.
        secret_name: The deployment's secret, where it isn't ``<release>-env``.
        platform: ``auto``, ``astro``, ``software`` or ``generic``.
        pod_options: The outermost layer of every task's pod options.
        profiles_file: The path of the YAML file with the site's profiles.
        profiles: Profiles, as YAML or JSON.
        default_profile: The profile of tasks that name none.
        policy: What happens to a task with problems: ``off``, ``warn``, ``error`` or ``fix``.
        policy_rules: The site's own rules, as JSON, or the path of a YAML file with them.
    """

    release_name: str | None = None
    secret_name: str | None = None
    platform: str = "auto"
    pod_options: Mapping[str, Any] = field(factory=dict)
    profiles_file: str | None = None
    profiles: str | None = None
    default_profile: str | None = None
    policy: str = "warn"
    policy_rules: str = ""


def parse_settings(get: Callable[[str, str], str | None]) -> Settings:
    """Read the section.

    Args:
        get: Gives the option of a section, ``None`` where it is not set.

    Raises:
        DeploymentError: An option has a value that it cannot have; all such options are named.
    """
    problems: list[str] = []
    platform = get(SECTION, "platform") or "auto"
    if platform not in PLATFORMS:
        problems.append(
            f"[{SECTION}] platform = {platform!r} is unknown; write one of {', '.join(PLATFORMS)}."
        )
    policy = get(SECTION, "policy") or "warn"
    if policy not in POLICIES:
        problems.append(f"[{SECTION}] policy = {policy!r} is unknown; write one of {', '.join(POLICIES)}.")
    text = get(SECTION, "pod_options") or "{}"
    try:
        pod_options = json.loads(text)
    except ValueError as error:
        # The text itself may hold a password, and is not shown.
        problems.append(f"[{SECTION}] pod_options is not JSON ({error}); {_EXAMPLE}.")
        pod_options = {}
    if not isinstance(pod_options, dict):
        kind = type(pod_options).__name__
        problems.append(f"[{SECTION}] pod_options = <{kind}> is not a JSON object; {_EXAMPLE}.")
    if problems:
        raise DeploymentError("\n".join(problems))
    return Settings(
        release_name=get(SECTION, "release_name") or None,
        secret_name=get(SECTION, "secret_name") or None,
        platform=platform,
        pod_options=pod_options,
        profiles_file=get(SECTION, "profiles_file") or None,
        profiles=get(SECTION, "profiles") or None,
        default_profile=get(SECTION, "default_profile") or None,
        policy=policy,
        policy_rules=get(SECTION, "policy_rules") or "",
    )
