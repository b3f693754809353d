"""`minidynamo sql`: a shell for PartiQL, or a script."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable

from rich.console import Console

from minidynamo.cli.display import error_console, plain_console, plain_text, wide_console
from minidynamo.cli.places import one_line, open_place, open_to_read, refuse_address, require_file
from minidynamo.cli.sql.script import all_parts
from minidynamo.cli.sql.session import HELP, Session, SessionEnd
from minidynamo.database.database import Database
from minidynamo.errors import DynamoError, StoreError

_PAGE_ITEMS = 100
_BYTE_ORDER_MARK = "\ufeff"


def run_sql(options: argparse.Namespace) -> int:
    """Runs a shell or a script; returns 0, 1 where a statement has failed, 2 where nothing could be run."""
    is_interactive = options.command is None and options.file is None and sys.stdin.isatty()
    try:
        scripts = None if is_interactive else _scripts(options)
        with _opened(options) as database:
            if scripts is None:
                return _shell(options, database)
            return _run_scripts(options, database, scripts)
    except BrokenPipeError:  # Whoever reads has had enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (DynamoError, StoreError, OSError, UnicodeDecodeError) as error:
        print(f"minidynamo: {one_line(error)}", file=sys.stderr)
        return 2


def _opened(options: argparse.Namespace) -> Database:
    if options.endpoint is not None or options.read_only:
        return open_to_read(options)
    refuse_address(options.db)
    require_file(options.db)
    return open_place(options)


def _scripts(options: argparse.Namespace) -> list[str]:
    """The texts to be carried out: each command is one of its own."""
    if options.command is not None:
        return list(options.command)
    text = options.file.read_text("utf-8") if options.file is not None else sys.stdin.read()
    return [text.removeprefix(_BYTE_ORDER_MARK)]


def _run_scripts(options: argparse.Namespace, database: Database, scripts: list[str]) -> int:
    """Carries out statement after statement, up to the first that fails."""
    default = "table" if sys.stdout.isatty() else "json"
    session = Session(database, wide_console(), error_console(), options.format or default, tells_cost=False)
    parts = (part for script in scripts for part in all_parts(script))
    try:
        return 0 if all(map(session.run, parts)) else 1
    except SessionEnd:
        return 0


def _shell(options: argparse.Namespace, database: Database) -> int:
    from minidynamo.cli.sql.prompt import run_shell

    console = plain_console()
    session = Session(database, console, console, options.format or "table", _PAGE_ITEMS, _asked(console))
    console.print(plain_text(f"{options.endpoint or options.db}. {HELP.splitlines()[0]} \\? for help."))
    run_shell(session)
    return 0


def _asked(console: Console) -> Callable[[], bool]:
    return lambda: console.input("-- more: Enter goes on, q ends -- ").strip().lower() != "q"
