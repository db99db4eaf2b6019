"""What went wrong, in words a DAG author can act on: the value, where it stands, what to write instead."""

from __future__ import annotations

import datetime as dt
import reprlib
from dataclasses import dataclass
from numbers import Number
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.options.shown import show_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


_PLAIN = (Number, PurePath, dt.timedelta, bytes, type, type(None), type(...))
_LONGEST_TEXT = 4096


class _ShownRepr(reprlib.Repr):
    """Writes values short, and without what is not shown of texts."""

    def repr_instance(self, x: object, level: int) -> str:
        """Write numbers and this package's own values; of foreign objects, which hold anything, the type."""
        is_own = type(x).__module__.partition(".")[0] == _PACKAGE
        if is_own or isinstance(x, _PLAIN):
            return super().repr_instance(x, level)
        return f"<{type(x).__name__}>"

    def repr_str(self, x: str, level: int) -> str:
        """Write a text; half a URL would no longer show that a login is in it."""
        return super().repr_str(show_text(x[:_LONGEST_TEXT]), level)


_PACKAGE = __name__.partition(".")[0]
_LONGEST_PART = 1000
_SHORT = _ShownRepr()
_SHORT.maxstring = _SHORT.maxother = 80


class K8sExecError(Exception):
    """The root of every error that this package raises on purpose."""


@dataclass(frozen=True)
class Problem:
    """One mistake in a declaration.

    Attributes:
        field: The argument, with the way into it: ``memory``, ``env_vars['PATH']``.
        value: What was given there, as it would be written in Python; empty where it must not be shown.
        reason: Why that cannot stand, as a clause: ``is 512 bytes``.
        remedy: What to write instead, as an imperative: ``write memory='512Mi'``.
    """

    field: str
    value: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        """Give the mistake as one line."""
        given = f"={self.value}" if self.value else ""
        stop = "" if self.remedy.endswith(".") else "."
        parts = (f"{self.field}{given}", self.reason, f"{self.remedy}{stop}")
        field, reason, remedy = (_shorten(part) for part in parts)
        return f"{field} {reason}; {remedy}"


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST_PART else f"{text[:_LONGEST_PART]}..."


class SpecError(K8sExecError, ValueError):
    """A declaration that Kubernetes or Airflow would refuse, or that is surely a mistake.

    Attributes:
        problems: Every mistake found, in the order of the arguments.
        task: The task that the declaration belongs to, where it is known.
    """

    def __init__(self, problems: Iterable[Problem], task: str | None = None) -> None:
        self.problems = tuple(problems)
        self.task = task
        super().__init__(self.problems, task)

    def __str__(self) -> str:
        """List every problem, one a line, under the task's name."""
        whose = f" of {self.task}" if self.task else ""
        return list_problems(self.problems, f"the pod options{whose}")

    @classmethod
    def of(cls, field: str, value: object, reason: str, remedy: str) -> SpecError:
        """Make an error of one problem."""
        return cls([Problem(field, show(value), reason, remedy)])


class SpecWarning(UserWarning):
    """Something in a declaration that Kubernetes and Airflow take, and that will not do what it says."""


class DeploymentError(K8sExecError):
    """The deployment (its release, namespace or secret) that a declaration needs cannot be told."""


class RecordError(K8sExecError, ValueError):
    """A stored record that this package has not written; the reason is in few words, without values."""


def repr_fields(value: Any) -> str:
    """Write an attrs object as attrs does, with its values as errors show them."""
    parts = [f"{field.name}={show(getattr(value, field.name))}" for field in value.__attrs_attrs__]
    return f"{type(value).__name__}({', '.join(parts)})"


def list_problems(problems: Sequence[Problem], place: str) -> str:
    """List problems, one a line, under their number and their place."""
    head = f"{len(problems)} problem{'s' if len(problems) != 1 else ''} in {place}:"
    return "\n".join([head, *(f"  - {problem}" for problem in problems)])


def show(value: object) -> str:
    """Write a value as it stands in Python, shortened to fit one line."""
    try:
        return _SHORT.repr(value)
    except ValueError:  # Python does not write out whole numbers of thousands of digits
        return f"<{type(value).__name__}>"
