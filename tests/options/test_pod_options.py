"""Reading pod options: each form that an option may have, and what it comes to."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

import pytest
from airflow.providers.cncf.kubernetes.secret import Secret as AirflowSecret
from attrs import evolve, fields
from kubernetes.client import models as k8s
from sample_declarations import EVERY_OPTION, NOTHING, declare

from airflow_provider_k8sexec import (
    ConfigMap,
    EmptyDir,
    HostPath,
    ImageVolume,
    PersistentVolumeClaim,
    ResourceClaim,
    ResourceClaimTemplate,
    Secret,
    TemplateVolume,
    Toleration,
    per_try,
)
from airflow_provider_k8sexec.options.declaration import Declaration, parse_declaration
from airflow_provider_k8sexec.options.field_words import find_meant
from airflow_provider_k8sexec.options.manifests import present, to_manifest
from airflow_provider_k8sexec.options.pod_options import POD_OPTIONS
from airflow_provider_k8sexec.options.problems import show_shape
from airflow_provider_k8sexec.options.quantity import Quantity
from airflow_provider_k8sexec.options.readers import name_of
from airflow_provider_k8sexec.options.resources import Bounds
from airflow_provider_k8sexec.options.volumes import Mount, normalize_path

ONE_GIBIBYTE = Quantity("1Gi")
TOLERATION = {"key": "gpu", "operator": "Equal", "value": "true", "effect": "NoSchedule"}
POD_IP = {"fieldRef": {"fieldPath": "status.podIP"}}
POD_IP_MODEL = k8s.V1EnvVarSource(field_ref=k8s.V1ObjectFieldSelector(field_path="status.podIP"))
FETCH = {"name": "fetch", "image": "busybox"}
SECURITY = {"runAsUser": 0, "runAsNonRoot": False}


def both(amount: str, *later: Bounds) -> Bounds:
    """Give an amount that is request and limit, and the bounds of later tries."""
    return Bounds(Quantity(amount), Quantity(amount), later)


READINGS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a whole number of cores": ({"cpu": 2}, {"cpu": Bounds(Quantity("2"), Quantity("2"))}),
    "a fraction of a core": ({"cpu": 0.5}, {"cpu": Bounds(Quantity("500m"), Quantity("500m"))}),
    "a decimal of cores": ({"cpu": Decimal("0.25")}, {"cpu": Bounds(Quantity("250m"), Quantity("250m"))}),
    "a tiny number of cores": ({"cpu": 1e-7}, {"cpu": Bounds(Quantity("100n"), Quantity("100n"))}),
    "no cores": ({"cpu": 0}, {"cpu": Bounds(Quantity("0"), Quantity("0"))}),
    "a quantity of cores": ({"cpu": "1500m"}, {"cpu": Bounds(Quantity("1.5"), Quantity("1.5"))}),
    "request and limit": ({"cpu": (1, "2")}, {"cpu": Bounds(Quantity("1"), Quantity("2"))}),
    "request and limit from JSON": ({"cpu": [1, 2]}, {"cpu": Bounds(Quantity("1"), Quantity("2"))}),
    "request alone": ({"cpu": (1, None)}, {"cpu": Bounds(Quantity("1"), None)}),
    "limit alone": ({"memory": (None, "1Gi")}, {"memory": Bounds(None, ONE_GIBIBYTE)}),
    "bytes": ({"ephemeral_storage": "1Gi"}, {"ephemeral_storage": Bounds(ONE_GIBIBYTE, ONE_GIBIBYTE)}),
    "shared memory": ({"shared_memory": "1Gi"}, {"shared_memory": ONE_GIBIBYTE}),
    "a number of GPUs": ({"gpu": 1}, {"gpu": {"nvidia.com/gpu": both("1")}}),
    "no GPU": ({"gpu": 0}, {"gpu": {"nvidia.com/gpu": both("0")}}),
    "devices by name": ({"gpu": {"amd.com/gpu": 2}}, {"gpu": {"amd.com/gpu": both("2")}}),
    "bytes for each try": (
        {"memory": per_try("1Gi", "2Gi", "4Gi")},
        {"memory": both("1Gi", both("2Gi"), both("4Gi"))},
    ),
    "request and limit for each try": (
        {"cpu": per_try(1, (1, "2"), [None, 4])},
        {"cpu": both("1", Bounds(Quantity("1"), Quantity("2")), Bounds(None, Quantity("4")))},
    ),
    "a pair at the first try alone": (
        {"memory": per_try(("1Gi", "2Gi"), "4Gi")},
        {"memory": Bounds(ONE_GIBIBYTE, Quantity("2Gi"), (both("4Gi"),))},
    ),
    "one try": ({"memory": per_try("1Gi")}, {"memory": both("1Gi")}),
    "tries that are to fall, and to stay": (
        {"cpu": per_try(4, 4, 2)},
        {"cpu": both("4", both("4"), both("2"))},
    ),
    "GPUs for each try, as in YAML": (
        {"gpu": {"per_try": [0, 1]}},
        {"gpu": {"nvidia.com/gpu": both("0", both("1"))}},
    ),
    "GPUs for each try": ({"gpu": per_try(0, 1)}, {"gpu": {"nvidia.com/gpu": both("0", both("1"))}}),
    "devices by name for each try": (
        {"gpu": {"amd.com/gpu": per_try(1, 2), "nvidia.com/gpu": 1}},
        {"gpu": {"amd.com/gpu": both("1", both("2")), "nvidia.com/gpu": both("1")}},
    ),
    "doubled to the end": (
        {"ephemeral_storage": per_try.doubling("1Gi", up_to="4Gi")},
        {"ephemeral_storage": both("1Gi", both("2Gi"), both("4Gi"))},
    ),
    "doubled beyond the end": (
        {"memory": per_try.doubling("1.5Gi", up_to="10G")},
        {"memory": both("1.5Gi", both("3Gi"), both("6Gi"), both("10G"))},
    ),
    "doubled in no step": ({"cpu": per_try.doubling(1, up_to="1000m")}, {"cpu": both("1")}),
    "doubled fractions": (
        {"cpu": per_try.doubling(0.5, up_to=2)},
        {"cpu": both("0.5", both("1"), both("2"))},
    ),
    "doubled exponents": (
        {"cpu": per_try.doubling("5e-1", up_to=2)},
        {"cpu": both("0.5", both("1"), both("2"))},
    ),
    "doubled devices": (
        {"gpu": per_try.doubling(1, up_to=3)},
        {"gpu": {"nvidia.com/gpu": both("1", both("2"), both("3"))}},
    ),
    "a key": ({"secrets": ["A"]}, {"env": {"A": Secret("A")}}),
    "keys in a tuple": ({"secrets": ("A",)}, {"env": {"A": Secret("A")}}),
    "keys in a set": ({"secrets": {"B", "A"}}, {"env": {"A": Secret("A"), "B": Secret("B")}}),
    "a key for another variable": (
        {"secrets": [Secret("a", env="A")]},
        {"env": {"A": Secret("a", env="A")}},
    ),
    "a key as a file": (
        {"secrets": [Secret("a", file="/s//a")]},
        {"mounts": {"/s/a": Secret("a", file="/s/a")}},
    ),
    "a key as a file at a path object": (
        {"secrets": [Secret("a", file=PurePosixPath("/s/a"))]},
        {"mounts": {"/s/a": Secret("a", file="/s/a")}},
    ),
    "a key as both": (
        {"secrets": [Secret("a", env="A", file="/s/a")]},
        {
            "env": {"A": Secret("a", env="A", file="/s/a")},
            "mounts": {"/s/a": Secret("a", env="A", file="/s/a")},
        },
    ),
    "a key twice": ({"secrets": ["A", Secret("A")]}, {"env": {"A": Secret("A")}}),
    "a variable of Airflow's Secret": (
        {"secrets": [AirflowSecret("env", "SQL_CONN", "airflow-secrets", "sql_alchemy_conn")]},
        {"env": {"SQL_CONN": Secret("sql_alchemy_conn", env="SQL_CONN", name="airflow-secrets")}},
    ),
    "a whole secret of Airflow's Secret": (
        {"secrets": [AirflowSecret("env", None, "db")], "env_from": ["configmap/app"]},
        {"env_from": [{"configMapRef": {"name": "app"}}, {"secretRef": {"name": "db"}}]},
    ),
    "files of Airflow's Secret": (
        {"secrets": [AirflowSecret("volume", "/etc/sql//", "db")]},
        {"mounts": {"/etc/sql": Mount({"secret": {"secretName": "db"}}, read_only=True)}},
    ),
    "some files of Airflow's Secret": (
        {"secrets": [AirflowSecret("volume", "/etc/sql", "db", items=[k8s.V1KeyToPath(key="k", path="p")])]},
        {
            "mounts": {
                "/etc/sql": Mount(
                    {"secret": {"secretName": "db", "items": [{"key": "k", "path": "p"}]}}, read_only=True
                )
            }
        },
    ),
    "variables": ({"env_vars": {"A": "1", "B": ""}}, {"env": {"A": "1", "B": ""}}),
    "a source of a variable": ({"env_vars": {"A": POD_IP}}, {"env": {"A": POD_IP}}),
    "a source of a variable as a model": ({"env_vars": {"A": POD_IP_MODEL}}, {"env": {"A": POD_IP}}),
    "variables as models": (
        {
            "env_vars": [
                k8s.V1EnvVar(name="A", value="1"),
                k8s.V1EnvVar(name="B"),
                k8s.V1EnvVar(name="C", value_from=POD_IP_MODEL),
                k8s.V1EnvVar(name="D", value="", value_from=POD_IP_MODEL),
            ]
        },
        {"env": {"A": "1", "B": "", "C": POD_IP, "D": POD_IP}},
    ),
    "variables as manifests": ({"env_vars": [{"name": "A", "value": "1"}]}, {"env": {"A": "1"}}),
    "whole sources": (
        {"env_from": ["configmap/app", "secret/db"]},
        {"env_from": [{"configMapRef": {"name": "app"}}, {"secretRef": {"name": "db"}}]},
    ),
    "a whole source as a model": (
        {"env_from": [k8s.V1EnvFromSource(prefix="X_", secret_ref=k8s.V1SecretEnvSource(name="db"))]},
        {"env_from": [{"prefix": "X_", "secretRef": {"name": "db"}}]},
    ),
    "an image": ({"image": "airflow"}, {"image": "airflow"}),
    "a path": ({"pod_template_file": PurePosixPath("/t.yaml")}, {"pod_template_file": "/t.yaml"}),
    "pull secrets": (
        {"image_pull_secrets": ["a", {"name": "b"}, k8s.V1LocalObjectReference(name="c")]},
        {"image_pull_secrets": ["a", "b", "c"]},
    ),
    "volumes": (
        {
            "volumes": {
                "/a/": EmptyDir("1Gi"),
                "//b": ConfigMap("b", sub_path="b.txt"),
                PurePosixPath("/c"): PersistentVolumeClaim("c", read_only=True, sub_path="c"),
                "/d": HostPath(PurePosixPath("/d")),
                "/e": TemplateVolume("e", read_only=True, sub_path_expr="$(TEAM)/e"),
            }
        },
        {
            "mounts": {
                "/a": Mount(EmptyDir("1Gi")),
                "/b": Mount(ConfigMap("b", sub_path="b.txt"), read_only=True, sub_path="b.txt"),
                "/c": Mount(
                    PersistentVolumeClaim("c", read_only=True, sub_path="c"), read_only=True, sub_path="c"
                ),
                "/d": Mount(HostPath("/d")),
                "/e": Mount(
                    TemplateVolume("e", read_only=True, sub_path_expr="$(TEAM)/e"),
                    read_only=True,
                    sub_path_expr="$(TEAM)/e",
                ),
            }
        },
    ),
    "a volume as a manifest": (
        {"volumes": {"/a": {"nfs": {"server": "s", "path": "/"}}}},
        {"mounts": {"/a": Mount({"nfs": {"server": "s", "path": "/"}})}},
    ),
    "a volume as a model": (
        {"volumes": {"/a": k8s.V1Volume(name="a", empty_dir=k8s.V1EmptyDirVolumeSource())}},
        {"mounts": {"/a": Mount({"name": "a", "emptyDir": {}})}},
    ),
    "tolerations in kubectl's words": (
        {"tolerations": ["gpu=true:NoSchedule", "gpu:NoExecute", "gpu=true", "gpu", "gpu=:NoSchedule"]},
        {
            "tolerations": [
                TOLERATION,
                {"key": "gpu", "operator": "Exists", "effect": "NoExecute"},
                {"key": "gpu", "operator": "Equal", "value": "true"},
                {"key": "gpu", "operator": "Exists"},
                {"key": "gpu", "operator": "Equal", "value": "", "effect": "NoSchedule"},
            ]
        },
    ),
    "tolerations": (
        {
            "tolerations": [
                Toleration("gpu", "true", "NoSchedule"),
                Toleration(),
                TOLERATION,
                k8s.V1Toleration(key="spot", operator="Exists", toleration_seconds=60),
            ]
        },
        {
            "tolerations": [
                TOLERATION,
                {"operator": "Exists"},
                TOLERATION,
                {"key": "spot", "operator": "Exists", "tolerationSeconds": 60},
            ]
        },
    ),
    "claims": (
        {
            "resource_claims": {
                "a": "a",
                "b": ResourceClaim("b"),
                "c": ResourceClaimTemplate("c", request="gpu"),
                "d": k8s.V1PodResourceClaim(name="d", resource_claim_name="d"),
                "e": {"resourceClaimTemplateName": "e", "request": "gpu"},
            }
        },
        {
            "resource_claims": {
                "a": {"resourceClaimName": "a"},
                "b": {"resourceClaimName": "b"},
                "c": {"resourceClaimTemplateName": "c", "request": "gpu"},
                "d": {"resourceClaimName": "d"},
                "e": {"resourceClaimTemplateName": "e", "request": "gpu"},
            }
        },
    ),
    "amounts of all containers": (
        {"pod_resources": {"cpu": (1, 2), "memory": "1Gi", "hugepages-2Mi": ["1Gi", "1Gi"]}},
        {
            "pod_resources": {
                "cpu": Bounds(Quantity("1"), Quantity("2")),
                "memory": both("1Gi"),
                "hugepages-2Mi": both("1Gi"),
            }
        },
    ),
    "host aliases": (
        {"host_aliases": {"10.0.0.1": ["a", "b"], "::1": ("c",)}},
        {"host_aliases": {"10.0.0.1": ("a", "b"), "::1": ("c",)}},
    ),
    "host aliases as Kubernetes has them": (
        {
            "host_aliases": [
                {"ip": "10.0.0.1", "hostnames": ["a"]},
                k8s.V1HostAlias(ip="10.0.0.1", hostnames=["b"]),
                {"ip": "::1"},
            ]
        },
        {"host_aliases": {"10.0.0.1": ("a", "b"), "::1": ()}},
    ),
    "spread constraints": (
        {
            "topology_spread_constraints": [
                {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"},
                k8s.V1TopologySpreadConstraint(
                    max_skew=2, topology_key="zone", when_unsatisfiable="ScheduleAnyway"
                ),
            ]
        },
        {
            "topology_spread_constraints": [
                {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"},
                {"maxSkew": 2, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"},
            ]
        },
    ),
    "a queue": ({"queue_name": "team-a"}, {"queue_name": "team-a"}),
    "a choice of disruption": ({"disruption": "allow"}, {"disruption": "allow"}),
    "the files of an image": (
        {"volumes": {"/a": ImageVolume("a:1"), "/b": ImageVolume("b:1", "Always", sub_path="b")}},
        {
            "mounts": {
                "/a": Mount(ImageVolume("a:1")),
                "/b": Mount(ImageVolume("b:1", "Always", sub_path="b"), sub_path="b"),
            }
        },
    ),
    "a manifest": ({"security_context": SECURITY}, {"security_context": SECURITY}),
    "a read-only mapping": ({"labels": MappingProxyType({"a": "b"})}, {"labels": {"a": "b"}}),
    "a model": (
        {"container_security_context": k8s.V1SecurityContext(run_as_user=0, run_as_non_root=False)},
        {"container_security_context": SECURITY},
    ),
    "containers": ({"init_containers": [FETCH]}, {"init_containers": {"fetch": FETCH}}),
    "containers as models": (
        {"sidecars": [k8s.V1Container(name="fetch", image="busybox")]},
        {"sidecars": {"fetch": FETCH}},
    ),
    "a pod as a model": (
        {"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[k8s.V1Container(name="base")]))},
        {"pod_override": {"spec": {"containers": [{"name": "base"}]}}},
    ),
    "false": (
        {"automount_service_account_token": False},
        {"automount_service_account_token": False},
    ),
    "zero": ({"termination_grace_period_seconds": 0}, {"termination_grace_period_seconds": 0}),
}


@pytest.mark.parametrize(("options", "read"), READINGS.values(), ids=READINGS)
def test_an_option_is_read_in_each_of_its_forms(options: dict[str, Any], read: dict[str, Any]) -> None:
    """Numbers, texts, Kubernetes models, manifests and this package's own values mean the same thing."""
    assert declare(**options) == Declaration(**read)


