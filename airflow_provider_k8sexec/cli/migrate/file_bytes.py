"""A file that may be rewritten, to the byte."""

from __future__ import annotations

import io
import tokenize
from pathlib import Path

from attrs import frozen

_MARK = "\ufeff"


@frozen
class FileBytes:
    """A Python file as it is on disk.

    Attributes:
        path: Its path, with no link in it.
        data: What it has.
        text: The same as text, with line ends as they are.
        encoding: The encoding that its first lines declare, or UTF-8.
    """

    path: str
    data: bytes
    text: str
    encoding: str

    @classmethod
    def read(cls, path: str) -> FileBytes:
        """Read a file.

        Raises:
            OSError: It cannot be read.
            SyntaxError: It declares no encoding that Python knows.
            ValueError: It has another one.
        """
        data = Path(path).read_bytes()
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return cls(path, data, data.decode(encoding), encoding)

    @property
    def mark(self) -> str:
        """The mark of UTF-8 with which it begins, if it does; it is no part of the text."""
        return _MARK if self.encoding == "utf-8-sig" else ""

    def encode(self, text: str) -> bytes:
        """Give a new text of the file as bytes, in its encoding.

        Raises:
            ValueError: That encoding lacks a letter of it.
        """
        return text.encode(self.encoding)
