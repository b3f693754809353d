"""Exports for tests: written by our writer, and by hand exactly as the service writes them."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from minidynamo.exports.export_writer import ExportWriter, PartWritten
from minidynamo.exports.exports import Export
from minidynamo.exports.files import Files, Folder
from minidynamo.values.attribute_value import Item

TABLE_ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/Songs"
TABLE_ID = "0f2a8c3e-6f0a-4d8e-9a51-3f0b6f1c2d3e"
EXPORTED_AT = 1_794_475_714.028
EXPORT_ID = "01604475714028-1a2b3c4d"
SONGS: list[Item] = [{"pk": {"S": f"song {n}"}, "plays": {"N": str(n)}} for n in range(5)]


def writer(files: Files) -> ExportWriter:
    return ExportWriter(files, TABLE_ARN, TABLE_ID, EXPORTED_AT)


def write_songs(files: Files) -> dict[str, PartWritten]:
    """Five songs in two parts."""
    written = writer(files)
    parts = {"0": written.write_part("0", SONGS[:3]), "1": written.write_part("1", SONGS[3:])}
    written.finish(parts)
    return parts


def all_items(export: Export) -> list[Item]:
    return [item for part in export.parts for item in export.items(part)]


def by_key(items: Sequence[Item]) -> list[Item]:
    return sorted(items, key=lambda item: str(item["pk"]))


def packed(text: str) -> bytes:
    return gzip.compress(text.encode())


def md5_base64(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data).digest()).decode()


SUMMARY: dict[str, Any] = {
    "version": "2020-06-30",
    "exportArn": f"{TABLE_ARN}/export/{EXPORT_ID}",
    "startTime": "2020-11-04T07:41:54.028Z",
    "endTime": "2020-11-04T07:45:01.530Z",
    "tableArn": TABLE_ARN,
    "tableId": TABLE_ID,
    "exportTime": "2020-11-04T07:41:54.028Z",
    "s3Bucket": "example-bucket",
    "s3Prefix": "nightly",
    "s3SseAlgorithm": "AES256",
    "s3SseKmsKeyId": None,
    "manifestFilesS3Key": f"nightly/AWSDynamoDB/{EXPORT_ID}/manifest-files.json",
    "billedSizeBytes": 0,
    "itemCount": 2,
    "outputFormat": "DYNAMODB_JSON",
}
LINES = '{"Item":{"pk":{"S":"a"},"n":{"N":"5"},"b":{"B":"AAH/"}}}\n{"Item":{"pk":{"S":"b"},"m":{"M":{}}}}\n'


def write_by_hand(
    folder: Path, data: bytes = packed(LINES), count: int = 2, md5: str | None = None, **changed: object
) -> Path:
    """An export as the service leaves it in a bucket, copied to a folder: two data files, of which one is empty.

    Parameters:
        folder: where `AWSDynamoDB/` comes to lie.
        data, count, md5: the first data file, and what the manifest says of it.
        changed: members of the summary that are to be others, or to be left out: None.

    Returns:
        The folder of the export.
    """
    own = folder / "AWSDynamoDB" / EXPORT_ID
    (own / "data").mkdir(parents=True)
    (own / "_started").touch()
    entries = []
    files = {"asdl123dasas7hzmz4sdmzpiou": (data, count), "mnbvcxzlkjhgfdsapoiuytrewq": (gzip.compress(b""), 0)}
    for name, (content, items) in files.items():
        (own / "data" / f"{name}.json.gz").write_bytes(content)
        checksum = md5_base64(content) if md5 is None or not items else md5
        key = f"nightly/AWSDynamoDB/{EXPORT_ID}/data/{name}.json.gz"
        entries.append({"itemCount": items, "md5Checksum": checksum, "etag": "f83e-1", "dataFileS3Key": key})
    members = {**SUMMARY, "itemCount": count, **changed}
    summary = {name: value for name, value in members.items() if name not in changed or value is not None}
    write_manifest(own, "files", "".join(f"{json.dumps(each)}\n" for each in entries))
    write_manifest(own, "summary", json.dumps(summary))
    return own


def write_manifest(own: Path, name: str, text: str) -> None:
    (own / f"manifest-{name}.json").write_text(text)
    (own / f"manifest-{name}.checksum").write_text(md5_base64(text.encode()))


def opened(folder: Path) -> Export:
    return Export(Folder(folder))
