"""The context itself: settings, deployment, profiles, rules, templates and executors of the site."""

from __future__ import annotations

import logging
import os
import warnings
from configparser import InterpolationError
from functools import cached_property
from typing import TYPE_CHECKING, Any

from attrs import evolve

from airflow_provider_k8sexec.exceptions import ConfigurationError, Problem, SpecWarning
from airflow_provider_k8sexec.executor_names import POD_TEMPLATE_FILE, WORKER_VARIABLE
from airflow_provider_k8sexec.site.option_table import OPTIONS, SECTION, name_option, parse_switch

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

    from airflow_provider_k8sexec.context.executors import ExecutorName
    from airflow_provider_k8sexec.exceptions import K8sExecError
    from airflow_provider_k8sexec.options.declaration import Declaration, Layers
    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.pod.amend import Amendments
    from airflow_provider_k8sexec.pod.task_request import TaskRequest
    from airflow_provider_k8sexec.rules import Findings
    from airflow_provider_k8sexec.rules.requested_pod.site_limits import Traces
    from airflow_provider_k8sexec.site.deployment import Deployment
    from airflow_provider_k8sexec.site.policy_rules import SiteRules
    from airflow_provider_k8sexec.site.prices import Prices
    from airflow_provider_k8sexec.site.profiles import Profiles
    from airflow_provider_k8sexec.site.settings import Settings

_logger = logging.getLogger(__name__)


