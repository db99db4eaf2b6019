"""Raw manifests against the table of the pod's fields: what is found, how it is told, and what is let be."""

from __future__ import annotations

import datetime as dt
import functools
import importlib
import importlib.resources
import json
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.options.requested_pod import RequestedPod
from airflow_provider_k8sexec.rules.api_server.schema import read_manifest
from airflow_provider_k8sexec.rules.findings import name_findings

if TYPE_CHECKING:
    from collections.abc import Callable

TABLE = importlib.resources.files("airflow_provider_k8sexec.rules.api_server") / "pod_schema.json"
MODELS: dict[str, dict[str, str]] = json.loads(TABLE.read_text(encoding="utf-8"))["models"]

LONGEST_VALUE = 82  # 80 and quotes
POD_FIELDS = "'activeDeadlineSeconds', 'affinity', 'automountServiceAccountToken'"


def check_manifest(manifest: object, model: str, field: str) -> list[Problem]:
    """Give the problems of a manifest, which its author calls ``field``."""
    return name_findings(read_manifest(manifest, model)[1], RequestedPod.of_manifest({}, field))


def found(manifest: object, model: str) -> list[str]:
    """Give the problems of a manifest as the lines that an author reads."""
    return [str(problem) for problem in check_manifest(manifest, model, "it")]


class HostileError(Exception):
    """What hostile objects raise."""


class HostileDict(dict[str, Any]):
    """A dict that cannot be looked through."""

    def items(self) -> NoReturn:
        """Refuse."""
        raise HostileError


class HostileInt(int):
    """A number that cannot be shown."""

    def __repr__(self) -> str:
        """Refuse."""
        raise HostileError

    __str__ = __repr__


class HostileObject:
    """An object that can be neither shown nor compared."""

    def __repr__(self) -> str:
        """Refuse."""
        raise HostileError

    def __eq__(self, other: object) -> bool:
        """Refuse."""
        raise HostileError

    __hash__ = object.__hash__


UNKNOWN_FIELDS = {
    "snake case of the client": (
        "V1SecurityContext",
        {"run_as_user": 1000},
        "it['run_as_user']=1000 is not a field of SecurityContext; write 'runAsUser'.",
    ),
    "snake case of an abbreviation": (
        "V1HostAlias",
        {"ip": "10.0.0.1", "host_names": ["db"]},
        "it['host_names']=<list> is not a field of HostAlias; write 'hostnames'.",
    ),
    "snake case where camelCase is irregular": (
        "V1ContainerPort",
        {"containerPort": 80, "host_ip": "10.0.0.1"},
        "it['host_ip']='10.0.0.1' is not a field of ContainerPort; write 'hostIP'.",
    ),
    "wrong case": (
        "V1ContainerPort",
        {"ContainerPort": 80},
        "it['ContainerPort']=80 is not a field of ContainerPort; write 'containerPort'.",
    ),
    "hyphens": (
        "V1LocalObjectReference",
        {"na-me": "registry"},
        "it['na-me']='registry' is not a field of LocalObjectReference; write 'name'.",
    ),
    "misspelt": (
        "V1Toleration",
        {"key": "gpu", "operater": "Exists"},
        "it['operater']='Exists' is not a field of Toleration; write 'operator'.",
    ),
    "singular": (
        "V1ResourceRequirements",
        {"limit": {"cpu": "1"}},
        "it['limit']=<dict> is not a field of ResourceRequirements; write 'limits'.",
    ),
    "of another model": (
        "V1Container",
        {"name": "base", "nodeSelector": {"disk": "ssd"}},
        "it['nodeSelector']=<dict> is not a field of Container; it belongs in PodSpec.",
    ),
    "of several other models": (
        "V1PodSpec",
        {"containers": [], "imagePullPolicy": "Always"},
        (
            "it['imagePullPolicy']='Always' is not a field of PodSpec; "
            "it belongs in Container or EphemeralContainer."
        ),
    ),
    "like no other": (
        "V1ResourceRequirements",
        {"memory": "1Gi"},
        (
            "it['memory']=<str> is not a field of ResourceRequirements; "
            "remove it, or write one of ['claims', 'limits', 'requests']."
        ),
    ),
    "like none of many": (
        "V1PodSpec",
        {"containers": [], "xyz": True},
        (
            "it['xyz']=True is not a field of PodSpec; remove it, or write one of "
            f"[{POD_FIELDS}, 'containers', 'dnsConfig', 'dnsPolicy', ...]."
        ),
    ),
    "of many other models": (
        "V1Capabilities",
        {"name": "SYS_ADMIN"},
        "it['name']=<str> is not a field of Capabilities; remove it, or write one of ['add', 'drop'].",
    ),
    "no string": (
        "V1Capabilities",
        {1: "SYS_ADMIN"},
        "it[1]=<str> is not a field of Capabilities; remove it, or write one of ['add', 'drop'].",
    ),
    "too long to show": (
        "V1Capabilities",
        {"x" * 500: "y" * 500},
        (
            f"it['{'x' * 37}...{'x' * 38}']=<str> is not a field of Capabilities; "
            "remove it, or write one of ['add', 'drop']."
        ),
    ),
    "status of a pod": (
        "V1Pod",
        {"status": {"phase": "Running"}},
        (
            "it['status']=<dict> is not a field of Pod; "
            "remove it, or write one of ['apiVersion', 'kind', 'metadata', 'spec']."
        ),
    ),
}

