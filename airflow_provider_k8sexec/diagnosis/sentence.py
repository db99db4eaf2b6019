"""A diagnosis as a sentence, which names resources as the pod options do."""

from __future__ import annotations

import re
from decimal import Decimal

from attrs import field, frozen
from attrs.validators import in_

from airflow_provider_k8sexec.diagnosis.codes import CODES, Actor
from airflow_provider_k8sexec.options.quantity import LARGEST, Quantity, format_bytes
from airflow_provider_k8sexec.options.resource_names import BYTES, DEVICES, NVIDIA_GPU, option_of
from airflow_provider_k8sexec.options.shown import to_printable

_LONGEST = 400
CORRECT = "correct the pod options"
_TERM = re.compile(r"[A-Za-z][A-Za-z0-9]*")


def _one_line(text: str) -> str:
    # PostgreSQL refuses NUL and halves of surrogate pairs, and a container runtime's message may have both.
    line = " ".join(to_printable(text).split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


def _clause(text: str) -> str:
    return _one_line(text).rstrip(".;,: ")


def _last_clause(text: str) -> str:
    # It is found after the last semicolon of a sentence.
    return _one_line(text).replace(";", ",")


def _term(text: str) -> str:
    return text if _TERM.fullmatch(text) else ""


@frozen
class Diagnosis:
    """Why a pod failed, was refused or does not start.

    Attributes:
        code: What programs compare: a name in :data:`~airflow_provider_k8sexec.diagnosis.codes.CODES`.
        cause: What happened, as a clause: ``memory='1Gi' was exceeded``.
        remedy: What to change, as an imperative: ``try memory=per_try('1Gi', '2Gi')``.
        reason: Kubernetes' own term, such as ``EvictionByEvictionAPI``; empty if it is the code, or none.
        node: The name of the pod's node; empty if it had none.
    """

    code: str = field(validator=in_(CODES))
    cause: str = field(converter=_clause)
    remedy: str = field(converter=_last_clause)
    reason: str = field(default="", converter=_term)
    node: str = field(default="", converter=_one_line)

    @property
    def actor(self) -> Actor:
        """Who is to act."""
        return CODES[self.code].actor

    @property
    def head(self) -> str:
        """The start of the sentence: ``Drained (EvictionByEvictionAPI)``."""
        return f"{self.code} ({self.reason})" if self.reason not in {"", self.code} else self.code

    def __str__(self) -> str:
        """Join the parts to one sentence."""
        stop = "" if self.remedy.endswith(".") else "."
        return f"{self.head}: {self.cause}; {self.remedy}{stop}"


@frozen
class SentenceParts:
    """The parts of a stored sentence, for a page that sets them apart.

    Attributes:
        code: Its code; empty where it does not begin with a known one.
        head: The code, with Kubernetes' own term; empty where there is no code.
        cause: What happened, with a full stop.
        remedy: What to change; empty where the sentence does not have it.
    """

    code: str
    head: str
    cause: str
    remedy: str


_SENTENCE = re.compile(r"((\w+)(?: \(\w+\))?): (.*)", re.DOTALL)


def split_sentence(text: str) -> SentenceParts:
    """Split what a :class:`Diagnosis` was written as; any text that is none is a cause alone."""
    found = _SENTENCE.fullmatch(text)
    if not found or found[2] not in CODES:
        return SentenceParts("", "", text, "")
    cause, separator, remedy = found[3].rpartition("; ")
    if not separator:
        return SentenceParts(found[2], found[1], found[3], "")
    return SentenceParts(found[2], found[1], f"{cause}.", remedy)


def parse_amount(value: object) -> Quantity | None:
    """Read a quantity of a manifest; ``None`` if it is none, or out of Kubernetes's range."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    try:
        amount = Quantity(str(value))
    except ValueError:
        return None
    return amount if 0 < amount.number <= LARGEST else None


def show_option(resource: str, amount: str) -> str:
    """Write an amount of a resource as the pod option that requests it: ``memory='1Gi'``, ``gpu=1``."""
    text = amount if amount.isdecimal() and resource not in BYTES else repr(amount)
    option = option_of(resource)
    is_named = option == DEVICES and resource != NVIDIA_GPU
    return f"{option}={{{resource!r}: {text}}}" if is_named else f"{option}={text}"


def format_amount(resource: str, number: Decimal) -> str:
    """Write an amount of a resource: bytes in binary units, anything else as a plain number."""
    if resource in BYTES:
        return format_bytes(number)
    return f"{number.normalize():f}"


def double(amount: Quantity) -> str:
    """Write twice an amount of bytes, in its own unit where no larger one divides it."""
    doubled = format_bytes(amount.number * 2)
    if doubled.endswith(("Mi", "Gi", "Ti")) or amount.suffix == "e":
        return doubled
    number = Decimal(amount.text.removesuffix(amount.suffix)) * 2
    return f"{number.normalize():f}{amount.suffix}"
