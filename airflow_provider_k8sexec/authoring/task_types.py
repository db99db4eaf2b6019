"""The types of ``@k8s_task`` and its flavours, for editors and type checkers; nothing here runs.

A method hands its arguments on to ``complete``, because jedi finds there what ``Unpack`` says to the others.

Airflow's own arguments are listed beside the pod options: a type checker can only report a misspelt option
where it knows all valid ones.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, Protocol, TypedDict, TypeVar, overload

from typing_extensions import Self, Unpack

from airflow_provider_k8sexec.options.pod_options import ManifestMapping, PodOptions

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.providers.standard.operators.python import PythonOperator
    from airflow.sdk import DAG, TaskGroup, XComArg
    from airflow.sdk.definitions.mappedoperator import OperatorPartial
    from kubernetes.client import models as k8s

    from airflow_provider_k8sexec.authoring.keywords import OtherFlavour, complete
    from airflow_provider_k8sexec.options.volumes import VolumeSource

P = ParamSpec("P")
R = TypeVar("R")
Callback = Callable[..., Any]
Callbacks = Callback | Sequence[Callback] | None


class OperatorArguments(TypedDict, total=False):
    """The arguments of Airflow's BaseOperator.

    Source: https://airflow.apache.org/docs/task-sdk/stable/api.html#airflow.sdk.BaseOperator
    """

    task_id: str
    owner: str
    email: str | Sequence[str] | None
    email_on_retry: bool
    email_on_failure: bool
    retries: int | None
    retry_delay: timedelta | float
    retry_exponential_backoff: bool | float
    max_retry_delay: timedelta | float | None
    retry_policy: Any
    start_date: datetime | None
    end_date: datetime | None
    depends_on_past: bool
    ignore_first_depends_on_past: bool
    wait_for_past_depends_before_skipping: bool
    wait_for_downstream: bool
    dag: DAG | None
    params: MutableMapping[str, Any] | None
    default_args: dict[str, Any] | None
    priority_weight: int
    weight_rule: Any
    queue: str
    pool: str | None
    pool_slots: int
    sla: timedelta | None
    execution_timeout: timedelta | None
    on_execute_callback: Callbacks
    on_failure_callback: Callbacks
    on_success_callback: Callbacks
    on_retry_callback: Callbacks
    on_skipped_callback: Callbacks
    pre_execute: Callback | None
    post_execute: Callback | None
    trigger_rule: str
    resources: dict[str, Any] | None
    run_as_user: str | None
    task_concurrency: int | None
    map_index_template: str | None
    max_active_tis_per_dag: int | None
    max_active_tis_per_dagrun: int | None
    executor: str | None
    executor_config: Mapping[str, Any] | None
    do_xcom_push: bool
    multiple_outputs: bool | None
    inlets: Any
    outlets: Any
    task_group: TaskGroup | None
    doc: str | None
    doc_md: str | None
    doc_json: str | None
    doc_yaml: str | None
    doc_rst: str | None
    task_display_name: str | None
    logger_name: str | None
    allow_nested_operators: bool
    render_template_as_native_obj: bool | None


class PythonArguments(OperatorArguments, PodOptions, total=False):
    """The arguments of ``k8s_task``, ``k8s_task.branch`` and ``k8s_task.short_circuit``."""

    templates_dict: Mapping[str, Any] | None
    templates_exts: Sequence[str] | None
    show_return_value_in_logs: bool
    ignore_downstream_trigger_rules: bool


class BashArguments(OperatorArguments, PodOptions, total=False):
    """The arguments of ``k8s_task.bash``."""

    env: dict[str, str] | None
    append_env: bool
    output_encoding: str
    skip_on_exit_code: int | Container[int] | None
    cwd: str | None
    output_processor: Callable[[str], Any]


class SensorArguments(OperatorArguments, PodOptions, total=False):
    """The arguments of ``k8s_task.sensor``."""

    templates_dict: Mapping[str, Any] | None
    poke_interval: timedelta | float
    timeout: timedelta | float
    soft_fail: bool
    mode: Literal["poke", "reschedule"]
    exponential_backoff: bool
    max_wait: timedelta | float | None
    silent_fail: bool
    never_fail: bool


class VirtualenvArguments(PythonArguments, total=False):
    """The arguments of ``k8s_task.virtualenv``, ``.external_python`` and their branch forms."""

    python: str
    requirements: Iterable[str] | str | None
    python_version: str | float | None
    serializer: Literal["pickle", "cloudpickle", "dill"] | None
    system_site_packages: bool
    pip_install_options: list[str] | None
    skip_on_exit_code: int | Container[int] | None
    string_args: Iterable[str] | None
    index_urls: Collection[str] | str | None
    index_urls_from_connection_ids: Collection[str] | str | None
    venv_cache_path: str | None
    inherit_env: bool
    expect_airflow: bool
    expect_pendulum: bool


class StartedPodArguments(OperatorArguments, PodOptions, total=False):
    """The arguments of ``K8sPodOperator`` but those of the command, which functions give themselves.

    Source: https://airflow.apache.org/docs/apache-airflow-providers-cncf-kubernetes/stable/operators.html
    """

    volumes: (  # type: ignore[misc]  # a list of models is Airflow's own form
        Mapping[str, VolumeSource | ManifestMapping | k8s.V1Volume] | Sequence[k8s.V1Volume]
    )
    kubernetes_conn_id: str | None
    name: str | None
    random_name_suffix: bool
    ports: list[k8s.V1ContainerPort] | None
    volume_mounts: list[k8s.V1VolumeMount] | None
    in_cluster: bool | None
    cluster_context: str | None
    reattach_on_restart: bool | None
    durable: bool | None
    startup_timeout_seconds: int
    startup_check_interval_seconds: int
    schedule_timeout_seconds: int | None
    get_logs: bool
    base_container_name: str | None
    base_container_status_polling_interval: float
    init_container_logs: Iterable[str] | str | Literal[True] | None
    container_logs: Iterable[str] | str | Literal[True] | None
    container_resources: k8s.V1ResourceRequirements | None
    config_file: str | None
    hostnetwork: bool
    xcom_sidecar_container_security_context: k8s.V1SecurityContext | dict[str, Any] | None
    dnspolicy: str | None
    dns_config: k8s.V1PodDNSConfig | None
    hostname: str | None
    subdomain: str | None
    schedulername: str | None
    full_pod_spec: k8s.V1Pod | None
    log_events_on_failure: bool
    log_events_on_startup: bool
    pod_template_dict: dict[str, Any] | None
    pod_runtime_info_envs: list[k8s.V1EnvVar] | None
    termination_grace_period: int | None
    configmaps: list[str] | None
    skip_on_exit_code: int | Container[int] | None
    deferrable: bool
    poll_interval: float
    log_pod_spec_on_failure: bool
    on_finish_action: str
    on_kill_action: str
    is_delete_operator_pod: bool | None
    termination_message_policy: str
    callbacks: Any
    progress_callback: Callable[[str], None] | None
    logging_interval: int | None
    trigger_kwargs: dict[str, Any] | None
    container_name_log_prefix_enabled: bool
    log_formatter: Callable[[str, str], str] | None


class PodOperatorArguments(StartedPodArguments, total=False):
    """The arguments of ``K8sPodOperator``."""

    cmds: list[str] | None
    arguments: list[str] | None


class KubernetesArguments(StartedPodArguments, total=False):
    """The arguments of ``k8s_task.kubernetes``."""

    use_dill: bool


class KubernetesCmdArguments(StartedPodArguments, total=False):
    """The arguments of ``k8s_task.kubernetes_cmd``."""

    args_only: bool


class K8sTask(Protocol[P, R]):
    """A decorated function: it keeps its signature, and makes a task when it is called in a DAG."""

    function: Callable[P, R]
    operator_class: type[Any]
    kwargs: dict[str, Any]
    is_setup: bool
    is_teardown: bool

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> XComArg:
        """Make the task."""

    def partial(self, **kwargs: Any) -> Self:
        """Fix some arguments of the function, to map over the others."""

    def expand(self, **kwargs: Any) -> XComArg:
        """Make a task for each value of the arguments."""

    def expand_kwargs(self, kwargs: Any, *, strict: bool = True) -> XComArg:
        """Make a task for each mapping of arguments."""


class PythonTask(K8sTask[P, R], Protocol[P, R]):
    """A function decorated by ``k8s_task``, ``.branch`` or ``.short_circuit``."""

    def override(self, **options: Unpack[PythonArguments]) -> PythonTask[P, R]:
        """Copy the decorated function with other arguments of the task, pod options among them."""
        return complete(**options)


class BashTask(K8sTask[P, R], Protocol[P, R]):
    """A function decorated by ``k8s_task.bash``."""

    def override(self, **options: Unpack[BashArguments]) -> BashTask[P, R]:
        """Copy the decorated function with other arguments of the task, pod options among them."""
        return complete(**options)


class SensorTask(K8sTask[P, R], Protocol[P, R]):
    """A function decorated by ``k8s_task.sensor``."""

    def override(self, **options: Unpack[SensorArguments]) -> SensorTask[P, R]:
        """Copy the decorated function with other arguments of the task, pod options among them."""
        return complete(**options)


class VirtualenvTask(K8sTask[P, R], Protocol[P, R]):
    """A function decorated by ``k8s_task.virtualenv``, ``.external_python`` or their branch forms."""

    def override(self, **options: Unpack[VirtualenvArguments]) -> VirtualenvTask[P, R]:
        """Copy the decorated function with other arguments of the task, pod options among them."""
        return complete(**options)


class KubernetesTask(K8sTask[P, R], Protocol[P, R]):
    """A function decorated by ``k8s_task.kubernetes``."""

    def override(self, **options: Unpack[KubernetesArguments]) -> KubernetesTask[P, R]:
        """Copy the decorated function with other arguments of the task, pod options among them."""
        return complete(**options)


class KubernetesCmdTask(K8sTask[P, R], Protocol[P, R]):
    """A function decorated by ``k8s_task.kubernetes_cmd``."""

    def override(self, **options: Unpack[KubernetesCmdArguments]) -> KubernetesCmdTask[P, R]:
        """Copy the decorated function with other arguments of the task, pod options among them."""
        return complete(**options)


class PythonFlavour(Protocol):
    """``k8s_task`` itself, and the flavours with the same arguments."""

    @overload
    def __call__(self, python_callable: Callable[P, R], /) -> PythonTask[P, R]: ...
    @overload
    def __call__(self, **arguments: Unpack[PythonArguments]) -> Callable[[Callable[P, R]], PythonTask[P, R]]:
        return complete(**arguments)


class BashFlavour(Protocol):
    """``k8s_task.bash``."""

    @overload
    def __call__(self, python_callable: Callable[P, R], /) -> BashTask[P, R]: ...
    @overload
    def __call__(self, **arguments: Unpack[BashArguments]) -> Callable[[Callable[P, R]], BashTask[P, R]]:
        return complete(**arguments)


class SensorFlavour(Protocol):
    """``k8s_task.sensor``."""

    @overload
    def __call__(self, python_callable: Callable[P, R], /) -> SensorTask[P, R]: ...
    @overload
    def __call__(self, **arguments: Unpack[SensorArguments]) -> Callable[[Callable[P, R]], SensorTask[P, R]]:
        return complete(**arguments)


class VirtualenvFlavour(Protocol):
    """``k8s_task.virtualenv``, ``.external_python`` and their branch forms."""

    @overload
    def __call__(self, python_callable: Callable[P, R], /) -> VirtualenvTask[P, R]: ...
    @overload
    def __call__(
        self, **arguments: Unpack[VirtualenvArguments]
    ) -> Callable[[Callable[P, R]], VirtualenvTask[P, R]]:
        return complete(**arguments)


class KubernetesFlavour(Protocol):
    """``k8s_task.kubernetes``."""

    @overload
    def __call__(self, python_callable: Callable[P, R], /) -> KubernetesTask[P, R]: ...
    @overload
    def __call__(
        self, **arguments: Unpack[KubernetesArguments]
    ) -> Callable[[Callable[P, R]], KubernetesTask[P, R]]:
        return complete(**arguments)


class KubernetesCmdFlavour(Protocol):
    """``k8s_task.kubernetes_cmd``."""

    @overload
    def __call__(self, python_callable: Callable[P, R], /) -> KubernetesCmdTask[P, R]: ...
    @overload
    def __call__(
        self, **arguments: Unpack[KubernetesCmdArguments]
    ) -> Callable[[Callable[P, R]], KubernetesCmdTask[P, R]]:
        return complete(**arguments)


class TaskFlavours(PythonFlavour, Protocol):
    """``k8s_task`` with its flavours as attributes."""

    python: PythonFlavour
    branch: PythonFlavour
    short_circuit: PythonFlavour
    bash: BashFlavour
    sensor: SensorFlavour
    virtualenv: VirtualenvFlavour
    external_python: VirtualenvFlavour
    branch_virtualenv: VirtualenvFlavour
    branch_external_python: VirtualenvFlavour
    kubernetes: KubernetesFlavour
    kubernetes_cmd: KubernetesCmdFlavour

    # Of other providers. A ``__getattr__`` would let a type checker accept every misspelt name.
    agent: OtherFlavour
    analytics: OtherFlavour
    docker: OtherFlavour
    embed: OtherFlavour
    k8s: PythonFlavour
    llm: OtherFlavour
    llm_batch: OtherFlavour
    llm_branch: OtherFlavour
    llm_file_analysis: OtherFlavour
    llm_schema_compare: OtherFlavour
    llm_sql: OtherFlavour
    pyspark: OtherFlavour
    snowpark: OtherFlavour
    sql: OtherFlavour
    stub: OtherFlavour


class K8sPythonOperatorClass(Protocol):
    """The type of ``K8sPythonOperator``, whose arguments are all known."""

    def __call__(
        self,
        *,
        python_callable: Callable[..., Any],
        op_args: Collection[Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        **arguments: Unpack[PythonArguments],
    ) -> PythonOperator:
        """Make a task."""
        return complete(**arguments)

    def partial(
        self,
        *,
        python_callable: Callable[..., Any] = ...,  # type: ignore[assignment]  # it may be mapped
        op_args: Collection[Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        **arguments: Unpack[PythonArguments],
    ) -> OperatorPartial:
        """Make a task that is to be mapped over the rest of its arguments."""
        return complete(**arguments)


class K8sBashOperatorClass(Protocol):
    """The type of ``K8sBashOperator``, whose arguments are all known."""

    def __call__(self, *, bash_command: str, **arguments: Unpack[BashArguments]) -> BashOperator:
        """Make a task."""
        return complete(**arguments)

    def partial(
        self,
        *,
        bash_command: str = ...,  # type: ignore[assignment]  # as above
        **arguments: Unpack[BashArguments],
    ) -> OperatorPartial:
        """Make a task that is to be mapped over the rest of its arguments."""
        return complete(**arguments)


class K8sPodOperatorClass(Protocol):
    """The type of ``K8sPodOperator``, whose arguments are all known."""

    def __call__(self, **arguments: Unpack[PodOperatorArguments]) -> KubernetesPodOperator:
        """Make a task."""
        return complete(**arguments)

    def partial(self, **arguments: Unpack[PodOperatorArguments]) -> OperatorPartial:
        """Make a task that is to be mapped over the rest of its arguments."""
        return complete(**arguments)
