"""What a pod needs of the cluster is found in every place where a pod can name it."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_k8sexec.pod.references import Reference, resolve_references


def pod(container: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    """Give a merged pod."""
    return {"spec": {"containers": [{"name": "base", **(container or {})}], **spec}}


def variable(**source: Any) -> dict[str, Any]:
    """Give a container with one variable."""
    return {"env": [{"name": "X", "valueFrom": source}]}


FOUND = [
    (pod(variable(secretKeyRef={"name": "db", "key": "user"})), Reference("Secret", "db", "user")),
    (pod(variable(configMapKeyRef={"name": "app", "key": "mode"})), Reference("ConfigMap", "app", "mode")),
    (pod({"envFrom": [{"secretRef": {"name": "db"}}]}), Reference("Secret", "db")),
    (pod({"envFrom": [{"configMapRef": {"name": "app"}}]}), Reference("ConfigMap", "app")),
    (pod(volumes=[{"name": "v", "secret": {"secretName": "db"}}]), Reference("Secret", "db")),
    (
        pod(volumes=[{"name": "v", "secret": {"secretName": "db", "items": [{"key": "user", "path": "u"}]}}]),
        Reference("Secret", "db", "user"),
    ),
    (pod(volumes=[{"name": "v", "configMap": {"name": "app"}}]), Reference("ConfigMap", "app")),
    (
        pod(volumes=[{"name": "v", "projected": {"sources": [{"secret": {"name": "tls"}}]}}]),
        Reference("Secret", "tls"),
    ),
    (
        pod(volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "lake"}}]),
        Reference("PersistentVolumeClaim", "lake"),
    ),
    (pod(imagePullSecrets=[{"name": "registry"}]), Reference("Secret", "registry")),
    (pod(serviceAccountName="reader"), Reference("ServiceAccount", "reader")),
    (pod(priorityClassName="low"), Reference("PriorityClass", "low")),
    (pod(runtimeClassName="gvisor"), Reference("RuntimeClass", "gvisor")),
    (pod(resourceClaims=[{"name": "g", "resourceClaimName": "gpu"}]), Reference("ResourceClaim", "gpu")),
    (
        pod(resourceClaims=[{"name": "g", "resourceClaimTemplateName": "gpu"}]),
        Reference("ResourceClaimTemplate", "gpu"),
    ),
    (
        pod(
            volumes=[{"name": "v", "ephemeral": {"volumeClaimTemplate": {"spec": {"storageClassName": "f"}}}}]
        ),
        Reference("StorageClass", "f"),
    ),
    (
        pod(volumes=[{"name": "v", "csi": {"driver": "d.example.com"}}]),
        Reference("CSIDriver", "d.example.com"),
    ),
    (
        pod(volumes=[{"name": "v", "flexVolume": {"driver": "x/y", "secretRef": {"name": "s"}}}]),
        Reference("Secret", "s"),
    ),
    (
        pod(volumes=[{"name": "v", "cephfs": {"monitors": ["m"], "secretRef": {"name": "s"}}}]),
        Reference("Secret", "s"),
    ),
    (
        pod(volumes=[{"name": "v", "azureFile": {"secretName": "s", "shareName": "x"}}]),
        Reference("Secret", "s"),
    ),
    (
        {"metadata": {"labels": {"kueue.x-k8s.io/queue-name": "team-a"}}, "spec": {}},
        Reference("LocalQueue", "team-a"),
    ),
    (
        pod(initContainers=[{"name": "a", **variable(secretKeyRef={"name": "db", "key": "user"})}]),
        Reference("Secret", "db", "user"),
    ),
]


@pytest.mark.parametrize(("manifest", "reference"), FOUND)
def test_each_place_where_a_pod_names_an_object_is_known(
    manifest: dict[str, Any], reference: Reference
) -> None:
    """Nothing that a pod cannot start without is overlooked."""
    assert resolve_references(manifest) == [reference]


@pytest.mark.parametrize(
    "manifest",
    [
        pod(),
        pod(variable(secretKeyRef={"name": "db", "key": "user", "optional": True})),
        pod(variable(fieldRef={"fieldPath": "status.podIP"})),
        pod(
            {
                "env": [{"name": "X", "value": "1"}],
                "envFrom": [{"secretRef": {"name": "db", "optional": True}}],
            }
        ),
        pod(
            volumes=[
                {"name": "v", "secret": {"secretName": "db", "optional": True}},
                {"name": "e", "emptyDir": {}},
            ]
        ),
    ],
)
def test_what_a_pod_can_do_without_is_not_needed(manifest: dict[str, Any]) -> None:
    """Optional objects, and sources that are no objects, are left out."""
    assert resolve_references(manifest) == []


def test_an_object_that_is_named_twice_is_needed_once() -> None:
    """Each object is looked up once, in an order that does not change."""
    container = {"envFrom": [{"secretRef": {"name": "b"}}, {"secretRef": {"name": "a"}}]}
    manifest = pod(container, imagePullSecrets=[{"name": "a"}])
    assert resolve_references(manifest) == [Reference("Secret", "a"), Reference("Secret", "b")]


def test_a_csi_volume_names_its_driver_its_secret_and_where_that_comes_from() -> None:
    """Without its driver's object, the kubelet mounts no volume of the pod itself."""
    csi = {
        "driver": "secrets-store.csi.k8s.io",
        "nodePublishSecretRef": {"name": "vault"},
        "volumeAttributes": {"secretProviderClass": "db"},
    }
    assert resolve_references(pod(volumes=[{"name": "v", "csi": csi}])) == [
        Reference("CSIDriver", "secrets-store.csi.k8s.io"),
        Reference("Secret", "vault"),
        Reference("SecretProviderClass", "db"),
    ]


@pytest.mark.parametrize("odd", [True, 5, "x", [None, "x"], {"name": "x"}])
def test_a_part_of_another_shape_names_nothing(odd: object) -> None:
    """What does not fit is the matter of rules, and of the server."""
    manifest = pod(volumes=odd, initContainers=odd, imagePullSecrets=odd, resourceClaims=odd)
    assert resolve_references(manifest) == []
