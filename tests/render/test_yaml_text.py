"""Words that YAML 1.1 and 1.2 read differently are quoted, and nothing else changes."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from yaml_words import AMBIGUOUS, PLAIN

from airflow_provider_k8sexec.render.yaml_text import to_documents, to_yaml


@pytest.mark.parametrize("word", AMBIGUOUS)
def test_a_word_that_some_reader_takes_for_another_value_is_quoted(word: str) -> None:
    """As a value and as a key, because a label or a variable may be called so."""
    assert to_yaml({word: word}) in {f"'{word}': '{word}'\n", f'"{word}": "{word}"\n'}


@pytest.mark.parametrize("word", PLAIN)
def test_other_words_stay_plain(word: str) -> None:
    """Quantities, names, images and times of day are read as text by all."""
    assert to_yaml({"a": word}) == f"a: {word}\n"


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.booleans() | st.none()))
def test_what_is_written_is_read_back(value: dict[str, object]) -> None:
    """Whatever is quoted, the value is the same."""
    assert yaml.safe_load(to_yaml(value)) == value


def test_a_part_that_stands_twice_is_written_twice() -> None:
    """Neither Helm's templates nor people like anchors."""
    part = {"a": 1}
    assert to_documents([{"b": part, "c": part}] * 2, explicit_start=True) == (
        "---\nb:\n  a: 1\nc:\n  a: 1\n" * 2
    )
