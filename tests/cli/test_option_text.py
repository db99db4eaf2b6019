"""Options are written as Python that gives the same value, on one line, as black would leave it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import examples

import airflow_provider_k8sexec as k8sexec
from airflow_provider_k8sexec import ConfigMap, EmptyDir, HostPath, ResourceClaim, Secret, Toleration
from airflow_provider_k8sexec.cli.migrate.option_text import find_imports, write_arguments, write_value
from airflow_provider_k8sexec.options.code import Code
from airflow_provider_k8sexec.pod.shortest.options import WrittenOption

pytestmark = pytest.mark.any_line

NAMES = {name: getattr(k8sexec, name) for name in k8sexec.__all__}

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@examples(150)
@given(VALUES)
def test_what_is_written_gives_the_value(value: Any) -> None:
    """Python reads the very value, of the very type, from one line of text."""
    text = write_value(value)
    assert repr(eval(text)) == repr(value)  # noqa: S307  # what this package has written
    assert text.splitlines() in ([], [text])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Secret("KEY"), 'Secret("KEY")'),
        (Secret("key", env="KEY", optional=True), 'Secret("key", env="KEY", optional=True)'),
        (EmptyDir(), "EmptyDir()"),
        (EmptyDir("2Gi", "Memory"), 'EmptyDir(size="2Gi", medium="Memory")'),
        (ConfigMap("app", items={"a": "b"}), 'ConfigMap("app", items={"a": "b"})'),
        (HostPath("/a", type=""), 'HostPath("/a", type="")'),
        (ResourceClaim("a", request="b"), 'ResourceClaim("a", request="b")'),
        (Toleration(effect="NoExecute"), 'Toleration(effect="NoExecute")'),
        (Toleration("spot", toleration_seconds=0), 'Toleration("spot", toleration_seconds=0)'),
    ],
)
def test_a_value_has_no_argument_that_is_so_by_default(value: Any, text: str) -> None:
    """The first argument goes without its name where everyone knows it."""
    assert write_value(value) == text
    assert eval(text, dict(NAMES)) == value  # noqa: S307  # as above


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("it's", '"it\'s"'),
        ('say "yes"', "'say \"yes\"'"),
        ('it\'s "so"', "'it\\'s \"so\"'"),
        ("two\nlines", r'"two\nlines"'),
        ("C:\\temp", r'"C:\\temp"'),
        ((1,), "(1,)"),
        ((0.5, None), "(0.5, None)"),
        ({"a": [True]}, '{"a": [True]}'),
    ],
)
def test_strings_have_the_quotes_that_formatters_give_them(value: Any, text: str) -> None:
    """Double ones, but where single ones need fewer backslashes; ruff and black change neither."""
    assert write_value(value) == text


def test_an_expression_is_written_as_its_author_has_written_it() -> None:
    """Also where it is a key, or an argument."""
    value = {Code("PATH"): EmptyDir(size=Code("f'{size}Gi'"))}  # type: ignore[arg-type]  # an expression
    assert write_value(value) == "{PATH: EmptyDir(size=f'{size}Gi')}"


def test_options_come_with_the_names_that_they_need() -> None:
    """No name is imported that the text does not have."""
    options = [
        WrittenOption("memory", "1Gi", ()),
        WrittenOption("volumes", {"/a": EmptyDir(), "/b": {"emptyDir": {}}}, ()),
        WrittenOption("tolerations", [Toleration("a"), Code("Other()")], ()),
    ]
    assert write_arguments(options) == [
        ("memory", '"1Gi"'),
        ("volumes", '{"/a": EmptyDir(), "/b": {"emptyDir": {}}}'),
        ("tolerations", '[Toleration("a"), Other()]'),
    ]
    assert find_imports(options) == {"EmptyDir", "Toleration"}


def test_a_foreign_object_is_not_written() -> None:
    """An expression for it is known to its author alone."""
    with pytest.raises(TypeError, match=r"^no pod option is written as a object$"):
        write_value([object()])
