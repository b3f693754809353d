"""Handlers of a stream that is somewhere else: every change at least once, in order for each item, by several."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minidynamo
from minidynamo.consumers.leases import LEASES_TABLE
from minidynamo.values.api_types import JsonObject
from tests.consumers.streamed_table import make_streamed_table
from tests.remote.sharing import HASTY_SECONDS
from tests.waiting import wait_until


@pytest.fixture
def origin() -> Iterator[minidynamo.Database]:
    """What the server answers from; its partitions, and so its shards, split soon."""
    with minidynamo.connect(partition_size=5_000) as database:
        make_streamed_table(database)
        yield database


class Handler:
    """Keeps what it was given, by item."""

    __name__ = "handler"

    def __init__(self) -> None:
        self.events: list[JsonObject] = []
        self.numbers: dict[str, list[int]] = defaultdict(list)

    def __call__(self, event: JsonObject, context: object) -> None:
        self.events.append(event)
        for record in event["Records"]:
            image = record["dynamodb"].get("NewImage", {})
            self.numbers[record["dynamodb"]["Keys"]["id"]["S"]].append(int(image.get("number", {}).get("N", -1)))


def write(database: minidynamo.Database, ids: int, rounds: int, start: int = 0, size: int = 300) -> None:
    """Gives every item the numbers of some rounds, one after the other."""
    for number in range(start, start + rounds):
        for each in range(ids):
            item = {"id": {"S": f"item {each}"}, "number": {"N": str(number)}, "bytes": {"B": b"\0" * size}}
            database.execute("PutItem", {"TableName": "Things", "Item": item})


def numbers_in_order(handlers: list[Handler]) -> dict[str, list[int]]:
    """The numbers of each item in the order in which they first came."""
    found: dict[str, list[int]] = defaultdict(list)
    for handler in handlers:
        for name, numbers in handler.numbers.items():
            found[name].extend(number for number in numbers if number not in found[name])
    return found


def test_an_event_is_what_it_would_be_here(origin: minidynamo.Database, url: str) -> None:
    """Numbers, images and bytes, for all kinds of changes."""
    here, there = Handler(), Handler()
    origin.on_stream("Things", here)
    with minidynamo.connect(url) as remote:
        remote.on_stream("Things", there)
        things = remote.Table("Things")
        things.put_item(Item={"id": "a", "bytes": b"\xff\0", "set": {b"1", b"2"}})
        things.update_item(
            Key={"id": "a"}, UpdateExpression="SET n = :n", ExpressionAttributeValues={":n": 1}, ReturnValues="NONE"
        )
        things.delete_item(Key={"id": "a"})
        remote.drain()
    origin.drain()
    assert there.events == here.events
    assert len(there.events[0]["Records"]) == 3


def test_children_come_after_their_parents(origin: minidynamo.Database, url: str) -> None:
    """The changes of each item come in order, over shards that split while they are written."""
    handler = Handler()
    with minidynamo.connect(url) as remote:
        remote.on_stream("Things", handler, ParallelizationFactor=3, BatchSize=7)
        write(origin, ids=40, rounds=5)
        report = remote.drain()
        write(origin, ids=40, rounds=3, start=5)
        remote.drain()
    assert report.is_complete
    assert len(origin.partitions("Things")) > 1
    assert handler.numbers == {f"item {each}": list(range(8)) for each in range(40)}


def test_latest_begins_with_what_is_written_from_now_on(origin: minidynamo.Database, url: str) -> None:
    """And goes on there when it is opened again."""
    write(origin, ids=3, rounds=1)
    handler = Handler()
    with minidynamo.connect(url) as remote:
        remote.on_stream("Things", handler, StartingPosition="LATEST")
        write(origin, ids=3, rounds=1, start=1)
        remote.drain()
    write(origin, ids=3, rounds=1, start=2)
    with minidynamo.connect(url) as remote:
        remote.on_stream("Things", handler, StartingPosition="LATEST")
        remote.drain()
    assert handler.numbers == {f"item {each}": [1, 2] for each in range(3)}


def test_a_failing_batch_comes_again(origin: minidynamo.Database, url: str) -> None:
    """In this process, and in the next one."""
    handler, failures = Handler(), iter([True, True, False, False])

    def fails(event: JsonObject, context: object) -> None:
        if next(failures):
            raise OSError("not today")
        handler(event, context)

    write(origin, ids=2, rounds=2)
    with minidynamo.connect(url) as remote:
        remote.on_stream("Things", fails)
        with pytest.raises(OSError, match="not today"):
            remote.drain()
    with minidynamo.connect(url) as remote:
        remote.on_stream("Things", fails)
        with pytest.raises(OSError, match="not today"):
            remote.drain()
        remote.drain()
    assert handler.numbers == {"item 0": [0, 1], "item 1": [0, 1]}


def test_a_deleted_mapping_begins_anew(origin: minidynamo.Database, url: str) -> None:
    """Nothing is left of it in the table of leases."""
    handler = Handler()
    write(origin, ids=1, rounds=2)
    with minidynamo.connect(url) as remote:
        mapping = remote.on_stream("Things", handler)
        remote.drain()
        assert next(iter(mapping.position.values()))[0].isdigit()
        mapping.delete()
        assert origin.Table(LEASES_TABLE).scan()["Items"] == []
        remote.on_stream("Things", handler)
        remote.drain()
    assert handler.numbers == {"item 0": [0, 1, 0, 1]}


def test_a_mapping_takes_its_place_to_another_function(origin: minidynamo.Database, url: str) -> None:
    """With other settings it goes on where it was."""
    first, second = Handler(), Handler()
    write(origin, ids=5, rounds=1)
    with minidynamo.connect(url) as remote:
        remote.functions.register("first", first)
        remote.functions.register("second", second)
        mapping = remote.on_stream("Things", "first", BatchSize=2)
        remote.drain()
        mapping.configure(type(mapping.settings)(ParallelizationFactor=2), "second")
        write(origin, ids=5, rounds=1, start=1)
        remote.drain()
    assert first.numbers == {f"item {each}": [0] for each in range(5)}
    assert second.numbers == {f"item {each}": [1] for each in range(5)}


def test_a_table_without_a_stream_is_refused(origin: minidynamo.Database, url: str) -> None:
    """As it is here."""
    origin.client().create_table(
        TableName="Still",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    with minidynamo.connect(url) as remote, pytest.raises(ValueError, match="Still has no enabled stream"):
        remote.on_stream("Still", Handler())


def test_a_failure_goes_to_its_destination(origin: minidynamo.Database, url: str) -> None:
    """With the numbers of the batch as the stream gives them."""
    told: list[JsonObject] = []

    def fails(event: JsonObject, context: object) -> None:
        raise OSError("never")

    write(origin, ids=1, rounds=1)
    with minidynamo.connect(url) as remote:
        destination = {"OnFailure": {"Destination": told.append}}
        remote.on_stream("Things", fails, MaximumRetryAttempts=0, DestinationConfig=destination)
        remote.drain(errors="report")
    batch = told[0]["DDBStreamBatchInfo"]
    assert (batch["batchSize"], batch["startSequenceNumber"]) == (1, batch["endSequenceNumber"])
    assert told[0]["requestContext"]["condition"] == "RetryAttemptsExhausted"


@pytest.mark.usefixtures("hasty")
def test_processes_share_the_shards(origin: minidynamo.Database, url: str) -> None:
    """Who comes later gets some of them, in good order: nothing comes twice."""
    write(origin, ids=60, rounds=6)
    handlers = [Handler(), Handler()]
    with minidynamo.connect(url) as one, minidynamo.connect(url) as two:
        mappings = [each.on_stream("Things", handler) for each, handler in zip((one, two), handlers, strict=True)]
        one.functions.start()
        wait_until(lambda: sum(len(each) for each in handlers[0].numbers.values()) >= 360)
        two.functions.start()
        wait_until(lambda: all(len(each.position) > 0 for each in mappings))
        write(origin, ids=60, rounds=2, start=6)
        wait_until(lambda: sum(len(n) for each in handlers for n in each.numbers.values()) >= 480)
    assert numbers_in_order(handlers) == {f"item {each}": list(range(8)) for each in range(60)}
    assert sum(len(numbers) for each in handlers for numbers in each.numbers.values()) == 480
    assert handlers[1].events


_CHILD = """
import sys, minidynamo
from minidynamo.consumers import holder
from minidynamo.lambdas import remote_reader
holder.LEASE_SECONDS, holder.RENEWAL_SECONDS, remote_reader.RENEWAL_SECONDS = 1.0, 0.2, 0.2
database = minidynamo.connect(sys.argv[1])
def handler(event, context):
    for record in event["Records"]:
        keys, image = record["dynamodb"]["Keys"], record["dynamodb"]["NewImage"]
        print(keys["id"]["S"], image["number"]["N"], flush=True)
