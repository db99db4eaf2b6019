"""Since which Kubernetes a field of a pod can be used: what the server at hand is too old for.

A server silently drops a field that it does not know, and most of those whose feature gate is off. Offline,
every field of the newest Kubernetes is right; these are the versions for whoever knows the server.

Sources: for when a feature gate is on by default, the tables of Kubernetes 1.37,
https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates/ and, for gates that it no
longer has, https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates-removed/; for when
a field came, the kubernetes client, whose release N has the fields of Kubernetes 1.N.
"""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from attrs import frozen

from airflow_provider_k8sexec.options.problems import show_scalar, show_shape
from airflow_provider_k8sexec.options.shown import FREE_MODELS
from airflow_provider_k8sexec.rules.api_server.schema import find_models, read_manifest
from airflow_provider_k8sexec.rules.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import Path

Version = tuple[int, int]
"""A version of Kubernetes: ``(1, 29)``."""

_OLDEST_CLIENT = 29

NEWEST: Version = (1, 37)
"""The version of the table of fields, and of this one."""

# The feature gate; the first version that has the fields; the first in which the gate is on by default; the
# fields, some for some values or in one place alone. Of the rows of a field, the first that fits holds.
_TABLE = """
GenericEphemeralVolume                 1.19 1.21 V1Volume.ephemeral
PodAffinityNamespaceSelector           1.21 1.22 V1PodAffinityTerm.namespaceSelector
ProbeTerminationGracePeriod            1.21 1.25 V1Probe.terminationGracePeriodSeconds
-                                      1.22 1.22 V1ManagedFieldsEntry.subresource
WindowsHostProcessContainers           1.22 1.23 V1WindowsSecurityContextOptions.hostProcess
AnyVolumeDataSource                    1.22 1.24 V1PersistentVolumeClaimSpec.dataSourceRef
ReadWriteOncePod                       1.22 1.27 V1PersistentVolumeClaimSpec.accessModes=ReadWriteOncePod
IdentifyPodOS                          1.23 1.24 V1PodSpec.os
GRPCContainerProbe                     1.23 1.24 V1Probe.grpc
MinDomainsInPodTopologySpread          1.24 1.27 V1TopologySpreadConstraint.minDomains
NodeInclusionPolicyInPodTopologySpread 1.25 1.26 V1TopologySpreadConstraint.nodeAffinityPolicy
NodeInclusionPolicyInPodTopologySpread 1.25 1.26 V1TopologySpreadConstraint.nodeTaintsPolicy
MatchLabelKeysInPodTopologySpread      1.25 1.27 V1TopologySpreadConstraint.matchLabelKeys
UserNamespacesSupport                  1.25 1.33 V1PodSpec.hostUsers
PodSchedulingReadiness                 1.26 1.27 V1PodSpec.schedulingGates
DynamicResourceAllocation              1.26 1.34 V1PodSpec.resourceClaims V1ResourceRequirements.claims
CrossNamespaceVolumeDataSource         1.26 -    V1TypedObjectReference.namespace
InPlacePodVerticalScaling              1.27 1.33 V1Container.resizePolicy V1EphemeralContainer.resizePolicy
SidecarContainers                      1.28 1.29 V1Container.restartPolicy=Always@initContainers
MatchLabelKeysInPodAffinity            1.29 1.31 V1PodAffinityTerm.matchLabelKeys
MatchLabelKeysInPodAffinity            1.29 1.31 V1PodAffinityTerm.mismatchLabelKeys
PodLifecycleSleepAction                1.29 1.30 V1LifecycleHandler.sleep
VolumeAttributesClass                  1.29 1.34 V1PersistentVolumeClaimSpec.volumeAttributesClassName
ClusterTrustBundleProjection           1.29 1.37 V1VolumeProjection.clusterTrustBundle
AppArmorFields                         1.30 1.30 V1PodSecurityContext.appArmorProfile
AppArmorFields                         1.30 1.30 V1SecurityContext.appArmorProfile
RecursiveReadOnlyMounts                1.30 1.31 V1VolumeMount.recursiveReadOnly
SupplementalGroupsPolicy               1.31 1.33 V1PodSecurityContext.supplementalGroupsPolicy
ImageVolume                            1.31 1.35 V1Volume.image
SELinuxChangePolicy                    1.32 1.33 V1PodSecurityContext.seLinuxChangePolicy
PodLevelResources                      1.32 1.34 V1PodSpec.resources
ProcMountType                          1.12 1.33 V1SecurityContext.procMount=Unmasked
ContainerStopSignals                   1.33 -    V1Lifecycle.stopSignal
EnvFiles                               1.34 1.35 V1EnvVarSource.fileKeyRef
HostnameOverride                       1.34 1.35 V1PodSpec.hostnameOverride
PodCertificateRequest                  1.34 1.37 V1VolumeProjection.podCertificate
ContainerRestartRules                  1.34 1.35 V1Container.restartPolicy V1EphemeralContainer.restartPolicy
ContainerRestartRules                  1.34 1.35 V1Container.restartPolicyRules
ContainerRestartRules                  1.34 1.35 V1EphemeralContainer.restartPolicyRules
RestartAllContainersOnContainerExits   1.35 1.36 V1ContainerRestartRule.action=RestartAllContainers
TaintTolerationComparisonOperators     1.35 -    V1Toleration.operator=Lt|Gt
GenericWorkload                        1.35 -    V1PodSpec.workloadRef
GenericWorkload                        1.36 -    V1PodSpec.schedulingGroup
EvictionRequestAPI                     1.37 -    V1PodSpec.evictionResponders
EmptyDirVolumeMode                     1.37 -    V1EmptyDirVolumeSource.mode
VolumeBindMountOptions                 1.37 -    V1VolumeMount.bindMountOptions
GRPCContainerProbeTLS                  1.37 -    V1GRPCAction.mode
H2CContainerProbe                      1.37 -    V1HTTPGetAction.protocol
AtomicWriteVolumeUserFields            1.37 -    V1ConfigMapVolumeSource.defaultUser
AtomicWriteVolumeUserFields            1.37 -    V1SecretVolumeSource.defaultUser
AtomicWriteVolumeUserFields            1.37 -    V1ProjectedVolumeSource.defaultUser V1KeyToPath.user
AtomicWriteVolumeUserFields            1.37 -    V1DownwardAPIVolumeSource.defaultUser
AtomicWriteVolumeUserFields            1.37 -    V1DownwardAPIVolumeFile.user
AtomicWriteVolumeUserFields            1.37 -    V1ServiceAccountTokenProjection.user
AtomicWriteVolumeUserFields            1.37 -    V1ClusterTrustBundleProjection.user
AtomicWriteVolumeUserFields            1.37 -    V1PodCertificateProjection.user
"""
_FIELD = re.compile(r"(?P<model>\w+)\.(?P<field>\w+)(?:=(?P<values>[\w|]+))?(?:@(?P<place>\w+))?\Z")