def test_an_option_of_none_is_not_given() -> None:
    """A wrapper can pass all options on, given or not."""
    assert declare(**dict.fromkeys(POD_OPTIONS)) == NOTHING


def test_every_option_has_a_field_or_a_home_in_others() -> None:
    """No option is accepted and then forgotten."""
    homes = {"secrets", "env_vars", "volumes"}
    others = {"env", "mounts", "run_time", "placement_steps"}
    named = {field.name for field in fields(Declaration)} - others
    assert named | homes == POD_OPTIONS
    for option in EVERY_OPTION:
        assert declare(**{option: EVERY_OPTION[option]}) != NOTHING


def test_what_can_be_read_is_read_beside_what_cannot() -> None:
    """The rules judge the rest at once, so that an author corrects everything in one go."""
    declaration, problems = parse_declaration({"memory": 512, "cpu": 1, "labels": {"a": 1, "b": 2}, "tpu": 1})
    assert declaration == declare(cpu=1, labels={"a": "1", "b": "2"})
    assert [problem.field for problem in problems] == ["memory", "labels['a']", "labels['b']", "tpu"]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("memroy", "memory"),
        ("cpus", "cpu"),
        ("secret", "secrets"),
        ("env_var", "env_vars"),
        ("envVars", "env_vars"),
        ("pod_overide", "pod_override"),
        ("nodeSelector", "node_selector"),
        ("serviceAccountName", "service_account_name"),
        ("toleration", "tolerations"),
        ("retries", None),
        ("op_kwargs", None),
        ("task_id", None),
    ],
)
def test_a_misspelt_option_is_recognised(given: str, meant: str | None) -> None:
    """A name that is much like an option's is a mistake; Airflow's own arguments are none."""
    assert find_meant(given) == ((meant,) if meant else ())


