"""The command line: `minidynamo tour` and `minidynamo load TABLE FILE`.

Mistakes end in one line on standard error and exit code 2; bad lines of a file in exit code 1.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        import rich  # noqa: F401
    except ImportError:
        print("minidynamo: the command line needs its extra: pip install 'minidynamo[cli]'", file=sys.stderr)
        return 2
    try:
        return int(options.run(options))
    except KeyboardInterrupt:
        print("minidynamo: interrupted", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    from importlib.metadata import version

    from minidynamo.interfaces.loading import FORMATS

    parser = argparse.ArgumentParser(
        prog="minidynamo", description="A DynamoDB-compatible store that lives inside a Python process."
    )
    parser.add_argument("--version", action="version", version=f"minidynamo {version('minidynamo')}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    tour = commands.add_parser("tour", help="load the world's cities and show what the store does with them")
    tour.set_defaults(run=_tour)
    load = commands.add_parser(
        "load",
        help="load a file into a table in memory and report on it",
        description="Loads JSON lines, a JSON array, CSV or DynamoDB JSON (also .gz) into a new table in memory; "
        "reports its size, first items, partitions and every line that could not be loaded.",
    )
    load.add_argument("table", help="the name of the table, at least 3 characters")
    load.add_argument("file", type=Path, help="the file to load")
    load.add_argument(
        "--key",
        metavar="NAME[:TYPE][,NAME[:TYPE]]",
        help="partition key and sort key with their types S, N or B; by default the first attribute of the first item",
    )
    load.add_argument("--format", choices=FORMATS, default="auto", help="by default told by name and content")
    load.add_argument("--show", type=int, default=5, metavar="N", help="how many items to show (5)")
    load.set_defaults(run=_load)
    return parser


def _tour(options: argparse.Namespace) -> int:
    from minidynamo.interfaces.tour import run_tour

    return run_tour()


def _load(options: argparse.Namespace) -> int:
    from minidynamo.interfaces.load_command import run_load

    return run_load(options.table, options.file, options.key, options.format, options.show)


if __name__ == "__main__":
    sys.exit(main())
