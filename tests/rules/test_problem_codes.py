"""Each problem has a code, which stands in one table, and each code of the table is some rule's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import airflow_provider_k8sexec as package
from airflow_provider_k8sexec.options.problem_codes import CODES, FAMILIES

PACKAGE = Path(package.__file__).parent
OF_LINT = {"K8S801", "K8S802"}
"""What ``k8sexec lint`` reports of a file, and no rule."""


def test_the_rules_and_the_table_have_the_same_codes() -> None:
    """A code that is documented is given to something, and none is given that is not documented."""
    texts = [
        path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py") if path.stem != "problem_codes"
    ]
    given = {code for text in texts for code in re.findall(r'"(K8S\d+)"', text)}
    assert given | OF_LINT == set(CODES)


def test_the_codes_are_in_the_order_of_their_families() -> None:
    """The first digit says whose rule it is."""
    assert list(CODES) == sorted(CODES)
    assert {code[:4] for code in CODES} == set(FAMILIES)


@pytest.mark.parametrize("meaning", [*CODES.values()])
def test_a_code_is_explained_in_one_sentence(meaning: str) -> None:
    """The reference shows it beside the code."""
    assert meaning.endswith(".")
    assert meaning.count(". ") == 0
    assert len(meaning) <= 100
