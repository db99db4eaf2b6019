"""Executor configs of the ML platform.

Use one of the presets, or ``pod_config`` where none of them fits::

    from include.pods import LARGE, pod_config

    @task(executor_config=LARGE)
    def train(): ...

    @task(executor_config=pod_config(memory="12Gi", cpu="3"))
    def score(): ...
"""

from __future__ import annotations

from typing import Any

from kubernetes.client import models as k8s

__all__ = ["GPU", "LARGE", "MEDIUM", "SMALL", "pod_config"]


def pod_config(memory: str = "1Gi", cpu: str = "500m") -> dict[str, Any]:
    """Make the executor config of a task: guaranteed memory and CPU.

    Args:
        memory: A Kubernetes quantity, such as ``2Gi``.
        cpu: A Kubernetes quantity, such as ``500m``.
    """
    return {
        "pod_override": k8s.V1Pod(
            spec=k8s.V1PodSpec(
                containers=[
                    k8s.V1Container(
                        name="base",
                        resources=k8s.V1ResourceRequirements(
                            requests={"memory": memory, "cpu": cpu},
                            limits={"memory": memory, "cpu": cpu},
                        ),
                    )
                ]
            )
        )
    }


SMALL = pod_config(memory="512Mi", cpu="250m")
MEDIUM = pod_config(memory="2Gi", cpu="1")
LARGE = pod_config(memory="8Gi", cpu="2")

# One A10G a pod; the nodes are tainted so that nothing else starts there.
GPU: dict[str, Any] = {
    "pod_override": k8s.V1Pod(
        spec=k8s.V1PodSpec(
            containers=[
                k8s.V1Container(
                    name="base",
                    resources=k8s.V1ResourceRequirements(
                        requests={"memory": "24Gi", "cpu": "4", "nvidia.com/gpu": "1"},
                        limits={"memory": "24Gi", "cpu": "4", "nvidia.com/gpu": "1"},
                    ),
                )
            ],
            node_selector={"node.kubernetes.io/instance-type": "g5.2xlarge"},
            tolerations=[
                k8s.V1Toleration(
                    key="nvidia.com/gpu", operator="Exists", effect="NoSchedule"
                )
            ],
        )
    )
}
