"""The variables of a merged container: each defined once, and the container sees what it would have seen."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, cycle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubernetes.client import models as k8s
from kubernetes_expansion import expand, see
from properties import examples

from airflow_provider_k8sexec.pod import merged_env
from airflow_provider_k8sexec.pod.merge_repair import repair_spec
from airflow_provider_k8sexec.pod.merged_env import merge_env


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("$(A)/b", b"a/b"),
        ("$$(A)", b"$(A)"),
        ("$$$(A)", b"$a"),
        ("$(X)-$(A", b"$(X)-$(A"),
        ("$A $", b"$A $"),
        ("$($(A)", b"$($(A)"),
    ],
)
def test_the_oracle_knows_the_rules(text, expanded):
    """What the tests hold the repair against has the documented answers."""
    assert expand(text, {b"A": b"a"}) == expanded


# -- lists of variables

NAMES = ["A", "B", "C", "D"]
KEYS = ["k1", "k2"]
LITERAL_PIECES = ["/lib", "$(A)", "$(B)", "$(C)", "$(D)", "$(X)", "$", "$$", "$(", ")", "(A)", ":"]
PIECES = [*LITERAL_PIECES, "é"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=4).map("".join)


def reference(key, kind="secretKeyRef", **optional):
    """Write a source."""
    return {kind: {"name": "s", "key": key, **optional}}


SOURCES = st.builds(
    lambda key, kind, optional: reference(key, kind, **optional),
    st.sampled_from(KEYS),
    st.sampled_from(["secretKeyRef", "configMapKeyRef"]),
    st.sampled_from([{}, {}, {"optional": True}, {"optional": False}]),
)
VARIABLES = st.one_of(
    st.builds(lambda name, text: {"name": name, "value": text}, st.sampled_from(NAMES), TEXTS),
    st.builds(lambda name, text: {"name": name, "value": text}, st.sampled_from(NAMES), TEXTS),
    st.builds(lambda name, source: {"name": name, "valueFrom": source}, st.sampled_from(NAMES), SOURCES),
    st.builds(lambda name: {"name": name}, st.sampled_from(NAMES)),
)
LITERALS = st.builds(
    lambda name, pieces: {"name": name, "value": "".join(pieces)},
    st.sampled_from(NAMES),
    st.lists(st.sampled_from(LITERAL_PIECES), max_size=4),
)
PROPERTY = examples(300)

EVERYTHING = {
    (kind, key): f"<{kind} {key} $(A)>".encode()
    for kind in ("secretKeyRef", "configMapKeyRef")
    for key in KEYS
}
OUTER = [{}, {b"A": b"outer a", b"B": b"outer $(A)", b"X": b"x"}, {b"A": b"", b"D": b"$(B)"}]
CLUSTERS = [
    (dict(some), outer)
    for count in range(len(EVERYTHING) + 1)
    for some, outer in zip(combinations(EVERYTHING.items(), count), cycle(OUTER), strict=False)
] + [(EVERYTHING, outer) for outer in OUTER]
"""What there may be in a cluster: all sources, some or none, and variables from elsewhere."""


def is_the_same(before, after):
    """Whether containers see the same of two lists, wherever the first lets them start."""
    seen = [(see(before, *cluster), see(after, *cluster)) for cluster in CLUSTERS]
    return all(old is None or old == new for old, new in seen)


def names_of(env):
    """Give the names that are defined more than once."""
    return {name for name, count in Counter(item["name"] for item in env).items() if count > 1}


@PROPERTY
@given(st.lists(VARIABLES, max_size=8))
def test_the_container_sees_the_same(env):
    """Whatever stands in a list, the repaired one gives the container the same variables."""
    merged = merge_env(env)
    assert is_the_same(env, merged.items)
    assert names_of(merged.items) == set(merged.kept)
    assert set(merged.kept) <= names_of(env)


@PROPERTY
@given(st.lists(LITERALS, max_size=8))
def test_literals_are_defined_once(env):
    """Where every variable that is referred to is a literal above, no name is left twice."""
    known = [{"name": name, "value": f"first {name}"} for name in NAMES]
    assert merge_env(known + env).kept == ()


@PROPERTY
@given(st.lists(VARIABLES, min_size=2, max_size=6).filter(names_of))
def test_no_name_is_twice_where_leaving_out_is_enough(env):
    """If one definition of each name can be chosen that leave the container as it was, it is."""
    if merge_env(env).kept:
        assert not can_be_chosen(env)


def can_be_chosen(env):
    """Whether definitions can be left out, so that no name is twice and the container sees the same."""
    count = len({item["name"] for item in env})
    chosen = (list(some) for some in combinations(env, count))
    return any(not names_of(some) and is_the_same(env, some) for some in chosen)


# -- examples


def env_of(*pairs):
    """Write a list of variables: of literals, and of sources."""
    return [
        {"name": name, "value": value} if isinstance(value, str) else {"name": name, "valueFrom": value}
        for name, value in pairs
    ]


@pytest.mark.parametrize(
    ("env", "expected", "kept"),
    [
        pytest.param(
            [("LIB", "/lib"), ("HOME_DIR", "$(LIB)/h"), ("ROOT", "/r"), ("LIB", "$(ROOT)/lib")],
            [("HOME_DIR", "/lib/h"), ("ROOT", "/r"), ("LIB", "$(ROOT)/lib")],
            (),
            id="an earlier literal is written out",
        ),
        pytest.param(
            [("A", "$(HOME)/a"), ("A", "$(A):b"), ("A", "$(A):c")],
            [("A", "$(HOME)/a:b:c")],
            (),
            id="a name made of itself",
        ),
        pytest.param(
            [("A", "1$$"), ("B", "$(A)(C)"), ("C", "3"), ("A", "2")],
            [("B", "1$$(C)"), ("C", "3"), ("A", "2")],
            (),
            id="what is written out refers to nothing",
        ),
        pytest.param(
            [("A", reference("a")), ("DSN", "u:$(A)@h"), ("A", reference("a"))],
            [("A", reference("a")), ("DSN", "u:$(A)@h")],
            (),
            id="the same secret",
        ),
        pytest.param(
            [("A", reference("a")), ("DSN", "u:$(A)@h"), ("A", reference("b"))],
            [("A", reference("a")), ("DSN", "u:$(A)@h"), ("A", reference("b"))],
            ("A",),
            id="an earlier secret cannot be written out",
        ),
        pytest.param(
            [("P", reference("p")), ("DSN", "u:$(P)"), ("DSN", "$(DSN)@h")],
            [("P", reference("p")), ("DSN", "u:$(P)@h")],
            (),
            id="a secret by the name that it has",
        ),
        pytest.param(
            [("A", "1"), ("A", reference("a", optional=True))],
            [("A", "1"), ("A", reference("a", optional=True))],
            ("A",),
            id="an optional secret may be missing",
        ),
        pytest.param(
            [("A", reference("a")), ("A", reference("a", optional=True))],
            [("A", reference("a"))],
            (),
            id="an optional secret that is required as well",
        ),
        pytest.param(
            [("B", "$(A)"), ("A", "1"), ("A", "2")],
            [("B", "$(A)"), ("A", "2")],
            (),
            id="what comes from elsewhere stays above",
        ),
    ],
)
def test_definitions_are_left_out(env, expected, kept):
    """Definitions keep their order, and what can be defined once is."""
    merged = merge_env(env_of(*env))
    assert merged.items == env_of(*expected)
    assert merged.kept == kept
    assert is_the_same(env_of(*env), merged.items)


def test_items_may_have_any_shape():
    """Models, dictionaries in Python's words, and what is no variable at all are taken as they are."""
    secret = k8s.V1EnvVarSource(secret_key_ref=k8s.V1SecretKeySelector(name="s", key="a"))
    env = [
        None,
        {"name": {}},
        {"name": "A", "value_from": {"secret_key_ref": {"name": "s", "key": "a"}}},
        {"name": "A", "value": ["odd"]},
        k8s.V1EnvVar(name="B", value="1"),
        k8s.V1EnvVar(name="C", value="$(B)"),
        k8s.V1EnvVar(name="A", value_from=secret),
        {"name": "B", "value": "2"},
    ]
    merged = merge_env(env)
    assert merged.items == [None, {"name": {}}, env[2], k8s.V1EnvVar(name="C", value="1"), env[7]]
    assert (env[4].value, env[5].value) == ("1", "$(B)"), "what was given is left alone"


