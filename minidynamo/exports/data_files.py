"""A data file of an export as it is read: one item per line, packed by gzip, and its checksum made on the way."""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator
from io import UnsupportedOperation

from minidynamo.errors import DynamoError
from minidynamo.exports.file_errors import ExportError, one_line
from minidynamo.exports.files import Readable
from minidynamo.exports.manifests import AGAIN, base64_md5
from minidynamo.formats.source import excess
from minidynamo.limits import LOADED_RECORD_BYTES_MAX
from minidynamo.values.attribute_value import Item, checked_item
from minidynamo.values.json_form import from_json


class DataFile:
    """A data file that is read once.

    Parameters:
        file: it, open.
        shown: it, as one speaks of it.

    Attributes:
        item_count: how many items have been met.
    """

    def __init__(self, file: Readable, shown: str) -> None:
        self.item_count = 0
        self._shown = shown
        self._packed = _HashedFile(file)

    def items(self, skip: int) -> Iterator[Item]:
        """Its items but for some at its start, which are left undecoded; raises ExportError where it is damaged."""
        for number, line in self._numbered_lines():
            self.item_count += 1
            if self.item_count > skip:
                yield _item_of(line, f"{self._shown}, line {number}")

    def md5_base64(self) -> str:
        """The MD5 of what has been read: of the whole file when all items have been."""
        return base64_md5(self._packed.md5.digest())

    def _numbered_lines(self) -> Iterator[tuple[int, bytes]]:
        """The lines that are not blank, with their numbers."""
        number = 0
        with gzip.GzipFile(fileobj=self._packed) as unpacked:
            while line := self._next_line(unpacked, number + 1):
                number += 1
                if line.strip():
                    yield number, line
        if not self._packed.size_bytes:  # Which GzipFile takes for a file without content.
            raise ExportError(f"{self._shown} is no gzip file, but empty: {AGAIN}")

    def _next_line(self, unpacked: gzip.GzipFile, number: int) -> bytes:
        place = f"{self._shown}, line {number}"
        try:
            return unpacked.readline(LOADED_RECORD_BYTES_MAX + 1)
        except EOFError:
            raise ExportError(f"{place}: the file is cut off: {AGAIN}") from None
        except gzip.BadGzipFile as error:
            if number == 1 and str(error).startswith("Not a gzipped file"):
                raise ExportError(f"{self._shown} is no gzip file: {AGAIN}") from None
            raise ExportError(f"{place}: the file is damaged: {one_line(error)}: {AGAIN}") from None
        except zlib.error as error:
            raise ExportError(f"{place}: the file is damaged: {one_line(error)}: {AGAIN}") from None


class _HashedFile:
    """A file whose MD5 is made while it is read."""

    def __init__(self, file: Readable) -> None:
        self._file = file
        self.md5 = hashlib.md5(usedforsecurity=False)
        self.size_bytes = 0

    def read(self, size_bytes: int, /) -> bytes:
        data = self._file.read(size_bytes)
        self.size_bytes += len(data)
        self.md5.update(data)
        return data

    def seek(self, offset: int, /) -> int:
        """Which a GzipFile would do to read a file twice."""
        raise UnsupportedOperation(f"a data file is read once, and not again from byte {offset}")


def _item_of(line: bytes, place: str) -> Item:
    try:
        text = line.decode()
        fault = excess(text)
        value = None if fault else json.loads(text)
    except UnicodeDecodeError:
        raise ExportError(f"{place} is not UTF-8 text: {AGAIN}") from None
    except (ValueError, RecursionError) as error:
        raise ExportError(f"{place} is no JSON ({getattr(error, 'msg', error)}): {AGAIN}") from None
    if fault:
        raise ExportError(f"{place} {fault}")
    members = value if isinstance(value, dict) else {}
    item = members.get("Item")
    if not isinstance(item, dict):
        hint = "it is of an incremental export: give a full one" if "Keys" in members else AGAIN
        raise ExportError(f"{place} has no Item: {hint}")
    try:
        return checked_item({name: from_json(each) for name, each in item.items()})[0]
    except (ValueError, DynamoError) as error:
        raise ExportError(f"{place} is no item: {one_line(error)}") from None
