"""Exports as the service leaves them: where they are found, what is said of them, and which ones are refused.

Source: DynamoDB Developer Guide, "DynamoDB table export output format".
"""

from __future__ import annotations

import gzip
import json
import shutil
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import boto3
import pytest

from minidynamo.exports.exports import Export
from minidynamo.exports.files import Bucket, ExportError, Folder, files_at
from tests.exports.written_exports import (
    EXPORT_ID,
    LINES,
    TABLE_ARN,
    TABLE_ID,
    all_items,
    opened,
    packed,
    write_by_hand,
    write_manifest,
)

ITEMS = [{"pk": {"S": "a"}, "n": {"N": "5"}, "b": {"B": b"\0\1\xff"}}, {"pk": {"S": "b"}, "m": {"M": {}}}]
FULL = "data/asdl123dasas7hzmz4sdmzpiou.json.gz"
EMPTY = "data/mnbvcxzlkjhgfdsapoiuytrewq.json.gz"


def refusal(folder: Path) -> str:
    with pytest.raises(ExportError) as raised:
        opened(folder)
    text = str(raised.value)
    assert "\n" not in text
    return text.replace(str(folder), "HERE")


def test_an_export_says_what_it_is_of(tmp_path: Path) -> None:
    write_by_hand(tmp_path)
    export = opened(tmp_path)
    assert (export.table_name, export.table_arn, export.table_id) == ("Songs", TABLE_ARN, TABLE_ID)
    assert (export.exported_at, export.item_count) == (1_604_475_714.028, 2)


def test_items_come_part_by_part(tmp_path: Path) -> None:
    """Binary as bytes; an empty partition is an empty file."""
    write_by_hand(tmp_path)
    export = opened(tmp_path)
    assert export.parts == [FULL, EMPTY]
    assert [list(export.items(part)) for part in export.parts] == [ITEMS, []]
    assert [export.count_of(part) for part in export.parts] == [2, 0]


def test_items_that_were_read_are_skipped(tmp_path: Path) -> None:
    """All of them, too; the file is checked all the same."""
    write_by_hand(tmp_path)
    export = opened(tmp_path)
    assert [list(export.items(FULL, skip)) for skip in range(3)] == [ITEMS, ITEMS[1:], []]
    with pytest.raises(ExportError, match="holds 2 items, of which 3 were read before"):
        list(export.items(FULL, 3))


def test_one_item_is_held_at_a_time(tmp_path: Path) -> None:
    """Whatever the file has: here it is 20 MB long, and items of 10 KB."""
    line = json.dumps({"Item": {"pk": {"S": "a"}, "text": {"S": "x" * 10_000}}})
    write_by_hand(tmp_path, packed(f"{line}\n" * 2_000), 2_000)
    export = opened(tmp_path)
    tracemalloc.start()
    try:
        assert sum(1 for _ in export.items(FULL)) == 2_000
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_an_unknown_part_is_no_part(tmp_path: Path) -> None:
    write_by_hand(tmp_path)
    with pytest.raises(KeyError):
        next(opened(tmp_path).items("data/x.json.gz"))


@pytest.mark.parametrize(
    "place",
    [
        lambda own: own.parents[1],
        lambda own: own.parents[2],
        lambda own: own.parent,
        lambda own: own,
        lambda own: own.rename(own.parents[1] / "copied"),
    ],
    ids=["holds AWSDynamoDB", "holds the prefix", "AWSDynamoDB", "the export", "the export, renamed"],
)
def test_an_export_is_found_from_wherever_one_points(tmp_path: Path, place: Callable[[Path], Path]) -> None:
    """Its parts have the same names everywhere."""
    export = opened(place(write_by_hand(tmp_path / "nightly")))
    assert export.parts == [FULL, EMPTY]
    assert all_items(export) == ITEMS


def test_its_summary_stands_for_an_export(tmp_path: Path) -> None:
    own = write_by_hand(tmp_path)
    assert all_items(Export(files_at(str(own / "manifest-summary.json")))) == ITEMS


@pytest.mark.parametrize("prefix", ["", "/shop", "/shop/", "/shop/AWSDynamoDB", f"/shop/AWSDynamoDB/{EXPORT_ID}/"])
def test_an_export_is_found_in_a_bucket(bucket: Bucket, tmp_path: Path, prefix: str) -> None:
    write_by_hand(tmp_path)
    for name in Folder(tmp_path).names():
        boto3.client("s3").upload_file(str(tmp_path / name), bucket.bucket, f"shop/{name}")
    export = Export(files_at(f"s3://{bucket.bucket}{prefix}"))
    assert export.parts == [FULL, EMPTY]
    assert all_items(export) == ITEMS


def test_several_exports_are_listed(tmp_path: Path) -> None:
    """Unfinished ones as well: nobody can know which is meant."""
    own = write_by_hand(tmp_path)
    (own.parent / "later").mkdir()
    (own.parent / "later" / "_started").touch()
    below = "HERE/AWSDynamoDB"
    assert refusal(tmp_path) == f"HERE holds 2 exports: give one of {below}/{EXPORT_ID}, {below}/later"
    for number in range(20):
        shutil.copytree(own, own.parent / f"{number:02}")
    assert refusal(tmp_path).endswith(f"{below}/05, {below}/06 and 14 more")


