"""A statement and the request that does the same give the same answer, cost the same and leave the same behind."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import minidynamo
from minidynamo import Database, DynamoError
from minidynamo.testing import TableSchema, items, statements
from minidynamo.testing.statements import StatementPair, statement_pairs
from tests.testing.kit_tables import TABLE

STREAMING = {**TABLE, "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}}
SCHEMA = TableSchema.of(STREAMING)
SAME_ERRORS = {"DuplicateItemException": "ConditionalCheckFailedException"}
CAPACITY = {"ReturnConsumedCapacity": "INDEXES"}

# What a page, or a write, has answered: items, consumed capacity, error.
Answer = tuple[list[dict[str, Any]], Any, str]


def by_statement(database: Database, pair: StatementPair) -> Iterator[Answer]:
    """The answers of the statement, page by page."""
    request = {**pair.statement, **CAPACITY}
    while True:
        try:
            response = database.execute("ExecuteStatement", request)
        except DynamoError as error:
            yield [], None, SAME_ERRORS.get(error.code, error.code)
            return
        yield response["Items"], response["ConsumedCapacity"], ""
        if "NextToken" not in response:
            return
        request["NextToken"] = response["NextToken"]


def by_request(database: Database, pair: StatementPair) -> Iterator[Answer]:
    """The answers of the request, page by page."""
    request = {**pair.request, **CAPACITY}
    while True:
        try:
            response = database.execute(pair.operation, request)
        except DynamoError as error:
            yield [], None, error.code
            return
        attributes = response.get("Attributes")
        found = response.get("Items", [] if attributes is None else [attributes])
        yield found, response["ConsumedCapacity"], ""
        if "LastEvaluatedKey" not in response:
            return
        request["ExclusiveStartKey"] = response["LastEvaluatedKey"]


def state_of(database: Database) -> Any:
    """Every item, every entry of every index, and every change that the stream tells."""
    client, streams = database.client(), database.streams_client()
    kept = [client.scan(TableName=SCHEMA.name)["Items"]]
    kept += [client.scan(TableName=SCHEMA.name, IndexName=each.name)["Items"] for each in SCHEMA.indexes]
    arn = client.describe_table(TableName=SCHEMA.name)["Table"]["LatestStreamArn"]
    changes = []
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        place = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        records = streams.get_records(ShardIterator=streams.get_shard_iterator(**place)["ShardIterator"])["Records"]
        images = [each["dynamodb"] for each in records]
        changes += [(each.get("OldImage"), each.get("NewImage")) for each in images]
    return kept, changes


@pytest.mark.parametrize("is_durable", [False, True], ids=["memory", "file"])
@settings(suppress_health_check=list(HealthCheck))
@given(
    partition_size=st.sampled_from([60, 400, 10_000_000_000]),
    filling=st.lists(items(SCHEMA), max_size=12),
    pairs=st.lists(statement_pairs(SCHEMA), min_size=1, max_size=6),
)
def test_a_statement_is_its_request(
    is_durable: bool, partition_size: int, filling: list[dict[str, Any]], pairs: list[StatementPair]
) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) if is_durable else None
        clock = minidynamo.ManualClock()
        databases = [
            stack.enter_context(
                minidynamo.connect(folder and folder / name, partition_size=partition_size, clock=clock, seed=1)
            )
            for name in ("statements.db", "requests.db")
        ]
        for database in databases:
            SCHEMA.create(database)
            for item in filling:
                with suppress(DynamoError):  # An item collection may be full.
                    database.execute("PutItem", {"TableName": SCHEMA.name, "Item": item})
        for pair in pairs:
            one, other = list(by_statement(databases[0], pair)), list(by_request(databases[1], pair))
            assert one == other, pair
        assert state_of(databases[0]) == state_of(databases[1])
        for database in databases:
            database.check()


@settings(suppress_health_check=list(HealthCheck))
@given(request=statements(SCHEMA))
def test_drawn_statements_are_valid(request: dict[str, Any]) -> None:
    """Of what the service refuses, only conditions that do not hold and keys that there are."""
    with minidynamo.connect() as database:
        SCHEMA.create(database)
        try:
            database.execute("ExecuteStatement", request)
        except DynamoError as error:
            assert error.code in ("ConditionalCheckFailedException", "DuplicateItemException"), error
