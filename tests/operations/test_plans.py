"""Plans of reads and writes are made of parts, without a request: another language can make them."""

from __future__ import annotations

from typing import Any

import pytest

import minidynamo
from minidynamo.errors import ConditionalCheckFailed
from minidynamo.expressions.binding import bind
from minidynamo.expressions.bound import Bound, Filter
from minidynamo.expressions.key_condition import KeyClause
from minidynamo.expressions.syntax import Literal
from minidynamo.formats.short_tables import create_table_request
from minidynamo.operations.items.item_writes import UNGUARDED, Guard, ItemDeletion, ItemPut, ItemUpdate
from minidynamo.operations.items.page_reads import PageRead, read_page
from minidynamo.operations.items.query import find_query
from minidynamo.operations.items.scan import find_scan
from minidynamo.operations.items.single_write import Returns, write_item
from minidynamo.values.records import checked_record

TABLE = create_table_request("tbl", {"key": ["pk S", "sk N"]})


def item_of(number: int) -> dict[str, Any]:
    return {"pk": {"S": "p"}, "sk": {"N": str(number)}}


@pytest.fixture
def database() -> minidynamo.Database:
    database = minidynamo.connect()
    database.execute("CreateTable", TABLE)
    for number in range(5):
        write_item(database, ItemPut("tbl", UNGUARDED, *checked_record(item_of(number))), Returns())
    return database


def test_writes(database: minidynamo.Database) -> None:
    """A put, an update, a guarded deletion; what is returned is what was asked for."""
    bound = bind({"UpdateExpression": "SET n = :n", "ExpressionAttributeValues": {":n": {"N": "7"}}})
    update = ItemUpdate("tbl", UNGUARDED, item_of(1), bound.update)
    response = write_item(database, update, Returns("ALL_NEW", capacity="TOTAL"))
    assert response["Attributes"] == {**item_of(1), "n": {"N": "7"}}
    assert response["ConsumedCapacity"] == {"TableName": "tbl", "CapacityUnits": 1.0}
    guard = Guard(lambda item: "n" not in item, shows_item=True)
    with pytest.raises(ConditionalCheckFailed) as caught:
        write_item(database, ItemDeletion("tbl", guard, item_of(1)), Returns())
    assert caught.value.members["Item"]["n"] == {"N": "7"}
    assert write_item(database, ItemDeletion("tbl", UNGUARDED, item_of(1)), Returns("ALL_OLD"))["Attributes"]
    database.check()


def test_reads(database: minidynamo.Database) -> None:
    """A query by clauses, and a scan, with a filter of one's own."""
    clauses = (KeyClause("pk", "=", (Literal({"S": "p"}),)), KeyClause("sk", ">", (Literal({"N": "1"}),)))
    plan = PageRead("tbl", Bound(key_clauses=clauses), limit=2, is_reversed=True)
    response = read_page(database, plan, lambda: find_query(database, plan))
    assert response["Items"] == [item_of(4), item_of(3)]
    following = PageRead("tbl", Bound(key_clauses=clauses), start_key=response["LastEvaluatedKey"], is_reversed=True)
    assert read_page(database, following, lambda: find_query(database, following))["Items"] == [item_of(2)]
    scan = PageRead("tbl", Bound(filter=Filter(lambda item: item["sk"]["N"] == "3", ("sk",))), select="COUNT")
    assert read_page(database, scan, lambda: find_scan(database, scan)) == {"Count": 1, "ScannedCount": 5}
