"""Quantities: the API server's grammar, and exact numbers behind it."""

from __future__ import annotations

import re
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import examples

from airflow_provider_k8sexec import EmptyDir, k8s_config
from airflow_provider_k8sexec.options.quantity import LARGEST, Quantity, format_bytes, guess_bytes

PROPERTY = examples(60)

UNITS = {
    **{suffix: Fraction(10) ** power for suffix, power in zip("num", (-9, -6, -3), strict=True)},
    "": Fraction(1),
    **{suffix: Fraction(1000) ** power for power, suffix in enumerate("kMGTPE", start=1)},
    **{f"{suffix}i": Fraction(1024) ** power for power, suffix in enumerate("KMGTPE", start=1)},
}
NUMBERS = st.from_regex(r"[+-]?([0-9]{1,30}(\.[0-9]{0,30})?|\.[0-9]{1,30})", fullmatch=True)
EXPONENTS = st.builds("{}{}".format, st.sampled_from(["e", "E", "e+", "E-"]), st.integers(0, 60))


def worth(text: str) -> Fraction:
    """Tell what a quantity is worth, by the definition of its parts."""
    number, suffix = re.match(r"([-+.0-9]+)(.*)", text).groups()
    unit = UNITS[suffix] if suffix in UNITS else Fraction(10) ** int(suffix[1:])
    return Fraction(Decimal(number)) * unit


@PROPERTY
@given(NUMBERS, st.sampled_from(sorted(UNITS)) | EXPONENTS)
def test_a_quantity_is_exactly_its_number_times_its_unit(number: str, suffix: str) -> None:
    """However many digits are written, none is lost."""
    assert Fraction(Quantity(number + suffix).number) == worth(number + suffix)


@PROPERTY
@given(st.integers(0, 10**6), st.sampled_from(sorted(UNITS)), st.sampled_from(sorted(UNITS)))
def test_equal_amounts_are_equal_in_all_units(count: int, unit: str, other: str) -> None:
    """An amount is the same amount in another unit, for comparison and as a key."""
    quantity = Quantity(f"{count}{unit}")
    converted = UNITS[unit] / UNITS[other] * count
    assert (quantity == Quantity(f"1{other}")) is (converted == 1)
    same = Quantity(f"{quantity.number:f}")
    assert quantity == same
    assert hash(quantity) == hash(same)


@PROPERTY
@given(NUMBERS, st.sampled_from(sorted(UNITS)), NUMBERS, st.sampled_from(sorted(UNITS)))
def test_quantities_are_ordered_by_amount(number: str, unit: str, other_number: str, other: str) -> None:
    """Request and limit can be compared whatever their units."""
    first, second = number + unit, other_number + other
    assert (Quantity(first) < Quantity(second)) is (worth(first) < worth(second))
    assert (Quantity(first) >= Quantity(second)) is (worth(first) >= worth(second))


@pytest.mark.parametrize(
    "same",
    [
        ("0.5", "500m", "500000u", "500000000n", ".5", "5e-1", "+0.5", "0.50"),
        ("1Gi", "1024Mi", "1048576Ki", "1073741824", "1073741824000m"),
        ("1k", "1000", "1e3", "1E3", "1.e3", "1000.", "10e+2"),
        ("1E", "1000P", "1e18"),
        ("0", "-0", "0Gi", "0.0", "0e9"),
    ],
)
def test_the_forms_of_an_amount_are_all_read(same: tuple[str, ...]) -> None:
    """Every form of the grammar is read: decimal and binary suffixes, exponents, signs, bare points."""
    assert len({Quantity(text) for text in same}) == 1


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "1 ", " 1", "1\n", "1 Gi", "1Gi\n", "Gi", "m", ".", "+", "-", "--1", "+-1", "1-"),
        *("1K", "1ki", "1mi", "1gi", "1MI", "1iM", "1KI", "1Zi", "1Yi", "1i", "1b", "1GB", "1Gib", "512mb"),
        *("1e", "1E+", "1ee3", "1EE", "1e3Mi", "1e1.5", "1e 3", "1mm", "1.5.2", "1,5", "1_000", "0x1"),
        *(
            "nan",
            "inf",
            "Infinity",
            "one",
            "\u0661",
            "\uff11",
            "\u00bd",
            "1Gi2",
            "1e1000000000",
            "1e99999999999999999999",
        ),
    ],
)
def test_what_the_server_cannot_parse_is_refused(text: str) -> None:
    """Python's own numbers are more generous than the API server; the server decides."""
    with pytest.raises(ValueError, match=re.escape(f"{text!r} is not a Kubernetes quantity")):
        Quantity(text)


