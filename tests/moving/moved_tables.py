"""Tables that move in tests: both ends in memory, and what is in them."""

from __future__ import annotations

from pathlib import Path

import minidynamo
from minidynamo import Database
from minidynamo.endpoints.middleware import Call, Middleware, Proceed
from minidynamo.errors import AccessDenied
from minidynamo.formats.short_tables import create_table_request
from minidynamo.moving.facts import TableFacts, facts_of
from minidynamo.moving.move import Move, MoveSettings
from minidynamo.moving.places import Place
from minidynamo.moving.repairing import repair
from minidynamo.moving.verifying import Verification
from minidynamo.values.api_types import JsonObject, Response
from minidynamo.values.attribute_value import Item

NAME = "Things"
STREAM: JsonObject = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}}


class AmazonPlace(Place):
    """A place that says it is Amazon's, so that what it costs is counted."""

    @property
    def is_amazon(self) -> bool:
        return True


class DeniedOnce(Middleware):
    """Denies the first request of an operation, which is no error that passes."""

    def __init__(self, operation: str) -> None:
        self._operation = operation

    def execute(self, call: Call, proceed: Proceed) -> Response:
        if call.operation == self._operation:
            self._operation = ""
            raise AccessDenied("Not now.")
        return proceed(call.operation, call.request)


def make_things(database: Database, name: str = NAME, **members: object) -> None:
    """Makes a table with a stream; members are those of CreateTable, None to leave one out."""
    request = {**create_table_request(name, {"key": ["id S"]}), **STREAM, **members}
    database.execute("CreateTable", {key: value for key, value in request.items() if value is not None})


def thing(name: str, text: str = "", **members: str) -> Item:
    item: Item = {"id": {"S": name}, **{key: {"S": value} for key, value in members.items()}}
    return {**item, "text": {"S": text}} if text else item


def put(database: Database, *items: Item, table: str = NAME) -> None:
    for item in items:
        database.execute("PutItem", {"TableName": table, "Item": item})


def delete(database: Database, *names: str, table: str = NAME) -> None:
    for name in names:
        database.execute("DeleteItem", {"TableName": table, "Key": {"id": {"S": name}}})


def items_of(database: Database, table: str = NAME) -> dict[str, Item]:
    """All items by their ids."""
    found: dict[str, Item] = {}
    request: JsonObject = {"TableName": table, "ConsistentRead": True}
    while True:
        page = database.execute("Scan", request)
        found |= {item["id"]["S"]: item for item in page["Items"]}
        if "LastEvaluatedKey" not in page:
            return found
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def move_of(source: Database, target: Database, journal: Path, **settings: object) -> Move:
    """A move from one database to another."""
    return Move(Place("source", source), Place("target", target), journal, MoveSettings(**settings))  # type: ignore[arg-type]


def facts(database: Database, name: str = NAME) -> TableFacts:
    found = facts_of(database, name)
    assert found is not None, f"there is no {name}"
    return found


def copied(move: Move, name: str = NAME) -> TableFacts:
    """Copies a table to its end."""
    prepared = move.prepare(name)
    assert move.copy(prepared, lambda: True)
    return prepared


def followed(move: Move, name: str = NAME) -> int:
    """Follows a table until nothing is waiting; how many changes there were."""
    follower = move.follower(move.required_facts(name))
    count = 0
    try:
        while True:
            step = follower.step()
            count += step.change_count
            if step.is_caught_up:
                return count
    finally:
        follower.close()


def verified(move: Move, repairs: bool = False, name: str = NAME) -> Verification:
    """Compares both ends, and makes the target what the source is where that is asked."""
    verifier = move.verifier(move.required_facts(name), lambda count: True)
    result = verifier.run()
    if repairs:
        repair(result.faults, verifier.source, move.target.opened(), name, move.writing)
    return result


def kinds_of(result: Verification) -> dict[str, str]:
    """How each item differs, by its id."""
    return {each.key["id"]["S"]: each.kind for each in result.differences}


def pair(**settings: object) -> tuple[Database, Database]:
    """A source with a table, and an empty target, in memory."""
    source, target = minidynamo.connect(**settings), minidynamo.connect()  # type: ignore[arg-type]
    make_things(source)
    return source, target
