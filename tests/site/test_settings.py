"""The site's settings: made from the options of one section, and refused with all that is wrong in them."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_k8sexec import ConfigurationError
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.site.option_table import OPTIONS, parse_switch
from airflow_provider_k8sexec.site.settings import Settings, parse_settings

OWN = "secrets-of-the-site"
EXAMPLE = 'write for example {"cpu": 0.5, "memory": "1Gi"}.'
SWITCH = "is neither True nor False; write one of the two."


def read(**options: str) -> Settings:
    """Read options that are right."""
    settings, problems = parse_settings(options)
    assert problems == []
    return settings


def problems_of(**options: str) -> list[str]:
    """Read options that are wrong, and give what is reported of them."""
    return [str(problem) for problem in parse_settings(options)[1]]


def test_nothing_set_is_a_site_that_declares_nothing() -> None:
    """The package works without any configuration."""
    assert read() == Settings(None, None, "auto", {})


def test_every_option_of_the_section_is_read() -> None:
    """Pod options are JSON, so that a site can write them in an environment variable."""
    settings = read(
        release_name="infrared-photon-7780",
        secret_name=OWN,
        platform="software",
        pod_options='{"cpu": 0.5, "memory": ["1Gi", "2Gi"]}',
    )
    assert settings == Settings(
        "infrared-photon-7780", OWN, "software", {"cpu": 0.5, "memory": ["1Gi", "2Gi"]}
    )


def test_an_empty_option_is_not_set() -> None:
    """Airflow gives an option's empty default as an empty text, and one that it does not know as None."""
    assert read(**dict.fromkeys(OPTIONS, "")) == Settings()
    assert parse_settings(dict.fromkeys(OPTIONS)) == (Settings(), [])


@pytest.mark.parametrize("platform", OPTIONS["platform"].choices)
def test_each_platform_can_be_named(platform: str) -> None:
    """A site can set where it runs, where the environment does not show it."""
    assert read(platform=platform).platform == platform


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            {"platform": "gke"},
            "[k8sexec] platform='gke' is unknown; write one of auto, astro, software, generic.",
        ),
        ({"policy": "eror"}, "[k8sexec] policy='eror' is unknown; write one of off, warn, error, fix."),
        (
            {"pod_options": "cpu: 1"},
            f"[k8sexec] pod_options, line 1, column 1 cannot be read as JSON: Expecting value; {EXAMPLE}",
        ),
        (
            {"pod_options": '["cpu"]'},
            f"[k8sexec] pod_options=<list> is not a JSON object; {EXAMPLE}",
        ),
        (
            {"pod_options": '{"cpu": 1, "labels": {"a": "b", "a": "c"}, "cpu": 2}'},
            "[k8sexec] pod_options: a is defined twice; remove one.",
        ),
        ({"watch_pods": "perhaps"}, f"[k8sexec] watch_pods='perhaps' {SWITCH}"),
        ({"policy_rule": "max: {}"}, "[k8sexec] policy_rule is not an option; write policy_rules."),
    ],
)
def test_a_wrong_option_is_refused_with_its_remedy(options: dict[str, str], text: str) -> None:
    """The site reads which option is wrong, and what to write instead."""
    assert problems_of(**options)[0] == text


def test_a_key_that_is_defined_twice_is_found_at_every_depth() -> None:
    """JSON would silently keep the last one."""
    text = '{"cpu": 1, "labels": {"a": "b", "a": "c"}, "cpu": 2}'
    assert [problem.split()[2] for problem in problems_of(pod_options=text)] == ["a", "cpu"]


def test_an_option_of_another_release_is_no_mistake() -> None:
    """After a step back to an older release, what it does not know stops no DAG."""
    assert read(something_quite_different="1") == Settings()


def test_nested_options_end_in_one_problem() -> None:
    """Python's own reader of JSON recurses."""
    (problem,) = problems_of(pod_options="[" * 100_000)
    assert problem.startswith("[k8sexec] pod_options cannot be read as JSON: ")


def test_all_wrong_options_are_reported_at_once() -> None:
    """A site corrects everything in one go, and every other option is read."""
    options = {"platform": "gke", "pod_options": "{", "pod_tab": "perhaps", "release_name": "a"}
    settings, problems = parse_settings(options)
    assert [problem.field for problem in problems] == [
        "[k8sexec] platform",
        "[k8sexec] pod_tab",
        "[k8sexec] pod_options, line 1, column 2",
    ]
    assert settings == Settings("a")


@pytest.mark.parametrize("options", ['{"env_vars": {"PASSWORD": "hunter2"},}', '["hunter2"]', '"hunter2"'])
def test_a_password_in_the_options_is_not_shown(options: str) -> None:
    """Pod options may hold literals of variables, and errors end up in logs."""
    (problem,) = problems_of(pod_options=options)
    assert "pod_options" in problem
    assert "hunter2" not in problem


@pytest.mark.parametrize(
    ("text", "meant"),
    [("True", True), ("f", False), (" 1 # on", True), ("FALSE", False), ("yes", None), ("", None)],
)
def test_a_switch_is_read_as_airflow_reads_it(text: str, *, meant: bool | None) -> None:
    """Source: airflow.configuration.AirflowConfigParser.getboolean."""
    assert parse_switch(text) is meant


def test_what_is_set_under_a_misspelt_name_is_found_in_airflows_configuration(configure: Any) -> None:
    """A policy that is not in force because of a typing error is worse than a DAG that is not imported."""
    configure(policy_rule="/etc/rules.yaml", pod_tabs="false")
    with pytest.raises(ConfigurationError, match=r"(?s)^2 problems.*pod_tabs .*policy_rule is not an"):
        _ = load_context().settings
