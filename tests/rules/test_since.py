"""Since which Kubernetes the fields of a pod can be used, and what a server at hand is too old for."""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from importlib.resources import files
from typing import Any

import pytest

from airflow_provider_k8sexec.rules.api_server import since
from airflow_provider_k8sexec.rules.api_server.pods import check_pod

MODELS = json.loads((files("airflow_provider_k8sexec.rules.api_server") / "pod_schema.json").read_text())[
    "models"
]

# The fields of a pod that the kubernetes client 20.13 lacks, by the first release that has them. Recorded
# from the models of the releases 20.13, 21.7, 22.6, 23.6, 24.2, 25.3, 26.1, 27.2, 28.1, 29.0, 30.1, 31.0,
# 32.0, 33.1, 34.1, 35.0, 36.0.3 and 37.0.2; a model that was renamed is the same model.
FIRST_CLIENTS = {
    21: "V1PodAffinityTerm.namespaceSelector V1Probe.terminationGracePeriodSeconds",
    22: """V1ManagedFieldsEntry.subresource V1PersistentVolumeClaimSpec.dataSourceRef
        V1WindowsSecurityContextOptions.hostProcess""",
    23: "V1GRPCAction.port V1GRPCAction.service V1PodOS.name V1PodSpec.os V1Probe.grpc",
    24: "V1TopologySpreadConstraint.minDomains",
    25: """V1PodSpec.hostUsers V1TopologySpreadConstraint.matchLabelKeys
        V1TopologySpreadConstraint.nodeAffinityPolicy V1TopologySpreadConstraint.nodeTaintsPolicy""",
    26: """CoreV1ResourceClaim.name V1PodResourceClaim.name V1PodSchedulingGate.name V1PodSpec.resourceClaims
        V1PodSpec.schedulingGates V1ResourceRequirements.claims V1TypedObjectReference.apiGroup
        V1TypedObjectReference.kind V1TypedObjectReference.name V1TypedObjectReference.namespace""",
    27: """V1Container.resizePolicy V1ContainerResizePolicy.resourceName V1ContainerResizePolicy.restartPolicy
        V1EphemeralContainer.resizePolicy""",
    28: "V1Container.restartPolicy V1EphemeralContainer.restartPolicy",
    29: """V1ClusterTrustBundleProjection.labelSelector V1ClusterTrustBundleProjection.name
        V1ClusterTrustBundleProjection.optional V1ClusterTrustBundleProjection.path
        V1ClusterTrustBundleProjection.signerName V1LifecycleHandler.sleep
        V1PersistentVolumeClaimSpec.volumeAttributesClassName V1PodAffinityTerm.matchLabelKeys
        V1PodAffinityTerm.mismatchLabelKeys V1SleepAction.seconds V1VolumeProjection.clusterTrustBundle""",
    30: """V1AppArmorProfile.localhostProfile V1AppArmorProfile.type V1PodSecurityContext.appArmorProfile
        V1SecurityContext.appArmorProfile V1VolumeMount.recursiveReadOnly""",
    31: """CoreV1ResourceClaim.request V1ImageVolumeSource.pullPolicy V1ImageVolumeSource.reference
        V1PodResourceClaim.resourceClaimName V1PodResourceClaim.resourceClaimTemplateName
        V1PodSecurityContext.supplementalGroupsPolicy V1Volume.image""",
    32: "V1PodSecurityContext.seLinuxChangePolicy V1PodSpec.resources",
    33: "V1Lifecycle.stopSignal",
    34: """V1Container.restartPolicyRules V1ContainerRestartRule.action V1ContainerRestartRule.exitCodes
        V1ContainerRestartRuleOnExitCodes.operator V1ContainerRestartRuleOnExitCodes.values
        V1EnvVarSource.fileKeyRef V1EphemeralContainer.restartPolicyRules V1FileKeySelector.key
        V1FileKeySelector.optional V1FileKeySelector.path V1FileKeySelector.volumeName
        V1PodCertificateProjection.certificateChainPath V1PodCertificateProjection.credentialBundlePath
        V1PodCertificateProjection.keyPath V1PodCertificateProjection.keyType
        V1PodCertificateProjection.maxExpirationSeconds V1PodCertificateProjection.signerName
        V1PodSpec.hostnameOverride V1VolumeProjection.podCertificate""",
    35: "V1PodCertificateProjection.userAnnotations V1PodSpec.workloadRef",
    36: "V1PodSchedulingGroup.podGroupName V1PodSpec.schedulingGroup",
    37: """V1ClusterTrustBundleProjection.user V1ConfigMapVolumeSource.defaultUser
        V1DownwardAPIVolumeFile.user V1DownwardAPIVolumeSource.defaultUser V1EmptyDirVolumeSource.mode
        V1EvictionResponder.name
        V1EvictionResponder.priority V1GRPCAction.mode V1HTTPGetAction.protocol V1KeyToPath.user
        V1PodCertificateProjection.user V1PodSpec.evictionResponders V1ProjectedVolumeSource.defaultUser
        V1SecretVolumeSource.defaultUser V1ServiceAccountTokenProjection.user
        V1VolumeMount.bindMountOptions""",
}
FIRST = {
    tuple(field.split(".")): minor for minor, fields in FIRST_CLIENTS.items() for field in fields.split()
}


