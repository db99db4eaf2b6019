"""Pods for the processors. All images are built by the pipelines of gitlab.skyview.example/processors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from kubernetes.client import models as k8s

if TYPE_CHECKING:
    from collections.abc import Mapping

REGISTRY = "gitlab.skyview.example:5050/processors"

ExecutorConfig = dict[str, k8s.V1Pod]


def processor(
    name: str,
    version: str,
    *,
    memory: str = "4Gi",
    cpu: str = "1",
    labels: Optional[Mapping[str, str]] = None,
) -> ExecutorConfig:
    """The pod of one processor."""
    container = k8s.V1Container(
        name="base",
        image=f"{REGISTRY}/airflow-{name}:{version}",
        resources=k8s.V1ResourceRequirements(
            requests={"cpu": cpu, "memory": memory},
            limits={"memory": memory},  # bursts of CPU are welcome
        ),
    )
    return {
        "pod_override": k8s.V1Pod(
            metadata=k8s.V1ObjectMeta(labels=labels),
            spec=k8s.V1PodSpec(containers=[container]),
        )
    }


def scratch_disk(size: str) -> ExecutorConfig:
    """A pod with temporary space on the node, of a size such as ``50Gi``."""
    return {
        "pod_override": k8s.V1Pod(
            spec=k8s.V1PodSpec(
                containers=[
                    k8s.V1Container(
                        name="base",
                        volume_mounts=[
                            k8s.V1VolumeMount(name="scratch", mount_path="/scratch")
                        ],
                    )
                ],
                volumes=[
                    k8s.V1Volume(
                        name="scratch",
                        empty_dir=k8s.V1EmptyDirVolumeSource(size_limit=size),
                    )
                ],
            )
        )
    }
