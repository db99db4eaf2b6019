"""Helpers for executor configs, for all DAGs of the marketing team."""

from __future__ import annotations

from kubernetes.client import models as k8s

RELEASE_SECRET = "quasaric-zenith-1234-env"


def env_from_secret(env_name: str, secret_key: str) -> k8s.V1EnvVar:
    """A variable with a value of the deployment's secret."""
    return k8s.V1EnvVar(
        name=env_name,
        value_from=k8s.V1EnvVarSource(
            secret_key_ref=k8s.V1SecretKeySelector(name=RELEASE_SECRET, key=secret_key)
        ),
    )


def pod_with_env(*variables: k8s.V1EnvVar) -> dict:
    """An executor config with these variables."""
    return {
        "pod_override": k8s.V1Pod(
            spec=k8s.V1PodSpec(
                containers=[k8s.V1Container(name="base", env=list(variables))]
            )
        )
    }


def resources_config(
    request_memory: str,
    limit_memory: str,
    request_cpu: str = "200m",
    limit_cpu: str = "1",
) -> dict:
    """An executor config with these resources."""
    resources = k8s.V1ResourceRequirements(
        requests={"memory": request_memory, "cpu": request_cpu},
        limits={"memory": limit_memory, "cpu": limit_cpu},
    )
    base = k8s.V1Container(name="base", resources=resources)
    return {"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[base]))}
