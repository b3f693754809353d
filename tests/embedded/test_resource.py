"""The embedded resource: Python values, conditions, batch writer, attributes of tables."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import boto3.dynamodb.conditions as boto3_conditions
import pytest
from boto3.dynamodb.conditions import ConditionExpressionBuilder

from minidynamo import Attr, Binary, Database, Key
from minidynamo.embedded import conditions
from minidynamo.embedded.table_resource import TableResource
from minidynamo.formats.short_tables import create_table_request


@pytest.fixture
def table(database: Database) -> TableResource:
    return database.resource().create_table(**create_table_request("Music", {"key": ["artist S", "song S"]}))


ITEM: Any = {
    "artist": "a",
    "song": "s",
    "n": Decimal("1.5"),
    "b": Binary(b"x"),
    "set": {"p", "q"},
    "numbers": {Decimal(1), Decimal(2)},
    "list": [Decimal(1), None, True, {"deep": "value"}],
    "empty": "",
}


def test_python_values_come_back(table: TableResource) -> None:
    """Put, get, query, scan, update and delete speak Python values."""
    table.put_item(Item=ITEM)
    key = {"artist": "a", "song": "s"}
    assert table.get_item(Key=key)["Item"] == ITEM
    assert table.query(KeyConditionExpression=Key("artist").eq("a"))["Items"] == [ITEM]
    assert table.scan(FilterExpression=Attr("list[3].deep").eq("value"))["Items"] == [ITEM]
    response = table.update_item(
        Key=key, UpdateExpression="ADD n :one", ExpressionAttributeValues={":one": 1}, ReturnValues="UPDATED_NEW"
    )
    assert response["Attributes"] == {"n": Decimal("2.5")}
    assert table.delete_item(Key=key, ReturnValues="ALL_OLD")["Attributes"]["numbers"] == {1, 2}


def test_floats_are_refused(table: TableResource) -> None:
    """With boto3's words."""
    with pytest.raises(TypeError, match=r"Float types are not supported. Use Decimal types instead."):
        table.put_item(Item={"artist": "a", "song": "s", "x": 1.5})


CONDITIONS: list[Any] = [
    lambda module: module.Attr("a").eq("x"),
    lambda module: module.Attr("a").ne(1) & module.Attr("b").lt(2),
    lambda module: (module.Attr("a").lte(1) | module.Attr("b").gt(2)) & ~module.Attr("c").gte(3),
    lambda module: module.Attr("a.b[0].c").begins_with("x"),
    lambda module: module.Attr("a").between(1, 2),
    lambda module: module.Attr("a").is_in([1, 2, 3]),
    lambda module: module.Attr("a").exists() & module.Attr("b").not_exists(),
    lambda module: module.Attr("a").contains("x"),
    lambda module: module.Attr("a").size().gt(3),
    lambda module: module.Attr("a").size().eq(2) | module.Attr("a").size().between(3, 4),
    lambda module: module.Attr("a").attribute_type("S"),
    lambda module: module.Attr("a").eq(module.Attr("b")),
    lambda module: module.Attr("a").eq([1, 2]),
    lambda module: module.Key("p").eq("x") & module.Key("s").between(1, 2),
]


@pytest.mark.parametrize("make", CONDITIONS)
def test_conditions_are_built_as_boto3_builds_them(make: Any) -> None:
    """The same expression, names and values, from our conditions and from boto3's own."""
    expected = ConditionExpressionBuilder().build_expression(make(boto3_conditions))
    for module in (conditions, boto3_conditions):
        builder = conditions.ExpressionBuilder()
        assert builder.build(make(module)) == expected.condition_expression
        assert builder.names == expected.attribute_name_placeholders
        assert builder.values == expected.attribute_value_placeholders


def test_key_condition_and_filter_share_their_placeholders(table: TableResource) -> None:
    """And join those that the caller gives."""
    table.put_item(Item=ITEM)
    response = table.query(
        KeyConditionExpression=Key("artist").eq("a") & Key("song").begins_with("s"),
        FilterExpression=Attr("n").gt(1) & Attr("set").contains("p"),
        ProjectionExpression="#mine",
        ExpressionAttributeNames={"#mine": "n"},
    )
    assert response["Items"] == [{"n": Decimal("1.5")}]


