"""In a worker a declaration is kept as it is given; what is read later is what other processes have read."""

from __future__ import annotations

import copy
import json
import pickle
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from airflow_lines import new_dag
from sample_declarations import EVERY_OPTION, declare

from airflow_provider_k8sexec import ConfigMap, EmptyDir, Secret, k8s_config, k8s_task
from airflow_provider_k8sexec.authoring import attach
from airflow_provider_k8sexec.authoring.attach import attach_layers
from airflow_provider_k8sexec.authoring.layers import MASKED_OPTIONS, Layer
from airflow_provider_k8sexec.authoring.masking import name_declared
from airflow_provider_k8sexec.context import forget_context
from airflow_provider_k8sexec.executor_names import NAMES_VARIABLE
from airflow_provider_k8sexec.options.bounds import DEEPEST
from airflow_provider_k8sexec.options.manifests import to_manifest
from airflow_provider_k8sexec.pod.executor_config import ExecutorConfig, build_v1_pod
from airflow_provider_k8sexec.pod.secret_names import SecretNames

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

DECLARED: list[list[Layer]] = [
    [Layer({"cpu": 1, "secrets": ["A", Secret("B", file="/s/b")]})],
    [
        Layer(
            {key: value for key, value in EVERY_OPTION.items() if key not in ("profile", "pod_template_file")}
        )
    ],
    [Layer({"memory": "1Gi"}, name="default_args of the DAG"), Layer({"volumes": {"/d": EmptyDir()}})],
    [Layer({"pod_template_file": "/t.yaml"}, {"CeleryExecutor": {"queue": "a"}})],
    [Layer({"release": "r"})],
]


def stack_of(frame: FrameType | None) -> list[FrameType]:
    """List a frame and those that it was called from."""
    frames = []
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    return frames


