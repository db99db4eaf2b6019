"""Each rule by itself: a right declaration in which it finds nothing, and wrong ones."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from checked_declarations import check_declaration
from sample_declarations import DEPLOYMENT, EVERY_OPTION, RELEASE, declare

from airflow_provider_k8sexec import (
    ConfigMap,
    EmptyDir,
    HostPath,
    PersistentVolumeClaim,
    Problem,
    Secret,
    Toleration,
)
from airflow_provider_k8sexec.options.requested_pod import RequestedPod
from airflow_provider_k8sexec.options.volumes import SHARED_MEMORY_PATH
from airflow_provider_k8sexec.rules.api_server.names import (
    DNS_LABEL,
    DNS_SUBDOMAIN,
    ENVIRONMENT_NAME,
    IMAGE,
    SECRET_KEY,
    Grammar,
    check_annotation_key,
    check_label_key,
    check_label_value,
)

KNOWN = evolve(DEPLOYMENT, secret_keys=frozenset({"MY_SECRET", "MY_TOKEN"}))


def override(**worker: Any) -> dict[str, Any]:
    """Write a pod whose worker has something by hand."""
    return {"pod_override": {"spec": {"containers": [{"name": "base", **worker}]}}}


# Subject: right options, and wrong ones with the fields of the problems that are found.
CASES: dict[str, tuple[dict[str, Any], list[tuple[dict[str, Any], list[str]]]]] = {
    "cpu": (
        {"cpu": ("99", "99500m")},
        [
            ({"cpu": (2, 1)}, ["cpu"]),
            ({"cpu": 100}, ["cpu"]),
            ({"cpu": "1Mi"}, ["cpu"]),
            ({"cpu": (-1, -2)}, ["cpu", "cpu"]),
            ({"cpu": "1e20"}, ["cpu"]),
        ],
    ),
    "memory": (
        {"memory": ("1Mi", "2G")},
        [
            ({"memory": ("2Gi", "1Gi")}, ["memory"]),
            ({"memory": "1024m"}, ["memory"]),
            ({"memory": "512"}, ["memory"]),
            ({"memory": ("512k", "1024m")}, ["memory", "memory"]),
            ({"memory": "-1Gi"}, ["memory"]),
            ({"memory": "8Ei"}, ["memory"]),
        ],
    ),
    "ephemeral storage": (
        {"ephemeral_storage": (None, "10Gi")},
        [
            ({"ephemeral_storage": ("2Gi", "1Gi")}, ["ephemeral_storage"]),
            ({"ephemeral_storage": "10k"}, ["ephemeral_storage"]),
        ],
    ),
    "gpu": (
        {"gpu": {"nvidia.com/gpu": 0, "amd.com/gpu": 8}},
        [
            ({"gpu": {"gpu": 1}}, ["gpu"]),
            ({"gpu": {"cpu": 1}}, ["gpu"]),
            ({"gpu": {"NVIDIA.com/gpu": 1}}, ["gpu"]),
            ({"gpu": {"nvidia.com/g p u": 1}}, ["gpu"]),
            ({"gpu": 2**63}, ["gpu"]),
            ({"gpu": {"requests.nvidia.com/gpu": 1}}, ["gpu"]),
            ({"gpu": {f"{'a' * 250}/gpu": 1}}, ["gpu"]),
        ],
    ),
    "shared memory": (
        {"shared_memory": "1Gi", "memory": "1Gi"},
        [
            ({"shared_memory": "2Gi", "memory": (None, "1Gi")}, ["shared_memory"]),
            ({"shared_memory": "64"}, ["shared_memory"]),
            ({"shared_memory": "9Ei", "memory": "1Gi"}, ["shared_memory"]),
        ],
    ),
    "secrets": (
        {"secrets": ["A.b-c_1", Secret("A", name="db.prod")]},
        [
            ({"secrets": [Secret("a b", env="A")]}, ["secrets['a b']"]),
            ({"secrets": [Secret("..", env="A", file="/a")]}, ["secrets['..']"]),
            ({"secrets": [Secret("A", name="DB")]}, ["secrets['A'].name"]),
        ],
    ),
    "variables": (
        {"env_vars": {"_A.b-C": "", "B": {"fieldRef": {"fieldPath": "status.podIP"}}}, "secrets": ["C"]},
        [
            ({"env_vars": {"A=": "x"}}, ["env_vars"]),
            ({"env_vars": {"": "x"}}, ["env_vars"]),
            ({"env_vars": {"AIRFLOW_IS_K8S_EXECUTOR_POD": "x"}}, ["env_vars"]),
            ({"secrets": [Secret("A", env="A=B")]}, ["secrets['A'].env"]),
            ({"env_vars": {"A": "x\0"}}, ["env_vars['A']"]),
            ({"env_vars": {"A": {}}}, ["env_vars['A']"]),
            ({"env_vars": {"A": {"secretKeyRef": {"key": "k"}}}}, ["env_vars['A']['secretKeyRef']['name']"]),
            (
                {"env_vars": {"A": {"field_ref": {}}}},
                ["env_vars['A']['field_ref']", "env_vars['A']['field_ref']['fieldPath']"],
            ),
        ],
    ),
    "env_from": (
        {"env_from": ["secret/db", {"prefix": "A_", "configMapRef": {"name": "a"}}]},
        [
            ({"env_from": ["secret/DB"]}, ["env_from[0]['secretRef']['name']"]),
            ({"env_from": ["secret/db", {}]}, ["env_from[1]"]),
            ({"env_from": [{"secretRef": {"name": "a"}, "configMapRef": {"name": "a"}}]}, ["env_from[0]"]),
            ({"env_from": [{"prefix": "=", "secretRef": {"name": "a"}}]}, ["env_from[0]['prefix']"]),
            ({"env_from": [{"secret_ref": {"name": "a"}}]}, ["env_from[0]['secret_ref']"]),
        ],
    ),
    "image": (
        {"image": "localhost:5000/a/b_c/d:1.0@sha256:" + "0" * 64, "image_pull_policy": "Never"},
        [
            ({"image": "Airflow latest"}, ["image"]),
            ({"image": ""}, ["image"]),
            ({"image_pull_policy": "always"}, ["image_pull_policy"]),
        ],
    ),
    "security contexts": (
        {"security_context": {"fsGroup": 1}, "container_security_context": {"privileged": False}},
        [
            ({"security_context": {"privileged": True}}, ["security_context['privileged']"]),
            ({"container_security_context": {"fsGroup": 1}}, ["container_security_context['fsGroup']"]),
        ],
    ),
    "other containers": (
        {"init_containers": EVERY_OPTION["init_containers"], "sidecars": EVERY_OPTION["sidecars"]},
        [
            ({"sidecars": [{"name": "a"}]}, ["sidecars[0]"]),
            ({"sidecars": [{"name": "base", "image": "a"}]}, ["sidecars[0]"]),
            ({"init_containers": [{"name": "A", "image": "a"}]}, ["init_containers[0]['name']"]),
            (
                {
                    "init_containers": [{"name": "a", "image": "a"}],
                    "sidecars": [{"name": "a", "image": "a"}],
                },
                ["sidecars[0]['name']"],
            ),
        ],
    ),
    "names": (
        {"namespace": "jobs", "release": "a-b-1", "service_account_name": "a.b", "image_pull_secrets": ["a"]},
        [
            ({"namespace": "a.b"}, ["namespace"]),
            ({"release": "A"}, ["release"]),
            ({"priority_class_name": "A"}, ["priority_class_name"]),
            ({"runtime_class_name": "A"}, ["runtime_class_name"]),
            ({"scheduler_name": ""}, ["scheduler_name"]),
            ({"service_account_name": "a_b"}, ["service_account_name"]),
            ({"image_pull_secrets": ["a", "A"]}, ["image_pull_secrets[1]"]),
        ],
    ),
    "labels": (
        {"labels": {"example.com/Team_1": "A.b", "empty": ""}},
        [
            ({"labels": {"Example.com/team": "a"}}, ["labels"]),
            ({"labels": {"a/b/c": "a"}}, ["labels"]),
            ({"labels": {"": "a"}}, ["labels"]),
            ({"labels": {"team": "a b"}}, ["labels['team']"]),
            ({"labels": {"team": "a" * 64}}, ["labels['team']"]),
            ({"labels": {"map_index": "a"}}, ["labels"]),
        ],
    ),
    "annotations": (
        {"annotations": {"Example.com/Note": "anything at all\n", "b": "x" * 200_000}},
        [
            ({"annotations": {"a b": "x"}}, ["annotations"]),
            ({"annotations": {"run_id": "x"}}, ["annotations"]),
            ({"annotations": {"a": "\N{SNOWMAN}" * 100_000}}, ["annotations"]),
        ],
    ),
    "node selector": (
        {"node_selector": {"topology.kubernetes.io/zone": "a", "ssd": ""}},
        [
            ({"node_selector": {"a b": "x"}}, ["node_selector"]),
            ({"node_selector": {"a": "x y"}}, ["node_selector['a']"]),
        ],
    ),
    "tolerations": (
        {"tolerations": ["gpu=true:NoSchedule", "gpu=", Toleration(), Toleration("a", None, "NoExecute", 0)]},
        [
            ({"tolerations": [{"key": "a", "operater": "Exists"}]}, ["tolerations[0]['operater']"]),
            ({"tolerations": [{"key": "a", "operator": "exists"}]}, ["tolerations[0]"]),
            ({"tolerations": ["gpu", "gpu:noschedule"]}, ["tolerations[1]"]),
            ({"tolerations": ["g p u"]}, ["tolerations[0]"]),
            ({"tolerations": ["gpu=a b"]}, ["tolerations[0]"]),
            ({"tolerations": [{"value": "a"}]}, ["tolerations[0]"]),
            ({"tolerations": [{"key": "a", "operator": "Exists", "value": "b"}]}, ["tolerations[0]"]),
            ({"tolerations": [Toleration("a", toleration_seconds=5)]}, ["tolerations[0]"]),
        ],
    ),
    "affinity": (
        {"affinity": EVERY_OPTION["affinity"]},
        [({"affinity": {"node_affinity": {}}}, ["affinity['node_affinity']"])],
    ),
    "seconds": (
        {"active_deadline_seconds": 2**31 - 1, "termination_grace_period_seconds": 2**63 - 1},
        [
            ({"active_deadline_seconds": 0}, ["active_deadline_seconds"]),
            ({"active_deadline_seconds": 2**31}, ["active_deadline_seconds"]),
            ({"termination_grace_period_seconds": -1}, ["termination_grace_period_seconds"]),
            ({"termination_grace_period_seconds": 2**63}, ["termination_grace_period_seconds"]),
        ],
    ),
    "template file": (
        {"pod_template_file": "/opt/airflow/gpu.yaml"},
        [
            ({"pod_template_file": "gpu.yaml"}, ["pod_template_file"]),
            ({"pod_template_file": ""}, ["pod_template_file"]),
        ],
    ),
    "mount paths": (
        {
            "volumes": {"/a": EmptyDir(), "/a/b": EmptyDir()},
            "secrets": [
                *(Secret(key, file=f"/s/{key}", optional=True) for key in "AC"),
                Secret("B", file="/b"),
            ],
            "shared_memory": "1Gi",
        },
        [
            ({"volumes": {"a": EmptyDir()}}, ["volumes"]),
            ({"volumes": {"": EmptyDir()}}, ["volumes"]),
            ({"volumes": {"/a:b": EmptyDir()}}, ["volumes"]),
            ({"volumes": {"//": EmptyDir()}}, ["volumes"]),
            ({"secrets": [Secret("A", file="a")]}, ["secrets['A'].file"]),
            ({"secrets": [Secret("A", file="/a", optional=True)]}, ["secrets['A'].file"]),
            ({"volumes": {SHARED_MEMORY_PATH: EmptyDir()}, "shared_memory": "1Gi"}, ["volumes"]),
            (
                {"volumes": {"/s": EmptyDir()}, "secrets": [Secret("A", file="/s/a", optional=True)]},
                ["secrets"],
            ),
        ],
    ),
    "sources": (
        {
            "volumes": EVERY_OPTION["volumes"]
            | {"/m": EmptyDir("64Mi", "Memory"), "/e": HostPath("/e", type="")}
        },
        [
            ({"volumes": {"/a": EmptyDir("1024m")}}, ["volumes['/a'].size"]),
            ({"volumes": {"/a": EmptyDir(medium="memory")}}, ["volumes['/a'].medium"]),
            ({"volumes": {"/a": ConfigMap("A")}}, ["volumes['/a'].name"]),
            ({"volumes": {"/a": ConfigMap("a", sub_path="/b")}}, ["volumes['/a'].sub_path"]),
            (
                {"volumes": {"/a": ConfigMap("a", items={"a b": "../c"})}},
                ["volumes['/a'].items", "volumes['/a'].items['a b']"],
            ),
            ({"volumes": {"/a": ConfigMap("a", items={"b": "..c"})}}, ["volumes['/a'].items['b']"]),
            ({"volumes": {"/a": PersistentVolumeClaim("A")}}, ["volumes['/a'].claim_name"]),
            ({"volumes": {"/a": PersistentVolumeClaim("a", sub_path="")}}, ["volumes['/a'].sub_path"]),
            ({"volumes": {"/a": HostPath("a")}}, ["volumes['/a'].path"]),
            ({"volumes": {"/a": HostPath("/a/../b")}}, ["volumes['/a'].path"]),
            ({"volumes": {"/a": HostPath("/a", type="dir")}}, ["volumes['/a'].type"]),
            ({"volumes": {"/a": {}}}, ["volumes['/a']"]),
            ({"volumes": {"/a": {"emptyDir": {}, "hostPath": {"path": "/"}}}}, ["volumes['/a']"]),
            ({"volumes": {"/a": {"empty_dir": {}}}}, ["volumes['/a']['empty_dir']"]),
            ({"volumes": {"/a": {"name": "A", "emptyDir": {}}}}, ["volumes['/a']['name']"]),
            ({"volumes": {"/a": {"name": "k8sexec-b", "emptyDir": {}}}}, ["volumes['/a']['name']"]),
            (
                {
                    "volumes": {
                        "/a": {"name": "v", "emptyDir": {}},
                        "/b": {"name": "v", "nfs": {"server": "s", "path": "/"}},
                    }
                },
                ["volumes['/b']"],
            ),
        ],
    ),
    "files": (
        {"secrets": [Secret("A", file="/s/.a"), Secret("B", file="/s/a..b")]},
        [({"secrets": [Secret("A", file="/s/..a")]}, ["secrets['A'].file"])],
    ),
    "override": (
        {"pod_override": EVERY_OPTION["pod_override"]},
        [
            ({"pod_override": {"spec": {"node_selector": {}}}}, ["pod_override['spec']['node_selector']"]),
            ({"pod_override": {"spec": []}}, ["pod_override['spec']"]),
            ({"pod_override": {"metadata": {"name": "a"}}}, ["pod_override['metadata']['name']"]),
            (
                {"pod_override": {"metadata": {"generateName": "a"}}},
                ["pod_override['metadata']['generateName']"],
            ),
            (
                {"pod_override": {"metadata": {"labels": {"dag_id": "a"}}}},
                ["pod_override['metadata']['labels']"],
            ),
            (
                {"pod_override": {"metadata": {"annotations": {"task_id": "a"}}}},
                ["pod_override['metadata']['annotations']"],
            ),
            (
                {"pod_override": {"spec": {"restartPolicy": "OnFailure"}}},
                ["pod_override['spec']['restartPolicy']"],
            ),
            (
                {"pod_override": {"spec": {"containers": [{"name": "main"}]}}},
                ["pod_override['spec']['containers']"],
            ),
            (override(args=["x"]), ["pod_override['spec']['containers'][0]['args']"]),
            (override(command=["x"]), ["pod_override['spec']['containers'][0]['command']"]),
            (override(image="A B"), ["pod_override['spec']['containers'][0]['image']"]),
            (override(imagePullPolicy="a"), ["pod_override['spec']['containers'][0]['imagePullPolicy']"]),
            (
                override(resources={"limits": {"memory": "1GB"}}),
                ["pod_override['spec']['containers'][0]['resources']['limits']['memory']"],
            ),
            (
                override(resources={"limits": {"memory": 512}, "requests": {"memory": "1Gi"}}),
                ["pod_override['spec']['containers'][0]['resources']['limits']['memory']"],
            ),
            (
                override(resources={"limits": {"cpu": "1"}, "requests": {"cpu": "2"}}),
                ["pod_override['spec']['containers'][0]['resources']['requests']['cpu']"],
            ),
            (
                override(resources={"requests": {"nvidia.com/gpu": 1}}),
                ["pod_override['spec']['containers'][0]['resources']['requests']['nvidia.com/gpu']"],
            ),
            (
                override(env=[{"name": "A"}, {"name": "A"}, {"name": "="}]),
                [f"pod_override['spec']['containers'][0]['env'][{index}]['name']" for index in (1, 2)],
            ),
            (
                override(env=[{"name": "AIRFLOW_IS_K8S_EXECUTOR_POD", "value": "x"}]),
                ["pod_override['spec']['containers'][0]['env'][0]['name']"],
            ),
            (
                override(
                    env=[
                        {"name": "A", "value": "x", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}
                    ]
                ),
                ["pod_override['spec']['containers'][0]['env'][0]"],
            ),
            (
                override(env=[{"name": "A", "valueFrom": {}}]),
                ["pod_override['spec']['containers'][0]['env'][0]['valueFrom']"],
            ),
            (override(envFrom=[{}]), ["pod_override['spec']['containers'][0]['envFrom'][0]"]),
            (
                override(volumeMounts=[{"name": "v", "mountPath": "a"}]),
                ["pod_override['spec']['containers'][0]['volumeMounts'][0]['mountPath']"],
            ),
            (
                override(volumeMounts=[{"name": "v", "mountPath": "/a"}, {"name": "w", "mountPath": "/a"}]),
                ["pod_override['spec']['containers'][0]['volumeMounts'][1]['mountPath']"],
            ),
            (
                {"pod_override": {"spec": {"initContainers": [{"name": "A"}]}}},
                ["pod_override['spec']['initContainers'][0]['name']"],
            ),
            (
                {"pod_override": {"spec": {"initContainers": [{"name": "base"}]}}},
                ["pod_override['spec']['initContainers'][0]"],
            ),
            (
                {"pod_override": {"spec": {"tolerations": [{"operator": "exists"}]}}},
                ["pod_override['spec']['tolerations'][0]"],
            ),
            (
                {"pod_override": {"spec": {"volumes": [{"name": "A"}, {"name": "v"}, {"name": "v"}]}}},
                [
                    "pod_override['spec']['volumes'][2]['name']",
                    "pod_override['spec']['volumes'][0]['name']",
                    *(f"pod_override['spec']['volumes'][{index}]" for index in range(3)),
                ],
            ),
        ],
    ),
    "claims": (
        {"env_vars": {"A": "x"}, "volumes": {"/a": EmptyDir()}, "cpu": (None, 2), "memory": ("1Gi", None)}
        | override(
            env=[{"name": "B"}],
            volumeMounts=[{"name": "v", "mountPath": "/b"}],
            resources={"requests": {"cpu": 1}, "limits": {"memory": "1Gi", "cpu": 1}},
        ),
        [
            ({"env_vars": {"A": "x"}} | override(env=[{"name": "A"}]), ["pod_override"]),
            ({"secrets": ["A"]} | override(env=[{"name": "A"}]), ["pod_override"]),
            (
                {
                    "sidecars": [{"name": "logger", "image": "a"}],
                    "pod_override": {"spec": {"containers": [{"name": "base"}, {"name": "logger"}]}},
                },
                ["sidecars[0]['name']"],
            ),
            (
                {"memory": ("2Gi", None)} | override(resources={"limits": {"memory": "1Gi"}}),
                ["memory"],
            ),
            (
                {"cpu": (None, 1)} | override(resources={"requests": {"cpu": 2}}),
                ["pod_override['spec']['containers'][0]['resources']['requests']['cpu']"],
            ),
            (
                {"volumes": {"/a": EmptyDir()}} | override(volumeMounts=[{"name": "v", "mountPath": "/a/"}]),
                ["pod_override"],
            ),
        ],
    ),
}
WRONG = [(wrong, found) for _, cases in CASES.values() for wrong, found in cases]


@pytest.mark.parametrize("right", [right for right, _ in CASES.values()], ids=CASES)
def test_the_rules_find_nothing_in_what_is_right(right: dict[str, Any]) -> None:
    """What Kubernetes takes and an author can mean is let be, up to the edge of each rule."""
    assert check_declaration(declare(**right), DEPLOYMENT) == []


def test_the_rules_find_nothing_in_nothing() -> None:
    """No option is required."""
    assert check_declaration(declare(), DEPLOYMENT) == []


@pytest.mark.parametrize(("wrong", "found"), WRONG)
def test_the_rules_find_what_is_wrong_and_where(wrong: dict[str, Any], found: list[str]) -> None:
    """Every mistake is found, once, under the argument that it stands in, with a remedy."""
    problems = check_declaration(declare(**wrong), DEPLOYMENT)
    assert [problem.field for problem in problems] == found
    assert len({(problem.field, problem.value) for problem in problems}) == len(problems)
    assert all(problem.value and problem.reason and problem.remedy for problem in problems)


def test_all_options_at_once_can_be_right() -> None:
    """No rule refuses what another asks for."""
    assert check_declaration(declare(**EVERY_OPTION), DEPLOYMENT) == []


@pytest.mark.parametrize(
    "options",
    [
        {"secrets": ["MY_SECRET", Secret("MY_TOKEN", file="/s/t")]},
        {"secrets": [Secret("OTHER", optional=True)]},
        {"secrets": [Secret("OTHER", name="another-secret")]},
        {"secrets": [Secret("MY_SECRET", name=f"{RELEASE}-env")]},
        {"secrets": ["OTHER"], "release": "quasar-nebula-1234"},
        {},
    ],
)
def test_keys_that_may_exist_are_let_be(options: dict[str, Any]) -> None:
    """Optional keys, other secrets and other releases are none of what is known."""
    assert check_declaration(declare(**options), KNOWN) == []


@pytest.mark.parametrize(
    ("secret", "value", "remedy"),
    [
        ("MY_SECRT", "'MY_SECRT'", "write 'MY_SECRET'"),
        ("my_token", "'my_token'", "write 'MY_TOKEN'"),
        ("OTHER", "'OTHER'", "choose from MY_SECRET, MY_TOKEN, or Secret(..., optional=True)"),
        (Secret("MY_TOKEM", name=f"{RELEASE}-env"), "'MY_TOKEM'", "write 'MY_TOKEN'"),
    ],
)
def test_a_key_that_the_deployment_lacks_is_found(secret: Any, value: str, remedy: str) -> None:
    """Where the keys are known, a wrong one is an error at parse, with the nearest right one."""
    reason = f"is not a key of the deployment's secret '{RELEASE}-env'"
    problems = check_declaration(declare(secrets=[secret, "MY_SECRET"]), KNOWN)
    assert problems == [Problem("secrets", value, reason, remedy, "K8S109")]


def test_keys_are_not_judged_where_they_are_not_known() -> None:
    """Not knowing the keys is no error."""
    assert check_declaration(declare(secrets=["ANY"]), DEPLOYMENT) == []


NAMES: list[tuple[Grammar, list[str], list[Any]]] = [
    (DNS_LABEL, ["a", "a-1", "1", "a" * 63], ["", "A", "-a", "a-", "a.b", "a_b", "a" * 64, "a\n", None, 5]),
    (DNS_SUBDOMAIN, ["a.b-c.1", "a" * 253], ["", "a..b", ".a", "a.", "A.b", "a" * 254, ["a"]]),
    (
        ENVIRONMENT_NAME,
        ["A", "_", ".a", "-a", "a.b-c", "A1", "1", "a b", ".", "..a"],
        ["", "A=B", "=", "a\n", "a\x7f", "\u00c4"],
    ),
    (
        SECRET_KEY,
        ["A", "1", "a.b", ".a", "-", "a..b", "a" * 253],
        ["", ".", "..", "..a", "a/b", "a b", "a" * 254],
    ),
    (
        IMAGE,
        ["airflow", "apache/airflow:3.3.2", "a.b:80/c/d__e:_T-1", f"a@sha256:{'0' * 64}", "1/2"],
        [
            "",
            "a b",
            " a",
            "a:",
            "a:b:c",
            "apache/Airflow",
            "a@",
            "a@sha256:0",
            "/a",
            "a//b",
            "a:" + "b" * 129,
        ],
    ),
]


@pytest.mark.parametrize(
    ("grammar", "name"), [(grammar, name) for grammar, right, _ in NAMES for name in right]
)
def test_right_names_are_let_be(grammar: Grammar, name: str) -> None:
    """The grammars are the API server's, no narrower."""
    assert list(grammar.check(("it",), name)) == []


