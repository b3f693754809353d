"""Snapshots and forks: what they share, and that nobody sees what another one writes."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, multiple, precondition, rule

import minidynamo
from minidynamo import Database, ManualClock
from minidynamo.errors import DatabaseClosed, ResourceNotFound
from minidynamo.formats.short_tables import create_table_request
from minidynamo.storage.engine import Snapshot
from minidynamo.storage.memory.layers import TOMBSTONE, Entries, FrozenMap, compacted

TABLE = create_table_request("tbl", {"key": ["pk S", "sk N"], "gsi": {"by_g": {"key": ["g S", "sk N"]}}})
Items = dict[tuple[str, str], dict[str, Any]]


def key(partition: str, sort: str) -> dict[str, Any]:
    return {"pk": {"S": partition}, "sk": {"N": sort}}


def put(database: Database, partition: str, sort: str, group: str = "x") -> dict[str, Any]:
    item = {**key(partition, sort), "g": {"S": group}, "t": {"S": "." * 40}}
    database.execute("PutItem", {"TableName": "tbl", "Item": item})
    return item


def items_of(database: Database, **request: Any) -> Items:
    found: list[dict[str, Any]] = []
    for forward in (True, False):
        found = []
        for group in "xyz" if "IndexName" in request else "":
            asked = {"KeyConditionExpression": "g = :g", "ExpressionAttributeValues": {":g": {"S": group}}}
            asked |= {"TableName": "tbl", "ScanIndexForward": forward, **request}
            page = database.execute("Query", asked)["Items"]
            sorts = [float(each["sk"]["N"]) for each in page]
            assert sorts == sorted(sorts, reverse=not forward)
            found += page
    if not request:
        found = database.execute("Scan", {"TableName": "tbl"})["Items"]
    items = {(each["pk"]["S"], each["sk"]["N"]): each for each in found}
    assert len(items) == len(found)
    return items


class Family(RuleBasedStateMachine):
    """A database, its forks, their forks, and snapshots of all of them, each against its own plain model."""

    databases: Bundle[tuple[Database, Items]] = Bundle("databases")
    snapshots: Bundle[tuple[Snapshot, Items]] = Bundle("snapshots")

    def __init__(self) -> None:
        super().__init__()
        self.members: list[tuple[Database, Items]] = []
        self.folder = tempfile.TemporaryDirectory()

    @initialize(target=databases, partition_size=st.sampled_from([200, 1_000, 10**10]), is_durable=st.booleans())
    def begin(self, partition_size: int, is_durable: bool) -> Any:
        path, durability = (Path(self.folder.name) / "store.db", "process") if is_durable else (None, None)
        database = minidynamo.connect(path, durability=durability, partition_size=partition_size)
        database.execute("CreateTable", TABLE)
        self.members.append((database, {}))
        return self.members[-1]

    @rule(member=databases, partition=st.sampled_from("abc"), sort=st.integers(-9, 9), group=st.sampled_from("xyz"))
    def put(self, member: tuple[Database, Items], partition: str, sort: int, group: str) -> None:
        database, items = member
        items[partition, str(sort)] = put(database, partition, str(sort), group)

    @rule(member=databases, partition=st.sampled_from("abc"), sort=st.integers(-9, 9))
    def delete(self, member: tuple[Database, Items], partition: str, sort: int) -> None:
        database, items = member
        response = database.execute(
            "DeleteItem", {"TableName": "tbl", "Key": key(partition, str(sort)), "ReturnValues": "ALL_OLD"}
        )
        assert response.get("Attributes") == items.pop((partition, str(sort)), None)

    @rule(member=databases, partition=st.sampled_from("abc"), group=st.sampled_from("xyz"))
    def put_many(self, member: tuple[Database, Items], partition: str, group: str) -> None:
        database, items = member
        for sort in range(-5, 6):
            items[partition, str(sort)] = put(database, partition, str(sort), group)

    @rule(target=databases, member=databases)
    def fork(self, member: tuple[Database, Items]) -> Any:
        database, items = member
        if len(self.members) > 8:
            return multiple()
        self.members.append((database.fork(), dict(items)))
        return self.members[-1]

    @rule(target=snapshots, member=databases)
    def snapshot(self, member: tuple[Database, Items]) -> Any:
        return member[0].snapshot(), dict(member[1])

    @rule(member=databases, snapshot=snapshots)
    def restore(self, member: tuple[Database, Items], snapshot: tuple[Snapshot, Items]) -> None:
        member[0].restore(snapshot[0])
        member[1].clear()
        member[1].update(snapshot[1])

    @precondition(lambda self: len(self.members) > 1)
    @rule(member=consumes(databases))
    def close(self, member: tuple[Database, Items]) -> None:
        member[0].close()
        self.members = [each for each in self.members if each[0] is not member[0]]

    @rule(member=databases)
    def compare(self, member: tuple[Database, Items]) -> None:
        database, items = member
        assert items_of(database) == items_of(database, IndexName="by_g") == items

    def teardown(self) -> None:
        for database, items in self.members:
            database.check()
            assert items_of(database) == items_of(database, IndexName="by_g") == items
            database.close()
        self.folder.cleanup()


TestFamily = Family.TestCase
TestFamily.settings = settings(max_examples=25, stateful_step_count=30)


@pytest.mark.long
class TestFamilyLong(Family.TestCase):  # type: ignore[name-defined, misc]
    settings = settings(max_examples=400, stateful_step_count=50)


def test_restoring_brings_back_tables_and_settings(open_database: Callable[..., Database]) -> None:
    database = open_database()
    database.execute("CreateTable", TABLE)
    put(database, "a", "1")
    described = database.execute("DescribeTable", {"TableName": "tbl"})
    arn = described["Table"]["TableArn"]
    snapshot = database.snapshot()
    database.execute("TagResource", {"ResourceArn": arn, "Tags": [{"Key": "k", "Value": "v"}]})
    database.execute("CreateTable", {**TABLE, "TableName": "other"})
    database.execute("DeleteTable", {"TableName": "tbl"})
    with pytest.raises(ResourceNotFound):
        put(database, "a", "2")
    for _ in range(2):
        database.restore(snapshot)
        assert database.execute("ListTables", {})["TableNames"] == ["tbl"]
        assert database.execute("DescribeTable", {"TableName": "tbl"}) == described
        assert database.execute("ListTagsOfResource", {"ResourceArn": arn})["Tags"] == []
        assert set(items_of(database)) == {("a", "1")}
        put(database, "b", "2")


def test_what_was_restored_stays_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with minidynamo.connect(path, partition_size=300) as database:
        database.execute("CreateTable", TABLE)
        for number in range(30):
            put(database, "a", str(number))
        snapshot, items, partitions = database.snapshot(), items_of(database), len(database.partitions("tbl"))
        for number in range(15, 60):
            put(database, "a", str(number), "y")
        for number in range(10):
            database.execute("DeleteItem", {"TableName": "tbl", "Key": key("a", str(number))})
        database.restore(snapshot)
        database.execute("CreateTable", {**TABLE, "TableName": "second"})
        made = database.execute("DescribeTable", {"TableName": "second"})["Table"]["TableId"]
    with minidynamo.connect(path, partition_size=300) as database:
        database.check()
        assert items_of(database) == items
        assert len(database.partitions("tbl")) == partitions
        database.execute("DeleteTable", {"TableName": "second"})
        database.execute("CreateTable", {**TABLE, "TableName": "second"})
        assert database.execute("DescribeTable", {"TableName": "second"})["Table"]["TableId"] != made


def test_a_snapshot_is_restored_in_another_database(tmp_path: Path) -> None:
    """From memory into a file and back."""
    memory = minidynamo.connect()
    memory.execute("CreateTable", TABLE)
    put(memory, "a", "1")
    with minidynamo.connect(tmp_path / "shop.db") as stored:
        stored.restore(memory.snapshot())
        put(stored, "b", "2")
        memory.restore(stored.snapshot())
        put(memory, "c", "3")
        assert (set(items_of(stored)), len(items_of(memory))) == ({("a", "1"), ("b", "2")}, 3)
    memory.check()
    assert len(items_of(memory)) == 3  # The snapshot reads a file that its owner has closed.


def test_a_fork_has_its_own_time_and_names(open_database: Callable[..., Database]) -> None:
    clock = ManualClock()
    database = open_database(clock=clock, table_delays=10, region="eu-west-1", wording="2025")
    forks = [database.fork(), database.fork(), database.fork().fork()]
    forks[0].clock.advance(100)  # type: ignore[attr-defined]
    assert clock.now() == forks[1].clock.now() == forks[0].clock.now() - 100
    ids = set()
    for each in [database, *forks]:
        response = each.execute("CreateTable", TABLE)["TableDescription"]
        assert response["TableStatus"] == "CREATING"
        assert "eu-west-1" in response["TableArn"]
        ids.add(response["TableId"])
    assert len(ids) == 4
    assert database.fork(clock=clock).clock is clock


def test_forks_are_the_same_each_time() -> None:
    """Drawn from the seed, like everything else."""

    def table_ids() -> list[str]:
        database = minidynamo.connect(seed=7)
        forks = [database.fork(), database.fork()]
        return [each.execute("CreateTable", TABLE)["TableDescription"]["TableId"] for each in [*forks, database]]

    assert table_ids() == table_ids()


def test_only_snapshots_are_restored(database: Database) -> None:
    with pytest.raises(TypeError, match="restore takes what snapshot"):
        database.restore(database)  # type: ignore[arg-type]


def test_nothing_comes_from_a_closed_database(database: Database) -> None:
    snapshot = database.snapshot()
    other = minidynamo.connect()
    other.close()
    for use in (other.snapshot, other.fork, lambda: other.restore(snapshot)):
        with pytest.raises(DatabaseClosed):
            use()


def test_a_snapshot_of_a_file_lets_go_of_its_log(tmp_path: Path) -> None:
    """Once nobody uses it, the log is no longer kept."""
    path = tmp_path / "shop.db"
    with minidynamo.connect(path, durability="process") as database:
        database.execute("CreateTable", TABLE)
        fork = database.fork()
        put(database, "a", "1")
        fork.close()
        del fork
        gc.collect()
        checkpoint = database.engine._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[attr-defined]
        assert checkpoint.fetchone()[0] == 0


def test_layers_stay_few() -> None:
    """However often a map is forked between two writes, a key is looked up in few of them."""
    layers: tuple[Any, ...] = (Entries({b"%05d" % number: b"old" for number in range(1_000)}),)
    for number in range(300):
        layers = compacted((*layers, Entries({b"%05d" % number: TOMBSTONE if number % 2 else b"new"})))
        assert len(layers) <= 11
    frozen = FrozenMap(b"", None, 850, 0, layers)
    found = list(frozen.range(b"", None))
    assert len(found) == 850
    assert found == list(frozen.range(b"", None, reverse=True))[::-1]
    assert [frozen.get(b"%05d" % number) for number in (0, 1, 2, 299, 300)] == [b"new", None, b"new", None, b"old"]
