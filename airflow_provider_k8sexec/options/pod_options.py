"""The pod options that an author can set, named as in Kubernetes and in KubernetesPodOperator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict

if TYPE_CHECKING:
    from airflow.providers.cncf.kubernetes.secret import Secret as AirflowSecret
    from airflow.sdk import XComArg
    from kubernetes.client import models as k8s

    from airflow_provider_k8sexec.options.auto import Auto
    from airflow_provider_k8sexec.options.per_try import Doubling, PerTry
    from airflow_provider_k8sexec.options.resource_claims import ResourceClaim, ResourceClaimTemplate
    from airflow_provider_k8sexec.options.run_time import FromParam, FromXCom
    from airflow_provider_k8sexec.options.scheduling import Toleration
    from airflow_provider_k8sexec.options.secrets import Secret
    from airflow_provider_k8sexec.options.volumes import VolumeSource

CpuAmount = int | float | Decimal | str
CpuBounds = CpuAmount | tuple[CpuAmount | None, CpuAmount | None]
Bytes = str | tuple[str | None, str | None]
ManifestMapping = Mapping[str, Any]
RunTime: TypeAlias = "FromParam | FromXCom | XComArg"


class PodOptions(TypedDict, total=False):
    """What an author can request of a task's pod; every option can be omitted, and ``None`` means the same.

    The string under each option is its meaning and, in a paragraph of its own, an example:
    ``docs/reference/options.md`` is generated from them.
    """

    # -- resources: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
    # A single value is request and limit; a pair is (request, limit), None in it leaves that side unset.
    # per_try(...) holds one of these for each try.
    # A RunTime value is known later: from_param(...), from_xcom(...), or the result of another task.
    cpu: CpuBounds | PerTry[CpuBounds] | Doubling[CpuAmount] | RunTime
    """Cores, as a number or a quantity: ``0.5``, ``"500m"``, ``(0.5, 2)``.

    ``cpu=0.5``
    """
    memory: Bytes | PerTry[Bytes] | Doubling[str] | Auto | RunTime
    """Bytes, with a unit: ``"512Mi"``, ``("1Gi", "2Gi")``, ``per_try("1Gi", "4Gi")``, or from history,
    ``auto("1Gi", up_to="16Gi")``. Beyond the limit the task is killed.

    ``memory=("1Gi", "2Gi")``
    """
    ephemeral_storage: Bytes | PerTry[Bytes] | Doubling[str] | RunTime
    """Bytes of the node's disk that the container may fill. Beyond the limit the pod is evicted.

    ``ephemeral_storage="10Gi"``
    """
    gpu: (
        int
        | PerTry[int]
        | Doubling[int]
        | RunTime
        | Mapping[str, int | PerTry[int] | Doubling[int] | RunTime]
    )
    """Whole devices: a plain number is of ``nvidia.com/gpu``, others have their name.

    ``gpu={"amd.com/gpu": 2}``
    """
    resource_claims: Mapping[str, str | ResourceClaim | ResourceClaimTemplate | ManifestMapping]
    """Devices by dynamic resource allocation, each under a name of the pod's own: from a template of claims,
    or of a claim that exists, by its name. Kubernetes 1.34.

    ``resource_claims={"gpu": ResourceClaimTemplate("a100"), "shared": "team-gpus"}``
    """
    shared_memory: str
    """Size of ``/dev/shm``, with a unit. It counts against the memory limit.

    ``shared_memory="1Gi"``
    """

    pod_resources: Mapping[str, CpuBounds | Bytes]
    """CPU and memory of all containers together, written as those of the task. Kubernetes 1.34.

    ``pod_resources={"cpu": (1, 2), "memory": "4Gi"}``
    """

    # -- environment: https://kubernetes.io/docs/tasks/inject-data-application/
    secrets: Sequence[str | Secret | ManifestMapping | AirflowSecret]
    """Keys of the deployment's secret, as variables or files; or of another: ``Secret("KEY",
    name="warehouse")``. With ``optional=True`` the pod starts without it.

    ``secrets=["TOKEN", Secret("db-password", env="DB_PASSWORD"), Secret("CERT",
    file="/run/tls/cert.pem")]``
    """
    env_vars: Mapping[str, str | ManifestMapping] | Sequence[k8s.V1EnvVar]
    """Variables: literals, or sources such as a field of the pod.

    ``env_vars={"LC_ALL": "C", "POD_IP": {"fieldRef": {"fieldPath": "status.podIP"}}}``
    """
    env_from: Sequence[str | ManifestMapping | k8s.V1EnvFromSource]
    """Config maps and secrets of which every key becomes a variable.

    ``env_from=["configmap/app", "secret/db"]``
    """

    # -- container: https://kubernetes.io/docs/concepts/containers/images/
    image: str | RunTime
    """The image that the task runs in; Airflow must be installed in it. Of a started pod, any image.

    ``image="registry.example.com/airflow-geo:1.4.0"``
    """
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"]
    """When the node pulls the image.

    ``image_pull_policy="IfNotPresent"``
    """
    image_pull_secrets: Sequence[str | ManifestMapping | k8s.V1LocalObjectReference]
    """Names of the secrets that open the image's registry.

    ``image_pull_secrets=["registry-example-com"]``
    """
    volumes: Mapping[str, VolumeSource | ManifestMapping | k8s.V1Volume]
    """Mount paths with what is mounted there. A volume is named after its first path: ``k8sexec-scratch``.

    ``volumes={"/scratch": EmptyDir(size="2Gi"), "/conf": ConfigMap("app"), "/data":
    PersistentVolumeClaim("lake", read_only=True), "/ssd": HostPath("/mnt/ssd"), "/model":
    ImageVolume("registry.example.com/model:1"), "/work": TemplateVolume("logs", sub_path="work"), "/all":
    {"projected": {"sources": [{"secret": {"name": "db"}}]}}}``
    """
    container_security_context: ManifestMapping | k8s.V1SecurityContext
    """Rights of the task's container.

    ``container_security_context={"runAsNonRoot": True}``
    """

    # -- scheduling: https://kubernetes.io/docs/concepts/scheduling-eviction/
    # per_try(...) holds one of these for each step, as it does for amounts, in four options.
    node_selector: Mapping[str, str | RunTime] | RunTime | PerTry[Mapping[str, str]]
    """Labels that the node must have; other ones for later tries with ``per_try``.

    ``node_selector={"disk": "ssd"}``
    """
    tolerations: (
        Sequence[str | Toleration | ManifestMapping | k8s.V1Toleration]
        | PerTry[Sequence[str | Toleration | ManifestMapping | k8s.V1Toleration]]
    )
    """Taints that the pod tolerates.

    ``tolerations=["gpu=true:NoSchedule", Toleration("spot", effect="NoExecute", toleration_seconds=60)]``
    """
    affinity: ManifestMapping | k8s.V1Affinity | PerTry[ManifestMapping | k8s.V1Affinity]
    """Rules that attract the pod to nodes and other pods, or keep it away.

    ``affinity={"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey":
    "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "db"}}}]}}``
    """
    topology_spread_constraints: Sequence[ManifestMapping | k8s.V1TopologySpreadConstraint]
    """How pods are spread over zones, nodes and other domains.

    ``topology_spread_constraints=[{"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone",
    "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": {"matchLabels": {"team": "finance"}}}]``
    """
    disruption: Literal["avoid", "allow"]
    """Whether the cluster autoscaler and Karpenter may empty the node under the task: one word for the
    annotation of each.

    ``disruption="avoid"``
    """
    queue_name: str
    """The queue of Kueue in which the pod waits for quota: a LocalQueue of the pod's namespace.

    ``queue_name="team-a"``
    """
    priority_class_name: str | PerTry[str]
    """The PriorityClass that ranks the pod.

    ``priority_class_name="batch-low"``
    """
    scheduler_name: str
    """The scheduler that places the pod.

    ``scheduler_name="volcano"``
    """

    # -- pod: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
    service_account_name: str
    """The service account that the pod acts as.

    ``service_account_name="geo-reader"``
    """
    automount_service_account_token: bool
    """Whether that account's token is mounted.

    ``automount_service_account_token=False``
    """
    runtime_class_name: str
    """The RuntimeClass that runs the containers.

    ``runtime_class_name="gvisor"``
    """
    security_context: ManifestMapping | k8s.V1PodSecurityContext
    """Rights of every container of the pod.

    ``security_context={"fsGroup": 50000}``
    """
    host_aliases: Mapping[str, Sequence[str]] | Sequence[ManifestMapping | k8s.V1HostAlias]
    """Lines of ``/etc/hosts``: the names of each address.

    ``host_aliases={"10.1.2.3": ["db.local"]}``
    """
    labels: Mapping[str, str | RunTime] | RunTime
    """Labels of the pod; those of the executor, or of the operator that starts it, such as ``dag_id``, are
    refused.

    ``labels={"team": "finance"}``
    """
    annotations: Mapping[str, str]
    """Annotations of the pod; those of the executor are refused.

    ``annotations={"example.com/egress": "api.example.com"}``
    """
    init_containers: Sequence[ManifestMapping | k8s.V1Container]
    """Containers that run to their end before the task starts.

    ``init_containers=[{"name": "fetch", "image": "busybox:1.37", "command": ["true"]}]``
    """
    sidecars: Sequence[ManifestMapping | k8s.V1Container]
    """Containers that run beside the task and end with it (native sidecars, Kubernetes 1.29).

    ``sidecars=[{"name": "proxy", "image": "registry.example.com/db-proxy:2.1"}]``
    """
    termination_grace_period_seconds: int
    """Seconds between the polite and the final signal.

    ``termination_grace_period_seconds=120``
    """
    active_deadline_seconds: int
    """Seconds after which Kubernetes ends the pod.

    ``active_deadline_seconds=3600``
    """
    namespace: str
    """The namespace of the pod, where the executor runs in multi-namespace mode; a started pod may have any.

    ``namespace="etl-large"``
    """

    # -- outside the pod
    profile: str
    """One of the site's named declarations, over which the options of the DAG, its groups and the task lie.

    ``profile="gpu-large"``
    """
    release: str
    """The deployment's release name, where it cannot be found.

    ``release="infrared-photon-7780"``
    """
    pod_template_file: str
    """Absolute path, in the scheduler's image, of a pod template for this task alone; of a started pod, where
    the operator runs.

    ``pod_template_file="/opt/airflow/pod_template.yaml"``
    """
    pod_override: ManifestMapping | k8s.V1Pod
    """Anything else: a pod, or its manifest, merged by container name under the options. The task's container
    is ``base``; that of a started pod may have a command there.

    ``pod_override={"spec": {"containers": [{"name": "base"}], "dnsConfig": {"options": [{"name": "ndots",
    "value": "2"}]}}}``
    """


POD_OPTIONS = frozenset(PodOptions.__annotations__)
