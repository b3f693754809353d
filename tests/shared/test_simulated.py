"""Several databases over one store, as a seed interleaves them, with conflicts, cut links and old tables."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minidynamo
from minidynamo.database.shared import SharedDatabase
from minidynamo.errors import DynamoError
from minidynamo.formats.short_tables import create_table_request
from minidynamo.shared import index_filling
from minidynamo.storage.shared.engine import SessionEngine
from minidynamo.storage.shared.link import Changes
from minidynamo.testing import NotLinearizable, check_serializable
from minidynamo.testing.recorded import RecordedHistory, _Recorder
from tests.shared.simulated_link import Mischief, SimulatedLink, SimulatedStore
from tests.shared.turns import Turns

TABLE = create_table_request("tbl", {"key": ["pk S"], "gsi": {"by_group": {"key": ["group S"]}}})
CALM, STORMY = Mischief(), Mischief(conflict=0.1, lost=0.03, unresolved=0.03)


class World:
    """A store and databases over it, driven by a seed."""

    def __init__(self, seed: int, count: int, mischief: Mischief = CALM, **flaws: bool) -> None:
        self.chance = random.Random(seed)
        self.turns = Turns(self.chance)
        self.store = SimulatedStore(self.chance, self.turns, **flaws)  # type: ignore[arg-type]
        self.databases = [self._database() for _ in range(count)]
        self.databases[0].execute("CreateTable", TABLE)
        self.store.mischief = mischief

    def _database(self) -> SharedDatabase:
        database = SharedDatabase("simulated", self.store.link, shard_count=1)
        database._shared._sleep = lambda seconds: self.turns.pass_on()
        return database

    def run(self, *programs: Callable[[SharedDatabase], None]) -> None:
        """Runs each program with a database of its own."""
        self.turns.run([lambda p=p, d=d: p(d) for p, d in zip(programs, self.databases, strict=True)])
        self.store.mischief = CALM

    def item(self, key: str, database: int = 0) -> dict[str, dict[str, str]]:
        request = {"TableName": "tbl", "Key": {"pk": {"S": key}}, "ConsistentRead": True}
        return self.databases[database].execute("GetItem", request).get("Item", {})


def add(database: SharedDatabase, key: str, amount: int = 1) -> bool:
    """Adds to a counter; whether it was answered."""
    try:
        database.execute(
            "UpdateItem",
            {
                "TableName": "tbl",
                "Key": {"pk": {"S": key}},
                "UpdateExpression": "ADD n :a",
                "ExpressionAttributeValues": {":a": {"N": str(amount)}},
            },
        )
    except DynamoError:
        return False
    return True


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**9), count=st.integers(2, 4))
def test_counters_lose_nothing(seed: int, count: int) -> None:
    """What was answered has been added once, what was not, once at most."""
    world = World(seed, count, STORMY)
    answers: list[bool] = []
    world.run(*[lambda database: answers.extend(add(database, "a") for _ in range(5))] * count)
    assert sum(answers) <= int(world.item("a")["n"]["N"]) <= len(answers)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_histories_are_serializable(seed: int) -> None:
    """Puts, reads, conditions and transactions of three databases could have happened one after the other."""
    world = World(seed, 3, STORMY)
    initial = minidynamo.connect()
    initial.execute("CreateTable", TABLE)
    history = RecordedHistory(initial)
    recorder = _Recorder(history.calls)
    with ExitStack() as stack:
        for database in world.databases:
            stack.enter_context(database.using(recorder))
        world.run(*[lambda database, n=n: _wander(database, random.Random(seed + n)) for n in range(3)])
    check_serializable(history)


def _place(key: str) -> dict[str, Any]:
    return {"TableName": "tbl", "Key": {"pk": {"S": key}}}


def _wander(database: SharedDatabase, chance: random.Random) -> None:
    for _ in range(4):
        key, value = chance.choice("ab"), {"N": str(chance.randrange(100))}
        item = {"pk": {"S": key}, "n": value}
        put = {"TableName": "tbl", "Item": item}
        other = {"TableName": "tbl", "Key": {"pk": {"S": "a" if key == "b" else "b"}}}
        absent = {"ConditionExpression": "attribute_not_exists(pk)"}
        operation, request = chance.choice([
            ("PutItem", put),
            ("PutItem", {**put, **absent}),
            ("DeleteItem", other),
            ("GetItem", {**other, "ConsistentRead": True}),
            ("TransactGetItems", {"TransactItems": [{"Get": _place("a")}, {"Get": _place("b")}]}),
            ("TransactWriteItems", {"TransactItems": [{"Put": put}, {"ConditionCheck": {**other, **absent}}]}),
        ])  # fmt: skip
        try:
            database.execute(operation, request)
        except DynamoError:
            continue


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_an_index_filled_beside_writers_is_whole(seed: int) -> None:
    """Whatever is written while it is filled, item by item, has its entry, and nothing else has."""
    entries, items = _index_filled_beside_writers(seed)
    assert entries == items


def test_without_the_guard_it_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: a writer that commits by the old tables when an index has been made and filled lacks it."""
    world = World(0, 2, guards=False)
    writer, other = world.databases
    commit, waiting = SimulatedLink.commit, [True]

    def commit_late(link: SimulatedLink, changes: Changes) -> None:
        if waiting and any(each.key[0].endswith("/table") for each in changes.writes):
            waiting.clear()
            _define_index(other)
        commit(link, changes)

    monkeypatch.setattr(SimulatedLink, "commit", commit_late)
    put = {"Put": {"TableName": "tbl", "Item": {"pk": {"S": "a"}, "color": {"S": "x"}}}}
    writer.execute("TransactWriteItems", {"TransactItems": [put]})
    assert not waiting
    assert other.execute("Scan", {"TableName": "tbl"})["Count"] == 1
    assert other.execute("Scan", {"TableName": "tbl", "IndexName": "by_color"})["Count"] == 0


