"""What is masked of a secret's value: every text that a task is likely to print of it, within bounds."""

from __future__ import annotations

import base64
import json
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_k8sexec.authoring.secret_parts import MOST_CHARACTERS, MOST_PARTS, find_masks

SHORTEST = 5
LINES = [base64.b64encode(bytes(range(start, start + 48))).decode() for start in range(4)]
PEM = "\n".join(["-----BEGIN PRIVATE KEY-----", *LINES, "b2s9", "-----END PRIVATE KEY-----", ""])
SECRETS = ["hunter22", "s3cret-one", "reporting", "ss-rest", "two-of-two", "last-line", "behind", *LINES]
SECRETS += ["quoted", "ssw", "word1"]
ACCOUNT = {"user": "reporting", "nested": {"keys": ["s3cret-one", {"pem": PEM}]}, "port": 5432}


def masks_of(*values: str) -> tuple[str, ...]:
    """Find the masks of values."""
    return find_masks({str(number): value for number, value in enumerate(values)}, SHORTEST).texts


def redact(printed: str, *values: str) -> str:
    """Print a text as Airflow does: the masks in any order, the first that fits."""
    return re.sub("|".join(map(re.escape, masks_of(*values))), "***", printed)


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        ("hunter22", "hunter22"),
        ("hunter22\n", "hunter22"),
        ("  hunter22\t", "  hunter22\t"),
        (PEM, LINES[0]),
        (PEM, "\n".join(LINES)),
        (PEM, repr(PEM)),
        (PEM, json.dumps({"key": PEM})),
        (PEM.replace("\n", "\r\n"), LINES[2]),
        (json.dumps(ACCOUNT), "s3cret-one"),
        (json.dumps(ACCOUNT), LINES[3]),
        (json.dumps(ACCOUNT, indent=2), "reporting"),
        (json.dumps(["one-of-two", "two-of-two"]), "two-of-two"),
        ('"quoted-json"', "quoted-json"),
        ('it\'s "quoted" \\ so', repr({"A": 'it\'s "quoted" \\ so'})),
        ('it\'s "quoted" \\ so', json.dumps('it\'s "quoted" \\ so')),
        ("pässwörd", json.dumps("pässwörd")),
        ("postgresql://u:p%40ss-rest@h:5432/x", "p%40ss-rest"),
        ("postgresql://u:p%40ss-rest@h:5432/x", "p@ss-rest"),
        ("postgresql://u:pa/ssword1@h/db", "pa/ssword1"),
        ("postgresql://u:p#ssword1@h/db", "p#ssword1"),
        ("postgresql://u:pa[ssword1@h/db", "pa[ssword1"),
        ("postgresql://u:p@ssword1@h/db", "p@ssword1"),
        ("https://u:ssword1@h/x?mail=a@b", "ssword1"),
        ('postgresql://u:p"ssword1@h/db', json.dumps('p"ssword1')),
        (json.dumps({"url": "postgres://u:hunter22@h"}), "hunter22"),
        ("postgres://u:hunter22@h\npostgres://u:ssword1@h", "hunter22, ssword1"),
        ("first-line\n\nlast-line", "['first-line', 'last-line']"),
        ("before\udcffbehind", "behind"),
    ],
)
def test_what_a_task_prints_of_a_value_is_masked(value: str, printed: str) -> None:
    """Whole, stripped, each line, the strings in JSON, a URL's password, as Python and JSON write them."""
    shown = redact(printed, value)
    assert "***" in shown
    assert not [secret for secret in SECRETS if secret in shown]


def test_a_key_as_a_whole_is_masked_with_its_shortest_line() -> None:
    """The last line of a key is often too short for a mask of its own; the whole text has one."""
    assert redact(PEM.strip(), PEM) == redact(repr(PEM.strip()), PEM).strip("'") == "***"
    assert "-----BEGIN PRIVATE KEY-----" not in masks_of(PEM)


@pytest.mark.parametrize(
    "value", ["", "abcd", "True", "False", "none", "airflow", "ERROR", "\n\n", "-----BEGIN X-----\n"]
)
def test_what_would_spoil_the_log_is_no_mask(value: str) -> None:
    """Words, levels of log lines, and what is shorter than the masker's own minimum stay readable."""
    assert value not in masks_of(value, json.dumps([value]), f"{value}\n{value}")


def test_the_minimum_is_the_maskers() -> None:
    """A site that sets another minimum has it for every part as well."""
    assert find_masks({"A": "ab\nabc\nabcd"}, 3).texts == ("abc", "abcd", "ab\nabc\nabcd", "ab\\nabc\\nabcd")


def test_small_values_are_masked_before_large_ones() -> None:
    """However large a file among the secrets is, a password has its mask; what does not fit is named."""
    large = "\n".join(f"{number:060}" for number in range(2_000))
    masks = find_masks({"LARGE": large, "KEY": PEM, "PASSWORD": "hunter22"}, SHORTEST)
    assert {"hunter22", *LINES} <= set(masks.texts)
    assert masks.cut == ("LARGE",)
    assert sum(map(len, masks.texts)) <= MOST_CHARACTERS
    parts = [text for text in masks.texts if "\n" not in text and "\\n" not in text]
    assert len(parts) <= MOST_PARTS + len(["hunter22"])


def test_a_single_line_that_is_too_long_is_named() -> None:
    """A value that the masker cannot take is left out whole, and the log can name it."""
    masks = find_masks({"A": "x" * (MOST_CHARACTERS + 1), "B": "y" * 10}, SHORTEST)
    assert (masks.texts, masks.cut) == (("y" * 10,), ("A",))


@pytest.mark.parametrize(
    "value",
    ["[" * 100_000, "{" * 10_000, json.dumps({"a": 1}) * 9, "http://[", '"', "\n" * 100_000, "x\n" * 50_000],
    ids=lambda value: value[:12].strip() or "lines",
)
def test_an_odd_value_costs_little_and_raises_nothing(value: str) -> None:
    """No value of the size of a variable takes a second, under coverage included."""
    started = time.process_time()
    find_masks({"A": value}, SHORTEST)
    assert time.process_time() - started < 30


@given(st.dictionaries(st.text(), st.text(), max_size=5))
def test_no_mask_is_empty_or_cannot_be_sent(values: dict[str, str]) -> None:
    """Masks are of the minimum's length, each once, and can be encoded for the supervisor."""
    masks = find_masks(values, SHORTEST)
    assert len(set(masks.texts)) == len(masks.texts)
    assert all(len(text) >= SHORTEST and text.encode() for text in masks.texts)
    assert list(masks.texts) == sorted(masks.texts, key=len)
