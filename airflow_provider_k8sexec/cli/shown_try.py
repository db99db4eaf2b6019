"""The try whose pods a command shows: its number, and how the tries before it are taken to have ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from airflow_provider_k8sexec.cli.notices import print_notice
from airflow_provider_k8sexec.options.after import FAILURE
from airflow_provider_k8sexec.options.per_try import choose_by_try
from airflow_provider_k8sexec.render.executor_pod import PodMerge, Run

if TYPE_CHECKING:
    import argparse

    from airflow_provider_k8sexec.options.after import After
    from airflow_provider_k8sexec.options.per_try import Chooser


@frozen
class ShownTry:
    """A try that no scheduler has launched.

    Attributes:
        number: Its number.
        ended: How all tries before it ended.
    """

    number: int = 1
    ended: After = FAILURE

    @classmethod
    def of(cls, arguments: argparse.Namespace) -> ShownTry:
        """Read it from the arguments of a command; an end of earlier tries alone is of no try."""
        if arguments.try_number == 1 and arguments.after != FAILURE:
            print_notice(
                f"--after {arguments.after} says how earlier tries ended; write --try, too: 2 or more."
            )
        return cls(arguments.try_number, arguments.after)

    @property
    def choose(self) -> Chooser:
        """Chooses the steps of per-try values."""
        return choose_by_try(self.number, self.ended)

    def load_merge(self, task: Any) -> PodMerge:
        """Load the merge of a task's pod.

        Raises:
            K8sExecError: Its pod template cannot be read.
        """
        run = Run.of_task(task)
        merge = PodMerge.load(task.dag_id, task.task_id, task.executor_config, self.number, run)
        return evolve(merge, choose=self.choose)


FIRST_TRY = ShownTry()
