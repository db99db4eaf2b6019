"""An amount of memory that starts from what earlier runs used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

from attrs import frozen

from airflow_provider_k8sexec.exceptions import Problem, SpecError
from airflow_provider_k8sexec.options.problems import refusal, show, show_shape

History = Literal["", "apply", "log"]
"""What is done with the amount that earlier runs suggest: nothing, it is requested, or it is recorded."""
HISTORIES: tuple[History, ...] = get_args(History)

APPLY: History = "apply"
LOG: History = "log"

_FORM = ("start", "up_to", "apply")


@frozen(repr=False)
class Auto:
    """Memory from history.

    Attributes:
        start: The amount of the first try, as long as there is no history.
        up_to: The amount that no try exceeds.
        apply: Whether the pod requests what history suggests; else that is recorded alone.
    """

    start: str
    up_to: str
    apply: bool = True

    def __repr__(self) -> str:
        """Show it as it is written."""
        apply = "" if self.apply is True else f", apply={show(self.apply)}"
        return f"auto({show(self.start)}, up_to={show(self.up_to)}{apply})"

    @property
    def history(self) -> History:
        """What is done with the amount that earlier runs suggest."""
        return APPLY if self.apply else LOG


def auto(start: str, *, up_to: str, apply: bool = True) -> Auto:
    """Request the memory that earlier runs of the task suggest.

    ``memory=auto("1Gi", up_to="16Gi")``. Until ten tries are known, it is a doubling: 1Gi, or the first of
    2Gi, 4Gi, ... that was enough for all of them, and twice as much after each try that was killed for its
    memory. After that, the scheduler chooses the amounts, as it launches the pod, from what
    the tries of the last runs used, killed ones included. With ``apply=False`` it requests what it would
    request without history, and records what it would have requested. How many tries there are is Airflow's
    ``retries``: one at least, because a try may be killed.

    Args:
        start: The amount of the first try, as long as there is no history.
        up_to: The amount that no try exceeds.
        apply: Whether the pod requests what history suggests.
    """
    return Auto(start, up_to, apply)


def parse_auto_form(field: str, value: object) -> object:
    """Read memory from history in YAML's form; anything else stays as it is.

    ``{"auto": {"start": "1Gi", "up_to": "16Gi", "apply": false}}``.

    Raises:
        SpecError: It has keys that the form does not have, or lacks some.
    """
    match value:
        case {"auto": given, **others}:
            if not isinstance(given, Mapping):
                raise refusal(f"{field}['auto']", given, "is not a mapping", _write(field), code="K8S107")
            _check_keys(field, given, others)
            return Auto(given["start"], given["up_to"], given.get("apply", True))
    return value


def _write(field: str) -> str:
    return f"write {field}={{'auto': {{'start': '1Gi', 'up_to': '16Gi'}}}}"


def _check_keys(field: str, form: Mapping[Any, object], beside: Mapping[Any, object]) -> None:
    remedy, path = _write(field), f"{field}['auto']"
    unknown = [key for key in form if key not in _FORM]
    problems = [
        Problem(f"{path}[{show(key)}]", show_shape(form[key]), "is not a key of it", remedy, code="K8S107")
        for key in unknown
    ]
    problems += [
        Problem(f"{field}[{show(key)}]", show_shape(beside[key]), "is beside 'auto'", remedy, code="K8S107")
        for key in beside
    ]
    problems += [
        Problem(path, show_shape(form), f"has no {key!r}", remedy, code="K8S107")
        for key in _FORM[:2]
        if key not in form
    ]
    if problems:
        raise SpecError(problems)
