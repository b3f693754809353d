"""The options of `minidynamo load` and `minidynamo dump`."""

from __future__ import annotations

import argparse
from pathlib import Path

from minidynamo.cli.places import add_place_options
from minidynamo.formats.dumping import DUMP_FORMATS
from minidynamo.formats.reading import LOAD_FORMATS


def add_load_options(load: argparse.ArgumentParser) -> None:
    """The options of `minidynamo load`."""
    load.add_argument("table", help="the name of the table, at least 3 characters")
    load.add_argument("file", type=Path, help="the file to load")
    add_place_options(load, is_required=False)
    made = load.add_mutually_exclusive_group()
    made.add_argument(
        "--key",
        metavar="NAME[:TYPE][,NAME[:TYPE]]",
        help="partition key and sort key of a new table, with their types S, N or B; by default the first attribute of "
        "the first item",
    )
    made.add_argument("--tables", type=Path, metavar="FILE", help="a template that declares the table, if it is new")
    load.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE", help="of the template")
    load.add_argument("--format", choices=LOAD_FORMATS, default="auto", help="by default told by name and content")
    load.add_argument(
        "--skip", type=_whole_number, default=0, metavar="N", help="leave out the first N records, which are done"
    )
    load.add_argument("--show", type=_whole_number, default=5, metavar="N", help="how many items to show (5)")
    load.set_defaults(run=_load)


def add_dump_options(dump: argparse.ArgumentParser) -> None:
    """The options of `minidynamo dump`."""
    dump.add_argument("table", help="the name of the table")
    dump.add_argument("file", type=Path, nargs="?", help="the file to write, packed if its name ends in .gz")
    add_place_options(dump, is_required=True)
    dump.add_argument(
        "--format",
        choices=DUMP_FORMATS,
        help="dynamodb (default): all that items hold; jsonl: plain JSON; csv (default of *.csv): for spreadsheets",
    )
    dump.add_argument("--index", metavar="NAME", help="the items of this index")
    dump.add_argument("--columns", metavar="NAME[,NAME...]", help="of CSV; by default keys, then all other attributes")
    dump.add_argument("--force", action="store_true", help="replace the file if it is there")
    dump.set_defaults(run=_dump)


def _whole_number(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"takes a number, not {text!r}")
    return int(text)


def _load(options: argparse.Namespace) -> int:
    from minidynamo.cli.load_command import run_load

    return run_load(options)


def _dump(options: argparse.Namespace) -> int:
    from minidynamo.cli.dump_command import run_dump

    return run_dump(options)
