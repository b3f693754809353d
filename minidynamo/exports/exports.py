"""An export of a table, as ExportTableToPointInTime leaves it: found, and read part by part, with all its checksums."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from minidynamo.exports.data_files import DataFile
from minidynamo.exports.files import ExportError, Files
from minidynamo.exports.manifests import (
    AGAIN,
    CHECKSUM_ENDINGS,
    DATA,
    DATA_ENDING,
    EXPORTS,
    FILES,
    FORMAT,
    STARTED,
    SUMMARY,
    base64_md5,
    parsed_entries,
    parsed_summary,
)
from minidynamo.limits import KIB, MIB
from minidynamo.values.attribute_value import Item

# A line of a manifest has about 250 bytes, and an export of 100 TB some hundred thousand of them.
_MANIFEST_BYTES_MAX = 256 * MIB
_PIECE_BYTES = 64 * KIB
_SHOWN_MAX = 8


class _Part(NamedTuple):
    """One file of items: its name among all files, and what the manifest says of it, where there is one."""

    name: str
    item_count: int | None = None
    md5_base64: str | None = None


class Export:
    """A full export in DynamoDB JSON, opened: its manifests have been read and checked, and its data files are there.

    Parameters:
        files: where it lies: they hold `AWSDynamoDB/`, or are that folder, or the export's own in it, under any name.
            There must be no other export beside it. One without manifests is nothing but its data files.

    Attributes:
        table_name, table_arn, table_id: the table that was exported; "" without manifests.
        exported_at: the moment whose items it holds, in epoch seconds; None without manifests.
        item_count: how many items it holds; None without manifests.

    Raises:
        ExportError: there is none, or more than one, or it is unfinished, damaged, incremental, or in another format.

    Source: DynamoDB Developer Guide, "DynamoDB table export output format".
    """

    def __init__(self, files: Files) -> None:
        self.table_name = self.table_arn = self.table_id = ""
        self.exported_at: float | None = None
        self.item_count: int | None = None
        self._files = files
        names = files.names(EXPORTS) or files.names()
        self._names = frozenset(names)
        folder = _folder_of_export(files, names)
        if folder is None:
            self._folder = ""
            self._parts = {name.rpartition("/")[2]: _Part(name) for name in _names_of_data(files, names)}
        else:
            self._folder = folder
            self._parts = self._read_manifests()
        assert all(part.name in self._names for part in self._parts.values()), "a data file is not there"

    @property
    def parts(self) -> list[str]:
        """The data files, in a fixed order, by names that do not depend on where the export lies."""
        return list(self._parts)

    def count_of(self, part: str) -> int | None:
        """How many items a part holds; None without manifests; raises KeyError where there is no such part."""
        return self._parts[part].item_count

    def items(self, part: str, skip: int = 0) -> Iterator[Item]:
        """The items of a part, normal and with binary as bytes, one at a time.

        Parameters:
            part: one of `parts`.
            skip: how many items are left out at its start.

        Raises:
            ExportError: the file is damaged. Its checksum and its count are checked when it has been read to its end.
            KeyError: there is no such part.
        """
        name, item_count, md5_base64 = self._parts[part]
        shown = self._files.shown(name)
        with self._files.open(name) as file:
            data = DataFile(file, shown)
            yield from data.items(skip)
        if md5_base64 not in (None, data.md5_base64()):
            raise ExportError(f"{shown} has another MD5 checksum than {FILES} says: {AGAIN}")
        if item_count not in (None, data.item_count):
            raise ExportError(f"{shown} holds {data.item_count} items, and {FILES} says {item_count}: {AGAIN}")
        if data.item_count < skip:
            raise ExportError(f"{shown} holds {data.item_count} items, of which {skip} were read before: {AGAIN}")

    def _read_manifests(self) -> dict[str, _Part]:
        summary = parsed_summary(self._manifest(SUMMARY), self._shown(SUMMARY))
        self.table_arn, self.table_id, self.exported_at, self.item_count = summary
        self.table_name = self.table_arn.rpartition("/")[2]
        parts = self._listed_parts()
        missing = [part.name for part in parts.values() if part.name not in self._names]
        if missing:
            first = self._files.shown(missing[0])
            raise ExportError(f"{len(missing)} of {len(parts)} data files are missing, {first} first: copy them again")
        count = sum(part.item_count or 0 for part in parts.values())
        if count != self.item_count:
            said = f"has {count} items, and {SUMMARY} {self.item_count}"
            raise ExportError(f"{self._shown(FILES)} {said}: copy both again")
        return parts

    def _listed_parts(self) -> dict[str, _Part]:
        """The parts by their names below the export's folder: their keys are those of where it lay at first."""
        parts = {}
        for entry in parsed_entries(self._manifest(FILES), self._shown(FILES)):
            name = f"{DATA}{entry.key.rpartition('/')[2]}"
            if name in parts:
                raise ExportError(f"{self._shown(FILES)} lists {entry.key} twice: {AGAIN}")
            parts[name] = _Part(f"{self._folder}{name}", entry.item_count, entry.md5_base64)
        return parts

    def _manifest(self, name: str) -> bytes:
        """A manifest, compared with its checksum where that is there as well."""
        if f"{self._folder}{name}" not in self._names:
            raise ExportError(f"{self._shown(name)} is missing: {AGAIN}")
        data = self._whole(f"{self._folder}{name}")
        md5_base64 = base64_md5(hashlib.md5(data, usedforsecurity=False).digest())
        for ending in CHECKSUM_ENDINGS:
            checksum = f"{self._folder}{name.removesuffix('.json')}{ending}"
            if checksum in self._names and self._whole(checksum).strip() != md5_base64.encode():
                shown = self._files.shown(checksum)
                raise ExportError(f"{self._shown(name)} has another MD5 checksum than {shown} says: copy both again")
        return data

    def _whole(self, name: str) -> bytes:
        data = bytearray()
        with self._files.open(name) as file:
            while piece := file.read(_PIECE_BYTES):
                data += piece
                if len(data) > _MANIFEST_BYTES_MAX:
                    raise ExportError(f"{self._files.shown(name)} is too large to be of an export: {AGAIN}")
        return bytes(data)

    def _shown(self, name: str) -> str:
        return self._files.shown(f"{self._folder}{name}")


