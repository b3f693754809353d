"""Advice: each rule speaks where it should, and is silent where there is nothing to say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import minidynamo
from minidynamo import Database, Ledger, ManualClock
from minidynamo.embedded.client import Client
from minidynamo.formats.short_tables import create_table_request
from minidynamo.insight.advice.advice import RULE_NAMES
from minidynamo.insight.advice.rules import RULES
from tests.insight.conftest import SHOP, order

PAID = {
    "FilterExpression": "#s = :s",
    "ExpressionAttributeNames": {"#s": "status"},
    "ExpressionAttributeValues": {":s": {"S": "paid"}},
}
OF_C0 = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "c0"}}}


def spoken(ledger: Ledger) -> dict[str, str]:
    """What is said, by the names of the rules."""
    found = {each.rule: each.text for each in ledger.advice()}
    assert len(found) == len(ledger.advice())
    return found


@pytest.fixture
def observing(shop: Database) -> Callable[[], Any]:
    @contextmanager
    def observing() -> Iterator[Ledger]:
        with minidynamo.observe(shop) as ledger:
            yield ledger

    return observing


def test_a_scan_that_comes_again_is_told_with_the_index_that_answers_it(client: Client, shop: Database) -> None:
    with minidynamo.observe(shop) as ledger:
        for _ in range(3):
            client.scan(TableName="Shop", **PAID)
    (advice,) = ledger.advice()
    assert advice.rule == "scan"
    assert "has begun 3 times and read 540 items" in advice.text
    assert advice.text.endswith("Query the index by_status by status")
    assert advice.units_saved == pytest.approx(ledger.read_units * 8 / 9)
    assert advice.place.startswith("tests/insight/test_advice.py:")


def test_a_select_that_reads_everything_is_told(client: Client, shop: Database) -> None:
    with minidynamo.observe(shop) as ledger:
        for _ in range(3):
            client.execute_statement(Statement="SELECT * FROM Shop WHERE status = 'paid'")
        for _ in range(3):
            client.execute_statement(Statement="SELECT * FROM Shop WHERE pk = 'c0' AND status = 'paid'")
    assert spoken(ledger) == {
        "scan": "SELECT of Shop reads all of it, since WHERE pins no partition key; it has begun 3 times and took "
        "25.5 units: Query the index by_status by status"
    }


def test_one_scan_is_no_matter_and_neither_are_its_pages(client: Client, shop: Database) -> None:
    with minidynamo.observe(shop) as ledger:
        for page in client.get_paginator("scan").paginate(TableName="Shop", PaginationConfig={"PageSize": 25}):
            assert page["Items"]
    assert spoken(ledger) == {}


def test_a_filter_that_throws_most_away_is_told(client: Client, shop: Database) -> None:
    with minidynamo.observe(shop) as ledger:
        client.scan(TableName="Shop", FilterExpression="kind = :k", ExpressionAttributeValues={":k": {"S": "7"}})
    assert spoken(ledger) == {
        "filter": "the filter of Scan on Shop throws away 95% of 180 items that were paid for: "
        "Query a global index with the key (kind), which takes a unit or more for each write"
    }


def test_a_filter_that_keeps_enough_is_not(client: Client, shop: Database) -> None:
    with minidynamo.observe(shop) as ledger:
        values = {**OF_C0["ExpressionAttributeValues"], ":n": {"S": "x"}}  # type: ignore[dict-item]
        client.query(
            TableName="Shop",
            KeyConditionExpression="pk = :p",
            FilterExpression="begins_with(note, :n)",
            ExpressionAttributeValues=values,
        )
    assert spoken(ledger) == {}


@pytest.fixture
def long_shop() -> Database:
    """A shop in which the orders of a customer have more than a megabyte."""
    database = minidynamo.connect()
    database.execute("CreateTable", SHOP)
    for number in range(0, 36, 3):
        database.client().put_item(TableName="Shop", Item=order(number, note="x" * 100_000))
    return database


def test_a_forgotten_page_is_told(long_shop: Database) -> None:
    with minidynamo.observe(long_shop) as ledger:
        long_shop.client().query(TableName="Shop", **OF_C0)
    assert spoken(ledger) == {
        "page": "Query of Shop had more to give once, and nobody asked for it: follow LastEvaluatedKey, or use a "
        "paginator"
    }


def test_pages_that_are_followed_elsewhere_in_the_file_are_not_forgotten(long_shop: Database) -> None:
    client = long_shop.client()
    with minidynamo.observe(long_shop) as ledger:
        page = client.query(TableName="Shop", **OF_C0)
        while "LastEvaluatedKey" in page:
            page = client.query(TableName="Shop", ExclusiveStartKey=page["LastEvaluatedKey"], **OF_C0)
    assert spoken(ledger) == {}


def test_the_newest_five_are_no_forgotten_page(client: Client, shop: Database) -> None:
    with minidynamo.observe(shop) as ledger:
        client.query(TableName="Shop", Limit=5, ScanIndexForward=False, **OF_C0)
    assert spoken(ledger) == {}


def test_a_limit_behind_a_filter_is_told(client: Client, shop: Database) -> None:
    with minidynamo.observe(shop) as ledger:
        client.scan(TableName="Shop", Limit=10, **PAID)
    assert list(spoken(ledger)) == ["limit"]


def test_what_a_batch_has_left_is_told() -> None:
    """A page of BatchGetItem has 16 MB: what does not fit is left."""
    database = minidynamo.connect()
    database.execute("CreateTable", create_table_request("Large", {"key": ["id S"]}))
    client = database.client()
    for number in range(45):
        client.put_item(TableName="Large", Item={"id": {"S": str(number)}, "x": {"B": b"x" * 390_000}})
    keys = [{"id": {"S": str(number)}} for number in range(45)]
    with minidynamo.observe(database) as ledger:
        left = client.batch_get_item(RequestItems={"Large": {"Keys": keys}})["UnprocessedKeys"]
    assert spoken(ledger)["unprocessed"].startswith("2 entries were left by BatchGetItem and not sent again")
    with minidynamo.observe(database) as ledger:
        asked = {"Large": {"Keys": keys}}
        while asked:
            asked = client.batch_get_item(RequestItems=asked)["UnprocessedKeys"]
    assert left
    assert spoken(ledger) == {}


def test_reads_one_by_one_behind_a_query_are_told(client: Client, shop: Database) -> None:
    with minidynamo.observe(shop) as ledger:
        for item in client.query(TableName="Shop", **OF_C0)["Items"][:12]:
            client.get_item(TableName="Shop", Key={name: item[name] for name in ("pk", "sk")})
    assert spoken(ledger)["single-reads"].startswith("12 GetItem of Shop in a row behind a Query")


def test_reads_one_by_one_behind_nothing_are_not(client: Client, shop: Database) -> None:
    with minidynamo.observe(shop) as ledger:
        for number in range(12):
            client.get_item(TableName="Shop", Key={"pk": {"S": "c0"}, "sk": {"S": str(number)}})
    assert spoken(ledger) == {}


def test_puts_in_a_loop_are_told(client: Client, shop: Database) -> None:
    with minidynamo.observe(shop) as ledger:
        for number in range(30):
            client.put_item(TableName="Shop", Item=order(number))
    assert "(2 instead of 30 calls, for as many units)" in spoken(ledger)["single-writes"]


def test_puts_that_no_batch_takes_are_not(client: Client, shop: Database) -> None:
    with minidynamo.observe(shop) as ledger:
        for number in range(500, 530):
            client.put_item(TableName="Shop", Item=order(number), ConditionExpression="attribute_not_exists(pk)")
    assert spoken(ledger) == {}


def test_a_function_that_puts_once_is_not_a_loop(client: Client, shop: Database) -> None:
    def save(number: int) -> None:
        client.put_item(TableName="Shop", Item=order(number))

    with minidynamo.observe(shop) as ledger:
        for number in range(30):
            save(number)
    assert spoken(ledger) == {}


def test_a_hot_key_is_told(client: Client, shop: Database) -> None:
    with minidynamo.observe(shop) as ledger:
        for number in range(150):
            key = {"pk": {"S": "c0" if number % 4 else f"c{number}"}, "sk": {"S": "0000"}}
            client.get_item(TableName="Shop", Key=key, ConsistentRead=True)
    text = spoken(ledger)["hot-key"]
    assert text.startswith("the key 'c0' of Shop takes 75% of its 150 units: it is read, and hardly written: keep ")
    assert "or spread it (write sharding)" in text


def test_a_key_that_takes_what_a_partition_gives_for_long_is_told(clock: ManualClock) -> None:
    database = minidynamo.connect(clock=clock)
    database.execute("CreateTable", SHOP)
    with minidynamo.observe(database) as ledger:
        for _ in range(10):
            for number in range(4):
                item = order(number * 3, note="x" * 300_000) | {"status": {"N": "1"}}
                item.pop("status")
                database.execute("PutItem", {"TableName": "Shop", "Item": item})
            clock.advance(1)
    assert "took more than the 1,000 write units that a partition gives in each of 10 seconds: spread it" in next(
        each.text for each in ledger.advice() if each.rule == "hot-key"
    )


def put_many(client: Client) -> None:
    for number in range(120):
        client.put_item(TableName="Shop", Item=order(number))


def test_an_index_that_is_never_read_is_told(client: Client, shop: Database) -> None:
    with minidynamo.observe(shop) as ledger:
        put_many(client)
        client.query(TableName="Shop", Limit=5, **OF_C0)
    (advice,) = [each for each in ledger.advice() if each.rule == "index"]
    assert advice.text == "the index by_status of Shop took 40 write units and was never read: drop it" or (
        "was never read: drop it" in advice.text
    )
    assert advice.units_saved == sum(each.write_units for each in ledger.by_index() if each.index == "by_status")


def test_nothing_is_said_of_an_index_where_no_reader_was_seen(client: Client, shop: Database) -> None:
    with minidynamo.observe(shop) as ledger:
        put_many(client)
    assert "index" not in spoken(ledger)


def test_an_index_that_holds_more_than_is_read_is_told(client: Client, shop: Database) -> None:
    with minidynamo.observe(shop) as ledger:
        put_many(client)
        client.query(
            TableName="Shop",
            IndexName="by_status",
            KeyConditionExpression="#s = :s",
            ProjectionExpression="pk, kind",
            ExpressionAttributeNames={"#s": "status"},
            ExpressionAttributeValues={":s": {"S": "paid"}},
        )
    assert spoken(ledger)["index"] == (
        "the index by_status of Shop holds all attributes, and INCLUDE [kind] is all that is read of it"
    )


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"N": "1700000000000"}, "expires of Shop is in milliseconds"),
        ({"S": "2024-01-01"}, "expires of Shop is no number"),
        ({"N": "1700000000"}, None),
    ],
)
def test_expiry_times_that_never_come_are_told(
    value: dict[str, str], said: str | None, client: Client, shop: Database
) -> None:
    client.update_time_to_live(TableName="Shop", TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"})
    with minidynamo.observe(shop) as ledger:
        client.put_item(TableName="Shop", Item=order(1) | {"expires": value})
    assert [each.text.startswith(said or "") for each in ledger.advice()] == [True] * (said is not None)


def test_items_that_grow_large_are_told(client: Client, shop: Database) -> None:
    with minidynamo.observe(shop) as ledger:
        client.put_item(TableName="Shop", Item=order(1, note="x" * 320_000))
    assert spoken(ledger)["item"].startswith("items of Shop have more than 300 KB")


def test_a_comment_silences_a_rule(client: Client, shop: Database) -> None:
    with minidynamo.observe(shop) as ledger:
        for _ in range(2):
            client.scan(TableName="Shop", **PAID)  # minidynamo: ok scan
        for _ in range(2):
            # minidynamo: ok
            client.scan(TableName="Shop", **PAID)
        for _ in range(2):
            client.scan(TableName="Shop", **PAID)  # minidynamo: ok filter
    assert [each.rule for each in ledger.advice()] == ["scan"]


def test_rules_have_names_of_their_own() -> None:
    assert {rule.name for rule in RULES} == RULE_NAMES
    assert len(RULES) == len(RULE_NAMES) == 10


def test_lists_of_everything_are_told_where_they_come_often(client: Client, shop: Database) -> None:
    """A backup, or a page with all there is, wants all items: it is no mistake to make it twice."""
    with minidynamo.observe(shop) as ledger:
        for number in range(10):
            assert spoken(ledger) == {}, number
            client.scan(TableName="Shop")
    assert spoken(ledger)["scan"].startswith("Scan of Shop has begun 10 times and read 1,800 items")
