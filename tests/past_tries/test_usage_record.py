"""What was used against what was asked for: the line, the suggestion, the record."""

from __future__ import annotations

import json
import math
import pickle
import re
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from sample_usage import GIBIBYTE, MEBIBYTE, USED

from airflow_provider_k8sexec.exceptions import RecordError
from airflow_provider_k8sexec.options.quantity import Quantity
from airflow_provider_k8sexec.past_tries.usage_record import (
    LONGEST_RECORD,
    USAGE_KEY,
    Usage,
    describe_usage,
    parse_usage,
    suggest_memory,
)

ROOT = Path(__file__).parents[2]


def test_the_line_says_what_was_used_of_what_and_what_to_ask_for():
    """One line has the peak, what was asked for, its share, the cores, and the suggestion as an argument."""
    assert describe_usage(USED) == (
        "memory: peak 310Mi of 1Gi (30 %); cpu: 0.4 of 0.5 cores on average; suggested memory='512Mi'"
    )


def test_the_documentation_shows_the_line_and_the_record():
    """The page's line and record are those of one usage."""
    page = (ROOT / "docs/explanation/usage.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"```text\n(.*)\n```", page)
    record, _ = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    usage = parse_usage(record)
    assert usage.to_record() == json.loads(record)
    assert describe_usage(usage) == line
    assert f"`{USAGE_KEY}`" in page


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"memory_limit": 4 * GIBIBYTE}, "memory: peak 310Mi of 1Gi..4Gi (30 %);"),
        ({"memory_request": None}, "memory: peak 310Mi of 1Gi (30 %);"),
        ({"memory_limit": None}, "memory: peak 310Mi of 1Gi (30 %);"),
        ({"memory_request": None, "memory_limit": None}, "memory: peak 310Mi; cpu:"),
        ({"is_peak_counted": False}, "memory: at least 310Mi of 1Gi (30 %);"),
        ({"memory_peak": 12 * GIBIBYTE + 300 * MEBIBYTE}, "memory: peak 12.3Gi of 1Gi (1229 %);"),
        ({"oom_kills": 1}, "(30 %), 1 process killed at the limit;"),
        ({"oom_kills": 2}, "(30 %), 2 processes killed at the limit;"),
        ({"cpu_request": 0.25}, "cpu: 0.4 of 0.25..0.5 cores on average;"),
        ({"cpu_request": None, "cpu_limit": None}, "cpu: 0.4 cores on average;"),
        ({"cpu_seconds": 0.123}, "cpu: 0.012 of 0.5 cores on average;"),
        ({"cpu_seconds": 1234.0}, "cpu: 120 of 0.5 cores on average;"),
    ],
)
def test_the_line_says_what_is_known(changes, line):
    """Request and limit stand apart where they differ, and what nobody knows is left out."""
    assert line in describe_usage(evolve(USED, **changes))


@pytest.mark.parametrize("changes", [{"cpu_seconds": None}, {"seconds": 0.0}])
def test_the_line_leaves_out_cpu_time_that_is_not_known(changes):
    """Without CPU time or the time it took, the line is about memory."""
    assert describe_usage(evolve(USED, **changes)) == (
        "memory: peak 310Mi of 1Gi (30 %); suggested memory='512Mi'"
    )


def test_the_line_tells_page_cache_where_the_peak_is_high():
    """A peak that page cache has made is told from one that the task needed, where that matters."""
    full = evolve(USED, memory_peak=GIBIBYTE, memory_cache=700 * MEBIBYTE)
    assert describe_usage(full).startswith(
        "memory: peak 1Gi of 1Gi (100 %), 700Mi of page cache at the end; cpu"
    )
    assert "page cache" not in describe_usage(evolve(USED, memory_cache=200 * MEBIBYTE))


@pytest.mark.parametrize(
    ("peak", "requested", "suggested"),
    [
        (310, 1024, "512Mi"),
        (300, 1024, "384Mi"),
        (400, 4096, "512Mi"),
        (410, 4096, "768Mi"),
        (1200, 8192, "1536Mi"),
        (3200, 8192, "4Gi"),
        (3300, 8192, "5Gi"),
        (20_000, 65_536, "25Gi"),
        (310, 600, None),
        (310, 683, "512Mi"),
        (310, 682, None),
        (1024, 1024, None),
    ],
)
def test_less_is_suggested_where_it_saves_a_quarter(peak, requested, suggested):
    """A quarter on top of the peak, rounded up, is suggested if it is three quarters of the request."""
    usage = evolve(
        USED,
        memory_peak=peak * MEBIBYTE,
        memory_request=requested * MEBIBYTE,
        memory_limit=requested * MEBIBYTE,
    )
    assert suggest_memory([usage]) == suggested


@pytest.mark.parametrize(
    ("changes", "suggested"),
    [
        ({"oom_kills": 1}, "1536Mi"),
        ({"memory_resident": 922 * MEBIBYTE}, "1536Mi"),
        ({"memory_resident": 921 * MEBIBYTE}, None),
        ({"memory_cache": 600 * MEBIBYTE}, None),
        ({"oom_kills": 1, "memory_limit": None, "memory_request": None}, None),
    ],
)
def test_more_is_suggested_only_where_the_limit_was_felt(changes, suggested):
    """A peak at the limit may be page cache; a killed process, or one that was nearly as large, is not."""
    full = evolve(USED, memory_peak=GIBIBYTE)
    assert suggest_memory([evolve(full, **changes)]) == suggested


