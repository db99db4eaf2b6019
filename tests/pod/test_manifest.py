"""The partial pod: every option where Kubernetes has it, and the same bytes every time."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from kubernetes_expansion import see
from properties import examples
from sample_declarations import DEPLOYMENT, EVERY_OPTION, NOTHING, RELEASE, declarations, declare

from airflow_provider_k8sexec import (
    ConfigMap,
    EmptyDir,
    HostPath,
    PersistentVolumeClaim,
    Secret,
    TemplateVolume,
)
from airflow_provider_k8sexec.options.declaration import resolve_layers
from airflow_provider_k8sexec.options.pod_options import POD_OPTIONS
from airflow_provider_k8sexec.options.volumes import SHARED_MEMORY_PATH, Mount
from airflow_provider_k8sexec.pod.manifest import build_requested_pod, build_template
from airflow_provider_k8sexec.pod.mounts import mounts_of
from airflow_provider_k8sexec.pod.own_secret import lacks_release, resolve_own_secret
from airflow_provider_k8sexec.rules.api_server.names import DNS_LABEL
from airflow_provider_k8sexec.rules.api_server.schema import read_manifest
from airflow_provider_k8sexec.site.deployment import Deployment

if TYPE_CHECKING:
    from airflow_provider_k8sexec.options.declaration import Declaration

PROPERTY = examples(50)
HERE = Path(__file__).parent
GOLDEN = HERE / "golden_every_option.yaml"


def build(**options: Any) -> dict[str, Any]:
    """Build the partial pod of some options."""
    return build_requested_pod(declare(**options), DEPLOYMENT).pod


def worker(**options: Any) -> dict[str, Any]:
    """Build the worker's container of some options."""
    return build(**options)["spec"]["containers"][0]


def test_the_pod_of_all_options_is_the_one_that_was_looked_through() -> None:
    """A change of what any option becomes is a change of this file, the order of lists included."""
    golden = yaml.safe_load(GOLDEN.read_text(encoding="utf-8"))
    assert set(EVERY_OPTION) == POD_OPTIONS
    assert build(**EVERY_OPTION) == golden
    assert read_manifest(golden, "V1Pod") == (golden, [])


