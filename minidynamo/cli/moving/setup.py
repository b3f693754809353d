"""What the commands of a move begin and end with: both places opened, the rules read, errors in one line."""

from __future__ import annotations

import argparse
import os
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from rich.console import Console

from minidynamo.anonymizing.anonymizer import Anonymizer, AnonymizingError
from minidynamo.cli.display import wide_console
from minidynamo.cli.interruption import Interruption
from minidynamo.cli.load_target import TargetError, create_declared, create_keyed, parsed_key
from minidynamo.cli.places import one_line
from minidynamo.errors import DynamoError, StoreError
from minidynamo.exports.files import ExportError
from minidynamo.moving.move import Declare, Move, MoveSettings
from minidynamo.moving.move_error import MoveError
from minidynamo.moving.pace import is_passing
from minidynamo.moving.places import source_place, target_place
from minidynamo.prices.price_list import PriceError
from minidynamo.templates.table_definition import TemplateError
from minidynamo.values.attribute_value import Item

ERRORS = (DynamoError, StoreError, ExportError, MoveError, AnonymizingError, PriceError, TargetError, TemplateError)
_SECRET = "MINIDYNAMO_SECRET"

INTERRUPTED = 130

Command = Callable[[argparse.Namespace, Move, Console, Interruption], int]


def run_move(options: argparse.Namespace, command: Command) -> int:
    """Carries out a command; what goes wrong is told in one line, with how to go on."""
    try:
        with Interruption() as interruption, opened_move(options) as move:
            move.reading.goes_on = move.writing.goes_on = lambda: not interruption.has_come
            move.reading.tell = move.writing.tell = _tell_outage
            code = command(options, move, wide_console(), interruption)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except ERRORS as error:
        goes_on = isinstance(error, DynamoError) and is_passing(error)
        more = f"; the same command goes on ({options.journal})" if goes_on else ""
        print(f"minidynamo: {one_line(error)}{more}", file=sys.stderr)
        return 2
    if code == INTERRUPTED:
        print(f"minidynamo: interrupted; the same command goes on ({options.journal})", file=sys.stderr)
    return code


def _tell_outage(error: DynamoError) -> None:
    print(f"minidynamo: {one_line(error)}; it is asked again, for ten minutes", file=sys.stderr)


@contextmanager
def opened_move(options: argparse.Namespace) -> Iterator[Move]:
    """The move that options describe.

    Raises:
        MoveError, StoreError, ExportError, AnonymizingError: something cannot be opened or read.
    """
    options.journal = options.journal or _journal_of(options.source, options.target)
    _require_two(options.source, options.target)
    anonymizer = _anonymizer(options)
    settings = MoveSettings(options.table, options.segments, options.eventual, anonymizer, _declaration(options))
    with (
        closing(source_place(options.source)) as source,
        closing(target_place(options.target, options.writes)) as target,
    ):
        yield Move(source, target, options.journal, settings)


def _require_two(source: str, target: str) -> None:
    """Raises MoveError where source and target are one: changes that are followed would be followed again for ever."""
    if source == target:
        raise MoveError(f"{source} is both source and target")
    if Path(source).resolve() == Path(target).resolve():  # Of URLs too this tells whether only a slash differs.
        raise MoveError(f"{source} and {target} are the same")


def _journal_of(source: str, target: str) -> Path:
    """The journal of a move, where the user has not named one."""
    return Path(f"minidynamo-move-{zlib.crc32(f'{source} {target}'.encode()):08x}.json")


def _declaration(options: argparse.Namespace) -> Declare | None:
    """What makes the table of an export, if the options say."""
    if options.key is not None:
        key = parsed_key(options.key)
        return lambda database, name: create_keyed(database, name, key)
    if options.tables is not None:
        return lambda database, name: create_declared(database, name, options.tables, options.parameter)
    return None


def _anonymizer(options: argparse.Namespace) -> Anonymizer | None:
    if options.anonymize is None:
        return None
    return Anonymizer.read(options.anonymize, _secret(options.secret))


def _secret(path: Path | None) -> bytes:
    if path is not None:
        try:
            return path.read_bytes().strip()
        except OSError as error:
            raise MoveError(f"cannot read the secret {path}: {error.strerror or error}") from None
    secret = os.environ.get(_SECRET)
    if not secret:
        raise MoveError(f"--anonymize needs a secret: give --secret FILE, or set {_SECRET}")
    return secret.encode()


def key_text(key: Item) -> str:
    """A key in JSON for people."""
    return ", ".join(f"{name} = {next(iter(value.values()))}" for name, value in key.items())
