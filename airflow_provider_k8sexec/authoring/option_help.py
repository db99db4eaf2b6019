"""What ``help(k8s_task)`` and ``inspect.signature`` show of the pod options: made on first access."""

from __future__ import annotations

import inspect
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def add_options(own: Mapping[str, inspect.Parameter]) -> MappingProxyType[str, inspect.Parameter]:
    """Add each pod option, with its type, to a function's own parameters."""
    named = {name: item for name, item in own.items() if item.kind is not item.VAR_KEYWORD}
    options = {name: item for name, item in _parameters().items() if name not in named}
    return MappingProxyType({**named, **options, **{name: own[name] for name in own if name not in named}})


def parameters_of_constructor(operator_class: type) -> list[inspect.Parameter]:
    """Give the arguments of an operator; of one that takes the options, those of the class behind it."""
    made_here = "__signature__" in vars(operator_class)
    behind: Any = super(operator_class, operator_class) if made_here else operator_class
    return [*inspect.signature(behind.__init__).parameters.values()][1:]


@cache
def describe_options(summary: str) -> str:
    """Write a docstring with the type and the meaning of each pod option."""
    from airflow_provider_k8sexec.options.option_texts import read_option_texts  # takes milliseconds

    described = (
        f"    {name}: {text.type}\n        {text.meaning.replace('``', '`')}"
        for name, text in read_option_texts().items()
    )
    return "\n".join([summary, "", "Pod options:", *described, ""])


@cache
def _parameters() -> Mapping[str, inspect.Parameter]:
    from airflow_provider_k8sexec.options.option_texts import read_option_texts  # as above

    keyword = inspect.Parameter.KEYWORD_ONLY
    return {
        name: inspect.Parameter(name, keyword, default=None, annotation=text.type)
        for name, text in read_option_texts().items()
    }
