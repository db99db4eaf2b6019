"""Who set what in a pod: by field, with what was overridden, and in the ``executor_config`` for the UI."""

from __future__ import annotations

import copy
import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from properties import examples
from sample_declarations import DEPLOYMENT, EVERY_OPTION, NOTHING, PODS, declarations, declare

from airflow_provider_k8sexec import k8s_config
from airflow_provider_k8sexec.authoring.attach import attach_layers
from airflow_provider_k8sexec.authoring.layers import Layer
from airflow_provider_k8sexec.executor_names import PROVENANCE
from airflow_provider_k8sexec.options.paths import show_path
from airflow_provider_k8sexec.pod import field_history
from airflow_provider_k8sexec.pod.executor_config import TASK, ExecutorConfig
from airflow_provider_k8sexec.pod.field_history import Field, find_fields, trace_fields
from airflow_provider_k8sexec.pod.manifest import build_requested_pod
from airflow_provider_k8sexec.pod.provenance import gather_origins
from airflow_provider_k8sexec.pod.task_request import TaskRequest

if TYPE_CHECKING:
    from airflow_provider_k8sexec.options.declaration import Declaration
    from airflow_provider_k8sexec.options.manifests import Manifest

PROPERTY = examples(30)
DAG = "default_args of the DAG"


def container(**fields: Any) -> Manifest:
    """Write a pod of one container."""
    return {"spec": {"containers": [{"name": "base", **fields}]}}


def named_fields(pod: Manifest) -> dict[str, Any]:
    """Give the fields of a pod by the paths that people read."""
    return {show_path(path): value for path, value in find_fields(pod)}