CONTAINER = ("spec", "containers", 0)
PLACES: dict[str, dict[tuple[str | int, ...], Any]] = {
    "cpu": {
        (*CONTAINER, "resources", "requests"): {"cpu": "0.5"},
        (*CONTAINER, "resources", "limits"): {"cpu": "2"},
    },
    "memory": {
        (*CONTAINER, "resources", "requests"): {"memory": "1Gi"},
        (*CONTAINER, "resources", "limits"): {"memory": "2Gi"},
    },
    "ephemeral_storage": {
        (*CONTAINER, "resources", "requests"): {"ephemeral-storage": "10Gi"},
        (*CONTAINER, "resources", "limits"): {"ephemeral-storage": "10Gi"},
    },
    "gpu": {
        (*CONTAINER, "resources", "requests"): {"nvidia.com/gpu": "1", "example.com/fpga": "2"},
        (*CONTAINER, "resources", "limits"): {"nvidia.com/gpu": "1", "example.com/fpga": "2"},
    },
    "resource_claims": {
        ("spec", "resourceClaims"): [
            {"name": "gpu", "resourceClaimTemplateName": "a100"},
            {"name": "shared", "resourceClaimName": "team-gpus"},
        ],
        (*CONTAINER, "resources", "claims"): [{"name": "gpu", "request": "gpu"}, {"name": "shared"}],
    },
    "pod_resources": {
        ("spec", "resources"): {
            "requests": {"cpu": "1", "memory": "8Gi"},
            "limits": {"cpu": "4", "memory": "8Gi"},
        }
    },
    "shared_memory": {
        ("spec", "volumes", 0, "emptyDir"): {"medium": "Memory", "sizeLimit": "1Gi"},
        (*CONTAINER, "volumeMounts", 0, "mountPath"): SHARED_MEMORY_PATH,
    },
    "secrets": {
        (*CONTAINER, "env", 0, "valueFrom", "secretKeyRef"): {"name": f"{RELEASE}-env", "key": "MY_SECRET"},
        (*CONTAINER, "env", 1, "valueFrom", "secretKeyRef", "name"): "partner",
        ("spec", "volumes", 0, "secret", "secretName"): f"{RELEASE}-env",
    },
    "env_vars": {(*CONTAINER, "env", 0): {"name": "STAGE", "value": "test"}},
    "env_from": {(*CONTAINER, "envFrom", 0): {"configMapRef": {"name": "app"}}},
    "image": {(*CONTAINER, "image"): "registry.example.com/airflow:3.3.2"},
    "image_pull_policy": {(*CONTAINER, "imagePullPolicy"): "IfNotPresent"},
    "image_pull_secrets": {("spec", "imagePullSecrets"): [{"name": "regcred"}]},
    "volumes": {
        ("spec", "volumes", 0): {"name": "k8sexec-scratch", "emptyDir": {"sizeLimit": "20Gi"}},
        (*CONTAINER, "volumeMounts", 0): {"name": "k8sexec-scratch", "mountPath": "/scratch"},
    },
    "container_security_context": {(*CONTAINER, "securityContext", "runAsNonRoot"): True},
    "node_selector": {("spec", "nodeSelector", "disk"): "ssd"},
    "tolerations": {("spec", "tolerations", 0, "key"): "gpu"},
    "affinity": {("spec", "affinity"): EVERY_OPTION["affinity"]},
    "topology_spread_constraints": {
        ("spec", "topologySpreadConstraints"): EVERY_OPTION["topology_spread_constraints"]
    },
    "disruption": {
        ("metadata", "annotations"): {
            "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
            "karpenter.sh/do-not-disrupt": "true",
        }
    },
    "queue_name": {("metadata", "labels"): {"kueue.x-k8s.io/queue-name": "team-a"}},
    "host_aliases": {("spec", "hostAliases"): [{"ip": "10.1.2.3", "hostnames": ["db.local", "db"]}]},
    "priority_class_name": {("spec", "priorityClassName"): "nightly"},
    "scheduler_name": {("spec", "schedulerName"): "bin-packer"},
    "service_account_name": {("spec", "serviceAccountName"): "etl-worker"},
    "automount_service_account_token": {("spec", "automountServiceAccountToken"): False},
    "runtime_class_name": {("spec", "runtimeClassName"): "gvisor"},
    "security_context": {("spec", "securityContext"): {"fsGroup": 50000}},
    "labels": {("metadata", "labels"): {"cost-centre": "42", "team": "data"}},
    "annotations": {("metadata", "annotations"): {"example.com/egress": "partner.example.com"}},
    "init_containers": {("spec", "initContainers"): EVERY_OPTION["init_containers"]},
    "sidecars": {("spec", "initContainers", 0, "restartPolicy"): "Always"},
    "termination_grace_period_seconds": {("spec", "terminationGracePeriodSeconds"): 0},
    "active_deadline_seconds": {("spec", "activeDeadlineSeconds"): 3600},
    "namespace": {("metadata", "namespace"): "jobs"},
    "pod_override": {("spec", "hostNetwork"): False, (*CONTAINER, "workingDir"): "/work"},
}


@pytest.mark.parametrize("option", sorted(POD_OPTIONS - {"profile", "release", "pod_template_file"}))
def test_an_option_lands_where_kubernetes_has_it(option: str) -> None:
    """By itself, too, and beside nothing but the worker's name."""
    manifest = build(**{option: EVERY_OPTION[option]})
    for place, value in PLACES[option].items():
        found: Any = manifest
        for step in place:
            found = found[step]
        assert found == value
    assert manifest["spec"]["containers"][0]["name"] == "base"
    assert read_manifest(manifest, "V1Pod")[1] == []


@pytest.mark.parametrize(
    "options",
    [{}, {"release": "quasar-nebula-1234"}, {"pod_template_file": "/t.yaml"}, {"gpu": 0}, {"labels": {}}],
)
def test_nothing_asked_of_the_pod_is_no_pod(options: dict[str, Any]) -> None:
    """The template's pod stays as it is."""
    assert build(**options) == {}


