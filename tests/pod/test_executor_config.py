"""The ``executor_config``: a plain dict to everybody, whose pod is made when somebody looks."""

from __future__ import annotations

import copy
import json
import operator
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubernetes.client import Configuration, V1Pod
from properties import examples
from sample_declarations import DEPLOYMENT, EVERY_OPTION, NOTHING, declarations, declare

from airflow_provider_k8sexec import DeploymentError
from airflow_provider_k8sexec.options.manifests import to_manifest
from airflow_provider_k8sexec.pod import executor_config
from airflow_provider_k8sexec.pod.executor_config import ExecutorConfig, build_v1_pod
from airflow_provider_k8sexec.pod.manifest import build_requested_pod
from airflow_provider_k8sexec.pod.task_request import TaskRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_k8sexec.options.declaration import Declaration
    from airflow_provider_k8sexec.options.manifests import Manifest

PROPERTY = examples(40)
OTHERS = {"CeleryExecutor": {"queue": "gpu"}}


def make(declaration: Declaration, others: dict[str, Any] | None = None) -> ExecutorConfig:
    """Make a config, as the edges do."""
    return ExecutorConfig.of(TaskRequest((), [("", declaration)], DEPLOYMENT, others))


def spell_out(declaration: Declaration, others: dict[str, Any] | None = None) -> dict[str, Any]:
    """Write the plain dict that a config stands for."""
    plain = dict(others or {})
    if declaration.pod_template_file is not None:
        plain["pod_template_file"] = declaration.pod_template_file
    if declaration.concerns_pod:
        plain["pod_override"] = build_v1_pod(build_requested_pod(declaration, DEPLOYMENT).pod)
    return plain


@pytest.fixture
def looks() -> list[Manifest]:
    """Collect the manifests that were asked for."""
    return []


@pytest.fixture
def watched(looks: list[Manifest], monkeypatch: pytest.MonkeyPatch) -> ExecutorConfig:
    """Make a config that uses every option, and tells when its pod is made."""

    def make_pod(manifest: Manifest) -> V1Pod:
        looks.append(manifest)
        return build_v1_pod(manifest)

    monkeypatch.setattr(executor_config, "build_v1_pod", make_pod)
    return make(declare(**EVERY_OPTION), OTHERS)


@PROPERTY
@given(declarations(), st.sampled_from([None, OTHERS]))
def test_a_config_is_the_dict_that_it_stands_for(declaration: Declaration, others: dict[str, Any]) -> None:
    """Nobody can tell it from the dict that an author would have written, but by its type."""
    plain = spell_out(declaration, others)

    def fresh() -> ExecutorConfig:
        return make(declaration, others)

    assert isinstance(fresh(), dict)
    assert fresh() == plain
    assert plain == fresh()
    assert fresh() == fresh()
    assert not operator.ne(fresh(), plain)
    assert not operator.ne(plain, fresh())
    assert fresh() != {**plain, "more": 1}
    assert {"nested": [fresh()]} == {"nested": [plain]}
    assert list(fresh()) == list(plain)
    assert list(reversed(fresh())) == list(reversed(plain))
    assert list(fresh().keys()) == list(plain.keys())
    assert list(fresh().values()) == list(plain.values())
    assert list(fresh().items()) == list(plain.items())
    assert (len(fresh()), bool(fresh())) == (len(plain), bool(plain))
    assert (repr(fresh()), str(fresh()), f"{fresh()}") == (repr(plain), str(plain), f"{plain}")
    assert dict(fresh()) == {**fresh()} == dict(**fresh()) == plain
    assert fresh() | {"a": 1} == plain | {"a": 1}
    assert {"a": 1} | fresh() == {"a": 1} | plain
    assert all(fresh()[key] == plain[key] and fresh().get(key) == plain[key] for key in plain)
    assert [key in fresh() for key in ("pod_override", "pod_template_file", "x")] == [
        key in plain for key in ("pod_override", "pod_template_file", "x")
    ]


@PROPERTY
@given(declarations())
def test_a_config_is_written_as_its_dict(declaration: Declaration) -> None:
    """To JSON with a hook for the pod, in both of Python's encoders, and to a pickle of a plain dict."""
    plain = spell_out(declaration, OTHERS)
    for indent in (None, 2):
        written = json.dumps(make(declaration, OTHERS), default=to_manifest, indent=indent, sort_keys=True)
        assert written == json.dumps(plain, default=to_manifest, indent=indent, sort_keys=True)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        pickled = pickle.dumps(make(declaration, OTHERS), protocol)
        assert b"airflow_provider_k8sexec" not in pickled
        unpickled = pickle.loads(pickled)  # noqa: S301  # made above
        assert type(unpickled) is dict
        assert unpickled == plain


