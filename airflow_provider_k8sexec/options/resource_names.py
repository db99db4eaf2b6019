"""The resources of Kubernetes, and the pod options that request them."""

from __future__ import annotations

EPHEMERAL_STORAGE = "ephemeral-storage"

COMPUTE_RESOURCES = {"cpu": "cpu", "memory": "memory", "ephemeral_storage": EPHEMERAL_STORAGE}
"""The resources that every container may request, by the pod option that does."""

DEVICES = "gpu"
"""The pod option that requests any other resource, by the resource's own name."""

NVIDIA_GPU = "nvidia.com/gpu"
"""The device that ``gpu=1`` requests."""

AMOUNT_OPTIONS = (*COMPUTE_RESOURCES, DEVICES)
"""The pod options that request resources."""

BYTES = frozenset({"memory", EPHEMERAL_STORAGE})
"""The resources whose amounts are bytes."""

POD_RESOURCES = ("cpu", "memory")
"""The resources that a pod as a whole may request, beside huge pages."""

HUGE_PAGES = "hugepages-"
"""What the names of huge pages begin with; their size follows."""

_OPTIONS = {resource: option for option, resource in COMPUTE_RESOURCES.items()}


def is_pod_resource(name: str) -> bool:
    """Report whether a resource can be given for a pod as a whole.

    Source: https://kubernetes.io/docs/tasks/configure-pod-container/assign-pod-level-resources/
    """
    return name in POD_RESOURCES or name.startswith(HUGE_PAGES)


def option_of(resource: str) -> str:
    """Give the pod option that requests a resource: ``ephemeral_storage`` for ``ephemeral-storage``."""
    return _OPTIONS.get(resource, DEVICES)
