"""What this package says of the API server, on a real one: why it refuses, and why it builds as it does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from verdicts import TEMPLATE, Judges

from airflow_provider_k8sexec import EmptyDir, Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Cluster
    from verdicts import Answer

GPU = "nvidia.com/gpu"


@pytest.fixture
def judges(cluster: Cluster, namespace: str) -> Judges:
    """Give both judges, in a namespace of the test's own."""
    return Judges(cluster.client, namespace)


@pytest.fixture
def limit(cluster: Cluster, namespace: str, judges: Judges) -> Callable[..., None]:
    """Give what sets the limits of containers in the namespace, and waits until the server holds to them."""
    from kubernetes.client import CoreV1Api

    def create_limit_range(**bounds: Any) -> None:
        body = {"metadata": {"name": "limits"}, "spec": {"limits": [{"type": "Container", **bounds}]}}
        CoreV1Api(cluster.client).create_namespaced_limit_range(namespace, body)
        end = time.monotonic() + 30
        while (
            "annotations" not in judges.ask(TEMPLATE).body["metadata"]
        ):  # where the plugin notes what it did
            assert time.monotonic() < end
            time.sleep(0.1)

    return create_limit_range


def by_hand(**base: Any) -> dict[str, Any]:
    """Write an override as people do who have nothing else."""
    return {"spec": {"containers": [{"name": "base", **base}]}}


def launch(judges: Judges, override: dict[str, Any]) -> Answer:
    """Let Airflow alone make the pod of a hand-written override, and the server judge it."""
    return judges.ask(judges.merge(override))


def resources_of(answer: Answer) -> Any:
    """Give the resources that the worker's container would have."""
    return answer.body["spec"]["containers"][0]["resources"]


# -- lists that Airflow appends to


def test_a_volume_that_the_template_has_too_is_refused(cluster: Cluster, namespace: str) -> None:
    """Airflow appends volumes to the template's, and the server wants each name once; the hook sees to it."""
    volume = {"name": "scratch", "emptyDir": {}}
    template = {**TEMPLATE, "spec": {**TEMPLATE["spec"], "volumes": [volume]}}
    judges = Judges(cluster.client, namespace, template)
    answer = launch(judges, {"spec": {"volumes": [volume], "containers": [{"name": "base"}]}})
    assert answer.status == 422
    assert 'spec.volumes[1].name: Duplicate value: "scratch"' in str(answer)
    override = {"spec": {"volumes": [volume], "containers": [{"name": "base"}]}}
    assert judges.ask(judges.construct(override)).accepted


def test_a_mount_path_that_the_template_has_too_is_refused(cluster: Cluster, namespace: str) -> None:
    """Airflow appends mounts to the template's, and the server wants each path once; the hook sees to it."""
    base = {
        **TEMPLATE["spec"]["containers"][0],
        "volumeMounts": [{"name": "scratch", "mountPath": "/scratch"}],
    }
    template = {
        **TEMPLATE,
        "spec": {**TEMPLATE["spec"], "containers": [base], "volumes": [{"name": "scratch", "emptyDir": {}}]},
    }
    judges = Judges(cluster.client, namespace, template)
    answer = launch(judges, by_hand(volumeMounts=[{"name": "scratch", "mountPath": "/scratch"}]))
    assert answer.status == 422
    assert 'mountPath: Invalid value: "/scratch": must be unique' in str(answer)
    override = by_hand(volumeMounts=[{"name": "scratch", "mountPath": "/scratch"}])
    assert judges.ask(judges.construct(override)).accepted


@pytest.mark.parametrize("path", ["/scratch/", "/scratch/.", "//scratch", "/Scratch"])
def test_mount_paths_are_compared_as_they_are_written(judges: Judges, path: str) -> None:
    """Two spellings of a path are two paths to the server, and both mounts are left in the pod."""
    paths = ["/scratch", path]
    mounts = [{"name": f"v{number}", "mountPath": path} for number, path in enumerate(paths)]
    volumes = [{"name": mount["name"], "emptyDir": {}} for mount in mounts]
    override = by_hand(volumeMounts=mounts)
    override["spec"]["volumes"] = volumes
    answer = judges.ask(judges.construct(override))
    assert answer.accepted, str(answer)
    (base,) = answer.body["spec"]["containers"]
    assert [mount["mountPath"] for mount in base["volumeMounts"]] == paths