def test_the_fields_of_a_pod_are_named_as_people_name_them() -> None:
    """Things in lists by their names; what has one source is one field."""
    pod = {
        "metadata": {"labels": {"team": "data", "example.com/tier": "gold"}},
        "spec": {
            "containers": [
                {
                    "name": "base",
                    "args": ["run"],
                    "env": [
                        {"name": "STAGE", "value": "test"},
                        {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
                    ],
                    "envFrom": [{"secretRef": {"name": "db"}}],
                    "resources": {"limits": {"ephemeral-storage": "1Gi", "nvidia.com/gpu": "1"}},
                    "volumeMounts": [{"name": "v", "mountPath": "/data"}],
                    "ports": [],
                    "securityContext": {},
                }
            ],
            "initContainers": [{"name": "fetch", "image": "busybox"}],
            "imagePullSecrets": [{"name": "regcred"}],
            "tolerations": [{"key": "gpu"}, {"key": "spot"}],
            "volumes": [{"name": "v", "emptyDir": {}}],
            "hostNetwork": False,
            "nodeName": None,
        },
    }
    assert named_fields(pod) == {
        "metadata.labels.team": "data",
        "metadata.labels[example.com/tier]": "gold",
        "spec.containers[base].args": ["run"],
        "spec.containers[base].env[STAGE]": "test",
        "spec.containers[base].env[IP]": {"valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        "spec.containers[base].envFrom[0]": {"secretRef": {"name": "db"}},
        "spec.containers[base].resources.limits.ephemeral-storage": "1Gi",
        "spec.containers[base].resources.limits[nvidia.com/gpu]": "1",
        "spec.containers[base].volumeMounts[/data]": {"name": "v"},
        "spec.initContainers[fetch].image": "busybox",
        "spec.imagePullSecrets[regcred]": "regcred",
        "spec.tolerations[0]": {"key": "gpu"},
        "spec.tolerations[1]": {"key": "spot"},
        "spec.volumes[v]": {"emptyDir": {}},
        "spec.hostNetwork": False,
    }


def record_origins(pods: list[tuple[str, Manifest]]) -> dict[str, str]:
    """Give who changed each field last where it was not the task, by a comparison of all the pods."""
    return {
        show_path(path): changes[-1].origin
        for path, changes in field_history._trace_changes(pods, lambda pod: pod)
        if changes[-1].value is not None and changes[-1].origin != TASK
    }


def trace(pods: list[tuple[str, Manifest]], origin: str = "") -> list[Field]:
    """Trace the fields of the last pod, all of which somebody has set."""
    last = pods[-1][1] if pods else {}
    origins = gather_origins({path: origin for path, _ in find_fields(last)})
    return trace_fields(pods, origins, lambda pod: pod)


def test_the_recorded_origin_is_the_last_layer_that_changed_a_field() -> None:
    """What the task changed last is not recorded, and a layer that repeats a value sets nothing."""
    pods = [
        ("a", container(image="1", tty=True)),
        ("b", container(image="2", tty=True)),
        ("c", container(image="2", tty=True)),
        (TASK, container(image="3", tty=True, stdin=True)),
    ]
    assert record_origins(pods) == {"spec.containers[base].tty": "a"}
    assert trace(pods, "who") == [
        Field("spec.containers[base].image", "3", "who", (("a", "1"), ("b", "2"))),
        Field("spec.containers[base].tty", value=True, origin="who"),
        Field("spec.containers[base].stdin", value=True, origin="who"),
    ]


def test_what_was_taken_away_is_told_too() -> None:
    """Airflow replaces resources as a whole, and with them goes what nobody meant to lose."""
    pods = [
        ("a", container(resources={"limits": {"cpu": "1", "memory": "1Gi"}})),
        ("b", container(resources={"limits": {"cpu": "2"}})),
        ("c", container(resources={"limits": {"cpu": "2"}})),
        ("d", container(resources={"limits": {"cpu": "2"}}, image="1")),
    ]
    assert trace(pods, "who") == [
        Field("spec.containers[base].resources.limits.cpu", "2", "who", (("a", "1"),)),
        Field("spec.containers[base].image", "1", "who"),
        Field("spec.containers[base].resources.limits.memory", None, "b", (("a", "1Gi"),)),
    ]


def test_what_comes_back_has_no_gap_in_what_it_overrode() -> None:
    """Of a field that was taken away and set again, the values are told."""
    pods = [("a", container(image="1")), ("b", container()), ("c", container(image="1"))]
    assert trace(pods, "c") == [Field("spec.containers[base].image", "1", "c", (("a", "1"),))]


def test_no_pods_have_no_fields() -> None:
    """There is nothing to tell of nothing."""
    assert trace([]) == []


@PROPERTY
@given(st.lists(PODS, min_size=1, max_size=4))
def test_every_field_of_the_last_pod_is_told_once_with_its_value(pods: list[Manifest]) -> None:
    """No field is lost or made up, and each is set where it last changed."""
    layers = [(str(index), pod) for index, pod in enumerate(pods)]
    traced = [field for field in trace(layers) if field.value is not None]
    assert {field.path: field.value for field in traced} == named_fields(pods[-1])
    recorded = record_origins(layers)
    assert recorded.keys() == {field.path for field in traced}
    for path, layer in recorded.items():
        if "[" in path.removeprefix("spec.containers"):  # positions of tolerations change
            continue
        values = [named_fields(pod).get(path) for pod in pods]
        at = int(layer)
        assert all(value == values[-1] for value in values[at:])
        assert at == 0 or values[at - 1] != values[-1]


def test_an_item_without_a_name_is_the_same_wherever_it_stands() -> None:
    """What a layer puts before another's toleration does not make that its own."""
    pods = [
        ("a", {"spec": {"tolerations": [{"key": "x"}]}}),
        ("b", {"spec": {"tolerations": [{"key": "y"}, {"key": "x"}]}}),
    ]
    assert record_origins(pods) == {"spec.tolerations[0]": "b", "spec.tolerations[1]": "a"}


def make(*layers: tuple[str, Declaration], outer: int = 0) -> ExecutorConfig:
    """Make a config of layers, the first few of them the site's."""
    return ExecutorConfig.of(TaskRequest(layers[:outer], layers[outer:], DEPLOYMENT))


def test_the_config_tells_what_others_than_the_task_have_set() -> None:
    """By field, and by the place that said it."""
    config = make(
        ("the site", declare(cpu=1, labels={"team": "data"})),
        ("profile 'a'", declare(cpu=2, memory="1Gi")),
        (DAG, declare(memory="2Gi", secrets=["TOKEN"])),
        ("", declare(image="mine:1", memory="3Gi")),
        outer=2,
    )
    resources = "spec.containers[base].resources"
    assert config[PROVENANCE] == {
        "layers": {
            "metadata.labels.team": "the site",
            "spec.containers[base].env[TOKEN]": DAG,
            f"{resources}.requests.cpu": "profile 'a'",
            f"{resources}.limits.cpu": "profile 'a'",
        }
    }


@pytest.mark.parametrize(
    "layers",
    [
        [("", declare(cpu=1))],
        [("the site", NOTHING), (DAG, NOTHING), ("", declare(cpu=1))],
        [
            ("the site", declare(release="quasar-nebula-1234", pod_template_file="/t.yaml")),
            ("", declare(cpu=1)),
        ],
        [("the site", declare(profile="a")), ("", NOTHING)],
    ],
)
def test_a_pod_that_is_the_tasks_own_has_nothing_to_tell(layers: list[tuple[str, Declaration]]) -> None:
    """Nobody pays for what nobody needs."""
    assert PROVENANCE not in make(*layers)


def test_a_pod_that_is_all_of_others_tells_so() -> None:
    """A task that says nothing has its pod from where the last layer speaks."""
    config = make((DAG, declare(image="a:1")), ("", NOTHING))
    assert config[PROVENANCE] == {"layers": {"spec.containers[base].image": DAG}}
    assert config["pod_override"].spec.containers[0].image == "a:1"


LAYERS = st.lists(declarations().map(lambda it: evolve(it, release=None)), min_size=1, max_size=4)


def named(said: list[Declaration]) -> list[tuple[str, Declaration]]:
    """Give each layer a place, and the last one the task's."""
    places = [f"layer {index}" for index in range(len(said) - 1)]
    return list(zip([*places, ""], said, strict=True))


@PROPERTY
@given(LAYERS)
def test_what_grows_layer_by_layer_ends_as_the_pod(said: list[Declaration]) -> None:
    """Origins agree with pods that are built of ever more layers.

    An option of several fields is one thing to its author: ``cpu=(1, 2)`` over ``cpu=(1, 3)`` sets both
    sides, though the request stays what it was. The annotations of this package repeat what others hold.
    """
    config = make(*named(said))
    grown = list(config.grow())
    if not grown:
        assert config.declaration == NOTHING
        return
    assert grown[-1][1] == build_requested_pod(config.declaration, DEPLOYMENT).pod
    recorded = config.get(PROVENANCE, {"layers": {}})["layers"]
    last = named_fields(grown[-1][1])
    assert recorded.keys() <= last.keys()
    told = {path: recorded.get(path, TASK) for path in last if "[k8sexec/" not in path}
    grew = record_origins(grown)
    ranks = {layer or TASK: rank for rank, (layer, _) in enumerate(config.layers)}
    for path, layer in told.items():
        assert ranks[layer] >= ranks[grew.get(path, TASK)]
        if ranks[layer] > ranks[grew.get(path, TASK)]:
            at = [place for place, _ in grown].index(layer)
            assert named_fields(grown[at][1])[path] == last[path]


@PROPERTY
@given(LAYERS)
def test_a_config_with_provenance_is_an_honest_dict(said: list[Declaration]) -> None:
    """Keys, copies, pickles and JSON agree, before and after a look."""
    config = make(*named(said))
    keys = list(config)
    unlooked = [copy.copy(config), copy.deepcopy(config)]
    plain = dict(config)
    assert list(plain) == keys
    assert [dict(copied) for copied in unlooked] == [plain, plain]
    assert pickle.loads(pickle.dumps(make(*named(said)))) == plain  # noqa: S301  # made here
    assert make(*named(said)) == config == plain
    assert config.is_as_declared
    assert json.dumps(plain.get(PROVENANCE)) == json.dumps(make(*named(said)).get(PROVENANCE))


@pytest.fixture
def site(configure: Any) -> None:
    """Declare something for all tasks, and in a profile."""
    configure(
        pod_options='{"cpu": 1, "labels": {"team": "data"}}',
        profiles_file=None,
        profiles="gpu: {gpu: 1}\nlarge: {extends: gpu, memory: 2Gi}",
    )


@pytest.mark.usefixtures("site")
def test_a_config_in_default_args_brings_neither_site_nor_profile_twice() -> None:
    """They are laid under everything once, and what k8s_config said is the DAG's word."""
    inherited = k8s_config(profile="large", image="dag:1")
    config = attach_layers([Layer({}, inherited, DAG), Layer({"cpu": 3})], [], None)
    assert [place for place, _ in config.layers] == [
        "[k8sexec] pod_options",
        "profile 'gpu'",
        "profile 'large'",
        DAG,
        "",
    ]
    assert config[PROVENANCE]["layers"] == {
        "metadata.labels.team": "[k8sexec] pod_options",
        "spec.containers[base].image": DAG,
        "spec.containers[base].resources.limits.memory": "profile 'large'",
        "spec.containers[base].resources.limits[nvidia.com/gpu]": "profile 'gpu'",
        "spec.containers[base].resources.requests.memory": "profile 'large'",
        "spec.containers[base].resources.requests[nvidia.com/gpu]": "profile 'gpu'",
    }


@pytest.mark.usefixtures("site")
def test_another_profile_of_the_task_replaces_the_one_of_default_args() -> None:
    """Of the profile that was asked for around it, nothing is left."""
    config = attach_layers([Layer({}, k8s_config(profile="large"), DAG), Layer({"profile": "gpu"})], [], None)
    assert config.declaration.memory is None
    assert config.declaration.gpu == declare(gpu=1).gpu


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize("form", [dict, lambda config: config])
def test_what_was_told_of_one_config_is_not_told_of_another(form: Any) -> None:
    """A config that is laid over, written out as a dict or not, brings no old word of who set what."""
    inherited = form(k8s_config(profile="large"))
    config = attach_layers([Layer({}, inherited, DAG), Layer({"memory": "9Gi"})], [], None)
    assert "spec.containers[base].resources.limits.memory" not in config[PROVENANCE]["layers"]


def test_a_secret_that_the_task_gets_elsewhere_needs_no_release(configure: Any) -> None:
    """An outer layer's key of a secret that nobody can name does no harm where the task sets the variable."""
    configure(release_name=None)
    layers = [Layer({"secrets": ["A"], "cpu": 1}, name=DAG), Layer({"env_vars": {"A": "literal"}})]
    config = attach_layers(layers, [], None)
    assert config[PROVENANCE]["layers"].keys() == {
        "spec.containers[base].resources.requests.cpu",
        "spec.containers[base].resources.limits.cpu",
    }


def test_every_option_of_an_outer_layer_is_told() -> None:
    """Whatever an option becomes in the pod, its fields are the outer layer's."""
    outer = declare(**EVERY_OPTION)
    config = make((DAG, outer), ("", declare(namespace="mine")))
    told = config[PROVENANCE]["layers"]
    fields = named_fields(build_requested_pod(config.declaration, DEPLOYMENT).pod)
    assert told == dict.fromkeys(fields.keys() - {"metadata.namespace"}, DAG)