WRONG_TYPES = {
    "int for a string": (
        "V1Pod",
        {"spec": {"containers": [{"name": "base", "env": [{"name": "DEBUG", "value": 1}]}]}},
        "it['spec']['containers'][0]['env'][0]['value']=1 must be a string; write '1'.",
    ),
    "bool for a string": (
        "V1EnvVar",
        {"name": "DEBUG", "value": True},
        "it['value']=True must be a string; write 'true'.",
    ),
    "float for a string": (
        "V1ObjectMeta",
        {"labels": {"version": 1.5}},
        "it['labels']['version']=1.5 must be a string; write '1.5'.",
    ),
    "path for a string": (
        "V1VolumeMount",
        {"name": "data", "mountPath": PurePosixPath("/data")},
        "it['mountPath']=<PurePosixPath> must be a string; write one.",
    ),
    "string for an int": (
        "V1PodSecurityContext",
        {"fsGroup": "1000"},
        "it['fsGroup']='1000' must be an integer; write 1000.",
    ),
    "word for an int": (
        "V1PodSecurityContext",
        {"fsGroup": "staff"},
        "it['fsGroup']='staff' must be an integer; write one.",
    ),
    "whole float for an int": (
        "V1Probe",
        {"periodSeconds": 10.0},
        "it['periodSeconds']=10.0 must be an integer; write 10.",
    ),
    "fraction for an int": (
        "V1Probe",
        {"periodSeconds": 2.5},
        "it['periodSeconds']=2.5 must be an integer; write one.",
    ),
    "infinity for an int": (
        "V1Probe",
        {"periodSeconds": float("inf")},
        "it['periodSeconds']=inf must be an integer; write one.",
    ),
    "bool for an int": (
        "V1Toleration",
        {"tolerationSeconds": True},
        "it['tolerationSeconds']=True must be an integer; write one.",
    ),
    "string for a bool": (
        "V1SecurityContext",
        {"privileged": "False"},
        "it['privileged']='False' must be True or False; write False.",
    ),
    "int for a bool": (
        "V1SecurityContext",
        {"privileged": 1},
        "it['privileged']=1 must be True or False; write True.",
    ),
    "word for a bool": (
        "V1SecurityContext",
        {"privileged": "never"},
        "it['privileged']='never' must be True or False; write one.",
    ),
    "bool for a quantity": (
        "V1ResourceRequirements",
        {"limits": {"cpu": True}},
        "it['limits']['cpu']=True must be a quantity such as '500m' or '1Gi'; write one.",
    ),
    "list for a quantity": (
        "V1EmptyDirVolumeSource",
        {"sizeLimit": ["1Gi"]},
        "it['sizeLimit']=<list> must be a quantity such as '500m' or '1Gi'; write one.",
    ),
    "float for a port": (
        "V1TCPSocketAction",
        {"port": 80.0},
        "it['port']=80.0 must be an integer or a string; write 80.",
    ),
    "datetime for a time": (
        "V1ObjectMeta",
        {"creationTimestamp": dt.datetime(2024, 5, 1, tzinfo=dt.timezone.utc)},
        (
            "it['creationTimestamp']=<datetime> must be an ISO 8601 time as a string; "
            "write '2024-05-01T00:00:00+00:00'."
        ),
    ),
    "dict for a list of models": (
        "V1PodSpec",
        {"containers": [], "tolerations": {"key": "gpu"}},
        (
            "it['tolerations']=<dict> must be a list of dicts (Toleration); "
            "write one, with fields of ['effect', 'key', 'operator', 'tolerationSeconds', 'value']."
        ),
    ),
    "string for a list of strings": (
        "V1Container",
        {"name": "base", "command": "python main.py"},
        "it['command']=<str> must be a list of strings; write one.",
    ),
    "int in a list of strings": (
        "V1Container",
        {"name": "base", "args": ["--port", 80]},
        "it['args'][1]=80 must be a string; write '80'.",
    ),
    "None in a list": (
        "list[V1LocalObjectReference]",
        [None],
        "it[0]=None must be a dict (LocalObjectReference); write one, with fields of ['name'].",
    ),
    "list for a model": (
        "V1Pod",
        {"spec": []},
        (
            "it['spec']=<list> must be a dict (PodSpec); "
            f"write one, with fields of [{POD_FIELDS}, 'containers', 'dnsConfig', 'dnsPolicy', ...]."
        ),
    ),
    "list for a map": (
        "V1ObjectMeta",
        {"labels": ["team"]},
        "it['labels']=<list> must be a dict of strings; write one.",
    ),
    "int as a key of a map": (
        "V1ObjectMeta",
        {"labels": {1: "x"}},
        "it['labels'][1]='x' has a key that is not a string; write '1' as the key.",
    ),
    "int beside strings in a map": (
        "dict[str]",
        {"disk": "ssd", "zone": 3},
        "it['zone']=3 must be a string; write '3'.",
    ),
    "ellipsis": (
        "V1LocalObjectReference",
        {"name": ...},
        "it['name']=... must be a string; write one.",
    ),
    "ellipsis for all": (
        "V1LocalObjectReference",
        ...,
        "it=... must be a dict (LocalObjectReference); write one, with fields of ['name'].",
    ),
    "foreign object": (
        "V1SecurityContext",
        {"capabilities": HostileObject()},
        (
            "it['capabilities']=<HostileObject> must be a dict (Capabilities); "
            "write one, with fields of ['add', 'drop']."
        ),
    ),
    "foreign object where all of JSON is allowed": (
        "V1ManagedFieldsEntry",
        {"fieldsV1": {"f:metadata": [1, None, {"f:name": ...}]}},
        "it['fieldsV1']['f:metadata'][2]['f:name']=... must be a JSON value; write one.",
    ),
    "number too long to print": (
        "V1LocalObjectReference",
        {"name": 10**5000},
        "it['name']=<int> must be a string; write one.",
    ),
}

