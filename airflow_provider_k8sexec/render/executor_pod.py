"""The pod that the KubernetesExecutor would launch for a task, merged by Airflow's own code."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from attrs import frozen

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.context.coordinators import find_coordinator
from airflow_provider_k8sexec.exceptions import K8sExecError, RenderWarning, name_task
from airflow_provider_k8sexec.executor_names import POD_TEMPLATE_FILE, name_variable
from airflow_provider_k8sexec.options.shown import show_answer
from airflow_provider_k8sexec.pod.run_time_fields import set_defaults
from airflow_provider_k8sexec.site.pod_template import MINIMAL_TEMPLATE, load_template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kubernetes.client import V1Pod

    from airflow_provider_k8sexec.context.coordinators import Coordinator
    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.per_try import Chooser

_ON_MINIMAL = (
    f"[kubernetes_executor] {POD_TEMPLATE_FILE} is not set: pods are rendered on a minimal one; set "
    f"{name_variable('kubernetes_executor', POD_TEMPLATE_FILE)}=<file> to see the deployment's."
)
_UNKNOWN = "known when the task is queued"


@frozen
class Run:
    """The run of a DAG that a task's pod is for.

    Attributes:
        run_id: The run.
        map_index: The mapped instance; -1 if the task is not mapped.
        executors: The executors that tasks of the DAG name.
        queue: The queue of the task.
    """

    run_id: str = "run"
    map_index: int = -1
    executors: frozenset[str] = frozenset()
    queue: str | None = None

    @classmethod
    def of_task(cls, task: Any) -> Run:
        """Give a run of the DAG that a task is in, which no scheduler has made yet."""
        others = getattr(task, "dag", None)
        named = {other.executor for other in others.tasks if other.executor} if others else ()
        return cls(executors=frozenset(named), queue=getattr(task, "queue", None))

    @property
    def coordinator(self) -> Coordinator | None:
        """The coordinator of the queue, if it has one."""
        return find_coordinator(self.queue)


UNKNOWN_RUN = Run()


def render_pod(
    dag_id: str,
    task_id: str,
    executor_config: Mapping[str, Any] | None,
    try_number: int = 1,
    run: Run = UNKNOWN_RUN,
) -> Manifest:
    """Merge a task's pod as the KubernetesExecutor does, hooks included.

    The names that the executor gives (of the pod, of itself) and the workload are placeholders.

    Args:
        dag_id: The task's DAG.
        task_id: The task, with its groups.
        executor_config: Airflow's argument of that name, as the task has it.
        try_number: The try whose pod is wanted.
        run: The run that it is for; a placeholder where that is not known.

    Raises:
        K8sExecError: The executor would fail on the task.
    """
    return PodMerge.load(dag_id, task_id, executor_config, try_number, run).render()


def load_task_template(executor_config: Mapping[str, Any] | None, run: Run = UNKNOWN_RUN) -> Manifest:
    """Read the pod template of a task as the executor reads it.

    Raises:
        K8sExecError: It cannot be read, or is not a manifest.
    """
    return write_manifest(_read(_load_base(executor_config or {}, run.coordinator)))


@frozen
class PodMerge:
    """The merge of one task's pod.

    Attributes:
        dag_id: The task's DAG.
        task_id: The task, with its groups.
        executor_config: Airflow's argument of that name, as the task has it.
        base: The task's pod template, as its file has it.
        try_number: The try whose pod is wanted.
        run: The run that it is for.
        choose: Chooses the steps of per-try values; the number of the try decides, where none is given.
    """

    dag_id: str
    task_id: str
    executor_config: Mapping[str, Any]
    base: Manifest
    try_number: int = 1
    run: Run = UNKNOWN_RUN
    choose: Chooser | None = None

    @classmethod
    def load(
        cls,
        dag_id: str,
        task_id: str,
        executor_config: Mapping[str, Any] | None,
        try_number: int = 1,
        run: Run = UNKNOWN_RUN,
    ) -> PodMerge:
        """Read the task's pod template; the arguments are those of :func:`render_pod`.

        Raises:
            K8sExecError: It cannot be read.
        """
        config = executor_config or {}
        with named_errors(dag_id, task_id):
            return cls(dag_id, task_id, config, _load_base(config, run.coordinator), try_number, run)

    def read_template(self) -> Manifest:
        """Give the pod template as the executor reads it.

        Raises:
            K8sExecError: It is not a manifest of a pod.
        """
        with named_errors(self.dag_id, self.task_id):
            return write_manifest(_read(self.base))

    def merge(self, executor_config: Mapping[str, Any]) -> Manifest:
        """Merge the pod with no hook.

        Args:
            executor_config: The task's own, or what it would be with fewer layers.

        Raises:
            K8sExecError: The executor would fail on it.
        """
        with named_errors(self.dag_id, self.task_id):
            return write_manifest(self._construct(executor_config))

    def render(self) -> Manifest:
        """Merge the pod, and run the hooks over it.

        Raises:
            K8sExecError: The executor would fail on the task.
        """
        from airflow import settings  # reads the site's own hook

        with named_errors(self.dag_id, self.task_id):
            pod = self._construct(self.executor_config)
            # This package's own hook acts by itself on pods that are launched, and on no others.
            context = load_context()
            amendments = context.amendments
            before, _ = amendments.amend(
                pod,
                lambda present: context.complete_executors(present, lambda: self.run.executors),
                self.choose,
            )
            set_defaults(pod)
            run_hooks: Any = settings.pod_mutation_hook
            run_hooks(pod)
            amendments.mend(pod, before)
            return write_manifest(pod)

    def _construct(self, executor_config: Mapping[str, Any]) -> V1Pod:
        from airflow.providers.cncf.kubernetes.kube_config import KubeConfig  # imports kubernetes
        from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator  # likewise

        config, coordinator = KubeConfig(), self.run.coordinator
        return PodGenerator.construct_pod(
            dag_id=self.dag_id,
            task_id=self.task_id,
            pod_id=_pod_id(self.dag_id, self.task_id),
            try_number=self.try_number,
            kube_image=(coordinator and coordinator.image) or config.kube_image,
            date=None,
            args=_worker_arguments(self.dag_id, self.task_id),
            pod_override_object=PodGenerator.from_obj(executor_config),
            base_worker_pod=_read(self.base),
            namespace=config.executor_namespace,
            scheduler_job_id="0",
            run_id=self.run.run_id,
            map_index=self.run.map_index,
        )


def _read(template: Manifest) -> V1Pod:
    from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator  # imports kubernetes

    return PodGenerator.deserialize_model_dict(template)


def write_manifest(pod: V1Pod) -> Manifest:
    """Write a pod of Airflow's as a manifest."""
    from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator  # imports kubernetes

    manifest: Manifest = PodGenerator.serialize_pod(pod)
    return manifest


