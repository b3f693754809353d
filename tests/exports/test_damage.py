"""Damaged exports: each is told in one line, with the file, and the line where there is one."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from minidynamo.exports.files import ExportError
from minidynamo.limits import LOADED_RECORD_BYTES_MAX
from tests.exports.test_exports import ITEMS, refusal
from tests.exports.written_exports import (
    EXPORT_ID,
    LINES,
    all_items,
    md5_base64,
    opened,
    packed,
    write_by_hand,
    write_manifest,
)

HERE = f"HERE/AWSDynamoDB/{EXPORT_ID}"
DATA = f"{HERE}/data/asdl123dasas7hzmz4sdmzpiou.json.gz"


def damage(folder: Path) -> str:
    export = opened(folder)
    with pytest.raises(ExportError) as raised:
        all_items(export)
    text = str(raised.value)
    assert "\n" not in text
    return text.replace(str(folder), "HERE")


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("not JSON", "is no JSON (Expecting value): copy it again"),
        ('{"Item":{"pk":{"S":"b"}', "is no JSON (Expecting ',' delimiter): copy it again"),
        ("[" * 100_000, "is no JSON (maximum recursion depth exceeded"),
        ('{"pk":{"S":"b"}}', "has no Item: copy it again"),
        ('{"Item":["b"]}', "has no Item: copy it again"),
        ("5", "has no Item: copy it again"),
        ('{"Item":{"pk":{"B":"x"}}}', "is no item: Base64 encoded length is expected a multiple of 4 bytes but found"),
        ('{"Item":{"pk":"b"}}', "is no item: Unexpected value type in payload"),
        ('{"Item":{"pk":{"N":"x\\ny"}}}', "is no item: The parameter cannot be converted to a numeric value: x y"),
        ('{"Item":{"pk":{"S":"b"}}}' + " " * LOADED_RECORD_BYTES_MAX, "has more than 4 MB of text, and an item"),
        ('{"Item":{"l":{"L":[' + ",".join(["{}"] * 900_000) + "]}}}", "has more elements than an item of 400 KB"),
    ],
)
def test_a_line_that_is_no_item_is_named(tmp_path: Path, line: str, text: str) -> None:
    """What was read before it was given."""
    write_by_hand(tmp_path, packed(f"{LINES}\n{line}\n"), 3)
    assert damage(tmp_path).startswith(f"{DATA}, line 4 {text}")


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    write_by_hand(tmp_path, gzip.compress(LINES.encode() + b"\xff\xfe\n"), 3)
    assert damage(tmp_path) == f"{DATA}, line 3 is not UTF-8 text: copy it again"


def test_a_last_line_needs_no_end(tmp_path: Path) -> None:
    write_by_hand(tmp_path, packed(LINES.rstrip()))
    assert all_items(opened(tmp_path)) == ITEMS


def test_what_is_not_packed_is_named(tmp_path: Path) -> None:
    write_by_hand(tmp_path, LINES.encode())
    assert damage(tmp_path) == f"{DATA} is no gzip file: copy it again"


def test_an_empty_file_is_no_gzip_file(tmp_path: Path) -> None:
    """Although the module gzip takes it for one without content."""
    write_by_hand(tmp_path, b"", 0)
    assert damage(tmp_path) == f"{DATA} is no gzip file, but empty: copy it again"


@pytest.mark.parametrize("left_out_bytes", [1, 8, 12, 60])
def test_a_file_that_is_cut_off_is_named(tmp_path: Path, left_out_bytes: int) -> None:
    """Before its checksum is compared, since that says less."""
    write_by_hand(tmp_path, packed(LINES)[:-left_out_bytes], md5=md5_base64(packed(LINES)))
    text = damage(tmp_path)
    assert text.startswith(f"{DATA}, line ")
    assert text.endswith(": the file is cut off: copy it again")


@pytest.mark.parametrize("place", [12, 30, -6])
def test_a_changed_byte_is_named(tmp_path: Path, place: int) -> None:
    data = bytearray(packed(LINES))
    data[place] ^= 0x55
    write_by_hand(tmp_path, bytes(data), md5=md5_base64(packed(LINES)))
    assert damage(tmp_path).startswith(DATA)


def test_bytes_behind_the_end_are_named(tmp_path: Path) -> None:
    write_by_hand(tmp_path, packed(LINES) + b"more")
    assert damage(tmp_path) == f"{DATA}, line 3: the file is damaged: Not a gzipped file (b'mo'): copy it again"


def test_another_checksum_is_named(tmp_path: Path) -> None:
    """Of a whole file, but another one."""
    write_by_hand(tmp_path, md5=md5_base64(b"another"))
    assert damage(tmp_path) == f"{DATA} has another MD5 checksum than manifest-files.json says: copy it again"


def test_another_count_is_named(tmp_path: Path) -> None:
    write_by_hand(tmp_path, count=3)
    assert damage(tmp_path) == f"{DATA} holds 2 items, and manifest-files.json says 3: copy it again"


def test_another_sum_is_named(tmp_path: Path) -> None:
    """A line of the manifest may be missing."""
    write_by_hand(tmp_path, itemCount=7)
    said = "has 2 items, and manifest-summary.json 7: copy both again"
    assert refusal(tmp_path) == f"{HERE}/manifest-files.json {said}"


def test_missing_data_files_are_named(tmp_path: Path) -> None:
    """Before the first item is read."""
    own = write_by_hand(tmp_path)
    (own / "data" / "asdl123dasas7hzmz4sdmzpiou.json.gz").unlink()
    assert refusal(tmp_path) == f"1 of 2 data files are missing, {DATA} first: copy them again"


def test_a_missing_manifest_is_named(tmp_path: Path) -> None:
    (write_by_hand(tmp_path) / "manifest-files.json").unlink()
    assert refusal(tmp_path) == f"{HERE}/manifest-files.json is missing: copy it again"


@pytest.mark.parametrize("name", ["summary", "files"])
@pytest.mark.parametrize("ending", ["checksum", "md5"])
def test_a_changed_manifest_is_named(tmp_path: Path, name: str, ending: str) -> None:
    """Its checksum has been seen under two names."""
    own = write_by_hand(tmp_path)
    (own / f"manifest-{name}.checksum").rename(own / f"manifest-{name}.{ending}")
    with (own / f"manifest-{name}.json").open("a") as file:
        file.write(" ")
    manifest, checksum = f"{HERE}/manifest-{name}.json", f"{HERE}/manifest-{name}.{ending}"
    assert refusal(tmp_path) == f"{manifest} has another MD5 checksum than {checksum} says: copy both again"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("summary", "[]", "summary.json is no JSON object: copy it again"),
        ("summary", "{", "summary.json is no JSON object: copy it again"),
        ("files", '{"itemCount":2', "files.json, line 1 is no JSON object: copy it again"),
        ("files", '{"dataFileS3Key":"a"}', "files.json, line 1 has no md5Checksum, as no export does: copy it again"),
    ],
)
def test_a_manifest_that_is_none_is_named(tmp_path: Path, name: str, text: str, message: str) -> None:
    write_manifest(write_by_hand(tmp_path), name, text)
    assert refusal(tmp_path) == f"{HERE}/manifest-{message}"


def test_a_data_file_that_is_listed_twice_is_named(tmp_path: Path) -> None:
    own = write_by_hand(tmp_path)
    line = (own / "manifest-files.json").read_text().splitlines()[1]
    write_manifest(own, "files", f"{line}\n{line}\n")
    assert "mnbvcxzlkjhgfdsapoiuytrewq.json.gz twice: copy it again" in refusal(tmp_path)


def test_keys_do_not_lead_out_of_the_export(tmp_path: Path) -> None:
    """Whatever a manifest says, only files that were listed are read."""
    own = write_by_hand(tmp_path)
    (tmp_path / "secret.json.gz").write_bytes(packed(LINES))
    text = (own / "manifest-files.json").read_text().replace("data/asdl123dasas7hzmz4sdmzpiou", "../../secret")
    write_manifest(own, "files", text)
    assert refusal(tmp_path).startswith("1 of 2 data files are missing")
