"""What a site pays: how its prices are read, and what a pod costs by them."""

import json

import pytest

from airflow_provider_k8sexec.context import forget_context, load_context
from airflow_provider_k8sexec.exceptions import ConfigurationError
from airflow_provider_k8sexec.site.prices import load_prices

PRICES = {
    "currency": "EUR",
    "per_hour": {"cpu": 0.04, "memory": 0.005, "nvidia.com/gpu": 2},
    "nodes": [{"node_selector": {"pool": "spot"}, "per_hour": {"cpu": 0.01}}],
}
GIB = 2**30
NODES = "{node_selector: {pool: spot}, per_hour: {cpu: 0.01}}"


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
        "currency: 7\nper_hour:\n  memroy: 1\n  cpu: -1\n  memory: .nan\n"
        "nodes:\n- per_hour: {cpu: x}\n  pool: spot\n- 3\nteam_label: a team\n"
    )
    assert [str(problem).removeprefix(f"{file}, ") for problem in load_prices(str(file))[1]] == [
        "line 1: currency=7 is not a currency; write currency: EUR.",
        "line 8: nodes[0].pool='spot' is not known; write node_selector or per_hour.",
        "line 7: nodes[0].node_selector=None has no labels of nodes; write node_selector: {pool: spot}.",
        "line 7: nodes[0].per_hour.cpu='x' is not a price; write a number, such as 0.04.",
        f"line 9: nodes[1]=3 is not a mapping; write for example {NODES}.",
        "line 3: per_hour.memroy=1 is not a resource; write memory.",
        "line 4: per_hour.cpu=-1 is not a price; write a number, such as 0.04.",
        "line 5: per_hour.memory=nan is not a price; write a number, such as 0.04.",
        "line 10: team_label='a team' is not the name of a label; write team_label: team.",
    ]


def test_a_file_that_is_not_there_is_a_mistake_of_the_option(tmp_path):
    """It has the code of an option, not that of a price or of another file."""
    _, (problem,) = load_prices(str(tmp_path / "prices.yaml"))
    assert problem.code == "K8S901"
    assert "cannot be read" in str(problem)


def test_prices_with_mistakes_are_read_once_and_count_as_none(tmp_path, monkeypatch):
    """The scheduler looks at them for each pod that ends; `k8sexec doctor` shows what is wrong."""
    file = tmp_path / "prices.yaml"
    file.write_text("curency: EUR\n")
    monkeypatch.setenv("AIRFLOW__K8SEXEC__PRICES", str(file))
    forget_context()
    assert load_context().readable_prices is None
    file.write_text("currency: EUR\n")
    assert load_context().readable_prices is None
    with pytest.raises(ConfigurationError, match="curency='EUR' is not known"):
        _ = load_context().prices
    forget_context()
    assert load_context().readable_prices == load_context().prices


def test_without_the_option_there_are_no_prices():
    """Where a site has not said what it pays, nothing has a cost."""
    assert load_prices("") == (None, [])


@pytest.mark.parametrize("currency", ["EUR\x1b[2J", "EUR\n", "x" * 11])
def test_a_currency_is_a_short_word_that_can_be_printed(currency):
    """It is a heading in a terminal."""
    _, (problem,) = load_prices(json.dumps({"currency": currency}))
    assert "is not a currency" in str(problem)
