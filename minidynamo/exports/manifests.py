"""The manifests of an export: what their files are called, and what they say.

Source: DynamoDB Developer Guide, "DynamoDB table export output format".
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from minidynamo.exports.file_errors import ExportError
from minidynamo.values.api_types import JsonObject

EXPORTS, STARTED = "AWSDynamoDB/", "_started"
SUMMARY, FILES = "manifest-summary.json", "manifest-files.json"
DATA, DATA_ENDING = "data/", ".json.gz"
# The documentation has the first; buckets have been seen with the second.
CHECKSUM_ENDINGS = (".checksum", ".md5")
VERSION, INCREMENTAL_VERSION = "2020-06-30", "2023-08-01"
FORMAT = "DYNAMODB_JSON"
# What to do about a file that is not as it was written.
AGAIN = "copy it again"


class Summary(NamedTuple):
    """What the summary says: the table, the moment in epoch seconds, and how many items there are in all."""

    table_arn: str
    table_id: str
    exported_at: float
    item_count: int


class Entry(NamedTuple):
    """What is said of a data file, whose key is that of the bucket to which it was exported."""

    key: str
    item_count: int
    md5_base64: str


def base64_md5(digest: bytes) -> str:
    """A checksum as manifests have it."""
    return base64.b64encode(digest).decode()


def parsed_summary(data: bytes, place: str) -> Summary:
    """What a summary says; `place` is the file, for people.

    Raises:
        ExportError: it is no summary, or one of an export that cannot be read.
    """
    members = _object(data, place)
    _check_kind(members, place)
    try:
        exported_at = datetime.fromisoformat(_text(members, "exportTime", place))
    except ValueError:
        raise _wrong(members, "exportTime", place) from None
    return Summary(
        _text(members, "tableArn", place),
        _text(members, "tableId", place),
        (exported_at if exported_at.tzinfo else exported_at.replace(tzinfo=UTC)).timestamp(),
        _count(members, "itemCount", place),
    )


def parsed_entries(data: bytes, place: str) -> Iterator[Entry]:
    """The data files that a manifest lists; raises ExportError where it does not."""
    for number, line in enumerate(data.splitlines(), start=1):
        here = f"{place}, line {number}"
        members = _object(line, here)
        key, md5_base64 = _text(members, "dataFileS3Key", here), _text(members, "md5Checksum", here)
        yield Entry(key, _count(members, "itemCount", here), md5_base64)


def _check_kind(members: JsonObject, place: str) -> None:
    version, kind = members.get("version"), members.get("exportType", "FULL_EXPORT")
    if version == INCREMENTAL_VERSION or kind != "FULL_EXPORT":
        raise ExportError(f"{place} is of an incremental export, which holds no whole table: give a full one")
    if version != VERSION:
        raise ExportError(f"{place} is of the unknown version {version!r}: only {VERSION} can be read")
    said = members.get("outputFormat")
    if said != FORMAT:
        raise ExportError(f"{place} is of an export in the format {said!r}: export the table as {FORMAT}")


def _object(data: bytes, place: str) -> JsonObject:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ExportError(f"{place} is no JSON object: {AGAIN}")
    return value


def _text(members: JsonObject, name: str, place: str) -> str:
    value = members.get(name)
    if isinstance(value, str):
        return value
    raise _wrong(members, name, place)


def _count(members: JsonObject, name: str, place: str) -> int:
    value = members.get(name)
    if type(value) is int and value >= 0:
        return value
    raise _wrong(members, name, place)


def _wrong(members: JsonObject, name: str, place: str) -> ExportError:
    said = f"says {members[name]!r} as its" if name in members else "has no"
    return ExportError(f"{place} {said} {name}, as no export does: {AGAIN}")
