"""What past runs cost, what they would have cost by `auto`, and what a task should write instead."""

import re
from pathlib import Path

import pytest
from attrs import evolve
from sample_usage import GIBIBYTE, USED

from airflow_provider_k8sexec.past_tries import backtest
from airflow_provider_k8sexec.past_tries.backtest import replay
from airflow_provider_k8sexec.past_tries.cost import Spent, add_costs
from airflow_provider_k8sexec.past_tries.kept_usage import FAILED, KeptUsage
from airflow_provider_k8sexec.past_tries.suggestion import (
    describe_few,
    explain_memory_option,
    suggest_cpu_option,
    suggest_memory_option,
)
from airflow_provider_k8sexec.pod.pod_try import PodTry
from airflow_provider_k8sexec.site.prices import Prices


def keep(run, gibibytes, asked=8, *, was_killed=False, **others):
    """Keep a try that ran for an hour."""
    amount = int(asked * GIBIBYTE)
    usage = evolve(
        USED,
        memory_peak=int(gibibytes * GIBIBYTE),
        memory_request=amount,
        memory_limit=amount,
        seconds=3600.0,
        cpu_seconds=720.0,
    )
    return KeptUsage(
        of=PodTry("etl", "load", f"run {run}", -1, 1),
        pod=f"pod-{run}",
        ended="OOMKilled" if was_killed else "Succeeded",
        was_killed=was_killed,
        seconds=3600.0,
        requests={"memory": amount, "cpu": 1},
        limits={"memory": amount},
        usage=None if was_killed else usage,
        **others,
    )


def test_the_first_ten_runs_cost_what_they_cost():
    """Before the rule knows ten runs, it saves nothing and loses nothing."""
    found = replay(keep(run, 1) for run in range(10))
    assert (found.pods, found.asked, found.used) == (10, pytest.approx(80), pytest.approx(10))
    assert found.saved == 0
    assert found.auto_lost == 0
    killed = replay([keep(0, 1, was_killed=True), *(keep(run, 1) for run in range(9))])
    assert (killed.saved, killed.lost, killed.auto_lost) == (0, 1, 1)
    above_its_request = replay(keep(run, 2, asked=1) for run in range(9))
    assert (above_its_request.saved, above_its_request.auto_lost) == (0, 0)


def test_later_runs_cost_what_the_rule_would_have_asked_for():
    """Of runs that need 1 GiB and request 8, most is saved once ten are known."""
    found = replay(keep(run, 1) for run in range(30))
    assert found.saved == pytest.approx(20 * (8 - found.auto_asked / 30), rel=1)
    assert 20 * 6.5 < found.saved < 20 * 7
    assert found.auto_lost == 0


def test_a_try_that_the_rule_would_have_lost_is_counted_with_its_memory():
    """A run that needs six times as much as all before would have lost tries, which had memory as well."""
    found = replay([*(keep(run, 1) for run in range(30)), keep(30, 6)])
    assert found.auto_lost in {1, 2}
    assert found.lost == 0


def test_the_instances_of_a_run_are_sized_together(monkeypatch):
    """By the runs before it, of which the rule is asked once: a run may have thousands of instances."""
    asked = []
    suggest = backtest.suggest_steps
    monkeypatch.setattr(backtest, "suggest_steps", lambda given: asked.append(len(given)) or suggest(given))
    kept = [keep(run, 1) for run in range(3) for _ in range(1000)]
    assert replay(kept).pods == 3000
    assert asked == [0, 1000, 2000]


def test_a_killed_try_is_lost_and_costs_what_it_requested():
    """What a try requested until it was killed counts as asked, and as used by nobody."""
    found = replay([keep(1, 1, was_killed=True), keep(1, 1)])
    assert (found.pods, found.lost) == (1, 1)
    assert found.asked == pytest.approx(16)


def test_a_killed_try_that_no_success_of_its_instance_follows_is_left_out():
    """What `auto` would have requested of it is not known, so that it would count against one side alone."""
    kept = [keep(run, 1) for run in range(20)]
    lost = keep(20, 1, was_killed=True)
    of_another = evolve(keep(20, 1), of=evolve(lost.of, map_index=1))
    assert replay([*kept, lost]) == replay(kept)
    assert replay([*kept, lost, of_another]).lost == 0
    followed = replay([*kept, lost, keep(20, 1)])
    assert (followed.lost, followed.asked) == (1, pytest.approx(22 * 8))