@contextmanager
def named_errors(dag_id: str, task_id: str) -> Iterator[None]:
    """Give what Airflow raises for a task the task's name.

    Raises:
        K8sExecError: Airflow has raised anything.
    """
    try:
        yield
    except Exception as error:
        # Airflow's own errors of a merge have the reason as their cause, and no message.
        reason = show_answer(str(error) or str(error.__cause__))
        raise K8sExecError(f"{name_task(task_id, dag_id)}: {reason}") from error


def _load_base(executor_config: Mapping[str, Any], coordinator: Coordinator | None = None) -> Manifest:
    of_queue = coordinator.template if coordinator else None
    path = of_queue or executor_config.get(POD_TEMPLATE_FILE) or load_context().template_path
    if path:
        return load_template(path)
    load_context().warn(_ON_MINIMAL, "K8S901", ("", 0), RenderWarning)
    return MINIMAL_TEMPLATE


def _pod_id(dag_id: str, task_id: str) -> str:
    return f"{dag_id}-{task_id}".lower().replace("_", "-").replace(".", "-")[:63].strip("-")


def _worker_arguments(dag_id: str, task_id: str) -> list[str]:
    if compat.AIRFLOW_3:
        module = "airflow.sdk.execution_time.execute_workload"
        return ["python", "-m", module, "--json-string", f"<{_UNKNOWN}>"]
    return ["airflow", "tasks", "run", dag_id, task_id, f"<{_UNKNOWN}>", "--local"]