MISSING_FIELDS = {
    "name of a container": ("V1Container", {"image": "python"}, "it['name']", "Container", "a string"),
    "name of a variable": ("V1EnvVar", {"value": "x"}, "it['name']", "EnvVar", "a string"),
    "name of a volume": ("V1Volume", {"emptyDir": {}}, "it['name']", "Volume", "a string"),
    "path of a mount": ("V1VolumeMount", {"name": "data"}, "it['mountPath']", "VolumeMount", "a string"),
    "port of a container": ("V1ContainerPort", {}, "it['containerPort']", "ContainerPort", "an integer"),
    "port of a probe": (
        "V1Probe",
        {"httpGet": {"path": "/"}},
        "it['httpGet']['port']",
        "HTTPGetAction",
        "an integer or a string",
    ),
    "containers of a pod": (
        "V1Pod",
        {"spec": {}},
        "it['spec']['containers']",
        "PodSpec",
        "a list of dicts (Container)",
    ),
    "field that is None": (
        "V1LabelSelectorRequirement",
        {"key": "a", "operator": None},
        "it['operator']",
        "LabelSelectorRequirement",
        "a string",
    ),
}


@pytest.mark.parametrize(("model", "manifest", "line"), UNKNOWN_FIELDS.values(), ids=UNKNOWN_FIELDS)
def test_unknown_field_is_told_with_the_right_one(model: str, manifest: object, line: str) -> None:
    """A field that the kubernetes client would drop in silence is told, with what to write instead."""
    assert found(manifest, model) == [line]