def test_a_suggestion_is_made_of_all_tries():
    """Over several tries, the highest peak counts, and the last says what is asked for now."""
    high = evolve(USED, memory_peak=620 * MEBIBYTE)
    assert suggest_memory([high, USED]) is None
    assert suggest_memory([high, evolve(USED, memory_request=2 * GIBIBYTE)]) == "1Gi"
    killed = evolve(USED, memory_peak=512 * MEBIBYTE, memory_limit=512 * MEBIBYTE, oom_kills=1)
    assert suggest_memory([killed, evolve(USED, memory_request=2 * GIBIBYTE)]) == "768Mi"


def test_nothing_less_is_suggested_where_the_peak_was_not_counted():
    """Where the kernel has not counted the peak, it may have been higher than what was seen."""
    assert suggest_memory([evolve(USED, is_peak_counted=False)]) is None


@pytest.mark.parametrize("peak", [2**power * factor // 2 for power in range(21, 42) for factor in (2, 3)])
def test_a_suggestion_is_a_quantity_that_covers_the_peak(peak):
    """What is suggested is a quantity, of at least a quarter more than the peak, and at most twice that."""
    huge = 2**60
    suggested = suggest_memory([evolve(USED, memory_peak=peak, memory_request=huge, memory_limit=huge)])
    assert 1.25 * peak <= Quantity(suggested).number <= 2.5 * peak


def read(record):
    """Read a record that is stored as JSON."""
    return parse_usage(json.dumps(record))


def test_a_record_is_read_back():
    """What is stored is read back, and what a later release adds is left out."""
    assert read(USED.to_record()) == USED
    assert read({**USED.to_record(), "colour": "blue"}) == USED
    assert read({"try_number": 2, "memory_peak": 1}) == Usage(try_number=2, memory_peak=1)


def test_a_record_is_read_as_either_line_of_airflow_stores_it():
    """Airflow 2.11 stores bytes; Airflow 3 an object, or a string with the object if it comes by Python."""
    text = json.dumps(USED.to_record())
    assert parse_usage(text.encode()) == USED
    assert parse_usage(json.dumps(text)) == USED


HUGE = 10**400
BOMB = "[" * LONGEST_RECORD


@pytest.mark.parametrize(
    ("stored", "reason"),
    [
        (None, "empty"),
        ("", "not JSON"),
        ("null", "not a JSON object"),
        ('"a text"', "not JSON"),
        ('"3"', "not a JSON object"),
        ('["a list"]', "not a JSON object"),
        ("{}", "try_number is missing"),
        ('{"try_number": 1}', "memory_peak is missing"),
        (b"\xff\xfe", "not JSON"),
        (pickle.dumps(USED.to_record()), "not JSON"),
        (BOMB, "not JSON"),
        (json.dumps(json.dumps([BOMB])), "longer than 16384 characters"),
        (" " * LONGEST_RECORD + "{}", "longer than 16384 characters"),
        ('{"__classname__": "builtins.tuple", "__version__": 1, "__data__": [1]}', "try_number is missing"),
    ],
)
def test_what_is_no_record_has_a_reason(stored, reason):
    """Anybody may push an XCom of that name: what does not have the shape of a record is none."""
    with pytest.raises(RecordError, match=f"^{re.escape(reason)}$"):
        parse_usage(stored)


@pytest.mark.parametrize("amount", [HUGE, -1, 2**64, True, "1", [1], {}, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", sorted(set(USED.to_record()) - {"is_peak_counted"}))
def test_an_amount_is_a_number_within_bounds(name, amount):
    """An amount that no container can have makes no record, and the reason names it without its value."""
    with pytest.raises(RecordError, match=rf"^{name} is not an? (integer|number) from [01] to 2\*\*63$"):
        read({**USED.to_record(), name: amount})


@pytest.mark.parametrize("amount", [None, 0, 1, "yes"])
def test_whether_a_peak_was_counted_is_true_or_false(amount):
    """Numbers are no truth values."""
    with pytest.raises(RecordError, match=r"^is_peak_counted is not true or false$"):
        read({**USED.to_record(), "is_peak_counted": amount})


TEXTS = st.sampled_from(["", "1", "text"])
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.just(HUGE),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(USED.to_record())), JSON_VALUES, max_size=6))
def test_whatever_is_read_can_be_described(changes):
    """A record is read or refused; what is read has a line, a suggestion, and amounts that are JSON."""
    try:
        usage = read({**USED.to_record(), **changes})
    except RecordError:
        return
    assert "memory: " in describe_usage(usage)
    suggest_memory([usage, usage])
    json.dumps([usage.to_record(), usage.cpu_average], allow_nan=False)


@given(st.text(alphabet='[]{}":,-0.eE \\tu') | st.binary())
def test_foreign_text_is_refused(stored):
    """Whatever else is in the column is refused in the same way."""
    with pytest.raises(RecordError, match=r"^(not JSON|not a JSON object|try_number is missing)$"):
        parse_usage(stored)