@PROPERTY
@given(declarations())
def test_a_pod_is_always_the_same_bytes_with_the_worker_first(declaration: Declaration) -> None:
    """Airflow merges containers by position, and makes a new DAG version of every change."""
    before = copy.deepcopy(declaration)
    manifest = build_requested_pod(declaration, DEPLOYMENT).pod
    assert json.dumps(manifest) == json.dumps(build_requested_pod(before, DEPLOYMENT).pod)
    assert declaration == before
    if manifest:
        names = [container["name"] for container in manifest["spec"]["containers"]]
        assert names[0] == "base"
        assert len(set(names)) == len(names)
    else:
        assert declaration.pod_override == {}


@PROPERTY
@given(declarations())
def test_a_built_pod_can_be_changed_without_harm(declaration: Declaration) -> None:
    """No two pods share a list or dict that a hook could change in one of them for both."""
    manifest = build_requested_pod(declaration, DEPLOYMENT).pod
    expected = copy.deepcopy(manifest)
    if manifest:
        manifest["spec"]["containers"][0]["env"] = []
        manifest["spec"]["containers"].append({"name": "more"})
        manifest.setdefault("metadata", {})["labels"] = {"more": "more"}
    assert build_requested_pod(declaration, DEPLOYMENT).pod == expected


PRINT = """
import json, sys
from sample_declarations import DEPLOYMENT, EVERY_OPTION, declare
from airflow_provider_k8sexec.pod.manifest import build_requested_pod
options = {**EVERY_OPTION, "secrets": {"A", "B", "C", "D", "E"}}
sys.stdout.write(json.dumps(build_requested_pod(declare(**options), DEPLOYMENT).pod))
"""


def test_a_pod_is_the_same_in_every_process() -> None:
    """The order of sets and hashes differs from process to process; the bytes of a pod do not."""
    printed = {
        subprocess.run(  # noqa: S603  # this file's own program
            [sys.executable, "-c", PRINT],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=HERE.parent / "support",
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("0", "1", "2", "3")
    }
    (manifest,) = printed
    variables = json.loads(manifest)["spec"]["containers"][0]["env"]
    assert [item["name"] for item in variables if "valueFrom" in item] == ["POD_IP", *"ABCDE"]


PATHS = st.lists(
    st.from_regex(r"\A(/[a-cA-C._-]{1,3}|/[a-z]{20}){1,5}\Z").filter(lambda path: "//" not in path),
    min_size=2,
    max_size=6,
    unique=True,
)


@PROPERTY
@given(PATHS)
def test_the_names_of_volumes_are_stable_and_no_two_alike(paths: list[str]) -> None:
    """Each mount path gives its volume a name of its own, a DNS label, whatever else is mounted."""
    mounts = {path: Mount(EmptyDir()) for path in paths}
    manifest = build_requested_pod(evolve(NOTHING, mounts=mounts), DEPLOYMENT).pod
    names = [volume["name"] for volume in manifest["spec"]["volumes"]]
    assert len(set(names)) == len(paths)
    assert [problem for name in names for problem in DNS_LABEL.check("name", name)] == []
    alone = build_requested_pod(evolve(NOTHING, mounts={paths[-1]: Mount(EmptyDir())}), DEPLOYMENT).pod
    assert alone["spec"]["volumes"][0]["name"] == names[-1]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/scratch", "k8sexec-scratch"),
        ("/opt/app/config", "k8sexec-opt-app-config"),
        ("/a-b", "k8sexec-a-b--590bb8f6"),
        ("/A", "k8sexec-a--"),
        ("/...", "k8sexec--"),
        ("/" + "a" * 55, "k8sexec-" + "a" * 55),
        ("/" + "a" * 80, "k8sexec-" + "a" * 45 + "--"),
    ],
)
def test_a_plain_path_can_be_read_in_the_name_of_its_volume(path: str, name: str) -> None:
    """People look at pods; a path that would be ambiguous gets a digest."""
    found = build(volumes={path: EmptyDir()})["spec"]["volumes"][0]["name"]
    assert found.startswith(name)
    assert len(found) <= 63