@pytest.mark.parametrize(("model", "manifest", "line"), WRONG_TYPES.values(), ids=WRONG_TYPES)
def test_wrong_type_is_told_with_its_place_and_value(model: str, manifest: object, line: str) -> None:
    """A value of the wrong type is told with its path, what is expected, and the right value if clear."""
    assert found(manifest, model) == [line]


@pytest.mark.parametrize(
    ("model", "manifest", "path", "name", "expected"), MISSING_FIELDS.values(), ids=MISSING_FIELDS
)
def test_missing_field_is_told(model: str, manifest: object, path: str, name: str, expected: str) -> None:
    """A field that Kubernetes requires is told if it is absent."""
    assert found(manifest, model) == [f"{path}=None is missing, and {name} requires it; write {expected}."]


def test_problem_has_path_value_reason_and_remedy() -> None:
    """The parts of a problem can be used one by one, not only as a line."""
    problem = Problem("it['runAsUser']", "'root'", "must be an integer", "write one", "K8S201")
    assert check_manifest({"runAsUser": "root"}, "V1SecurityContext", "it") == [problem]


def test_all_problems_are_found_at_once() -> None:
    """An author sees every mistake in one go, in the order of the manifest; what is missing comes last."""
    container = {"image": 3, "env": [{"name": "A"}, {"name": "B", "valeu": "x"}], "ports": [{}, {"name": 1}]}
    problems = check_manifest({"containers": [container], "hostPid": 1}, "V1PodSpec", "s")
    assert [problem.field for problem in problems] == [
        "s['containers'][0]['image']",
        "s['containers'][0]['env'][1]['valeu']",
        "s['containers'][0]['ports'][0]['containerPort']",
        "s['containers'][0]['ports'][1]['name']",
        "s['containers'][0]['ports'][1]['containerPort']",
        "s['containers'][0]['name']",
        "s['hostPid']",
        "s['hostPid']",
    ]


def test_value_of_a_misspelt_field_is_checked_too() -> None:
    """What stands under a wrong name is checked as what is meant, or its mistakes would show up later."""
    assert found({"security_context": {"run_as_user": "0"}, "name": "base"}, "V1Container") == [
        "it['security_context']=<dict> is not a field of Container; write 'securityContext'.",
        "it['security_context']['run_as_user']='0' is not a field of SecurityContext; write 'runAsUser'.",
        "it['security_context']['run_as_user']='0' must be an integer; write 0.",
    ]


def test_misspelt_required_field_is_not_missing_as_well() -> None:
    """One mistake is one problem: the wrong name of a required field does not count twice."""
    assert found({"mount_path": "/data", "name": "data"}, "V1VolumeMount") == [
        "it['mount_path']='/data' is not a field of VolumeMount; write 'mountPath'."
    ]


@pytest.mark.parametrize(
    ("model", "manifest"),
    [
        ("V1Affinity", None),
        ("V1Container", {"name": "base", "image": None, "env": None}),
        ("V1Container", {"name": "base", "image_pull_policy": None}),
        ("V1ObjectMeta", {"labels": {"team": None}}),
        ("V1ManagedFieldsEntry", {"fieldsV1": None}),
    ],
)
def test_none_is_absent(model: str, manifest: object) -> None:
    """None stands for a field that is not given, as in the kubernetes client."""
    assert found(manifest, model) == []


@pytest.mark.parametrize("quantity", ["500m", "", "nonsense", 1, 0.5, float("nan"), -3])
def test_quantity_may_be_a_number_or_any_string(quantity: object) -> None:
    """Kubernetes reads numbers as quantities; what a string says is judged elsewhere."""
    assert found({"requests": {"cpu": quantity}}, "V1ResourceRequirements") == []


