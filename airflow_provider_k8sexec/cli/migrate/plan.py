"""Chooses the edits to keep: as many as leave every pod equal, by loading the rewritten files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field, frozen

from airflow_provider_k8sexec.cli.migrate.groups import by_file, leave_early

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from airflow_provider_k8sexec.cli.migrate.edits import Edit
    from airflow_provider_k8sexec.cli.migrate.groups import Bound, Placed

    Edits = dict[str, list[Edit]]
    Faults = Mapping[str, str]
    Try = Callable[[Edits, frozenset[str]], Faults]

MOST_ROUNDS = 40
"""How often files are loaded to find the edits that make pods differ; what is undecided then is given up."""

_UNDECIDED = "It is one of too many that differ in these files; rewrite the others first"


@frozen
class GivenUp:
    """An edit that is not made.

    Attributes:
        placed: The edit.
        reason: What of a pod would differ.
    """

    placed: Placed
    reason: str


@define
class Group:
    """Edits whose files concern the same DAG files, and how far the choice among them has come.

    Attributes:
        dag_files: The DAG files in which a pod may differ.
        waiting: What is undecided: edits that are tried together, and edits of which all or none are made.
        kept: The edits that leave all pods equal.
        given_up: Those that do not.
    """

    dag_files: frozenset[str]
    waiting: list[list[Bound]]
    kept: list[Placed] = field(factory=list)
    given_up: list[GivenUp] = field(factory=list)

    def propose(self) -> list[Placed]:
        """Give the edits to try next: those that are kept, and some that are undecided."""
        return leave_early([*self.kept, *(placed for bound in self.waiting[0] for placed in bound)])

    @property
    def made(self) -> list[Placed]:
        """The edits that are made."""
        return leave_early(self.kept)

    def decide(self, faults: Faults) -> None:
        """Keep what was proposed, or divide it, or give it up.

        Args:
            faults: What differs, by DAG file.
        """
        tried = self.waiting.pop(0)
        found = self.find_fault(faults)
        if not found:
            self.kept += [placed for bound in tried for placed in bound]
        elif len(tried) == 1:
            self.give_up(tried, found)
        else:
            half = len(tried) // 2
            self.waiting[:0] = [tried[:half], tried[half:]]

    def find_fault(self, faults: Faults) -> str:
        """Find what differs in the DAG files of these edits; empty where nothing does."""
        return next((reason for file, reason in faults.items() if file in self.dag_files), "")

    def leave(self, reason: str) -> None:
        """Leave out all that is undecided."""
        for tried in self.waiting:
            self.give_up(tried, reason)
        self.waiting.clear()

    def withdraw(self, reason: str) -> None:
        """Leave out all edits that were kept."""
        self.give_up([tuple(self.kept)], reason)
        self.kept.clear()

    def give_up(self, tried: Iterable[Bound], reason: str) -> None:
        """Leave edits out."""
        self.given_up += [GivenUp(placed, reason) for bound in tried for placed in bound]


def choose_edits(groups: Sequence[Group], find_faults: Try) -> None:
    """Decide which edits are made; each round tries some of every group, for they concern different files.

    Args:
        groups: The edits, which know afterwards what is kept.
        find_faults: Makes edits and loads DAG files, and gives what differs by DAG file.
    """
    for _ in range(MOST_ROUNDS):
        undecided = [group for group in groups if group.waiting]
        if not undecided:
            return
        edits = by_file(placed for group in undecided for placed in group.propose())
        faults = find_faults(edits, frozenset().union(*(group.dag_files for group in undecided)))
        for group in undecided:
            group.decide(faults)
    for group in groups:
        group.leave(_UNDECIDED)