def pod(**spec: Any) -> dict[str, Any]:
    """Make a pod of fields of its spec."""
    return {"spec": spec}


def worker(**fields: Any) -> dict[str, Any]:
    """Make a pod of fields of its worker's container."""
    return pod(containers=[{"name": "base", **fields}])


def sidecar(**fields: Any) -> dict[str, Any]:
    """Make a pod of fields of an init container."""
    return pod(initContainers=[{"name": "proxy", "image": "proxy:1", **fields}])


def volume(**source: Any) -> dict[str, Any]:
    """Make a pod with one volume."""
    return pod(volumes=[{"name": "data", **source}])


CLAIM = {"volumeClaimTemplate": {"spec": {"accessModes": ["ReadWriteOncePod"]}}}

# The pod, the field that needs it, the version that knows it, the version that has it on by default.
NEEDS = [
    (sidecar(restartPolicy="Always"), "initContainers 0 restartPolicy", 28, 29),
    (sidecar(restartPolicy="OnFailure"), "initContainers 0 restartPolicy", 34, 35),
    (worker(restartPolicy="Always"), "containers 0 restartPolicy", 34, 35),
    (pod(resources={"limits": {"cpu": "1"}}), "resources", 32, 34),
    (pod(hostUsers=False), "hostUsers", 25, 33),
    (pod(os={"name": "linux"}), "os", 23, 24),
    (pod(schedulingGates=[{"name": "a/b"}]), "schedulingGates", 26, 27),
    (pod(resourceClaims=[{"name": "gpu"}]), "resourceClaims", 26, 34),
    (pod(hostnameOverride="a"), "hostnameOverride", 34, 35),
    (pod(schedulingGroup={"podGroupName": "g"}), "schedulingGroup", 36, None),
    (pod(tolerations=[{"key": "a", "operator": "Gt", "value": "1"}]), "tolerations 0 operator", 35, None),
    (
        pod(securityContext={"supplementalGroupsPolicy": "Strict"}),
        "securityContext supplementalGroupsPolicy",
        31,
        33,
    ),
    (worker(securityContext={"procMount": "Unmasked"}), "containers 0 securityContext procMount", 12, 33),
    (worker(lifecycle={"stopSignal": "SIGINT"}), "containers 0 lifecycle stopSignal", 33, None),
    (
        worker(lifecycle={"preStop": {"sleep": {"seconds": 3}}}),
        "containers 0 lifecycle preStop sleep",
        29,
        30,
    ),
    (
        worker(env=[{"name": "A", "valueFrom": {"fileKeyRef": {"key": "A"}}}]),
        "containers 0 env 0 valueFrom fileKeyRef",
        34,
        35,
    ),
    (volume(image={"reference": "a:1"}), "volumes 0 image", 31, 35),
    (volume(ephemeral={"volumeClaimTemplate": {"spec": {"volumeName": "a"}}}), "volumes 0 ephemeral", 19, 21),
    (volume(emptyDir={"mode": 0o750}), "volumes 0 emptyDir mode", 37, None),
    (
        volume(projected={"sources": [{"podCertificate": {"keyType": "ED25519"}}]}),
        "volumes 0 projected sources 0 podCertificate",
        34,
        37,
    ),
]


def path_of(words: str) -> tuple[str | int, ...]:
    """Give the path of a field of the spec."""
    return ("spec", *(int(word) if word.isdigit() else word for word in words.split()))


@pytest.mark.parametrize(
    ("manifest", "words", "known", "usable"), NEEDS, ids=[words for _, words, *_ in NEEDS]
)
def test_a_field_has_the_version_that_knows_it_and_the_one_that_takes_it(
    manifest: dict[str, Any], words: str, known: int, usable: int | None
) -> None:
    """An older server does not know the field, a later one has its feature gate off, and then it is on."""
    path = path_of(words)
    assert [finding.path for finding in since.check_server(manifest, (1, known - 1))] == [path]
    assert list(since.check_server(manifest, (1, known))) == []
    off = [finding.path for finding in since.check_gates(manifest, (1, known))]
    assert off == ([] if usable == known else [path])
    if usable:
        assert (
            list(since.check_gates(manifest, (1, usable)))
            == list(since.check_server(manifest, (1, usable)))
            == []
        )
    else:
        assert [finding.path for finding in since.check_gates(manifest, since.NEWEST)] == [path]


def test_an_old_server_is_named_with_the_version_that_is_needed() -> None:
    """Who reads it knows what to do to the cluster, or to the pod."""
    (finding,) = since.check_server(sidecar(restartPolicy="Always"), (1, 20))
    assert finding.reason == "needs Kubernetes 1.29, and the cluster is 1.20"
    assert finding.remedy == "upgrade the cluster to Kubernetes 1.29, or remove it"
    assert finding.value == "'Always'"


