"""No error shows a value that may be a password, wherever it stands and whatever is wrong around it."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from checked_declarations import check_declaration
from hypothesis import given
from hypothesis import strategies as st
from kubernetes.client import models as k8s
from properties import examples

from airflow_provider_k8sexec import ConfigurationError
from airflow_provider_k8sexec.options.declaration import parse_declaration
from airflow_provider_k8sexec.site.deployment import Deployment
from airflow_provider_k8sexec.site.profiles import parse_profiles

pytestmark = pytest.mark.any_line

DEPLOYMENT = Deployment(release="infrared-photon-7780", secret_name="infrared-photon-7780-env")
PLANTED = "hunter2"
VARIABLE = {"name": "A", "value": PLANTED}
CONTAINER = {
    "name": "fetch",
    "image": "busybox",
    "command": ["sh", PLANTED],
    "args": ["-c", PLANTED],
    "env": [VARIABLE],
    "livenessProbe": {
        "httpGet": {"port": 80, "httpHeaders": [{"name": "Authorization", "value": PLANTED}]},
        "exec": {"command": [PLANTED]},
    },
    "lifecycle": {"postStart": {"exec": {"command": [PLANTED]}}},
}
CSI = {"csi": {"driver": "secrets-store.csi.k8s.io", "volumeAttributes": {"password": PLANTED}}}
OVERRIDE = {
    "metadata": {"annotations": {"a": PLANTED}},
    "spec": {
        "containers": [{"name": "base", "env": [VARIABLE]}, CONTAINER],
        "initContainers": [CONTAINER],
        "volumes": [
            {"name": "v", **CSI},
            {"name": "f", "flexVolume": {"driver": "a/b", "options": {"p": PLANTED}}},
        ],
    },
}
OPTIONS: dict[str, Any] = {
    "env_vars": {"P": PLANTED},
    "annotations": {"a": PLANTED},
    "volumes": {"/a": CSI},
    "init_containers": [CONTAINER],
    "sidecars": [CONTAINER],
    "pod_override": OVERRIDE,
}
"""Options that hold free values, each with one that no error may show."""


NAME_OF_A_CLAIM = (
    f"volumes['value']={PLANTED!r} is not a volume source; write PersistentVolumeClaim({PLANTED!r})"
)
"""A string in place of a volume, which authors write who have a claim of that name."""


def errors_of(options):
    """Read and check options, and write everything that is said of them."""
    declaration, problems = parse_declaration(options)
    return "\n".join(map(str, [*problems, *check_declaration(declaration, DEPLOYMENT)]))


def paths_in(value, path=()):
    """Give the way to every value in a structure."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from paths_in(item, (*path, key))


def change(options, path, make):
    """Give the structure with one of its values changed."""
    changed = copy.deepcopy(options)
    *way, last = path
    holder = changed
    for step in way:
        holder = holder[step]
    holder[last] = make(holder[last])
    return changed


CHANGES = {
    "in a list": lambda value: [value],
    "in a tuple": lambda value: (value,),
    "in a set": lambda value: {str(value)},
    "under value": lambda value: {"value": value},
    "under a wrong name": lambda value: {"valueFrom": {"secretKeyRef": value}},
    "as bytes": lambda value: str(value).encode(),
    "as a text": str,
    "twice": lambda value: [value, value],
    "in a model": lambda value: k8s.V1EnvVar(name="A", value=value),
    "in a pair": lambda value: ("1Gi", value),
    "as a key": lambda value: {1: value},
    "with a key of no kind": lambda value: {None: value},
    "in nothing": lambda _: None,
    "without its first": lambda value: dict(list(value.items())[1:]) if isinstance(value, dict) else value,
    "renamed": lambda value: (
        {f"x{key}": item for key, item in value.items()} if isinstance(value, dict) else value
    ),
}
PLACES = [path for path in paths_in(OPTIONS) if path]


@examples(1500)
@given(
    st.sampled_from(PLACES), st.sampled_from(sorted(CHANGES)), st.sampled_from(sorted(CHANGES)), st.booleans()
)
def test_no_error_shows_a_planted_value(path, name, other, is_twice):
    """One value of the options, or what holds it, is of a wrong kind: the error names the field alone."""
    options = change({path[0]: OPTIONS[path[0]]}, path, CHANGES[name])
    if is_twice:
        options = change(options, path[:1], CHANGES[other])
    assert PLANTED not in errors_of(options)


@pytest.mark.parametrize("option", sorted(OPTIONS))
@pytest.mark.parametrize(
    "value",
    [
        PLANTED,
        [PLANTED],
        {PLANTED},
        (PLANTED,),
        PLANTED.encode(),
        {"value": PLANTED},
        {"P": {"value": PLANTED}},
    ],
    ids=["text", "list", "set", "tuple", "bytes", "value", "source"],
)
def test_no_error_shows_a_value_that_is_alone(option, value):
    """A value in place of the whole option may be one of its values."""
    said = errors_of({option: value})
    assert PLANTED not in said.replace(NAME_OF_A_CLAIM, "")


def test_right_options_have_no_errors():
    """The options that the tests plant values in are right before something is made wrong."""
    for option, value in OPTIONS.items():
        if option not in {"init_containers", "sidecars", "pod_override"}:
            assert errors_of({option: value}) == ""


@pytest.mark.parametrize("option", sorted(OPTIONS))
def test_a_profile_shows_none_either(option):
    """Profiles are read by the same readers, and the errors have file and line besides."""
    text = f"p:\n  {option}:\n    P: {{value: [{PLANTED}]}}\n    Q: !{PLANTED} x\n"
    for given_text in (text, text.replace(f"!{PLANTED}", f"[{PLANTED}, 3]").replace("] x", "]")):
        _, problems = parse_profiles(
            [("profiles.yaml", given_text)], lambda one: check_declaration(one, DEPLOYMENT)
        )
        assert problems
        assert PLANTED not in str(ConfigurationError(problems))
