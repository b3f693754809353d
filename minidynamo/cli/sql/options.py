"""The options of `minidynamo sql`, which are known without its packages."""

from __future__ import annotations

import argparse
from pathlib import Path

from minidynamo.cli.places import add_place_options
from minidynamo.cli.sql import RESULT_FORMATS


def add_sql_options(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    add_place_options(parser, is_required=True)
    parser.add_argument("-c", "--command", action="append", metavar="TEXT", help="carry out these statements and end")
    parser.add_argument("-f", "--file", type=Path, metavar="FILE", help="carry out the statements in a file and end")
    parser.add_argument("--format", choices=RESULT_FORMATS, help="table (of a terminal), json, dynamodb or csv")
    parser.add_argument("--read-only", action="store_true", help="read a file beside the process that owns it")
    parser.set_defaults(run=_sql)


def _sql(options: argparse.Namespace) -> int:
    from minidynamo.cli.sql.sql_command import run_sql

    return run_sql(options)
