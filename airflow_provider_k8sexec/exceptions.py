"""What went wrong, and whose turn it is: each kind of error has its own reader.

``SpecError`` is for the DAG's author, ``DeploymentError`` and ``ConfigurationError`` for the platform team,
``ClusterError`` for whoever may change the cluster, or the rights in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


_LONGEST_PART = 1000


class K8sExecError(Exception):
    """The root of every error that this package raises on purpose."""


class Problem(NamedTuple):
    """One mistake in a declaration.

    A named tuple, and no dataclass: every DAG file imports this, and making one dataclass took 0.6 ms of the
    4 ms in which ``k8s_task`` is imported.

    Attributes:
        field: The argument, with the way into it: ``memory``, ``env_vars['PATH']``.
        value: What was given there, as it would be written in Python; empty where it must not be shown.
        reason: Why that cannot stand, as a clause: ``is 512 bytes``.
        remedy: What to write instead, as an imperative: ``write memory='512Mi'``.
        code: What programs compare, and what ``k8sexec lint --ignore`` takes: one of ``problem_codes.CODES``.
    """

    field: str
    value: str
    reason: str
    remedy: str
    code: str

    def __str__(self) -> str:
        """Give the mistake as one line."""
        given = f"={self.value}" if self.value else ""
        stop = "" if self.remedy.endswith(".") else "."
        parts = (f"{self.field}{given}", self.reason, f"{self.remedy}{stop}")
        field, reason, remedy = (_shorten(part) for part in parts)
        return f"{field} {reason}; {remedy}"

    def within(self, prefix: str) -> Problem:
        """Give the same mistake with a prefix to its field, such as ``default_args of the DAG: ``."""
        return self._replace(field=f"{prefix}{self.field}")


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST_PART else f"{text[:_LONGEST_PART]}..."


class SpecError(K8sExecError, ValueError):
    """A declaration that Kubernetes or Airflow would refuse, or that is probably a mistake.

    Attributes:
        problems: Every mistake found, in the order of the arguments.
        task: The task that the declaration belongs to, where it is known.
        location: The file and line in which the author makes the task, where they are known.
    """

    def __init__(
        self,
        problems: Iterable[Problem],
        task: str | None = None,
        location: tuple[str, int] | None = None,
    ) -> None:
        self.problems = tuple(problems)
        self.task = task
        self.location = location
        super().__init__(self.problems, task, location)

    def __str__(self) -> str:
        """List every problem, one a line, under the task's name and the author's line."""
        whose = f" of {self.task}" if self.task else ""
        return list_problems(self.problems, f"the pod options{whose}{write_location(self.location)}")


class SpecWarning(UserWarning):
    """A part of a declaration that Kubernetes and Airflow accept, and that will not have its effect."""


class UnappliedWarning(SpecWarning):
    """Pod options of a task that do nothing, because no KubernetesExecutor runs it."""


class RenderWarning(SpecWarning):
    """A pod is shown on a pod template that stands in for that of the deployment."""


class DeploymentError(K8sExecError):
    """A fact of the deployment is unknown: its release, namespace, secret, or metadata database; set it.

    Attributes:
        reason: Which fact, where it was looked for, and how to set it.
        task: The task that needs it, where that is known.
        location: The file and line in which the author makes the task, where they are known.
    """

    def __init__(self, reason: str, task: str | None = None, location: tuple[str, int] | None = None) -> None:
        self.reason = reason
        self.task = task
        self.location = location
        super().__init__(reason, task, location)

    def __str__(self) -> str:
        """Give the reason, after the task's name and the author's line."""
        whose = f"{self.task or 'the pod options'}{write_location(self.location)}: "
        return f"{whose if self.location else ''}{self.reason}"


class ConfigurationError(K8sExecError):
    """Settings of ``[k8sexec]``, profiles, or policy rules have mistakes: correct them where they are set.

    Attributes:
        problems: Every mistake found, of all three kinds.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        """List every problem, one a line, each with its option, or its file and line."""
        return list_problems(self.problems, "the configuration of the site")


class ClusterError(K8sExecError):
    """The Kubernetes API refused a request, or did not answer.

    Attributes:
        reason: What was requested and what came back, with what to grant or to set.
        code: What programs compare: ``Unreachable``, ``RBAC``; ``docs/reference/failures.md`` has the table.
    """

    def __init__(self, reason: str, code: str) -> None:
        self.reason = reason
        self.code = code
        super().__init__(reason, code)

    def __str__(self) -> str:
        """Give the reason."""
        return self.reason


class RecordError(K8sExecError, ValueError):
    """A stored record that this package has not written; the reason is in few words, without values."""


def name_task(task_id: str, dag_id: str | None) -> str:
    """Name a task by its whole id, with its DAG where that is known."""
    return f"task {task_id!r}" + (f" of DAG {dag_id!r}" if dag_id is not None else "")


def write_location(location: tuple[str, int] | None) -> str:
    """Write a file and line as they follow a name; nothing where they are not known."""
    return " ({}, line {})".format(*location) if location else ""


def list_problems(problems: Sequence[Problem], whose: str) -> str:
    """List problems, one a line, under their number and whose they are."""
    head = f"{len(problems)} problem{'s' if len(problems) != 1 else ''} in {whose}:"
    return "\n".join([head, *(f"  - {problem}" for problem in problems)])
