"""Which secrets a container gets, and the variable that names their variables and files to the worker."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_k8sexec.executor_names import NAMES_VARIABLE
from airflow_provider_k8sexec.options.manifests import to_manifest
from airflow_provider_k8sexec.pod.executor_config import build_v1_pod
from airflow_provider_k8sexec.pod.secret_names import (
    SecretNames,
    collect_names,
    name_secret_values,
    read_names,
    write_names,
)
from airflow_provider_k8sexec.pod.secret_uses import SecretUse, read_secret_uses

TOKEN = {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "a-secret", "key": "token"}}}
LEVEL = {"name": "LEVEL", "value": "debug"}
OF_CONFIG = {"name": "HOST", "valueFrom": {"configMapKeyRef": {"name": "a-map", "key": "host"}}}
MARKER = {"name": "AIRFLOW_IS_K8S_EXECUTOR_POD", "value": "True"}


def pod_of(volumes: list[dict[str, Any]] | None = None, **container: Any) -> dict[str, Any]:
    """Write a pod whose worker has these fields, beside a sidecar that has a secret of its own."""
    sidecar = {"name": "sidecar", "env": [{**TOKEN, "name": "OF_THE_SIDECAR"}]}
    worker = {"name": "base", **container}
    return {"spec": {"containers": [worker, sidecar], "volumes": volumes or []}}


def uses_of(pod: dict[str, Any]) -> list[SecretUse]:
    """Read the worker's secrets, which are the same in the pod's manifest and in its model."""
    spec = pod["spec"]
    found = list(read_secret_uses(spec, spec["containers"][0]))
    model = build_v1_pod(pod).spec
    assert list(read_secret_uses(model, model.containers[0])) == found
    return found


def names_of(pod: dict[str, Any]) -> SecretNames:
    """Collect the names that the worker is given."""
    return collect_names(pod["spec"], pod["spec"]["containers"][0])


def secret_volume(name: str = "v", *keys: str, **source: Any) -> dict[str, Any]:
    """Write a volume of a secret, or of some of its keys, each at a path in capitals."""
    items = {"items": [{"key": key, "path": key.upper()} for key in keys]} if keys else {}
    return {"name": name, "secret": {"secretName": "a-secret", **items, **source}}


def test_a_variable_of_a_key_is_a_use() -> None:
    """A secretKeyRef is one variable; literals, config maps and other containers are none."""
    assert uses_of(pod_of(env=[LEVEL, TOKEN, OF_CONFIG])) == [
        SecretUse("a-secret", "token", variable="TOKEN", requested_by=("env", "[TOKEN]"))
    ]


def test_all_keys_of_a_secret_are_one_use() -> None:
    """With envFrom the names of the variables are known in the cluster alone: prefix and secret are."""
    bulk = [{"secretRef": {"name": "a"}}, {"prefix": "DB_", "secretRef": {"name": "b"}}]
    uses = uses_of(pod_of(envFrom=[*bulk, {"configMapRef": {"name": "c"}}]))
    assert [(use.secret, use.prefix, use.exposed_as, use.requested_by) for use in uses] == [
        ("a", "", "*", ("envFrom", "[0]")),
        ("b", "DB_", "DB_*", ("envFrom", "[1]")),
    ]


@pytest.mark.parametrize(
    ("volume", "mount", "expected"),
    [
        (secret_volume(), {}, [("a-secret", "", "/m")]),
        (secret_volume("v", "a", "b"), {}, [("a-secret", "a", "/m/A"), ("a-secret", "b", "/m/B")]),
        (secret_volume(), {"subPath": "tls.key"}, [("a-secret", "tls.key", "/m")]),
        (secret_volume("v", "a", "b"), {"subPath": "B"}, [("a-secret", "b", "/m")]),
        (secret_volume("v", "a", "x/y"), {"subPath": "X"}, [("a-secret", "x/y", "/m/Y")]),
        (secret_volume("v", "a"), {"subPathExpr": "$(NAME)"}, [("a-secret", "a", "/m")]),
        (secret_volume("another"), {}, []),
        ({"name": "v", "emptyDir": {}}, {}, []),
        ({"name": "v", "csi": {"driver": "secrets-store.csi.k8s.io"}}, {}, [("", "", "/m")]),
        ({"name": "v", "csi": {"driver": "ebs.csi.aws.com"}}, {}, []),
        (
            {
                "name": "v",
                "projected": {
                    "sources": [
                        {"configMap": {"name": "a-map"}},
                        {"secret": {"name": "b", "items": [{"key": "k", "path": "p"}]}},
                        {"serviceAccountToken": {"path": "token"}},
                        {"secret": {"name": "c"}},
                    ]
                },
            },
            {},
            [("b", "k", "/m/p"), ("c", "", "/m"), ("", "", "/m/token")],
        ),
    ],
)
def test_a_mounted_secret_is_a_use_for_each_file(
    volume: dict[str, Any], mount: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    """Secret volumes, single files of them, projected volumes and tokens are read with their path."""
    pod = pod_of([volume], volumeMounts=[{"name": "v", "mountPath": "/m", **mount}])
    assert [(use.secret, use.key, use.path) for use in uses_of(pod)] == expected


@pytest.mark.parametrize(
    ("part", "file", "expected"),
    [
        ("./pw", "pw", "/m"),
        ("a//pw", "a/pw", "/m"),
        ("pw", "./pw", "/m"),
        ("./a/", "a//pw", "/m/pw"),
        (".", "./pw", "/m/pw"),
    ],
)
def test_a_sub_path_names_its_file_however_it_is_written(part: str, file: str, expected: str) -> None:
    """The kubelet takes "./a//b" for "a/b", in a mount as in the items of its volume."""
    volume = secret_volume("v", items=[{"key": "k", "path": file}])
    pod = pod_of([volume], volumeMounts=[{"name": "v", "mountPath": "/m", "subPath": part}])
    assert [use.path for use in uses_of(pod)] == [expected]


def test_the_worker_is_given_the_names_and_no_value() -> None:
    """One variable, the first, names all that comes from secrets; what the container had is as it was."""
    pod = pod_of(
        [secret_volume("v")],
        env=[MARKER, TOKEN, LEVEL],
        envFrom=[{"prefix": "DB_", "secretRef": {"name": "b"}}],
        volumeMounts=[{"name": "v", "mountPath": "/m"}],
    )
    for spec in (pod["spec"], build_v1_pod(pod).spec):
        worker = spec["containers"][0] if isinstance(spec, dict) else spec.containers[0]
        before = list(worker["env"] if isinstance(worker, dict) else worker.env)
        name_secret_values(spec, worker)
        added, *others = worker["env"] if isinstance(worker, dict) else worker.env
        assert others == before
        added = to_manifest(added)  # client 37 makes a model of it
        assert added["name"] == NAMES_VARIABLE
        assert json.loads(added["value"]) == {
            "variables": ["TOKEN"],
            "prefixes": ["DB_"],
            "others": ["AIRFLOW_IS_K8S_EXECUTOR_POD", "LEVEL"],
            "paths": ["/m"],
        }
        assert read_names({NAMES_VARIABLE: added["value"]}) == names_of(pod)


def test_a_pod_without_secrets_is_left_alone() -> None:
    """Nothing is added where there is nothing to name, and a variable of that name is not the author's."""
    pod = pod_of(env=[LEVEL])
    name_secret_values(pod["spec"], pod["spec"]["containers"][0])
    assert pod == pod_of(env=[LEVEL])
    forged = pod_of(env=[{"name": NAMES_VARIABLE, "value": "{}"}, LEVEL])
    name_secret_values(forged["spec"], forged["spec"]["containers"][0])
    assert forged == pod_of(env=[LEVEL])


