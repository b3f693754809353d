"""Exports that we write: they read as what was written, look as the service's do, and can be taken up again."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import boto3
from hypothesis import given
from hypothesis import strategies as st

from minidynamo.exports.export_writer import ExportWriter
from minidynamo.exports.exports import Export
from minidynamo.exports.files import Bucket, Files, Folder
from minidynamo.formats.json_records import line_records
from minidynamo.formats.source import Source
from minidynamo.limits import ITEM_SIZE_BYTES_MAX
from minidynamo.values.attribute_value import Item, checked_item
from tests import strategies
from tests.exports.written_exports import (
    EXPORTED_AT,
    SONGS,
    TABLE_ARN,
    TABLE_ID,
    all_items,
    by_key,
    opened,
    write_songs,
    writer,
)

EVERY_TYPE: Item = {
    "pk": {"S": "é\n\u2028\U0001f3b5"},
    "n": {"N": "-1.2345678901234567890123456789012345678E+125"},
    "b": {"B": bytes(range(256))},
    "yes": {"BOOL": True},
    "nothing": {"NULL": True},
    "ss": {"SS": ["", "a", "b"]},
    "ns": {"NS": ["-1", "0", "12345678901234567890123456789012345678"]},
    "bs": {"BS": [b"", b"\0", b"\xff"]},
    "l": {"L": [{"B": b"\xfe"}, {"L": []}, {"M": {"B": {"BS": [b"x"]}}}]},
    "m": {"M": {"S": {"S": ""}, "N": {"N": "0"}}},
}


def test_every_type_comes_back(files: Files) -> None:
    """Numbers with all their digits, binary as bytes."""
    normal = checked_item(EVERY_TYPE)[0]
    written = writer(files)
    written.finish({"0": written.write_part("0", [normal])})
    assert all_items(Export(files)) == [normal]


def test_the_largest_items_come_back(files: Files) -> None:
    """400 KB each, of text, of what JSON says with six characters a byte, and of binary."""
    size = ITEM_SIZE_BYTES_MAX - len("pk") - len("x") - 1
    payloads = ({"S": "x" * size}, {"S": "\x01" * size}, {"B": b"\xff" * size}, {"L": [{"NULL": True}] * (size // 3)})
    items: list[Item] = [{"pk": {"S": str(n)}, "x": payload} for n, payload in enumerate(payloads)]
    written = writer(files)
    written.finish({"0": written.write_part("0", items)})
    assert all_items(Export(files)) == items


@given(parts=st.lists(st.lists(strategies.items, max_size=4), max_size=3))
def test_whatever_is_written_is_read(parts: list[list[Item]]) -> None:
    """As normal items, of any table."""
    normal = [[checked_item(item)[0] for item in items] for items in parts]
    with TemporaryDirectory() as folder:
        written = writer(Folder(Path(folder)))
        written.finish({str(n): written.write_part(str(n), items) for n, items in enumerate(normal)})
        export = opened(Path(folder))
        found = sorted(repr(list(export.items(part))) for part in export.parts)
        assert found == sorted(map(repr, normal))
        assert export.item_count == sum(map(len, normal))


def test_an_export_says_what_it_is_of(files: Files) -> None:
    write_songs(files)
    export = Export(files)
    assert (export.table_name, export.table_arn, export.table_id) == ("Songs", TABLE_ARN, TABLE_ID)
    assert (export.exported_at, export.item_count) == (EXPORTED_AT, 5)
    assert by_key(all_items(export)) == SONGS


def test_an_export_of_nothing_is_one(files: Files) -> None:
    """Of no parts, as of a part without items."""
    written = writer(files)
    written.finish({})
    assert (Export(files).parts, Export(files).item_count) == ([], 0)
    written.finish({"0": written.write_part("0", [])})
    assert all_items(Export(files)) == []


def test_objects_have_the_names_of_the_service(files: Files) -> None:
    """Source: DynamoDB Developer Guide, "DynamoDB table export output format"."""
    write_songs(files)
    own = r"AWSDynamoDB/[0-9]{14}-[0-9a-f]{8}/"
    expected = [
        "_started",
        *[r"data/[a-z2-7]{26}\.json\.gz"] * 2,
        r"manifest-files\.checksum",
        r"manifest-files\.json",
        r"manifest-summary\.checksum",
        r"manifest-summary\.json",
    ]
    names = files.names()
    assert len(names) == len(expected)
    assert all(re.fullmatch(own + form, name) for form, name in zip(expected, names, strict=True))


def test_the_summary_has_the_members_of_the_service(bucket: Bucket) -> None:
    """In its order; keys are those of the bucket."""
    written = ExportWriter(bucket, TABLE_ARN, TABLE_ID, EXPORTED_AT, started_at=EXPORTED_AT + 60)
    written.finish({"0": written.write_part("0", SONGS)}, ended_at=EXPORTED_AT + 90)
    with bucket.open(f"{written.folder}manifest-summary.json") as file:
        summary = json.loads(file.read(10_000))
    assert list(summary.items()) == [
        ("version", "2020-06-30"),
        ("exportArn", written.export_arn),
        ("startTime", "2026-11-12T09:29:34.028Z"),
        ("endTime", "2026-11-12T09:30:04.028Z"),
        ("tableArn", TABLE_ARN),
        ("tableId", TABLE_ID),
        ("exportTime", "2026-11-12T09:28:34.028Z"),
        ("s3Bucket", "nightly-exports"),
        ("s3Prefix", "shop"),
        ("s3SseAlgorithm", "AES256"),
        ("s3SseKmsKeyId", None),
        ("manifestFilesS3Key", f"shop/{written.folder}manifest-files.json"),
        ("billedSizeBytes", 0),
        ("itemCount", 5),
        ("outputFormat", "DYNAMODB_JSON"),
    ]
    assert written.export_arn == f"{TABLE_ARN}/export/{written.folder.split('/')[1]}"


def test_a_manifest_lists_what_was_written(bucket: Bucket) -> None:
    """A line per data file, which is what it says."""
    parts = write_songs(bucket)
    folder = writer(bucket).folder
    with bucket.open(f"{folder}manifest-files.json") as file:
        entries = [json.loads(line) for line in file.read(10_000).splitlines()]
    assert [list(each) for each in entries] == [["itemCount", "md5Checksum", "etag", "dataFileS3Key"]] * 2
    assert {each["dataFileS3Key"]: each["itemCount"] for each in entries} == {
        part.key: part.item_count for part in parts.values()
    }
    for part in parts.values():
        data = boto3.client("s3").get_object(Bucket=bucket.bucket, Key=part.key)["Body"].read()
        digest = hashlib.md5(data).digest()
        assert part.md5_base64 == base64.b64encode(digest).decode()
        assert part.etag == f"{hashlib.md5(digest).hexdigest()}-1"
        assert part.size_bytes == len(data)


def test_a_data_file_has_an_item_per_line(tmp_path: Path) -> None:
    """In the form of the service's own."""
    written = writer(Folder(tmp_path))
    part = written.write_part("0", [{"pk": {"S": "é"}, "b": {"B": b"\0\1\xff"}}, {"pk": {"S": "b"}}])
    data = (tmp_path / part.key).read_bytes()
    assert data[3:8] == bytes(5), "its head says a name or a time"
    assert gzip.decompress(data).decode() == '{"Item":{"pk":{"S":"é"},"b":{"B":"AAH/"}}}\n{"Item":{"pk":{"S":"b"}}}\n'


def test_data_files_are_loaded_as_other_files_are(tmp_path: Path) -> None:
    normal = checked_item(EVERY_TYPE)[0]
    part = writer(Folder(tmp_path)).write_part("0", [normal])
    with Source(tmp_path / part.key) as source:
        assert [record.item for record in line_records(source)] == [normal]
