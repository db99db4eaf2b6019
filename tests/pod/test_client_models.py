"""What is built and read of the kubernetes client's models; ``make client-37`` runs it again, with client 37.

Client 36 has classes with setters, and client 37 pydantic models, which cast nothing.
"""

from __future__ import annotations

import copy
import json
import os
import pickle
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import kubernetes
import pytest
import yaml
from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator
from executor_pods import construct_pod
from hypothesis import assume, given
from kubernetes import client as k8s
from properties import examples
from sample_declarations import DEPLOYMENT, EVERY_OPTION, declarations, declare

from airflow_provider_k8sexec.options.manifests import AMOUNTS, MAPS_OF_AMOUNTS, is_built, to_manifest
from airflow_provider_k8sexec.pod.executor_config import ExecutorConfig, build_v1_pod
from airflow_provider_k8sexec.pod.manifest import build_requested_pod
from airflow_provider_k8sexec.pod.task_request import TaskRequest
from airflow_provider_k8sexec.rules.api_server.schema import read_manifest

if TYPE_CHECKING:
    from airflow_provider_k8sexec.options.declaration import Declaration

GOLDEN = yaml.safe_load((Path(__file__).parent / "golden_every_option.yaml").read_text(encoding="utf-8"))
TEMPLATE = {
    "metadata": {"labels": {"tier": "airflow"}},
    "spec": {
        "containers": [{"name": "base", "image": "airflow:3", "env": [{"name": "A", "value": "1"}]}],
        "volumes": [{"name": "logs", "emptyDir": {}}],
        "restartPolicy": "Never",
    },
}


def config_of(**options: Any) -> ExecutorConfig:
    """Make the ``executor_config`` of options."""
    return ExecutorConfig.of(TaskRequest([], [("the task", declare(**options))], DEPLOYMENT))


def test_the_client_of_this_run_is_the_one_that_the_run_is_about() -> None:
    """``make client-37`` names its client; a run that would silently test another one proves nothing."""
    wanted = os.environ.get("KUBERNETES_CLIENT", kubernetes.__version__)
    assert kubernetes.__version__ == wanted
    assert hasattr(k8s.V1Pod, "model_fields") == (int(kubernetes.__version__.partition(".")[0]) >= 37)


def test_the_pod_of_every_option_is_a_model_of_the_client() -> None:
    """Built and read back it is the golden pod, to the last field."""
    pod = config_of(**EVERY_OPTION)["pod_override"]
    assert type(pod) is k8s.V1Pod
    assert to_manifest(pod) == to_manifest(build_v1_pod(GOLDEN)) == GOLDEN


@examples(50)
@given(declarations())
def test_any_pod_that_is_built_is_read_back_as_it_was(declaration: Declaration) -> None:
    """No field is lost, and none is cast, in either direction; nor by the client's own writer."""
    manifest = build_requested_pod(declaration, DEPLOYMENT).pod
    assume(not read_manifest(manifest, "V1Pod")[1])  # the rules refuse the others
    pod = build_v1_pod(manifest)
    assert to_manifest(pod) == to_manifest(manifest)
    assert k8s.ApiClient(k8s.Configuration()).sanitize_for_serialization(pod) == to_manifest(manifest)


def test_numbers_of_amounts_are_strings_in_the_model() -> None:
    """A hand-written manifest may have numbers, as YAML does; client 36 casts them, client 37 does not."""
    amounts = {"limits": {"cpu": 2, "memory": "1Gi"}, "requests": {"cpu": 0.5}}
    disk = {"name": "d", "emptyDir": {"sizeLimit": 1024}}
    spec = {"containers": [{"name": "base", "resources": amounts}], "volumes": [disk], "overhead": {"cpu": 1}}
    built = to_manifest(config_of(pod_override={"spec": spec})["pod_override"])["spec"]
    assert built["containers"][0]["resources"] == {
        "limits": {"cpu": "2", "memory": "1Gi"},
        "requests": {"cpu": "0.5"},
    }
    assert (built["volumes"][0]["emptyDir"], built["overhead"]) == ({"sizeLimit": "1024"}, {"cpu": "1"})


