"""The tour's scenes about cost: what a scan that comes again costs, and the index that would save it."""

from __future__ import annotations

from rich.console import Console

from minidynamo.cli.display import plain_text
from minidynamo.database.database import Database
from minidynamo.insight.ledger import Ledger
from minidynamo.insight.observer import Observer
from minidynamo.values.api_types import Request

_READERS = 3


def show_scan_cost(console: Console, database: Database, table_name: str) -> None:
    """Lets a scan with a filter come again and again, and shows the ledger and its advice."""
    console.print(
        "A report scans for the cities on Reykjavík's time, and keeps a few of all that it reads. A [bold]ledger[/] "
        "notes what requests cost, and the lines of code that they come from:\n"
        "[dim]with minidynamo.observe(db) as ledger: report()[/]"
    )
    ledger = Ledger()
    with database.using(Observer([ledger.note], finds_places=False)):
        for _ in range(_READERS):
            for page in database.client().get_paginator("scan").paginate(**_by_filter(table_name)):
                assert page["ScannedCount"] >= page["Count"], "more is kept than was read"
    for line in str(ledger).splitlines():
        console.print(plain_text(line), soft_wrap=True, style="dim" if line.startswith("operation") else None)
    console.print("[dim]ledger.advice()[/]")
    for advice in ledger.advice():
        console.print(plain_text(f"  {advice.text}; saves {advice.units_saved:,.0f} units"), style="yellow")


def show_better_index(console: Console, database: Database, table_name: str) -> None:
    """Explains the scan, and what the index that is there would take instead; and one that is not there."""
    console.print(
        "[bold]explain[/] carries a request out on a shadow, without effect, and counts what each index would read:\n"
        '[dim]db.explain("Scan", TableName="Cities", FilterExpression="#zone = :zone", ...)[/]'
    )
    _print(console, database, _by_filter(table_name))
    console.print("The same for an attribute that no index has:")
    _print(
        console,
        database,
        {
            "TableName": table_name,
            "FilterExpression": "#region = :region",
            "ExpressionAttributeNames": {"#region": "region"},
            "ExpressionAttributeValues": {":region": {"S": "39"}},
        },
    )


def _by_filter(table_name: str) -> Request:
    return {
        "TableName": table_name,
        "FilterExpression": "#zone = :zone",
        "ExpressionAttributeNames": {"#zone": "timezone"},
        "ExpressionAttributeValues": {":zone": {"S": "Atlantic/Reykjavik"}},
    }


def _print(console: Console, database: Database, request: Request) -> None:
    for line in str(database.explain("Scan", **request)).splitlines():
        console.print(plain_text(line), soft_wrap=True, style="green" if line.startswith("  better") else None)
