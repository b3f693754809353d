"""Shard workers as values: who takes a change, from where a worker goes on, and that one step is taken at a time."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field

import pytest

from minidynamo.lambdas.shard_workers import ShardBatch, ShardWork, ShardWorker, worker_of
from minidynamo.streams.change_record import INSERT, REMOVE, ChangeRecord, StreamOrigin, packed_change, unpacked_change
from minidynamo.values.attribute_value import AttributeValue
from minidynamo.values.records import packed_record

ORIGIN = StreamOrigin("arn", "us-east-1", "NEW_IMAGE", ("pk", "sk"))


def inserted(pk: str, sk: str = "1", number: int = 1, **more: AttributeValue) -> ChangeRecord:
    item = {"pk": {"S": pk}, "sk": {"S": sk}, **more}
    return unpacked_change(number, packed_change(INSERT, 0.0, False, None, packed_record(item, 10), None))


def removed(pk: str, sk: str = "1") -> ChangeRecord:
    return unpacked_change(1, packed_change(REMOVE, 0.0, False, {"pk": {"S": pk}, "sk": {"S": sk}}, None, None))


def test_a_partition_key_has_one_worker() -> None:
    """Whatever the sort key, the other attributes, and the kind of the change."""
    for letter in "abcdefgh":
        workers = {
            worker_of(ORIGIN, change, 10)
            for change in (inserted(letter), inserted(letter, "2", n={"N": "1"}), removed(letter, "3"))
        }
        assert len(workers) == 1


def test_keys_are_spread_over_all_workers() -> None:
    found = Counter(worker_of(ORIGIN, inserted(str(number)), 4) for number in range(400))
    assert found.keys() == set(range(4))
    assert min(found.values()) > 60
    assert {worker_of(ORIGIN, inserted(str(number)), 1) for number in range(10)} == {0}


def test_a_worker_goes_on_from_the_first_change_that_is_not_done() -> None:
    worker = ShardWorker("shard", 0, position=9)
    assert worker.checkpoint == 9
    worker.batches.append(ShardBatch([inserted("a", number=4), inserted("a", number=6)]))
    worker.batches.append(ShardBatch([inserted("a", number=7)]))
    assert worker.checkpoint == 4
    worker.batches.popleft()
    assert worker.checkpoint == 7
    worker.batches.popleft()
    assert worker.checkpoint == 9


@dataclass
class Mapping:
    """Invokes its function so many times per step."""

    invocations: int
    function_name: str = "function"
    turn: threading.Lock = field(default_factory=threading.Lock)
    fails: bool = False
    nested: list[int] = field(default_factory=list)

    def due_at(self, worker: ShardWorker) -> float | None:
        return worker.due_at

    def take_step(self, worker: ShardWorker) -> bool:
        self.nested.append(ShardWork(self, worker).do().invocations)
        worker.tally.invocations += self.invocations
        if self.fails:
            raise RuntimeError("no")
        return True


def test_a_step_says_how_many_invocations_it_was() -> None:
    work = ShardWork(Mapping(3), ShardWorker("shard", 0, 0, due_at=5.0))
    assert (work.name, work.due_at(), work.is_at_work) == ("function", 5.0, False)
    assert [work.do().invocations, work.do().invocations] == [3, 3]
    assert not work.is_at_work


def test_nobody_takes_a_step_while_another_is_taken() -> None:
    mapping = Mapping(1)
    assert ShardWork(mapping, ShardWorker("shard", 0, 0)).do().invocations == 1
    assert mapping.nested == [0]


def test_a_step_that_fails_lets_the_next_one_be_taken() -> None:
    mapping, worker = Mapping(1, fails=True), ShardWorker("shard", 0, 0)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            ShardWork(mapping, worker).do()
        assert not worker.is_at_work
    assert mapping.nested == [0, 0]
