"""Tasks that run in no pod of their own: by ``dag.test()``, or in the worker of another executor.

In a pod, Kubernetes provides what ``secrets=`` declares, or the pod does not start. Anywhere else it must be
in the environment and the files of the process, and where it is absent, the task's code ends with a bare
``KeyError``.

Source: https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/debug.html
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_provider_k8sexec import _compat
from airflow_provider_k8sexec.authoring.inherited import read_all_layers
from airflow_provider_k8sexec.authoring.masking import mask_declared
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.exceptions import Problem, name_task, write_location
from airflow_provider_k8sexec.options.secrets import Secret
from airflow_provider_k8sexec.options.volumes import Mount

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

    from airflow_provider_k8sexec.pod.task_request import TaskRequest

_logger = logging.getLogger(__name__)
_replaced_stdout: list[TextIO] = []
"""What ``sys.stdout`` was before the task that runs in this process."""


class _Remedies(NamedTuple):
    """What to do about an absent secret.

    Attributes:
        variable: For one that is declared as a variable.
        file: For one that is declared as a file.
    """

    variable: str
    file: str


_LOCALLY = _Remedies(
    "export {0}, or put it into .env", "write the value to that file, or link it to one that has it"
)
_IN_A_DEPLOYMENT = _Remedies(
    "run the task with the KubernetesExecutor, or set {0} for this worker",
    "run the task with the KubernetesExecutor, or mount the file in this worker",
)


def begin_local_run(task: Any, locate: Callable[[Any], tuple[str, int]], *, is_in_process: bool) -> None:
    """Mask the values that a task declares as secrets, and stop it before its code where some are absent.

    A deployment's worker of another executor logs them instead: its site may provide them in another way,
    and the task may not need all that its ``default_args`` declare.

    Args:
        task: The copy of the task that Airflow is about to run.
        locate: Finds the file and line where the task is made.
        is_in_process: Whether Airflow runs the task in the process that has loaded its DAG, by
            ``dag.test()`` or a command, and not in a worker that an executor has started.
    """
    config = read_all_layers(task)
    if config is None:
        return
    # They were masked as they were declared; some may have been set since.
    if mask_declared(config.declaration, os.environ) and is_in_process:
        _mask_output()
    context = load_context()
    stops = is_in_process or not (context.executors or context.is_deployment)
    absent = list(_find_absent(config.request, _LOCALLY if stops else _IN_A_DEPLOYMENT))
    if not absent:
        return
    report = _describe(name_task(task.task_id, task.dag_id) + write_location(locate(task)), absent)
    if stops:
        _stop(task, report)
    else:
        _logger.warning(report)


def end_local_run() -> None:
    """Print again as before the task."""
    if _replaced_stdout:
        sys.stdout = _replaced_stdout.pop()


def _mask_output() -> None:
    """Mask in this process what ``airflow tasks test`` masks: what is logged, and what the task prints."""
    redacted: Any = _compat.mask_output()
    if not isinstance(sys.stdout, redacted):
        _replaced_stdout[:] = [sys.stdout]
        sys.stdout = redacted()


def _stop(task: Any, report: str) -> None:
    """Let a task fail as it begins.

    What a listener raises ends the task on Airflow 2, and is only logged on Airflow 3. Airflow does not try
    the task again, which would change nothing.
    """

    def refuse(*_: Any, **__: Any) -> None:
        raise _compat.load_fail_exception()(report)

    task.execute = refuse


def _describe(task: str, absent: list[Problem]) -> str:
    count = "1 is" if len(absent) == 1 else f"{len(absent)} are"
    head = f"{task} runs without a pod, where Kubernetes would provide its secrets; {count} absent here:"
    return "\n".join([head, *(f"  - {problem}" for problem in absent)])


def _find_absent(request: TaskRequest, remedies: _Remedies) -> Iterator[Problem]:
    """Find what a task declares as secrets, and this process has not."""
    declaration, authors = request.declaration, request.authors
    for name, source in declaration.env.items():
        if _is_required(source) and name not in os.environ:
            reason = f"is declared by {authors.of_variable(name, source)}"
            yield Problem(name, "", reason, remedies.variable.format(name), code="K8S114")
    for path, mount in declaration.mounts.items():
        if _is_required(mount) and not _exists(path):
            reason = f"is declared by {authors.of_mount(path, mount)}"
            yield Problem(path, "", reason, remedies.file, code="K8S114")


def _exists(path: str) -> bool:
    with suppress(OSError, ValueError):  # of a path that is too long, or has NUL
        return os.path.lexists(path)
    return False


def _is_required(source: object) -> bool:
    """Report whether a variable or file is that of a secret without which no pod starts."""
    if isinstance(source, Secret):
        return not source.optional
    if isinstance(source, Mount):
        return source.position is not None  # an Airflow Secret among ``secrets``
    reference = source.get("secretKeyRef") if isinstance(source, Mapping) else None
    return isinstance(reference, Mapping) and not reference.get("optional")