class SiteContext:
    """What a process knows of its site; each part is read on first access, and once.

    A part that has mistakes raises when it is accessed, and the error lists every mistake of the
    configuration; the other parts can be used. In a worker, whose pod has already been created, a part with
    mistakes is empty.

    Attributes:
        checked_requests: What tasks of this process have requested, for tasks that request the same. They
            were read and checked for this site, so another context has its own.
    """

    def __init__(self, settings: Settings | None = None, deployment: Deployment | None = None) -> None:
        self._switches: dict[str, bool] = {}
        self._occasions: set[str] = set()
        self.checked_requests: dict[Hashable, tuple[TaskRequest, Findings]] = {}
        if settings is not None:
            self._section = settings, []
        if deployment is not None:
            self.deployment = deployment

    @cached_property
    def is_worker(self) -> bool:
        """Whether this process runs in a worker pod, which has no use for the declaration of its own pod."""
        return os.environ.get(WORKER_VARIABLE) == "True"

    @cached_property
    def of_started_pods(self) -> SiteContext:
        """The context for pods that operators start, of which a worker, too, reads and checks everything."""
        if not self.is_worker:
            return self
        context = SiteContext()
        context.is_worker = False
        return context

    def is_on(self, switch: str) -> bool:
        """Report whether a part of this package is switched on; never raises, as a starting process asks.

        Args:
            switch: One of the options of ``[k8sexec]`` of the type boolean: ``pod_tab``, ``watch_pods``.
        """
        if switch not in self._switches:
            from airflow.configuration import conf  # Airflow has it by the time that this is asked

            default = OPTIONS[switch].default
            try:
                value = parse_switch(str(conf.get(SECTION, switch, fallback=default)))
            except InterpolationError:  # of a '%' in airflow.cfg
                value = None
            if value is None:
                from airflow_provider_k8sexec.options.problems import NOT_BOOLEAN  # few are wrong

                _logger.warning("%s %s; it is %s", name_option(switch), NOT_BOOLEAN, default)
            self._switches[switch] = bool(parse_switch(default)) if value is None else value
        return self._switches[switch]

    def replace_refused(self, error: K8sExecError, request: TaskRequest) -> TaskRequest:  # noqa: ARG002  # lint's
        """Raise the error of a declaration, which ends the DAG file; ``k8sexec lint`` goes on instead.

        Args:
            error: What is wrong with the declaration.
            request: What could be read of it.

        Returns:
            The request that the task gets instead.
        """
        raise error

    def warn(
        self,
        message: str,
        code: str,  # noqa: ARG002  # lint's
        location: tuple[str, int],
        category: type[SpecWarning] = SpecWarning,
    ) -> None:
        """Warn of one problem at a line of a DAG file; ``k8sexec lint`` keeps it as a finding instead.

        Args:
            message: Whose it is, what is wrong, and the remedy.
            code: That of the problem.
            location: The file and line, which Airflow shows where it shows warnings.
            category: The kind of the warning.
        """
        warnings.warn_explicit(message, category, *location)

    def is_first(self, occasion: str) -> bool:
        """Report whether this is the first time that a thing happens in this process, for warnings of it."""
        is_first = occasion not in self._occasions
        self._occasions.add(occasion)
        return is_first

    @cached_property
    def _section(self) -> tuple[Settings, list[Problem]]:
        from airflow_provider_k8sexec import _compat as compat
        from airflow_provider_k8sexec.site.settings import parse_settings

        # A worker needs few of them, and has no use for their mistakes.
        names = {*OPTIONS} if self.is_worker else {*OPTIONS, *compat.list_options(SECTION)}
        options: dict[str, str | None] = {}
        unreadable: list[Problem] = []
        for name in sorted(names):
            try:
                options[name] = compat.load_option(SECTION, name)
            except ValueError:  # a '%' in airflow.cfg, which ConfigParser takes for a reference
                reason, remedy = "has a '%' that refers to nothing", "write '%%' for each '%' in airflow.cfg"
                unreadable.append(Problem(name_option(name), "", reason, remedy, code="K8S901"))
        settings, problems = parse_settings(options)
        route = self._check_route(settings)
        if route is not None:
            settings = evolve(settings, executor=None)
            problems.append(route)
        return settings, [*unreadable, *problems]

    def _check_route(self, settings: Settings) -> Problem | None:
        """Check ``[k8sexec] executor``; a worker's template has another ``[core] executor``."""
        if settings.executor is None or self.is_worker:
            return None
        from airflow_provider_k8sexec.context.executors import check_route, load_executors

        executors = load_executors(_resolve_deployment(settings))
        return check_route(settings.executor, executors) if executors else None

    @cached_property
    def _refused(self) -> list[Problem]:
        """Every mistake of the configuration, if the settings have one: those last as long as the process."""
        return self.find_problems() if self._section[1] and not self.is_worker else []

    @property
    def settings(self) -> Settings:
        """The section ``[k8sexec]`` of Airflow's configuration.

        Raises:
            ConfigurationError: An option has a value that it cannot have.
        """
        if self._refused:
            raise ConfigurationError(self._refused)
        return self._section[0]

    @property
    def readable_settings(self) -> Settings:
        """The same, with its default for each option that has a mistake."""
        return self._section[0]

    @cached_property
    def deployment(self) -> Deployment:
        """Release, namespace, platform and secret."""
        return _resolve_deployment(self.readable_settings)

    @cached_property
    def site_options(self) -> Declaration:
        """What ``[k8sexec] pod_options`` declares for every task; in a worker, what of it can be read.

        Raises:
            ConfigurationError: It has mistakes.
        """
        declared, problems = self._read_site_options()
        self._require_none(problems)
        return declared

    @cached_property
    def profiles(self) -> Profiles:
        """The site's profiles; none in a worker where they have mistakes.

        Raises:
            ConfigurationError: They have mistakes.
        """
        profiles, problems = self._read_profiles()
        self._require_none(problems)
        return type(profiles)() if problems else profiles

    @cached_property
    def rules(self) -> SiteRules:
        """The site's own rules.

        Raises:
            ConfigurationError: They have mistakes.
        """
        rules, problems = self._read_rules()
        if problems:
            raise ConfigurationError(dict.fromkeys([*self.find_problems(), *problems]))
        return rules

    @property
    def max_runtime(self) -> Declaration:
        """The most that values may request that are known only at run time.

        Raises:
            ConfigurationError: It has mistakes.
        """
        most, problems = self._max_runtime
        if problems:
            raise ConfigurationError(dict.fromkeys(problems))
        return most

    @property
    def prices(self) -> Prices | None:
        """What the site pays; ``None`` where no price is set.

        Raises:
            ConfigurationError: It has mistakes.
        """
        prices, problems = self._prices
        if problems:
            raise ConfigurationError(dict.fromkeys(problems))
        return prices

    @property
    def readable_prices(self) -> Prices | None:
        """The same; ``None`` where it has mistakes, which `k8sexec doctor` shows."""
        prices, problems = self._prices
        return None if problems else prices

    def resolve_layers(self, profile: str | None) -> tuple[Layers, list[Problem]]:
        """Resolve what the site declares for a task: its pod options, and the layers of the profile.

        Args:
            profile: The profile that the task names, if it does; else it is the site's.

        Returns:
            The layers, the outermost first; and a problem if there is no such profile.

        Raises:
            ConfigurationError: The site's configuration has mistakes.
        """
        site = self.site_options
        layers = [(name_option("pod_options"), site)]
        named = (profile, site.profile, self.settings.default_profile)
        name = next((name for name in named if name is not None), None)
        if name is None:
            return layers, []
        if name in self.profiles.by_name:
            return [*layers, *self.profiles.resolve(name)], []
        return layers, [self.profiles.describe_unknown("profile", name)]

    def find_problems(self) -> list[Problem]:
        """Find every mistake of the site's configuration: settings, pod options, profiles and rules."""
        parts = (
            self._section,
            self._read_site_options(),
            self._read_profiles(),
            self._read_rules(),
            self._max_runtime,
            self._prices,
        )
        return list(dict.fromkeys(problem for _, problems in parts for problem in problems))

    def _require_none(self, problems: Iterable[Problem]) -> None:
        if problems and not self.is_worker:
            raise ConfigurationError(dict.fromkeys([*self.find_problems(), *problems]))

    def _check(self, declared: Declaration) -> list[Problem]:
        """Hold what the site declares against the rules; no worker needs them."""
        if self.is_worker:
            return []
        from airflow_provider_k8sexec.pod.task_request import TaskRequest
        from airflow_provider_k8sexec.rules import check_declaration

        # Rules about the deployment, such as which keys its secret has, wait for a task.
        return check_declaration(TaskRequest.alone(declared)).errors

    def _read_site_options(self) -> tuple[Declaration, list[Problem]]:
        from airflow_provider_k8sexec.options.declaration import parse_declaration

        declared, problems = parse_declaration(self.readable_settings.pod_options)
        prefix = f"{name_option('pod_options')}: "
        return declared, [problem.within(prefix) for problem in [*problems, *self._check(declared)]]

    def _read_profiles(self) -> tuple[Profiles, list[Problem]]:
        from airflow_provider_k8sexec.site.profiles import load_profiles  # imports yaml

        return load_profiles(self.readable_settings, self._check)

    def _read_rules(self) -> tuple[SiteRules, list[Problem]]:
        from airflow_provider_k8sexec.site.policy_rules import load_site_rules  # imports yaml

        return load_site_rules(self.readable_settings.policy_rules, self._check)

    @cached_property
    def _max_runtime(self) -> tuple[Declaration, list[Problem]]:
        from airflow_provider_k8sexec.site.policy_rules import parse_max_runtime  # imports yaml

        return parse_max_runtime(self.readable_settings.max_runtime)

    @cached_property
    def _prices(self) -> tuple[Prices | None, list[Problem]]:
        from airflow_provider_k8sexec.site.prices import load_prices  # imports yaml

        return load_prices(self.readable_settings.prices)

    @cached_property
    def executor_options(self) -> list[Mapping[str, Any]]:
        """The options of the KubernetesExecutor: those of the deployment first, then those of its teams."""
        from airflow_provider_k8sexec.context.site_pods import load_executor_options  # imports yaml

        return load_executor_options(self.executors)

    @property
    def template_path(self) -> str | None:
        """Where the scheduler has the pod template of all tasks; ``None`` where none is set."""
        return self.executor_options[0][POD_TEMPLATE_FILE] or None

    @property
    def template(self) -> Manifest | None:
        """The pod template of all tasks; ``None`` where there is none to be read in this process."""
        from airflow_provider_k8sexec.site.pod_template import find_template

        path = self.template_path
        return find_template(path) if path else None  # read anew when the file has changed

    @property
    def only_template(self) -> Manifest | None:
        """The pod template of all tasks; ``None`` where teams or coordinators may have another one."""
        return self.template if len(self.executor_options) == 1 else None

    @property
    def worker_image(self) -> str | None:
        """The image that the executor gives every worker; ``None`` where the template has it."""
        options = self.executor_options[0]
        repository, tag = options["worker_container_repository"], options["worker_container_tag"]
        return f"{repository}:{tag}" if repository and tag else None

    @property
    def base_traces(self) -> Traces:
        """What the rules forbid in the site's pod templates, as the executor completes them.

        Raises:
            ConfigurationError: The rules have mistakes.
        """
        from airflow_provider_k8sexec.context.site_pods import find_base_traces

        return find_base_traces(self)  # of the templates as they are now

    @cached_property
    def option_traces(self) -> Traces:
        """What the rules forbid in the pod options and in each profile of ``[k8sexec]``.

        Raises:
            ConfigurationError: Profiles or rules have mistakes.
        """
        from airflow_provider_k8sexec.context.site_pods import find_option_traces

        return find_option_traces(self)

    @cached_property
    def executors(self) -> tuple[ExecutorName, ...]:
        """The executors of ``[core] executor``; none where it shows nothing of the deployment."""
        from airflow_provider_k8sexec.context.executors import load_executors

        return load_executors(self.deployment)

    @property
    def has_kubernetes_executor(self) -> bool:
        """Whether this deployment has a KubernetesExecutor, be it one of several."""
        return any(executor.is_kubernetes for executor in self.executors)

    def may_have_pod(self, task: Any) -> bool:
        """Report whether a KubernetesExecutor may run a task; it may where this process cannot know.

        Args:
            task: A task of a DAG, mapped or not.
        """
        from airflow_provider_k8sexec.context.executors import find_team, may_have_pod

        # The template of a worker pod sets an executor of its own.
        executors = () if self.is_worker else self.executors
        team = find_team(getattr(task, "dag", None), executors)
        named, queue = getattr(task, "executor", None), getattr(task, "queue", None)
        return may_have_pod(executors, named, queue, team)

    @property
    def routes_to(self) -> str | None:
        """The executor of tasks that request something of a worker's pod, and name none.

        ``None`` where the site sets none, or where no ``[core] executor`` is set: on a laptop, a scheduler
        would have no such executor.

        Raises:
            ConfigurationError: The settings have mistakes.
        """
        name = self.settings.executor
        return name if name is None or self.is_worker or self.executors else None

    @property
    def is_deployment(self) -> bool:
        """Whether this process belongs to a deployment, and not to a laptop or to CI."""
        return self.deployment.is_recognised or self.has_kubernetes_executor

    def complete_executors(self, present: str, load_named: Callable[[], Iterable[str]]) -> str | None:
        """Give the ``[core] executor`` that a worker needs to load its DAG; ``None`` where it needs no other.

        Args:
            present: The one that its pod has.
            load_named: Gives the executors that tasks of its DAG name; asked only where that matters.
        """
        from airflow_provider_k8sexec.context.executors import complete_executors  # where pods are merged

        return complete_executors(present, self.executors, load_named)

    @property
    def amendments(self) -> Amendments:
        """Which amendments merged pods get here."""
        from airflow_provider_k8sexec import _compat as compat
        from airflow_provider_k8sexec.pod.amend import Amendments  # where pods are merged

        return Amendments(
            repairs=self.is_on("amend_pods"),
            names_secrets=self.is_on("mask_secrets"),
            secret_name=self.deployment.secret_name,
            # A worker of Airflow 2 writes the executor of its task back to the database, for the next try.
            route=None if compat.AIRFLOW_3 else self.readable_settings.executor,
        )


def _resolve_deployment(settings: Settings) -> Deployment:
    from airflow_provider_k8sexec import _compat as compat
    from airflow_provider_k8sexec.site.deployment import resolve_deployment

    return resolve_deployment(os.environ, compat.load_option, settings)
