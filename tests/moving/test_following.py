"""Following the changes of a table: what is put or deleted at the source is at the target, and in order."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest

import minidynamo
from minidynamo import Database, DynamoError, simulate
from minidynamo.consumers.shards import listed_shards
from minidynamo.endpoints.middleware import Call, Middleware, Proceed
from minidynamo.moving.move import Move
from minidynamo.moving.move_error import MoveError
from minidynamo.simulation import Throttled, Unprocessed
from minidynamo.values.api_types import Response
from tests.moving.moved_tables import (
    NAME,
    DeniedOnce,
    copied,
    delete,
    facts,
    followed,
    items_of,
    make_things,
    move_of,
    put,
    thing,
)


def test_all_kinds_of_changes_arrive(move: Move, source: Database, target: Database) -> None:
    """Puts, updates, deletions, and an item that was deleted and made again."""
    put(source, thing("a"), thing("b"), thing("c"))
    copied(move)
    put(source, thing("d"), thing("a", "new"))
    update = {"UpdateExpression": "SET n = :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}
    source.execute("UpdateItem", {"TableName": NAME, "Key": thing("b"), **update})
    delete(source, "c", "d")
    put(source, thing("d", "again"))
    assert followed(move) == 9
    assert items_of(target) == items_of(source)


def test_what_was_followed_is_not_followed_again(move: Move, source: Database, target: Database, journal: Path) -> None:
    """Not by another process either."""
    copied(move)
    put(source, thing("a"))
    assert followed(move) == 1
    put(source, thing("b"))
    again = move_of(source, target, journal)
    assert followed(again) == 1
    assert items_of(target).keys() == {"a", "b"}


def test_many_changes_of_one_item_are_one_write(move: Move, source: Database, target: Database) -> None:
    """The last one; more than a batch of others come with it."""
    copied(move)
    for number in range(60):
        put(source, thing("a", f"{number}"), thing(f"other {number}"))
    assert followed(move) == 120
    assert items_of(target) == items_of(source)


def test_children_of_split_shards_come_after_their_parents(journal: Path, target: Database) -> None:
    with minidynamo.connect(partition_size=3_000) as source:
        make_things(source)
        move = move_of(source, target, journal)
        copied(move)
        for number in range(6):
            put(source, *(thing(f"thing {each}", f"{number}" * 100) for each in range(30)))
        assert len(source.partitions(NAME)) > 1
        assert followed(move) == 180
        assert items_of(target) == items_of(source)


@pytest.mark.parametrize("view", ["KEYS_ONLY", "OLD_IMAGE"])
def test_a_stream_without_new_images_is_enough(journal: Path, target: Database, view: str) -> None:
    """Items are read as they are now."""
    with minidynamo.connect() as source:
        make_things(source, StreamSpecification={"StreamEnabled": True, "StreamViewType": view})
        put(source, thing("a"), thing("b"))
        move = move_of(source, target, journal)
        copied(move)
        put(source, thing("a", "new"), thing("c"))
        delete(source, "b")
        followed(move)
        assert items_of(target) == items_of(source)


def test_what_waits_is_counted_and_stays(move: Move, source: Database, target: Database) -> None:
    """Over shards whose parents have not been read yet."""
    copied(move)
    before = time.time()
    put(source, thing("a"), thing("b"))
    follower = move.follower(move.required_facts(NAME))
    count, newest = follower.waiting()
    follower.close()
    assert (count, newest >= before - 2) == (2, True)
    assert followed(move) == 2


def test_what_waits_in_the_children_of_shards_is_counted(journal: Path, target: Database) -> None:
    with minidynamo.connect(partition_size=3_000) as source:
        make_things(source)
        move = move_of(source, target, journal)
        copied(move)
        put(source, *(thing(f"{number}", "x" * 300) for number in range(40)))
        follower = move.follower(move.required_facts(NAME))
        assert follower.waiting()[0] == 40
        follower.close()


def test_it_is_only_for_what_has_been_copied(move: Move) -> None:
    facts = move.prepare(NAME)
    with pytest.raises(MoveError, match="Things has not been copied: minidynamo copy comes first"):
        move.follower(facts)


def test_without_a_stream_it_says_what_to_do(journal: Path, target: Database) -> None:
    with minidynamo.connect() as source:
        make_things(source, StreamSpecification=None)
        move = move_of(source, target, journal)
        with pytest.raises(MoveError, match="Things had no stream when it was copied"):
            move.follower(copied(move))


def switch_stream(database: Database, is_on: bool) -> None:
    specification = {"StreamEnabled": is_on} | ({"StreamViewType": "NEW_AND_OLD_IMAGES"} if is_on else {})
    database.execute("UpdateTable", {"TableName": NAME, "StreamSpecification": specification})


@pytest.mark.parametrize("is_on_again", [True, False])
def test_a_stream_that_was_turned_off_is_noticed(move: Move, source: Database, is_on_again: bool) -> None:
    """What was written meanwhile is in none."""
    copied(move)
    put(source, thing("a"))
    switch_stream(source, is_on=False)
    put(source, thing("b"))
    if is_on_again:
        switch_stream(source, is_on=True)
    with pytest.raises(MoveError, match="the stream of Things was turned off after copying began"):
        followed(move)


def test_a_stream_that_is_gone_is_told(move: Move) -> None:
    copied(move)
    follower = move.follower(move.required_facts(NAME))
    follow = move.journal.table(NAME).follow
    assert follow is not None
    follow.stream_arn = f"{follow.stream_arn}9"
    with pytest.raises(MoveError, match="the stream of Things from which changes are followed is gone"):
        follower.step()
    follower.close()


def late(move: Move, hours: float) -> None:
    """Lets the copy have begun long ago."""
    follow = move.journal.table(NAME).follow
    assert follow is not None
    follow.start = f"@{int(time.time() - hours * 3600)}"


def test_who_comes_after_a_day_has_missed_something(move: Move, source: Database) -> None:
    copied(move)
    late(move, 25)
    followed(move)
    follow = move.journal.table(NAME).follow
    assert follow is not None
    assert follow.has_gap


def test_who_follows_for_days_misses_nothing_where_shards_end(journal: Path, target: Database) -> None:
    """Between the end of all shards and the beginning of their children there is no position."""
    with minidynamo.connect(partition_size=3_000) as source:
        make_things(source)
        move = move_of(source, target, journal)
        copied(move)
        followed(move)
        late(move, 25)
        put(source, *(thing(f"{number}", "x" * 300) for number in range(60)))
        followed(move)
        follow = move.journal.table(NAME).follow
        assert follow is not None
        assert not follow.has_gap
        assert items_of(target) == items_of(source)


class Hesitating(Middleware):
    """Answers each page of a stream with nothing, several times before it is shown."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def execute(self, call: Call, proceed: Proceed) -> Response:
        if call.operation != "GetRecords":
            return proceed(call.operation, call.request)
        iterator = str(call.request["ShardIterator"])
        self._counts[iterator] += 1
        if self._counts[iterator] % 8:
            return {"Records": [], "NextShardIterator": iterator}
        return proceed(call.operation, call.request)


