"""The dashboard for Grafana, and the mapping by which Prometheus gets its metrics.

A real Prometheus runs each query, and TypeScript reads the file by the types that Grafana publishes. Neither
Grafana nor Prometheus' StatsD exporter runs: :func:`apply_mapping` does what the latter documents.
Source: https://github.com/prometheus/statsd_exporter#metric-mapping-and-configuration
"""

from __future__ import annotations

import json
import re
import subprocess
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from doc_pages import ROOT
from prometheus_server import HOW_TO_GET_PROMETHEUS, find_prometheus, run_prometheus

from airflow_provider_k8sexec.site.metric_table import METRICS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DASHBOARD: dict[str, Any] = json.loads((ROOT / "docs/dashboards/k8sexec.json").read_text(encoding="utf-8"))
RULES: list[dict[str, Any]] = yaml.safe_load(
    (ROOT / "docs/dashboards/statsd-mapping.yml").read_text(encoding="utf-8")
)["mappings"]
QUERIES = [(panel["title"], target["expr"]) for panel in DASHBOARD["panels"] for target in panel["targets"]]
VALUES = {"code": ["Queued", "OOMKilled"], "ended": ["Succeeded", "OOMKilled"], "after": ["oom"]}
"""The values of some tags; any other one is ``a`` or ``b``."""
VARIABLES = {"$dag_id": "a|b", "$task_id": ".*", "$__range": "30m", "$__rate_interval": "5m"}
"""What Grafana writes in the place of its variables."""


def sent_names() -> Iterator[tuple[str, str]]:
    """Give names as Airflow sends them to StatsD, each with what it is of; also those without tags."""
    for name, metric in METRICS.items():
        for values in product(*(VALUES.get(tag, ["a", "b"]) for tag in metric.tags)):
            yield ".".join(["airflow.k8sexec", name, *values]), metric.kind
        yield f"airflow.k8sexec.{name}", metric.kind


def apply_mapping(name: str) -> str | None:
    """Give the name and the labels of a metric in Prometheus; ``None`` where it is dropped.

    The first rule counts; ``*`` stands for one part between dots.
    """
    for rule in RULES:
        pattern = re.escape(rule["match"]).replace(r"\*", r"([^.]+)")
        found = re.fullmatch(pattern, name)
        if found and rule.get("action") == "drop":
            return None
        if found:
            labels = [
                f'{label}="{found[int(value.removeprefix("$"))]}"'
                for label, value in rule.get("labels", {}).items()
            ]
            return f"{rule['name']}{{{','.join(labels)}}}" if labels else str(rule["name"])
    return re.sub(r"\W", "_", name)


TYPESCRIPT = ROOT / ".node-tools/node_modules/typescript/bin/tsc"
TYPES = """
import type { Dashboard, Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Dataquery } from "@grafana/grafana-foundation-sdk/prometheus";
type Query = Omit<Dataquery, "_implementsDataqueryVariant">;
type OfPrometheus = Omit<Dashboard, "panels"> & {
  panels: (Omit<Panel, "targets"> & { targets: Query[] })[];
};
// JSON has a string where TypeScript has a choice.
type Json<T> = T extends string ? `${T}` : T extends (infer U)[] ? Json<U>[]
  : T extends object ? { [K in keyof T]: Json<T[K]> } : T;
"""

SERIES = {mapped: kind for name, kind in sent_names() if (mapped := apply_mapping(name)) is not None}


def test_each_metric_has_one_name_with_its_tags_as_labels() -> None:
    """The form without tags would count everything twice, and is dropped."""
    found: dict[str, set[str]] = {}
    for series in SERIES:
        name, _, labels = series.partition("{")
        found.setdefault(name, set()).add(",".join(re.findall(r'(\w+)="', labels)))
    assert found == {f"k8sexec_{name}": {",".join(metric.tags)} for name, metric in METRICS.items()}
    assert 'k8sexec_pod_problems{dag_id="a",task_id="b",code="Queued"}' in SERIES


@pytest.fixture(scope="module")
def query(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], list[dict[str, Any]]]]:
    """Give a way to run a query on a Prometheus that has each metric."""
    if not find_prometheus():
        pytest.skip(HOW_TO_GET_PROMETHEUS)
    with run_prometheus(tmp_path_factory.mktemp("prometheus"), SERIES) as run:
        yield run


@pytest.mark.once_a_line
def test_prometheus_answers_each_query_of_the_dashboard(query: Callable[[str], list[dict[str, Any]]]) -> None:
    """No panel is empty, and each label of a legend is there."""
    legends = [target["legendFormat"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    for (title, expression), legend in zip(QUERIES, legends, strict=True):
        for variable, value in VARIABLES.items():
            expression = expression.replace(variable, value)  # noqa: PLW2901  # one after the other
        assert "$" not in expression
        found = query(expression)
        assert found, f"{title}: {expression}"
        for label in re.findall(r"{{(\w+)}}", legend):
            assert all(it["metric"].get(label) for it in found), f"{title}: {label}"


@pytest.mark.once_a_line
def test_a_counter_that_grows_by_one_a_minute_has_grown_by_the_minutes(
    query: Callable[[str], list[dict[str, Any]]],
) -> None:
    """What the panel of costs shows of a DAG is the sum of its tasks and teams in the time that is chosen."""
    (expression,) = [query for title, query in QUERIES if title == "Estimated cost of DAGs"]
    for variable, value in {**VARIABLES, "$__range": "20m"}.items():
        expression = expression.replace(variable, value)
    costs = {it["metric"]["dag_id"]: float(it["value"][1]) for it in query(expression)}
    assert costs == {dag: pytest.approx(20 * 2 * 2, rel=0.1) for dag in ("a", "b")}


def test_the_dashboard_shows_every_metric() -> None:
    """What is sent can be seen, and what is shown is sent."""
    shown = {name for _, query in QUERIES for name in re.findall(r"\bk8sexec_(\w+)", query)}
    assert shown == METRICS.keys()
    choices = [variable for variable in DASHBOARD["templating"]["list"] if variable["type"] == "query"]
    for variable in choices:
        name, label = re.fullmatch(
            r"label_values\(k8sexec_(\w+), (\w+)\)", variable["query"]["query"]
        ).groups()  # type: ignore[union-attr]  # it has this form
        assert label in METRICS[name].tags
        assert variable["name"] == label


@pytest.mark.once_a_line
def test_the_dashboard_has_the_types_that_grafana_publishes(tmp_path: Path) -> None:
    """Grafana's own types of a dashboard and of queries of Prometheus have each field, with each value."""
    if not TYPESCRIPT.exists():
        pytest.skip(f"needs {TYPESCRIPT.relative_to(ROOT)}, which `make test` gets by npm")
    program = tmp_path / "dashboard.ts"
    program.write_text(f"{TYPES}export const dashboard: Json<OfPrometheus> = {json.dumps(DASHBOARD)};\n")
    (tmp_path / "node_modules").symlink_to(TYPESCRIPT.parents[2])
    options = [
        "--noEmit",
        "--strict",
        "--skipLibCheck",
        "--target",
        "es2022",
        "--moduleResolution",
        "bundler",
    ]
    checked = subprocess.run(  # noqa: S603  # the compiler that `make test` installs
        [TYPESCRIPT, *options, "--module", "esnext", program], capture_output=True, text=True, check=False
    )
    assert (checked.stdout, checked.returncode) == ("", 0)


def test_the_panels_of_the_dashboard_have_places_of_their_own() -> None:
    """Grafana wants an id for each panel, and a place that no other has."""
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len({(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}) == len(panels)
