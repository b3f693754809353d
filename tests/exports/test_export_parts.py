"""Parts of an export that we write: again, by several threads and processes, and all of them or none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from minidynamo.exports.export_writer import ExportWriter
from minidynamo.exports.exports import Export
from minidynamo.exports.files import ExportError, Files, Folder
from minidynamo.values.attribute_value import Item
from tests.exports.written_exports import (
    EXPORTED_AT,
    SONGS,
    TABLE_ARN,
    TABLE_ID,
    all_items,
    by_key,
    write_songs,
    writer,
)


def test_a_part_that_is_written_again_replaces_itself(files: Files) -> None:
    """With the same bytes, where its items are the same, and in another process too."""
    first = writer(files).write_part("segment 3 of 8", SONGS)
    again = writer(files).write_part("segment 3 of 8", iter(SONGS))
    assert first == again
    assert len(files.names(f"{writer(files).folder}data/")) == 1
    assert writer(files).write_part("segment 4 of 8", SONGS).key != first.key


def test_manifests_depend_on_what_was_written_alone(tmp_path: Path) -> None:
    """Not on the order in which it was."""
    parts = write_songs(Folder(tmp_path))
    manifests = sorted((tmp_path / writer(Folder(tmp_path)).folder).glob("manifest-*"))
    before = [each.read_bytes() for each in manifests]
    writer(Folder(tmp_path)).finish(dict(reversed(parts.items())))
    assert [each.read_bytes() for each in manifests] == before


def test_exports_of_one_moment_are_told_apart(tmp_path: Path) -> None:
    """By their tables."""
    arns = (TABLE_ARN, f"{TABLE_ARN}2")
    assert len({ExportWriter(Folder(tmp_path), arn, TABLE_ID, EXPORTED_AT).folder for arn in arns}) == 2


def test_a_part_whose_items_end_in_an_error_is_absent(files: Files) -> None:
    """The error passes."""

    def failing() -> Iterator[Item]:
        yield SONGS[0]
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        writer(files).write_part("0", failing())
    assert files.names() == [f"{writer(files).folder}_started"]


def test_an_export_is_refused_until_it_is_finished(files: Files) -> None:
    writer(files).write_part("0", SONGS)
    with pytest.raises(ExportError, match=r"has no manifest-summary\.json: wait until the export is completed"):
        Export(files)


def test_parts_are_kept_as_json(files: Files) -> None:
    """By a process that ends, for the next one."""
    kept = json.loads(json.dumps({"0": writer(files).write_part("0", SONGS[:2])}))
    written = writer(files)
    written.finish({**kept, "1": written.write_part("1", SONGS[2:])})
    assert by_key(all_items(Export(files))) == SONGS


def test_parts_are_written_by_several_threads(files: Files) -> None:
    written = writer(files)
    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(lambda n: written.write_part(str(n), SONGS[n : n + 1]), range(5)))
    written.finish({str(n): part for n, part in enumerate(done)})
    assert by_key(all_items(Export(files))) == SONGS


def test_a_part_that_is_gone_is_named(tmp_path: Path) -> None:
    written = writer(Folder(tmp_path))
    part = written.write_part("0", SONGS)
    (tmp_path / part.key).unlink()
    with pytest.raises(ExportError, match=f"^{re.escape(part.key)} is gone from .*: write its part again$"):
        written.finish({"0": part})


def test_a_file_of_no_part_is_named(tmp_path: Path) -> None:
    """An import reads all that lies there."""
    written = writer(Folder(tmp_path))
    part, other = written.write_part("0", SONGS), written.write_part("1", SONGS)
    with pytest.raises(ExportError, match=f"^{re.escape(other.key)} in .* is of no part of this export: remove it$"):
        written.finish({"0": part})


def test_a_part_of_another_export_is_named(tmp_path: Path) -> None:
    other = ExportWriter(Folder(tmp_path), TABLE_ARN, TABLE_ID, EXPORTED_AT + 1).write_part("0", SONGS)
    with pytest.raises(ExportError, match=f"^{re.escape(other.key)} is not of this export, "):
        writer(Folder(tmp_path)).finish({"0": other})
