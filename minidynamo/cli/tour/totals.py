"""The tour's scene about streams: a handler keeps totals per country of the cities that are written."""

from __future__ import annotations

import time
from collections import Counter

from rich.console import Console

from minidynamo.cli.display import items_table
from minidynamo.database.database import Database
from minidynamo.values.api_types import JsonObject, Request

STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
_TOTALS: Request = {
    "TableName": "Totals",
    "KeySchema": [{"AttributeName": "country", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "country", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
_ROWS = 5


def show_totals(console: Console, database: Database, table_name: str) -> None:
    """Hands all that was written to a handler, which is a plain function, and shows what it has made of it."""
    database.execute("CreateTable", _TOTALS)

    def keep_totals(event: JsonObject, context: object) -> None:
        cities, people = _differences(event)
        for country in cities.keys() | people.keys():
            _add(database, country, cities[country], people[country])

    mapping = database.on_stream(table_name, keep_totals, BatchSize=1_000)
    console.print(
        "Every write so far is in the table's [bold]stream[/]. A plain Python function gets them in batches, as AWS "
        "Lambda would call it:\n"
        f'[dim]db.on_stream("{table_name}", keep_totals, BatchSize=1000); db.drain()[/]'
    )
    started = time.perf_counter()
    report = database.drain()
    seconds = time.perf_counter() - started
    items = database.execute("Scan", {"TableName": "Totals"})["Items"]
    items.sort(key=lambda item: -int(item["cities"]["N"]))
    console.print(items_table(items[:_ROWS], ("country", "cities", "people")))
    console.print(
        f"{mapping.metrics.records:,} changes in {report.total} invocations: "
        f"[bold]{mapping.metrics.records / seconds:,.0f} changes per second[/]. The move from Oslo to Bergen is among "
        "them, and cancels out."
    )


def _differences(event: JsonObject) -> tuple[Counter[str], Counter[str]]:
    """By country, how many more cities and people there are after a batch of changes."""
    cities: Counter[str] = Counter()
    people: Counter[str] = Counter()
    for record in event["Records"]:
        for image, sign in (("NewImage", 1), ("OldImage", -1)):
            city = record["dynamodb"].get(image)
            if city is not None:
                cities[city["country"]["S"]] += sign
                people[city["country"]["S"]] += sign * int(city["population"]["N"])
    return cities, people


def _add(database: Database, country: str, cities: int, people: int) -> None:
    database.execute(
        "UpdateItem",
        {
            "TableName": "Totals",
            "Key": {"country": {"S": country}},
            "UpdateExpression": "ADD cities :cities, people :people",
            "ExpressionAttributeValues": {":cities": {"N": str(cities)}, ":people": {"N": str(people)}},
        },
    )