def _define_index(database: SharedDatabase) -> None:
    index = {"IndexName": "by_color", "KeySchema": [{"AttributeName": "color", "KeyType": "HASH"}]}
    create = {"Create": {**index, "Projection": {"ProjectionType": "ALL"}}}
    attributes = [{"AttributeName": "color", "AttributeType": "S"}]
    request = {"TableName": "tbl", "AttributeDefinitions": attributes, "GlobalSecondaryIndexUpdates": [create]}
    database.execute("UpdateTable", request)


def test_without_looking_at_entries_it_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: a writer that does not compare the lack of an entry passes a step of filling by."""
    monkeypatch.setattr(
        SessionEngine, "filling", property(lambda engine: set(), lambda engine, names: None), raising=False
    )
    found = [_index_filled_beside_writers(seed) for seed in range(60)]
    assert any(entries != items for entries, items in found)


def _index_filled_beside_writers(seed: int) -> tuple[list[Any], list[Any]]:
    """What an index has that is made while two others write, and what it should have."""
    world = World(seed, 3)
    for key in "abcd":
        world.databases[0].execute("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": key}, "color": {"S": "x"}}})

    def write(database: SharedDatabase) -> None:
        chance = random.Random(seed)
        for number in range(8):
            key = {"pk": {"S": chance.choice("abcd")}}
            if chance.random() < 0.3:
                database.execute("DeleteItem", {"TableName": "tbl", "Key": key})
            else:
                item = {**key, "color": {"S": chance.choice("xy")}, "n": {"N": str(number)}}
                database.execute("PutItem", {"TableName": "tbl", "Item": item})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index_filling, "STEP_ITEMS", 1)
        world.run(write, _define_index, write)
        world.databases[1]._housekeeping.fill_indexes()
    order = lambda item: item["pk"]["S"]  # noqa: E731
    scanned = world.databases[0].execute("Scan", {"TableName": "tbl"})["Items"]
    entries = world.databases[2].execute("Scan", {"TableName": "tbl", "IndexName": "by_color"})["Items"]
    return sorted(entries, key=order), sorted(scanned, key=order)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_a_stream_shows_every_change_once_and_in_order(seed: int) -> None:
    """Also to whoever reads while others write: nothing joins what has been shown."""
    shown, made = _stream_read_beside_writers(seed)
    assert shown == made


def test_without_the_horizon_it_is_noticed() -> None:
    """The negative control: a reader that is shown all there is misses what has a lower number and ends later."""
    found = [_stream_read_beside_writers(seed, shows_all=True) for seed in range(60)]
    assert any(shown != made for shown, made in found)


def _stream_read_beside_writers(
    seed: int, shows_all: bool = False
) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """The numbers that a reader was shown of each item while two others wrote, and those that were written."""
    world = World(seed, 3, shows_all=shows_all)
    spec = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    world.databases[0].execute("UpdateTable", {"TableName": "tbl", "StreamSpecification": spec})
    arn = world.databases[0].execute("DescribeTable", {"TableName": "tbl"})["Table"]["LatestStreamArn"]
    shown: dict[str, list[int]] = {key: [] for key in "ab"}
    iterators: dict[str, str] = {}

    def write(database: SharedDatabase) -> None:
        for key in random.Random(seed).choices("ab", k=6):
            add(database, key)

    def read(database: SharedDatabase, rounds: int = 12) -> None:
        for each in database.execute("DescribeStream", {"StreamArn": arn})["StreamDescription"]["Shards"]:
            place = {"StreamArn": arn, "ShardId": each["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
            if each["ShardId"] not in iterators:
                iterators[each["ShardId"]] = database.execute("GetShardIterator", place)["ShardIterator"]
        for shard in itertools.islice(itertools.cycle(list(iterators)), rounds):
            page = database.execute("GetRecords", {"ShardIterator": iterators[shard]})
            iterators[shard] = page["NextShardIterator"]
            for image in (record["dynamodb"]["NewImage"] for record in page["Records"]):
                shown[image["pk"]["S"]].append(int(image["n"]["N"]))

    world.run(write, read, write)
    read(world.databases[0], 8)
    made = {key: list(range(1, int(world.item(key).get("n", {"N": "0"})["N"]) + 1)) for key in "ab"}
    return shown, made


def test_without_checks_of_what_was_read_it_is_noticed() -> None:
    """The negative control: write skew, which the check of conditions prevents, is found by the checker."""
    with pytest.raises(NotLinearizable):
        for seed in range(400):
            _skew(seed, checks_reads=False)


def test_with_checks_there_is_no_skew() -> None:
    """The same programs, with the checks."""
    for seed in range(100):
        _skew(seed, checks_reads=True)


def _skew(seed: int, checks_reads: bool) -> None:
    """Two transactions, each of which puts an item if the other's is not there: one of them has to fail."""
    world = World(seed, 2, checks_reads=checks_reads)
    initial = minidynamo.connect()
    initial.execute("CreateTable", TABLE)
    history = RecordedHistory(initial)
    recorder = _Recorder(history.calls)

    def put_unless(own: str, other: str, database: SharedDatabase) -> None:
        put = {"Put": {"TableName": "tbl", "Item": {"pk": {"S": own}}}}
        check = {"TableName": "tbl", "Key": {"pk": {"S": other}}, "ConditionExpression": "attribute_not_exists(pk)"}
        try:
            database.execute("TransactWriteItems", {"TransactItems": [put, {"ConditionCheck": check}]})
        except DynamoError:
            return

    with ExitStack() as stack:
        for database in world.databases:
            stack.enter_context(database.using(recorder))
        world.run(lambda database: put_unless("a", "b", database), lambda database: put_unless("b", "a", database))
    check_serializable(history)