@pytest.mark.parametrize("port", [8080, "http", "8080"])
def test_port_of_a_probe_may_be_a_number_or_a_name(port: object) -> None:
    """The port of an HTTP probe is given by its number or its name."""
    assert found({"port": port}, "V1HTTPGetAction") == []


def test_tuple_is_a_list() -> None:
    """A tuple is as good as a list: it becomes the same JSON."""
    assert found({"name": "base", "command": ("python", "main.py")}, "V1Container") == []


def test_type_may_be_a_list_or_a_map() -> None:
    """Arguments that are lists of models, or maps, are checked just as models are."""
    assert found([{"key": "a"}, {"kye": "b"}], "list[V1Toleration]") == [
        (
            "it[1]['kye']=<str> is not a field of Toleration; "
            "remove it, or write one of ['effect', 'key', 'operator', 'tolerationSeconds', 'value']."
        )
    ]


@pytest.mark.parametrize("model", ["V1Pdo", "list[V1Pdo]", ""])
def test_model_that_is_not_in_the_table_is_an_error(model: str) -> None:
    """A caller that names no model of Kubernetes learns it even if the manifest is empty."""
    with pytest.raises(KeyError, match=re.escape(repr(model))):
        check_manifest(None, model, "it")


@pytest.mark.parametrize(
    "env",
    [
        [{"name": "PASSWORD", "valeu": "hunter2"}],
        [{"name": "PASSWORD", "VALUE": "hunter2"}],
        [{"name": "PASSWORD", "vlaue_form": "hunter2"}],
        [{"PASSWORD": "hunter2"}],
        [{"name": "PASSWORD", "value": b"hunter2"}],
        [{"name": "PASSWORD", "value": ["hunter2"]}],
        [{"name": "PASSWORD", "valueFrom": "hunter2"}],
        ["PASSWORD=hunter2"],
        [["PASSWORD", "hunter2"]],
        {"PASSWORD": "hunter2"},
        "PASSWORD=hunter2",
    ],
)
def test_value_of_a_variable_is_never_shown(env: object) -> None:
    """A password in an environment variable does not get into logs, however wrong the manifest is."""
    lines = found({"containers": [{"name": "base", "env": env}]}, "V1PodSpec")
    assert lines
    assert "hunter2" not in "".join(lines)


@pytest.mark.parametrize(
    "container",
    [
        {"name": "base", "args": "--password hunter2"},
        {"name": "base", "environment": [{"name": "PASSWORD", "value": "hunter2"}]},
        {"name": "base", "startupProbe": {"httpGet": {"httpHeaders": [{"vaule": "hunter2"}]}}},
        [{"name": "base", "env": [{"name": "PASSWORD", "value": "hunter2"}]}],
        "PASSWORD=hunter2",
    ],
)
def test_what_may_hold_a_secret_is_shown_by_its_type(container: object) -> None:
    """A dict, a list, or a string where no scalar belongs may hold a password, so only its type is shown."""
    lines = found({"containers": [container]}, "V1PodSpec")
    assert lines
    assert "hunter2" not in "".join(lines)


def test_manifest_that_contains_itself_is_told() -> None:
    """A cycle ends the walk where it closes."""
    pod: dict[str, Any] = {"metadata": {"labels": {}}}
    pod["spec"] = pod
    pod["metadata"]["labels"]["self"] = pod["metadata"]
    assert found(pod, "V1Pod") == [
        "it['metadata']['labels']['self']=<dict> contains itself; write it out, or remove it.",
        "it['spec']=<dict> contains itself; write it out, or remove it.",
    ]


def test_list_that_contains_itself_is_told() -> None:
    """A cycle where all of JSON is allowed ends the walk, too."""
    endless: list[Any] = [1]
    endless.append(endless)
    assert found({"fieldsV1": endless}, "V1ManagedFieldsEntry") == [
        "it['fieldsV1'][1]=<list> contains itself; write it out, or remove it."
    ]


def test_same_object_in_two_places_is_no_cycle() -> None:
    """A dict that is used twice, as by a variable or a YAML anchor, is fine."""
    mounts = [{"name": "data", "mountPath": "/data"}]
    containers = [{"name": name, "volumeMounts": mounts} for name in ("base", "sidecar")]
    assert found({"containers": containers, "initContainers": containers}, "V1PodSpec") == []


