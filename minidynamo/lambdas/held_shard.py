"""A shard that is read here through the API: what has been read for each of its workers, and how far each has come.

One cursor reads for all workers. A worker that holds up too much of what has been read, because its batch fails, is
left behind: what follows for it is read again by a cursor of its own, when it is done with the rest.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from minidynamo.consumers.cursor import ReadRecord, ShardCursor, first_number
from minidynamo.lambdas.handler_calls import IN_BACKGROUND
from minidynamo.lambdas.shard_workers import ShardWorker, worker_index

# In the background a shard is not asked again so soon after it had nothing (DynamoDB answers five times a second), or
# could not be read: others are read meanwhile.
_POLL_SECONDS = 0.2
_REST_SECONDS = 1.0
# So many records may wait for all workers together.
_BUFFERED_MAX = 10_000

Keeps = Callable[[ReadRecord], bool]


class HeldShard:
    """A shard that is read here.

    Parameters:
        new_cursor: makes a cursor behind a position.
        shard_id: its id.
        positions: behind which each of its workers begins.
        partition_key: the name of that attribute.

    Attributes:
        workers: its workers.
        queues: what has been read for each worker and is in no batch yet.
    """

    def __init__(
        self, new_cursor: Callable[[str], ShardCursor], shard_id: str, positions: list[str], partition_key: str
    ) -> None:
        assert positions, f"{shard_id} has no workers"
        self._new_cursor, self._partition_key = new_cursor, partition_key
        self.workers = [ShardWorker(shard_id, index, first_number(each)) for index, each in enumerate(positions)]
        self._cursor = new_cursor(min(positions, key=first_number))
        self._behind: dict[int, ShardCursor] = {}
        self._beginnings = positions
        self._window_beginnings: dict[int, str] = {}
        self._rests_until = 0.0
        self.queues: list[deque[ReadRecord]] = [deque() for _ in positions]

    @property
    def is_open(self) -> bool:
        """Whether more may come."""
        return not self._cursor.is_at_end

    @property
    def is_at_work(self) -> bool:
        """Whether a thread is taking a step of one of its workers."""
        return any(each.is_at_work for each in self.workers)

    @property
    def is_in_window(self) -> bool:
        """Whether a worker is in a tumbling window."""
        return any(each.window is not None for each in self.workers)

    @property
    def is_done(self) -> bool:
        """Whether all of it has been handed over, and no more will come."""
        has_batches = any(each.batches for each in self.workers)
        return not (self.is_open or self._behind or has_batches or self.is_in_window or any(self.queues))

    @property
    def positions(self) -> list[str]:
        """Behind which each worker goes on, if everything that is not done is handed over again.

        What is in an open tumbling window is not done, since its state is only here.
        """
        return [self._position(worker) for worker in self.workers]

    def check(self) -> None:
        """Asserts that what is in batches follows one another, of workers that no thread is at."""
        for worker in self.workers:
            if not worker.is_at_work:
                worker.check("a mapping", 0, None)

    def waiting(self, worker: ShardWorker, keeps: Keeps) -> tuple[ReadRecord, ...]:
        """What waits for a worker, read now if nothing does."""
        assert worker is self.workers[worker.index], f"{worker} is no worker of this shard"
        queue = self.queues[worker.index]
        while queue and queue[0].number < worker.position:
            queue.popleft()
        if not queue and not worker.batches:
            self._read(worker.index, keeps)
        return tuple(queue)

    def begin_window(self, worker: ShardWorker) -> None:
        """Notes where the window begins that a worker has just read its first batch of, if it has."""
        if worker.window is not None and worker.batches:
            self._window_beginnings.setdefault(worker.index, self._position(worker))

    def end_windows(self) -> bool:
        """Notes which windows have ended; whether any has."""
        ended = [index for index in self._window_beginnings if self.workers[index].window is None]
        for index in ended:
            del self._window_beginnings[index]
        return bool(ended)

    def _position(self, worker: ShardWorker) -> str:
        found = self._unfinished(worker)
        # What was read again for the sake of others does not put it back.
        return max(found, self._beginnings[worker.index], key=first_number)

    def _unfinished(self, worker: ShardWorker) -> str:
        if worker.window is not None and worker.index in self._window_beginnings:
            return self._window_beginnings[worker.index]
        if worker.batches:
            first = worker.batches[0].changes[0]
            assert isinstance(first, ReadRecord), f"{first!r} was not read through the API"
            return first.previous
        waiting = next((each for each in self.queues[worker.index] if each.number >= worker.position), None)
        return self._cursor_of(worker.index).position if waiting is None else waiting.previous

    def _read(self, index: int, keeps: Keeps) -> None:
        """Asks for more: once in the background, and in a drain until there is something or nothing is left."""
        if not IN_BACKGROUND.get():
            while not self.queues[index] and self._read_page(index, keeps):
                pass
            return
        now = time.monotonic()
        if now < self._rests_until:
            return
        self._rests_until = now + _REST_SECONDS
        has_found = self._read_page(index, keeps)
        self._rests_until = 0.0 if has_found else now + _POLL_SECONDS

    def _read_page(self, index: int, keeps: Keeps) -> bool:
        """Reads a page for a worker; whether there may be more."""
        cursor = self._cursor_of(index)
        records = cursor.read() if IN_BACKGROUND.get() else cursor.read_until_found()
        if cursor is self._cursor:
            self._enqueue(records, keeps)
            return bool(records) or cursor.has_passed
        end = first_number(self._cursor.position)
        self.queues[index].extend(
            each for each in records if each.number < end and self._index_of(each) == index and keeps(each)
        )
        is_at_tip = not records and not IN_BACKGROUND.get()
        if is_at_tip or cursor.is_at_end or first_number(cursor.position) >= end:
            del self._behind[index]
        return bool(records) or index not in self._behind

    def _enqueue(self, records: list[ReadRecord], keeps: Keeps) -> None:
        for record in records:
            index = self._index_of(record)
            is_done = record.number < first_number(self._beginnings[index])
            if is_done or index in self._behind or not keeps(record):
                continue
            if len(self.queues[index]) * len(self.workers) >= _BUFFERED_MAX:
                self._behind[index] = self._new_cursor(record.previous)
            else:
                self.queues[index].append(record)

    def _cursor_of(self, index: int) -> ShardCursor:
        return self._behind.get(index, self._cursor)

    def _index_of(self, record: ReadRecord) -> int:
        return worker_index(record.record["dynamodb"]["Keys"][self._partition_key], len(self.workers))
