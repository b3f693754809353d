"""A file of items as it is read: once, from its start to its end, unpacked, and never more of it than one record."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple

from minidynamo.limits import ITEM_SIZE_BYTES_MAX, KIB, LOADED_RECORD_BYTES_MAX, MIB

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_AHEAD_BYTES = 4 * KIB
_GZIP_MAGIC = b"\x1f\x8b"
# Each of these characters is a byte of an item, or stands before an element that costs at least one.
_MARKS = ",[{"
_MARKS_MAX = 2 * ITEM_SIZE_BYTES_MAX


class FileError(Exception):
    """A file that cannot be read, or read on; the text says why in one line."""


class Line(NamedTuple):
    """One line of a file, counted from 1: its text, or the reason why it has none."""

    number: int
    text: str
    error: str = ""


class Source:
    """A file that is read once. Use it as a context manager.

    Parameters:
        path: the file, which is unpacked if it is packed by gzip, as its first bytes tell. It may be a pipe.

    Attributes:
        size_bytes: how large it is, packed; 0 where that is not known.
        line_count: how many lines end before what is read next.

    Raises:
        FileError: it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.line_count = 0
        with self._named_errors():
            self._file = path.open("rb")
        self.size_bytes = os.fstat(self._file.fileno()).st_size
        self._offset_bytes = 0
        try:
            with self._named_errors():
                self._stream = self._unpacked()
                if self._stream.peek(len(_BYTE_ORDER_MARK)).startswith(_BYTE_ORDER_MARK):
                    self._take(self._stream.read(len(_BYTE_ORDER_MARK)))
        except FileError:
            self._file.close()
            raise

    @property
    def position_bytes(self) -> int:
        """How much of the file, as it lies on the disk, has been read."""
        try:
            return self._file.tell()
        except OSError:  # A pipe has no places.
            return 0

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file."""
        self._stream.close()
        self._file.close()

    def first_character(self) -> str:
        """The first that is no space, "" where there is none; the spaces before it are read."""
        with self._named_errors():
            while ahead := self._stream.peek(1):
                if ahead.lstrip():
                    return chr(ahead.lstrip()[0])
                self.line_count += ahead.count(b"\n")
                self._take(self._stream.read(len(ahead)))
        return ""

    def ahead(self) -> bytes:
        """Some of what is read next, without reading it."""
        with self._named_errors():
            return self._stream.peek(_AHEAD_BYTES)

    def piece(self, size_bytes: int) -> tuple[int, bytes]:
        """The next bytes, at most so many and none at the end, and where in the unpacked file they begin."""
        start = self._offset_bytes
        with self._named_errors():
            return start, self._take(self._stream.read(size_bytes))

    def lines(self) -> Iterator[Line]:
        """The lines, with their ends. One that is too long, or no UTF-8, has an error instead of a text."""
        while True:
            start = self._offset_bytes
            with self._named_errors():
                data = self._take(self._stream.readline(LOADED_RECORD_BYTES_MAX + 1))
                is_too_long = len(data) > LOADED_RECORD_BYTES_MAX
                rest = data if is_too_long else b""
                while rest and not rest.endswith(b"\n"):
                    rest = self._take(self._stream.readline(64 * KIB))
            if not data:
                return
            self.line_count += 1
            if is_too_long:
                yield Line(self.line_count, "", TOO_LONG)
                continue
            try:
                yield Line(self.line_count, data.decode())
            except UnicodeDecodeError as error:
                yield Line(self.line_count, "", not_utf8(start + error.start))

    def _unpacked(self) -> BufferedReader | gzip.GzipFile:
        if self._file.peek(len(_GZIP_MAGIC)).startswith(_GZIP_MAGIC):
            return gzip.GzipFile(fileobj=self._file)
        if self.path.name.endswith(".gz"):
            raise FileError(f"cannot read {self.path}: it is no gzip file, as its name says")
        return self._file

    def _take(self, data: bytes) -> bytes:
        self._offset_bytes += len(data)
        return data

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except (OSError, EOFError, zlib.error) as error:
            raise FileError(f"cannot read {self.path}: {getattr(error, 'strerror', None) or error}") from None


TOO_LONG = f"has more than {LOADED_RECORD_BYTES_MAX // MIB} MB of text, and an item at most 400 KB"


def not_utf8(offset_bytes: int) -> str:
    """What is said of a byte that is no text."""
    return f"byte {offset_bytes} is not UTF-8 text"


def excess(text: str, start: int = 0) -> str:
    """Why a text, from some character on, is too large for an item; "" where it is not.

    It is asked before JSON is decoded, since what is decoded may take fifty times the memory of its text.
    """
    if len(text) - start <= _MARKS_MAX:
        return ""
    if len(text) - start > LOADED_RECORD_BYTES_MAX:
        return TOO_LONG
    is_too_much = sum(text.count(mark, start) for mark in _MARKS) > _MARKS_MAX
    return "has more elements than an item of 400 KB can have" if is_too_much else ""
