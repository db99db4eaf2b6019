"""The benchmarks compare what can be compared; how long it takes is no test's business."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from kubernetes.client import ApiClient

from airflow_provider_k8sexec._compat import load_dag_bag
from airflow_provider_k8sexec.context import forget_context
from airflow_provider_k8sexec.options.quantity import Quantity
from benchmarks.alternatives import HAND_WRITTEN, OURS, PLAIN, PROGRAMS, RELEASE, write_dags
from benchmarks.budgets import WALL, WORKER
from benchmarks.hand_written_dags import SHAPES, write_hand_written
from benchmarks.sizes import (
    FEWEST_IN_TRACE,
    GIB,
    LOST_TRY,
    Cost,
    add_up_traces,
    compare,
    load_trace,
    make_families,
    make_input_families,
    name_price,
    play,
)
from benchmarks.table import Row, format_rows, name_shape

if TYPE_CHECKING:
    from pathlib import Path


def load_pods(place: Path) -> list[Any]:
    """Load the file of a folder, and give the override of each of its tasks as a manifest."""
    bag = load_dag_bag(str(place))
    assert not bag.import_errors
    (dag,) = bag.dags.values()
    return [ApiClient().sanitize_for_serialization(dict(task.executor_config or {})) for task in dag.tasks]


def test_the_alternatives_ask_for_the_same_pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written by hand and what is ours come to the same pods; a plain task asks for none."""
    monkeypatch.setenv("AIRFLOW__K8SEXEC__RELEASE_NAME", RELEASE)
    forget_context()
    pods = {way: load_pods(write_dags(tmp_path, way, tasks=3)) for way in PROGRAMS}
    assert pods[PLAIN] == [{}, {}, {}]
    for written in pods[HAND_WRITTEN]:
        for amounts in written["pod_override"]["spec"]["containers"][0]["resources"].values():
            amounts.update({name: Quantity(str(amount)).text for name, amount in amounts.items()})
    assert pods[OURS] == pods[HAND_WRITTEN]
    assert len(pods[OURS]) == 3


def test_a_row_has_the_ratios() -> None:
    """The table can be pasted into a page as it is."""
    row = Row(WORKER, name_shape(1000), WALL, {PLAIN: 1000.0, HAND_WRITTEN: 2000.0, OURS: 1010.0})
    assert format_rows([row]).splitlines()[-1] == (
        "| a. worker start | 1,000 tasks | wall ms | 1,000 | 2,000 | 1,010 | 1.01 | 1.98 |"
    )


def test_the_files_to_migrate_have_pods_of_all_shapes(tmp_path: Path) -> None:
    """Each of them is a right DAG file, so that what is measured is a whole migration."""
    bag = load_dag_bag(str(write_hand_written(tmp_path, len(SHAPES))))
    assert not bag.import_errors
    pods = [[bool(task.executor_config) for task in dag.tasks] for _, dag in sorted(bag.dags.items())]
    assert pods == [[True, False], [True, True, False], [True, True, True], [True, True]]


def test_a_run_costs_what_it_had_in_vain_and_what_its_killed_tries_had() -> None:
    """A need of 3 GiB with 2 and then 4: six tenths of 2, and 1 of 4, for ten minutes; one try is lost."""
    assert play(lambda _: [2, 4], [3]) == Cost(pytest.approx((0.6 * 2 + 1) / 6), 1)


def test_each_rule_sizes_each_family_alike_each_time() -> None:
    """The published tables can be made again: the same seeds give the same figures."""
    families = [{**make_families(7, 40), **make_input_families(7, 40)}]
    found = compare(families, [LOST_TRY])
    assert found == compare(families, [LOST_TRY])
    assert {len(by_family) for by_family in found.values()} == {10}
    lost = {rule: sum(cost.lost for cost in by_family.values()) for rule, by_family in found.items()}
    assert lost["one limit, known before"] == 0
    assert lost[name_price(LOST_TRY)] < lost["doubling from 1Gi"]


def test_a_trace_is_read_by_task_and_its_costs_are_added_up(tmp_path: Path) -> None:
    """Runs are in the order of their ends; rare and tiny tasks and what did not run are left out."""
    rows = [
        *(f"fit,{100 - at},{GIB * (1 + at % 2)}" for at in range(FEWEST_IN_TRACE)),
        *(f"copy,{at},{GIB // 100}" for at in range(FEWEST_IN_TRACE)),
        *("fit,1,-", f"rare,1,{GIB}"),
    ]
    trace = tmp_path / "rnaseq.csv"
    trace.write_text("\n".join(["process,complete,peak_rss", *rows]), encoding="utf-8")
    needs = load_trace(trace)
    assert needs == {"rnaseq: fit": [2.0, 1.0] * (FEWEST_IN_TRACE // 2)}
    by_task = {"rnaseq: fit": Cost(1, 2), "rnaseq: sort": Cost(3, 4), "mag: fit": Cost(5, 6)}
    assert add_up_traces({"KRR": by_task}) == {"KRR": {"rnaseq": Cost(4, 6), "mag": Cost(5, 6)}}
