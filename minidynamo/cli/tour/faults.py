"""The tour's scene about faults: the same calls on a quiet database and on one that answers as the service may."""

from __future__ import annotations

from rich.console import Console
from rich.table import Column, Table

from minidynamo.database.database import Database
from minidynamo.errors import DynamoError
from minidynamo.simulation import Fault, FaultSchedule, simulate
from minidynamo.values.api_types import Response

_FAULTS = FaultSchedule([Fault("stale_read"), Fault("index_lag"), Fault("unprocessed"), Fault("response_lost", at=2)])
_NEW = {"country": {"S": "IS"}, "city": {"S": "New Reykjavík"}}
_OTHERS = [{"country": {"S": "IS"}, "city": {"S": f"Newer Reykjavík {number}"}} for number in (1, 2)]


def show_faults(console: Console, database: Database, table_name: str) -> None:
    """Makes the same calls twice: without faults, and with one of each of four kinds."""
    console.print(
        "No quiet database shows what the real service may do. A [bold]simulated[/] one does, on purpose, from a seed, "
        "a profile or a schedule:\n"
        f"[dim]minidynamo.simulate(db, schedule={_FAULTS!r})[/]",
    )
    simulated = simulate(database, schedule=_FAULTS)
    quiet = _responses(database.fork(), table_name)
    shown = Table(*(Column(name, overflow="fold") for name in ("call", "a quiet database", "this one")))
    for (call, expected), found in zip(
        quiet, (response for _, response in _responses(simulated, table_name)), strict=True
    ):
        shown.add_row(call, expected, found if found == expected else f"[red]{found}[/]")
    console.print(shown)
    console.print("What was chosen, and why it is legal:")
    console.print(str(simulated.history()), style="dim", markup=False, soft_wrap=True)
    console.print(
        "Under Hypothesis, [bold]minidynamo.testing[/] draws such schedules and shrinks them to the one fault that "
        "breaks an application."
    )


def _responses(database: Database, table_name: str) -> list[tuple[str, str]]:
    """What some calls answer, in words."""
    place = {"S": "Atlantic/Reykjavik"}
    people = {"population": {"N": "1"}, "timezone": place}

    def call(operation: str, **request: object) -> Response:
        return database.execute(operation, {"TableName": table_name, **request})

    call("PutItem", Item={**_NEW, **people})
    entries = [{"PutRequest": {"Item": {**each, **people}}} for each in _OTHERS]
    batch = database.execute("BatchWriteItem", {"RequestItems": {table_name: entries}})
    found = call("GetItem", Key=_OTHERS[0])
    index = call(
        "Query",
        IndexName="by_timezone",
        KeyConditionExpression="#zone = :zone",
        ExpressionAttributeNames={"#zone": "timezone"},
        ExpressionAttributeValues={":zone": place},
    )
    one = {":one": {"N": "1"}}
    update = {"Key": _NEW, "UpdateExpression": "ADD population :one", "ExpressionAttributeValues": one}
    for _ in range(2):  # As an SDK does: it tries again.
        try:
            call("UpdateItem", **update)
            break
        except DynamoError:
            continue
    counted = call("GetItem", Key=_NEW, ConsistentRead=True)["Item"]["population"]["N"]
    left = len(batch["UnprocessedItems"].get(table_name, []))
    cities = sum("New" in item["city"]["S"] for item in index["Items"])
    return [
        ("write two cities in a batch", f"{2 - left} written, {left} unprocessed"),
        ("read one of them right away", "found" if "Item" in found else "not found"),
        ("query the time zone's index for new cities", f"{cities} of the new ones"),
        ("add 1 to a population of 1, trying again after an error", f"{counted} people"),
    ]