@pytest.mark.parametrize(
    ("grammar", "name"), [(grammar, name) for grammar, _, wrong in NAMES for name in wrong]
)
def test_wrong_names_are_found(grammar: Grammar, name: Any) -> None:
    """Whatever is given for a name, and however long, one problem is found and shown on one line."""
    (finding,) = grammar.check(("it",), name)
    assert "\n" not in str(finding.named(RequestedPod({})))


@pytest.mark.parametrize("grammar", [grammar for grammar, *_ in NAMES])
def test_the_example_of_a_grammar_is_right(grammar: Grammar) -> None:
    """A remedy can be followed."""
    assert list(grammar.check(("it",), grammar.example)) == []


@pytest.mark.parametrize(
    ("key", "as_label", "as_annotation"),
    [
        ("team", 0, 0),
        ("example.com/Team_1.x", 0, 0),
        ("Example.com/team", 1, 0),
        ("a b", 1, 1),
        ("Bad!/bad!", 2, 2),
        ("/a", 1, 1),
        ("a/", 1, 1),
        ("a/b/c", 1, 1),
        ("x" * 64, 1, 1),
    ],
)
def test_keys_of_labels_and_annotations_differ_in_the_prefix(
    key: str, as_label: int, as_annotation: int
) -> None:
    """An annotation's prefix may have capitals, and the key is shown as it was written."""
    assert len(list(check_label_key(("it",), key))) == as_label
    found = list(check_annotation_key(("it",), key))
    assert [problem.value for problem in found] == [repr(key)] * as_annotation


@pytest.mark.parametrize(
    ("value", "count"), [("", 0), ("a", 0), ("A.b_c-1", 0), ("-a", 1), ("a b", 1), ("a" * 64, 1)]
)
def test_the_value_of_a_label_may_be_empty(value: str, count: int) -> None:
    """Otherwise it is a name."""
    assert len(list(check_label_value(("it",), value))) == count
