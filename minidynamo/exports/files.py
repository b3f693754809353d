"""Where the files of an export lie: in a folder, or in a bucket of S3 under a prefix.

Both read files as streams and write them whole or not at all, whatever their size. boto3 is imported where there is a
bucket, and not before; what goes wrong there is worded here, in one line.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Protocol

from minidynamo.exports.file_errors import ExportError as ExportError
from minidynamo.exports.file_errors import worded_aws_errors, worded_os_errors
from minidynamo.exports.s3_objects import ObjectReader, S3Client
from minidynamo.storage.whole_file import whole_file

_SCHEME = "s3://"


class Readable(Protocol):
    """A file that is read once, from its start."""

    def read(self, size_bytes: int, /) -> bytes:
        """The next bytes, at most so many, and none at the end; raises ExportError."""
        ...


class Writable(Protocol):
    """A file that is written once, from its start."""

    def write(self, data: bytes, /) -> int:
        """Appends bytes and returns how many; raises ExportError."""
        ...

    def flush(self) -> None:
        """Does nothing: what is written is there when the file is whole."""
        ...


class Files(Protocol):
    """Files with names such as "data/a.json.gz", which are relative and have "/" between their parts.

    Attributes:
        name: where they lie, for people.
        bucket: the bucket of S3; "" for a folder.
        prefix: what S3 has before their names: "" or a text that ends in "/".
    """

    @property
    def name(self) -> str: ...

    @property
    def bucket(self) -> str: ...

    @property
    def prefix(self) -> str: ...

    def shown(self, name: str) -> str:
        """A file as one speaks of it, with the place where it lies."""
        ...

    def names(self, prefix: str = "") -> list[str]:
        """The names that begin with a text, in order; raises ExportError where the place is missing or closed."""
        ...

    def open(self, name: str) -> AbstractContextManager[Readable]:
        """Reads a file: `with files.open(name) as file: file.read(1024)`; raises ExportError, also while it is read."""
        ...

    def write(self, name: str) -> AbstractContextManager[Writable]:
        """Writes a file, in place of one that is there: `with files.write(name) as file: file.write(b"x")`.

        It is whole when the context ends, and as it was before where that ends with an exception. Raises ExportError.
        """
        ...


def files_at(text: str) -> Files:
    """The files at a place.

    Parameters:
        text: a folder's path, or "s3://bucket/prefix", where the prefix is taken as a folder. The summary of an export
            stands for the folder that it lies in.

    Raises:
        ExportError: it is neither, or what is configured for AWS cannot be used.
        ModuleNotFoundError: it is a bucket, and boto3 is not installed.
    """
    place = text.removesuffix("manifest-summary.json")
    if place.startswith(_SCHEME):
        return Bucket(place)
    if "://" in place:
        raise ExportError(f"{text} is no place of an export: give a folder, or s3://bucket/prefix")
    return Folder(Path(place).expanduser())


class Folder:
    """Files in a folder, which is made when the first is written.

    Parameters:
        path: the folder.
    """

    bucket = ""
    prefix = ""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._path = path

    def shown(self, name: str) -> str:
        """The path of a file."""
        return str(self._path / name)

    def names(self, prefix: str = "") -> list[str]:
        """The names that begin with a text, in order, less those of hidden files; raises ExportError."""
        if not self._path.is_dir():
            what = "is not a folder" if self._path.exists() else "is not there"
            raise ExportError(f"{self.name} {what}: give the folder that holds the export")
        start = self._path / prefix.rpartition("/")[0]
        with worded_os_errors(f"cannot read {self.name}"):
            walked = os.walk(start, onerror=_raise) if start.is_dir() else ()
            paths = [Path(folder, each) for folder, _, inside in walked for each in inside if each[0] != "."]
        names = sorted(path.relative_to(self._path).as_posix() for path in paths)
        return [name for name in names if name.startswith(prefix)]

    @contextmanager
    def open(self, name: str) -> Iterator[Readable]:
        """Reads a file; raises ExportError."""
        doing = f"cannot read {self.shown(name)}"
        with ExitStack() as opened:
            with worded_os_errors(doing):
                file = opened.enter_context((self._path / name).open("rb"))
            yield _WordedFile(file, doing)

    @contextmanager
    def write(self, name: str) -> Iterator[Writable]:
        """Writes a file whole or not at all; raises ExportError."""
        target, doing = self._path / name, f"cannot write {self.shown(name)}"
        with ExitStack() as opened:
            with worded_os_errors(doing):
                target.parent.mkdir(parents=True, exist_ok=True)
                file = opened.enter_context(opened.enter_context(whole_file(target, replaces=True)).open("wb"))
            yield _WordedFile(file, doing)
            with worded_os_errors(doing):
                opened.close()


class Bucket:
    """Files in a bucket of S3, with the credentials and the region that are configured for boto3.

    Parameters:
        url: "s3://bucket/prefix".

    Raises:
        ExportError: no bucket is named, or what is configured cannot be used.
        ModuleNotFoundError: boto3 is not installed.
    """

    def __init__(self, url: str) -> None:
        self.name = url
        self.bucket, _, prefix = url.removeprefix(_SCHEME).partition("/")
        self.prefix = prefix if not prefix or prefix.endswith("/") else f"{prefix}/"
        if not self.bucket:
            raise ExportError(f"{url} names no bucket: write s3://bucket/prefix")
        import boto3

        with worded_aws_errors(f"cannot use {url}"):
            self._client: S3Client = boto3.client("s3")

    def shown(self, name: str) -> str:
        """The URL of an object."""
        return f"{_SCHEME}{self.bucket}/{self.prefix}{name}"

    def names(self, prefix: str = "") -> list[str]:
        """The names that begin with a text, in order; raises ExportError."""
        with worded_aws_errors(f"cannot list {self.name}"):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=self.prefix + prefix
            )
            keys = [str(each["Key"]) for page in pages for each in page.get("Contents", ())]
        assert all(key.startswith(self.prefix) for key in keys), f"S3 lists keys that are not below {self.prefix}"
        return sorted(key.removeprefix(self.prefix) for key in keys if not key.endswith("/"))

    @contextmanager
    def open(self, name: str) -> Iterator[Readable]:
        """Reads an object; raises ExportError."""
        with ExitStack() as opened:
            reader = ObjectReader(self._client, self.bucket, self.prefix + name, f"cannot read {self.shown(name)}")
            opened.callback(reader.close)
            yield reader

    @contextmanager
    def write(self, name: str) -> Iterator[Writable]:
        """Writes an object, which is kept in a temporary file until it is whole; raises ExportError."""
        from boto3.s3.transfer import TransferConfig

        doing = f"cannot write {self.shown(name)}"
        with ExitStack() as opened:
            with worded_os_errors(doing):
                file = opened.enter_context(TemporaryFile())
            yield _WordedFile(file, doing)
            with worded_os_errors(doing), worded_aws_errors(doing):
                file.seek(0)
                config = TransferConfig(use_threads=False)
                self._client.upload_fileobj(file, self.bucket, self.prefix + name, Config=config)


class _WordedFile:
    """An open file whose errors are worded, and no others: not those of what is done between two calls."""

    def __init__(self, file: IO[bytes], doing: str) -> None:
        self._file = file
        self._doing = doing

    def read(self, size_bytes: int, /) -> bytes:
        with worded_os_errors(self._doing):
            return self._file.read(size_bytes)

    def write(self, data: bytes, /) -> int:
        with worded_os_errors(self._doing):
            return self._file.write(data)

    def flush(self) -> None:
        """See `Writable`."""


def _raise(error: OSError) -> None:
    raise error