@pytest.mark.parametrize(
    "options",
    [
        {
            "volumes": {"/scratch": EmptyDir()},
            "pod_override": {
                "spec": {
                    "volumes": [{"name": "k8sexec-scratch", "emptyDir": {"medium": "Memory"}}],
                    "initContainers": [
                        {
                            "name": "fill",
                            "image": "busybox",
                            "volumeMounts": [{"name": "k8sexec-scratch", "mountPath": "/scratch"}],
                        }
                    ],
                }
            },
        },
        {"volumes": {"/a/b": EmptyDir(), "/a-b": EmptyDir(), "/A/b": EmptyDir(), "/a_b": EmptyDir()}},
        {"secrets": [Secret("A", file="/secrets/a"), Secret("A", env="B"), Secret("A", file="/secrets/b")]},
    ],
    ids=["an override's volume of the same name", "paths that look alike", "one key in three places"],
)
def test_volumes_and_mounts_stand_once_in_what_is_built(judges: Judges, options: dict[str, Any]) -> None:
    """Each mount has a volume and a path of its own, and the server takes all of them."""
    judged = judges.validate(options)
    assert judged.answer.accepted, str(judged.answer)
    spec = judged.answer.body["spec"]
    names = [volume["name"] for volume in spec["volumes"]]
    paths = [mount["mountPath"] for mount in spec["containers"][0].get("volumeMounts", [])]
    assert len(set(names)) == len(names)
    assert len(set(paths)) == len(paths)
    assert not judged.lost


def test_a_variable_twice_is_taken_and_no_patch_of_the_whole_pod_is(
    cluster: Cluster, namespace: str, judges: Judges
) -> None:
    """Providers once adopted a pod by a patch with all of it; there, what stands twice is a change."""
    from kubernetes.client import ApiException, CoreV1Api

    api = CoreV1Api(cluster.client)
    twice = judges.merge(by_hand(env=[{"name": "A", "value": "a"}, {"name": "A", "value": "b"}]))
    pod = cluster.client.sanitize_for_serialization(api.create_namespaced_pod(namespace, twice))
    assert [item["value"] for item in pod["spec"]["containers"][0]["env"] if item["name"] == "A"] == [
        "a",
        "b",
    ]
    pod["metadata"]["labels"]["airflow-worker"] = "2"
    with pytest.raises(ApiException, match=r"\(422\)") as caught:
        api.patch_namespaced_pod(pod["metadata"]["name"], namespace, pod)
    assert "pod updates may not change fields" in caught.value.body


def test_a_pod_of_ours_is_adopted(cluster: Cluster, namespace: str, judges: Judges) -> None:
    """The same patch of a pod that options made is taken: nothing stands twice in it."""
    from kubernetes.client import CoreV1Api

    api = CoreV1Api(cluster.client)
    judged = judges.validate(
        {
            "env_vars": {"A": "a", "B": "b"},
            "secrets": ["C", Secret("D", file="/secrets/d")],
            "volumes": {"/scratch": EmptyDir()},
            "shared_memory": "1Gi",
            "pod_override": by_hand(env=[{"name": "E", "value": "e"}]),
        }
    )
    assert judged.answer.accepted, str(judged.answer)
    pod = cluster.client.sanitize_for_serialization(
        api.create_namespaced_pod(namespace, judges.construct(judged.manifest))
    )
    pod["metadata"]["labels"]["airflow-worker"] = "2"
    patched = api.patch_namespaced_pod(pod["metadata"]["name"], namespace, pod)
    assert patched.metadata.labels["airflow-worker"] == "2"


# -- resources, which Airflow replaces as a whole


