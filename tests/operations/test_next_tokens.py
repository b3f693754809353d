"""NextTokens of statements: each is read again for a day, and nothing else is one, whatever its checksum says."""

from __future__ import annotations

import base64
import math
from typing import Any

import msgpack
import pytest

import minidynamo
from minidynamo import Database, DynamoError, ManualClock
from minidynamo.formats.short_tables import create_table_request
from minidynamo.operations.statements import next_token
from minidynamo.values.api_types import Response

TABLE = create_table_request("tbl", {"key": ["pk S", "sk N"], "gsi": {"by_g": {"key": ["g B"]}}})
STATEMENT = "SELECT * FROM tbl WHERE pk = 'a' AND sk > 1"
OF_INDEX = 'SELECT * FROM "tbl"."by_g"'
KEY = {"pk": {"S": "a"}, "sk": {"N": "2"}}


@pytest.fixture
def table(clock: ManualClock) -> Database:
    database = minidynamo.connect(clock=clock)
    database.execute("CreateTable", TABLE)
    for number in range(1, 5):
        item = {"pk": {"S": "a"}, "sk": {"N": str(number)}, "g": {"B": b"x"}}
        database.execute("PutItem", {"TableName": "tbl", "Item": item})
    return database


def selected(table: Database, statement: str = STATEMENT, **members: object) -> Response:
    return table.execute("ExecuteStatement", {"Statement": statement, **members})


def fields_of(table: Database, statement: str = STATEMENT) -> list[Any]:
    """What the token of a first page holds: its statement, the key to go on behind, and when it was made."""
    data = base64.b64decode(selected(table, statement, Limit=1)["NextToken"])
    fields: list[Any] = msgpack.unpackb(data[8:])
    return fields


def forged(packed: bytes) -> str:
    """A token with the checksum that is due."""
    return base64.b64encode(next_token._checksum(packed) + packed).decode()


def refusal(table: Database, token: str, statement: str = STATEMENT) -> str:
    with pytest.raises(DynamoError) as raised:
        selected(table, statement, NextToken=token)
    assert raised.value.code == "ValidationException"
    return raised.value.message


def test_the_key_of_another_item_is_a_place(table: Database) -> None:
    """The forgery of these tests is one where all of it is right."""
    owner, _, made_at = fields_of(table)
    items = selected(table, NextToken=forged(msgpack.packb([owner, KEY, made_at])))["Items"]
    assert [item["sk"] for item in items] == [{"N": "3"}, {"N": "4"}]


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"\xc1",
        b"\x93\x01",
        msgpack.packb(None),
        msgpack.packb(5),
        msgpack.packb([]),
        msgpack.packb([b"x" * 12, KEY]),
        msgpack.packb([b"x" * 12, KEY, 0.0, 1]),
        msgpack.packb([b"x" * 12, KEY, 0.0]) + b"\0",
        msgpack.packb({"a": KEY, "b": KEY, "c": 0.0}),
        msgpack.packb({1: 2, 3: 4, 5: 6}),
        b"\x91" * 5_000,
        b"\xd6\xff\xff\xff\xff\xff",
    ],
    ids=range(13),
)
def test_what_is_no_list_of_three_is_no_token(table: Database, packed: bytes) -> None:
    assert refusal(table, forged(packed)) == "Invalid NextToken"


@pytest.mark.parametrize("owner", [None, "x" * 12, 5, b"", b"x" * 11, [1]])
def test_it_belongs_to_a_statement(table: Database, owner: object) -> None:
    assert refusal(table, forged(msgpack.packb([owner, *fields_of(table)[1:]]))) == "Invalid NextToken"


@pytest.mark.parametrize(
    "key",
    [
        None,
        [],
        "pk",
        {},
        {"pk": {"S": "a"}},
        {**KEY, "g": {"B": b"x"}},
        {"pk": {"S": "a"}, "other": {"N": "2"}},
        {"pk": {"S": "a"}, "sk": {"S": "2"}},
        {"pk": {"S": "a"}, "sk": {"N": 2}},
        {"pk": {"S": "a"}, "sk": {"N": "x"}},
        {"pk": {"S": "a"}, "sk": {"N": "2.0"}},
        {"pk": {"S": "a"}, "sk": {"N": "1e999"}},
        {"pk": {"S": b"a"}, "sk": {"N": "2"}},
        {"pk": {"S": ""}, "sk": {"N": "2"}},
        {"pk": {"S": "a" * 3_000}, "sk": {"N": "2"}},
        {"pk": {"S": "a", "N": "1"}, "sk": {"N": "2"}},
        {"pk": {}, "sk": {"N": "2"}},
        {"pk": "a", "sk": {"N": "2"}},
        {"pk": {"M": {"S": "a"}}, "sk": {"N": "2"}},
        {b"pk": {"S": "a"}, "sk": {"N": "2"}},
        {"pk": {b"S": "a"}, "sk": {"N": "2"}},
        {"pk": {"S": "b"}, "sk": {"N": "2"}},
        {"pk": {"S": "a"}, "sk": {"N": "1"}},
    ],
    ids=range(23),
)
def test_its_key_is_in_a_range_of_the_statement(table: Database, key: object) -> None:
    owner, _, made_at = fields_of(table)
    assert refusal(table, forged(msgpack.packb([owner, key, made_at]))) == "Invalid NextToken"


@pytest.mark.parametrize("g", [None, {"S": "x"}, {"B": "x"}, {"B": b""}, {"B": b"x" * 3_000}])
def test_its_key_is_that_of_the_index_too(table: Database, g: object) -> None:
    owner, _, made_at = fields_of(table, OF_INDEX)
    key = KEY if g is None else {**KEY, "g": g}
    assert refusal(table, forged(msgpack.packb([owner, key, made_at])), OF_INDEX) == "Invalid NextToken"


@pytest.mark.parametrize("made_at", [None, "0", True, b"", math.nan, math.inf, -math.inf, 10**18, 0, 0.0, 1e300])
def test_it_was_made_at_some_time_of_the_last_day(table: Database, made_at: object) -> None:
    """What says that it comes from far ahead would never expire."""
    owner, key, _ = fields_of(table)
    assert refusal(table, forged(msgpack.packb([owner, key, made_at]))) == "Invalid NextToken"


def test_it_expires(table: Database, clock: ManualClock) -> None:
    token = selected(table, Limit=1)["NextToken"]
    clock.advance(24 * 3600)
    assert len(selected(table, NextToken=token)["Items"]) == 2
    clock.advance(1)
    assert refusal(table, token) == "Invalid NextToken"


def test_it_is_of_one_statement(table: Database) -> None:
    token = selected(table, Limit=1)["NextToken"]
    assert refusal(table, token, OF_INDEX) == "NextToken does not match request"
