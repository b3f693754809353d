"""A Hypothesis state machine drives tables with GSIs and LSIs through every write and read against the plain model.

The size of partitions is drawn too, from ones that hold a few items (which makes dozens of them) to the real one, and
so are page limits and directions. Every structure is checked after each run.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import minidynamo
from minidynamo import Database
from minidynamo.errors import DynamoError
from minidynamo.formats.short_tables import create_table_request
from minidynamo.testing.reference import ReferenceModel, item_size, order_key
from minidynamo.values.attribute_value import Item
from tests.database.statement_rules import StatementRules
from tests.database.table_strategies import (
    PARTITION_KEYS,
    SORT_KEYS,
    items,
    keys,
    partition_keys,
    payloads,
    short_strings,
    small_numbers,
    sort_keys,
)

INDEXES: dict[str, tuple[list[str], list[str] | None, bool]] = {
    "gall": (["g"], None, False),
    "ginc": (["g", "h"], ["d"], False),
    "gkeys": (["h"], [], False),
}
LOCAL: dict[str, tuple[list[str], list[str] | None, bool]] = {
    "lkeys": (["pk", "l"], [], True),
    "lall": (["pk", "h"], None, True),
}
TYPES = {"pk": "S", "sk": "N", "g": "N", "h": "S", "l": "S"}


class Machine(StatementRules, RuleBasedStateMachine):
    """One table, the model of it, and every operation on both."""

    @initialize(
        partition_size=st.sampled_from([30, 150, 400, 2_000, 10_000_000_000]),
        has_local=st.booleans(),
        is_filled=st.booleans(),
        is_durable=st.booleans(),
    )
    def create(self, partition_size: int, has_local: bool, is_filled: bool, is_durable: bool) -> None:
        self.partition_size = partition_size
        self.folder = tempfile.TemporaryDirectory() if is_durable else None
        self.open()
        indexes = {**INDEXES, **(LOCAL if has_local else {})}
        self.model = ReferenceModel(["pk", "sk"], indexes)
        short: dict[str, Any] = {"key": ["pk S", "sk N"], "gsi": {}, "lsi": {}}
        for name, (key, projected, is_local) in indexes.items():
            projection = "ALL" if projected is None else projected or "KEYS_ONLY"
            definition = {"key": [f"{each} {TYPES[each]}" for each in key], "projection": projection}
            short["lsi" if is_local else "gsi"][name] = definition
        if not has_local:
            del short["lsi"]
        self.execute("CreateTable", **create_table_request("tbl", short))
        if is_filled:  # One partition per item, where partitions are small.
            for number, (partition, sort) in enumerate(itertools.product(PARTITION_KEYS, SORT_KEYS)):
                item = {"pk": {"S": partition}, "sk": {"N": sort}, "d": {"S": "." * 20}, "g": {"N": str(number % 3)}}
                self.write("PutItem", {"TableName": "tbl", "Item": item}, {self.model.identity(item): item})

    def open(self) -> None:
        path = None if self.folder is None else Path(self.folder.name) / "store.db"
        durability = None if path is None else "process"
        self.database: Database = minidynamo.connect(path, durability=durability, partition_size=self.partition_size)

    def execute(self, operation: str, **request: Any) -> dict[str, Any]:
        return self.database.execute(operation, request)

    # Writes.

    def write(self, operation: str, request: dict[str, Any], changed: dict[Any, Item | None]) -> None:
        """Carries out a write; the model follows unless an item collection would be too large."""
        after = ReferenceModel(self.model.key, self.model.indexes)
        after.items = {**self.model.items, **{key: item for key, item in changed.items() if item is not None}}
        for key, item in changed.items():
            if item is None:
                after.items.pop(key, None)
        try:
            self.execute(operation, **request)
        except DynamoError as error:
            codes = [each["Code"] for each in error.members.get("CancellationReasons", ())]
            assert "ItemCollectionSizeLimitExceeded" in (error.code.removesuffix("Exception"), *codes)
            assert any(after.collection_size(item["pk"]) > self.partition_size for item in after.items.values()), (
                "an item collection was refused although it is small enough"
            )
            return
        self.model.items = after.items

    @rule(item=items)
    def put(self, item: Item) -> None:
        self.write("PutItem", {"TableName": "tbl", "Item": item}, {self.model.identity(item): item})

    @rule(item=items)
    def put_if_new(self, item: Item) -> None:
        request = {"TableName": "tbl", "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
        if self.model.get(item) is None:
            self.write("PutItem", request, {self.model.identity(item): item})
            return
        with pytest.raises(DynamoError, match="The conditional request failed"):
            self.execute("PutItem", **request)

    @rule(key=keys)
    def delete(self, key: Item) -> None:
        old = self.model.get(key)
        response = self.execute("DeleteItem", TableName="tbl", Key=key, ReturnValues="ALL_OLD")
        assert response.get("Attributes") == old
        self.model.delete(key)

    @rule(key=keys, g=st.none() | small_numbers, h=st.none() | short_strings, d=payloads)
    def update(self, key: Item, g: Item | None, h: Item | None, d: Item) -> None:
        item = self.model.get(key) or dict(key)
        item["d"] = d
        sets, removes, values = ["d = :d"], [], {":d": d}
        for name, value in (("g", g), ("h", h)):
            if value is None:
                item.pop(name, None)
                removes.append(name)
            else:
                item[name] = value
                sets.append(f"{name} = :{name}")
                values[f":{name}"] = value
        expression = f"SET {', '.join(sets)}" + (f" REMOVE {', '.join(removes)}" if removes else "")
        request = {
            "TableName": "tbl",
            "Key": key,
            "UpdateExpression": expression,
            "ExpressionAttributeValues": values,
        }
        self.write("UpdateItem", request, {self.model.identity(key): item})

    @rule(puts=st.lists(items, max_size=6), deletions=st.lists(keys, max_size=4))
    def batch(self, puts: list[Item], deletions: list[Item]) -> None:
        writes = {self.model.identity(item): item for item in puts}
        removed = {self.model.identity(key): key for key in deletions if self.model.identity(key) not in writes}
        if not writes and not removed:
            return
        requests = [{"PutRequest": {"Item": item}} for item in writes.values()]
        requests += [{"DeleteRequest": {"Key": key}} for key in removed.values()]
        changed = {**writes, **dict.fromkeys(removed)}
        self.write("BatchWriteItem", {"RequestItems": {"tbl": requests}}, changed)

    @rule(puts=st.lists(items, max_size=4), deletions=st.lists(keys, max_size=3), checked=keys)
    def transact(self, puts: list[Item], deletions: list[Item], checked: Item) -> None:
        writes = {self.model.identity(item): item for item in puts}
        removed = {self.model.identity(key): key for key in deletions if self.model.identity(key) not in writes}
        actions: list[dict[str, Any]] = [{"Put": {"TableName": "tbl", "Item": item}} for item in writes.values()]
        actions += [{"Delete": {"TableName": "tbl", "Key": key}} for key in removed.values()]
        place = self.model.identity(checked)
        if place not in writes and place not in removed:
            check = {"TableName": "tbl", "Key": checked, "ConditionExpression": "attribute_exists(pk)"}
            actions.append({"ConditionCheck": check})
            if self.model.get(checked) is None:
                with pytest.raises(DynamoError, match="ConditionalCheckFailed"):
                    self.execute("TransactWriteItems", TransactItems=actions)
                return
        if actions:
            self.write("TransactWriteItems", {"TransactItems": actions}, {**writes, **dict.fromkeys(removed)})

    # Reads.

    def pages(self, operation: str, limit: int | None, **request: Any) -> Iterator[dict[str, Any]]:
        while True:
            page = self.execute(operation, **request, **({"Limit": limit} if limit else {}))
            assert limit is None or page["ScannedCount"] <= limit
            yield page
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    @rule(key=keys)
    def get(self, key: Item) -> None:
        response = self.execute("GetItem", TableName="tbl", Key=key)
        assert response.get("Item") == self.model.get(key)

    @rule(partition=partition_keys, low=sort_keys, high=sort_keys, forward=st.booleans(), limit=st.integers(1, 5))
    def query(self, partition: Item, low: Item, high: Item, forward: bool, limit: int) -> None:
        low, high = sorted((low, high), key=order_key)
        found: list[Item] = []
        for page in self.pages(
            "Query",
            limit,
            TableName="tbl",
            KeyConditionExpression="pk = :p AND sk BETWEEN :l AND :h",
            ExpressionAttributeValues={":p": partition, ":l": low, ":h": high},
            ScanIndexForward=forward,
        ):
            found += page["Items"]
        expected = [
            item
            for item in self.model.collection(None, partition)
            if order_key(low) <= order_key(item["sk"]) <= order_key(high)
        ]
        assert found == (expected if forward else expected[::-1])

    @precondition(lambda self: self.model.items)
    @rule(data=st.data(), forward=st.booleans(), limit=st.integers(1, 4))
    def query_index(self, data: Any, forward: bool, limit: int) -> None:
        index = data.draw(st.sampled_from(sorted(self.model.indexes)))
        names = self.model.key_names(index)
        entries = self.model.entries(index)
        if not entries:
            return
        partition = data.draw(st.sampled_from(entries))[names[0]]
        found: list[Item] = []
        for page in self.pages(
            "Query",
            limit,
            TableName="tbl",
            IndexName=index,
            KeyConditionExpression="#k = :p",
            ExpressionAttributeNames={"#k": names[0]},
            ExpressionAttributeValues={":p": partition},
            ScanIndexForward=forward,
        ):
            found += page["Items"]
        expected = self.model.collection(index, partition)
        assert sorted(found, key=self.model.identity) == sorted(expected, key=self.model.identity)
        if len(names) > 1:
            order = [order_key(entry[names[1]]) for entry in (found if forward else found[::-1])]
            assert order == sorted(order)

    @rule(data=st.data(), limit=st.none() | st.integers(1, 7), segments=st.integers(1, 4))
    def scan(self, data: Any, limit: int | None, segments: int) -> None:
        index = data.draw(st.sampled_from([None, *sorted(self.model.indexes)]))
        place = {} if index is None else {"IndexName": index}
        found: list[Item] = []
        for segment in range(segments):
            for page in self.pages("Scan", limit, TableName="tbl", Segment=segment, TotalSegments=segments, **place):
                found += page["Items"]
        assert sorted(found, key=self.model.identity) == sorted(self.model.entries(index), key=self.model.identity)

    @rule(wanted=st.lists(keys, min_size=1, max_size=8, unique_by=lambda key: (key["pk"]["S"], key["sk"]["N"])))
    def batch_get(self, wanted: list[Item]) -> None:
        response = self.execute("BatchGetItem", RequestItems={"tbl": {"Keys": wanted}})
        expected = [item for key in wanted if (item := self.model.get(key)) is not None]
        assert response["Responses"]["tbl"] == expected

    # Invariants.

    @invariant()
    def sizes_and_counts_agree(self) -> None:
        if not hasattr(self, "database"):
            return
        table = self.execute("DescribeTable", TableName="tbl")["Table"]
        assert table["ItemCount"] == len(self.model.items)
        assert table["TableSizeBytes"] == sum(map(item_size, self.model.items.values()))
        partitions = [each for each in self.database.partitions("tbl") if each.index is None]
        event(f"{2 ** (len(partitions) - 1).bit_length()} partitions of the table or fewer")

    @precondition(lambda self: self.folder is not None)
    @rule()
    def open_again(self) -> None:
        """Everything is as it was."""
        self.database.check()
        self.database.close()
        self.open()

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.check()
            self.database.close()
            if self.folder is not None:
                self.folder.cleanup()


class TestMachine(Machine.TestCase):
    """The default run."""

    settings = settings(max_examples=70, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.long
class TestMachineForLonger(Machine.TestCase):
    """A longer search."""

    settings = settings(
        max_examples=220, stateful_step_count=100, deadline=None, suppress_health_check=list(HealthCheck)
    )
