"""The database as a whole: splits, pages, statuses, tokens, identifiers, and what it refuses."""

from __future__ import annotations

import re
from typing import Any

import pytest

import minidynamo
from minidynamo import Database, DynamoError, ManualClock
from minidynamo.formats.short_tables import create_table_request
from minidynamo.storage.memory.engine import MemoryEngine
from tests.database.new_table import Open, make_table


def test_partitions_split_during_ordinary_writes(open_database: Open) -> None:
    """Of the table and of each index; the map tells ranges, sizes, counts and load."""
    database = open_database(partition_size=2_000)
    make_table(database, key=["pk S", "sk N"], gsi={"by_g": {"key": ["g S"]}})
    for number in range(200):
        item = {"pk": {"S": f"p{number % 20}"}, "sk": {"N": str(number)}, "g": {"S": "same"}, "x": {"S": "y" * 50}}
        database.execute("PutItem", {"TableName": "tbl", "Item": item})
    partitions = database.partitions("tbl")
    for index in (None, "by_g"):
        own = [each for each in partitions if each.index == index]
        assert len(own) > 4
        assert own[0].start == b""
        assert own[-1].stop is None
        assert [each.stop for each in own[:-1]] == [each.start for each in own[1:]]
        assert sum(each.item_count for each in own) == 200
        assert sum(each.write_units for each in own) == pytest.approx(200)
        assert all(each.size_bytes <= 2_000 for each in own)
    database.execute("Scan", {"TableName": "tbl"})
    assert sum(each.read_units for each in database.partitions("tbl")) > 0


def test_a_full_item_collection_is_refused(open_database: Open) -> None:
    """With an LSI a collection stays in one partition and may not outgrow it; without one it is split."""
    database = open_database(partition_size=1_000)
    make_table(database, key=["pk S", "sk N"], lsi={"by_l": {"key": ["pk S", "l N"], "projection": "KEYS_ONLY"}})
    make_table(database, "free", key=["pk S", "sk N"])

    def put(table: str, number: int) -> None:
        item = {"pk": {"S": "a"}, "sk": {"N": str(number)}, "l": {"N": "1"}, "x": {"S": "y" * 80}}
        database.execute("PutItem", {"TableName": table, "Item": item})

    for number in range(40):
        put("free", number)
    assert len(database.partitions("free")) > 3
    with pytest.raises(DynamoError) as caught:
        for number in range(40):
            put("tbl", number)
    assert caught.value.code == "ItemCollectionSizeLimitExceededException"
    assert caught.value.message == "Item collection size limit of 10 gigabytes exceeded"
    number = {"pk": {"S": "a"}, "sk": {"N": "99"}, "l": {"N": "1"}, "x": {"S": "y" * 900}}
    with pytest.raises(DynamoError) as cancelled:
        database.execute("TransactWriteItems", {"TransactItems": [{"Put": {"TableName": "tbl", "Item": number}}]})
    (reason,) = cancelled.value.members["CancellationReasons"]
    assert reason == {"Code": "ItemCollectionSizeLimitExceeded", "Message": "Collection size exceeded."}
    key = {"pk": {"S": "a"}, "sk": {"N": "0"}}
    database.execute("DeleteItem", {"TableName": "tbl", "Key": key})
    put("tbl", 0)  # There is room again.
    other = {"pk": {"S": "b"}, "sk": {"N": "1"}}
    database.execute("PutItem", {"TableName": "tbl", "Item": other})


