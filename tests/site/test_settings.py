"""The site's settings: read from any source of options, and refused with all that is wrong in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from airflow_provider_k8sexec import DeploymentError, K8sExecError
from airflow_provider_k8sexec.site.settings import PLATFORMS, Settings, parse_settings

if TYPE_CHECKING:
    from collections.abc import Callable

OWN = "secrets-of-the-site"
EXAMPLE = 'write for example {"cpu": 0.5, "memory": "1Gi"}.'


def config(**options: str) -> Callable[[str, str], str | None]:
    """Give the options of the section, and nothing of any other."""
    return lambda section, option: options.get(option) if section == "k8sexec" else None


def test_nothing_set_is_a_site_that_says_nothing() -> None:
    """The package works without any configuration."""
    assert parse_settings(config()) == Settings(None, None, "auto", {})


def test_every_option_of_the_section_is_read() -> None:
    """Pod options are JSON, so that a site can write them in an environment variable."""
    settings = parse_settings(
        config(
            release_name="infrared-photon-7780",
            secret_name=OWN,
            platform="software",
            pod_options='{"cpu": 0.5, "memory": ["1Gi", "2Gi"]}',
        )
    )
    assert settings == Settings(
        "infrared-photon-7780", OWN, "software", {"cpu": 0.5, "memory": ["1Gi", "2Gi"]}
    )


def test_an_empty_option_is_not_set() -> None:
    """Airflow gives an option's empty default as an empty text."""
    empty = config(release_name="", secret_name="", platform="", pod_options="")
    assert parse_settings(empty) == Settings()


@pytest.mark.parametrize("platform", PLATFORMS)
def test_each_platform_can_be_named(platform: str) -> None:
    """A site can say where it runs, where that is not told by the environment."""
    assert parse_settings(config(platform=platform)).platform == platform


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            {"platform": "gke"},
            "[k8sexec] platform = 'gke' is unknown; write one of auto, astro, software, generic.",
        ),
        (
            {"pod_options": "cpu: 1"},
            f"[k8sexec] pod_options is not JSON (Expecting value: line 1 column 1 (char 0)); {EXAMPLE}",
        ),
        (
            {"pod_options": '["cpu"]'},
            f"[k8sexec] pod_options = <list> is not a JSON object; {EXAMPLE}",
        ),
    ],
)
def test_a_wrong_option_is_refused_with_its_remedy(options: dict[str, str], text: str) -> None:
    """The site reads which option is wrong, and what to write instead."""
    with pytest.raises(DeploymentError, match=f"^{re.escape(text)}$") as caught:
        parse_settings(config(**options))
    assert isinstance(caught.value, K8sExecError)


def test_all_wrong_options_are_told_at_once() -> None:
    """A site corrects everything in one go."""
    with pytest.raises(DeploymentError, match=r"platform = 'gke'.*\n.*pod_options is not JSON"):
        parse_settings(config(platform="gke", pod_options="{"))


@pytest.mark.parametrize("options", ['{"env_vars": {"PASSWORD": "hunter2"},}', '["hunter2"]', '"hunter2"'])
def test_a_password_in_the_options_is_not_shown(options: str) -> None:
    """Pod options may hold literals of variables, and errors end up in logs."""
    with pytest.raises(DeploymentError, match="pod_options") as caught:
        parse_settings(config(pod_options=options))
    assert "hunter2" not in str(caught.value)