@pytest.mark.parametrize("option", sorted(POD_OPTIONS - {"profile", "release", "pod_template_file"}))
def test_an_option_of_the_pod_asks_for_one(option: str) -> None:
    """A declaration that says anything of the pod yields an override."""
    assert declare(**{option: EVERY_OPTION[option]}).concerns_pod


def test_a_profile_a_release_or_a_template_alone_asks_for_no_override() -> None:
    """They say where the rest is found, and have no place in the partial pod."""
    outside = evolve(NOTHING, profile="gpu", release="a", pod_template_file="/t.yaml")
    assert not outside.concerns_pod
    assert not NOTHING.concerns_pod


def test_the_secrets_of_a_declaration_are_told_by_place() -> None:
    """Each key stands once for each variable and file that it fills, and nothing else does."""
    both = Secret("b", env="B", file="/s/b")
    declaration = declare(
        secrets=["A", both], env_vars={"C": "literal", "D": POD_IP}, volumes={"/scratch": EmptyDir()}
    )
    assert list(declaration.secrets()) == [Secret("A"), both, both]


class WritesItself:
    """Like the pydantic models of later clients."""

    def model_dump(self, *, by_alias: bool, exclude_none: bool, mode: str) -> dict[str, Any]:
        """Write the model."""
        return {"byAlias": by_alias, "excludeNone": exclude_none, "mode": mode}