@frozen
class Feature:
    """What came to Kubernetes after 1.18, as far as pods have fields for it.

    Attributes:
        gate: Its feature gate; empty if it never had one.
        known: The first version whose API has the field.
        usable: The first version whose API server takes the field by default; ``None`` if none does yet.
        values: The values that need it; none stands for all.
        place: The field of the pod in which it is; empty stands for every place.
    """

    gate: str
    known: Version
    usable: Version | None
    values: frozenset[str] = frozenset()
    place: str = ""

    def fits(self, path: Path, value: Any) -> bool:
        """Report whether a field at a path needs this feature for its value."""
        given = value if isinstance(value, list) else [value]
        has_value = not self.values or any(item in self.values for item in given)
        return has_value and (not self.place or self.place in path)

    def lacks(self, server: Version) -> bool:
        """Report whether a server has it off by default, or does not know it."""
        return self.usable is None or server < self.usable

    def describe(self, server: Version) -> tuple[str, str]:
        """Give why a server lacks it, and what to do: the reason and the remedy of a problem."""
        needed, cluster = write_version(self.usable or self.known), write_version(server)
        switch = "" if self.usable else f" with the feature gate {self.gate}"
        upgrade = f"upgrade the cluster to Kubernetes {needed}{switch}, or remove it"
        if server < self.known:
            return f"needs Kubernetes {needed}{switch}, and the cluster is {cluster}", upgrade
        reason = f"needs the feature gate {self.gate}, which is off by default in Kubernetes {cluster}"
        return reason, f"switch that on; or {upgrade}" if self.usable else "switch that on, or remove it"


