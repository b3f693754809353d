"""`minidynamo explain` and `minidynamo cost`: their options."""

from __future__ import annotations

import argparse
from pathlib import Path

from minidynamo.cli.command_type import Commands


def add_insight_commands(commands: Commands) -> None:
    """The commands with their options."""
    explain = commands.add_parser(
        "explain",
        help="tell what a request would read, change and cost, without carrying it out",
        description="Explains a request, or a statement of PartiQL, on a database: what it reads in which partitions, "
        "what it changes in which index and why, what it costs, and which index would be cheaper.",
    )
    explain.add_argument("place", metavar="FILE|URL", help="a database file, http://127.0.0.1:8000, dynamodb:eu-west-1")
    explain.add_argument(
        "request", metavar="REQUEST", help="""such as 'Query {"TableName": ...}', or a statement of PartiQL"""
    )
    explain.add_argument("--region", help="region to sign for, of a URL (as boto3 finds it, else us-east-1)")
    explain.add_argument("--json", action="store_true", help="print it as JSON")
    explain.set_defaults(run=_explain)
    cost = commands.add_parser(
        "cost",
        help="show a ledger that was saved, or how two of them differ",
        description="Shows what was noted by minidynamo.observe and saved by Ledger.save: the dearest lines, by "
        "operation, table, index and place in the code. With two files, what has become dearer or cheaper; it then "
        "exits with 1 where anything has become dearer.",
    )
    cost.add_argument("ledger", type=Path, metavar="FILE", help="a ledger")
    cost.add_argument("before", type=Path, nargs="?", metavar="BEFORE", help="an earlier one to compare with")
    cost.add_argument("--by", choices=("operation", "table", "index", "place"), help="add up the lines of each")
    cost.add_argument("--markdown", action="store_true", help="print Markdown, for a summary")
    cost.set_defaults(run=_cost)


def _explain(options: argparse.Namespace) -> int:
    from minidynamo.cli.explain_command import run_explain

    return run_explain(options)


def _cost(options: argparse.Namespace) -> int:
    from minidynamo.cli.cost_command import run_cost

    return run_cost(options)
