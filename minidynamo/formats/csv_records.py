"""Records in CSV: the first row names the attributes. Source: DynamoDB Developer Guide, "Import formats"."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

from minidynamo.formats.records import Record
from minidynamo.formats.source import TOO_LONG, FileError, Source
from minidynamo.limits import LOADED_RECORD_BYTES_MAX


def csv_records(source: Source, delimiter: str, types: Mapping[str, str]) -> Iterator[Record]:
    """A record per row.

    Parameters:
        source: the file.
        delimiter: what stands between cells.
        types: of attributes, by name; all others are strings.

    Raises:
        FileError: two columns have the same name, or the file cannot be read on.
    """
    csv.field_size_limit(LOADED_RECORD_BYTES_MAX)  # The module's own bound is less than an item may hold.
    lines = _Lines(source)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    header: list[str] | None = None
    while True:
        number = lines.begin_row()
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Record(number, None, f"not CSV: {error}")
            if header is None:
                return
            continue
        if header is None:
            header = row
            twice = next((name for name in row if row.count(name) > 1), None)
            if twice is not None:
                raise FileError(f"{source.path} has two columns {twice!r}, of which one would be lost: rename one")
        elif row and len(row) != len(header):
            yield Record(number, None, f"has {len(row)} columns where the header has {len(header)}")
        elif row:
            columns = zip(header, row, strict=True)
            item = {name: {types.get(name, "S"): cell} for name, cell in columns}
            yield Record(number, item, "", lines.row_characters)


class _Lines:
    """The lines of a file as `csv.reader` takes them, which says what is wrong with one by csv.Error.

    Attributes:
        row_characters: how long the row is, as far as it has been read.
    """

    def __init__(self, source: Source) -> None:
        self._lines = source.lines()
        self._parts: Iterator[str] = iter(())
        self._number = source.line_count
        self.row_characters = 0

    def begin_row(self) -> int:
        """The number of the line on which the next row begins."""
        self.row_characters = 0
        return self._number + 1

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        text = next(self._parts, None)
        if text is None:
            self._number, text, error = next(self._lines)
            if error:
                raise csv.Error(error)
            if "\r" in text[:-2]:  # Lines may end as those of old Macs do.
                self._parts = io.StringIO(text, newline="")
                text = next(self._parts)
        self.row_characters += len(text)
        if self.row_characters > LOADED_RECORD_BYTES_MAX:
            raise csv.Error(TOO_LONG)
        return text
