"""Values of options from params and XComs, read from Airflow's own database as a pod is launched."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from airflow_databases import Records, run_database
from attrs import asdict, evolve
from executor_pods import construct_pod

from airflow_provider_k8sexec import _compat, from_param, from_xcom, k8s_config
from airflow_provider_k8sexec.context import forget_context
from airflow_provider_k8sexec.launch import refused_pod, stored_values
from airflow_provider_k8sexec.launch.hook import begin_launch
from airflow_provider_k8sexec.launch.refused_pod import PodRefusedError
from airflow_provider_k8sexec.launch.stored_values import LONGEST_XCOM
from airflow_provider_k8sexec.pod.executor_config import ExecutorConfig, build_v1_pod

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_k8sexec.pod.pod_try import PodTry

TEMPLATE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "worker", "labels": {"team": "of-the-template"}},
    "spec": {
        "nodeSelector": {"pool": "of-the-template"},
        "containers": [
            {"name": "base", "image": "template", "resources": {"limits": {"memory": "2Gi", "cpu": "2"}}}
        ],
    },
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give a database with Airflow's schema."""
    with run_database(request.param, tmp_path_factory.mktemp(request.param)) as found:
        yield found


class Site:
    """An Airflow with a database, whose scheduler is this process.

    Attributes:
        records: The database.
        recorded: The diagnoses of refused pods.
        added: The upstream task instances that have pushed something.
    """

    def __init__(self, records: Records) -> None:
        self.records = records
        self.recorded: list[Any] = []
        self.added: list[PodTry] = []

    def queue(self, options: dict[str, Any], conf: Any = None, map_index: int = -1) -> tuple[PodTry, Any]:
        """Queue a task with pod options in a run with a conf; give its try, and its ``executor_config``."""
        from airflow.models.dagrun import DagRun
        from airflow.models.taskinstance import TaskInstance
        from sqlalchemy import update

        config = dict(k8s_config(**options))
        of = self.records.create_try(map_index=map_index)
        runs, tasks = DagRun.__table__, TaskInstance.__table__
        self.records.execute(update(runs).where(runs.c.run_id == of.run_id).values(conf=conf))
        where = tasks.c.run_id == of.run_id
        self.records.execute(update(tasks).where(where).values(executor_config=config))
        return of, config

    def push(self, of: PodTry, value: Any, task_id: str = "plan", key: str = "return_value", **of_task: Any):
        """Push an XCom of another task in the same run."""
        upstream = evolve(of, task_id=task_id, **{"map_index": -1, **of_task})
        if upstream not in self.added:
            self.added.append(upstream)
            self.records.add_task(upstream)
        self.records.store_xcom(upstream, key, value)

    def launch(self, of: PodTry, config: Any, template: Any = TEMPLATE) -> Any:
        """Launch a pod up to the site's own hooks, and give its manifest."""
        from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator

        pod = construct_pod(config["pod_override"], template, scheduler_job_id="7", **asdict(of))
        begin_launch(pod)
        return PodGenerator.serialize_pod(pod)

    def run(self, options: dict[str, Any], conf: Any = None, **xcoms: Any) -> Any:
        """Launch a task's pod after ``plan`` has pushed some XComs."""
        of, config = self.queue(options, conf)
        for key, value in xcoms.items():
            self.push(of, value, key=key)
        return self.launch(of, config)


