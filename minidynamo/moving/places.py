"""Where data move from and to: a file, a DynamoDB at a URL or in a region, an export in a folder or in a bucket."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from minidynamo.database.connect import connect
from minidynamo.database.database import Database
from minidynamo.database.setting_rules import STORE_SCHEMES, URL_SCHEMES, is_address, without_password
from minidynamo.exports.exports import Export
from minidynamo.exports.files import Files, files_at
from minidynamo.moving.move_error import MoveError
from minidynamo.schema.arns import DEFAULT_REGION

_ADDRESSES = (*URL_SCHEMES, *STORE_SCHEMES)
_BUCKET = "s3://"
_AMAZON = "amazonaws.com"


@dataclass
class Place:
    """One end of a move.

    Attributes:
        text: as the user names it.
        database: the database; None for an export.
        files: where an export lies; None for a database.
    """

    text: str
    database: Database | None = None
    files: Files | None = None

    @property
    def is_amazon(self) -> bool:
        """Whether it is Amazon's own DynamoDB, where requests cost money."""
        return self.database is not None and _AMAZON in self.database.url

    @property
    def region(self) -> str:
        """The region that it is in, or says it is."""
        return DEFAULT_REGION if self.database is None else self.database.scope.region

    def opened(self) -> Database:
        """The database; raises MoveError for an export."""
        if self.database is None:
            raise MoveError(f"{self.text} is an export, and this takes a database: a file, a URL or dynamodb:<region>")
        return self.database

    def export(self) -> Export:
        """The export that lies here; raises ExportError where there is none, or MoveError for a database."""
        if self.files is None:
            raise MoveError(f"{self.text} is no export")
        return Export(self.files)

    def close(self) -> None:
        """Closes the database."""
        if self.database is not None:
            self.database.close()


def source_place(text: str) -> Place:
    """Opens what data come from; a file beside a process that may own it.

    Raises:
        MoveError: there is nothing of that name.
        StoreError, ExportError: it cannot be opened.
    """
    if text.startswith(_ADDRESSES):
        return Place(without_password(text), connect(text))
    if text.startswith(_BUCKET) or Path(text).is_dir():
        return Place(text, files=files_at(text))
    if not Path(text).exists():
        raise MoveError(f"there is no file {text}{_address_hint(text)}")
    return Place(text, connect(text, read_only=True))


def target_place(text: str, writes: bool) -> Place:
    """Opens where data go to.

    Parameters:
        text: as the user names it.
        writes: whether it is written: then a file is made where there is none, and so is a folder whose name ends in
            "/". Otherwise an empty database stands for a file that is not there.

    Raises:
        MoveError: it is an address without http://, or a folder that cannot be made.
        StoreError, ExportError: it cannot be opened.
    """
    if text.startswith(_ADDRESSES):
        return Place(without_password(text), connect(text))
    if text.startswith(_BUCKET) or text.endswith("/") or Path(text).is_dir():
        if writes and not text.startswith(_BUCKET):
            _make_folder(text)
        return Place(text, files=files_at(text))
    if is_address(text):
        raise MoveError(f"{text} is no file{_address_hint(text)}")
    if writes:
        return Place(without_password(text), connect(text))
    return Place(text, connect(text, read_only=True) if Path(text).exists() else connect())


def _make_folder(text: str) -> None:
    try:
        Path(text).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MoveError(f"{text} cannot be made: {error.strerror or error}") from None


def _address_hint(text: str) -> str:
    return f": a database at an address is http://{text}" if is_address(text) else ""