def test_the_amounts_that_are_cast_are_those_of_the_table_of_fields() -> None:
    """A field that a later Kubernetes adds is not left a number, which client 37 refuses."""
    table = files("airflow_provider_k8sexec.rules.api_server") / "pod_schema.json"
    fields = [field for model in json.loads(table.read_text())["models"].values() for field in model.items()]
    assert {field for field, kind in fields if kind == "quantity"} == AMOUNTS
    assert {field for field, kind in fields if kind == "dict[quantity]"} == MAPS_OF_AMOUNTS


MODELS = {
    "affinity": (
        lambda: k8s.V1Affinity(
            pod_anti_affinity=k8s.V1PodAntiAffinity(
                required_during_scheduling_ignored_during_execution=[
                    k8s.V1PodAffinityTerm(
                        topology_key="zone", label_selector=k8s.V1LabelSelector(match_labels={"a": "b"})
                    )
                ]
            )
        ),
        {
            "podAntiAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": [
                    {"labelSelector": {"matchLabels": {"a": "b"}}, "topologyKey": "zone"}
                ]
            }
        },
    ),
    "tolerations": (
        lambda: [k8s.V1Toleration(key="gpu", operator="Exists", effect="NoSchedule")],
        [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}],
    ),
    "security_context": (
        lambda: k8s.V1PodSecurityContext(run_as_user=5, fs_group=0),
        {"runAsUser": 5, "fsGroup": 0},
    ),
    "init_containers": (
        lambda: [
            k8s.V1Container(name="a", image="b", ports=[k8s.V1ContainerPort(container_port=1, host_ip="::1")])
        ],
        [{"name": "a", "image": "b", "ports": [{"containerPort": 1, "hostIP": "::1"}]}],
    ),
}


@pytest.mark.parametrize("option", MODELS)
def test_an_option_reads_models_as_it_reads_manifests(option: str) -> None:
    """An author who has models of the client keeps them."""
    model, manifest = MODELS[option]
    built = build_requested_pod(declare(**{option: model()}), DEPLOYMENT).pod
    assert built == build_requested_pod(declare(**{option: manifest}), DEPLOYMENT).pod


def test_a_pod_override_of_models_is_read_as_its_manifest() -> None:
    """The escape hatch takes what Airflow's own guide writes."""
    worker = k8s.V1Container(
        name="base",
        resources=k8s.V1ResourceRequirements(limits={"cpu": "2"}),
        env=[
            k8s.V1EnvVar(
                name="A",
                value_from=k8s.V1EnvVarSource(secret_key_ref=k8s.V1SecretKeySelector(name="s", key="k")),
            )
        ],
    )
    override = k8s.V1Pod(
        metadata=k8s.V1ObjectMeta(labels={"a": "b"}), spec=k8s.V1PodSpec(containers=[worker])
    )
    manifest = {
        "metadata": {"labels": {"a": "b"}},
        "spec": {
            "containers": [
                {
                    "name": "base",
                    "resources": {"limits": {"cpu": "2"}},
                    "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}],
                }
            ]
        },
    }
    assert to_manifest(override) == manifest
    of_models, of_manifest = (
        build_requested_pod(declare(pod_override=pod, memory="1Gi"), DEPLOYMENT).pod
        for pod in (override, manifest)
    )
    assert of_models == of_manifest


def test_copies_and_pickles_of_a_pod_are_the_same_pod() -> None:
    """Airflow copies a pod between tasks, and pickles it for its executor; the mark of its origin stays."""
    pod = config_of(**EVERY_OPTION)["pod_override"]
    for other in (copy.copy(pod), copy.deepcopy(pod), pickle.loads(pickle.dumps(pod))):  # noqa: S301
        assert to_manifest(other) == GOLDEN
        assert is_built(other)


def test_airflow_merges_what_is_built_and_hands_it_on() -> None:
    """The executor's own merge takes the models, and the pod has what template and task have."""
    merged = construct_pod(
        config_of(cpu=1, env_vars={"B": "2"}, labels={"team": "a"})["pod_override"], TEMPLATE
    )
    pod = PodGenerator.serialize_pod(merged)
    worker = pod["spec"]["containers"][0]
    assert worker["resources"] == {"limits": {"cpu": "1"}, "requests": {"cpu": "1"}}
    assert [item["value"] for item in worker["env"] if item["name"] in ("A", "B")] == ["1", "2"]
    assert pod["metadata"]["labels"]["team"] == "a"
    assert [volume["name"] for volume in pod["spec"]["volumes"]] == ["logs"]
    assert to_manifest(merged) == pod
