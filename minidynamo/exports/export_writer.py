"""An export of a table as ExportTableToPointInTime leaves it, written part by part.

Source: DynamoDB Developer Guide, "DynamoDB table export output format".
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from minidynamo.exports.files import ExportError, Files, Writable
from minidynamo.exports.manifests import (
    CHECKSUM_ENDINGS,
    DATA,
    DATA_ENDING,
    EXPORTS,
    FILES,
    FORMAT,
    STARTED,
    SUMMARY,
    VERSION,
    base64_md5,
)
from minidynamo.formats.dumping import dynamodb_line
from minidynamo.values.api_types import JsonObject, JsonValue
from minidynamo.values.attribute_value import Item

_FILE_NAME_CHARACTERS = 26
_COMPRESSION_LEVEL = 6


class PartWritten(NamedTuple):
    """What was written of a part; as JSON it is an array, which `finish` takes as well.

    Attributes:
        key: that of the data file in its bucket; in a folder, its name there.
        item_count: how many items it holds.
        md5_base64: its checksum.
        etag: what S3 calls an object that was uploaded in one part.
        size_bytes: how large it is, packed.
    """

    key: str
    item_count: int
    md5_base64: str
    etag: str
    size_bytes: int


class ExportWriter:
    """Writes an export. Several writers, of several processes, may write the parts of one, if they are made alike.

    Parameters:
        files: where `AWSDynamoDB/` comes to lie. That the export has begun is noted there at once.
        table_arn, table_id: the table that is exported.
        exported_at: the moment whose items are written, in epoch seconds. With the table it names the export.
        started_at: when the export began, in epoch seconds; None for that moment.

    Attributes:
        export_arn: what it is called.
        folder: where its files lie, below `files`: "AWSDynamoDB/<export id>/".

    Raises:
        ExportError: nothing can be written there.
    """

    def __init__(
        self, files: Files, table_arn: str, table_id: str, exported_at: float, started_at: float | None = None
    ) -> None:
        own = zlib.crc32(f"{table_arn} {table_id}".encode())
        export_id = f"{round(exported_at * 1000):014d}-{own:08x}"
        self.export_arn = f"{table_arn}/export/{export_id}"
        self.folder = f"{EXPORTS}{export_id}/"
        self._files = files
        self._table_arn, self._table_id = table_arn, table_id
        self._exported_at = exported_at
        self._started_at = exported_at if started_at is None else started_at
        self._write(STARTED, b"")

    def write_part(self, name: str, items: Iterable[Item]) -> PartWritten:
        """Writes a data file, whole or not at all, in place of the one that the part may have had before.

        Parameters:
            name: of the part: one name is one file, and equal items are equal bytes.
            items: normal items, of which one is held at a time.

        Raises:
            ExportError: it cannot be written. What `items` raises passes.
        """
        data_file, count = self._data_file(name), 0
        with self._files.write(data_file) as file:
            hashed = _HashedFile(file)
            # Neither a name nor a time in its head, so that it says nothing but its items.
            with gzip.GzipFile("", "wb", _COMPRESSION_LEVEL, hashed, mtime=0) as packed:
                for item in items:
                    packed.write(f"{dynamodb_line(item)}\n".encode())
                    count += 1
        digest = hashed.md5.digest()
        etag = f"{hashlib.md5(digest, usedforsecurity=False).hexdigest()}-1"
        return PartWritten(self._key(data_file), count, base64_md5(digest), etag, hashed.size_bytes)

    def finish(self, parts: Mapping[str, Sequence[JsonValue]], ended_at: float | None = None) -> None:
        """Writes the manifests, the summary last: an export that has one is complete.

        Parameters:
            parts: all that were written, by their names, as `write_part` returned them or as JSON gave them back.
            ended_at: when the export ended, in epoch seconds; None for when it began.

        Raises:
            ExportError: a part is not this export's, its file is gone, or there is a file of none of them, which an
                import would read as well; or a manifest cannot be written.
        """
        written = {name: PartWritten(*part) for name, part in parts.items()}
        self._check_files(written)
        in_order = sorted(written.values())
        self._write_manifest(FILES, "".join(f"{_compact(_entry(part))}\n" for part in in_order))
        item_count = sum(part.item_count for part in in_order)
        summary = self._summary(item_count, self._started_at if ended_at is None else ended_at)
        self._write_manifest(SUMMARY, _compact(summary))

    def _check_files(self, written: Mapping[str, PartWritten]) -> None:
        keys = {part.key for part in written.values()}
        for name, part in written.items():
            if part.key != self._key(self._data_file(name)):
                raise ExportError(f"{part.key} is not of this export, {self.export_arn}: write the part {name} again")
        found = {self._key(name) for name in self._files.names(f"{self.folder}{DATA}")}
        if keys - found:
            raise ExportError(f"{min(keys - found)} is gone from {self._files.name}: write its part again")
        if found - keys:
            raise ExportError(f"{min(found - keys)} in {self._files.name} is of no part of this export: remove it")
        assert len(keys) == len(written), "two parts have one file"

    def _data_file(self, name: str) -> str:
        """The file of a part: its name has the form that the service's have, and follows from the part's."""
        text = base64.b32encode(hashlib.sha256(name.encode()).digest()).decode().lower()
        return f"{self.folder}{DATA}{text[:_FILE_NAME_CHARACTERS]}{DATA_ENDING}"

    def _key(self, name: str) -> str:
        return f"{self._files.prefix}{name}"

    def _summary(self, item_count: int, ended_at: float) -> JsonObject:
        return {
            "version": VERSION,
            "exportArn": self.export_arn,
            "startTime": _moment(self._started_at),
            "endTime": _moment(ended_at),
            "tableArn": self._table_arn,
            "tableId": self._table_id,
            "exportTime": _moment(self._exported_at),
            "s3Bucket": self._files.bucket,
            "s3Prefix": self._files.prefix.removesuffix("/") or None,
            "s3SseAlgorithm": "AES256",
            "s3SseKmsKeyId": None,
            "manifestFilesS3Key": self._key(f"{self.folder}{FILES}"),
            "billedSizeBytes": 0,  # Nobody sends a bill for it.
            "itemCount": item_count,
            "outputFormat": FORMAT,
        }

    def _write_manifest(self, name: str, text: str) -> None:
        data = text.encode()
        checksum = base64_md5(hashlib.md5(data, usedforsecurity=False).digest())
        self._write(f"{name.removesuffix('.json')}{CHECKSUM_ENDINGS[0]}", checksum.encode())
        self._write(name, data)

    def _write(self, name: str, data: bytes) -> None:
        with self._files.write(f"{self.folder}{name}") as file:
            file.write(data)


class _HashedFile:
    """A file whose MD5 is made while it is written."""

    def __init__(self, file: Writable) -> None:
        self._file = file
        self.md5 = hashlib.md5(usedforsecurity=False)
        self.size_bytes = 0

    def write(self, data: bytes, /) -> int:
        self.md5.update(data)
        self.size_bytes += len(data)
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()


def _entry(part: PartWritten) -> JsonObject:
    return {
        "itemCount": part.item_count,
        "md5Checksum": part.md5_base64,
        "etag": part.etag,
        "dataFileS3Key": part.key,
    }


def _compact(members: JsonObject) -> str:
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"))


def _moment(epoch_seconds: float) -> str:
    return datetime.fromtimestamp(epoch_seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