KEYS = st.sampled_from(["pod_override", "pod_template_file", "CeleryExecutor", "more"])
CHANGES = st.one_of(
    st.tuples(st.just("__setitem__"), KEYS, st.integers(0, 1)),
    st.tuples(st.just("__delitem__"), KEYS),
    st.tuples(st.just("pop"), KEYS),
    st.tuples(st.just("pop"), KEYS, st.none()),
    st.tuples(st.just("setdefault"), KEYS, st.integers(0, 1)),
    st.tuples(st.just("update"), st.dictionaries(KEYS, st.integers(0, 1), max_size=2)),
    st.tuples(st.just("__ior__"), st.dictionaries(KEYS, st.integers(0, 1), max_size=2)),
    st.tuples(st.sampled_from(["popitem", "clear"])),
)


def outcome(config: dict[str, Any], change: tuple[Any, ...]) -> Any:
    """Change a dict, and tell what came of it."""
    method, *arguments = change
    try:
        result = getattr(config, method)(*arguments)
    except KeyError as error:
        return type(error), error.args
    return "itself" if result is config else result


@PROPERTY
@given(declarations(), st.lists(CHANGES, max_size=4))
def test_a_config_changes_as_its_dict_does(declaration: Declaration, changes: list[tuple[Any, ...]]) -> None:
    """Whatever is done to both, both are the same afterwards, copies included."""
    config, plain = make(declaration, OTHERS), spell_out(declaration, OTHERS)
    for change in changes:
        assert outcome(config, change) == outcome(plain, change)
    assert config == plain
    assert list(config) == list(plain)
    for copied in (copy.copy(config), config.copy(), copy.deepcopy(config)):
        assert isinstance(copied, ExecutorConfig)
        assert copied == plain
        assert list(copied) == list(plain)


LAZY: dict[str, Callable[[ExecutorConfig], Any]] = {
    "copy.copy": copy.copy,
    "copy": lambda config: config.copy(),
    "copy.deepcopy": copy.deepcopy,
    "copy.deepcopy of a holder": lambda config: copy.deepcopy({"default_args": {"executor_config": config}}),
    "len": len,
    "bool": bool,
    "in": lambda config: "pod_override" in config,
    "keys": lambda config: list(config.keys()),
    "iter": list,
    "reversed": lambda config: list(reversed(config)),
    "is_as_declared": lambda config: config.is_as_declared,
    "declaration": lambda config: config.declaration,
    "isinstance": lambda config: isinstance(config, dict),
}
CURIOUS: dict[str, Callable[[ExecutorConfig], Any]] = {
    "[]": lambda config: config["pod_override"],
    "get": lambda config: config.get("pod_override"),
    "items": lambda config: config.items(),
    "values": lambda config: config.values(),
    "==": lambda config: config == {},
    "== from the right": lambda config: {} == config,  # noqa: SIM300  # the order is what is tested
    "!=": lambda config: config != {},
    "repr": repr,
    "|": lambda config: config | {},
    "| from the right": lambda config: {} | config,
    "dict": dict,
    "**": lambda config: {**config},
    "update of another": lambda config: dict.update({}, config),
    "pop": lambda config: config.pop("pod_override"),
    "setdefault": lambda config: config.setdefault("pod_override", None),
    "pickle": pickle.dumps,
    "JSON": lambda config: json.dumps(config, default=to_manifest),
}


@pytest.mark.parametrize("use", LAZY.values(), ids=LAZY)
def test_who_does_not_look_at_the_pod_does_not_pay_for_it(
    use: Callable[[ExecutorConfig], Any], watched: ExecutorConfig, looks: list[Manifest]
) -> None:
    """A worker copies a task and its config, and never makes the pod."""
    use(watched)
    assert looks == []


@pytest.mark.parametrize("use", CURIOUS.values(), ids=CURIOUS)
def test_who_looks_at_the_pod_makes_it_once(
    use: Callable[[ExecutorConfig], Any], watched: ExecutorConfig, looks: list[Manifest]
) -> None:
    """However it is looked at, and however often."""
    use(watched)
    watched.get("pod_override")
    repr(watched)
    assert len(looks) == 1


def test_a_copy_that_nobody_looked_at_can_still_be_looked_at(
    watched: ExecutorConfig, looks: list[Manifest]
) -> None:
    """Copies are lazy, too, and each makes a pod of its own."""
    copies = [copy.copy(watched), copy.deepcopy(watched)]
    pods = [copied["pod_override"] for copied in copies]
    assert looks[0] == looks[1]
    assert pods[0] == pods[1]
    assert pods[0] is not pods[1]
    assert all(copied.is_as_declared for copied in [watched, *copies])