def test_pages_end_at_one_megabyte_before_the_filter(database: Database) -> None:
    """The item that reaches the bound is still part of the page. Source: query-scan, Paging."""
    make_table(database, key=["pk S", "sk N"])
    for number in range(12):
        item = {"pk": {"S": "a"}, "sk": {"N": str(number)}, "x": {"S": "y" * 100_000}}
        database.execute("PutItem", {"TableName": "tbl", "Item": item})
    request = {
        "TableName": "tbl",
        "KeyConditionExpression": "pk = :p",
        "FilterExpression": "attribute_exists(zz)",
        "ExpressionAttributeValues": {":p": {"S": "a"}},
    }
    page = database.execute("Query", request)
    assert (page["Count"], page["ScannedCount"]) == (0, 11)
    assert page["LastEvaluatedKey"] == {"pk": {"S": "a"}, "sk": {"N": "10"}}
    rest = database.execute("Query", {**request, "ExclusiveStartKey": page["LastEvaluatedKey"]})
    assert (rest["ScannedCount"], "LastEvaluatedKey" in rest) == (1, False)


def test_statuses_pass_by_the_clock(open_database: Open, clock: ManualClock) -> None:
    """CREATING, UPDATING with a new index, DELETING: each lasts as long as its delay."""
    database = open_database(clock=clock, table_delays={"CREATING": 5, "UPDATING": 10, "DELETING": 3})
    make_table(database)

    def table() -> dict[str, Any]:
        described: dict[str, Any] = database.execute("DescribeTable", {"TableName": "tbl"})["Table"]
        return described

    assert table()["TableStatus"] == "CREATING"
    with pytest.raises(DynamoError, match="Requested resource not found"):
        database.execute("GetItem", {"TableName": "tbl", "Key": {"pk": {"S": "a"}}})
    with pytest.raises(DynamoError, match="Table is being created: tbl"):
        database.execute("DeleteTable", {"TableName": "tbl"})
    clock.advance(5)
    assert table()["TableStatus"] == "ACTIVE"
    create = {
        "IndexName": "idx",
        "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    update = {
        "TableName": "tbl",
        "AttributeDefinitions": [{"AttributeName": "g", "AttributeType": "S"}],
        "GlobalSecondaryIndexUpdates": [{"Create": create}],
    }
    response = database.execute("UpdateTable", update)["TableDescription"]
    assert (response["TableStatus"], response["GlobalSecondaryIndexes"][0]["Backfilling"]) == ("UPDATING", False)
    with pytest.raises(DynamoError, match="Table is being updated: tbl"):
        database.execute("UpdateTable", update)
    clock.advance(10)
    (index,) = table()["GlobalSecondaryIndexes"]
    assert (table()["TableStatus"], index["IndexStatus"], index["Backfilling"]) == ("ACTIVE", "CREATING", True)
    with pytest.raises(DynamoError, match="Cannot read from backfilling global secondary index: idx"):
        database.execute("Scan", {"TableName": "tbl", "IndexName": "idx"})
    with pytest.raises(DynamoError, match="Cannot delete table while indexes are being created"):
        database.execute("DeleteTable", {"TableName": "tbl"})
    clock.advance(10)
    (index,) = table()["GlobalSecondaryIndexes"]
    assert (index["IndexStatus"], "Backfilling" in index) == ("ACTIVE", False)
    database.execute("DeleteTable", {"TableName": "tbl"})
    assert table()["TableStatus"] == "DELETING"
    clock.advance(3)
    with pytest.raises(DynamoError, match="Table: tbl not found"):
        table()