def test_conditions_join_only_conditions() -> None:
    """Anything else is a mistake of the program."""
    with pytest.raises(TypeError, match="AND joins conditions"):
        Attr("a").eq(1) & True
    assert Attr("a") == Attr("a") != Key("a")
    assert Attr("a").eq(1) == Attr("a").eq(1) != Attr("a").eq(2)
    assert repr(Attr("a")) == "Attr('a')"


def test_the_batch_writer_sends_everything(table: TableResource) -> None:
    """In batches of 25, the rest at the end; of equal keys the last one wins if asked."""
    with table.batch_writer() as batch:
        for number in range(60):
            batch.put_item(Item={"artist": "a", "song": str(number)})
    with table.batch_writer(overwrite_by_pkeys=["artist", "song"]) as batch:
        for number in range(30):
            batch.put_item(Item={"artist": "b", "song": "same", "n": number})
        batch.delete_item(Key={"artist": "a", "song": "0"})
    table.reload()
    assert table.item_count == 60
    assert table.get_item(Key={"artist": "b", "song": "same"})["Item"]["n"] == 29


def test_the_batch_writer_resends_what_was_left_over(table: TableResource) -> None:
    """Until nothing is."""
    sent: list[int] = []
    original = table.meta.client.batch_write_item

    def throttled(RequestItems: Any) -> Any:
        requests = RequestItems["Music"]
        sent.append(len(requests))
        done, left = requests[:10], requests[10:]
        original(RequestItems={"Music": done})
        return {"UnprocessedItems": {"Music": left} if left else {}}

    from minidynamo.embedded.batch_writer import BatchWriter

    with BatchWriter("Music", throttled) as batch:
        for number in range(26):
            batch.put_item(Item={"artist": "a", "song": str(number)})
    assert sent == [25, 16, 6]
    assert table.scan(Select="COUNT")["Count"] == 26


def test_attributes_of_a_table(table: TableResource) -> None:
    """Come from its description."""
    table.put_item(Item=ITEM)
    table.reload()
    assert table.table_name == table.name == "Music"
    assert table.table_status == "ACTIVE"
    assert table.item_count == 1
    assert table.key_schema[0] == {"AttributeName": "artist", "KeyType": "HASH"}
    assert table.table_arn.endswith("table/Music")
    assert table.global_secondary_indexes is None
    assert table.creation_date_time.year > 2000
    with pytest.raises(AttributeError):
        table.nonsense


def test_tables_of_a_resource(database: Database, table: TableResource) -> None:
    """Listing, batch reads and writes, updating, waiting, deleting."""
    resource = database.resource()
    other = resource.create_table(**create_table_request("Other", {"key": ["pk S"]}))
    assert list(resource.tables.all()) == [table, other]
    assert list(resource.tables.limit(1)) == [table]
    resource.batch_write_item(RequestItems={"Other": [{"PutRequest": {"Item": {"pk": "a", "n": 1}}}]})
    response = resource.batch_get_item(RequestItems={"Other": {"Keys": [{"pk": "a"}, {"pk": "b"}]}})
    assert response["Responses"] == {"Other": [{"pk": "a", "n": 1}]}
    assert other.update(DeletionProtectionEnabled=True).deletion_protection_enabled is True
    with pytest.raises(table.meta.client.exceptions.ClientError, match="protected against deletion"):
        other.delete()
    table.wait_until_exists()
    table.delete()
    table.wait_until_not_exists()
    assert [each.name for each in resource.tables] == ["Other"]


def test_transactions_through_the_resource_client(table: TableResource) -> None:
    """The client behind the resource speaks Python values too."""
    client = table.meta.client
    client.transact_write_items(TransactItems=[{"Put": {"TableName": "Music", "Item": ITEM}}])
    get = {"Get": {"TableName": "Music", "Key": {"artist": "a", "song": "s"}}}
    assert client.transact_get_items(TransactItems=[get])["Responses"] == [{"Item": ITEM}]
