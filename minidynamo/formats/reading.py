"""Reading files of items: JSON lines, JSON arrays, CSV and DynamoDB JSON, plain or gzipped, in bounded memory."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from minidynamo.formats.csv_records import csv_records
from minidynamo.formats.json_records import array_records, line_records
from minidynamo.formats.records import Record
from minidynamo.formats.source import FileError, Source

# How an answer of Scan or Query begins, whose items are attribute values, and an object that is no line.
_ANSWER = re.compile(rb'\{\s*"Items"\s*:\s*\[\s*\{\s*"[^"]*"\s*:\s*\{\s*"(S|N|B|BOOL|NULL|SS|NS|BS|L|M)"\s*:')
_BEGUN_OBJECT = re.compile(rb"\{[ \t]*\r?\n")

LOAD_FORMATS = ("auto", "jsonl", "json", "csv")


def read_records(source: Source, file_format: str = "auto", types: Mapping[str, str] | None = None) -> Iterator[Record]:
    """The records of a file, read as they are asked for.

    Parameters:
        source: the file.
        file_format: one of `LOAD_FORMATS`; "auto" goes by the name and, for JSON, by how it begins.
        types: types of key attributes, which CSV columns get; other columns are strings.

    Raises:
        FileError: the file cannot be read, or read on, or is one JSON object over several lines.
    """
    name = source.path.name.removesuffix(".gz").lower()
    if file_format == "auto":
        file_format = "csv" if name.endswith((".csv", ".tsv")) else _json_format(source)
    if file_format == "csv":
        return csv_records(source, "\t" if name.endswith(".tsv") else ",", types or {})
    return array_records(source) if file_format == "json" else line_records(source)


def _json_format(source: Source) -> str:
    """Whether JSON is one value for all records, or has one per line."""
    if source.first_character() == "[" or _ANSWER.match(source.ahead()):
        return "json"
    if _BEGUN_OBJECT.match(source.ahead()):
        raise FileError(
            f"{source.path} begins with an object over several lines: write an object per line, an array of objects, "
            "or what aws dynamodb scan answers"
        )
    return "jsonl"
