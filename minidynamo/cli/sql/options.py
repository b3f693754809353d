"""The options of `minidynamo sql`, which are known without its packages."""

from __future__ import annotations

import argparse

from minidynamo.cli.places import add_place_options
from minidynamo.cli.sql import RESULT_FORMATS


class _Given(argparse.Action):
    """Notes sources of statements in the order in which they are given, each with its option."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        namespace.sources = [*namespace.sources, (self.option_strings[0], values)]


def add_sql_options(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    add_place_options(parser, is_required=True)
    parser.add_argument(
        "-c", "--command", action=_Given, metavar="TEXT", help="carry out these statements; may be given again"
    )
    parser.add_argument(
        "-f",
        "--file",
        action=_Given,
        metavar="FILE",
        help="carry out the statements in a file, - for standard input; may be given again, and with -c: all are "
        "carried out in the order given",
    )
    parser.add_argument(
        "--format",
        choices=RESULT_FORMATS,
        help="table, json, dynamodb, csv, or auto: a table where it fits, else JSON lines (auto on a terminal, else "
        "json)",
    )
    parser.add_argument(
        "--read-only", action="store_true", help="refuse statements that write; a file is read beside its owner"
    )
    parser.add_argument("--no-history", action="store_true", help="neither read nor keep the history of the shell")
    parser.set_defaults(run=_sql, sources=[])


def _sql(options: argparse.Namespace) -> int:
    from minidynamo.cli.sql.sql_command import run_sql

    return run_sql(options)