def test_a_request_alone_loses_the_limit_and_falls_under_the_namespace_s(
    cluster: Cluster, namespace: str, limit: Callable[..., None]
) -> None:
    """An override of requests drops the template's limits, and a lower default limit makes it a 422."""
    base = {**TEMPLATE["spec"]["containers"][0], "resources": {"limits": {"cpu": "4"}}}
    template = {**TEMPLATE, "spec": {**TEMPLATE["spec"], "containers": [base]}}
    judges = Judges(cluster.client, namespace, template)
    override = by_hand(resources={"requests": {"cpu": "2"}})
    before = launch(judges, override)
    assert before.accepted, str(before)
    assert resources_of(before) == {"requests": {"cpu": "2"}}
    limit(default={"cpu": "500m"})
    answer = launch(judges, override)
    assert answer.status == 422
    assert 'Invalid value: "2": must be less than or equal to cpu limit' in str(answer)


def test_a_single_value_brings_its_limit_along(judges: Judges, limit: Callable[..., None]) -> None:
    """`cpu=2` is request and limit, so no default limit of the namespace comes between."""
    limit(default={"cpu": "500m"}, defaultRequest={"cpu": "100m"})
    judged = judges.validate({"cpu": 2})
    assert judged.answer.accepted, str(judged.answer)
    assert resources_of(judged.answer) == {"requests": {"cpu": "2"}, "limits": {"cpu": "2"}}


def test_more_than_the_namespace_allows_is_forbidden(judges: Judges, limit: Callable[..., None]) -> None:
    """Over a LimitRange's maximum the server answers 403, which no rule can know without asking it."""
    limit(max={"cpu": "3500m", "memory": "13440Mi"})
    judged = judges.validate({"cpu": 4, "memory": "1Gi"})
    assert judged.problems == []
    assert judged.answer.status == 403
    assert "maximum cpu usage per Container is 3500m, but limit is 4" in str(judged.answer)
    assert judges.validate({"cpu": 3.5, "memory": "13440Mi"}).answer.accepted


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        ({"requests": {GPU: 1}}, "Limit must be set for non overcommitable resources"),
        ({"requests": {GPU: 1}, "limits": {GPU: 2}}, f"must be equal to {GPU} limit"),
    ],
    ids=["without a limit", "with another limit"],
)
def test_a_device_needs_the_same_limit(judges: Judges, resources: dict[str, Any], words: str) -> None:
    """A GPU cannot be shared out twice: its request and its limit are the same, or the pod is a 422."""
    answer = launch(judges, by_hand(resources=resources))
    assert answer.status == 422
    assert words in str(answer)
    assert judges.validate({"pod_override": by_hand(resources=resources)}).problems


def test_the_option_gpu_sets_both(judges: Judges) -> None:
    """`gpu=1` asks for one device and allows one."""
    judged = judges.validate({"gpu": 1})
    assert judged.answer.accepted, str(judged.answer)
    assert resources_of(judged.answer) == {"requests": {GPU: "1"}, "limits": {GPU: "1"}}


# -- what Airflow's merge takes for unset


@pytest.mark.parametrize(
    ("options", "name", "default"),
    [
        ({"automount_service_account_token": False}, "automountServiceAccountToken", True),
        ({"termination_grace_period_seconds": 0}, "terminationGracePeriodSeconds", 120),
        ({"pod_override": {"spec": {"enableServiceLinks": False}}}, "enableServiceLinks", True),
        ({"pod_override": {"spec": {"hostNetwork": False}}}, "hostNetwork", True),
    ],
)
def test_false_and_zero_arrive_over_the_template_s(
    cluster: Cluster, namespace: str, options: dict[str, Any], name: str, default: Any
) -> None:
    """What is falsy is lost in the merge, unless the pod mutation hook sets it: here it does."""
    template = {**TEMPLATE, "spec": {**TEMPLATE["spec"], name: default}}
    judged = Judges(cluster.client, namespace, template).validate(options)
    assert judged.answer.accepted, str(judged.answer)
    assert not judged.answer.body["spec"].get(name)
