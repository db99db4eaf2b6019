"""An argument in the words of another tool, or of Kubernetes, is answered by the option for it."""

from __future__ import annotations

import inspect

import pytest

from airflow_provider_k8sexec import SpecError, k8s_config
from airflow_provider_k8sexec._compat import load_operator
from airflow_provider_k8sexec.options.field_words import _OPTIONS, find_meant
from airflow_provider_k8sexec.options.pod_options import POD_OPTIONS


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ({"mem": "1Gi"}, "mem='1Gi' is not a pod option; write memory=..."),
        ({"request_memory": "1Gi"}, "write memory=..."),
        ({"limits": {"cpu": 1}}, "limits=<dict> is not a pod option; write cpu=... and memory=..."),
        ({"container_resources": {}}, "write cpu=... and memory=..."),
        ({"enviroment": {"A": "b"}}, "write env_vars=..."),
        ({"environment": "hunter2"}, "environment=<str> is not a pod option; write env_vars=..."),
        ({"secret_keys": "hunter2"}, "secret_keys=<str> is not a pod option; write secrets=..."),
        ({"memmory": "1Gi"}, "write memory=..."),
        ({"nodeSelector": {}}, "write node_selector=..."),
        ({"kueue": "team-a"}, "write queue_name=..."),
        ({"local_queue": "team-a"}, "write queue_name=..."),
    ],
)
def test_the_option_is_named(given: dict[str, object], written: str) -> None:
    """The value is shown where it is none that may be a password."""
    with pytest.raises(SpecError) as refused:  # the text is compared below
        k8s_config(**given)
    assert written in str(refused.value)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("name", ["image_tag", "request", "cores_max", "sql", "endpoint", "limit"])
def test_an_argument_of_another_operator_is_left_to_that(name: str) -> None:
    """An operator that passes its arguments on may have any that no pod option is called like."""
    assert find_meant(name) == ()


def test_the_words_are_nobodys_arguments() -> None:
    """An argument that Airflow's operators take needs no option instead; `env` is for others than bash."""
    operators = [load_operator(name.lower(), f"{name}Operator") for name in ("Bash", "Python", "Empty")]
    taken = {
        name
        for operator in operators
        for of in operator.__mro__
        for name in inspect.signature(of.__init__).parameters
    }
    assert taken & set(_OPTIONS) <= {"env", "resources"}
    assert not POD_OPTIONS & set(_OPTIONS)
    assert {option for options in _OPTIONS.values() for option in options} <= POD_OPTIONS