def test_memory_is_suggested_in_steps_where_few_runs_need_more():
    """Of 60 runs three need 6 GiB: the first try is for the others."""
    kept = [keep(run, 6 if run % 20 == 7 else 1) for run in range(60)]
    found = suggest_memory_option(kept)
    assert found.value.startswith("per_try('")
    assert found.value.endswith("'6656Mi', after='oom')")
    assert 0.85 < found.confidence < 1


def test_memory_is_suggested_as_one_amount_where_all_runs_are_alike():
    """Runs that need the same request the same, and a request that is about right stays."""
    found = suggest_memory_option([*(keep(run, 1) for run in range(60))])
    assert found.runs == 60
    assert found.confidence > 0.95
    assert suggest_memory_option([*(keep(run, 1, asked=1.2) for run in range(60))]) is None


def test_fewer_than_ten_tries_suggest_nothing_and_say_how_many_there_are():
    """Those that count: a try that failed for another reason may have ended before it needed most."""
    kept = [*(keep(run, 1) for run in range(9)), evolve(keep(9, 1), ended=FAILED)]
    assert (suggest_memory_option(kept), describe_few(kept)) == (None, "too few tries (9 of 10)")
    enough = [*kept, keep(10, 1)]
    assert (suggest_memory_option(enough) is not None, describe_few(enough)) == (True, "")


_UNCOUNTED = evolve(keep(0, 1).usage, is_peak_counted=False)
_REASONS = {
    "too few tries (9 of 10)": [keep(run, 1) for run in range(9)],
    "no request is known": [evolve(keep(run, 1), requests={}, limits={}) for run in range(12)],
    "no recent try was killed": [keep(run, 1, asked=1.02) for run in range(12)],
    "about right, counting lost tries": [
        keep(run, 2.9 if run % 10 == 5 else 1, asked=3.3) for run in range(30)
    ],
    "not all peaks are counted": [evolve(keep(run, 1), usage=_UNCOUNTED) for run in range(12)],
    "": [keep(run, 1) for run in range(12)],
}


@pytest.mark.parametrize("reason", _REASONS)
def test_what_is_not_suggested_has_a_reason(reason):
    """Of memory: the clause that programs get, which the page explains; none beside a suggestion."""
    kept = _REASONS[reason]
    suggested, clause = explain_memory_option(kept)
    assert (clause, suggested is None) == (reason, bool(reason))
    page = (Path(__file__).parents[2] / "docs/explanation/usage.md").read_text(encoding="utf-8")
    assert re.sub(r"\d+ of", "n of", reason) in page


def test_tries_that_failed_suggest_no_cpu():
    """They may have ended before their work began."""
    kept = [evolve(keep(run, 1), ended=FAILED) for run in range(12)]
    assert suggest_cpu_option(kept) is None


def test_the_request_of_cpu_is_suggested_from_averages():
    """Runs that use 0.2 cores of 0.5 on average request a little more than they use, and keep their limit."""
    found = suggest_cpu_option([*(keep(run, 1) for run in range(12))])
    assert found.value == "(0.25, 0.5)"
    kept = [keep(run, 1) for run in range(12)]
    unlimited = [evolve(it, usage=evolve(it.usage, cpu_limit=None)) for it in kept]
    assert suggest_cpu_option(unlimited).value == "(0.25, None)"


@pytest.mark.parametrize(
    ("average", "limit", "value"),
    [
        (0.2, 1.25, "(0.25, 1.25)"),
        (0.2, 12.5, "(0.25, 12.5)"),
        (1.06, 20.0, "(1.25, 20)"),
        (10.83, 100.125, "(12.5, 100.125)"),
        (0.48, 0.5, "0.6"),
    ],
)
def test_suggested_cores_are_exact(average, limit, value):
    """The limit stays as it is, unless the request exceeds it, and the request is not rounded down."""
    kept = [keep(run, 1) for run in range(12)]
    usage = evolve(kept[0].usage, cpu_seconds=average * 3600, cpu_request=limit, cpu_limit=limit)
    assert suggest_cpu_option([evolve(it, usage=usage) for it in kept]).value == value


@pytest.mark.parametrize(
    ("by", "names"), [("task", {"etl.load"}), ("dag", {"etl"}), ("team", {"a", "(none)"})]
)
def test_costs_are_summed_up_by_what_is_asked_for(by, names):
    """A failed try is part of the cost, and said to be lost."""
    spent: dict[str, Spent] = {}
    kept = [keep(1, 1, team="a"), evolve(keep(2, 1), ended=FAILED)]
    add_costs(spent, kept, Prices(per_hour={"memory": 1}), by)
    assert spent.keys() == names
    assert sum(it.cost for it in spent.values()) == pytest.approx(16)
    assert sum(it.lost for it in spent.values()) == pytest.approx(8)
