"""In a worker a declaration is kept as it is given; what is read later is what other processes have read."""

from __future__ import annotations

import copy
import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from sample_declarations import EVERY_OPTION

from airflow_provider_k8sexec import EmptyDir, Secret, k8s_config
from airflow_provider_k8sexec.authoring.attach import attach_layers
from airflow_provider_k8sexec.authoring.layers import Layer
from airflow_provider_k8sexec.context import forget_context
from airflow_provider_k8sexec.executor_names import NAMES_VARIABLE
from airflow_provider_k8sexec.pod.executor_config import ExecutorConfig

if TYPE_CHECKING:
    from collections.abc import Callable

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


def test_a_worker_reads_what_is_right_beside_a_mistake(in_worker: Callable[[], None]) -> None:
    """A worker whose image differs from the scheduler's refuses nothing: its pod has already been created."""
    in_worker()
    config = k8s_config(memory="not a quantity", cpu=1, profile="of another image")
    assert isinstance(config, ExecutorConfig)
    assert config.declaration.cpu is not None
    assert json.dumps(config.manifest)
