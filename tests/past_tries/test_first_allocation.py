"""The memory that tries should have, from what past tries needed."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_k8sexec.past_tries.first_allocation import (
    FEWEST,
    Sample,
    double_from,
    suggest_cpu,
    suggest_steps,
)

GIB = 2**30
needs = st.lists(st.integers(2**20, 64 * GIB), min_size=FEWEST, max_size=60)


def ended(*gibibytes):
    return [Sample(int(need * GIB)) for need in gibibytes]


def draw(seed, count, make):
    source = random.Random(seed)  # noqa: S311  # no cryptography
    return ended(*(make(source) for _ in range(count)))


class TestSteps:
    """The steps of memory."""

    @given(needs, st.integers(2**20, 128 * GIB))
    def test_they_grow_and_end_at_the_maximum(self, peaks, most):
        """Each step is more than the one before, and the last is what may be had at most."""
        steps = suggest_steps([Sample(peak) for peak in peaks], most).steps
        assert list(steps) == sorted(set(steps))
        assert steps[-1] == most

    @given(needs)
    def test_without_a_maximum_every_past_need_is_within_the_last(self, peaks):
        """The last step is enough for whatever was needed in the records that count."""
        found = suggest_steps([Sample(peak) for peak in peaks])
        assert found.steps[-1] >= max(peaks[-found.runs :])
        assert 0 <= found.confidence <= 1

    def test_a_maximum_below_what_runs_need_is_enough_for_few(self):
        """The only step there can be is no more certain to be enough because it is the last."""
        found = suggest_steps(ended(*[9.0] * 12), 2 * GIB)
        assert found.steps == (2 * GIB,)
        assert found.confidence < 0.1

    @given(needs, st.randoms(use_true_random=False))
    def test_fewer_than_ten_runs_suggest_nothing(self, peaks, source):
        """Nine runs are too few, whatever they needed."""
        few = source.sample(peaks, FEWEST - 1)
        assert suggest_steps([Sample(peak) for peak in few]) is None

    def test_steady_runs_get_a_little_more_than_they_need(self):
        """What is needed varies by 4 %: the first step has no more than a quarter on top."""
        samples = draw(1, 100, lambda source: source.gauss(1, 0.04))
        found = suggest_steps(samples, 16 * GIB)
        assert GIB <= found.steps[0] <= 1.25 * GIB
        assert found.confidence > 0.95

    def test_two_kinds_of_runs_get_two_steps(self):
        """Of runs that need 1 GiB and seldom 6, the first try is for the many, the second for the few."""
        samples = draw(
            2, 200, lambda source: source.gauss(6, 0.4) if source.random() < 0.08 else source.gauss(1, 0.05)
        )
        first, second, *_ = suggest_steps(samples, 64 * GIB).steps
        assert first < 2 * GIB
        assert 6 * GIB <= second < 10 * GIB

    def test_dear_tries_are_lost_less_often(self):
        """The price of a lost try decides how many there are: with a high one, one step is for all."""
        samples = draw(
            2, 200, lambda source: source.gauss(6, 0.4) if source.random() < 0.08 else source.gauss(1, 0.05)
        )
        firsts = [suggest_steps(samples, 64 * GIB, price).steps[0] for price in (1, 20, 200)]
        assert firsts == sorted(firsts)
        assert firsts[-1] > 6 * GIB > firsts[0]

    @pytest.mark.parametrize(("before", "now"), [(1, 3), (3, 1)])
    def test_what_was_before_a_change_counts_no_more(self, before, now):
        """After 40 runs on another level, the old level neither wastes memory nor loses tries."""
        samples = ended(*([before] * 60 + [now] * 40))
        first = suggest_steps(samples, 64 * GIB).steps[0]
        assert now * GIB < first < 1.5 * now * GIB

    def test_a_killed_try_counts_as_a_need_above_its_limit(self):
        """Of a task whose last try was killed at 4 GiB, some runs need more than that."""
        samples = [*ended(*[1.0] * 30), Sample(4 * GIB, was_killed=True)]
        assert suggest_steps(samples, 64 * GIB).steps[-2] > 4 * GIB

    def test_a_killed_try_that_was_repeated_counts_once(self):
        """What the next try needed says what the killed one did."""
        alone = ended(*[1.0] * 30, 6.0)
        repeated = [*alone[:-1], Sample(2 * GIB, was_killed=True), alone[-1]]
        assert suggest_steps(repeated, 64 * GIB) == suggest_steps(alone, 64 * GIB)

    def test_the_same_records_give_the_same_steps(self):
        """Nothing is left to chance: two schedulers ask for the same."""
        samples = draw(3, 150, lambda source: source.lognormvariate(0.2, 0.6))
        assert suggest_steps(samples, 64 * GIB) == suggest_steps(list(samples), 64 * GIB)

    @pytest.mark.parametrize("amount", [0, 1, 2**63])
    def test_amounts_without_sense_end_in_steps(self, amount):
        """Nothing and the largest number: the steps rise, end at the most, and are soon found."""
        for samples in (ended(*[0.0] * 30), [Sample(amount, was_killed=True)] * 30, [Sample(amount)] * 30):
            steps = suggest_steps(samples, 64 * GIB).steps
            assert (list(steps), steps[-1]) == (sorted(set(steps)), 64 * GIB)
        assert double_from(amount, [], 64 * GIB)[-1] == max(amount, 64 * GIB)


class TestCpu:
    """The request of CPU."""

    def test_the_request_is_what_most_runs_use_and_a_margin(self):
        """Nine of ten runs are within it, and a single busy one does not raise it."""
        assert suggest_cpu([0.5] * 30 + [4.0]) == 0.6
        assert suggest_cpu([0.0] * 30) == 0.05

    def test_few_runs_suggest_nothing(self):
        """Nine runs are too few."""
        assert suggest_cpu([0.5] * 9) is None