@PROPERTY
@given(st.text(alphabet="0123456789.+-eEinumkKMGTP ", max_size=6))
def test_the_grammar_is_the_documented_one(text: str) -> None:
    """Whatever is written with the grammar's letters, it is read if and only if the grammar has it."""
    number = r"[+-]?(?:\d+|\d+\.\d+|\d+\.|\.\d+)"
    documented = re.fullmatch(rf"{number}(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?", text)
    try:
        Quantity(text)
    except ValueError:
        assert documented is None
    else:
        assert documented is not None


@pytest.mark.parametrize("text", ["1e999", "1e9999999", "-1e999999999", "1e-999999999", "9" * 10_000 + "Ei"])
def test_huge_and_tiny_amounts_cost_nothing(text: str) -> None:
    """An exponent is never written out: the quantity is read, hashed and compared at once."""
    quantity = Quantity(text)
    assert quantity == Quantity(text)
    assert hash(quantity) == hash(Quantity(text))
    assert (quantity > Quantity("1Ei")) is (text in {"1e999", "1e9999999", "9" * 10_000 + "Ei"})
    assert (quantity < Quantity("0")) is text.startswith("-")


@pytest.mark.parametrize(
    ("text", "suffix"),
    [
        ("1", ""),
        ("500m", "m"),
        ("1Gi", "Gi"),
        ("1G", "G"),
        ("1E", "E"),
        ("1e3", "e"),
        ("1E3", "e"),
        ("1Ei", "Ei"),
    ],
)
def test_a_quantity_knows_the_unit_it_was_written_in(text: str, suffix: str) -> None:
    """Rules ask whether a unit fits a resource; the exa suffix is no exponent."""
    assert Quantity(text).suffix == suffix


def test_the_text_of_a_quantity_is_kept() -> None:
    """The server gets what the author wrote, and errors show it."""
    quantity = Quantity("1024Mi")
    assert (str(quantity), repr(quantity)) == ("1024Mi", "Quantity('1024Mi')")


@pytest.mark.parametrize("other", ["1", 1, Decimal(1), None])
def test_a_quantity_equals_nothing_but_quantities(other: Any) -> None:
    """A text or a number is no amount of anything until it is read."""
    assert Quantity("1") != other


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("1073741824", "1Gi"),
        ("1610612736", "1536Mi"),
        ("1024", "1Ki"),
        ("1000", "1000"),
        ("0", "0"),
        ("1152921504606846976", "1Ei"),
    ],
)
def test_bytes_are_written_in_the_largest_unit_that_divides_them(number: str, text: str) -> None:
    """What is suggested is as short as it can be, and exact."""
    assert format_bytes(Decimal(number)) == text


@PROPERTY
@given(st.integers(0, 2**70))
def test_written_bytes_are_read_back_exactly(number: int) -> None:
    """A suggestion never changes the amount."""
    assert Quantity(format_bytes(Decimal(number))).number == number


@pytest.mark.parametrize(
    ("number", "guess"),
    [
        ("0.5", "0.5Gi"),
        ("2", "2Gi"),
        ("63", "63Gi"),
        ("64", "64Mi"),
        ("512", "512Mi"),
        ("512.0", "512.0Mi"),
        ("1E+3", "1000Mi"),
        ("536870912", "512Mi"),
    ],
)
def test_a_number_without_a_unit_is_taken_for_the_size_that_a_task_could_want(
    number: str, guess: str
) -> None:
    """Few are GiB, more are MiB, many are bytes."""
    assert guess_bytes(Decimal(number)) == guess


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "-5", "0", "1e-9", str(LARGEST + 1)])
def test_no_size_is_guessed_from_what_cannot_be_one(number: str) -> None:
    """A remedy is not made of nonsense."""
    assert guess_bytes(Decimal(number)) is None


@PROPERTY
@given(st.decimals(min_value="0.001", max_value=str(LARGEST), places=3))
def test_every_guess_is_a_quantity_of_at_least_a_mebibyte(number: Decimal) -> None:
    """What is suggested is accepted when it is followed."""
    assert Quantity(guess_bytes(number)) >= Quantity("1Mi")


def test_a_member_of_an_enum_is_the_string_that_it_is() -> None:
    """Teams name their sizes in Enums, of which ``str()`` gives the name, not the value."""

    class Size(str, Enum):
        LARGE = "1Gi"

    assert str(Quantity(Size.LARGE)) == "1Gi"
    requested = k8s_config(memory=Size.LARGE, volumes={"/d": EmptyDir(size=Size.LARGE)})["pod_override"]
    assert requested.spec.containers[0].resources.limits == {"memory": "1Gi"}