@pytest.mark.parametrize("levels", [100, 100_000])
def test_bottomless_manifest_is_told(levels: int) -> None:
    """Data nested deeper than any pod is a problem of the manifest and not a crash."""
    deep: list[Any] = []
    for _ in range(levels):
        deep = [deep]
    assert found({"fieldsV1": deep}, "V1ManagedFieldsEntry") == [
        "it=<dict> is nested more than 100 levels deep; write out what Kubernetes needs."
    ]


@pytest.mark.parametrize("make", [lambda: HostileDict(name="x"), lambda: {"name": HostileInt()}])
def test_object_that_raises_when_looked_at_is_told(make: Callable[[], object]) -> None:
    """An object that raises when it is looked at is a problem of the manifest and not a crash."""
    (line,) = found(make(), "V1LocalObjectReference")
    assert "cannot be read (HostileError); write plain dicts, lists and scalars." in line


def endless_dict() -> dict[str, Any]:
    """Give a dict that stands in itself under every name that a pod has."""
    endless: dict[str, Any] = {}
    endless.update(dict.fromkeys(MODELS["V1Pod"] | MODELS["V1PodSpec"], endless))
    return endless


ODDITIES: dict[str, Callable[[], object]] = {
    "ellipsis": lambda: ...,
    "object": object,
    "class": lambda: dict,
    "function": lambda: print,
    "complex": lambda: 1j,
    "set": lambda: {1},
    "huge": lambda: 10**5000,
    "hostile dict": lambda: HostileDict(name="x"),
    "hostile int": HostileInt,
    "hostile object": HostileObject,
    "cycle": endless_dict,
}


def oddity(name: str) -> object:
    """Make one of the oddities; hypothesis itself cannot show all of them."""
    return ODDITIES[name]()


@functools.cache
def odd() -> st.SearchStrategy[Any]:
    """Anything that a DAG file may hold where a manifest belongs."""
    names = sorted({name for fields in MODELS.values() for name in fields})
    snakes = [re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in names]
    keys = st.sampled_from(names) | st.sampled_from(snakes) | st.text() | st.integers() | st.none()
    scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
    leaves = scalars | st.datetimes() | st.sampled_from(sorted(ODDITIES)).map(oddity)
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(keys, inner),
        max_leaves=20,
    )


@functools.cache
def nearly(kind: str) -> st.SearchStrategy[Any]:
    """What is shaped as the type wants, with oddities here and there."""
    if kind.startswith("list["):
        return odd() | st.lists(nearly(kind[5:-1]), min_size=1, max_size=2)
    if kind.startswith("dict["):
        return odd() | st.dictionaries(st.text(), nearly(kind[5:-1]), max_size=2)
    if kind not in MODELS:
        return odd()
    fields = MODELS[kind]
    chosen = st.lists(st.sampled_from(sorted(fields)), min_size=1, max_size=3, unique=True)
    return odd() | chosen.flatmap(lambda names: st.fixed_dictionaries({n: nearly(fields[n]) for n in names}))


@given(odd(), st.sampled_from(["V1Pod", "V1PodSpec", "list[V1Container]", "dict[str]"]))
def test_no_manifest_makes_the_check_raise(manifest: object, model: str) -> None:
    """Whatever an author passes, the answer is a list of problems, each with a path from the argument on."""
    for problem in check_manifest(manifest, model, "pod_override"):
        assert str(problem).startswith("pod_override")
        assert len(problem.value) <= LONGEST_VALUE


@given(st.data())
def test_no_manifest_of_the_right_shape_makes_the_check_raise(data: st.DataObject) -> None:
    """Oddities deep inside a manifest do not make the check raise, either."""
    manifest = data.draw(nearly("V1Pod"))
    assert all(isinstance(problem, Problem) for problem in check_manifest(manifest, "V1Pod", "pod_override"))


def client() -> Any:
    """Give the kubernetes client, as late as possible."""
    return importlib.import_module("kubernetes.client")


