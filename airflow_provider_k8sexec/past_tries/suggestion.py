"""What a task should write as its memory and CPU, from what its last runs used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from airflow_provider_k8sexec.past_tries.first_allocation import (
    FEWEST,
    count_needs,
    suggest_cpu,
    suggest_steps,
)
from airflow_provider_k8sexec.past_tries.kept_usage import samples_of
from airflow_provider_k8sexec.past_tries.usage_record import WORTHWHILE, show_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_k8sexec.past_tries.first_allocation import Suggestion
    from airflow_provider_k8sexec.past_tries.kept_usage import KeptUsage

_MOST_STEPS = 3


@frozen
class OptionSuggestion:
    """A value of an option.

    Attributes:
        value: The value, as it is written in Python.
        runs: How many runs it rests on.
        confidence: The share of runs for which the first try should be enough; ``None`` of CPU, of which too
            little ends no try.
    """

    value: str
    runs: int
    confidence: float | None = None


def suggest_memory_option(kept: Sequence[KeptUsage]) -> OptionSuggestion | None:
    """Suggest a value of ``memory=``, by a first allocation; ``None`` where there is none."""
    return explain_memory_option(kept)[0]


def explain_memory_option(kept: Sequence[KeptUsage]) -> tuple[OptionSuggestion | None, str]:
    """Suggest a value of ``memory=``, or describe in a clause why none is suggested.

    Args:
        kept: What the tries of the task requested and used, the oldest first.

    Returns:
        The value, and no clause; or ``None``, and the clause.
    """
    found, reason = _find_steps(kept)
    if found is None:
        return None, reason
    # The last step is for a need that no run has had.
    steps = found.steps[:-1][:_MOST_STEPS] or found.steps
    return OptionSuggestion(_write_steps(steps), found.runs, found.confidence), ""


def _find_steps(kept: Sequence[KeptUsage]) -> tuple[Suggestion | None, str]:
    """Find the amounts that are worth a change of what is requested, or why there are none."""
    samples = samples_of(kept)
    found = suggest_steps(samples)
    requested = next((it.memory_requested for it in reversed(kept) if it.memory_requested), None)
    if found is None:
        return None, describe_few(kept)
    if not requested:
        return None, "no request is known"
    if found.steps[0] > requested:
        was_killed = any(sample.was_killed for sample in samples[-found.runs :])
        return (found, "") if was_killed else (None, "no recent try was killed")
    if found.steps[0] > WORTHWHILE * requested:
        return None, "about right, counting lost tries"
    is_known = all(it.usage.is_peak_counted for it in kept if it.usage is not None)
    return (found, "") if is_known else (None, "not all peaks are counted")


def describe_few(kept: Sequence[KeptUsage]) -> str:
    """Describe how many tries count, where they are too few for a suggestion; empty where they are enough.

    Args:
        kept: What the tries of the task requested and used, the oldest first.
    """
    count = count_needs(samples_of(kept))
    return f"too few tries ({count} of {FEWEST})" if count < FEWEST else ""


def _write_steps(steps: Sequence[int]) -> str:
    amounts = [repr(show_bytes(step)) for step in steps]
    return amounts[0] if len(amounts) == 1 else f"per_try({', '.join(amounts)}, after='oom')"


def suggest_cpu_option(kept: Sequence[KeptUsage]) -> OptionSuggestion | None:
    """Suggest a value of ``cpu=``: what nine of ten runs used on average, and 15 % more, as the request.

    The limit stays as it is; one below the request becomes the request.

    Args:
        kept: What the tries of the task requested and used, the oldest first.

    Returns:
        The value; ``None`` with fewer than ten tries that succeeded, or where the request is about right.
    """
    usages = [it.usage for it in kept if it.usage is not None and it.has_succeeded]
    averages = [usage.cpu_average for usage in usages if usage.cpu_average is not None]
    request = suggest_cpu(averages)
    latest = usages[-1] if usages else None
    if request is None or latest is None or not latest.cpu_requested:
        return None
    if WORTHWHILE * latest.cpu_requested < request <= latest.cpu_requested:
        return None
    limit, value = latest.cpu_limit, _write_cores(request)
    if limit is None:  # one amount would be a limit, too, and an average says nothing of peaks
        value = f"({value}, None)"
    elif limit > request:
        value = f"({value}, {_write_cores(limit)})"
    return OptionSuggestion(value, len(averages))


def _write_cores(number: float) -> str:
    """Write cores to the millicore, the least that Kubernetes has: two digits would change a limit."""
    return f"{number:.3f}".rstrip("0").rstrip(".")
