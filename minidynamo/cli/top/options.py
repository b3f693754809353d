"""`minidynamo top FILE|URL`: its options."""

from __future__ import annotations

import argparse

from minidynamo.cli.command_type import Commands


def add_top_command(commands: Commands) -> None:
    """The command with its options."""
    top = commands.add_parser(
        "top",
        help="watch what a database does at the moment",
        description="Shows tables with their calls, units, items, sizes and partitions, and operations with their "
        "latencies, every second: from the metrics of `minidynamo serve --metrics`; of a file or any other DynamoDB "
        "what can be seen from outside. Keys: q ends it, s sorts by the next column, arrows scroll. What is no "
        "terminal gets one table.",
    )
    top.add_argument("place", metavar="FILE|URL", help="a database file, http://127.0.0.1:8000, dynamodb:eu-west-1")
    top.add_argument("--once", action="store_true", help="print one table and end")
    top.add_argument("--seconds", type=_seconds, default=1.0, metavar="N", help="how often to look (1)")
    top.add_argument("--region", help="region to sign for, of an endpoint (as boto3 finds it, else us-east-1)")
    top.set_defaults(run=_top)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 3600:
        raise argparse.ArgumentTypeError(f"takes a number of seconds from 0.1 to 3600, not {text!r}")
    return seconds


def _top(options: argparse.Namespace) -> int:
    from minidynamo.cli.top.top_command import run_top

    return run_top(options)