def test_an_export_directly_below_goes_before_deeper_ones(tmp_path: Path) -> None:
    """As it lies where the service puts it."""
    write_by_hand(tmp_path)
    write_by_hand(tmp_path / "nightly", packed(LINES * 2), 4)
    assert opened(tmp_path).item_count == 2


@pytest.mark.parametrize("place", [lambda own: own, lambda own: own.parent, lambda own: own / "data"])
def test_data_files_alone_are_an_export(tmp_path: Path, place: Callable[[Path], Path]) -> None:
    """Of a table that is not known."""
    own = write_by_hand(tmp_path)
    for each in [*own.glob("manifest*"), own / "_started"]:
        each.unlink()
    export = opened(place(own))
    assert (export.table_name, export.table_arn, export.table_id) == ("", "", "")
    assert (export.exported_at, export.item_count, export.count_of(export.parts[0])) == (None, None, None)
    assert export.parts == [FULL.removeprefix("data/"), EMPTY.removeprefix("data/")]
    assert all_items(export) == ITEMS


def test_data_files_of_several_folders_are_not_mixed(tmp_path: Path) -> None:
    for name in ("ann", "bob"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.json.gz").write_bytes(packed(LINES))
    assert refusal(tmp_path) == "HERE holds data files in 2 folders: give one of HERE/ann, HERE/bob"


def test_where_there_is_nothing_nothing_is_found(tmp_path: Path) -> None:
    """A bucket, too, may be empty."""
    (tmp_path / "notes.txt").touch()
    assert refusal(tmp_path) == "HERE holds no export: give the folder or the prefix that holds AWSDynamoDB/"


def test_an_empty_prefix_holds_no_export(bucket: Bucket) -> None:
    with pytest.raises(ExportError, match=r"^s3://nightly-exports/shop holds no export"):
        Export(bucket)


def test_an_export_that_is_going_on_is_refused(tmp_path: Path) -> None:
    """Its summary is written last."""
    own = write_by_hand(tmp_path)
    (own / "manifest-summary.json").unlink()
    shown = f"HERE/AWSDynamoDB/{EXPORT_ID}"
    wait = "wait until the export is completed, or copy it again"
    assert refusal(tmp_path) == f"{shown} has no manifest-summary.json: {wait}"


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"outputFormat": "ION"}, "is of an export in the format 'ION': export the table as DYNAMODB_JSON"),
        (
            {"version": "2023-08-01", "exportType": "INCREMENTAL_EXPORT"},
            "is of an incremental export, which holds no whole table: give a full one",
        ),
        ({"version": "2031-01-01"}, "is of the unknown version '2031-01-01': only 2020-06-30 can be read"),
        ({"version": None}, "is of the unknown version None: only 2020-06-30 can be read"),
        ({"tableArn": None}, "has no tableArn, as no export does: copy it again"),
        ({"tableId": 5}, "says 5 as its tableId, as no export does: copy it again"),
        ({"exportTime": "noon"}, "says 'noon' as its exportTime, as no export does: copy it again"),
        ({"itemCount": -1}, "says -1 as its itemCount, as no export does: copy it again"),
        ({"itemCount": True}, "says True as its itemCount, as no export does: copy it again"),
    ],
)
def test_other_summaries_are_refused(tmp_path: Path, changed: dict[str, object], text: str) -> None:
    write_by_hand(tmp_path, **changed)
    assert refusal(tmp_path) == f"HERE/AWSDynamoDB/{EXPORT_ID}/manifest-summary.json {text}"


def test_a_full_export_may_say_that_it_is_one(tmp_path: Path) -> None:
    write_by_hand(tmp_path, exportType="FULL_EXPORT")
    assert opened(tmp_path).item_count == 2


def test_data_files_in_ion_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.ion.gz").write_bytes(gzip.compress(b"$ion_1_0 {Item:{}}"))
    assert refusal(tmp_path) == "HERE holds an export in Ion: export the table as DYNAMODB_JSON"


def test_records_of_incremental_exports_are_refused(tmp_path: Path) -> None:
    """Their data files lie in a folder of their own, apart from the manifests."""
    (tmp_path / "a.json.gz").write_bytes(packed('{"Metadata":{},"Keys":{"pk":{"S":"a"}},"NewImage":{}}\n'))
    with pytest.raises(ExportError, match=r"a\.json\.gz, line 1 has no Item: it is of an incremental export: give a"):
        all_items(opened(tmp_path))


def test_moments_without_a_zone_are_in_utc(tmp_path: Path) -> None:
    write_by_hand(tmp_path, exportTime="2020-11-04T07:41:54")
    assert opened(tmp_path).exported_at == 1_604_475_714


def test_keys_of_another_place_are_found_in_the_data(tmp_path: Path) -> None:
    """As where somebody has moved it within the bucket and changed the manifest."""
    own = write_by_hand(tmp_path)
    text = (own / "manifest-files.json").read_text().replace(f"nightly/AWSDynamoDB/{EXPORT_ID}/data/", "moved/")
    write_manifest(own, "files", text)
    assert json.loads(text.splitlines()[0])["dataFileS3Key"] == "moved/asdl123dasas7hzmz4sdmzpiou.json.gz"
    assert all_items(opened(tmp_path)) == ITEMS