def test_an_index_can_be_deleted_while_it_is_filled_and_not_before(clock: ManualClock) -> None:
    """Source: control-plane reference, errors of UpdateTable."""
    database = minidynamo.connect(clock=clock, table_delays=10)
    client = database.client()
    client.create_table(**create_table_request("tbl", {"key": ["pk S"]}))
    clock.advance(10)
    index = {"IndexName": "by_g", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}]}
    create = {"Create": {**index, "Projection": {"ProjectionType": "ALL"}}}
    attributes = [{"AttributeName": "g", "AttributeType": "S"}]
    delete = {"TableName": "tbl", "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "by_g"}}]}
    client.update_table(TableName="tbl", AttributeDefinitions=attributes, GlobalSecondaryIndexUpdates=[create])
    with pytest.raises(client.exceptions.ResourceInUseException) as caught:
        client.update_table(**delete)
    assert caught.value.response["Error"]["Message"] == (
        "Attempt to change a resource which is still in use: Index creation is in resource allocation phase. Retry "
        "deletion during backfilling phase or when the index is active. Table: tbl Index: by_g"
    )
    clock.advance(10)
    (shown,) = client.update_table(**delete)["TableDescription"]["GlobalSecondaryIndexes"]
    assert (shown["IndexStatus"], "Backfilling" in shown) == ("DELETING", False)
    with pytest.raises(client.exceptions.ResourceInUseException):
        client.update_table(**delete)
    clock.advance(10)
    assert "GlobalSecondaryIndexes" not in client.describe_table(TableName="tbl")["Table"]


def test_a_token_is_forgotten_after_ten_minutes(open_database: Open, clock: ManualClock) -> None:
    """Within them a retry does nothing, after them it is done anew."""
    database = open_database(clock=clock)
    make_table(database)
    add = {"TableName": "tbl", "Key": {"pk": {"S": "a"}}, "UpdateExpression": "ADD n :one"}
    action = {"Update": {**add, "ExpressionAttributeValues": {":one": {"N": "1"}}}}
    request = {"ClientRequestToken": "token", "TransactItems": [action]}
    for seconds, expected in ((0, "1"), (599, "1"), (2, "2")):
        clock.advance(seconds)
        database.execute("TransactWriteItems", request)
        response = database.execute("GetItem", {"TableName": "tbl", "Key": {"pk": {"S": "a"}}})
        assert response["Item"]["n"]["N"] == expected


def test_decreases_of_throughput_are_limited(open_database: Open, clock: ManualClock) -> None:
    """Four a day, then one an hour."""
    database = open_database(clock=clock)
    throughput = {"ReadCapacityUnits": 50, "WriteCapacityUnits": 50}
    make_table(database, key=["pk S"], extra={"BillingMode": "PROVISIONED", "ProvisionedThroughput": throughput})

    def lower(units: int) -> None:
        throughput = {"ReadCapacityUnits": units, "WriteCapacityUnits": 50}
        database.execute("UpdateTable", {"TableName": "tbl", "ProvisionedThroughput": throughput})

    for units in (49, 48, 47, 46):
        lower(units)
    with pytest.raises(DynamoError, match="Number of decreases today: 4") as caught:
        lower(45)
    assert caught.value.code == "LimitExceededException"
    clock.advance(3600)
    lower(45)


def test_requests_and_answers_share_nothing_with_the_store(database: Database) -> None:
    """Changing what went in or came out changes nothing stored."""
    make_table(database)
    item: Any = {"pk": {"S": "a"}, "l": {"L": [{"M": {"x": {"SS": ["p"]}}}]}}
    database.execute("PutItem", {"TableName": "tbl", "Item": item})
    item["l"]["L"][0]["M"]["x"]["SS"].append("q")
    key = {"TableName": "tbl", "Key": {"pk": {"S": "a"}}}
    values: Any = {":v": {"L": [{"S": "z"}]}}
    update = {**key, "UpdateExpression": "SET n = :v", "ExpressionAttributeValues": values, "ReturnValues": "ALL_NEW"}
    response = database.execute("UpdateItem", update)
    response["Attributes"]["n"]["L"].clear()
    response["Attributes"]["l"]["L"].clear()
    assert values == {":v": {"L": [{"S": "z"}]}}
    stored = database.execute("GetItem", key)["Item"]
    assert stored == {"pk": {"S": "a"}, "l": {"L": [{"M": {"x": {"SS": ["p"]}}}]}, "n": {"L": [{"S": "z"}]}}


def test_the_catalog_lives_in_the_engine(clock: ManualClock) -> None:
    """A second database on the same engine finds tables, items, indexes, tags, tokens and partitions."""
    engine = MemoryEngine()
    first = Database(engine=engine, clock=clock, partition_size=300)
    make_table(first, key=["pk S"], gsi={"by_g": {"key": ["g S"]}}, extra={"Tags": [{"Key": "k", "Value": "v"}]})
    for number in range(20):
        item = {"pk": {"S": str(number)}, "g": {"S": "x"}, "x": {"S": "y" * 40}}
        first.execute("PutItem", {"TableName": "tbl", "Item": item})
    action = {"Delete": {"TableName": "tbl", "Key": {"pk": {"S": "0"}}}}
    first.execute("TransactWriteItems", {"ClientRequestToken": "token", "TransactItems": [action]})
    second = Database(engine=engine, clock=clock, partition_size=300)
    assert second.execute("Scan", {"TableName": "tbl", "IndexName": "by_g", "Select": "COUNT"})["Count"] == 19
    assert len(second.partitions("tbl")) == len(first.partitions("tbl")) > 2
    arn = second.execute("DescribeTable", {"TableName": "tbl"})["Table"]["TableArn"]
    assert second.execute("ListTagsOfResource", {"ResourceArn": arn}) == {"Tags": [{"Key": "k", "Value": "v"}]}
    other = {"Delete": {"TableName": "tbl", "Key": {"pk": {"S": "1"}}}}
    with pytest.raises(DynamoError, match="already in use with different request parameters"):
        second.execute("TransactWriteItems", {"ClientRequestToken": "token", "TransactItems": [other]})
    second.check()


def test_identifiers_come_from_the_seed(open_database: Open, clock: ManualClock) -> None:
    """Equal seeds give equal table ids and request ids; names appear in ARNs."""
    seen = []
    for seed in (1, 1, 2):
        database = open_database(seed=seed, clock=clock, region="eu-west-1", account_id="123456789012")
        make_table(database)
        described = database.execute("DescribeTable", {"TableName": "tbl"})["Table"]
        seen.append((described["TableId"], database.new_request_id()))
        assert described["TableArn"] == "arn:aws:dynamodb:eu-west-1:123456789012:table/tbl"
    assert seen[0] == seen[1] != seen[2]
    assert re.fullmatch("[A-Z0-9]{52}", seen[0][1])


def test_requests_may_hold_text_of_a_subclass(database: Database) -> None:
    """Names and values given as subclasses of str, such as the members of a `(str, Enum)`, count as their text."""

    class Named(str):
        def __str__(self) -> str:
            return "a name"

    name, key = Named("tbl"), Named("pk")
    make_table(database, name, key=["pk S"])
    database.execute("PutItem", {"TableName": name, "Item": {key: {"S": Named("red")}}})
    described = database.execute("DescribeTable", {"TableName": name})["Table"]
    assert described["TableArn"].endswith(":table/tbl")
    assert type(described["TableName"]) is str
    assert database.execute("GetItem", {"TableName": "tbl", "Key": {"pk": {"S": "red"}}})["Item"] == {
        "pk": {"S": "red"}
    }


def test_a_closed_database_says_so(database: Database) -> None:
    """Requests after close are answered with an error that names the way out."""
    other = minidynamo.connect()
    with other:
        make_table(other)
    with pytest.raises(DynamoError, match=r"closed.*minidynamo\.connect"):
        other.execute("ListTables", {})


def test_an_unknown_operation(database: Database) -> None:
    """Is the service's own error."""
    with pytest.raises(DynamoError) as caught:
        database.execute("Nonsense", {})
    assert caught.value.code == "UnknownOperationException"


def test_a_scan_knows_no_direction(database: Database) -> None:
    """ScanIndexForward is an unknown member there, and ignored. Source: query-scan, Ordering."""
    make_table(database, key=["pk S", "sk N"])
    for number in range(3):
        database.execute("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": "a"}, "sk": {"N": str(number)}}})
    response = database.execute("Scan", {"TableName": "tbl", "ScanIndexForward": False})
    assert [item["sk"]["N"] for item in response["Items"]] == ["0", "1", "2"]
