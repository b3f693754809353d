"""Explanations: exact, without effect, and in words that say what to do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import minidynamo
from minidynamo import Database, DynamoError
from minidynamo.embedded.client import Client
from minidynamo.testing import requests, table_schemas
from tests.insight.conftest import order
from tests.insight.test_units import OPERATIONS, told_openly

KEY = {"pk": {"S": "c0"}, "sk": {"S": "0000"}}
STATUS = {"ExpressionAttributeNames": {"#s": "status"}}
PAID_OF_C0 = {
    "TableName": "Shop",
    "KeyConditionExpression": "pk = :p",
    "FilterExpression": "#s = :s",
    "ExpressionAttributeValues": {":p": {"S": "c0"}, ":s": {"S": "paid"}},
    **STATUS,
}
SHIP = {
    "TableName": "Shop",
    "Key": KEY,
    "UpdateExpression": "SET #s = :s",
    "ConditionExpression": "#s = :o",
    "ExpressionAttributeValues": {":s": {"S": "shipped"}, ":o": {"S": "paid"}},
    **STATUS,
}


def contents(database: Database) -> Any:
    """All items of all tables, and what their partitions have been charged."""
    client = database.fork().client()
    return [
        (
            client.scan(TableName=name)["Items"],
            [(each.read_units, each.write_units) for each in database.partitions(name)],
        )
        for name in database.tables
    ]


@given(st.data())
def test_an_explanation_is_what_the_request_then_costs(data: st.DataObject) -> None:
    """And it changes nothing."""
    schema = data.draw(table_schemas("tbl"))
    database = minidynamo.connect(partition_size=2_000)
    database.execute("CreateTable", schema.request)
    for operation in data.draw(st.lists(st.sampled_from(OPERATIONS), max_size=8)):
        request = data.draw(requests(operation, schema))
        before = contents(database)
        try:
            explained = database.explain(operation, **request)
        except DynamoError as error:
            body, units = told_openly(database, operation, request)
            assert (body, units) == (error.body, 0.0)
            continue
        assert contents(database) == before
        asked = {name: value for name, value in request.items() if name != "ReturnConsumedCapacity"}
        response, units = told_openly(database, operation, asked)
        assert explained.units == pytest.approx(units)
        assert (explained.error is not None) == ("__type" in response)
        json.dumps(explained.as_json())
        assert str(explained)


def test_a_query_is_told_with_its_cheaper_ways(shop: Database) -> None:
    explained = shop.explain("Query", **PAID_OF_C0)
    lines = [" ".join(line.split()) for line in str(explained).splitlines()]
    assert lines == [
        "Query on Shop 3 RRU (eventually consistent), $0.38 per million",
        'reads pk = "c0", all sort keys, ascending 3 partitions of 6',
        "items 60 read, 20 kept by the filter 67% of what is paid for is thrown away",
        'better by_status: status = "paid", would read 20 items, 1 RRU',
        'better a new index with the key (status, pk): status = "paid" and pk = "c0", would read 20 items, 1 RRU; '
        "and it takes 1 WRU or more for each put",
        'better a new index with the key (pk, status): pk = "c0" and status = "paid", would read 20 items, 1 RRU; '
        "and it takes 1 WRU or more for each put",
    ]


def test_what_is_better_is_what_it_then_takes(client: Client, shop: Database) -> None:
    (existing, *_) = shop.explain("Query", **PAID_OF_C0).better
    answer = client.query(
        TableName="Shop",
        IndexName=existing.index,
        KeyConditionExpression="#s = :s",
        ExpressionAttributeValues={":s": {"S": "paid"}},
        ReturnConsumedCapacity="TOTAL",
        **STATUS,  # type: ignore[arg-type]
    )
    assert (existing.items_read, existing.units) == (answer["Count"], answer["ConsumedCapacity"]["CapacityUnits"])


def test_an_update_is_told_with_each_index_that_it_changes(shop: Database) -> None:
    explained = shop.explain("UpdateItem", **SHIP)
    assert [(each.where, each.what, each.units) for each in explained.changes] == [
        ("table Shop", "the item changes: status", 1.0),
        ("index by_status of Shop", 'the entry moves: status "paid" -> "shipped"', 2.0),
    ]
    assert (explained.units, explained.condition) == (3.0, "holds")


def test_a_condition_that_fails_is_told(client: Client, shop: Database) -> None:
    client.update_item(**SHIP)  # type: ignore[arg-type]
    explained = shop.explain("UpdateItem", **SHIP)
    assert (explained.condition, explained.changes) == ("fails", ())
    assert explained.error == "ConditionalCheckFailedException: The conditional request failed"


def test_a_stream_has_a_record_of_each_change() -> None:
    database = minidynamo.connect()
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    from tests.insight.conftest import SHOP

    database.execute("CreateTable", {**SHOP, "StreamSpecification": stream})
    changes = database.explain("PutItem", TableName="Shop", Item=order(1)).changes
    assert (changes[-1].where, changes[-1].what) == ("stream of Shop", "a record (NEW_IMAGE)")


@pytest.mark.parametrize(
    ("operation", "request_", "keys"),
    [
        ("GetItem", {"TableName": "Shop", "Key": KEY}, ['pk = "c0" and sk = "0000"']),
        ("Scan", {"TableName": "Shop"}, ["all keys"]),
        ("Scan", {"TableName": "Shop", "Segment": 1, "TotalSegments": 3}, ["the keys of a segment"]),
        (
            "ExecuteStatement",
            {"Statement": "SELECT * FROM Shop WHERE pk = 'c0'"},
            ['pk = "c0", all sort keys'],
        ),
        (
            "TransactGetItems",
            {"TransactItems": [{"Get": {"TableName": "Shop", "Key": KEY}}]},
            ['pk = "c0" and sk = "0000"'],
        ),
    ],
)
def test_what_is_read_is_told_in_words(
    operation: str, request_: dict[str, Any], keys: list[str], shop: Database
) -> None:
    assert [each.keys for each in shop.explain(operation, **request_).reads] == keys


def test_a_write_of_partiql_is_told_as_any_other(shop: Database) -> None:
    statement = "UPDATE Shop SET status = 'shipped' WHERE pk = 'c0' AND sk = '0000'"
    explained = shop.explain("ExecuteStatement", Statement=statement)
    assert (explained.units, len(explained.changes)) == (3.0, 2)


def test_pages_are_told(shop: Database) -> None:
    explained = shop.explain("Scan", TableName="Shop", Limit=10)
    assert explained.has_more
    assert "the first of about 18, which take about 8.5 RRU together; go on" in str(explained)


def test_the_client_explains_what_it_would_do(client: Client) -> None:
    assert client.explain.get_item(TableName="Shop", Key=KEY).units == 0.5
    with pytest.raises(AttributeError, match="explain has no method 'create_table': it has batch_execute_statement"):
        client.explain.create_table(TableName="x")


def test_what_reads_and_writes_no_items_is_refused(shop: Database) -> None:
    with pytest.raises(DynamoError, match="CreateTable cannot be explained: explain takes BatchExecuteStatement"):
        shop.explain("CreateTable", TableName="New")


def test_requests_that_are_wrong_are_refused_in_the_services_words(shop: Database) -> None:
    with pytest.raises(DynamoError, match="Either the KeyConditions or KeyConditionExpression parameter must be"):
        shop.explain("Query", TableName="Shop")


def test_a_simulated_database_explains_without_misbehaving() -> None:
    database = minidynamo.simulate(profile="stormy", seed=1)
    from tests.insight.conftest import SHOP

    with database.faults.paused():
        database.execute("CreateTable", SHOP)
    calls = len(database.history().calls)
    for _ in range(50):
        assert database.explain("PutItem", TableName="Shop", Item=order(1)).units == 2.0
    assert len(database.history().calls) == calls


def test_a_database_at_a_url_explains_through_its_api(shop: Database) -> None:
    """A read is carried out there; a write on a copy of what it names."""
    before = shop.fork().client().scan(TableName="Shop")["Items"]
    with shop.serve() as server:
        remote = minidynamo.connect(server.url)
        read = remote.explain("Query", **PAID_OF_C0)
        written = remote.explain("UpdateItem", **SHIP)
        remote.close()
    assert (read.items_read, read.items_kept, read.units) == (60, 20, 3.0)
    assert read.remarks[0] == f"carried out at {server.url}, where it took its units"
    assert (written.units, written.condition, len(written.changes)) == (3.0, "holds", 2)
    assert shop.client().scan(TableName="Shop")["Items"] == before


def test_a_select_is_told_with_its_cheaper_ways(shop: Database) -> None:
    statement = "SELECT * FROM Shop WHERE status = 'paid' AND kind = '9'"
    ways = shop.explain("ExecuteStatement", Statement=statement).better
    assert [(each.index, each.key, each.exists, each.items_read) for each in ways] == [
        (None, "status, kind", False, 1),
        ("by_status", "status", True, 20),
    ]


def test_a_select_by_its_key_has_no_cheaper_way(shop: Database) -> None:
    statement = "SELECT * FROM Shop WHERE pk = 'c0' AND sk = '0000'"
    assert shop.explain("ExecuteStatement", Statement=statement).better == ()


def test_a_select_of_a_collection_is_told_with_the_key_that_it_lacks(shop: Database) -> None:
    ways = shop.explain("ExecuteStatement", Statement="SELECT * FROM Shop WHERE pk = 'c0' AND kind = '9'").better
    assert [(each.key, each.items_read) for each in ways] == [("kind, pk", 3), ("pk, kind", 3)]


def test_a_scan_can_be_estimated_without_reading_it(shop: Database) -> None:
    exact = shop.explain("Scan", TableName="Shop")
    estimated = shop.explain("Scan", TableName="Shop", analyze=False)
    assert estimated.units == exact.units
    assert (estimated.reads[0].partitions, estimated.reads[0].keys) == (6, "all keys")
    assert estimated.remarks[0].startswith("at most, by the sizes of partitions: 180 items of ")


def test_a_query_takes_no_more_than_is_estimated(shop: Database) -> None:
    exact = shop.explain("Query", **PAID_OF_C0)
    estimated = shop.explain("Query", analyze=False, **PAID_OF_C0)
    assert exact.units <= estimated.units
    assert estimated.reads[0].partitions == 3


def test_what_is_exact_anyway_is_not_estimated(shop: Database) -> None:
    with pytest.raises(DynamoError, match="analyze=False is for Query and Scan: explain GetItem without it"):
        shop.explain("GetItem", analyze=False, TableName="Shop", Key=KEY)


def test_a_select_tells_how_many_items_it_reads(shop: Database) -> None:
    explained = shop.explain("ExecuteStatement", Statement="SELECT * FROM Shop WHERE status = 'paid'")
    assert (explained.items_read, explained.items_kept) == (180, 20)
    assert "180 read, 20 kept by the filter" in str(explained)


def test_a_limit_is_one_of_other_indexes_too(shop: Database) -> None:
    asked = {"FilterExpression": "kind = :k", "ExpressionAttributeValues": {":k": {"S": "7"}}}
    (new,) = shop.explain("Scan", TableName="Shop", Limit=20, **asked).better
    assert new.items_read == 9
    (new,) = shop.explain("Scan", TableName="Shop", Limit=50, **asked).better
    assert new.items_read == 9