@pytest.fixture
def in_worker(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Go on as a worker, in which the scheduler has named what is to be masked."""

    def enter() -> None:
        monkeypatch.setenv("AIRFLOW_IS_K8S_EXECUTOR_POD", "True")
        monkeypatch.setenv(NAMES_VARIABLE, "{}")
        forget_context()

    return enter


@pytest.mark.filterwarnings("ignore::airflow_provider_k8sexec.SpecWarning")
@pytest.mark.parametrize("layers", DECLARED, ids=range(len(DECLARED)))
def test_a_worker_gives_the_pod_that_other_processes_give(
    layers: list[Layer], in_worker: Callable[[], None]
) -> None:
    """Airflow 2 writes a worker's ``executor_config`` back to the database, and launches a retry by it."""
    before = dict(attach_layers(layers, [], None))
    in_worker()
    looks: list[Callable[[ExecutorConfig], Any]] = [
        dict,
        copy.copy,
        copy.deepcopy,
        lambda config: {**config},
        lambda config: pickle.loads(pickle.dumps(config)),  # noqa: S301  # made here
        lambda config: {key: config[key] for key in config.keys()},  # noqa: SIM118  # keys() is tested
    ]
    for look in looks:
        assert look(attach_layers(layers, [], None)) == before
    assert len(attach_layers(layers, [], None)) == len(before)
    assert ("pod_override" in attach_layers(layers, [], None)) == ("pod_override" in before)
    assert list(reversed(attach_layers(layers, [], None))) == list(reversed(before))
    assert repr(attach_layers(layers, [], None)) == repr(before)


def test_a_worker_reads_nothing_before_the_first_access(in_worker: Callable[[], None]) -> None:
    """Airflow asks whether a config is empty, and copies ``default_args``: neither reads it."""
    in_worker()
    config = k8s_config(memory="not read", unknown=1)
    assert isinstance(config, ExecutorConfig)
    copied = copy.deepcopy({"executor_config": config})["executor_config"]
    assert config
    assert copied
    assert config.is_as_declared
    assert (config._request, copied._request) == (None, None)


KEY = {"secretKeyRef": {"name": "db", "key": "a"}}
OF_SECRET = {"name": "A", "valueFrom": KEY}
SECRETS_ELSEWHERE = {
    "env_from": ["secret/db"],
    "volumes": {"/db": {"secret": {"secretName": "db"}}},
    "image_pull_secrets": ["registry"],
    "init_containers": [{"name": "fetch", "image": "a:1", "envFrom": [{"secretRef": {"name": "db"}}]}],
    "pod_override": {
        "spec": {"containers": [{"name": "base", "env": [{"name": "A", "valueFrom": OF_SECRET}]}]}
    },
}


@pytest.mark.parametrize("option", sorted(EVERY_OPTION.keys() - MASKED_OPTIONS))
def test_no_other_option_declares_what_is_masked(option: str) -> None:
    """A worker decides by the names of options whether it has to read a declaration."""
    for options in ({option: EVERY_OPTION[option]}, {option: {**EVERY_OPTION, **SECRETS_ELSEWHERE}[option]}):
        assert name_declared(declare(**options)) == SecretNames()


@pytest.fixture
def in_unnamed_worker(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Go on as a worker in which the scheduler has named nothing, and count the declarations it reads."""
    counter: Counter[str] = Counter()

    def read(layers: list[Layer]) -> Any:
        counter["read"] += 1
        return read_in_worker(layers)

    read_in_worker = attach._read_in_worker
    monkeypatch.setattr(attach, "_read_in_worker", read)
    monkeypatch.setenv("AIRFLOW_IS_K8S_EXECUTOR_POD", "True")
    monkeypatch.delenv(NAMES_VARIABLE, raising=False)
    forget_context()
    return counter


def declare_tasks(count: int, **options: Any) -> list[Any]:
    """Declare tasks with options of their own, inside ``default_args`` of both kinds."""
    defaults = {"executor_config": k8s_config(memory="1Gi"), "labels": {"team": "data"}}
    with new_dag(default_args=defaults):
        return [k8s_task(task_id=f"t{index}", **options)(lambda: None)() for index in range(count)]


@pytest.mark.parametrize("options", [{}, {"cpu": 1, **SECRETS_ELSEWHERE}], ids=["none", "some"])
def test_a_worker_reads_no_declaration_without_secrets(
    options: dict[str, Any], in_unnamed_worker: Counter[str]
) -> None:
    """The pod of a task that uses no secret has no names, and its worker spends nothing on declarations."""
    declare_tasks(5, **options)
    assert in_unnamed_worker == {}


@pytest.mark.parametrize(
    "options",
    [{"secrets": ["A"]}, {"env_vars": {"A": KEY}}, {"profile": "p"}],
    ids=lambda options: next(iter(options)),
)
def test_a_worker_reads_a_declaration_that_may_have_secrets(
    options: dict[str, Any], in_unnamed_worker: Counter[str]
) -> None:
    """Where no scheduler has named them, the values of secrets are masked by the declaration."""
    declare_tasks(5, **options)
    assert in_unnamed_worker == {"read": 5 + 1}  # the config of the default_args, which they share, once


@pytest.mark.parametrize(
    ("option", "value", "read"),
    [
        ("POD_OPTIONS", '{"labels": {"a": "b"}}', 0),
        ("POD_OPTIONS", '{"secrets": ["A"]}', 6),
        ("DEFAULT_PROFILE", "small", 6),
    ],
)
def test_what_a_site_declares_for_all_tasks_is_read_too(
    option: str,
    value: str,
    read: int,
    in_unnamed_worker: Counter[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Options of the site, and a profile of all tasks, may name secrets that no task names."""
    monkeypatch.setenv(f"AIRFLOW__K8SEXEC__{option}", value)
    forget_context()
    declare_tasks(5)
    assert in_unnamed_worker["read"] == read


def test_a_worker_reads_what_is_right_beside_a_mistake(in_worker: Callable[[], None]) -> None:
    """A worker whose image differs from the scheduler's refuses nothing: its pod has already been created."""
    in_worker()
    config = k8s_config(memory="not a quantity", cpu=1, profile="of another image")
    assert isinstance(config, ExecutorConfig)
    assert config.declaration.cpu is not None
    assert json.dumps(config.manifest)


def test_a_worker_copies_no_value_that_is_nested_without_end(in_worker: Callable[[], None]) -> None:
    """Python's own limit is no bound: whatever traces or measures a worker may break in its last frames."""
    in_worker()
    endless: dict[str, Any] = {}
    endless["a"] = endless
    deepest = [0]
    sys.setprofile(lambda frame, event, _: deepest.append(len(stack_of(frame))) if event == "call" else None)
    try:
        k8s_config(cpu=1, labels=endless)
    finally:
        sys.setprofile(None)
    assert max(deepest) < len(stack_of(sys._getframe())) + 3 * DEEPEST


@pytest.mark.parametrize("as_models", [False, True])
@pytest.mark.parametrize("is_worker", [False, True])
def test_a_loop_that_changes_what_it_gives_to_tasks_gives_each_its_own(monkeypatch, is_worker, as_models):
    """A worker reads a declaration late, and as it was when the task was made: it may be written back."""
    if is_worker:
        monkeypatch.setenv("AIRFLOW_IS_K8S_EXECUTOR_POD", "True")
        monkeypatch.setenv(NAMES_VARIABLE, "{}")
        forget_context()
    labels, files = {}, {"app.yaml": "app.yaml"}
    override = build_v1_pod({"metadata": {"labels": {}}, "spec": {"containers": [{"name": "base"}]}})
    configs = []
    for size in ("small", "large"):
        labels["size"] = files["app.yaml"] = size
        override.metadata.labels["model"] = size
        models = {"pod_override": override} if as_models else {}
        configs.append(k8s_config(labels=labels, volumes={"/c": ConfigMap("c", items=files)}, **models))
    for size, config in zip(("small", "large"), configs, strict=True):
        pod = to_manifest(config["pod_override"])
        assert pod["metadata"]["labels"]["size"] == size
        assert pod["spec"]["volumes"][0]["configMap"]["items"][0]["path"] == size
        assert pod["metadata"]["labels"].get("model") == (size if as_models else None)
