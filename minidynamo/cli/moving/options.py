"""The options of `minidynamo plan`, `copy`, `follow`, `verify` and `cutover`."""

from __future__ import annotations

import argparse
from pathlib import Path

from minidynamo.cli.command_type import Commands

_PLACES = (
    "SRC and DST are a database file, the URL of a DynamoDB (http://127.0.0.1:8000), dynamodb:<region> for Amazon's, "
    "or an export of a table in a folder (as DST its name ends in /) or in a bucket (s3://bucket/prefix)."
)


def add_moving_commands(commands: Commands) -> None:
    """Adds the five commands of a move, in their order."""
    for name, help_text, description, add in (
        ("plan", "what a move would need, cost and forget", "Changes nothing.", _add_plan),
        (
            "copy",
            "copy tables to another DynamoDB, and go on where it was interrupted",
            "Makes the tables that are not there and copies their items. An item whose key is there stays as it is. "
            "How far it has come is kept in a journal: the same command goes on.",
            _add_copy,
        ),
        (
            "follow",
            "carry the changes since a copy over, as they come",
            "Reads the streams of the source from where they were before the copy.",
            _add_follow,
        ),
        (
            "verify",
            "compare source and target item by item",
            "Exits with 1 where they differ. Reads both completely.",
            _add_verify,
        ),
        (
            "cutover",
            "tell whether it is safe to change over now",
            "Changes nothing. Exits with 1 where it is not safe.",
            _add_cutover,
        ),
    ):
        command = commands.add_parser(name, help=help_text, description=f"{description} {_PLACES}")
        _add_common(command)
        add(command)


def _add_common(command: argparse.ArgumentParser) -> None:
    command.add_argument("source", metavar="SRC", help="where the tables are")
    command.add_argument("target", metavar="DST", help="where they are to be")
    command.add_argument(
        "--table", action="append", default=[], metavar="NAME", help="only this table; may be given again"
    )
    command.set_defaults(key=None, tables=None, anonymize=None, segments=4, eventual=False)
    command.add_argument(
        "--journal",
        type=Path,
        metavar="FILE",
        help="how far it has come (minidynamo-move-<number>.json, of a number of its own for each SRC and DST)",
    )


def _add_anonymizing(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--anonymize", type=Path, metavar="RULES", help="replace personal data by the rules of this file"
    )
    command.add_argument(
        "--secret",
        type=Path,
        metavar="FILE",
        help="holds what pseudonyms are made with, 16 bytes at least (else the variable MINIDYNAMO_SECRET)",
    )


def _add_reading(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--segments", type=_count, default=4, metavar="N", help="how many parts of a table are read at once (4)"
    )
    command.add_argument(
        "--eventual", action="store_true", help="read with eventual consistency, at half the price of Amazon's reads"
    )


def _add_plan(command: argparse.ArgumentParser) -> None:
    command.add_argument("--prices", type=Path, metavar="FILE", help="a list of prices instead of the one shipped")
    command.set_defaults(run=_plan, writes=False)
    command.add_argument("--eventual", action="store_true", help="count reads with eventual consistency")


def _add_copy(command: argparse.ArgumentParser) -> None:
    _add_reading(command)
    _add_anonymizing(command)
    command.add_argument("--follow", action="store_true", help="then follow the changes, until Ctrl-C")
    made = command.add_mutually_exclusive_group()
    made.add_argument(
        "--key", metavar="NAME[:TYPE][,NAME[:TYPE]]", help="of the table of an export, with its types S, N or B"
    )
    made.add_argument("--tables", type=Path, metavar="FILE", help="a template that declares the table of an export")
    command.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE", help="of the template")
    command.set_defaults(run=_copy, writes=True)


def _add_follow(command: argparse.ArgumentParser) -> None:
    _add_anonymizing(command)
    command.add_argument("--once", action="store_true", help="end when nothing more is waiting")
    command.set_defaults(run=_follow, writes=True)


def _add_verify(command: argparse.ArgumentParser) -> None:
    _add_reading(command)
    _add_anonymizing(command)
    command.add_argument("--repair", dest="writes", action="store_true", help="make the target what the source is")
    command.add_argument(
        "--delete-extra",
        action="store_true",
        help="with --repair: also delete what only the target has, and was not seen to be deleted at the source",
    )
    command.add_argument("--report", type=Path, metavar="FILE", help="write all differences to it, as JSON lines")
    command.set_defaults(run=_verify)


def _add_cutover(command: argparse.ArgumentParser) -> None:
    _add_anonymizing(command)
    command.set_defaults(run=_cutover, writes=False)


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1_000:
        raise argparse.ArgumentTypeError(f"takes a number from 1 to 1,000, not {text!r}")
    return int(text)


def _plan(options: argparse.Namespace) -> int:
    from minidynamo.cli.moving.plan_command import run_plan

    return run_plan(options)


def _copy(options: argparse.Namespace) -> int:
    from minidynamo.cli.moving.copy_command import run_copy

    return run_copy(options)


def _follow(options: argparse.Namespace) -> int:
    from minidynamo.cli.moving.follow_command import run_follow

    return run_follow(options)


def _verify(options: argparse.Namespace) -> int:
    from minidynamo.cli.moving.verify_command import run_verify

    return run_verify(options)


def _cutover(options: argparse.Namespace) -> int:
    from minidynamo.cli.moving.cutover_command import run_cutover

    return run_cutover(options)