def test_a_closed_shard_is_read_to_its_end(journal: Path, target: Database) -> None:
    """However often it shows nothing."""
    with minidynamo.connect(partition_size=3_000) as source:
        make_things(source)
        move = move_of(source, target, journal)
        copied(move)
        put(source, *(thing(f"{number}", "x" * 300) for number in range(60)))
        source.use(Hesitating())
        while followed(move):
            pass
        shards = {each.id for each in listed_shards(source.execute, str(facts(source).stream_arn)) if not each.is_open}
        follow = move.journal.table(NAME).follow
        assert follow is not None
        assert shards
        assert shards <= set(follow.done)


@pytest.mark.parametrize("kind", [Throttled, Unprocessed])
def test_what_the_target_does_not_take_at_once_is_sent_again(
    source: Database, journal: Path, kind: minidynamo.simulation.Kind
) -> None:
    with simulate(profile="calm") as target:
        move = move_of(source, target, journal)
        move.writing._sleep = lambda seconds: None
        copied(move)
        put(source, *(thing(f"{number}") for number in range(40)))
        target.faults.on("BatchWriteItem", fault=kind, times=3)
        followed(move)
        assert items_of(target) == items_of(source)


def test_what_failed_is_followed_again(source: Database, journal: Path) -> None:
    """It is noted when it has been written, and not before."""
    with simulate(profile="calm") as target:
        move = move_of(source, target, journal)
        copied(move)
        put(source, *(thing(f"{number}") for number in range(40)))
        target.use(DeniedOnce("BatchWriteItem"))
        with pytest.raises(DynamoError):
            followed(move)
        assert followed(move_of(source, target, journal)) == 40
        assert items_of(target) == items_of(source)
