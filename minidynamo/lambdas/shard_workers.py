"""Shard workers: how far a mapping has come in a shard, and what it is at.

A shard has one worker, or as many as the mapping's ParallelizationFactor; the hash of an item's partition key says
which of them takes its changes. A worker processes one batch at a time and goes on only when that is done or given up.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import pairwise
from typing import Protocol

from minidynamo.lambdas.change import Change
from minidynamo.lambdas.tally import Tally
from minidynamo.streams.change_record import ChangeRecord, StreamOrigin
from minidynamo.values.api_types import JsonObject
from minidynamo.values.attribute_value import AttributeValue


@dataclass(slots=True)
class ShardBatch:
    """Changes that are handed over together.

    Attributes:
        changes: in the order of their sequence numbers.
        failures: how often it has failed.
        attempts: how often a function was invoked with it. What is left of a batch after a partial success, and the
            halves of one that is bisected, are batches of their own.
    """

    changes: list[Change]
    failures: int = 0
    attempts: int = 0


@dataclass(slots=True)
class Window:
    """A tumbling window.

    Attributes:
        start: when it begins, in epoch seconds.
        state: what the last invocation has left for the next.
    """

    start: float
    state: JsonObject = field(default_factory=dict)


@dataclass(slots=True)
class ShardWorker:
    """One worker of one shard.

    Attributes:
        shard_id: of the shard.
        index: which of its workers this is.
        position: the sequence number to go on from when `batches` are done.
        batches: what has been read and is not done yet.
        due_at: before which nothing is tried, in epoch seconds.
        window: the tumbling window it is in, if any.
        is_at_work: whether a thread is taking a step of it.
        tally: what that step has come to so far.
    """

    shard_id: str
    index: int
    position: int
    batches: deque[ShardBatch] = field(default_factory=deque)
    due_at: float = 0.0
    window: Window | None = None
    is_at_work: bool = False
    tally: Tally = field(default_factory=Tally)

    @property
    def checkpoint(self) -> int:
        """The sequence number from which nothing is known to be done."""
        return self.batches[0].changes[0].number if self.batches else self.position

    def check(self, mapping: str, least: int, last_number: int | None) -> None:
        """Asserts that its batches and its position follow one another.

        Parameters:
            mapping: whose worker it is, for the message.
            least: the number from which it may go on at least.
            last_number: the highest that the stream has given; None where there is no stream any more.
        """
        name = f"worker {self.index} of {self.shard_id} of {mapping}"
        for number, batch in enumerate(self.batches):
            assert batch.changes, f"batch {number} of {name} is empty"
            failures, attempts = batch.failures, batch.attempts
            assert failures >= 0 <= attempts, f"batch {number} of {name} has failed {failures} times of {attempts}"
        numbers = [change.number for batch in self.batches for change in batch.changes]
        for one, two in pairwise([*numbers, self.position]):
            assert one < two, f"{name} goes on with {two} after {one}"
        assert self.checkpoint >= least, f"{name} goes on from {self.checkpoint}, before {least}"
        is_given = last_number is None or self.position <= last_number + 1
        assert is_given, f"{name} goes on from {self.position}, of {last_number} numbers"


class WorkedMapping(Protocol):
    """A mapping, as far as its workers need it."""

    function_name: str
    turn: threading.Lock

    def due_at(self, worker: ShardWorker) -> float | None: ...

    def take_step(self, worker: ShardWorker) -> bool: ...


@dataclass(frozen=True, slots=True)
class ShardWork:
    """A worker as a piece of work, for `drain` and the background; done by one of them at a time."""

    mapping: WorkedMapping
    worker: ShardWorker

    @property
    def name(self) -> str:
        """The function's."""
        return self.mapping.function_name

    @property
    def is_at_work(self) -> bool:
        return self.worker.is_at_work

    def due_at(self) -> float | None:
        """When there is something to do."""
        return self.mapping.due_at(self.worker)

    def do(self) -> Tally:
        """Takes one step, unless another thread is at it; what that has come to."""
        with self.mapping.turn:
            if self.worker.is_at_work:
                return Tally()
            self.worker.is_at_work = True
        try:
            tally = self.worker.tally = Tally()
            self.mapping.take_step(self.worker)
            return tally
        finally:
            self.worker.is_at_work = False


def worker_of(origin: StreamOrigin, change: ChangeRecord, count: int) -> int:
    """Which of some workers a change takes: that of its partition key."""
    if count == 1:
        return 0
    return worker_index(change.key(origin.key_names)[origin.key_names[0]], count)


def worker_index(partition_key: AttributeValue, count: int) -> int:
    """Which of some workers takes the changes of a partition key."""
    if count == 1:
        return 0
    digest = blake2b(repr(partition_key).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % count
