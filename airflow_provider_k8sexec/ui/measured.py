"""What the last tries of a task requested and used, and what the tries before each of them suggested."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from attrs import frozen

from airflow_provider_k8sexec.past_tries.first_allocation import suggest_cpu, suggest_steps
from airflow_provider_k8sexec.past_tries.kept_usage import samples_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from airflow_provider_k8sexec.past_tries.first_allocation import Suggestion
    from airflow_provider_k8sexec.past_tries.kept_usage import KeptUsage
    from airflow_provider_k8sexec.site.prices import Prices

_MOST_SHOWN = 30
_MOST_SAMPLES = 500
"""The tries that the rule is given: it looks at fewer, and a mapped task may have thousands."""


@frozen
class History:
    """What a task's last runs used.

    Attributes:
        kept: What its tries requested and used, the oldest first; those of all mapped instances.
        map_index: The mapped instance that is shown; ``None`` for all.
        missing: One line about what is missing, and why; empty if all is there.
        prices: What the site pays; ``None`` where that is not known.
    """

    kept: tuple[KeptUsage, ...] = ()
    map_index: int | None = None
    missing: str = ""
    prices: Prices | None = None


@frozen
class Measured:
    """What one try has used.

    Attributes:
        kept: What it requested and used.
        suggested: What the runs before it suggest as its memory, in bytes; ``None`` where they were too few.
        suggested_cores: The same of its CPU.
        is_only: Whether no other try of its run is shown.
    """

    kept: KeptUsage
    suggested: int | None = None
    suggested_cores: float | None = None
    is_only: bool = True

    @property
    def name(self) -> str:
        """The run, with the index of a mapped instance, and the try where there are several."""
        of = self.kept.of
        instance = of.run_id if of.map_index < 0 else f"{of.run_id} [{of.map_index}]"
        return instance if self.is_only else f"{instance}, try {of.try_number}"

    @property
    def cpu_average(self) -> float | None:
        """The cores that were busy on average; ``None`` where that is not known."""
        return None if self.kept.usage is None else self.kept.usage.cpu_average

    @property
    def cpu_requested(self) -> float | None:
        """The request, or where there is none, the limit."""
        return self.kept.requests.get("cpu", self.cpu_limit)

    @property
    def cpu_limit(self) -> float | None:
        """The limit; ``None`` where there is none."""
        return self.kept.limits.get("cpu")


def list_measured(kept: Sequence[KeptUsage], map_index: int | None = None) -> tuple[Measured, ...]:
    """List the last tries that were measured, with what the runs before each suggest.

    Args:
        kept: What the tries of a task requested and used, the oldest first.
        map_index: The instance whose tries are listed; ``None`` for all. All instances suggest.
    """
    last = [
        (position, it)
        for position, it in enumerate(kept)
        if it.memory_peak is not None and map_index in (None, it.of.map_index)
    ][-_MOST_SHOWN:]
    begins = {it.of.run_id: position for position, it in reversed([*enumerate(kept)])}
    instances = Counter((it.of.run_id, it.of.map_index) for _, it in last)
    suggested = {
        run_id: suggest_of(kept[: begins[run_id]]) for run_id in dict.fromkeys(it.of.run_id for _, it in last)
    }
    measured = []
    for position, it in last:
        steps, cores = suggested[it.of.run_id]
        memory = _step_of(it, steps, kept[begins[it.of.run_id] : position]) if steps else None
        is_only = instances[it.of.run_id, it.of.map_index] == 1
        measured.append(Measured(it, memory if it.suggested is None else it.suggested, cores, is_only))
    return tuple(measured)


def suggest_of(kept: Sequence[KeptUsage]) -> tuple[Suggestion | None, float | None]:
    """Suggest the memory and the cores of a task by its tries, the oldest first."""
    last = kept[-_MOST_SAMPLES:]
    averages = (it.usage.cpu_average for it in last if it.usage is not None and it.has_succeeded)
    return suggest_steps(samples_of(last)), suggest_cpu(it for it in averages if it is not None)


def _step_of(kept: KeptUsage, suggestion: Suggestion, before: Iterable[KeptUsage]) -> int:
    """Give the step of a try: it follows the tries of its instance that were killed."""
    instance = (kept.of.run_id, kept.of.map_index)
    killed = sum(it.was_killed and (it.of.run_id, it.of.map_index) == instance for it in before)
    return suggestion.steps[min(killed, len(suggestion.steps) - 1)]