def test_a_shallow_copy_shares_the_pod_and_a_deep_one_does_not(watched: ExecutorConfig) -> None:
    """As with any dict."""
    pod = watched["pod_override"]
    shallow, deep = copy.copy(watched), copy.deepcopy(watched)
    assert shallow["pod_override"] is pod
    assert deep["pod_override"] is not pod
    deep["pod_override"].spec.containers[0].image = "another"
    deep["CeleryExecutor"]["queue"] = "another"
    assert watched["pod_override"].spec.containers[0].image == EVERY_OPTION["image"]
    assert watched["CeleryExecutor"] == OTHERS["CeleryExecutor"]


def test_a_config_that_stands_twice_somewhere_is_copied_once(watched: ExecutorConfig) -> None:
    """A deep copy keeps what is one object one object."""
    first, second = copy.deepcopy([watched, watched])
    assert first is second


def test_a_config_has_no_hash() -> None:
    """It is a dict, and can change."""
    with pytest.raises(TypeError, match="unhashable type: 'ExecutorConfig'"):
        hash(make(NOTHING))


def test_a_declaration_of_nothing_is_an_empty_dict() -> None:
    """There is no override where there is nothing to override, though a release is named."""
    config = make(declare(release="quasar-nebula-1234"))
    assert config == {}
    assert not config


def test_the_key_of_the_pod_holds_a_pod() -> None:
    """Airflow refuses anything else at launch."""
    pod = make(declare(cpu=1))["pod_override"]
    assert type(pod) is V1Pod
    assert pod.spec.containers[0].resources.limits == {"cpu": "1"}


def test_a_pod_that_cannot_be_built_stays_to_be_built(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error at the first look is an error at the second, and never a config without its pod."""

    def fail(_: Manifest) -> V1Pod:
        raise DeploymentError("no release")

    monkeypatch.setattr(executor_config, "build_v1_pod", fail)
    config = make(declare(cpu=1))
    for _ in range(2):
        with pytest.raises(DeploymentError, match="no release"):
            config.get("pod_override")
    assert config.is_as_declared


def test_a_pod_can_be_pickled_where_the_clients_configuration_cannot() -> None:
    """In a cluster the process-wide configuration holds a hook; the pods of the scheduler go to processes."""
    in_cluster = Configuration()
    in_cluster.refresh_api_key_hook = lambda _: None
    Configuration.set_default(in_cluster)
    executor_config._api_client.cache_clear()
    try:
        pickled = pickle.dumps(make(declare(**EVERY_OPTION)))
    finally:
        Configuration.set_default(None)
        executor_config._api_client.cache_clear()
    assert pickle.loads(pickled) == spell_out(declare(**EVERY_OPTION))  # noqa: S301  # made above


@PROPERTY
@given(declarations())
def test_a_config_is_as_declared_before_and_after_a_look(declaration: Declaration) -> None:
    """Looking changes nothing, whatever the client makes of the manifest."""
    config = make(declaration, OTHERS)
    assert config.is_as_declared
    dict(config)
    assert config.is_as_declared
    config["CeleryExecutor"] = {"queue": "cpu"}
    assert config.is_as_declared


def test_numbers_in_a_manifest_do_not_make_a_pod_another() -> None:
    """The client reads amounts as texts; that is no change by an author."""
    resources = {"limits": {"cpu": 1, "memory": "1Gi"}}
    config = make(declare(pod_override={"spec": {"containers": [{"name": "base", "resources": resources}]}}))
    assert config["pod_override"].spec.containers[0].resources.limits == {"cpu": "1", "memory": "1Gi"}
    assert config.is_as_declared


CHANGED: dict[str, Callable[[ExecutorConfig], Any]] = {
    "another pod": lambda config: config.update(pod_override=V1Pod()),
    "no pod": lambda config: config.pop("pod_override"),
    "nothing for a pod": lambda config: config.update(pod_override=None),
    "another image": lambda config: setattr(config["pod_override"].spec.containers[0], "image", "another"),
    "another template": lambda config: config.update(pod_template_file="/another.yaml"),
    "no template": lambda config: config.pop("pod_template_file"),
    "nothing": lambda config: config.clear(),
}


@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED)
def test_a_config_that_somebody_changed_is_not_as_declared(
    change: Callable[[ExecutorConfig], Any], watched: ExecutorConfig
) -> None:
    """What an author does to the pod by hand counts, and the declaration does not stand for it any more."""
    change(watched)
    assert not watched.is_as_declared
    assert not copy.copy(watched).is_as_declared


def test_a_pod_that_nobody_declared_is_not_as_declared() -> None:
    """A config of nothing can get a pod by hand."""
    config = make(NOTHING)
    config["pod_override"] = V1Pod()
    assert not config.is_as_declared
