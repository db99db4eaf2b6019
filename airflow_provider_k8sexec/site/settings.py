"""The ``[k8sexec]`` section of Airflow's configuration, as one object."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.options.nearest_names import find_nearest
from airflow_provider_k8sexec.site.option_table import BOOLEAN, OPTIONS, name_option, parse_switch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_EXAMPLE = f"write for example {OPTIONS['pod_options'].example}"


@frozen
class Settings:
    """What the site declares for all tasks; its switches are read one by one (``SiteContext.is_on``).

    Attributes:
        release_name: The deployment's release name.
        secret_name: The deployment's secret, where it is not ``<release>-env``.
        platform: ``auto``, ``astro``, ``software`` or ``generic``.
        pod_options: The outermost layer of every task's pod options.
        profiles_file: The path of the YAML file with the site's profiles.
        profiles: Profiles, as YAML or JSON.
        default_profile: The profile of tasks that name none.
        executor: The executor of tasks that request something of a worker's pod, and name none.
        policy: What happens to a task with problems: ``off``, ``warn``, ``error`` or ``fix``.
        prices: What the site pays, as JSON, or the path of a YAML file with it.
        policy_rules: The site's own rules, as JSON, or the path of a YAML file with them.
        max_runtime: The most that values may request that are known only at run time, as JSON.
    """

    release_name: str | None = None
    secret_name: str | None = None
    platform: str = OPTIONS["platform"].default
    pod_options: Mapping[str, Any] = field(factory=dict)
    profiles_file: str | None = None
    profiles: str | None = None
    default_profile: str | None = None
    executor: str | None = None
    policy: str = OPTIONS["policy"].default
    policy_rules: str = OPTIONS["policy_rules"].default
    prices: str = OPTIONS["prices"].default
    max_runtime: str = OPTIONS["max_runtime"].default


def parse_settings(options: Mapping[str, str | None]) -> tuple[Settings, list[Problem]]:
    """Read the section.

    Args:
        options: The string of each option; an empty one or ``None`` means that it is not set.

    Returns:
        The settings, in which an invalid option has its default; and all problems.
    """
    given = {name: text for name, text in options.items() if text}
    problems = [problem for name, text in given.items() for problem in _check_option(name, text)]
    wrong = {problem.field for problem in problems}
    values: dict[str, Any] = {
        name: text
        for name, text in given.items()
        if name in OPTIONS and OPTIONS[name].type != BOOLEAN and name_option(name) not in wrong
    }
    if "pod_options" in values:
        values["pod_options"], found = _parse_pod_options(values["pod_options"])
        problems += found
    return Settings(**values), problems


def _check_option(name: str, text: str) -> Iterator[Problem]:
    """Check that the value of an option is valid, and that its name is not a misspelt one.

    Other unknown names are valid: after a downgrade, a site may have options of the newer release.
    """
    from airflow_provider_k8sexec.options.problems import NOT_BOOLEAN, show  # no worker needs it

    option = OPTIONS.get(name)
    if option is None:
        nearest = find_nearest(name, OPTIONS)
        if nearest is not None:
            yield Problem(name_option(name), "", "is not an option", f"write {nearest}", code="K8S901")
    elif option.choices and text not in option.choices:
        remedy = f"write one of {', '.join(option.choices)}"
        yield Problem(name_option(name), show(text), "is unknown", remedy, code="K8S901")
    elif option.type == BOOLEAN and parse_switch(text) is None:
        yield Problem(name_option(name), show(text), NOT_BOOLEAN, "write one of the two", code="K8S901")


def _parse_pod_options(text: str) -> tuple[Mapping[str, Any], list[Problem]]:
    """Read a JSON object; no problem shows the text itself, which may hold a password.

    Every worker reads this option, and does so without the import of a YAML parser.
    """
    option = name_option("pod_options")
    problems: list[Problem] = []

    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        built = dict(pairs)
        if len(built) < len(pairs):
            times = Counter(name for name, _ in pairs)
            problems.extend(
                Problem(f"{option}: {name}", "", "is defined twice", "remove one", code="K8S901")
                for name in built
                if times[name] > 1
            )
        return built

    try:
        content = json.loads(text, object_pairs_hook=build)
    except (ValueError, RecursionError) as error:
        from airflow_provider_k8sexec.site.syntax_errors import describe_json_error  # no worker needs it

        wrong = describe_json_error(error)
        return {}, [Problem(wrong.locate(option), "", wrong.describe(), _EXAMPLE, code="K8S901")]
    if not isinstance(content, dict):
        kind = f"<{type(content).__name__}>"
        return {}, [Problem(option, kind, "is not a JSON object", _EXAMPLE, code="K8S901")]
    return content, problems