def test_a_volume_with_a_name_of_its_own_can_be_mounted_twice() -> None:
    """Two paths, one volume."""
    source = {"name": "shared", "emptyDir": {}}
    manifest = build(volumes={"/a": source, "/b": source})
    assert manifest["spec"]["volumes"] == [source]
    mounts = manifest["spec"]["containers"][0]["volumeMounts"]
    assert mounts == [{"name": "shared", "mountPath": "/a"}, {"name": "shared", "mountPath": "/b"}]


LAKE = {"name": "k8sexec-data-in", "persistentVolumeClaim": {"claimName": "lake"}}


@pytest.mark.parametrize(
    ("other", "mount"),
    [
        (PersistentVolumeClaim("lake"), {}),
        (PersistentVolumeClaim("lake", sub_path="out"), {"subPath": "out"}),
        (PersistentVolumeClaim("lake", sub_path_expr="$(TEAM)"), {"subPathExpr": "$(TEAM)"}),
        ({"persistentVolumeClaim": {"claimName": "lake"}}, {}),
    ],
)
def test_a_claim_is_one_volume_with_a_mount_for_each_path(other: Any, mount: dict[str, Any]) -> None:
    """Two volumes of one claim keep a pod from starting on some nodes; each path keeps what it may."""
    pod = build(volumes={"/data/in": PersistentVolumeClaim("lake", read_only=True), "/data/out": other})
    assert pod["spec"]["volumes"] == [LAKE]
    assert pod["spec"]["containers"][0]["volumeMounts"] == [
        {"name": "k8sexec-data-in", "mountPath": "/data/in", "readOnly": True},
        {"name": "k8sexec-data-in", "mountPath": "/data/out", **mount},
    ]


def test_a_claim_that_no_path_may_write_to_stays_read_only() -> None:
    """A claim is read-only as a whole only where every mount of it is, whichever form declares it."""
    claim = {"persistentVolumeClaim": {"claimName": "lake", "readOnly": True}}
    pod = build(volumes={"/a": PersistentVolumeClaim("lake", read_only=True), "/b": claim})
    assert pod["spec"]["volumes"] == [{"name": "k8sexec-a", **claim}]
    pod = build(volumes={"/a": claim, "/b": PersistentVolumeClaim("lake")})
    assert pod["spec"]["volumes"] == [{**LAKE, "name": "k8sexec-a"}]
    first, second = pod["spec"]["containers"][0]["volumeMounts"]
    assert (first.get("readOnly"), second.get("readOnly")) == (True, None)


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [
        (ConfigMap("app"), ConfigMap("app", sub_path="a.toml"), 1),
        (ConfigMap("app"), ConfigMap("app", items={"a": "b"}), 2),
        (HostPath("/mnt"), HostPath("/mnt", read_only=True), 1),
        (HostPath("/mnt"), HostPath("/mnt", type="Directory"), 2),
        (PersistentVolumeClaim("a"), PersistentVolumeClaim("b"), 2),
        (PersistentVolumeClaim("a"), {"persistentVolumeClaim": {"claimName": "a", "readOnly": False}}, 1),
        (TemplateVolume("own"), {"name": "own", "emptyDir": {}}, 1),
        ({"name": "own", "emptyDir": {}}, TemplateVolume("own"), 1),
        (PersistentVolumeClaim("a"), {"name": "own", "persistentVolumeClaim": {"claimName": "a"}}, 2),
        ({"nfs": {"server": "s", "path": "/"}}, {"nfs": {"server": "s", "path": "/"}}, 1),
        (EmptyDir(), EmptyDir(), 2),
        ({"emptyDir": {}}, {"emptyDir": {}}, 2),
        ({"csi": {"driver": "d"}}, {"csi": {"driver": "d"}}, 2),
        ({"ephemeral": {}}, {"ephemeral": {}}, 2),
    ],
)
def test_one_source_is_one_volume(one: Any, other: Any, count: int) -> None:
    """What exists outside of the pod is one volume; scratch space is another at each path."""
    volumes = build(volumes={"/a": one, "/b": other})["spec"]["volumes"]
    assert len(volumes) == count


