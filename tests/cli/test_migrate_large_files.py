"""Files of thousands of tasks: the work grows as the file does, and not as its square."""

from __future__ import annotations

import ast
import difflib
import random
import sys
from typing import TYPE_CHECKING

import pytest

from airflow_provider_k8sexec.cli.migrate.edits import NameEdit, Span
from airflow_provider_k8sexec.cli.migrate.groups import group_edits
from airflow_provider_k8sexec.cli.migrate.results.diff import write_diff
from airflow_provider_k8sexec.cli.migrate.results.matching_lines import LineMatcher
from airflow_provider_k8sexec.cli.migrate.writing.fitting import fit_lines
from airflow_provider_k8sexec.cli.migrate.writing.write_edits import write_edits

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.any_line

FEW, MANY = 20, 160
"""Of MANY tasks, 8 times the work is linear, and 64 times is quadratic."""

TASK = 'T{0} = Bash(\n    task_id="t{0}",\n    executor_config={{\n        "a": 1,\n    }},\n)\n'
HEAD = "from airflow_provider_k8sexec import k8s_config\n\n"
LONG = "k8s_config({})".format(", ".join(f'cpu{number}="1"' for number in range(20)))


def source_of(tasks: int, config: str = "") -> str:
    """Write a file of many tasks, which differ by their names alone."""
    old = '{\n        "a": 1,\n    }'
    return HEAD + "".join(TASK.format(task) for task in range(tasks)).replace(old, config or old)


def edits_of(tasks: int) -> list[NameEdit]:
    """Give an edit of each task's config."""
    return [NameEdit(Span(6 * task + 5, 20, 6 * task + 7, 5), "POD") for task in range(tasks)]


def group(tasks: int) -> None:
    """Find which edits depend on one another: here, none."""
    source = source_of(tasks)
    edits = {"a.py": edits_of(tasks)}
    group_edits(edits, {"a.py": ast.parse(source)}, {"a.py": frozenset()})


def write(tasks: int) -> None:
    """Make an edit of each task."""
    write_edits(source_of(tasks), edits_of(tasks))


def fit(tasks: int) -> None:
    """Divide a long line of each task."""
    made = fit_lines(source_of(tasks), source_of(tasks, LONG), 110)
    assert max(map(len, made.splitlines())) <= 110


def compare(tasks: int) -> None:
    """Write the difference that an edit of each task makes."""
    assert write_diff("a.py", source_of(tasks), source_of(tasks, "POD")).count("\n+") == tasks + 1


def count_calls(stage: Callable[[int], None], tasks: int) -> int:
    """Count the calls of functions, of Python's own as well."""
    calls = 0

    def count(_: object, event: str, __: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        stage(tasks)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("stage", [group, write, fit, compare])
def test_the_work_grows_as_the_file_does(stage: Callable[[int], None]) -> None:
    """Eight times the tasks make at most about eight times the calls."""
    stage(1)  # what is imported and cached once
    assert count_calls(stage, MANY) <= count_calls(stage, FEW) * (MANY / FEW) * 1.3


@pytest.mark.parametrize("seed", range(60))
def test_matched_lines_make_the_new_text_of_the_old_one(seed: int) -> None:
    """Whatever is added, removed, moved or repeated: equal lines are equal, and all lines are covered."""
    numbers = random.Random(seed)  # noqa: S311  # which is no secret
    before = [numbers.choice("abcdefghijkl") for _ in range(numbers.randrange(12))]
    after = [numbers.choice([*before, "x", "y"]) for _ in range(numbers.randrange(12))]
    made: list[str] = []
    for kind, start, end, other_start, other_end in LineMatcher(before, after).get_opcodes():
        assert kind != "equal" or before[start:end] == after[other_start:other_end]
        made += after[other_start:other_end]
    assert made == after


def test_a_diff_is_what_difflib_writes() -> None:
    """Where lines are matched alike, there is no difference between its hunks and ours."""
    before = [f"{number}\n" for number in range(40)]
    after = ["new\n", *before[:5], *before[7:20], "x\n", *before[20:39], "39"]
    expected = "".join(difflib.unified_diff(before, after, "a/f.py", "b/f.py"))
    made = write_diff("f.py", "".join(before), "".join(after))
    assert made == expected + "\n\\ No newline at end of file\n"