database.on_stream("Things", handler, BatchSize=5)
database.functions.start()
sys.stdin.read()
"""


@pytest.mark.usefixtures("hasty")
def test_a_killed_process_is_replaced(origin: minidynamo.Database, url: str) -> None:
    """Another takes over when its leases have lapsed: at least once, and in order for each item."""
    first = Handler()
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    write(origin, ids=20, rounds=3)
    assert child.stdout is not None
    lines = [child.stdout.readline() for _ in range(17)]
    second = Handler()
    with minidynamo.connect(url) as remote:
        remote.on_stream("Things", second, BatchSize=5)
        remote.functions.start()
        child.kill()
        killed_at = time.monotonic()
        lines += child.stdout.readlines()
        child.wait()
        write(origin, ids=20, rounds=2, start=3)
        done = {f"item {each}": list(range(5)) for each in range(20)}
        for line in lines:
            name, _, number = line.rpartition(" ")
            first.numbers[name].append(int(number))
        wait_until(lambda: numbers_in_order([first, second]) == done)
        assert time.monotonic() - killed_at >= HASTY_SECONDS / 2
    doubled = sum(len(each) for each in [*first.numbers.values(), *second.numbers.values()]) - 100
    assert 0 <= doubled <= 5 * len(origin.partitions("Things"))


@settings(max_examples=8, deadline=None)
@given(
    batch_size=st.integers(1, 9),
    factor=st.integers(1, 3),
    bisects=st.booleans(),
    failing=st.sets(st.integers(0, 11), max_size=3),
    only_even=st.booleans(),
)
def test_it_is_handed_over_as_it_would_be_here(
    batch_size: int, factor: int, bisects: bool, failing: set[int], only_even: bool
) -> None:
    """The same batches by the same settings, whether the stream is this process's or somewhere else."""

    def handler_of(log: list[list[int]]) -> object:
        left = set(failing)

        def handler(event: JsonObject, context: object) -> None:
            images = [each["dynamodb"]["NewImage"] for each in event["Records"]]
            # Whichever worker comes first: the order is drawn.
            numbers = [3 * int(each["id"]["S"][-1]) + int(each["number"]["N"]) for each in images]
            log.append(numbers)
            if left.intersection(numbers):
                left.difference_update(numbers)
                raise OSError("once")

        return handler

    with minidynamo.connect() as here, minidynamo.connect() as target, target.serve() as server:
        logs: list[list[list[int]]] = []
        with minidynamo.connect(server.url) as there:
            for database in (here, there):
                make_streamed_table(database)
                write(database, ids=4, rounds=3, size=1)
                logs.append([])
                pattern = '{"dynamodb": {"Keys": {"id": {"S": ["item 0", "item 2"]}}}}'
                criteria = {"FilterCriteria": {"Filters": [{"Pattern": pattern}]}} if only_even else {}
                database.on_stream(
                    "Things",
                    handler_of(logs[-1]),
                    BatchSize=batch_size,
                    ParallelizationFactor=factor,
                    BisectBatchOnFunctionError=bisects,
                    **criteria,
                )
                database.drain(errors="report")
    assert sorted(logs[0]) == sorted(logs[1])