def test_a_volume_of_the_template_is_mounted_by_its_name() -> None:
    """The pod that the options build has no volume for it, and as many mounts as are declared."""
    pod = build(
        volumes={
            "/work": TemplateVolume("logs", sub_path="a"),
            "/all": TemplateVolume("logs", read_only=True),
        }
    )
    assert "volumes" not in pod["spec"]
    assert pod["spec"]["containers"][0]["volumeMounts"] == [
        {"name": "logs", "mountPath": "/work", "subPath": "a"},
        {"name": "logs", "mountPath": "/all", "readOnly": True},
    ]


def test_a_shared_volume_is_the_innermost_layers() -> None:
    """A claim that a profile mounts, and the task as well, is named as the task's."""
    layers = [
        ("profile 'lake'", declare(volumes={"/in": PersistentVolumeClaim("lake", read_only=True)})),
        ("", declare(volumes={"/out": PersistentVolumeClaim("lake")})),
    ]
    declaration = resolve_layers([layer for _, layer in layers])
    requested = build_requested_pod(declaration, DEPLOYMENT, layers)
    assert [volume["name"] for volume in requested.volumes()] == ["k8sexec-in"]
    claim = ("spec", "volumes", 0, "persistentVolumeClaim", "claimName")
    assert requested.name_path(claim) == "volumes['/out'].claim_name"


def test_a_volume_is_mounted_as_its_author_says() -> None:
    """Read-only and sub path stand at the mount, and where the source knows of them."""
    assert worker(volumes={"/a": PersistentVolumeClaim("a")})["volumeMounts"] == [
        {"name": "k8sexec-a", "mountPath": "/a"}
    ]
    assert worker(volumes={"/a/b.txt": ConfigMap("a", sub_path="b.txt")})["volumeMounts"][0] | {
        "name": ""
    } == {
        "name": "",
        "mountPath": "/a/b.txt",
        "readOnly": True,
        "subPath": "b.txt",
    }


def test_shared_memory_is_a_volume_in_memory_at_its_usual_path() -> None:
    """The default of 64 MiB is too little for many libraries."""
    manifest = build(shared_memory="2Gi", volumes={"/scratch": EmptyDir()})
    assert manifest["spec"]["volumes"][1] == {
        "name": "k8sexec-dev-shm",
        "emptyDir": {"medium": "Memory", "sizeLimit": "2Gi"},
    }
    mount = {"name": "k8sexec-dev-shm", "mountPath": SHARED_MEMORY_PATH}
    assert manifest["spec"]["containers"][0]["volumeMounts"][1] == mount
    assert list(mounts_of(declare(shared_memory="2Gi"))) == [SHARED_MEMORY_PATH]


def test_a_secrets_file_is_mounted_alone_and_read_only() -> None:
    """What else is in its directory stays to be seen."""
    manifest = build(secrets=[Secret("KEY", file="/etc/app/key.pem")])
    (volume,), (mount,) = manifest["spec"]["volumes"], manifest["spec"]["containers"][0]["volumeMounts"]
    assert volume["secret"] == {
        "secretName": f"{RELEASE}-env",
        "items": [{"key": "KEY", "path": "key.pem"}],
    }
    assert mount == {
        "name": volume["name"],
        "mountPath": "/etc/app/key.pem",
        "readOnly": True,
        "subPath": "key.pem",
    }


def test_an_optional_secrets_file_comes_with_its_own_directory() -> None:
    """A missing sub path would become a directory in the file's place."""
    manifest = build(secrets=[Secret("KEY", file="/keys/key.pem", name="other", optional=True)])
    (volume,), (mount,) = manifest["spec"]["volumes"], manifest["spec"]["containers"][0]["volumeMounts"]
    assert volume["secret"] == {
        "secretName": "other",
        "items": [{"key": "KEY", "path": "key.pem"}],
        "optional": True,
    }
    assert mount == {"name": volume["name"], "mountPath": "/keys", "readOnly": True}


