"""Whatever stands in a pod option ends in a pod, or in one clear error, at once."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from enum import Enum

import pytest
from checked_declarations import check_declaration
from kubernetes.client import models as k8s

from airflow_provider_k8sexec import EmptyDir, Secret, per_try
from airflow_provider_k8sexec.options.bounds import (
    DEEPEST,
    LONGEST_NAME,
    LONGEST_TEXT,
    MOST_TRIES,
    MOST_VALUES,
    describe_excess,
)
from airflow_provider_k8sexec.options.declaration import _PARSERS, parse_declaration
from airflow_provider_k8sexec.options.manifests import to_manifest
from airflow_provider_k8sexec.options.pod_options import POD_OPTIONS
from airflow_provider_k8sexec.options.readers import parse_boolean
from airflow_provider_k8sexec.options.resources import parse_size
from airflow_provider_k8sexec.pod.manifest import build_requested_pod
from airflow_provider_k8sexec.site.deployment import Deployment

pytestmark = pytest.mark.any_line

DEPLOYMENT = Deployment(release="infrared-photon-7780", secret_name="infrared-photon-7780-env")


class Refusing:
    """An object that cannot be written."""

    def __repr__(self):
        """Refuse."""
        raise RuntimeError("not to be written")

    __str__ = __repr__


class Long:
    """An object that takes long to write."""

    def __repr__(self):
        """Give a text without end."""
        return "x" * 10_000_000


def nest(make, inner, levels):
    """Put a value into a container, that into another, and so on."""
    for _ in range(levels):
        inner = make(inner)
    return inner


def contain_itself(container):
    """Put a container into itself."""
    container.update(a=container) if isinstance(container, dict) else container.append(container)
    return container


VALUES = {
    "a number of 5,000 hexadecimal digits": int("f" * 5000, 16),
    "a negative number": -(10**5000),
    "a float": 1e308,
    "not a number": float("nan"),
    "infinity": float("inf"),
    "a decimal": Decimal("1e999999"),
    "a signalling decimal": Decimal("sNaN"),
    "a complex number": 1j,
    "a megabyte": "a" * 1_000_000,
    "a million digits": "9" * 1_000_000,
    "250,000 digits": "9" * 250_000,
    "16,000 digits": "9" * 16_000,
    "an exponent": "1e999999999",
    "a long name": "a" * 4000,
    "bytes": b"abc",
    "NUL": "a\0b",
    "half of a letter": "\ud800",
    "an object that refuses": Refusing(),
    "an object that is long": Long(),
    "a class": dict,
    "a set": {1},
    "a mapping in itself": contain_itself({}),
    "a list in itself": contain_itself([]),
    "deep mappings": nest(lambda inner: {"a": inner}, "a", 10_000),
    "deep lists": nest(lambda inner: [inner], "a", 10_000),
    "lists of one list": nest(lambda inner: [inner] * 10, "a", 9),
    "mappings of one mapping": nest(lambda inner: {f"k{number}": inner for number in range(10)}, "a", 9),
    "a million values": ["a"] * 1_000_000,
}


TOO_MUCH = {name for name, value in VALUES.items() if isinstance(value, (dict, list))}
"""What is refused before any option reads it."""

OPTIONS = [
    *(
        "cpu",
        "labels",
        "pod_override",
        "memory",
        "ephemeral_storage",
        "gpu",
        "secrets",
        "env_vars",
        "env_from",
        "image",
        "volumes",
    ),
    *("tolerations", "affinity", "init_containers", "active_deadline_seconds", "image_pull_secrets"),
    *("host_aliases", "resource_claims", "pod_resources", "topology_spread_constraints", "disruption"),
    *("node_selector", "priority_class_name", "security_context"),
]
"""One option for each of the readers that there are."""


def refuse(*_):
    """Raise, as a method of an author's class may."""
    raise RuntimeError("not to be called")


class Rude(str):
    """A string whose methods raise."""

    __slots__ = ()
    __str__ = __repr__ = __format__ = __len__ = __eq__ = __hash__ = refuse


class RudeChoice(str, Enum):
    """A choice whose methods raise."""

    BAD = "Bad value!"
    GOOD = "good"
    __str__ = __repr__ = __format__ = refuse


class RudeNumber(int):
    """A number whose methods raise."""

    __str__ = __repr__ = __format__ = __eq__ = __lt__ = __hash__ = refuse


RUDE = [Rude("Bad value!"), Rude("good"), RudeChoice.BAD, RudeChoice.GOOD, RudeNumber(5), RudeNumber(-5)]


@pytest.mark.parametrize("index", range(len(RUDE)))
def test_no_method_of_an_authors_own_string_or_number_is_called(index):
    """A member of an Enum is the string that it holds: it makes a pod or problems, and no other error."""
    value = RUDE[index]
    for option in OPTIONS:
        for shape in shapes_of(value):
            declaration, problems = parse_declaration({option: shape})
            problems += check_declaration(declaration, DEPLOYMENT)
            if not problems:
                json.dumps(build_requested_pod(declaration, DEPLOYMENT).pod)
            assert all(map(str, problems))


