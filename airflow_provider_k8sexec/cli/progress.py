"""Shows on a terminal how far a command has come, where that takes longer than a moment."""

from __future__ import annotations

import contextlib
import sys
import time
from shutil import get_terminal_size
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECONDS_BEFORE = 2
_CLEAR_LINE = "\r\033[K"


@contextlib.contextmanager
def show_progress(verb: str) -> Iterator[Callable[[object], None]]:
    """Give a function that shows what is worked on, on standard error, if that is a terminal.

    It is one line, which is gone when the block ends.

    Args:
        verb: What is done: ``Loading``.
    """
    begin, is_terminal = time.monotonic(), sys.stderr.isatty()

    def write(text: str) -> None:
        print(f"{_CLEAR_LINE}{text}", end="", file=sys.stderr, flush=True)

    def announce(item: object) -> None:
        if is_terminal and time.monotonic() - begin > SECONDS_BEFORE:
            write(f"{verb} {item} ..."[: get_terminal_size().columns - 1])

    try:
        yield announce
    finally:
        if is_terminal and time.monotonic() - begin > SECONDS_BEFORE:
            write("")
