"""What ``help(k8s_task)`` and ``inspect.signature`` show of the pod options: made on first access."""

from __future__ import annotations

import inspect
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class OptionsSignature(inspect.Signature):
    """The signature of what takes pod options besides arguments of its own."""

    __slots__ = ()

    @property
    def parameters(self) -> MappingProxyType[str, inspect.Parameter]:
        """The function's own parameters, and each pod option with its type."""
        own = {**super().parameters}
        rest = {name: own.pop(name) for name in [*own] if own[name].kind is inspect.Parameter.VAR_KEYWORD}
        return MappingProxyType({**own, **{k: v for k, v in _parameters().items() if k not in own}, **rest})


class SignatureOfClass:
    """The signature of an operator: its own arguments, and the pod options."""

    def __get__(self, instance: object, owner: type) -> inspect.Signature:
        """Give the signature of a class; where it takes the options itself, of Airflow's class behind it."""
        made_here = "__signature__" in vars(owner)
        behind: Any = super(owner, owner) if made_here else owner
        parameters = [*inspect.signature(behind.__init__).parameters.values()][1:]
        return OptionsSignature(parameters)


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