def test_a_value_that_is_too_long_for_linux_is_left_alone():
    """References to references grow without bound, in the container as well: nobody starts with that."""
    env = env_of(("A", "x" * 1000), *[("A", "$(A)$(A)")] * 30)
    merged = merge_env(env)
    assert merged.kept == ("A",)
    assert merged.items == env


def test_text_without_end_takes_no_time_to_read():
    """An opening bracket that is never closed is looked for once, not from each."""
    env = env_of(("A", "$(" * 200_000), ("A", "$(" * 200_000 + ")"))
    assert merge_env(env).items == env[1:]


def test_work_grows_with_the_variables(monkeypatch):
    """Twice the variables are twice the work, and most of them are looked at twice: for name and value."""
    reads = []

    def read_field(item, name):
        reads.append(name)
        return item.get(name)

    monkeypatch.setattr(merged_env, "read_field", read_field)
    counts = []
    for size in (500, 1000):
        reads.clear()
        merge_env(env_of(*((f"V{number}", "x") for number in range(size)), ("V1", "y")))
        counts.append(len(reads))
    assert counts[1] - counts[0] == 2 * 500


OF_BASE = "the environment variables of the container 'base'"


def messages_of(env):
    """Repair a pod, and give what is described."""
    return list(repair_spec({"containers": [{"name": "base", "env": env}]}))


def test_what_was_repaired_is_described_without_values():
    """The log names variables, and has no value of any."""
    assert messages_of(env_of(("A", "hunter2"), ("B", "$(A)"), ("A", "hunter3"))) == [
        f"A is defined twice in {OF_BASE}, and the last definition is kept",
        "B is made of an earlier definition, and its value is written out",
    ]
    (line,) = messages_of(env_of(("A", reference("a")), ("B", "$(A)"), ("A", "hunter3")))
    reason = "because another variable refers to the earlier definition"
    assert line == f"A is defined twice in {OF_BASE}, and both are kept, {reason}"


def test_identical_entries_collapse_silently():
    """On Astronomer Software every variable of the deployment is in the template and in the task."""
    env = env_of(("A", "1"), ("B", reference("b")), ("A", "1"), ("B", reference("b")))
    assert messages_of(env) == []
    assert merge_env(env).items == env[:2]


def test_descriptions_are_bounded():
    """Neither many names nor long ones make a line of the log without end."""
    many = [(f"{number:03}{'x' * 1000}", value) for number in range(500) for value in ("1", "2")]
    (message,) = messages_of(env_of(*many))
    assert len(message) < 1500
    assert "490 more are defined twice" in message