def test_optional_files_of_one_directory_come_in_one_volume() -> None:
    """A directory can be mounted once: with keys of one secret, or of several."""
    one, two = Secret("A", file="/keys/a", optional=True), Secret("B", file="/keys/b", optional=True)
    items = [{"key": "A", "path": "a"}, {"key": "B", "path": "b"}]
    spec = build(secrets=[one, two])["spec"]
    (volume,), (mount,) = spec["volumes"], spec["containers"][0]["volumeMounts"]
    assert volume["secret"] == {"secretName": "infrared-photon-7780-env", "items": items, "optional": True}
    assert mount == {"name": volume["name"], "mountPath": "/keys", "readOnly": True}
    spec = build(secrets=[one, evolve(two, name="other"), Secret("C", file="/elsewhere/c", optional=True)])[
        "spec"
    ]
    keys, elsewhere = spec["volumes"]
    sources = [
        {"secret": {"name": "infrared-photon-7780-env", "items": items[:1], "optional": True}},
        {"secret": {"name": "other", "items": items[1:], "optional": True}},
    ]
    assert keys["projected"] == {"sources": sources}
    assert elsewhere["secret"]["items"] == [{"key": "C", "path": "c"}]
    assert [mount["mountPath"] for mount in spec["containers"][0]["volumeMounts"]] == ["/keys", "/elsewhere"]


def test_a_sidecar_is_an_init_container_that_stays() -> None:
    """A native sidecar ends with the worker; any other container would keep the pod running."""
    sidecar = {"name": "proxy", "image": "proxy", "restartPolicy": "Never"}
    fetch = {"name": "fetch", "image": "fetch"}
    spec = build(sidecars=[sidecar], init_containers=[fetch])["spec"]
    assert spec["initContainers"] == [fetch, {**sidecar, "restartPolicy": "Always"}]
    assert [container["name"] for container in spec["containers"]] == ["base"]


def test_the_options_are_laid_over_a_hand_written_pod_by_name() -> None:
    """What both say, the options say; the rest of both stays, and the worker comes first."""
    manifest = build(
        image="airflow:new",
        env_vars={"A": "new"},
        tolerations=["gpu"],
        pod_override={
            "metadata": {"annotations": {"kept": "yes"}},
            "spec": {
                "tolerations": [{"key": "spot", "operator": "Exists"}],
                "containers": [
                    {"name": "logger", "image": "logger"},
                    {"name": "base", "image": "airflow:old", "env": [{"name": "B", "value": "kept"}]},
                ],
            },
        },
    )
    assert manifest == {
        "metadata": {"annotations": {"kept": "yes"}},
        "spec": {
            "tolerations": [{"key": "spot", "operator": "Exists"}, {"key": "gpu", "operator": "Exists"}],
            "containers": [
                {
                    "name": "base",
                    "image": "airflow:new",
                    "env": [{"name": "B", "value": "kept"}, {"name": "A", "value": "new"}],
                },
                {"name": "logger", "image": "logger"},
            ],
        },
    }


def test_one_side_of_a_bound_leaves_the_other_unset() -> None:
    """A limit alone, a request alone, and no device that is asked for zero times."""
    assert worker(cpu=(1, None), memory=(None, "1Gi"), gpu=0)["resources"] == {
        "requests": {"cpu": "1"},
        "limits": {"memory": "1Gi"},
    }


@pytest.mark.parametrize(
    ("options", "exact"),
    [
        ({"automount_service_account_token": False}, {"spec": {"automountServiceAccountToken": False}}),
        ({"termination_grace_period_seconds": 0}, {"spec": {"terminationGracePeriodSeconds": 0}}),
        (
            {
                "pod_override": {
                    "spec": {"hostNetwork": False, "containers": [{"name": "base", "stdin": False}]}
                }
            },
            {"container": {"stdin": False}, "spec": {"hostNetwork": False}},
        ),
    ],
)
def test_false_and_zero_are_noted_for_the_pod_hook(options: dict[str, Any], exact: dict[str, Any]) -> None:
    """Airflow's merge takes them for unset, and would leave the template's value."""
    annotations = build(**options, annotations={"kept": "yes"})["metadata"]["annotations"]
    assert annotations["kept"] == "yes"
    assert json.loads(annotations["k8sexec/exact"]) == exact


