"""What a site pays: how its prices are read, and what a pod costs by them."""

import json

import pytest

from airflow_provider_k8sexec.site.prices import load_prices

PRICES = {
    "currency": "EUR",
    "per_hour": {"cpu": 0.04, "memory": 0.005, "nvidia.com/gpu": 2},
    "nodes": [{"node_selector": {"pool": "spot"}, "per_hour": {"cpu": 0.01}}],
}
GIB = 2**30


@pytest.mark.parametrize(
    ("node_selector", "cost"),
    [({}, 2 * (0.08 + 0.02 + 2)), ({"pool": "spot", "zone": "a"}, 2 * (0.02 + 0.02 + 2))],
)
def test_a_pod_costs_what_it_reserves_for_as_long_as_it_runs(node_selector, cost):
    """Cores, GiB and devices have their price an hour; on nodes with a price of their own, that counts."""
    prices, problems = load_prices(json.dumps(PRICES))
    assert problems == []
    amounts = {"cpu": 2, "memory": 4 * GIB, "nvidia.com/gpu": 1}
    assert prices.estimate(amounts, 7200, node_selector) == pytest.approx(cost)


def test_a_file_has_the_prices_as_well(tmp_path):
    """The option may be a path; what has no price costs nothing."""
    file = tmp_path / "prices.yaml"
    file.write_text("per_hour:\n  memory: 1\n")
    prices, problems = load_prices(str(file))
    assert problems == []
    assert prices.estimate({"cpu": 8, "memory": GIB}, 3600, {}) == 1


def test_all_mistakes_are_reported_at_once(tmp_path):
    """Each mistake has its file and line, the value, and what to write instead."""
    file = tmp_path / "prices.yaml"
    file.write_text(
        "curency: EUR\n",
    )
    assert [str(problem) for problem in load_prices(str(file))[1]] == [
        f"{file}, line 1: curency='EUR' is not known; write currency."
    ]
    file.write_text(
        "currency: 7\nper_hour:\n  memroy: 1\n  cpu: -1\n  memory: .nan\nnodes:\n- per_hour: {}\n- 3\n"
    )
    found = [str(problem) for problem in load_prices(str(file))[1]]
    assert [text.partition(": ")[2].partition("=")[0] for text in found] == [
        "currency",
        "nodes[0].node_selector",
        "nodes[1]",
        "per_hour.memroy",
        "per_hour.cpu",
        "per_hour.memory",
    ]
    assert found[3].endswith("per_hour.memroy=1 is not a resource; write memory.")


def test_without_the_option_there_are_no_prices():
    """Where a site has not said what it pays, nothing has a cost."""
    assert load_prices("") == (None, [])
