"""The pod options: what an author can ask for, in Kubernetes's and KubernetesPodOperator's own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from airflow.providers.cncf.kubernetes.secret import Secret as AirflowSecret
    from kubernetes.client import models as k8s

    from airflow_provider_k8sexec.spec.per_try import Doubling, PerTry
    from airflow_provider_k8sexec.spec.scheduling import Toleration
    from airflow_provider_k8sexec.spec.secrets import Secret
    from airflow_provider_k8sexec.spec.volumes import VolumeSource

CpuAmount = int | float | Decimal | str
CpuBounds = CpuAmount | tuple[CpuAmount | None, CpuAmount | None]
Bytes = str | tuple[str | None, str | None]
ManifestMapping = Mapping[str, Any]


class PodOptions(TypedDict, total=False):
    """What an author can ask of a task's pod; every option can be left out, and ``None`` means the same.

    The annotated comments say what each value means; ``docs/options.md`` has an example of each.
    """

    # -- resources: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
    # A single value is request and limit; a pair is (request, limit), None in it leaves that side unset.
    # per_try(...) has one of these for each try.
    cpu: CpuBounds | PerTry[CpuBounds] | Doubling[CpuAmount]
    """Cores: ``0.5``, ``"500m"``, ``(0.5, 2)``."""
    memory: Bytes | PerTry[Bytes] | Doubling[str]
    """Bytes, with a unit: ``"512Mi"``, ``("1Gi", "2Gi")``, ``per_try("1Gi", "4Gi")``."""
    ephemeral_storage: Bytes | PerTry[Bytes] | Doubling[str]
    """Bytes of the node's disk that the container may fill: ``"10Gi"``."""
    gpu: int | PerTry[int] | Doubling[int] | Mapping[str, int | PerTry[int] | Doubling[int]]
    """Whole NVIDIA GPUs, ``1``; or devices of another kind, ``{"amd.com/gpu": 2}``."""
    shared_memory: str
    """Size of ``/dev/shm``, with a unit: ``"1Gi"``. It counts against the memory limit."""

    # -- environment: https://kubernetes.io/docs/tasks/inject-data-application/
    secrets: Sequence[str | Secret | AirflowSecret]
    """Keys of the deployment's secret, as environment variables or files."""
    env_vars: Mapping[str, str | ManifestMapping] | Sequence[k8s.V1EnvVar]
    """A literal, or a source such as ``{"fieldRef": {"fieldPath": "status.podIP"}}``."""
    env_from: Sequence[str | ManifestMapping | k8s.V1EnvFromSource]
    """Whole config maps and secrets as environment: ``"configmap/app"``, ``"secret/db"``."""

    # -- container: https://kubernetes.io/docs/concepts/containers/images/
    image: str
    """The image that the task runs in; Airflow must be installed in it."""
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"]
    """When the node pulls the image."""
    image_pull_secrets: Sequence[str | ManifestMapping | k8s.V1LocalObjectReference]
    """Names of the secrets that open the image's registry."""
    volumes: Mapping[str, VolumeSource | ManifestMapping | k8s.V1Volume]
    """Mount paths with what is mounted there: ``{"/scratch": EmptyDir(size="2Gi")}``."""
    container_security_context: ManifestMapping | k8s.V1SecurityContext
    """Rights of the task's container: ``{"runAsNonRoot": True}``."""

    # -- scheduling: https://kubernetes.io/docs/concepts/scheduling-eviction/
    node_selector: Mapping[str, str]
    """Labels that the node must have."""
    tolerations: Sequence[str | Toleration | ManifestMapping | k8s.V1Toleration]
    """Taints that the pod tolerates: ``"gpu=true:NoSchedule"``."""
    affinity: ManifestMapping | k8s.V1Affinity
    """Rules that attract the pod to nodes and other pods, or keep it away."""
    priority_class_name: str
    """The PriorityClass that ranks the pod."""
    scheduler_name: str
    """The scheduler that places the pod."""

    # -- pod: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
    service_account_name: str
    """The service account that the pod acts as."""
    automount_service_account_token: bool
    """Whether that account's token is mounted."""
    runtime_class_name: str
    """The RuntimeClass that runs the containers."""
    security_context: ManifestMapping | k8s.V1PodSecurityContext
    """Rights of every container of the pod: ``{"fsGroup": 50000}``."""
    labels: Mapping[str, str]
    """Labels of the pod."""
    annotations: Mapping[str, str]
    """Annotations of the pod."""
    init_containers: Sequence[ManifestMapping | k8s.V1Container]
    """Containers that run to their end before the task starts."""
    sidecars: Sequence[ManifestMapping | k8s.V1Container]
    """Containers that run beside the task and end with it (native sidecars, Kubernetes 1.29)."""
    termination_grace_period_seconds: int
    """Seconds between the polite and the final signal."""
    active_deadline_seconds: int
    """Seconds after which Kubernetes ends the pod."""
    namespace: str
    """The namespace of the pod, where the executor runs in multi-namespace mode."""

    # -- outside the pod
    release: str
    """The deployment's release name, where it cannot be found: ``"infrared-photon-7780"``."""
    pod_template_file: str
    """Absolute path, in the scheduler's image, of a pod template for this task alone."""
    pod_override: ManifestMapping | k8s.V1Pod
    """Anything else, as a pod: merged by container name, under the options."""


POD_OPTIONS = frozenset(PodOptions.__annotations__)
