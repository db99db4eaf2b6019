"""Sizes of tasks: the only three that we have quota for."""

from kubernetes.client import models as k8s

__all__ = ("LARGE", "MEDIUM", "SMALL")

SMALL = k8s.V1ResourceRequirements(
    requests={"cpu": "100m", "memory": "256Mi"},
    limits={"cpu": "500m", "memory": "512Mi"},
)
MEDIUM = k8s.V1ResourceRequirements(
    requests={"cpu": "500m", "memory": "1Gi"},
    limits={"cpu": "1", "memory": "2Gi"},
)
LARGE = k8s.V1ResourceRequirements(
    requests={"cpu": "1", "memory": "4Gi"},
    limits={"cpu": "2", "memory": "6Gi"},
)
