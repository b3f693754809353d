"""Reading files of items: JSON lines, JSON arrays, CSV and DynamoDB JSON, plain or gzipped, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from minidynamo.formats.csv_records import csv_records
from minidynamo.formats.json_records import array_records, line_records
from minidynamo.formats.records import Record
from minidynamo.formats.source import Source

LOAD_FORMATS = ("auto", "jsonl", "json", "csv")


def read_records(source: Source, file_format: str = "auto", types: Mapping[str, str] | None = None) -> Iterator[Record]:
    """The records of a file, read as they are asked for.

    Parameters:
        source: the file.
        file_format: one of `LOAD_FORMATS`; "auto" goes by the name and, for JSON, by the first character.
        types: types of key attributes, which CSV columns get; other columns are strings.

    Raises:
        FileError: the file cannot be read, or read on.
    """
    name = source.path.name.removesuffix(".gz").lower()
    if file_format == "auto":
        is_csv = name.endswith((".csv", ".tsv"))
        file_format = "csv" if is_csv else "json" if source.first_character() == "[" else "jsonl"
    if file_format == "csv":
        return csv_records(source, "\t" if name.endswith(".tsv") else ",", types or {})
    return array_records(source) if file_format == "json" else line_records(source)
