"""How big the steps of our pipelines are, and on which nodes they run."""

from __future__ import annotations

from typing import Any, Optional

from kubernetes.client import models as k8s

PROFILES: dict[str, dict[str, str]] = {
    "tiny": {"cpu": "100m", "memory": "256Mi"},
    "core": {"cpu": "1", "memory": "4Gi"},
    "node": {"cpu": "15", "memory": "56Gi"},  # a whole c6i.4xlarge
}


def make_executor_config(
    profile: str, node_selector: Optional[dict[str, str]] = None
) -> dict[str, Any]:
    """Make the executor config of a profile."""
    return {
        "pod_override": k8s.V1Pod(
            spec=k8s.V1PodSpec(
                containers=[
                    k8s.V1Container(
                        name="base",
                        resources=k8s.V1ResourceRequirements(
                            requests=PROFILES[profile], limits=PROFILES[profile]
                        ),
                    )
                ],
                node_selector=node_selector,
            )
        )
    }


def with_claim(claim: str, path: str, read_only: bool = False) -> dict[str, Any]:
    """Make an executor config with a disk, whose claim has to exist."""
    volume = k8s.V1Volume(
        name=claim,
        persistent_volume_claim=k8s.V1PersistentVolumeClaimVolumeSource(
            claim_name=claim
        ),
    )
    mount = k8s.V1VolumeMount(name=claim, mount_path=path, read_only=read_only)
    base = k8s.V1Container(name="base", volume_mounts=[mount])
    return {
        "pod_override": k8s.V1Pod(
            spec=k8s.V1PodSpec(containers=[base], volumes=[volume])
        )
    }