def test_nothing_is_noted_where_nothing_gets_lost() -> None:
    """True values, and false ones that travel inside an object, need no help."""
    manifest = build(
        automount_service_account_token=True,
        termination_grace_period_seconds=1,
        container_security_context={"runAsNonRoot": False, "runAsUser": 0},
    )
    assert "metadata" not in manifest


def test_a_secrets_name_is_only_asked_for_where_it_is_needed() -> None:
    """Literals, and keys of secrets that are named, need no release."""
    nowhere = Deployment()
    named = declare(secrets=[Secret("A", name="other")], env_vars={"B": "x"})
    assert resolve_own_secret(named, nowhere) is None
    assert resolve_own_secret(declare(secrets=["A"], release=RELEASE), nowhere) == f"{RELEASE}-env"
    assert not lacks_release(named, nowhere)
    assert not lacks_release(declare(secrets=["A"], release=RELEASE), nowhere)
    assert not lacks_release(declare(secrets=["A"]), Deployment(secret_name="a-secret"))
    assert lacks_release(declare(secrets=["A"]), nowhere)
    assert lacks_release(declare(secrets=[Secret("A", file="/a/b")]), nowhere)


def test_a_variable_stands_below_those_that_it_names() -> None:
    """Kubernetes expands only what stands above, whatever option a variable comes from."""
    env = worker(env_vars={"DSN": "u:$(DB_PASSWORD)@h", "STAGE": "test"}, secrets=["DB_PASSWORD"])["env"]
    assert [item["name"] for item in env] == ["DB_PASSWORD", "DSN", "STAGE"]
    seen = see(env, {("secretKeyRef", "DB_PASSWORD"): b"hunter2"}, {})
    assert seen[b"DSN"] == b"u:hunter2@h"


def test_variables_of_every_container_are_put_in_order() -> None:
    """What a sidecar, an init container and an override have is expanded as well."""
    env = [{"name": "A", "value": "$(B)"}, {"name": "B", "value": "b"}]
    pod = build(
        sidecars=[{"name": "s", "image": "s:1", "env": env}],
        init_containers=[{"name": "i", "image": "i:1", "env": env}],
        pod_override={"spec": {"containers": [{"name": "base", "env": env}]}},
    )
    for container in [*pod["spec"]["containers"], *pod["spec"]["initContainers"]]:
        assert see(container["env"], {}, {})[b"A"] == b"b"


def test_an_order_changes_no_origin() -> None:
    """Who set a variable is known wherever it stands."""
    requested = build_requested_pod(
        declare(env_vars={"DSN": "$(B)-$(TOKEN)", "B": "b"}, secrets=["TOKEN"]), DEPLOYMENT
    )
    env = requested.worker["env"]
    assert [requested.name_path((*requested.worker_path, "env", index)) for index in range(len(env))] == [
        "env_vars['B']",
        "secrets['TOKEN']",
        "env_vars['DSN']",
    ]


def test_a_template_of_the_site_has_its_variables_in_order() -> None:
    """A variable that options add to a template may be named in the template itself."""
    base = copy.deepcopy(GOLDEN_BASE)
    template = build_template(base, declare(secrets=["DB_PASSWORD"]), DEPLOYMENT)
    env = template["spec"]["containers"][0]["env"]
    assert [item["name"] for item in env] == ["DB_PASSWORD", "DSN"]
    assert base == GOLDEN_BASE


GOLDEN_BASE: dict[str, Any] = {
    "spec": {"containers": [{"name": "base", "env": [{"name": "DSN", "value": "u:$(DB_PASSWORD)@h"}]}]}
}
