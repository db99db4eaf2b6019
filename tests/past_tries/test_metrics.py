"""The metrics: one table, what is sent by it, and what is made from it."""

import ast
import json
import re
from pathlib import Path

import pytest
import yaml

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.past_tries.metrics import send_metric
from airflow_provider_k8sexec.site.metric_table import METRICS

ROOT = Path(__file__).parents[2]
DASHBOARDS = ROOT / "docs/dashboards"


class Backend:
    """A backend that keeps what it is sent."""

    def __init__(self):
        """Keep nothing yet."""
        self.sent = []

    def gauge(self, name, value, tags=None):
        """Keep a gauge."""
        self.sent.append(("gauge", name, value, tags))

    def incr(self, name, value, tags=None):
        """Keep a counter."""
        self.sent.append(("counter", name, value, tags))


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_is_sent_with_tags_and_with_their_values_in_its_name(monkeypatch, name):
    """A backend without tags can tell the tasks apart as well; what a name cannot have becomes `_`."""
    backend = Backend()
    monkeypatch.setattr(compat, "load_stats", lambda: backend)
    send_metric(name, 1.5, {"dag_id": "my.dag", "task_id": "load"})
    metric = METRICS[name]
    tags = {"dag_id": "my.dag", "task_id": "load", **dict.fromkeys(metric.tags, "none")}
    assert backend.sent == [
        (metric.kind, f"k8sexec.{name}", 1.5, tags),
        (
            metric.kind,
            ".".join(["k8sexec", name, "my_dag", "load", *("none" for _ in metric.tags)]),
            1.5,
            None,
        ),
    ]


def test_a_backend_that_fails_disturbs_nobody(monkeypatch):
    """What is measured goes on."""

    def fail():
        raise OSError("no route")

    monkeypatch.setattr(compat, "load_stats", fail)
    send_metric("oom_kills", 1, {"dag_id": "d", "task_id": "t"})


def test_every_metric_of_the_table_is_sent_and_no_other():
    """The table is complete, and promises nothing that no code sends."""
    sources = [
        *(ROOT / "airflow_provider_k8sexec/launch").glob("*.py"),
        *(ROOT / "airflow_provider_k8sexec/usage").glob("*.py"),
    ]
    strings = {
        node.value
        for file in sources
        if "send_metric" in file.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert METRICS.keys() <= strings


def test_the_dashboard_shows_metrics_that_there_are():
    """Each name in a query is one of the table's, and so is each label."""
    dashboard = json.loads((DASHBOARDS / "k8sexec.json").read_text(encoding="utf-8"))
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    shown = {name for query in queries for name in re.findall(r"\bk8sexec_(\w+)", query)}
    assert shown == METRICS.keys()
    for query in queries:
        (first, *_) = re.findall(r"\bk8sexec_(\w+)", query)
        by = re.search(r"by \(([^)]*)\)", query)
        assert set(by[1].split(", ") if by else ()) <= {*METRICS[first].all_tags}


def test_the_panels_of_the_dashboard_have_places_of_their_own():
    """Grafana wants an id for each panel, and a place that no other has."""
    panels = json.loads((DASHBOARDS / "k8sexec.json").read_text(encoding="utf-8"))["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len({(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}) == len(panels)


def test_the_mapping_names_the_tags_of_each_metric():
    """A name with the values of tags becomes one name with labels."""
    rules = yaml.safe_load((DASHBOARDS / "statsd-mapping.yml").read_text(encoding="utf-8"))["mappings"]
    labels = {rule["name"]: [*rule["labels"]] for rule in rules if "labels" in rule}
    assert labels == {f"k8sexec_{name}": [*metric.all_tags] for name, metric in METRICS.items()}
    for rule in rules:
        assert rule["match"].count("*") == len(rule.get("labels", "*"))
