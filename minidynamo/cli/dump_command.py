"""`minidynamo dump`: the items of a table, or of an index, into a file or to standard output."""

from __future__ import annotations

import argparse
import gzip
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from minidynamo.cli.display import error_console
from minidynamo.cli.load_target import key_of
from minidynamo.cli.places import one_line, open_to_read
from minidynamo.database.database import Database
from minidynamo.errors import DynamoError, StoreError
from minidynamo.formats.dumping import NotPlain, csv_lines, dynamodb_line, plain_line, scanned_items
from minidynamo.storage.whole_file import is_special, whole_file
from minidynamo.values.api_types import JsonObject
from minidynamo.values.attribute_value import Item
from minidynamo.values.printable import printable


class DumpError(Exception):
    """Items that cannot be dumped as was asked; the text says why in one line."""


def run_dump(options: argparse.Namespace) -> int:
    """Dumps; returns 0, or 2 where it could not be done: then no file is written."""
    try:
        if options.file is not None and options.file.exists() and not (options.force or is_special(options.file)):
            raise DumpError(f"{options.file} is there already: --force replaces it")
        if options.columns is not None and _format(options) != "csv":
            raise DumpError(f"--columns is of CSV, and this is {_format(options)}: give --format csv, or leave it out")
        with open_to_read(options) as found, ExitStack() as stack:
            # What a file holds now, whatever its owner writes meanwhile.
            database = found if options.endpoint is not None else stack.enter_context(found.fork())
            count = _dump(options, database)
    except BrokenPipeError:  # Whoever reads has had enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except NotPlain as error:
        print(f"minidynamo: {one_line(error)}{_advice(options)}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"minidynamo: cannot write {options.file or 'the items'}: {error.strerror or error}", file=sys.stderr)
        return 2
    except (DynamoError, StoreError, DumpError) as error:
        print(f"minidynamo: {one_line(error)}", file=sys.stderr)
        return 2
    if options.file is not None:
        print(f"{count:,} items of {options.table} are in {options.file}")
    return 0


def _advice(options: argparse.Namespace) -> str:
    return ": --format dynamodb writes it" if _format(options) == "jsonl" else ""


def _dump(options: argparse.Namespace, database: Database) -> int:
    """Returns the number of items."""
    table = database.execute("DescribeTable", {"TableName": options.table})["Table"]
    with _progress(options, table) as counted, _output(options.file, options.force) as output:
        count = 0

        def items(is_last: bool = True) -> Iterator[Item]:
            nonlocal count
            count = 0
            for item in counted(scanned_items(database, options.table, options.index), is_last):
                count += 1
                yield item

        is_seen = options.file is None and sys.stdout.isatty()
        for line in _lines(options, table, items):
            output.write(f"{printable(line) if is_seen else line}\n".encode())
        output.flush()
    return count


def _lines(options: argparse.Namespace, table: JsonObject, items: Callable[[bool], Iterator[Item]]) -> Iterator[str]:
    key = list(key_of(table))
    form = _format(options)
    if form != "csv":
        line = dynamodb_line if form == "dynamodb" else plain_line
        return (line(_key_first(item, key)) for item in items(True))
    if options.columns is not None:
        return csv_lines(items(True), options.columns.split(","), is_complete=False)
    columns = dict.fromkeys(key)
    for item in items(False):
        columns.update(dict.fromkeys(item))
    return csv_lines(items(True), list(columns), is_complete=True)


def _key_first(item: Item, key: list[str]) -> Item:
    return {**{name: item[name] for name in key}, **item}


def _format(options: argparse.Namespace) -> str:
    """The format: as asked for, else by the name of the file."""
    name = "" if options.file is None else options.file.name.removesuffix(".gz").lower()
    return str(options.format or ("csv" if name.endswith(".csv") else "dynamodb"))


@contextmanager
def _output(path: Path | None, replaces: bool) -> Iterator[BinaryIO | gzip.GzipFile]:
    """Takes bytes: a file that is whole or absent, packed if its name ends in .gz, or standard output."""
    if path is None:
        yield sys.stdout.buffer
        return
    with whole_file(path, replaces=replaces) as temporary, temporary.open("wb") as file:
        if not path.name.endswith(".gz"):
            yield file
            return
        with gzip.GzipFile(path.name.removesuffix(".gz"), "wb", fileobj=file, mtime=0) as packed:
            yield packed


_Counted = Callable[[Iterable[Item], bool], Iterable[Item]]


@contextmanager
def _progress(options: argparse.Namespace, table: JsonObject) -> Iterator[_Counted]:
    """A bar over the items while this is on; gives what counts them as they pass."""
    console = error_console()
    is_shown = console.is_terminal and (options.file is not None or not sys.stdout.isatty())
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not is_shown) as progress:

        def counted(items: Iterable[Item], is_last: bool) -> Iterable[Item]:
            # The count of an index, and of a table at AWS, may be another.
            total = table["ItemCount"] or None
            return progress.track(items, total=total, description="Dumping" if is_last else "Finding columns")

        yield counted
