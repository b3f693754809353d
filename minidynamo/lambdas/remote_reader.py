"""Reading the stream of a table through the API, with others who run the same function: shards are shared by leases.

How far each worker has come is stored in the row of its shard (`consumers/leases.py`) after each batch. A process that
ends without a word is replaced when its leases lapse, and what it was at is handed over again: at least once, and in
order for each item.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

from minidynamo.consumers.cursor import OLDEST, ReadRecord, ShardCursor, first_number, since
from minidynamo.consumers.holder import LeaseHolder, new_owner
from minidynamo.consumers.leases import RENEWAL_SECONDS, LeaseTable
from minidynamo.consumers.shards import Execute, listed_shards
from minidynamo.errors import DynamoError
from minidynamo.lambdas.filter_patterns import compiled_filters
from minidynamo.lambdas.handler_calls import IN_BACKGROUND
from minidynamo.lambdas.settings import MappingSettings
from minidynamo.lambdas.shard_reading import ShardReading, ShardView
from minidynamo.lambdas.shard_workers import ShardWorker, worker_index
from minidynamo.lambdas.stream_events import api_event_record

logger = logging.getLogger("minidynamo.streams")

# In the background a shard is not asked again so soon after it had nothing: DynamoDB answers five times a second.
_POLL_SECONDS = 0.2
# How often `drain` asks a shard that shows nothing, since a page may be empty although there is more.
_EMPTY_PAGES_MAX = 3
_BUFFERED_MAX = 10_000


class HeldShard:
    """A shard that is read here.

    Parameters:
        cursor: reads it.
        workers: its workers.
        partition_key: the name of that attribute.

    Attributes:
        queues: what has been read for each worker and is in no batch yet.
    """

    def __init__(self, cursor: ShardCursor, workers: list[ShardWorker], partition_key: str) -> None:
        self.cursor, self.workers, self._partition_key = cursor, workers, partition_key
        self.queues: list[deque[ReadRecord]] = [deque() for _ in workers]
        self._floors = [each.position for each in workers]
        self._asked_at = 0.0

    @property
    def is_done(self) -> bool:
        """Whether all of it has been handed over, and no more will come."""
        is_idle = all(not each.batches and each.window is None for each in self.workers)
        return self.cursor.is_at_end and is_idle and not any(self.queues)

    @property
    def positions(self) -> list[str]:
        """Behind which each worker goes on, if everything that is not done is handed over again."""
        return [self._position(worker) for worker in self.workers]

    def waiting(self, worker: ShardWorker, keeps: Callable[[ReadRecord], bool]) -> tuple[ReadRecord, ...]:
        """What waits for a worker, read now if nothing does."""
        assert worker is self.workers[worker.index], f"{worker} is no worker of this shard"
        queue = self.queues[worker.index]
        while queue and queue[0].number < worker.position:
            queue.popleft()
        if not queue and not worker.batches:
            self._read(worker, keeps)
        return tuple(queue)

    def _position(self, worker: ShardWorker) -> str:
        if worker.batches:
            first = worker.batches[0].changes[0]
            assert isinstance(first, ReadRecord), f"{first!r} was not read through the API"
            return first.previous
        waiting = next((each for each in self.queues[worker.index] if each.number >= worker.position), None)
        return self.cursor.position if waiting is None else waiting.previous

    def _read(self, worker: ShardWorker, keeps: Callable[[ReadRecord], bool]) -> None:
        """Asks for more, more than once in a drain."""
        is_in_background = IN_BACKGROUND.get()
        if is_in_background and time.monotonic() - self._asked_at < _POLL_SECONDS:
            return
        if sum(map(len, self.queues)) >= _BUFFERED_MAX:
            return
        found = 0
        for _ in range(1 if is_in_background else _EMPTY_PAGES_MAX):
            if self.cursor.is_at_end or self.queues[worker.index]:
                break
            records = self.cursor.read()
            found += len(records)
            self._enqueue(records, keeps)
        self._asked_at = 0.0 if found else time.monotonic()

    def _enqueue(self, records: list[ReadRecord], keeps: Callable[[ReadRecord], bool]) -> None:
        for record in records:
            key = record.record["dynamodb"]["Keys"][self._partition_key]
            index = worker_index(key, len(self.workers))
            if record.number >= self._floors[index] and keeps(record):
                self.queues[index].append(record)


class RemoteReader(ShardReading):
    """Reads one stream that is reached through the API.

    Parameters:
        execute: carries out requests.
        settings: those of the mapping.
        leases: the rows of the mapping's shards.
        stream_arn: of the stream.
        partition_key: the name of that attribute of its table.

    Attributes:
        workers: by shard, of the shards that are read here.
    """

    def __init__(
        self,
        execute: Execute,
        settings: MappingSettings,
        leases: LeaseTable,
        stream_arn: str,
        partition_key: str,
    ) -> None:
        self._execute, self._settings, self.stream_arn = execute, settings, stream_arn
        self._partition_key = partition_key
        self._passes = compiled_filters(settings.FilterCriteria)
        self._show = partial(api_event_record, stream_arn)
        self._holder = LeaseHolder(leases, new_owner())
        self._lock = threading.RLock()
        self._shards: dict[str, HeldShard] = {}
        self._elsewhere: list[str] = []
        self._looked_at: float | None = None
        self._start = OLDEST
        self._is_forgotten = False
        self.workers: dict[str, list[ShardWorker]] = {}
        leases.make()
        self.begin()

    @property
    def lock(self) -> AbstractContextManager[object, None]:
        """Its own: nobody else waits for the network because of it."""
        return self._lock

    @property
    def position(self) -> dict[str, list[str]]:
        """By shard, the position behind which each worker goes on; see `consumers/cursor.py`."""
        return {shard: held.positions for shard, held in self._shards.items()}

    def begin(self) -> None:
        """Takes its share of the shards, and goes on where they have been left."""
        is_latest = self._settings.StartingPosition == "LATEST"
        given = since(time.time() - 1) if is_latest else OLDEST
        self._start, is_new = self._holder.leases.begin(given)
        self._take_shards(is_latest and is_new)

    def configure(self, settings: MappingSettings) -> None:
        """Reads by other settings: what is not done is read again."""
        self.save()
        self._settings, self._passes = settings, compiled_filters(settings.FilterCriteria)
        positions = {shard: held.positions for shard, held in self._shards.items() if self._holder.holds(shard)}
        self._shards, self.workers = {}, {}
        for shard, each in positions.items():
            self._hold(shard, each, False)

    def move(self, function_name: str) -> None:
        """Goes on under another name, where that has not been read yet."""
        old, rows = self._holder.leases, self._holder.leases.all()
        new = old.named(lease_group(function_name, self.stream_arn))
        new.begin(self._start)
        for row in rows:
            new.put(row)
        self._holder.leases = new
        old.forget()

    def save(self) -> None:
        """Stores how far every worker has come; gives up what somebody else has taken meanwhile."""
        with self._lock:
            if self._is_forgotten:
                return
            for shard, held in list(self._shards.items()):
                if not self._holder.leases.save(shard, self._holder.owner, held.positions):
                    self._let_go(shard)

    def release(self) -> None:
        """Lets others go on at once with what no thread is at."""
        with self._lock:
            self._holder.stop()
            for shard, held in list(self._shards.items()):
                if not any(each.is_at_work for each in held.workers):
                    self._let_go(shard)
                    self._give_back(shard)
            self._looked_at = None

    def forget(self) -> None:
        """Forgets how far it has come, for all processes."""
        with self._lock:
            self._is_forgotten = True
            self._holder.stop()
            self._holder.leases.forget()
            self._shards, self.workers = {}, {}

    def begin_as_child(self) -> None:
        """Leaves all shards to the parent, and shares them from now on."""
        self._lock = threading.RLock()
        self._holder = LeaseHolder(self._holder.leases, new_owner())
        self._shards, self.workers, self._looked_at = {}, {}, None

    def check(self) -> None:
        """Asserts that what is in batches follows one another."""
        assert self._shards.keys() == self.workers.keys(), f"workers of {list(self.workers)}, not of {self._shards}"
        for shard, workers in self.workers.items():
            for worker in workers:
                if not worker.is_at_work:
                    worker.check(f"the mapping of {shard}", 0, None)

    def ready(self) -> list[ShardWorker]:
        """The workers of the shards that are read here; those of others are shown as at work."""
        with self._lock:
            self._hand_over()
            now = time.monotonic()
            if self._looked_at is None or now - self._looked_at >= RENEWAL_SECONDS:
                self._take_shards(False)
            others = [ShardWorker(shard, 0, 0, is_at_work=True) for shard in self._elsewhere]
            return [*(worker for shard in sorted(self.workers) for worker in self.workers[shard]), *others]

    def _view(self, worker: ShardWorker) -> ShardView | None:
        held = self._shards.get(worker.shard_id)
        if held is None or worker not in held.workers or not self._holder.holds(worker.shard_id):
            return None
        waiting = held.waiting(worker, self._keeps)
        if held.is_done and self._holder.leases.finish(worker.shard_id, self._holder.owner):
            self._let_go(worker.shard_id)
            self._looked_at = None  # Its children may begin.
        return ShardView(waiting.__iter__, not held.cursor.is_at_end, self._show)

    def _keeps(self, record: ReadRecord) -> bool:
        return self._passes is None or self._passes(self._show(record))

    def _take_shards(self, is_latest: bool) -> None:
        """Takes what is free of its share, as it is listed now."""
        self._looked_at = time.monotonic()
        shards = listed_shards(self._execute, self.stream_arn)
        taken = self._holder.take_share(shards, lambda: [self._start] * self._settings.ParallelizationFactor)
        for shard, positions in taken.items():
            self._hold(shard, positions, is_latest)
        self._elsewhere = self._holder.elsewhere()

    def _hold(self, shard: str, positions: list[str], is_latest: bool) -> None:
        assert shard not in self._shards, f"{shard} is read twice"
        count = self._settings.ParallelizationFactor
        first = min(positions, key=first_number)
        each = positions if len(positions) == count else [first] * count
        workers = [ShardWorker(shard, index, first_number(position)) for index, position in enumerate(each)]
        cursor = ShardCursor(self._execute, self.stream_arn, shard, first, is_latest)
        self._shards[shard], self.workers[shard] = HeldShard(cursor, workers, self._partition_key), workers

    def _hand_over(self) -> None:
        """Gives up what has been lost, and hands over what others have asked for and nobody is at."""
        for shard, held in list(self._shards.items()):
            if not self._holder.holds(shard):
                self._let_go(shard)
            elif shard in self._holder.wanted() and not any(each.is_at_work for each in held.workers):
                self._holder.leases.save(shard, self._holder.owner, held.positions)
                self._let_go(shard)
                self._holder.release(shard)

    def _give_back(self, shard: str) -> None:
        try:
            self._holder.release(shard)
        except DynamoError as error:
            logger.warning("the lease of %s was not given back, and lapses: %s", shard, error)

    def _let_go(self, shard: str) -> None:
        del self._shards[shard], self.workers[shard]


def lease_group(function_name: str, stream_arn: str) -> str:
    """What the leases of a function and a stream are kept under."""
    table, _, label = stream_arn.partition(":table/")[2].partition("/stream/")
    return f"{function_name}/{table}/{label}"