def every_field(kind: str) -> Any:
    """Give an object of a type of the client with every field filled."""
    samples = {"str": "x", "int": 1, "float": 1.5, "bool": True, "object": "http"}
    if match := re.fullmatch(r"list\[(.*)\]", kind):
        return [every_field(match[1])]
    if match := re.fullmatch(r"dict[\[(]str, (.*)[\])]", kind):
        return {"key": every_field(match[1])}
    if kind == "datetime":
        return dt.datetime(2024, 5, 1, tzinfo=dt.timezone.utc)
    if kind in samples:
        return samples[kind]
    cls = getattr(client(), kind)
    types = {name: inner for name, inner in cls.openapi_types.items() if name != "status"}
    return cls(**{name: every_field(inner) for name, inner in types.items()})


def rich_pod() -> Any:
    """Give a pod as people write it."""
    k8s = client()
    secret = k8s.V1SecretKeySelector(name="db", key="password", optional=False)
    expression = k8s.V1NodeSelectorRequirement(key="pool", operator="In", values=["a", "b"])
    terms = k8s.V1NodeSelector(node_selector_terms=[k8s.V1NodeSelectorTerm(match_expressions=[expression])])
    container = k8s.V1Container(
        name="base",
        image="python:3.12",
        command=["python"],
        args=["-m", "job"],
        env=[
            k8s.V1EnvVar(name="A", value="1"),
            k8s.V1EnvVar(name="PASSWORD", value_from=k8s.V1EnvVarSource(secret_key_ref=secret)),
        ],
        env_from=[k8s.V1EnvFromSource(config_map_ref=k8s.V1ConfigMapEnvSource(name="settings"))],
        resources=k8s.V1ResourceRequirements(requests={"cpu": "500m", "memory": 1024}, limits={"cpu": 1.5}),
        volume_mounts=[k8s.V1VolumeMount(name="scratch", mount_path="/scratch", read_only=False)],
        liveness_probe=k8s.V1Probe(http_get=k8s.V1HTTPGetAction(port=8080, path="/"), period_seconds=10),
        readiness_probe=k8s.V1Probe(tcp_socket=k8s.V1TCPSocketAction(port="http")),
        security_context=k8s.V1SecurityContext(run_as_user=0, capabilities=k8s.V1Capabilities(drop=["ALL"])),
    )
    scratch = k8s.V1EmptyDirVolumeSource(size_limit="1Gi")
    spec = k8s.V1PodSpec(
        containers=[container],
        init_containers=[k8s.V1Container(name="wait", restart_policy="Always")],
        affinity=k8s.V1Affinity(
            node_affinity=k8s.V1NodeAffinity(required_during_scheduling_ignored_during_execution=terms)
        ),
        tolerations=[k8s.V1Toleration(key="gpu", operator="Exists", toleration_seconds=60)],
        volumes=[k8s.V1Volume(name="scratch", empty_dir=scratch)],
        security_context=k8s.V1PodSecurityContext(fs_group=1000, run_as_non_root=True),
        node_selector={"disk": "ssd"},
        host_network=False,
    )
    metadata = k8s.V1ObjectMeta(labels={"team": "data"}, annotations={"note": ""})
    return k8s.V1Pod(api_version="v1", kind="Pod", metadata=metadata, spec=spec)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(rich_pod, id="rich pod"),
        pytest.param(functools.partial(every_field, "V1Pod"), id="every field"),
        pytest.param(lambda: client().V1Pod(), id="empty pod"),
    ],
)
def test_manifest_of_a_real_pod_has_no_problems(make: Any) -> None:
    """Whatever the kubernetes client writes as a manifest is right."""
    manifest = client().ApiClient().sanitize_for_serialization(make())
    assert found(manifest, "V1Pod") == []


def test_names_that_the_client_uses_in_python_lead_to_those_of_kubernetes() -> None:
    """An author who knows the client's Python names is told Kubernetes's name for each, and never another."""
    pairs = {
        (model, snake, camel)
        for model in MODELS
        for snake, camel in getattr(getattr(client(), model, None), "attribute_map", {}).items()
        if snake not in MODELS[model] and camel != "status"
    }
    wrong = {pair for pair in pairs if f"write {pair[2]!r}." not in found({pair[1]: 0}, pair[0])[0]}
    assert pairs
    assert wrong == set()
