"""What the checks of streams find, and how they name it; and a shard that ends within a batch."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from minidynamo import Database, ManualClock
from minidynamo.limits import SHARD_OPEN_SECONDS_MAX
from minidynamo.storage.engine import Batch
from minidynamo.streams.change_record import REMOVE, packed_change
from minidynamo.streams.record_keys import record_key
from minidynamo.streams.stream import Stream
from tests.streams.stream_reading import changes, create, put, shards_of


class SteppingClock(ManualClock):
    """Goes on by some seconds whenever it is read."""

    step_seconds = 0.0

    def now(self) -> float:
        self.advance(self.step_seconds)
        return super().now()


def test_a_shard_that_ends_within_a_batch_ends_behind_its_changes() -> None:
    clock = SteppingClock()
    database = Database(clock=clock)
    arn = create(database)
    put(database, "a")
    clock.advance(SHARD_OPEN_SECONDS_MAX - 500)
    clock.step_seconds = 100
    actions = [{"Put": {"TableName": "tbl", "Item": {"pk": {"S": each}}}} for each in "bcdefghijk"]
    database.execute("TransactWriteItems", {"TransactItems": actions})
    clock.step_seconds = 0
    database.check()
    old, new = (each["SequenceNumberRange"] for each in shards_of(database, arn))
    assert int(old["StartingSequenceNumber"]) < int(old["EndingSequenceNumber"]) < int(new["StartingSequenceNumber"])
    assert [each["dynamodb"]["Keys"]["pk"]["S"] for each in changes(database, arn)] == list("abcdefghijk")


def put_record(ordinal: int, number: int) -> Callable[[Database, Stream], None]:
    def damage(database: Database, stream: Stream) -> None:
        batch = Batch()
        packed = packed_change(REMOVE, 0.0, False, {"pk": {"S": "z"}}, None, None)
        batch.put(f"{stream.state['TableId']}/stream/{stream.key[1]}", record_key(ordinal, number), packed, 0, 1)
        database.engine.commit(batch)

    return damage


def set_shard(**members: object) -> Callable[[Database, Stream], None]:
    def damage(database: Database, stream: Stream) -> None:
        for name, value in members.items():
            setattr(stream.shards[-1], name, value)
        stream._index_open_shards()

    return damage


def set_stream(**members: object) -> Callable[[Database, Stream], None]:
    def damage(database: Database, stream: Stream) -> None:
        for name, value in members.items():
            setattr(stream, name, value)

    return damage


DAMAGES: dict[str, tuple[Callable[[Database, Stream], None], str]] = {
    "no shard": (put_record(7, 3), r"change 3 of \('tbl', .*\) lies in shard 7, of \[0, 1\]"),
    "before its shard": (put_record(1, 1), r"change 1 of .* comes before its shard, which begins with 3"),
    "behind its shard": (put_record(0, 4), r"change 4 of .* comes after its shard, up to 2"),
    "behind all": (put_record(1, 90), r"change 90 of .* comes after its last, 4"),
    "a shard that begins later": (set_shard(first=50), r"shardId-.* begins with 50, of 4 numbers"),
    "a shard that begins early": (set_shard(first=1), r"shardId-.* begins with 1, its parent ends with 2"),
    "a shard that ended": (set_shard(last=9), r"shardId-.* was closed at None and ended with 9"),
    "a trimmed future": (set_shard(trimmed=9), r"shardId-.* is trimmed up to 9, of 4 numbers"),
    "the same ordinal": (set_shard(ordinal=0), r"shards of \('tbl', .*\) share names"),
    "no open shard": (set_shard(closed_at=1.0, last=4), r"\('tbl', .*\) has 0 open shards; enabled: True"),
    "other open shards": (set_stream(_shard_of_start={}), r"\('tbl', .*\) writes to \{\}, and open are \{b''"),
    "stored differently": (set_shard(opened_at=5.0), r"the stream \('tbl', .*\) is stored as .* and is .*: 5.0"),
}


@pytest.mark.damaged
@pytest.mark.parametrize(("damage", "message"), DAMAGES.values(), ids=DAMAGES)
def test_check_finds_damaged_streams(
    clock: ManualClock, damage: Callable[[Database, Stream], None], message: str
) -> None:
    database = Database(clock=clock)
    create(database)
    put(database, "a")
    clock.advance(SHARD_OPEN_SECONDS_MAX)
    put(database, "b")
    database.check()
    stream = database.catalog.table("tbl").stream
    assert stream is not None
    damage(database, stream)
    with pytest.raises(AssertionError, match=message):
        stream.check()


@pytest.mark.damaged
def test_check_finds_streams_that_are_noted_wrongly(clock: ManualClock) -> None:
    database = Database(clock=clock)
    create(database)
    streams = database.catalog.streams
    streams._disabled.add(("tbl", "never"))
    with pytest.raises(AssertionError, match=r"\('tbl', 'never'\)\} are noted as disabled, and set\(\) are"):
        streams.check()
    streams._enabled.clear()
    with pytest.raises(AssertionError, match=r"the streams \{\} are noted as enabled by table, and \{'tbl': "):
        streams.check()
