"""The choices that commands offer, written where they cost no import, are those that the commands know."""

from __future__ import annotations

import pytest

from airflow_provider_k8sexec.cli import get_commands
from airflow_provider_k8sexec.cli.helm_values import CHARTS
from airflow_provider_k8sexec.site_policy.targets import TARGETS


@pytest.mark.parametrize(
    ("command", "flag", "known"),
    [
        ("lint", "--target", {name for name in TARGETS if name is not None}),
        ("template", "--chart", set(CHARTS)),
    ],
)
def test_a_command_offers_what_it_knows(command: str, flag: str, known: set[str]) -> None:
    """A target or a chart that is added is offered, and none is offered that would be a KeyError."""
    (group,) = get_commands()
    (found,) = [item for item in group.subcommands if item.name == command]
    (argument,) = [item for item in found.args if flag in item.flags]
    assert set(argument.kwargs["choices"]) == known