MANIFESTS = {
    "a model": (k8s.V1EnvVar(name="A", value="1"), {"name": "A", "value": "1"}),
    "a model with a field of an irregular name": (
        k8s.V1ContainerPort(container_port=80, host_ip="::1"),
        {"containerPort": 80, "hostIP": "::1"},
    ),
    "models in a list": ([k8s.V1EnvVar(name="A")], [{"name": "A"}]),
    "models in a tuple": ((k8s.V1EnvVar(name="A"),), [{"name": "A"}]),
    "models in a mapping": (MappingProxyType({"env": [k8s.V1EnvVar(name="A")]}), {"env": [{"name": "A"}]}),
    "a model with a dict in it": (k8s.V1Pod(spec={"containers": []}), {"spec": {"containers": []}}),
    "a model that writes itself": (
        WritesItself(),
        {"byAlias": True, "excludeNone": True, "mode": "json"},
    ),
    "what is not set": ({"a": None, "b": [None]}, {"b": [None]}),
    "false and zero": ({"a": False, "b": 0, "c": ""}, {"a": False, "b": 0, "c": ""}),
    "a date": (dt.date(2026, 11, 20), "2026-11-20"),
    "a time": (dt.datetime(2026, 11, 20, tzinfo=dt.timezone.utc), "2026-11-20T00:00:00+00:00"),
    "what no manifest holds": ({"containers": [...]}, {"containers": [...]}),
    "a class": (k8s.V1Pod, k8s.V1Pod),
}