@pytest.fixture
def site(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Make this process the scheduler of an Airflow with a database."""
    from airflow import settings
    from sqlalchemy import create_engine

    engine = create_engine(url)
    monkeypatch.setattr(settings, "engine", engine)
    made = Site(Records(engine))
    monkeypatch.setattr(refused_pod, "record_pod", lambda _, diagnosis: made.recorded.append(diagnosis))
    yield made
    engine.dispose()


def worker_of(pod: Any) -> Any:
    """Give the worker's container."""
    return pod["spec"]["containers"][0]


def memory_of(pod: Any) -> Any:
    """Give the worker's request and limit of memory."""
    resources = worker_of(pod)["resources"]
    return [resources[side].get("memory") for side in ("requests", "limits")]


def test_a_value_comes_from_the_conf_of_the_run(site: Site) -> None:
    """`from_param` reads what the run was triggered with, as a number, a string or a pair."""
    pod = site.run(
        {
            "memory": from_param("memory"),
            "cpu": from_param("cpu"),
            "gpu": {"amd.com/gpu": from_param("gpus")},
            "image": from_param("image"),
        },
        {"memory": ["1Gi", "2Gi"], "cpu": 0.5, "gpus": 2, "image": "registry.example.com/airflow:1"},
    )
    assert worker_of(pod)["image"] == "registry.example.com/airflow:1"
    assert worker_of(pod)["resources"] == {
        "requests": {"memory": "1Gi", "cpu": "0.5", "amd.com/gpu": "2"},
        "limits": {"memory": "2Gi", "cpu": "0.5", "amd.com/gpu": "2"},
    }


def test_no_device_takes_nothing_from_the_template(site: Site) -> None:
    """A count that is 0 is no amount, as a 0 that is written: what the template requests stays."""
    of, config = site.queue({"gpu": from_param("gpus")}, {"gpus": 0})
    own = {"requests": {"memory": "1Gi"}, "limits": {"memory": "2Gi"}}
    template = {"spec": {"containers": [{"name": "base", "image": "airflow", "resources": own}]}}
    assert worker_of(site.launch(of, config, template))["resources"] == own


def test_the_switch_of_amendments_is_not_its_switch(site: Site, configure: Callable[..., None]) -> None:
    """Without its values the pod would be another one than its author has written."""
    configure(amend_pods="False")
    assert memory_of(site.run({"memory": from_param("memory")}, {"memory": "3Gi"})) == ["3Gi", "3Gi"]


def test_a_value_comes_from_an_xcom(site: Site) -> None:
    """`from_xcom` reads what an upstream task has pushed in the same run: the whole mapping, or one key."""
    options = {
        "memory": from_xcom("plan", "memory"),
        "node_selector": from_xcom("plan", "nodes"),
        "labels": {"stage": "test", "team": from_xcom("plan", "team")},
    }
    pod = site.run(options, memory="3Gi", nodes={"pool": "batch"}, team="finance")
    assert memory_of(pod) == ["3Gi", "3Gi"]
    assert pod["spec"]["nodeSelector"] == {"pool": "batch"}
    labels = pod["metadata"]["labels"]
    assert (labels["stage"], labels["team"]) == ("test", "finance")


def test_a_value_lands_where_a_written_one_would(site: Site) -> None:
    """What Airflow's merge would have replaced of the template, a value that is known later replaces."""
    later = {
        "memory": from_param("m"),
        "node_selector": {"disk": from_param("d")},
        "labels": {"a": from_param("a")},
    }
    known = {"memory": "5Gi", "node_selector": {"disk": "ssd"}, "labels": {"a": "b"}}
    parts = [
        (pod["spec"]["nodeSelector"], worker_of(pod)["resources"], pod["metadata"]["labels"]["a"])
        for pod in (site.run(later, {"m": "5Gi", "d": "ssd", "a": "b"}), site.run(known))
    ]
    assert parts[0] == parts[1]
    beside = site.run({"cpu": 1, **later}, {"m": "5Gi", "d": "ssd", "a": "b"})
    assert worker_of(beside)["resources"]["limits"] == {"cpu": "1", "memory": "5Gi"}


def test_a_list_has_a_value_for_each_mapped_instance(site: Site) -> None:
    """Instances of one task differ in size; what an upstream instance pushed is that of the same index."""
    options = {"memory": from_xcom("plan"), "cpu": from_xcom("each", default=1)}
    for index, size in enumerate(["1Gi", "2Gi"]):
        of, config = site.queue(options, map_index=index)
        site.push(of, ["1Gi", "2Gi"])
        pod = site.launch(of, config)
        assert memory_of(pod) == [size, size]
        assert worker_of(pod)["resources"]["limits"]["cpu"] == "1"
    of, config = site.queue({"cpu": from_xcom("sized"), "memory": from_param("sizes")}, {"sizes": ["7Gi"]}, 0)
    site.push(of, 3, task_id="sized", map_index=0)
    pod = site.launch(of, config)
    assert worker_of(pod)["resources"]["limits"] == {"cpu": "3", "memory": "7Gi"}


def test_a_list_that_is_too_short_is_refused(site: Site) -> None:
    """An instance beyond the list has no value: it fails, and says which one it is."""
    of, config = site.queue({"memory": from_xcom("plan")}, map_index=2)
    site.push(of, ["1Gi", "2Gi"])
    with pytest.raises(PodRefusedError, match="is a list of 2 values, and this is the mapped instance 2"):
        site.launch(of, config)


@pytest.mark.parametrize(
    ("options", "conf", "memory"),
    [
        ({"memory": from_param("m", default="1Gi")}, None, "1Gi"),
        ({"memory": from_param("m", default="1Gi")}, {"m": "2Gi"}, "2Gi"),
        ({"memory": from_xcom("plan", default="3Gi")}, None, "3Gi"),
    ],
)
def test_a_default_is_for_what_is_absent(site: Site, options: Any, conf: Any, memory: str) -> None:
    """`default=` holds where the run has no such param, and where no XComs was pushed."""
    assert memory_of(site.run(options, conf)) == [memory, memory]


def test_the_conf_counts_only_where_airflow_lets_it(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """`[core] dag_run_conf_overrides_params = False` keeps runs from changing sizes, too."""
    monkeypatch.setenv("AIRFLOW__CORE__DAG_RUN_CONF_OVERRIDES_PARAMS", "False")
    assert memory_of(site.run({"memory": from_param("m", default="1Gi")}, {"m": "2Gi"}))[1] == "1Gi"


WRONG = {
    "no unit": (
        "memory",
        512,
        "memory=512, from the result of task 'plan', is 512 bytes; in task",
    ),
    "a word": (
        "memory",
        "lots",
        "memory='lots', from .*, is not a Kubernetes quantity",
    ),
    "nothing": ("memory", None, "memory=None, .* is no value of the option; in task 'plan', push one"),
    "several": ("memory", {"size": "1Gi"}, "is no value of the option; .* push one, or name the key of one"),
    "an object": ("memory", {"per_try": ["1Gi", "2Gi"]}, "memory=<dict>, .* is no value of the option"),
    "part of a device": ("gpu", 1.5, "gpu=1.5, .*devices have a name and an integer count"),
    "a negative amount": ("cpu", -1, "cpu=-1, .*"),
    "no image": ("image", "no image at all", "image='no image at all', .*"),
    "a label": ("labels", {"team": 5}, r"labels, from .*, is not a string"),
    "a label of the executor": (
        "labels",
        {"dag_id": "x"},
        "labels, .* is the KubernetesExecutor's own",
    ),
    "a serialised object": (
        "memory",
        {"__classname__": "pandas.core.frame.DataFrame", "__version__": 1, "__data__": {}},
        "is an object of the class 'pandas.core.frame.DataFrame'; push a string",
    ),
    "too long": ("memory", "x" * LONGEST_XCOM, f"is longer than {LONGEST_XCOM} characters; push a shorter"),
    "too many keys": ("labels", {f"k{i}": "" for i in range(1000)}, "holds more than 2000 values; push less"),
    "too deep": ("memory", json.loads("[" * 150 + "]" * 150), "contains itself, or is nested more than"),
    "a source again": ("labels", {"from_param": "x"}, "is no single value"),
}


@pytest.mark.parametrize(("option", "value", "sentence"), WRONG.values(), ids=WRONG)
def test_a_wrong_value_fails_its_task_with_a_sentence(
    site: Site, option: str, value: Any, sentence: str
) -> None:
    """The event log names the value, where it comes from, and the remedy; the default does not replace it."""
    defaults = {"labels": {"a": "b"}, "gpu": 1, "cpu": 1, "image": "registry.example.com/a:1"}
    default = defaults.get(option, "1Gi")
    with pytest.raises(PodRefusedError, match=sentence):
        site.run({option: from_xcom("plan", default=default)}, return_value=value)
    assert [found.code for found in site.recorded] == ["RunTimeValue"]


def test_what_is_missing_and_has_no_default_is_refused(site: Site) -> None:
    """A run without the param, or without the XCom, is not launched with what nobody asked for."""
    options = {"memory": from_param("m"), "cpu": from_xcom("plan")}
    with pytest.raises(PodRefusedError) as refused:
        site.run(options)
    assert "memory, from the param 'm', is in the params of neither the run, the task" in str(refused.value)
    assert "cpu, from the result of task 'plan', was not pushed in this run" in str(refused.value)


@pytest.mark.parametrize("stored", [pickle.dumps("1Gi"), b"gAAAAABm-encrypted", b"\xff\xfe"])
def test_what_is_not_json_is_never_loaded(site: Site, stored: bytes) -> None:
    """A pickle runs code as it is loaded, and what is encrypted has no meaning here."""
    if _compat.AIRFLOW_3:
        pytest.skip("the column holds JSON alone")
    from airflow.models.xcom import BaseXCom
    from sqlalchemy import update

    of, config = site.queue({"memory": from_xcom("plan")})
    site.push(of, "1Gi")
    table = BaseXCom.__table__
    site.records.execute(update(table).where(table.c.run_id == of.run_id).values(value=stored))
    with pytest.raises(PodRefusedError, match="is not stored as JSON: it was pickled or encrypted"):
        site.launch(of, config)


def test_xcoms_of_a_backend_are_not_read(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the database has then is a reference into a bucket, or whatever the backend wrote."""
    monkeypatch.setenv("AIRFLOW__CORE__XCOM_BACKEND", "foreign_xcoms.ForeignXCom")
    with pytest.raises(PodRefusedError, match=r"kept by the XCom backend 'foreign_xcoms\.ForeignXCom'"):
        site.run({"memory": from_xcom("plan")}, return_value="1Gi")


def test_what_the_python_api_has_stored_is_read(site: Site) -> None:
    """Airflow 3's Python API stores a JSON string that holds JSON; a tuple is a list of values."""
    assert memory_of(site.run({"memory": from_xcom("plan")}, return_value='"1Gi"')) == ["1Gi", "1Gi"]
    pair = {"__classname__": "builtins.tuple", "__version__": 1, "__data__": ["1Gi", "2Gi"]}
    assert memory_of(site.run({"memory": from_xcom("plan")}, return_value=pair)) == ["1Gi", "2Gi"]


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("65Gi", r"memory, from the param 'm', is 65Gi, and \[k8sexec\] max_runtime allows 64Gi"),
        (["1Gi", None], r"memory, from the param 'm', has no limit, and \[k8sexec\] max_runtime allows 64Gi"),
    ],
)
def test_the_site_bounds_what_a_run_may_ask_for(
    site: Site, monkeypatch: pytest.MonkeyPatch, value: Any, sentence: str
) -> None:
    """A larger value is refused, and not cut: the task would then fail later, and nobody knew why."""
    monkeypatch.setenv("AIRFLOW__K8SEXEC__MAX_RUNTIME", '{"memory": "64Gi"}')
    forget_context()
    assert memory_of(site.run({"memory": from_param("m")}, {"m": "64Gi"})) == ["64Gi", "64Gi"]
    with pytest.raises(PodRefusedError, match=sentence):
        site.run({"memory": from_param("m")}, {"m": value})


def test_the_sites_limits_hold_for_values_of_a_run(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A label that the site requires is checked once its value is known, and images as they are launched."""
    rules = {"required_labels": {"team": ["finance"]}}
    monkeypatch.setenv("AIRFLOW__K8SEXEC__POLICY", "error")
    monkeypatch.setenv("AIRFLOW__K8SEXEC__POLICY_RULES", json.dumps(rules))
    forget_context()
    options = {"labels": {"team": from_param("team")}}
    assert site.run(options, {"team": "finance"})["metadata"]["labels"]["team"] == "finance"
    with pytest.raises(PodRefusedError, match="the label team is not one that the site allows; choose from"):
        site.run(options, {"team": "other"})


def test_no_pod_reads_what_another_dag_has_pushed(site: Site) -> None:
    """An override can replace the annotations that name a task; Airflow's record of that task decides."""
    victim, _ = site.queue({"memory": "1Gi"})
    site.push(victim, "registry.example.com/secret:1")
    config = k8s_config(image=from_xcom("plan"))
    of, _ = site.queue({"image": from_xcom("plan")})
    stolen = {name: str(value) for name, value in asdict(victim).items() if name != "map_index"}
    metadata = {**config.manifest["metadata"]["annotations"], **stolen}
    override = build_v1_pod({**config.manifest, "metadata": {"annotations": metadata}})
    with pytest.raises(PodRefusedError, match="is not what the task that the pod names was queued with"):
        site.launch(of, {"pod_override": override})


@pytest.mark.parametrize(
    "annotation",
    ["", "[]", "{}", '{"values": [], "alone": []}', '{"values": [{"option": "env_vars"}], "alone": []}'],
)
def test_an_annotation_that_was_not_built_is_refused(site: Site, annotation: str) -> None:
    """Only what an option can have become is obeyed."""
    of, config = site.queue({"memory": "1Gi"})
    manifest = {"metadata": {"annotations": {"k8sexec/at-run-time": annotation}}, "spec": {"containers": []}}
    with pytest.raises(PodRefusedError, match="is not one that this package has written"):
        site.launch(of, {"pod_override": build_v1_pod(manifest)})
    assert isinstance(config, dict)


def test_a_database_that_fails_refuses_the_pod(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pod is not launched with a guess; the next launch may read what this one could not."""
    of, config = site.queue({"memory": from_param("m", default="1Gi")})
    from airflow import settings
    from sqlalchemy import create_engine

    monkeypatch.setattr(settings, "engine", create_engine("sqlite:////nowhere/at/all.db"))
    with pytest.raises(PodRefusedError, match="the values of its options cannot be read"):
        site.launch(of, config)


def test_a_launch_costs_one_query_and_others_none(site: Site) -> None:
    """Params and XComs of a pod are read together; a pod without such values reads nothing."""
    from sqlalchemy import event

    statements: list[str] = []
    event.listen(site.records.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    of, config = site.queue({"memory": from_param("m"), "cpu": from_xcom("plan")}, {"m": "1Gi"})
    site.push(of, 1)
    statements.clear()
    site.launch(of, config)
    assert len([text for text in statements if text.startswith("SELECT")]) == 1
    of, config = site.queue({"memory": "1Gi"})
    statements.clear()
    site.launch(of, config)
    assert statements == []


def test_the_conf_is_read_once_beside_many_xcoms(site: Site) -> None:
    """It may be megabytes long, and the task's `executor_config` costs time; one of the rows has both."""
    keys = [f"k{number}" for number in range(5)]
    options = {"memory": from_param("m"), "labels": {key: from_xcom("plan", key=key) for key in keys}}
    of, config = site.queue(options, {"m": "2Gi"})
    for key in keys:
        site.push(of, "x", key=key)
    rows = _compat.load_run_time_rows(of.instance, [("plan", key) for key in keys], "conf", longest=9)
    assert len(rows) == len(keys)
    configs, confs = (
        [value for value in column if value is not None] for column in [*zip(*rows, strict=True)][:2]
    )
    assert (len(configs), confs) == (1, [{"m": "2Gi"}])
    assert memory_of(site.launch(of, config)) == ["2Gi", "2Gi"]


def test_no_run_replaces_the_queue_of_its_task(site: Site) -> None:
    """Who triggers a run may set labels, and not take another team's quota; the same queue is no mistake."""
    label = "kueue.x-k8s.io/queue-name"
    options = {"queue_name": "team-a", "labels": from_param("labels")}
    with pytest.raises(PodRefusedError, match="names another queue than the pod has; remove it"):
        site.run(options, {"labels": {label: "team-b"}})
    for labels in ({label: "team-a"}, {"cost": "x"}):
        assert site.run(options, {"labels": labels})["metadata"]["labels"][label] == "team-a"


def test_an_author_may_let_runs_choose_the_queue(site: Site) -> None:
    """A label that the author takes from a run goes before that of the pod template."""
    label = "kueue.x-k8s.io/queue-name"
    template = {**TEMPLATE, "metadata": {**TEMPLATE.get("metadata", {}), "labels": {label: "all"}}}
    of, config = site.queue({"labels": {label: from_param("queue")}}, {"queue": "team-b"})
    assert site.launch(of, config, template)["metadata"]["labels"][label] == "team-b"


def test_an_xcom_that_many_options_name_is_parsed_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The scheduler waits for it, and a DAG author may name one long XCom for a hundred labels."""
    parsed: list[object] = []
    parse = stored_values._parse_json
    monkeypatch.setattr(stored_values, "_parse_json", lambda text: parsed.append(text) or parse(text))
    keys = [f"k{number}" for number in range(100)]
    of, config = site.queue({"labels": {key: from_xcom("plan") for key in keys}}, map_index=7)
    site.push(of, ["x"] * 9_000)
    labels = site.launch(of, config)["metadata"]["labels"]
    assert [labels[key] for key in keys] == ["x"] * 100
    assert len(parsed) == 1


def test_of_a_list_the_own_value_alone_is_looked_through(site: Site) -> None:
    """Neither the length of a list nor what another instance gets counts for this one."""
    sizes = ["1Gi"] * 5_000
    sizes[4], sizes[5] = "2Gi", {"__classname__": "a.Class"}
    for conf, mapped in (({"m": sizes}, from_param("m")), (None, from_xcom("plan"))):
        of, config = site.queue({"memory": mapped}, conf, map_index=4)
        site.push(of, sizes)
        assert memory_of(site.launch(of, config)) == ["2Gi", "2Gi"]
    of, config = site.queue({"memory": from_param("m")}, {"m": sizes}, map_index=5)
    with pytest.raises(PodRefusedError, match=r"is an object of the class 'a\.Class'"):
        site.launch(of, config)


def test_a_config_that_is_stored_holds_nothing_but_strings(site: Site) -> None:
    """Airflow pickles and serialises it in processes that do not have this package."""
    config = k8s_config(memory=from_xcom("plan", default="1Gi"))
    assert isinstance(config, ExecutorConfig)
    assert type(pickle.loads(pickle.dumps(config))) is dict  # noqa: S301  # of this test's own
    assert site.recorded == []