def test_a_kubernetes_model_holds_plain_strings_too():
    """What is written by hand is read by the same rules."""
    model = k8s.V1EnvVar(name=RudeChoice.BAD, value=RudeChoice.GOOD)
    assert to_manifest({"env": [model]}) == {"env": [{"name": "Bad value!", "value": "good"}]}
    _, (problem,) = parse_declaration({"image_pull_secrets": [Rude("good"), 5]})
    assert problem.field == "image_pull_secrets[1]"


def shapes_of(value):
    """Put a value wherever an option may look for one."""
    container = {
        "name": "a",
        "image": "b",
        "value": value,
        "env": [{"name": "A", "value": value}],
        "args": [value],
    }
    base = {
        "name": "base",
        "env": [{"name": value, "value": value}],
        "resources": {"limits": {"memory": value}},
        "volumeMounts": [{"name": value, "mountPath": value}],
    }
    metadata = {"labels": {"a": value}, "annotations": {"a": value}}
    yield from (value, [value], (value, value), {"a": value}, {"/a": value}, {"per_try": [value, value]})
    yield from ([{"name": value}], [container], {"spec": value}, {"metadata": value})
    yield {"spec": {"containers": [base], "volumes": [{"name": value}]}, "metadata": metadata}
    yield from (per_try(value, value), per_try.doubling(value, up_to=value), {"/a": EmptyDir(size=value)})
    yield [Secret(value), Secret("A", file=value), Secret("B", name=value), {"key": value}]
    try:
        yield from ({value: "a"}, {value: {"a": "b"}})
    except (TypeError, RuntimeError):
        return


@pytest.mark.parametrize("name", VALUES)
def test_every_value_in_every_option_ends_at_once(name):
    """Names, amounts and structures of any length or kind make a pod, or problems that can be read."""
    shapes = list(shapes_of(VALUES[name]))
    for option in OPTIONS[:3] if name in TOO_MUCH else OPTIONS:
        for value in shapes:
            start = time.process_time()
            declaration, problems = parse_declaration({option: value})
            problems += check_declaration(declaration, DEPLOYMENT)
            if not problems:
                json.dumps(build_requested_pod(declaration, DEPLOYMENT).pod)
            assert time.process_time() - start < 30, option
            assert len("\n".join(map(str, problems))) < 20_000, option


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (VALUES["a number of 5,000 hexadecimal digits"], "holds a number of more than 100 digits"),
        ({"a": [Decimal("1e999999")]}, "holds a number of more than 100 digits"),
        ("a" * (LONGEST_TEXT + 1), "holds a string of more than 1048576 characters"),
        (b"a" * (LONGEST_TEXT + 1), "holds more than 1048576 bytes"),
        ({"a" * (LONGEST_NAME + 1): 1}, "has a name of more than 4096 characters"),
        ([1] * MOST_VALUES, "holds more than 50000 values"),
        (VALUES["lists of one list"], "holds more than 50000 values"),
        (
            nest(lambda inner: [inner], "a", DEEPEST),
            "contains itself, or is nested more than 100 levels deep",
        ),
        (VALUES["a mapping in itself"], "contains itself, or is nested more than 100 levels deep"),
        ({"\udfff": 1}, "holds half of a surrogate pair, which UTF-8 does not have"),
        ({1: ["a" * LONGEST_TEXT]}, None),
        ([1] * (MOST_VALUES - 1), None),
        (nest(lambda inner: [inner], "a", DEEPEST - 1), None),
        ({"é": [10**99, -1.5, None, Decimal("1.5"), Refusing()]}, None),
    ],
    ids=map(str, range(14)),
)
def test_what_is_too_much_is_named(value, reason):
    """The bounds are far beyond what Kubernetes takes, and what exceeds one is told without its value."""
    assert describe_excess(value) == reason


def test_every_reader_of_options_is_among_those_tested():
    """An option with a reader of its own is to be added here."""
    assert {_PARSERS[name] for name in POD_OPTIONS} - {_PARSERS[name] for name in OPTIONS} <= {
        parse_size,
        parse_boolean,
    }


def test_an_excess_is_the_options_one_problem():
    """The error names the option and what to do; nothing of the value is in it."""
    _, (problem,) = parse_declaration({"cpu": VALUES["a number of 5,000 hexadecimal digits"]})
    assert str(problem) == "cpu=<int> holds a number of more than 100 digits; write less, or remove it."


@pytest.mark.parametrize("amount", ["1Gi", "1GB"])
def test_amounts_of_many_tries_are_the_options_one_problem(amount):
    """Right or wrong, they are not read one by one: a wrong one each would be an error of a megabyte."""
    for value in (per_try(*[amount] * (MOST_TRIES + 1)), {"per_try": [amount] * (MOST_TRIES + 1)}):
        _, (problem,) = parse_declaration({"memory": value})
        assert str(problem) == (
            "memory=<PerTry> has 101 values, and at most 100 are read; "
            "write fewer: tries after the last have the last value."
        )
    _, problems = parse_declaration({"memory": per_try(*[amount] * MOST_TRIES)})
    assert len(problems) == (MOST_TRIES if amount == "1GB" else 0)
