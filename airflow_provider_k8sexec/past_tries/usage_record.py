"""What a try of a task used of what it requested: the record, the line in the log, the suggestion.

A record is JSON under the XCom key :data:`USAGE_KEY`: an object with the fields of :class:`Usage` as its
keys. Any task may push an XCom of that name, so a record is read as untrusted input: plain JSON, with bounds.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from attrs import Attribute, asdict, field, fields, frozen
from attrs.validators import optional

from airflow_provider_k8sexec.exceptions import RecordError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

USAGE_KEY = "k8sexec_usage"
"""The XCom key of a try's record."""

LONGEST_RECORD = 16_384
"""The most characters of a record; one that this package writes has about 300."""

HEADROOM = 1.25
"""The suggestion as a multiple of the highest peak, before it is rounded up."""

WORTHWHILE = 0.75
"""Less is suggested only if it is at most this part of what was requested."""

_NEAR = 0.9
"""A process that used this part of the limit came near it."""

_MIB = 2**20
_GIB = 2**30
_WHOLE_GIBIBYTES = 4 * _GIB
_TENTHS = 10 * _GIB

_MOST = 2**63
"""No amount is larger: Kubernetes counts bytes in 63 bits."""

_SHORTEST = 0.1
"""Containers that ran for less, in seconds, get no average: a record has one decimal of their time."""


def _integer(least: int) -> Callable[[Any, Attribute[Any], Any], None]:
    def check(_: Any, attribute: Attribute[Any], value: Any) -> None:
        # A bool is an int to isinstance.
        if type(value) is not int or not least <= value <= _MOST:
            raise ValueError(f"{attribute.name} is not an integer from {least} to 2**63")

    return check


def _number(_: Any, attribute: Attribute[Any], value: Any) -> None:
    # NaN and the infinities are not within bounds, either.
    if type(value) not in {int, float} or not 0 <= value <= _MOST:
        raise ValueError(f"{attribute.name} is not a number from 0 to 2**63")


def _boolean(_: Any, attribute: Attribute[Any], value: Any) -> None:
    if type(value) is not bool:
        raise ValueError(f"{attribute.name} is not true or false")


@frozen(kw_only=True)
class Usage:
    """What one try used, and what it requested.

    Attributes:
        try_number: Which try, from 1.
        memory_peak: The most memory that the container had at once, in bytes, page cache included.
        memory_request: The request, in bytes; ``None`` where the task's own options do not set it.
        memory_limit: The limit, in bytes; ``None`` where there is none.
        cpu_seconds: CPU time of the container; ``None`` where it is not known.
        seconds: How long the container had run.
        cpu_request: The request, in cores; ``None`` where the task's own options do not set it.
        cpu_limit: The limit, in cores; ``None`` where there is none.
        is_peak_counted: Whether the kernel counted the peak; else it is the most that was seen.
        memory_cache: How much of the memory was page cache at the end, in bytes.
        memory_resident: The most memory that any one process had, in bytes.
        oom_kills: How many processes the kernel killed because the limit was reached.
    """

    try_number: int = field(validator=_integer(0))
    memory_peak: int = field(validator=_integer(1))
    memory_request: int | None = field(default=None, validator=optional(_integer(0)))
    memory_limit: int | None = field(default=None, validator=optional(_integer(0)))
    cpu_seconds: float | None = field(default=None, validator=optional(_number))
    seconds: float = field(default=0.0, validator=_number)
    cpu_request: float | None = field(default=None, validator=optional(_number))
    cpu_limit: float | None = field(default=None, validator=optional(_number))
    is_peak_counted: bool = field(default=True, validator=_boolean)
    memory_cache: int = field(default=0, validator=_integer(0))
    memory_resident: int = field(default=0, validator=_integer(0))
    oom_kills: int = field(default=0, validator=_integer(0))

    @property
    def memory_requested(self) -> int | None:
        """The request, or where that is not known, the limit."""
        return self.memory_request or self.memory_limit

    @property
    def cpu_requested(self) -> float | None:
        """The request, or where that is not known, the limit."""
        return self.cpu_request or self.cpu_limit

    @property
    def cpu_average(self) -> float | None:
        """The cores that were busy on average; ``None`` where that is not known."""
        if self.cpu_seconds is None or self.seconds < _SHORTEST:
            return None
        return self.cpu_seconds / self.seconds

    def to_record(self) -> dict[str, Any]:
        """Write the record that is stored."""
        return asdict(self)


def parse_usage(stored: str | bytes | None) -> Usage:
    """Read a record as the database holds it.

    Args:
        stored: The XCom's column: JSON as a string on Airflow 3, as bytes on Airflow 2.11. What reaches
            Airflow 3 by its Python API is stored as a JSON string that contains JSON, and read as well.

    Raises:
        RecordError: It is not a record that this package wrote.
    """
    record = load_record(stored)
    return read_usage(load_record(record) if isinstance(record, str) else record)


