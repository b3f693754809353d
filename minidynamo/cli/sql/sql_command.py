"""`minidynamo sql`: a shell for PartiQL, or a script."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from rich.console import Console

from minidynamo.cli.display import error_console, plain_console, plain_text, wide_console
from minidynamo.cli.places import (
    is_unanswered,
    one_line,
    open_place,
    open_to_read,
    place_name,
    refuse_address,
    require_file,
)
from minidynamo.cli.sql.selects_only import SelectsOnly
from minidynamo.cli.sql.session import HELP, CommandError, Session, SessionEnd
from minidynamo.cli.sql.sources import Placed, SourceError, opened, statements_of
from minidynamo.database.database import Database
from minidynamo.errors import DynamoError, StoreError


def run_sql(options: argparse.Namespace) -> int:
    """Runs a shell or a script; returns 0, 1 where a statement has failed, 2 where nothing could be run."""
    is_interactive = not options.sources and sys.stdin.isatty()
    try:
        with ExitStack() as stack:
            sources = [] if is_interactive else opened(options.sources, stack)
            database = stack.enter_context(_opened(options))
            return (
                _shell(options, database) if is_interactive else _run_script(options, database, statements_of(sources))
            )
    except BrokenPipeError:  # Whoever reads has had enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (DynamoError, StoreError, OSError, SourceError) as error:
        print(f"minidynamo: {one_line(error)}", file=sys.stderr)
        return 2


def _opened(options: argparse.Namespace) -> Database:
    if options.endpoint is not None:
        database = open_to_read(options)
        if options.read_only:
            database.use(SelectsOnly())
        return database
    if options.read_only:
        return open_to_read(options)
    refuse_address(options.db)
    require_file(options.db)
    return open_place(options)


def _run_script(options: argparse.Namespace, database: Database, statements: Iterator[Placed]) -> int:
    """Carries out statement after statement, up to the first that fails. Raises DynamoError if nothing has answered."""
    default = "auto" if sys.stdout.isatty() else "json"
    session = Session(database, wide_console(), error_console(), options.format or default, tells_cost=False)
    for number, placed in enumerate(statements):
        try:
            session.carry_out(placed.text)
        except SessionEnd:
            return 0
        except (DynamoError, CommandError) as error:
            if number == 0 and isinstance(error, DynamoError) and is_unanswered(error):
                raise
            session.explain(error, placed.text, placed)
            return 1
    return 0


def _shell(options: argparse.Namespace, database: Database) -> int:
    from minidynamo.cli.sql.prompt import new_prompt, run_shell

    console = plain_console()
    rows: Callable[[], int] = lambda: console.height - 1  # noqa: E731
    session = Session(database, console, console, options.format or "auto", rows, _asked(console))
    greeting = f"{place_name(options)}. {HELP.splitlines()[0]} \\? for help, \\q or Ctrl-D to leave."
    console.print(plain_text(greeting), soft_wrap=True)
    run_shell(session, new_prompt(session, keeps_history=not options.no_history))
    return 0


def _asked(console: Console) -> Callable[[], str]:
    def ask() -> str:
        try:
            return console.input("-- more: Enter goes on, a shows all, q ends -- ")
        except EOFError:
            console.print()
            return "q"

    return ask
