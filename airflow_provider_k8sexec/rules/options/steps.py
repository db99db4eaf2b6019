"""Rules about per-try values as a whole: whether a try reaches each step, and who could take it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_k8sexec.options.after import FAILURE
from airflow_provider_k8sexec.options.paths import Written
from airflow_provider_k8sexec.options.per_try import PerTry, name_end
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.options.resource_names import DEVICES, option_of
from airflow_provider_k8sexec.rules.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.options.after import After
    from airflow_provider_k8sexec.options.declaration import Declaration
    from airflow_provider_k8sexec.options.paths import Path
    from airflow_provider_k8sexec.options.resources import Bounds


class _DeclaredSteps(NamedTuple):
    path: Path
    after: After
    tries: int
    shown: str
    noun: str


def _iter_steps(declaration: Declaration) -> Iterator[_DeclaredSteps]:
    for resource, bounds in declaration.resources.items():
        if bounds.later and not bounds.history:
            option = option_of(resource)
            path = (option, resource) if option == DEVICES else (option,)
            yield _DeclaredSteps(
                path, bounds.after, len(bounds.steps), _show_amounts(option, bounds), "amounts"
            )
    for found in declaration.changing_placement:
        shown = show(PerTry(found.steps, found.after))
        yield _DeclaredSteps((found.option,), found.after, len(found.steps), shown, "values")


def _show_amounts(option: str, bounds: Bounds) -> str:
    amounts = [str(step.limit or step.request or "...") for step in bounds.steps]
    shown = ", ".join(amounts if option == DEVICES else map(repr, amounts))
    after = "" if bounds.after == FAILURE else f", after={bounds.after!r}"
    return f"per_try({shown}{after})"


def check_tries(declaration: Declaration, retries: int) -> Iterator[Finding]:
    """Every per-try value has a try, which Airflow's ``retries`` of the task must give."""
    tries = max(retries, 0) + 1
    for found in _iter_steps(declaration):
        if found.tries > tries:
            given = f"with retries={retries} the task has {tries}"
            reason = f"has {found.noun} for {found.tries} tries, and {given}"
            if found.after != FAILURE:
                last = name_end(found.tries - 1, found.after)
                reason = f"has its last step {last}, which takes {found.tries} tries, and {given}"
            remedy = f"write retries={found.tries - 1}"
            yield Finding(found.path, found.shown, reason, remedy, code="K8S107")


def check_started_steps(declaration: Declaration) -> Iterator[Finding]:
    """A task that starts a pod chooses its step, and knows the number of its try alone."""
    for found in _iter_steps(declaration):
        if found.after != FAILURE:
            reason = "has no effect on a pod that the task starts: its worker does not know how tries ended"
            remedy = "remove after=, so that each try takes the next step"
            path = (*found.path, Written(".after"))
            yield Finding(path, repr(found.after), reason, remedy, code="K8S107")