def read_usage(record: object) -> Usage:
    """Read a record whose JSON has been loaded.

    Raises:
        RecordError: It is not a record that this package wrote.
    """
    if not isinstance(record, dict):
        raise RecordError("not a JSON object")
    names = [attribute.name for attribute in fields(Usage)]
    known = {name: record[name] for name in names if name in record}
    missing = [name for name in _REQUIRED if name not in known]
    if missing:
        raise RecordError(f"{missing[0]} is missing")
    try:
        return Usage(**known)
    except ValueError as error:
        raise RecordError(str(error)) from None


_REQUIRED = ("try_number", "memory_peak")


def load_record(stored: str | bytes | None) -> Any:
    """Load the JSON of a record as the database holds it.

    Raises:
        RecordError: It is empty, longer than :data:`LONGEST_RECORD`, or not JSON.
    """
    if stored is None:
        raise RecordError("empty")
    if len(stored) > LONGEST_RECORD:
        raise RecordError(f"longer than {LONGEST_RECORD} characters")
    try:
        return json.loads(stored.decode() if isinstance(stored, bytes) else stored)
    except (ValueError, RecursionError):
        raise RecordError("not JSON") from None


def suggest_memory(usages: Sequence[Usage]) -> str | None:
    """Suggest a value of ``memory=``: the highest peak and a quarter more, rounded up.

    Less is suggested only where it saves a quarter or more, and where the kernel counted each peak. More is
    suggested where a process was killed at the limit, or one process came near it. A peak at the limit alone
    is no sign of that, because page cache fills all memory that there is.

    Args:
        usages: One or more tries of a task; the last one has the current request.

    Returns:
        A quantity; ``None`` where the request is about right, or there is none.
    """
    requested, limit = usages[-1].memory_requested, usages[-1].memory_limit
    if not requested:
        return None
    enough = _round_up(int(HEADROOM * max(usage.memory_peak for usage in usages)))
    if limit and any(_lacked(usage, limit) for usage in usages):
        return show_bytes(enough) if enough > limit else None
    is_less = enough <= WORTHWHILE * requested and all(usage.is_peak_counted for usage in usages)
    return show_bytes(enough) if is_less else None


def describe_usage(usage: Usage) -> str:
    """Describe in one line what was used of what was requested, and what to request instead."""
    suggested = suggest_memory([usage])
    parts = [
        f"memory: {', '.join(_describe_memory(usage))}",
        _describe_cpu(usage),
        f"suggested memory={suggested!r}" if suggested else "",
    ]
    return "; ".join(part for part in parts if part)


def show_bytes(number: int) -> str:
    """Write an amount of memory as a rounded quantity: ``1.5Gi`` is ``1536Mi``, and 12.34Gi is ``12.3Gi``."""
    if number % _GIB == 0 or number >= _TENTHS:
        return f"{round(number / _GIB, 1):g}Gi"
    return f"{round(number / _MIB)}Mi"


def show_cores(number: float) -> str:
    """Write an amount of CPU with two significant digits."""
    return f"{float(f'{number:.2g}'):g}"


def show_range(request: str, limit: str) -> str:
    """Write what was requested: one amount, or the request and the limit."""
    return request or limit if request == limit or not (request and limit) else f"{request}..{limit}"


def _describe_memory(usage: Usage) -> list[str]:
    request, limit, requested = usage.memory_request, usage.memory_limit, usage.memory_requested
    bounds = show_range(show_bytes(request) if request else "", show_bytes(limit) if limit else "")
    share = usage.memory_peak / requested if requested else 0
    peak = f"{'peak' if usage.is_peak_counted else 'at least'} {show_bytes(usage.memory_peak)}"
    parts = [f"{peak} of {bounds} ({100 * share:.0f} %)" if requested else peak]
    if share > WORTHWHILE and usage.memory_cache > usage.memory_peak / 10:
        parts.append(f"{show_bytes(usage.memory_cache)} of page cache at the end")
    if usage.oom_kills:
        processes = "process" if usage.oom_kills == 1 else "processes"
        parts.append(f"{usage.oom_kills} {processes} killed at the limit")
    return parts


def _describe_cpu(usage: Usage) -> str:
    if usage.cpu_average is None:
        return ""
    request, limit = usage.cpu_request, usage.cpu_limit
    bounds = show_range(show_cores(request) if request else "", show_cores(limit) if limit else "")
    return f"cpu: {show_cores(usage.cpu_average)}{f' of {bounds}' if bounds else ''} cores on average"


def _lacked(usage: Usage, limit: int) -> bool:
    """Report whether a try needed more memory than a limit, or nearly all of it."""
    was_killed = usage.oom_kills > 0 and (usage.memory_limit or 0) >= limit
    return was_killed or usage.memory_resident >= _NEAR * limit


def _round_up(number: int) -> int:
    """Round up to a power of two, or one and a half of it; above 4Gi, to whole Gi."""
    if number > _WHOLE_GIBIBYTES:
        return -(-number // _GIB) * _GIB
    power: int = 2 ** (number - 1).bit_length()
    return power * 3 // 4 if number <= power * 3 // 4 else power
