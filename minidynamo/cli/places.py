"""Where the data are that a command loads or dumps: in a file, at a URL or in memory; and what it says if it fails."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from minidynamo.database.connect import connect
from minidynamo.database.database import Database
from minidynamo.database.setting_rules import STORE_SCHEMES, URL_SCHEMES, is_address, without_password
from minidynamo.errors import DynamoError, NoResponse, StoreError
from minidynamo.values.printable import printable


def add_place_options(parser: argparse.ArgumentParser, is_required: bool) -> None:
    """The options that say where: `--db`, `--endpoint` and its region."""
    places = parser.add_mutually_exclusive_group(required=is_required)
    places.add_argument(
        "--db", type=database_path, metavar="FILE", help="a database file, or a shared store: postgresql://host/name"
    )
    places.add_argument("--endpoint", metavar="URL", help="a DynamoDB: http://127.0.0.1:8000, dynamodb:eu-west-1")
    parser.add_argument("--region", help="region to sign for, of an endpoint (as boto3 finds it, else us-east-1)")


def open_place(options: argparse.Namespace) -> Database:
    """The database to write to; a file is made where there is none. Raises StoreError."""
    if options.endpoint is not None:
        return _remote(options)
    _refuse_region(options)
    refuse_address(options.db)
    return connect(options.db)


def open_to_read(options: argparse.Namespace) -> Database:
    """The database to read: a file as it is now, beside a process that may own it. Raises StoreError."""
    if options.endpoint is not None:
        return _remote(options)
    _refuse_region(options)
    refuse_address(options.db)
    return open_file(options.db)


def open_file(path: Path | str) -> Database:
    """The database in a file, to be read beside a process that may own it; or a shared store. Raises StoreError."""
    if isinstance(path, str):
        return connect(path)
    require_file(path)
    return connect(path, read_only=True)


def open_named(place: str | None, region: str | None = None, writes: bool = False) -> Database:
    """The database that an argument `FILE|URL` names; None for a fresh one in memory.

    Parameters:
        place: a file, the URL of a store or of a DynamoDB, or None.
        region: to sign for, of a URL.
        writes: whether a file is opened to be written, and made where there is none.

    Raises:
        StoreError: there is no such file, or nothing at that address, or a region does not go with it.
    """
    if place is not None and place.startswith(URL_SCHEMES):
        return connect(place, region=region)
    if region is not None:
        raise StoreError("--region goes with a URL: requests to other databases are not signed for any region")
    if place is None or place.startswith(STORE_SCHEMES):
        return connect(place)
    if is_address(place):
        raise StoreError(f"{place} is an address, and a database at an address is http://{place}")
    return connect(place) if writes else open_file(Path(place))


def database_path(text: str) -> Path | str:
    """What `--db` names: a file, or the URL of a store that processes share."""
    return text if text.startswith(STORE_SCHEMES) else Path(text)


def refuse_address(path: Path | str | None) -> None:
    """Raises StoreError where `--db` has got what is for `--endpoint`."""
    if isinstance(path, Path) and is_address(path):
        url = re.sub("^(?:(https?):/+)?", lambda found: f"{found[1] or 'http'}://", str(path))
        raise StoreError(f"--db takes a file, and {path} is an address: give --endpoint {url}")


def require_file(path: Path | str) -> None:
    """Raises StoreError where there is no file to be read; a shared store says so itself when it is opened."""
    if isinstance(path, str):
        return
    if path.is_dir():
        raise StoreError(f"{path} is a folder, and a database is a file: give the file in it")
    if not path.is_file() and not path.exists():
        raise StoreError(f"there is no file {path}")


def place_name(options: argparse.Namespace) -> str:
    """Where the data are, for people; "" for memory."""
    return without_password(str(options.endpoint or options.db or ""))


def one_line(error: Exception) -> str:
    """What an error says, in one line."""
    text = str(error)
    if isinstance(error, DynamoError):
        text = error.message if is_unanswered(error) else f"{error.code}: {error.message}"
    return printable(" ".join(text.split()))


def is_unanswered(error: DynamoError) -> bool:
    """Whether no DynamoDB has answered: nothing did, or a server of another kind."""
    return isinstance(error, NoResponse) or (error.code.startswith("HTTP") and bool(error.message))


def _refuse_region(options: argparse.Namespace) -> None:
    """Raises StoreError where a region is given for what is in none."""
    if options.region is not None:
        raise StoreError("--region goes with --endpoint: requests to a file are not signed for any region")


def _remote(options: argparse.Namespace) -> Database:
    if not options.endpoint.startswith(URL_SCHEMES):
        hint = "a URL such as http://127.0.0.1:8000, or dynamodb: and a region"
        raise StoreError(f"an endpoint is {hint}, not {options.endpoint!r}")
    return connect(options.endpoint, region=options.region)
