"""`minidynamo mcp [FILE|URL]`: a database for agents, over the Model Context Protocol on standard input and output."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from minidynamo.cli.command_type import Commands

if TYPE_CHECKING:
    from minidynamo.mcp.session import Session


def add_mcp_command(commands: Commands) -> None:
    """Adds the command with its options."""
    command = commands.add_parser(
        "mcp",
        help="let an agent see, try and do things with a database, over MCP",
        description="Serves eight tools over the Model Context Protocol on standard input and output: describe, read, "
        "explain, try, apply, undo, advice, test_model. An agent tries writes on a fork; it carries them out only with "
        "--allow-writes. Without it a file is opened read-only, beside a process that may own it.",
    )
    command.add_argument(
        "place",
        nargs="?",
        metavar="FILE|URL",
        help="a database file, a shared store (postgresql://host/name), or a DynamoDB (http://127.0.0.1:8000, "
        "dynamodb:eu-west-1), which can be read but not forked; without it a fresh database in memory",
    )
    command.add_argument("--allow-writes", action="store_true", help="let apply and undo change the database")
    command.add_argument("--region", help="region to sign for, of a URL (as boto3 finds it, else us-east-1)")
    command.add_argument("--ledger", type=Path, metavar="FILE", help="a saved ledger that advice looks at as well")
    command.set_defaults(run=_mcp)


def _mcp(options: argparse.Namespace) -> int:
    from minidynamo.cli.places import one_line
    from minidynamo.errors import DynamoError, StoreError
    from minidynamo.mcp.server import serve  # Needs the extra, which is said before anything is opened.

    with ExitStack() as opened:
        try:
            session = _opened_session(options, opened)
        except (StoreError, DynamoError, OSError, ValueError) as error:
            print(f"minidynamo: {one_line(error)}", file=sys.stderr)
            return 2
        number = serve(session, _version())
    return 128 + number if number else 0  # As a shell tells of it.


def _opened_session(options: argparse.Namespace, opened: ExitStack) -> Session:
    """The session of what was asked for, which ends with `opened`; raises StoreError, or LedgerError, a ValueError."""
    from minidynamo.cli.places import open_named
    from minidynamo.database.setting_rules import without_password
    from minidynamo.endpoints.write_refusal import WriteRefusal
    from minidynamo.insight.ledger import Ledger
    from minidynamo.mcp.session import Session

    saved = None if options.ledger is None else Ledger.load(options.ledger)
    database = opened.enter_context(open_named(options.place, options.region, writes=options.allow_writes))
    allows_writes = options.allow_writes or options.place is None
    if not allows_writes:
        database.use(WriteRefusal())
    return opened.enter_context(Session(database, without_password(options.place or ""), allows_writes, saved))


def _version() -> str:
    from importlib.metadata import version

    return version("minidynamo")
