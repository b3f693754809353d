"""Loading files into a table: JSON lines, JSON arrays, CSV and DynamoDB JSON, plain or gzipped.

A line that cannot be loaded is reported with its number and the reason; the others are loaded all the same.
Source of the DynamoDB JSON and CSV rules: DynamoDB Developer Guide, "Import formats".
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.errors import DynamoError
from minidynamo.limits import NUMBER_DIGITS_MAX
from minidynamo.values.api_types import JsonValue
from minidynamo.values.attribute_value import Item
from minidynamo.values.json_form import from_json
from minidynamo.values.python_values import to_item

FORMATS = ("auto", "jsonl", "json", "csv")
_TYPES = frozenset({"S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"})


class FileError(Exception):
    """A file that cannot be read at all; the text says why in one line."""


@dataclass
class LoadReport:
    """What became of the lines of a file.

    Attributes:
        line_count: how many records the file has.
        item_count: how many were put.
        replaced_count: how many of these replaced an item with the same key.
        bad_lines: line numbers and reasons of those that were not put.
    """

    line_count: int = 0
    item_count: int = 0
    replaced_count: int = 0
    bad_lines: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Record:
    """One record of a file: its line number, and its item or the reason why it has none."""

    line_number: int
    item: Item | None
    error: str = ""


def read_records(path: Path, file_format: str = "auto", key_types: dict[str, str] | None = None) -> Iterator[Record]:
    """The records of a file.

    Parameters:
        path: the file; a name that ends in .gz is unpacked.
        file_format: one of `FORMATS`; "auto" goes by the name and, for JSON, by the first character.
        key_types: types of key attributes, which CSV columns get; other columns are strings.

    Raises:
        FileError: the file cannot be read.
    """
    text = _read_text(path)
    name = path.name.removesuffix(".gz").lower()
    if file_format == "auto":
        is_array = text.lstrip()[:1] == "["
        file_format = "csv" if name.endswith((".csv", ".tsv")) else "json" if is_array else "jsonl"
    if file_format == "csv":
        return _csv_records(text, "\t" if name.endswith(".tsv") else ",", key_types or {})
    return _array_records(text, path) if file_format == "json" else _line_records(text)


def load_records(endpoint: Endpoint, table_name: str, records: Iterator[Record]) -> LoadReport:
    """Puts records into a table, one by one; raises nothing for bad ones but reports them."""
    report = LoadReport()
    for record in records:
        report.line_count += 1
        if record.item is None:
            report.bad_lines.append((record.line_number, record.error))
            continue
        request = {"TableName": table_name, "Item": record.item, "ReturnValues": "ALL_OLD"}
        try:
            response = endpoint.execute("PutItem", request)
        except DynamoError as error:
            report.bad_lines.append((record.line_number, error.message))
            continue
        report.item_count += 1
        report.replaced_count += "Attributes" in response
    return report


def _read_text(path: Path) -> str:
    try:
        data = path.read_bytes()
        if path.name.endswith(".gz"):
            data = gzip.decompress(data)
        return data.decode("utf-8-sig")
    except (OSError, EOFError) as error:
        raise FileError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
    except UnicodeDecodeError as error:
        raise FileError(f"cannot read {path}: byte {error.start} is not UTF-8 text") from None


def _number(text: str) -> Decimal:
    """A number less the zeros at its end, which do not count as digits."""
    sign, digits, exponent = Decimal(text).as_tuple()
    assert isinstance(exponent, int), f"{text} is no finite number, and JSON has no others"
    shown = "".join(map(str, digits)).rstrip("0")
    if not shown:
        return Decimal(0)
    return Decimal((sign, tuple(map(int, shown)), exponent + len(digits) - len(shown)))


def _whole_number(text: str) -> int | Decimal:
    return int(text) if len(text) <= NUMBER_DIGITS_MAX else _number(text)


_DECODER = json.JSONDecoder(parse_float=_number, parse_int=_whole_number)


def _line_records(text: str) -> Iterator[Record]:
    for number, line in enumerate(io.StringIO(text), start=1):
        if line.strip():
            yield _parsed(number, line)


def _parsed(number: int, line: str) -> Record:
    try:
        return _record(number, _DECODER.decode(line))
    except ValueError as error:
        return Record(number, None, f"not JSON: {error}")
    except RecursionError:
        return Record(number, None, "not JSON that can be stored: it nests too deep")


def _array_records(text: str, path: Path) -> Iterator[Record]:
    """The members of an array, each with the line on which it begins."""
    position = _skip_space(text, _skip_space(text, 0) + 1)
    while position < len(text) and text[position] != "]":
        number = text.count("\n", 0, position) + 1
        try:
            value, position = _DECODER.raw_decode(text, position)
        except ValueError as error:
            # Where the next member begins cannot be known any more.
            yield Record(number, None, f"not JSON: {error}; nothing after this line was read")
            return
        yield _record(number, value)
        position = _skip_space(text, position)
        if text[position : position + 1] == ",":
            position = _skip_space(text, position + 1)
        elif text[position : position + 1] != "]":
            yield Record(number, None, "not JSON: a comma is missing; nothing after this line was read")
            return
    if position >= len(text):
        raise FileError(f"{path} holds a JSON array that is not closed")


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\r\n":
        position += 1
    return position


def _record(number: int, value: JsonValue) -> Record:
    if not isinstance(value, dict):
        return Record(number, None, f"not an object but {type(value).__name__}")
    item = value["Item"] if value.keys() == {"Item"} and isinstance(value["Item"], dict) else value
    if item and all(map(_is_attribute_value, item.values())):
        try:
            return Record(number, {name: from_json(each) for name, each in item.items()})
        except ValueError as error:
            return Record(number, None, f"holds binary that is not base64: {error}")
    try:
        return Record(number, to_item(value))
    except TypeError as error:
        return Record(number, None, f"cannot be stored: {error}")
    except ArithmeticError:
        return Record(number, None, "cannot be stored: a number has more than 38 digits or is out of range")


def _is_attribute_value(value: object) -> bool:
    return isinstance(value, dict) and len(value) == 1 and value.keys() <= _TYPES


def _csv_records(text: str, delimiter: str, key_types: dict[str, str]) -> Iterator[Record]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    while True:
        number = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Record(number, None, f"not CSV: {error}")
            continue
        if header is None:
            header = row
        elif row and len(row) != len(header):
            yield Record(number, None, f"has {len(row)} columns where the header has {len(header)}")
        elif row:
            columns = zip(header, row, strict=True)
            yield Record(number, {name: {key_types.get(name, "S"): cell} for name, cell in columns})
