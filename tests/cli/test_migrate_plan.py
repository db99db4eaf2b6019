"""Which edits ``migrate`` keeps where some of them would change a pod."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.cli.migrate.edits import ConfigEdit, NameEdit, Span
from airflow_provider_k8sexec.cli.migrate.groups import Placed, group_edits
from airflow_provider_k8sexec.cli.migrate.plan import MOST_ROUNDS, Group, choose_edits

if TYPE_CHECKING:
    from collections.abc import Iterable


def config(line: int, column: int = 4) -> ConfigEdit:
    """Make an edit of a line."""
    return ConfigEdit(Span(line, column, line, column + 1), ())


def choose(lines: int, wrong: Iterable[int]) -> tuple[Group, int]:
    """Choose among edits of one file, of which some change a pod; give the choice and the rounds it took."""
    group = Group(frozenset({"a.py"}), [[(Placed("a.py", config(line)),) for line in range(lines)]])
    rounds = []

    def find_faults(edits, dag_files):
        rounds.append(dag_files)
        differing = [edit.span.line for edit in edits["a.py"] if edit.span.line in set(wrong)]
        return {"a.py": f"line {differing[0]} differs"} if differing else {}

    choose_edits([group], find_faults)
    return group, len(rounds)


def test_edits_that_change_nothing_are_made_in_one_round() -> None:
    """A project without trouble is loaded once more, and not again."""
    group, rounds = choose(100, wrong=())
    assert (len(group.kept), group.given_up, rounds) == (100, [], 1)


def test_an_edit_that_changes_a_pod_is_found_and_given_up() -> None:
    """All others are made, and the reason is the one that was found with that edit alone."""
    group, rounds = choose(64, wrong=(17, 40))
    assert [given_up.placed.edit.span.line for given_up in group.given_up] == [17, 40]
    assert [given_up.reason for given_up in group.given_up] == ["line 17 differs", "line 40 differs"]
    assert sorted(placed.edit.span.line for placed in group.kept) == [*({*range(64)} - {17, 40})]
    assert rounds < 30


def test_the_number_of_loads_is_bounded() -> None:
    """Where every edit changes a pod, the search ends, and what is undecided is not made."""
    group, rounds = choose(500, wrong=range(500))
    assert (group.kept, len(group.given_up), rounds) == ([], 500, MOST_ROUNDS)


def test_groups_are_decided_side_by_side() -> None:
    """What differs in one DAG file costs another one no edit, and both are loaded together."""
    groups = [Group(frozenset({file}), [[(Placed(file, config(1)),)]]) for file in ("a.py", "b.py")]
    loaded = []

    def find_faults(_, dag_files):
        loaded.append(dag_files)
        return {"a.py": "differs"}

    choose_edits(groups, find_faults)
    assert [len(group.kept) for group in groups] == [0, 1]
    assert loaded == [frozenset({"a.py", "b.py"})]


def test_a_name_and_what_it_names_are_one_edit() -> None:
    """A dict around a pod becomes the pod's name only where that becomes a config, across files as well."""
    pods = "POD = f()\nOTHER = f()\n\ndef make(memory):\n    return f()\n"
    dags = "g(POD)\ng(pods.make(1))\ng(h())\n"
    edits = {
        "pods.py": [config(1, 6), config(2, 8), config(5, 11)],
        "dag.py": [
            NameEdit(Span(1, 2, 1, 5), "POD"),
            NameEdit(Span(2, 2, 2, 14), "pods.make(1)"),
            config(3, 2),
        ],
    }
    trees = {"pods.py": ast.parse(pods), "dag.py": ast.parse(dags)}
    concerned = {"pods.py": frozenset({"dag.py", "other.py"}), "dag.py": frozenset({"dag.py"})}
    ((dag_files, bounds),) = group_edits(edits, trees, concerned)
    assert dag_files == {"dag.py", "other.py"}
    assert sorted(sorted((each.file, each.edit.span.line) for each in bound) for bound in bounds) == [
        [("dag.py", 1), ("pods.py", 1)],
        [("dag.py", 2), ("pods.py", 5)],
        [("dag.py", 3)],
        [("pods.py", 2)],
    ]


def test_files_that_share_no_dag_file_are_groups_of_their_own() -> None:
    """One of them cannot change the pods of the other."""
    edits = {file: [config(1, 0)] for file in ("a.py", "b.py")}
    trees = {file: ast.parse("f()") for file in edits}
    groups = group_edits(edits, trees, {file: frozenset({file}) for file in edits})
    assert [dag_files for dag_files, _ in groups] == [{"a.py"}, {"b.py"}]