def write_version(version: Version) -> str:
    """Write a version as Kubernetes does: ``1.29``."""
    return f"{version[0]}.{version[1]}"


def check_server(pod: Manifest, server: Version) -> Iterator[Finding]:
    """Find the fields of a pod that a server drops or refuses, for it is too old to know them."""
    return (
        _describe(path, shown, feature, server)
        for path, shown, feature in _find_lacking(pod, server)
        if server < feature.known
    )


def check_gates(pod: Manifest, server: Version) -> Iterator[Finding]:
    """Find the fields of a pod that a server drops or refuses, unless a feature gate has been switched on."""
    return (
        _describe(path, shown, feature, server)
        for path, shown, feature in _find_lacking(pod, server)
        if server >= feature.known
    )


def check_client(path: Path, model: str, part: Manifest) -> Iterator[Finding]:
    """Find the fields of an object that the installed kubernetes client does not know, and silently drops."""
    for field, needed in _newest_fields().get(model, ()):
        release = _read_client() if field in part else None
        if release is not None and release < needed:
            reason = f"is a field that the installed kubernetes client {release} does not know, and drops"
            remedy = f"remove it, or install kubernetes {needed} or later"
            yield Finding((*path, field), show_shape(part[field]), reason, remedy, code="K8S209")


def explain_loss(pod: Manifest, path: Path, server: Version) -> Finding | None:
    """Find why a server has dropped a part of a pod: what it lacks at the path, or above or below it."""
    for here, shown, feature in _find_lacking(pod, server):
        common = min(len(here), len(path))
        if here[:common] == path[:common]:
            return _describe(here, shown, feature, server)
    return None


@cache
def _newest_fields() -> dict[str, list[tuple[str, int]]]:
    """Give the fields that the oldest client lacks, by model, with the first release that has each."""
    newest: dict[str, list[tuple[str, int]]] = {}
    for (model, field), rows in _features().items():
        needed = min(row.known for row in rows)[1]
        if needed > _OLDEST_CLIENT and not all(row.values for row in rows):
            newest.setdefault(model, []).append((field, needed))
    return newest


@cache
def _read_client() -> int | None:
    """Read the release of the installed kubernetes client; it is not imported for that."""
    loaded = sys.modules.get("kubernetes")
    with suppress(PackageNotFoundError, ValueError):
        return int((getattr(loaded, "__version__", "") or version("kubernetes")).partition(".")[0])
    return None


def _describe(path: Path, shown: str, feature: Feature, server: Version) -> Finding:
    return Finding(path, shown, *feature.describe(server), code="K8S209")


def _find_lacking(pod: Manifest, server: Version) -> Iterator[tuple[Path, str, Feature]]:
    """Find the fields that a server lacks by default, each with its value as shown; the outermost alone."""
    found: list[Path] = []
    right, _ = read_manifest(pod, "V1Pod")
    for path, model, part in find_models(right, "V1Pod"):
        if any(path[: len(above)] == above for above in found):
            continue
        for field, value in part.items():
            here, features = (*path, field), _features().get((model, field), [])
            feature = next((feature for feature in features if feature.fits(here, value)), None)
            if feature and feature.lacks(server) and value not in ([], {}):
                found.append(here)
                yield here, (show_shape if model in FREE_MODELS else show_scalar)(value), feature


@cache
def _features() -> dict[tuple[str, str], list[Feature]]:
    """Read the table: the features by model and field, in its order."""
    features: dict[tuple[str, str], list[Feature]] = {}
    for line in _TABLE.strip().splitlines():
        gate, known, usable, *fields = line.split()
        first, default = _read_version(known), None if usable == "-" else _read_version(usable)
        for field in filter(None, map(_FIELD.match, fields)):
            values = frozenset(filter(None, (field["values"] or "").split("|")))
            feature = Feature(gate.strip("-"), first, default, values, field["place"] or "")
            features.setdefault((field["model"], field["field"]), []).append(feature)
    return features


def _read_version(text: str) -> Version:
    major, minor = text.split(".")
    return int(major), int(minor)
