"""The index of expiry times: what it holds under any writes, on every engine, and that nothing but it is read."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import minidynamo
from minidynamo import Database, ManualClock
from minidynamo.storage.engine import Batch
from minidynamo.tables.expiry_times import ExpiryTimes

START = 1_600_000_000
FIVE_YEARS = 5 * 365 * 24 * 3600
TABLE = {
    "TableName": "tbl",
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}
KEYS = st.sampled_from([f"k{each}" for each in range(12)])
NUMBERS = st.one_of(
    st.integers(-100, 100).map(lambda each: START + each),
    st.sampled_from([0, -5, START - FIVE_YEARS, START - FIVE_YEARS + 1, START * 1000, f"{START}.5", "1E+100", "-1E-9"]),
).map(lambda each: {"N": str(each)})
TIMES = st.one_of(NUMBERS, st.none(), st.just({"S": str(START)}))


def switch(database: Database, enabled: bool, attribute: str) -> None:
    setting = {"Enabled": enabled, "AttributeName": attribute}
    database.execute("UpdateTimeToLive", {"TableName": "tbl", "TimeToLiveSpecification": setting})


def expiry_of(database: Database) -> ExpiryTimes | None:
    return database.catalog.tables["tbl"].expiry


class Expiring(RuleBasedStateMachine):
    """A table whose items expire, sometimes; the model is a dict of its items."""

    @initialize(is_durable=st.booleans(), partition_size=st.sampled_from([60, 1_000, 10_000_000_000]))
    def create(self, is_durable: bool, partition_size: int) -> None:
        self.folder = tempfile.TemporaryDirectory() if is_durable else None
        self.settings: dict[str, Any] = {"partition_size": partition_size, "clock": ManualClock(START)}
        self.clock: ManualClock = self.settings["clock"]
        self.items: dict[str, dict[str, Any]] = {}
        self.attribute: str | None = None
        self.open()
        self.database.execute("CreateTable", TABLE)

    def open(self) -> None:
        path = None if self.folder is None else Path(self.folder.name) / "store.db"
        self.database = minidynamo.connect(path, **self.settings)

    @rule(key=KEYS, at=TIMES, until=TIMES)
    def put(self, key: str, at: Any, until: Any) -> None:
        item = {"pk": {"S": key}, "at": at, "until": until}
        self.items[key] = {name: value for name, value in item.items() if value is not None}
        self.database.execute("PutItem", {"TableName": "tbl", "Item": self.items[key]})

    @rule(key=KEYS, at=NUMBERS)
    def update(self, key: str, at: Any) -> None:
        request = {"TableName": "tbl", "Key": {"pk": {"S": key}}, "UpdateExpression": "SET #at = :at"}
        names, values = {"#at": "at"}, {":at": at}
        request |= {"ExpressionAttributeNames": names, "ExpressionAttributeValues": values, "ReturnValues": "ALL_NEW"}
        self.items[key] = self.database.execute("UpdateItem", request)["Attributes"]

    @rule(deleted=KEYS, put=KEYS, at=TIMES, is_transaction=st.booleans())
    def write_two(self, deleted: str, put: str, at: Any, is_transaction: bool) -> None:
        if deleted == put:
            return
        item = {"pk": {"S": put}, **({} if at is None else {"at": at})}
        key = {"pk": {"S": deleted}}
        if is_transaction:
            actions = [{"Delete": {"TableName": "tbl", "Key": key}}, {"Put": {"TableName": "tbl", "Item": item}}]
            self.database.execute("TransactWriteItems", {"TransactItems": actions})
        else:
            writes = [{"DeleteRequest": {"Key": key}}, {"PutRequest": {"Item": item}}]
            self.database.execute("BatchWriteItem", {"RequestItems": {"tbl": writes}})
        self.items.pop(deleted, None)
        self.items[put] = item

    @rule(attribute=st.sampled_from(["at", "until"]))
    def switch(self, attribute: str) -> None:
        self.clock.advance(3600)  # Not more often, says the service.
        switch(self.database, self.attribute is None, self.attribute or attribute)
        self.attribute = attribute if self.attribute is None else None

    @rule(seconds=st.sampled_from([0, 1, 60]))
    def advance(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @rule(walked=st.integers(1, 5))
    def walk(self, walked: int) -> None:
        """A sweep that is cut short while it gives entries to older items."""
        expiry = expiry_of(self.database)
        if expiry is not None:
            batch = Batch()
            expiry.stage_walk(batch, walked)
            self.database.engine.commit(batch)

    @rule()
    def sweep(self) -> None:
        gone = self.expired()
        assert self.database.expire() == len(gone)
        for key in gone:
            del self.items[key]

    @rule()
    def begin_again(self) -> None:
        if self.folder is None:
            self.database = self.database.fork()
            assert isinstance(self.database.clock, ManualClock)
            self.clock = self.database.clock  # Which is its own.
        else:
            self.database.close()
            self.open()

    @invariant()
    def is_as_the_model_says(self) -> None:
        self.database.check()
        found = {each["pk"]["S"] for each in self.database.execute("Scan", {"TableName": "tbl"})["Items"]}
        assert found == self.items.keys()

    def expired(self) -> list[str]:
        now = self.clock.now()
        numbers = {key: float(item.get(self.attribute, {}).get("N", "inf")) for key, item in self.items.items()}
        return [key for key, moment in numbers.items() if now - FIVE_YEARS < moment <= now]

    def teardown(self) -> None:
        self.database.close()
        if self.folder is not None:
            self.folder.cleanup()


Expiring.TestCase.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestExpiring = Expiring.TestCase


@pytest.fixture
def filled(open_database: Callable[..., Database]) -> Iterator[Database]:
    database = open_database(clock=ManualClock(START))
    database.execute("CreateTable", TABLE)
    for number in range(600):
        item = {"pk": {"S": str(number)}, "at": {"N": str(START + number)}}
        database.execute("PutItem", {"TableName": "tbl", "Item": item})
    yield database


def test_a_sweep_reads_nothing_but_what_is_due(filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    switch(filled, True, "at")
    assert filled.expire() == 1
    assert isinstance(filled.clock, ManualClock)
    filled.clock.advance(3)
    keyspace = filled.catalog.tables["tbl"].keyspace
    monkeypatch.setattr(keyspace, "range", None)
    assert filled.expire() == 3
    assert keyspace.item_count == 596


def test_an_entry_without_its_item_is_forgotten(filled: Database) -> None:
    switch(filled, True, "at")
    filled.expire()
    expiry = expiry_of(filled)
    assert expiry is not None
    (key,) = (key for key, record in filled.catalog.tables["tbl"].keyspace.range(b"", None) if b"\xa3599" in record)
    strays = [
        expiry.entry_key(key, {"at": {"N": str(START - 1)}}),
        expiry.entry_key(b"none", {"at": {"N": str(START)}}),
    ]
    before = expiry.keyspace.item_count
    batch = Batch()
    for entry in strays:
        assert entry is not None
        batch.put(expiry.keyspace.name, entry, b"\x00\x00\x00\x80", 0, 1)
    filled.engine.commit(batch)
    assert filled.expire() == 0
    assert expiry.keyspace.item_count == before


def test_the_end_of_the_setting_leaves_nothing(filled: Database) -> None:
    switch(filled, True, "at")
    name = next(each for each in filled.engine.keyspaces() if each.endswith("/expiry"))
    assert isinstance(filled.clock, ManualClock)
    filled.clock.advance(3600)
    switch(filled, False, "at")
    assert name not in filled.engine.keyspaces()
    filled.clock.advance(3600)
    switch(filled, True, "at")
    filled.execute("DeleteTable", {"TableName": "tbl"})
    assert name not in filled.engine.keyspaces()
