"""Middleware around requests and handlers: its order, its life, and that clients made earlier are wrapped too."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

import minidynamo
from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.endpoints.middleware import Call, Middleware, Proceed, Run, everywhere
from minidynamo.endpoints.write_refusal import WriteRefusal
from minidynamo.formats.short_tables import create_table_request
from minidynamo.lambdas.function import Invocation, Outcome
from minidynamo.requests.operations import API, WRITE
from minidynamo.values.api_types import Response
from tests.followed_databases import FollowedDatabases

STREAM = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}}
TABLE = create_table_request("tbl", {"key": ["pk S"], "extra": STREAM})


class Noting(Middleware):
    """Notes what passes."""

    def __init__(self, name: str, notes: list[str]) -> None:
        self.name, self.notes = name, notes

    def execute(self, call: Call, proceed: Proceed) -> Response:
        self.notes.append(f"{self.name} {call.operation}")
        return proceed(call.operation, call.request)


class Doubling(Middleware):
    """Hands every event over twice."""

    def invoke(self, invocation: Invocation, run: Run) -> Outcome:
        run(invocation)
        return run(invocation)


def test_a_database_is_an_endpoint() -> None:
    """In memory, in a file, read-only, simulated and forked."""
    database = minidynamo.connect()
    assert isinstance(database, Endpoint)
    assert isinstance(minidynamo.simulate(), Endpoint)
    assert isinstance(database.fork(), Endpoint)


def test_the_order_is_from_the_inside_out() -> None:
    """What belongs to the endpoint is innermost, then what is everywhere, then what is laid on for a while."""
    database, notes = minidynamo.connect(), list[str]()
    client = database.client()
    database.use(Noting("own", notes))
    with database.using(Noting("first", notes)), everywhere(Noting("everywhere", notes)):
        with database.using(Noting("second", notes)):
            client.list_tables()
        minidynamo.connect().client().list_tables()
    client.list_tables()
    assert notes == [
        *("second ListTables", "first ListTables", "everywhere ListTables", "own ListTables"),
        "everywhere ListTables",
        "own ListTables",
    ]


def test_middleware_may_answer_by_itself() -> None:
    """And may proceed with something else, several times."""

    class Twice(Middleware):
        def execute(self, call: Call, proceed: Proceed) -> Response:
            if call.operation == "DescribeLimits":
                return {"AccountMaxReadCapacityUnits": -1}
            return {"TableNames": [*proceed("ListTables", {})["TableNames"], *proceed("ListTables", {})["TableNames"]]}

    database = minidynamo.connect()
    database.execute("CreateTable", TABLE)
    with database.using(Twice()):
        assert database.client().list_tables()["TableNames"] == ["tbl", "tbl"]
        assert database.client().describe_limits()["AccountMaxReadCapacityUnits"] == -1


def test_handlers_are_wrapped() -> None:
    """A mapping made before the middleware is wrapped as well."""
    database, seen = minidynamo.connect(), list[Any]()
    database.execute("CreateTable", TABLE)
    database.on_stream("tbl", lambda event, context: seen.append(len(event["Records"])))
    for number, middleware in enumerate([Middleware(), Doubling()]):
        with database.using(middleware):
            database.execute("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": str(number)}}})
            database.drain()
    assert seen == [1, 1, 1]


@pytest.mark.parametrize("operation", API)
def test_writes_are_refused(operation: str) -> None:
    """Whatever the request; what does not write goes on to the operation."""
    database = minidynamo.connect()
    with database.using(WriteRefusal()):
        if API[operation].access == WRITE:
            with pytest.raises(minidynamo.DynamoError, match=f"^{operation} is not allowed"):
                database.execute(operation, {})
        else:
            try:
                database.execute(operation, {})
            except minidynamo.DynamoError as error:
                assert error.code != "AccessDeniedException"


def test_an_endpoint_ends_with_its_last_user(followed_databases: FollowedDatabases) -> None:
    """Without middleware nothing keeps it until the garbage collector comes by."""
    gc.collect()
    gc.disable()
    try:
        database = minidynamo.connect()
        database.execute("ListTables", {})
        with database.using(Middleware()):
            pass
        followed_databases.let_go()
        reference = weakref.ref(database)
        del database
        assert reference() is None
    finally:
        gc.enable()