@pytest.mark.parametrize(("value", "manifest"), MANIFESTS.values(), ids=MANIFESTS)
def test_kubernetes_objects_are_written_as_manifests(value: Any, manifest: Any) -> None:
    """Models of any release of the client come to plain data; what is no object is left for the rules."""
    assert to_manifest(value) == manifest


def test_what_is_not_set_is_left_out_but_false_and_zero_are_set() -> None:
    """A manifest holds what was asked for and nothing else."""
    assert present(a=None, b=False, c=0, d="", e={}) == {"b": False, "c": 0, "d": "", "e": {}}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (5, "5"),
        (0.5, "0.5"),
        (True, "True"),
        (None, "None"),
        (Decimal("1.5"), "Decimal('1.5')"),
        (..., "..."),
        ("hunter2", "<str>"),
        (b"hunter2", "<bytes>"),
        ({"PASSWORD": "hunter2"}, "<dict>"),
        (["hunter2"], "<list>"),
        (k8s.V1EnvVar(name="PASSWORD", value="hunter2"), "<V1EnvVar>"),
    ],
)
def test_where_a_password_may_be_only_the_type_is_shown(value: Any, shown: str) -> None:
    """A number tells what went wrong and no secret; a text, or what holds texts, may be one."""
    assert show_shape(value) == shown


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("memory", "memory"),
        ("memory[0]", "memory"),
        ("memory.first", "first"),
        ("secrets[0].optional", "optional"),
        ("volumes['/a.b'].size", "size"),
    ],
)
def test_a_remedy_names_the_argument_to_write(field: str, name: str) -> None:
    """It is the last on the way to the value, whatever a key on the way looks like."""
    assert name_of(field) == name


@pytest.mark.parametrize(
    ("path", "normal"),
    [
        ("/a", "/a"),
        ("/a/", "/a"),
        ("//a", "/a"),
        ("/a/./b//c", "/a/b/c"),
        ("/a/../b", "/b"),
        ("/", "/"),
        ("a/", "a/"),
        ("", ""),
    ],
)
def test_a_mount_path_has_one_form(path: str, normal: str) -> None:
    """Two forms of one path are one path; what is no absolute path stays as it is, to be shown."""
    assert normalize_path(path) == normal
