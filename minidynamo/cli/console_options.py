"""`minidynamo serve --console`: pages in a browser for what is served."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from minidynamo.database.database import Database
from minidynamo.http.server.access import ServeError
from minidynamo.http.server.application import Door
from minidynamo.http.server.server import ServerOptions

if TYPE_CHECKING:
    from minidynamo.http.server.server import Server

_READ_ONLY = "read-only"


def add_console_options(serve: argparse.ArgumentParser) -> None:
    """The option of `minidynamo serve`."""
    serve.add_argument(
        "--console",
        nargs="?",
        const="all",
        choices=("all", _READ_ONLY),
        metavar=_READ_ONLY,
        help="pages in a browser, by which nothing can be changed where read-only is said",
    )


def check_console_options(options: argparse.Namespace) -> None:
    """Raises ServeError where there is no one database to be shown."""
    if options.console and (options.isolate_by_region or options.isolate_by_access_key):
        raise ServeError("--console shows one database: leave out --isolate-by-region and --isolate-by-access-key")


def console_doors(options: argparse.Namespace, settings: ServerOptions, database: Database) -> list[Door]:
    """The door to the console, where it is wanted; nothing of it is imported where not."""
    if not options.console:
        return []
    from minidynamo.console.door import console_door

    return [console_door(database, options.console == _READ_ONLY, settings)]


def announce_console(server: Server) -> None:
    """Prints where the console is."""
    for page in server.pages:
        print(f"  console: {page}")
