"""Files that the site's options and tasks name: regular files within bounds, which are read without waiting.

A path may be wrong. To open a named pipe waits for its writer, ``/dev/zero`` has no end, and whoever parses
DAG files would wait, or run out of memory, with no word of which option names the file.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from airflow_provider_k8sexec.options.bounds import LONGEST_TEXT

Version = tuple[int, ...]


def read_file(path: str) -> bytes:
    """Read a file.

    Raises:
        OSError: It is not there, or must not be read; in another image it may be.
        ValueError: It is no file of this kind, wherever it is; the message is the reason of a problem.
    """
    with open(_require_path(path), "rb", opener=_open_at_once) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("cannot be read: it is not a regular file")
        content: bytes = file.read(LONGEST_TEXT + 1)
    if len(content) > LONGEST_TEXT:
        raise ValueError(f"holds more than {LONGEST_TEXT} bytes")
    return content


def version_of(path: str) -> Version:
    """Identify the content of a file; a mounted ConfigMap changes by another file under the same path.

    Raises:
        OSError: There is no such file here.
        ValueError: It is not a path, which is the reason of a problem.
    """
    status = Path(_require_path(path)).stat()
    return status.st_mtime_ns, status.st_size, status.st_ino


def _require_path(path: str) -> str:
    try:
        is_path = b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        is_path = False
    if not is_path:
        raise ValueError("cannot be read: it is not a path")
    return path


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
