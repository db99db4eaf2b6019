"""The context itself: settings, deployment, profiles, rules and template of the site."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.context.switches import is_on
from airflow_provider_k8sexec.site.deployment import Deployment, resolve_deployment
from airflow_provider_k8sexec.site.settings import Settings, parse_settings

if TYPE_CHECKING:
    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.pod.amend import Amendments
    from airflow_provider_k8sexec.rules.requested_pod.site_limits import Traces
    from airflow_provider_k8sexec.site.policy_rules import SiteRules
    from airflow_provider_k8sexec.site.profiles import Profiles


class SiteContext:
    """What a process knows of its site; what costs time is read on first access, and once.

    Attributes:
        settings: The section ``[k8sexec]`` of Airflow's configuration.
        deployment: Release, namespace, platform and secret.
    """

    def __init__(self, settings: Settings, deployment: Deployment) -> None:
        self.settings = settings
        self.deployment = deployment

    @classmethod
    def load(cls) -> SiteContext:
        """Read the configuration and the environment of this process.

        Raises:
            DeploymentError: An option of ``[k8sexec]`` has a value that it cannot have.
        """
        settings = parse_settings(compat.load_option)
        return cls(settings, resolve_deployment(os.environ, compat.load_option, settings))

    @cached_property
    def profiles(self) -> Profiles:
        """The site's profiles.

        Raises:
            DeploymentError: Something is wrong with them.
        """
        from airflow_provider_k8sexec.site.profiles import load_profiles  # imports yaml

        if self.deployment.is_worker:
            return load_profiles(self.settings, lambda _: [])
        from airflow_provider_k8sexec.rules import check_declaration  # no worker needs rules

        # Rules that ask for the deployment, such as which keys its secret has, wait for a task.
        return load_profiles(self.settings, lambda profile: check_declaration(profile, Deployment()))

    @cached_property
    def rules(self) -> SiteRules:
        """The site's own rules.

        Raises:
            DeploymentError: They cannot be read; every mistake in them is named.
        """
        from airflow_provider_k8sexec.site.policy_rules import load_site_rules  # imports yaml

        return load_site_rules(self.settings.policy_rules)

    @property
    def template(self) -> Manifest | None:
        """The pod template of all tasks; ``None`` where there is none to be read in this process."""
        from airflow_provider_k8sexec.context.site_pods import load_site_template  # imports yaml

        return load_site_template()

    @cached_property
    def option_traces(self) -> Traces:
        """What the rules forbid in the pod options and in each profile of ``[k8sexec]``.

        Raises:
            DeploymentError: Profiles or rules cannot be read.
        """
        from airflow_provider_k8sexec.context.site_pods import find_option_traces

        return find_option_traces(self)

    @property
    def is_deployment(self) -> bool:
        """Whether this process belongs to a deployment, and not to a laptop or to CI."""
        from airflow_provider_k8sexec.context.executors import has_kubernetes_executor  # seldom needed

        return self.deployment.is_recognised or has_kubernetes_executor()

    @property
    def amendments(self) -> Amendments:
        """Which amendments merged pods get here."""
        from airflow_provider_k8sexec.pod.amend import Amendments  # where pods are merged

        return Amendments(is_on("amend_pods"), is_on("mask_secrets"), self.deployment.secret_name)
