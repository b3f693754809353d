"""`minidynamo top FILE|URL`: its options."""

from __future__ import annotations

import argparse

from minidynamo.cli.command_type import Commands
from minidynamo.cli.option_types import seconds


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
    top.add_argument("--seconds", type=seconds(0.1, 3600), default=1.0, metavar="N", help="how often to look (1)")
    top.add_argument("--region", help="region to sign for, of an endpoint (as boto3 finds it, else us-east-1)")
    top.set_defaults(run=_top)


def _top(options: argparse.Namespace) -> int:
    from minidynamo.cli.top.top_command import run_top

    return run_top(options)