def _folder_of_export(files: Files, names: list[str]) -> str | None:
    """What the names of the one export's files begin with; None where there are no manifests."""
    folders = sorted({_folder_of(name) for name in names if name.rpartition("/")[2] in (SUMMARY, STARTED)})
    if len(folders) > 1:
        raise ExportError(f"{files.name} holds {len(folders)} exports: give one of {_listed(files, folders)}")
    if folders and f"{folders[0]}{SUMMARY}" not in names:
        shown = files.shown(folders[0])
        raise ExportError(f"{shown} has no {SUMMARY}: wait until the export is completed, or copy it again")
    return folders[0] if folders else None


def _names_of_data(files: Files, names: list[str]) -> list[str]:
    """The data files of an export without manifests."""
    data = [name for name in names if name.endswith(DATA_ENDING)]
    folders = sorted(set(map(_folder_of, data)))
    if len(folders) > 1:
        said = f"holds data files in {len(folders)} folders"
        raise ExportError(f"{files.name} {said}: give one of {_listed(files, folders)}")
    if data:
        return data
    if any(name.endswith(".ion.gz") for name in names):
        raise ExportError(f"{files.name} holds an export in Ion: export the table as {FORMAT}")
    raise ExportError(f"{files.name} holds no export: give the folder or the prefix that holds {EXPORTS}")


def _listed(files: Files, folders: list[str]) -> str:
    shown = ", ".join(map(files.shown, folders[:_SHOWN_MAX]))
    return shown if len(folders) <= _SHOWN_MAX else f"{shown} and {len(folders) - _SHOWN_MAX} more"


def _folder_of(name: str) -> str:
    return name[: name.rfind("/") + 1]
