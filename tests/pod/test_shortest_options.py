"""The shortest options of a pod build that pod, and are what an author would write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from airflow_lines import launched_pod
from hypothesis import assume, given
from hypothesis import strategies as st
from manifest_strategies import overrides
from pod_option_strategies import Existing, options_for
from properties import examples
from sample_declarations import DEPLOYMENT, EVERY_OPTION, RELEASE
from short_options import CLAIM, ODD, SHORT, WITH_CODE, mounting, secret, worker

import airflow_provider_k8sexec as k8sexec
from airflow_provider_k8sexec import k8s_config
from airflow_provider_k8sexec.cli.migrate.option_text import find_imports, write_arguments
from airflow_provider_k8sexec.options.code import Code
from airflow_provider_k8sexec.options.declaration import parse_declaration
from airflow_provider_k8sexec.options.pod_options import PodOptions
from airflow_provider_k8sexec.pod.executor_config import build_v1_pod
from airflow_provider_k8sexec.pod.manifest import build_layer
from airflow_provider_k8sexec.pod.same_pod import find_difference, find_difference_of_overrides
from airflow_provider_k8sexec.pod.shortest.options import find_shortest

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.any_line

Pod = dict[str, Any]

OWN = DEPLOYMENT.secret_name


def written(pod: Pod, own_secret: str | None = OWN) -> str:
    """Give the options of a pod as they are written into a DAG file."""
    return ", ".join(f"{name}={text}" for name, text in write_arguments(find_shortest(pod, own_secret)))


def read(text: str, imports: set[str]) -> dict[str, Any]:
    """Read written options as Python does, with nothing imported but what they need."""
    names = {name: getattr(k8sexec, name) for name in imports}
    options: dict[str, Any] = eval(f"dict({text})", names)  # noqa: S307  # what this package has written
    return options


def build(options: dict[str, Any]) -> Pod:
    """Build the partial pod of options whose shape is right."""
    declaration, problems = parse_declaration(options)
    assert problems == []
    return build_layer(declaration, DEPLOYMENT)


def rebuild(pod: Pod) -> Pod:
    """Build the pod of the options of a pod, by way of their text."""
    return build(read(written(pod), find_imports(find_shortest(pod, OWN))))


@pytest.mark.parametrize(("pod", "options"), [*SHORT.values(), *ODD.values()], ids=[*SHORT, *ODD])
def test_the_options_are_those_that_an_author_would_write(pod: Pod, options: str) -> None:
    """An author who knows the options writes no shorter ones."""
    assert written(pod) == options
    assert find_difference_of_overrides(pod, rebuild(pod)) is None


TOO_FEW = {"bytes without a unit", "half a byte"}
"""Pods that the rules refuse, however they are written."""


@pytest.mark.parametrize("name", [name for name in SHORT if name not in TOO_FEW])
def test_the_executor_launches_the_same_pod(name: str, configure: Callable[..., None]) -> None:
    """The rules take the options as they take the hand-written pod, and Airflow's merge is the same."""
    pod, _ = SHORT[name]
    configure(release_name=RELEASE)
    by_hand = {"pod_override": build_v1_pod(pod)}
    by_options = k8s_config(**read(written(pod), find_imports(find_shortest(pod, OWN))))
    assert find_difference(launched_pod(by_hand), launched_pod(by_options)) is None


def test_what_the_pod_template_has_is_taken_into_account() -> None:
    """A volume replaces the template's by its name; what the template says is not repeated."""
    template = {"spec": {"restartPolicy": "Never", "volumes": [{"name": "v", "emptyDir": {}}]}}
    pod = mounting(CLAIM, {"mountPath": "/v"})
    pod["spec"]["restartPolicy"] = "Never"
    assert {option.name: option.value for option in find_shortest(pod, OWN, template)} == {
        "volumes": {"/v": {"name": "v", **CLAIM}}
    }


def test_every_option_is_found() -> None:
    """No option is left to ``pod_override``, and each stands in the order of the reference."""
    options = {name: value for name, value in EVERY_OPTION.items() if name not in OUTSIDE}
    pod = build(options)
    found = [option.name for option in find_shortest(pod, OWN)]
    assert found == [name for name in PodOptions.__annotations__ if name in options]
    assert find_difference_of_overrides(pod, rebuild(pod)) is None


OUTSIDE = {"profile", "release", "pod_template_file"}


@pytest.mark.parametrize(("pod", "options"), WITH_CODE.values(), ids=WITH_CODE)
def test_an_expression_is_kept_as_it_is_written(pod: Pod, options: str) -> None:
    """What an author has named, or computes, stays a name or a computation."""
    assert written(pod) == options


def test_each_option_names_the_fields_that_it_stands_for() -> None:
    """A comment beside a field can be moved beside the option; no field is of none, and none of two."""
    pod = worker(
        volumes=[{"name": "v", **CLAIM}],
        volumeMounts=[{"name": "v", "mountPath": "/v"}],
        resources={"requests": {"cpu": "1"}, "limits": {"cpu": "1"}},
        env=[{"name": "A", "value": "a"}, {"name": "B", "valueFrom": secret("B", "db")}],
        workingDir="/work",
    )
    base = ("spec", "containers", 0)
    (left,) = find_shortest({"spec": Code("SPEC")})
    assert left.fields == (("spec",),)
    assert {option.name: {*option.fields} for option in find_shortest(pod)} == {
        "cpu": {(*base, "resources", "requests", "cpu"), (*base, "resources", "limits", "cpu")},
        "secrets": {(*base, "env", 1)},
        "env_vars": {(*base, "env", 0)},
        "volumes": {(*base, "volumeMounts", 0), ("spec", "volumes", 0)},
        "pod_override": {(*base, "workingDir")},
    }


def test_a_pod_whose_first_container_is_not_the_workers_has_no_options() -> None:
    """Airflow would run the task in that container: what was meant, no one can tell from the pod."""
    with pytest.raises(ValueError, match=r"^the first container is 'main', and not 'base'"):
        find_shortest({"spec": {"containers": [{"name": "main", "image": "a"}]}})


EXISTING = Existing(["default"], ["batch-low"], ["gvisor"])
RIGHT = {name: option.right for name, option in options_for(EXISTING).items() if name != "release"}


@examples(60)
@given(st.fixed_dictionaries({}, optional=RIGHT))
def test_the_options_of_a_pod_of_options_build_it_again(options: dict[str, Any]) -> None:
    """Whatever options have built a pod, those that are found of it build the same one."""
    assume(not parse_declaration(options)[1])  # a variable with two sources, for one
    pod = build(options)
    assert find_difference_of_overrides(pod, rebuild(pod)) is None


@examples(60)
@given(overrides())
def test_the_options_of_a_hand_written_pod_build_it(pod: Pod) -> None:
    """A hand-written pod loses nothing when it becomes options."""
    pod["spec"].setdefault("containers", [{"name": "base"}])  # the client has no pod without any
    assert find_difference_of_overrides(pod, rebuild(pod)) is None