def test_a_feature_gate_is_named_where_the_server_knows_the_field() -> None:
    """The gate may be on; then the field has its effect."""
    (finding,) = since.check_gates(pod(resources={"limits": {"cpu": "1"}}), (1, 33))
    assert (
        finding.reason
        == "needs the feature gate PodLevelResources, which is off by default in Kubernetes 1.33"
    )
    assert finding.remedy == "switch that on; or upgrade the cluster to Kubernetes 1.34, or remove it"


def test_a_field_that_no_server_takes_by_default_has_its_gate_named() -> None:
    """No upgrade alone brings it."""
    manifest = worker(lifecycle={"stopSignal": "SIGINT"})
    (old,) = since.check_server(manifest, (1, 20))
    assert old.reason.startswith("needs Kubernetes 1.33 with the feature gate ContainerStopSignals, and")
    (new,) = since.check_gates(manifest, (1, 37))
    assert new.remedy == "switch that on, or remove it"


def test_what_is_inside_a_lacking_field_is_not_reported_once_more() -> None:
    """One field is lacking; what is in it goes with it, until the server has the field."""
    inner = path_of("volumes 0 ephemeral volumeClaimTemplate spec accessModes")
    assert [item.path for item in since.check_server(volume(ephemeral=CLAIM), (1, 18))] == [inner[:4]]
    assert [item.path for item in since.check_server(volume(ephemeral=CLAIM), (1, 21))] == [inner]


@pytest.mark.parametrize(
    "words", ["containers 0 lifecycle stopSignal", "containers 0 lifecycle", "containers"]
)
def test_a_loss_is_explained_at_above_and_below_the_part(words: str) -> None:
    """A server may drop the object with its only field, or a part of what it does not know."""
    finding = since.explain_loss(worker(lifecycle={"stopSignal": "SIGINT"}), path_of(words), (1, 36))
    assert finding is not None
    assert "ContainerStopSignals" in finding.reason


def test_another_loss_has_no_explanation() -> None:
    """A webhook may have dropped it."""
    manifest = worker(lifecycle={"stopSignal": "SIGINT"}, image="a")
    assert since.explain_loss(manifest, path_of("containers 0 image"), (1, 36)) is None


def test_what_every_server_has_needs_nothing() -> None:
    """A plain pod, empty lists, and what has no right shape are other rules' matter."""
    plain = worker(image="a", resources={"limits": {"cpu": "1"}})
    for manifest in (plain, pod(schedulingGates=[]), pod(resources="big"), {}, {"spec": None}):
        assert list(since.check_server(manifest, (1, 20))) == []


def test_no_value_of_a_variable_is_shown() -> None:
    """What is in a field of an environment variable may be a password."""
    manifest = worker(env=[{"name": "A", "valueFrom": {"fileKeyRef": {"key": "hunter2"}}}])
    (finding,) = since.check_server(manifest, (1, 20))
    assert "hunter2" not in str(finding)


def test_the_table_names_every_field_that_a_server_of_1_20_lacks() -> None:
    """A field that the oldest supported server drops is never taken for one that every server has."""
    waiting, seen, unnamed = ["V1Pod"], set(), []
    while waiting:
        model = waiting.pop()
        for name, kind in MODELS[model].items() if model not in seen else ():
            rows = since._features().get((model, name), [])
            if any(not row.values for row in rows):
                continue
            if FIRST.get((model, name), 20) > 20:
                unnamed.append(f"{model}.{name}")
            waiting += re.findall(r"\w*V1\w+", kind)
        seen.add(model)
    assert unnamed == []


def test_the_table_has_the_versions_that_the_clients_have() -> None:
    """No field is usable before it exists, and each exists from the first client on that has it."""
    for (model, name), rows in since._features().items():
        assert name in MODELS[model]
        for row in rows:
            first = FIRST.get((model, name), 19)
            exact = not row.values and name != "restartPolicy"  # which exists for another feature
            assert row.known[1] == first if exact else row.known[1] >= min(first, 12)
            assert row.usable is None or row.known <= row.usable <= since.NEWEST


@pytest.mark.parametrize(("release", "drops"), [(30, True), (36, True), (37, False), (None, False)])
def test_what_the_installed_client_would_drop_is_an_error(
    release: int | None, drops: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The executor's pod is made of the client's models; of a field that they lack, nothing arrives."""
    monkeypatch.setattr(since, "_read_client", lambda: release)
    found = check_pod(volume(emptyDir={"mode": 0o750}))
    reason = f"is a field that the installed kubernetes client {release} does not know, and drops"
    assert [finding.reason for finding in found if "client" in finding.reason] == ([reason] if drops else [])


def test_the_installed_client_knows_what_is_as_old_as_it() -> None:
    """What every supported client has is never reported, and this client is read without an import."""
    assert check_pod(sidecar(restartPolicy="Always")) == []
    assert since._read_client() == int(version("kubernetes").partition(".")[0])
