"""Databases over PostgreSQL: many at once, one round trip for this and two for that, keys of every length."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minidynamo
from minidynamo import ManualClock, StoreError
from minidynamo.database.shared import SharedDatabase
from minidynamo.errors import DynamoError
from minidynamo.formats.short_tables import create_table_request
from minidynamo.storage.postgres.link import PostgresLink
from tests.shared.conftest import Opens
from tests.shared.postgres_server import PostgresServer

TABLE = create_table_request("tbl", {"key": ["pk S"]})
SORTED = create_table_request("tbl", {"key": ["pk S", "sk B"], "gsi": {"by_sk": {"key": ["sk B"]}}})


def at_once(*programs: Callable[[], object]) -> None:
    """Runs programs in threads, and raises what one of them has raised."""
    failures: list[BaseException] = []

    def run(program: Callable[[], object]) -> None:
        try:
            program()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(each,)) for each in programs]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    if failures:
        raise failures[0]


def add(database: SharedDatabase, key: str) -> dict[str, Any]:
    return database.execute(
        "UpdateItem",
        {
            "TableName": "tbl",
            "Key": {"pk": {"S": key}},
            "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
            "ReturnValues": "ALL_NEW",
        },
    )


def item(database: SharedDatabase, key: str) -> dict[str, Any]:
    request = {"TableName": "tbl", "Key": {"pk": {"S": key}}, "ConsistentRead": True}
    return database.execute("GetItem", request).get("Item", {})


def test_counters_of_four_processes_agree(store: Opens) -> None:
    """Each addition is made once."""
    databases = [store() for _ in range(4)]
    databases[0].execute("CreateTable", TABLE)
    at_once(*[lambda database=each: [add(database, "a") for _ in range(40)] for each in databases])
    assert item(databases[3], "a")["n"] == {"N": "160"}


def test_writers_of_different_items_are_never_begun_again(store: Opens) -> None:
    """Though they write into one item collection, and into neighbouring pages."""
    databases = [store() for _ in range(4)]
    databases[0].execute("CreateTable", TABLE)
    for each in databases:
        item(each, "warm")
    before = [each._shared.begun_again_count for each in databases]
    at_once(
        *[
            lambda database=each, name=name: [add(database, f"{name}{number % 10}") for number in range(50)]
            for name, each in zip("abcd", databases, strict=True)
        ]
    )
    assert [each._shared.begun_again_count for each in databases] == before


def test_transfers_keep_the_sum(store: Opens) -> None:
    """Transactions between accounts, and reads of all of them that are never torn."""
    databases = [store() for _ in range(3)]
    databases[0].execute("CreateTable", TABLE)
    for name in "abc":
        databases[0].execute("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": name}, "n": {"N": "100"}}})
    sums: set[int] = set()

    def transfer(database: SharedDatabase, source: str, target: str) -> None:
        for _ in range(15):
            changes = [
                {
                    "Update": {
                        "TableName": "tbl",
                        "Key": {"pk": {"S": name}},
                        "UpdateExpression": "ADD n :a",
                        "ExpressionAttributeValues": {":a": {"N": amount}},
                    }
                }
                for name, amount in ((source, "-1"), (target, "1"))
            ]
            try:
                database.execute("TransactWriteItems", {"TransactItems": changes})
            except DynamoError as error:
                assert error.code == "TransactionCanceledException"

    def read(database: SharedDatabase) -> None:
        gets = [{"Get": {"TableName": "tbl", "Key": {"pk": {"S": name}}}} for name in "abc"]
        for _ in range(20):
            found = database.execute("TransactGetItems", {"TransactItems": gets})["Responses"]
            sums.add(sum(int(each["Item"]["n"]["N"]) for each in found))

    at_once(
        lambda: transfer(databases[0], "a", "b"),
        lambda: transfer(databases[1], "b", "c"),
        lambda: read(databases[2]),
    )
    assert sums == {300}


def test_a_claim_has_one_owner(store: Opens) -> None:
    """Of several who put an item unless it is there, one does."""
    databases = [store() for _ in range(4)]
    databases[0].execute("CreateTable", TABLE)
    won: list[str] = []

    def claim(database: SharedDatabase, owner: str) -> None:
        for number in range(10):
            put = {"TableName": "tbl", "Item": {"pk": {"S": f"job {number}"}, "owner": {"S": owner}}}
            try:
                database.execute("PutItem", {**put, "ConditionExpression": "attribute_not_exists(pk)"})
            except DynamoError as error:
                assert error.code == "ConditionalCheckFailedException"
            else:
                won.append(f"job {number}")

    at_once(*[lambda d=database, o=owner: claim(d, o) for owner, database in zip("wxyz", databases, strict=True)])
    assert sorted(won) == sorted(f"job {number}" for number in range(10))


@settings(max_examples=15, deadline=None)
@given(keys=st.lists(st.binary(min_size=1, max_size=1024).map(lambda b: b * (1024 // len(b))), min_size=1, unique=True))
def test_long_keys_are_in_order(postgres: PostgresServer, keys: list[bytes]) -> None:
    """As in memory, forwards and backwards, of a table and of an index."""
    schema = "long_keys"
    shared = SharedDatabase("long keys", lambda: PostgresLink(postgres.url, schema))
    try:
        with minidynamo.connect() as memory:
            for database in (shared, memory):
                if "tbl" in database.tables:
                    database.execute("DeleteTable", {"TableName": "tbl"})
                database.execute("CreateTable", SORTED)
                for number, key in enumerate(keys):
                    row = {"pk": {"S": "p" * 1800}, "sk": {"B": key[:1000] + bytes([number % 7])}}
                    database.execute("PutItem", {"TableName": "tbl", "Item": row})
            for extra in ({}, {"IndexName": "by_sk"}):
                assert shared.execute("Scan", {"TableName": "tbl", **extra}) == memory.execute(
                    "Scan", {"TableName": "tbl", **extra}
                )
            query = {
                "TableName": "tbl",
                "KeyConditionExpression": "pk = :p AND sk > :s",
                "ExpressionAttributeValues": {":p": {"S": "p" * 1800}, ":s": {"B": keys[0][:1000]}},
            }
            for forward in (True, False):
                request = {**query, "ScanIndexForward": forward, "Limit": 3}
                assert shared.execute("Query", request) == memory.execute("Query", request)
    finally:
        shared.close()


class Counted(PostgresLink):
    """A link that counts its round trips."""

    trips = 0

    def _read(self, statement: Any, parameters: Any) -> Any:
        Counted.trips += 1
        return super()._read(statement, parameters)

    def _send(self, commands: Any) -> None:
        Counted.trips += 1
        super()._send(commands)

    def _send_at_once(self, changes: Any) -> None:
        Counted.trips += 1
        super()._send_at_once(changes)


def test_round_trips(postgres: PostgresServer) -> None:
    """One for a read, two for a write, with a condition or without; two for a transaction of 25 items."""
    database = SharedDatabase("counted", lambda: Counted(postgres.url, "counted"))
    database.execute("CreateTable", TABLE)
    put = {"TableName": "tbl", "Item": {"pk": {"S": "a"}}}
    items = [{"Put": {"TableName": "tbl", "Item": {"pk": {"S": str(each)}}}} for each in range(25)]
    found = {}
    for name, operation, request in (
        ("get", "GetItem", {"TableName": "tbl", "Key": {"pk": {"S": "a"}}}),
        ("put", "PutItem", put),
        ("put if", "PutItem", {**put, "ConditionExpression": "attribute_exists(pk)"}),
        ("scan", "Scan", {"TableName": "tbl"}),
        ("transaction", "TransactWriteItems", {"TransactItems": items}),
    ):
        database.execute("GetItem", {"TableName": "tbl", "Key": {"pk": {"S": "warm"}}})
        before = Counted.trips
        database.execute(operation, request)
        found[name] = Counted.trips - before
    database.close()
    assert found == {"get": 1, "put": 2, "put if": 2, "scan": 1, "transaction": 2}


def test_sizes_are_added_up(store: Opens) -> None:
    """What one process has written, another counts as soon as both have looked."""
    one, two = store(), store()
    one.execute("CreateTable", TABLE)
    for number in range(5):
        one.execute("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": str(number)}}})
    assert one.execute("DescribeTable", {"TableName": "tbl"})["Table"]["ItemCount"] == 5
    one._housekeeping.add_sizes()
    two._housekeeping.add_sizes()
    described = two.execute("DescribeTable", {"TableName": "tbl"})["Table"]
    assert (described["ItemCount"], described["TableSizeBytes"]) == (5, 15)


def test_a_store_is_tended(store: Opens) -> None:
    """Tokens, old changes and what has been dropped go; by one process at a time."""
    clock = ManualClock()
    one, two = store(clock), store(clock)
    spec = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    one.execute("CreateTable", {**TABLE, "StreamSpecification": spec})
    put = {"Put": {"TableName": "tbl", "Item": {"pk": {"S": "a"}}}}
    one.execute("TransactWriteItems", {"TransactItems": [put], "ClientRequestToken": "once"})
    clock.advance(25 * 3600)
    add(one, "b")
    assert one._housekeeping.tend()
    assert not two._housekeeping.tend()
    arn = one.execute("DescribeTable", {"TableName": "tbl"})["Table"]["LatestStreamArn"]
    shown = 0
    for shard in one.execute("DescribeStream", {"StreamArn": arn})["StreamDescription"]["Shards"]:
        place = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = one.execute("GetShardIterator", place)["ShardIterator"]
        shown += len(one.execute("GetRecords", {"ShardIterator": iterator})["Records"])
    assert shown == 1
    one.execute("DeleteTable", {"TableName": "tbl"})
    clock.advance(200)
    assert two._housekeeping.tend()
    assert two.tables == []


def test_items_expire(store: Opens) -> None:
    """By whichever process is asked."""
    clock = ManualClock()
    one, two = store(clock), store(clock)
    one.execute("CreateTable", TABLE)
    spec = {"Enabled": True, "AttributeName": "until"}
    one.execute("UpdateTimeToLive", {"TableName": "tbl", "TimeToLiveSpecification": spec})
    one.execute("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": "a"}, "until": {"N": str(int(clock.now()) + 5)}}})
    assert two.expire() == 0
    clock.advance(10)
    assert two.expire() == 1
    assert item(one, "a") == {}


def test_handlers_see_every_change(store: Opens) -> None:
    """on_stream reads a shared store as it reads a DynamoDB elsewhere: processes share its shards."""
    one, two = store(), store()
    spec = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    one.execute("CreateTable", {**TABLE, "StreamSpecification": spec})
    seen: list[str] = []

    def handler(event: Any, context: Any) -> None:
        seen.extend(each["dynamodb"]["Keys"]["pk"]["S"] for each in event["Records"])

    two.on_stream("tbl", handler)
    for number in range(20):
        add(one, f"item {number % 5}")
    two.drain()
    assert sorted(seen) == sorted(f"item {number % 5}" for number in range(20))


def test_what_cannot_be_opened_says_so(postgres: PostgresServer) -> None:
    """In one line."""
    with pytest.raises(StoreError, match="the store cannot be reached: "):
        minidynamo.connect("postgresql://postgres@127.0.0.1:1/postgres")
    with pytest.raises(ValueError, match="a shared store has no setting durability: leave it out"):
        minidynamo.connect(postgres.url, durability="full")


def test_conflicts_are_shown_to_prometheus(store: Opens) -> None:
    database = store()
    metrics = database.metrics
    database.execute("CreateTable", TABLE)
    assert "\nminidynamo_conflicts_total 0.0\n" in metrics.prometheus()
    database._shared.begun_again_count += 2
    assert "\nminidynamo_conflicts_total 2.0\n" in metrics.prometheus()
