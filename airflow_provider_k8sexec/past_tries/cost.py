"""What past tries have cost, by the prices of the site: an estimate, from requests and time.

A cluster bills nodes, and not requests; what is idle between pods is in no try's cost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_k8sexec.past_tries.kept_usage import KeptUsage
    from airflow_provider_k8sexec.site.prices import Prices

NO_TEAM = "(none)"
"""What a pod of no team counts for."""


@define
class Spent:
    """What some tries have cost.

    Attributes:
        tries: How many.
        cost: What they cost together, in the site's currency.
        lost: What those of them cost that did not succeed.
    """

    tries: int = 0
    cost: float = 0.0
    lost: float = 0.0


def estimate_cost(kept: KeptUsage, prices: Prices) -> float:
    """Estimate what one try has cost.

    Args:
        kept: What its pod requested, and how long it ran.
        prices: What the site pays.
    """
    return prices.estimate(kept.reserved, kept.seconds, kept.node_selector)


def add_costs(spent: dict[str, Spent], kept: Iterable[KeptUsage], prices: Prices, by: str) -> None:
    """Add what tries have cost to what others have.

    Args:
        spent: What others have cost, by name; it is added to.
        kept: The tries.
        prices: What the site pays.
        by: What has the name: ``task``, ``dag`` or ``team``.
    """
    for it in kept:
        names = {"task": f"{it.of.dag_id}.{it.of.task_id}", "dag": it.of.dag_id, "team": it.team or NO_TEAM}
        of, cost = spent.setdefault(names[by], Spent()), estimate_cost(it, prices)
        of.tries += 1
        of.cost += cost
        of.lost += 0.0 if it.has_succeeded else cost