def test_naming_twice_is_naming_once() -> None:
    """A pod that comes by again, as in Airflow 2's renderings, stays as it is."""
    pod = pod_of(env=[{"name": NAMES_VARIABLE, "value": "{}"}, TOKEN])
    for _ in range(2):
        name_secret_values(pod["spec"], pod["spec"]["containers"][0])
    assert [item["name"] for item in pod["spec"]["containers"][0]["env"]] == [NAMES_VARIABLE, "TOKEN"]


def test_too_many_names_become_all_variables() -> None:
    """The variable stays within what Linux takes; the worker is then asked to mask whatever it has."""
    names = tuple(f"VARIABLE_{number}" for number in range(5_000))
    paths = tuple(f"/run/secrets/file-{number}" for number in range(5_000))
    text = write_names(SecretNames(variables=names, paths=paths))
    assert 8_000 < len(text) <= 32_768
    read = read_names({NAMES_VARIABLE: text})
    assert read is not None
    assert (read.variables, read.prefixes, read.others) == ((), ("",), ())
    assert 0 < len(read.paths) < len(paths)
    assert set(read.paths) <= set(paths)


def test_of_too_many_names_those_that_look_usual_are_kept() -> None:
    """A worker leaves alone what images and Kubernetes set, unless it is named: those names are kept."""
    many = tuple(f"VARIABLE_{number}" for number in range(5_000))
    read = read_names({NAMES_VARIABLE: write_names(SecretNames(variables=(*many, "HOME", "MY_PORT")))})
    assert read == SecretNames(variables=("HOME", "MY_PORT"), prefixes=("",))
    usual = tuple(f"V{number}_PORT" for number in range(5_000))
    text = write_names(SecretNames(variables=usual, paths=many))
    assert 16_000 < len(text) <= 32_768


def test_thousands_of_variables_are_named_in_linear_time() -> None:
    """The hook runs in the scheduler: 4,000 variables take no time that is more than linear.

    15 ms of CPU, *measured*; the bound leaves room for coverage and a busy machine.
    """
    env = [{**TOKEN, "name": f"V{number}"} for number in range(4_000)]
    pod = pod_of(env=env, envFrom=[{"secretRef": {"name": "a"}}])
    spent = []
    for _ in range(5):
        started = time.process_time()
        name_secret_values(pod["spec"], pod["spec"]["containers"][0])
        spent.append(time.process_time() - started)
    assert min(spent) < 30


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "{", "[" * 100_000, '{"variables": "A"}', '{"paths": [1]}']
)
def test_what_no_scheduler_has_written_names_nothing(text: str) -> None:
    """A worker reads the variable, whatever is in it, and never fails for it."""
    assert read_names({NAMES_VARIABLE: text}) in (None, SecretNames())
    assert read_names({}) is None


CONTAINER = [
    "name",
    "env",
    "envFrom",
    "valueFrom",
    "secretKeyRef",
    "secretRef",
    "prefix",
    "key",
    "volumeMounts",
]
VOLUME = ["volumes", "secret", "mountPath", "subPath", "projected", "sources", "items", "path", "csi"]
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(CONTAINER + VOLUME), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(spec=ODD, worker=ODD)
def test_whatever_hooks_have_left_nothing_raises(spec: Any, worker: Any) -> None:
    """Other hooks leave odd pods: what cannot be read names nothing, and what is named can be read back."""
    name_secret_values(spec, worker)
    names = collect_names(spec, worker)
    assert (read_names({NAMES_VARIABLE: write_names(names)}) or SecretNames()) == names
