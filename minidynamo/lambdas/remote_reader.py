"""Reading the stream of a table through the API, with others who run the same function: shards are shared by leases.

How far each worker has come is stored in the row of its shard (`consumers/leases.py`) after each batch. A process that
ends without a word is replaced when its leases lapse, and what it was at is handed over again: at least once, and in
order for each item. Nothing is held before somebody asks what there is to do, nor long after nobody does any more.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import AbstractContextManager
from functools import partial

from minidynamo.consumers.beginning import begun
from minidynamo.consumers.cursor import OLDEST, ReadRecord, ShardCursor, first_number
from minidynamo.consumers.holder import LeaseHolder, new_owner
from minidynamo.consumers.leases import RENEWAL_SECONDS, LeaseTable
from minidynamo.consumers.shards import Execute, listed_shards
from minidynamo.errors import DynamoError
from minidynamo.lambdas.change import ShowChange
from minidynamo.lambdas.filter_patterns import compiled_filters
from minidynamo.lambdas.held_shard import HeldShard
from minidynamo.lambdas.lease_groups import copy_leases, lease_group
from minidynamo.lambdas.settings import MappingSettings
from minidynamo.lambdas.shard_reading import ShardReading, ShardView
from minidynamo.lambdas.shard_workers import ShardWorker
from minidynamo.lambdas.stream_events import api_event_record

logger = logging.getLogger("minidynamo.streams")


class RemoteReader(ShardReading):
    """Reads one stream that is reached through the API.

    Parameters:
        execute: carries out requests.
        settings: those of the mapping.
        leases: the rows of the mapping's shards.
        stream_arn: of the stream.
        partition_key: the name of that attribute of its table.
        pause_seconds: how long a drain waits before it asks a shard again that has shown nothing.

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
        pause_seconds: float = 0.0,
    ) -> None:
        self._execute, self._settings, self.stream_arn = execute, settings, stream_arn
        self._partition_key, self._pause_seconds = partition_key, pause_seconds
        self._passes = compiled_filters(settings.FilterCriteria)
        self._show = partial(api_event_record, stream_arn)
        self._lock = threading.RLock()
        self._shards: dict[str, HeldShard] = {}
        self._elsewhere: list[str] = []
        self._looked_at: float | None = None
        self._start = OLDEST
        self._is_forgotten = False
        self.workers: dict[str, list[ShardWorker]] = {}
        self._holder = self._new_holder(leases)
        leases.make()
        self.begin()

    @property
    def lock(self) -> AbstractContextManager[object, None]:
        """Its own: nobody else waits for the network because of it."""
        return self._lock

    @property
    def position(self) -> dict[str, list[str]]:
        """By shard that is read here, the position behind which each worker goes on; see `consumers/cursor.py`."""
        return {shard: held.positions for shard, held in list(self._shards.items())}

    def begin(self) -> None:
        """Notes where its group begins, unless it has begun; what is read here is taken up anew by `ready`."""
        is_latest = self._settings.StartingPosition == "LATEST"
        self._start = begun(self._execute, self._holder.leases, self.stream_arn, is_latest)
        for shard in list(self._shards):
            self._let_go(shard)
        self._looked_at = None

    def configure(self, settings: MappingSettings) -> None:
        """Reads by other settings: what is not done is read again."""
        self.save()
        self._settings, self._passes = settings, compiled_filters(settings.FilterCriteria)
        positions = {shard: held.positions for shard, held in self._shards.items() if self._holder.holds(shard)}
        self._shards, self.workers = {}, {}
        for shard, each in positions.items():
            self._hold(shard, each)

    def move(self, function_name: str) -> None:
        """Goes on under another name, from where that has come if it has been read already."""
        old, name = self._holder.leases, lease_group(function_name, self.stream_arn)
        if name == old.group:
            return
        self.save()
        new = old.named(name)
        self._start = new.begin(self._start)[0]
        for shard in copy_leases(old, new, self._holder.owner):
            self._let_go(shard)
        self._holder.leases = new

    def save(self, shard_id: str | None = None) -> None:
        """Stores how far the workers of a shard, or all, have come; gives up what somebody else has taken meanwhile."""
        with self._lock:
            if self._is_forgotten:
                return
            for shard, held in list(self._shards.items()):
                is_asked = shard_id in (None, shard)
                if is_asked and not self._holder.leases.save(shard, self._holder.owner, held.positions):
                    self._let_go(shard)

    def release(self, seconds: float) -> None:
        """Lets others go on at once with what no thread is at; what is not given back in some seconds lapses."""
        self._holder.stop()
        self._looked_at = None
        if self._shards:
            arguments = (time.monotonic() + seconds, is_released := threading.Event())
            thread = threading.Thread(target=self._release, args=arguments, daemon=True, name="minidynamo release")
            thread.start()  # The service may not answer for longer than there is time.
            if not is_released.wait(seconds):
                logger.warning("leases of %s were not given back in %g s, and lapse", self.stream_arn, seconds)

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
        self._shards, self.workers, self._looked_at = {}, {}, None
        self._holder = self._new_holder(self._holder.leases)

    def check(self) -> None:
        """Asserts that what is in batches follows one another."""
        assert self._shards.keys() == self.workers.keys(), f"workers of {list(self.workers)}, not of {self._shards}"
        for held in self._shards.values():
            held.check()

    def ready(self) -> list[ShardWorker]:
        """The workers of the shards that are read here; those of others are shown as at work."""
        with self._lock:
            if self._is_forgotten:
                return []
            self._holder.use()
            self._settle()
            if self._looked_at is None or time.monotonic() - self._looked_at >= RENEWAL_SECONDS:
                self._take_shards()
            others = [ShardWorker(shard, 0, 0, is_at_work=True) for shard in self._elsewhere]
            return [*(worker for shard in sorted(self.workers) for worker in self.workers[shard]), *others]

    def due_at(self, worker: ShardWorker) -> float | None:
        """When a worker has something to do, in epoch seconds; also that its shard has been read to its end."""
        with self._lock:
            due, held = super().due_at(worker), self._shards.get(worker.shard_id)
            return 0.0 if due is None and held is not None and held.is_done else due

    def read(self, worker: ShardWorker) -> ShowChange | None:
        """Reads the next batch of a worker that has none, unless its window is over; None where the shard is gone."""
        with self._lock:
            show, shard = super().read(worker), worker.shard_id
            if show is not None and self._shards[shard].is_done:
                self._holder.finish(shard)
                self._let_go(shard)
                self._looked_at = None  # Its children may begin.
            elif show is not None:
                self._shards[shard].begin_window(worker)
            return show

    def view(self, worker: ShardWorker) -> ShardView | None:
        """See `ShardReading.view`."""
        shard = worker.shard_id
        held = self._shards.get(shard)
        if held is None or not any(each is worker for each in held.workers) or not self._holder.holds(shard):
            return None
        is_between = not worker.batches and worker.window is None
        if is_between and self._settings.TumblingWindowInSeconds and shard in self._holder.wanted():
            return None  # No window begins before the shard is handed over.
        self._holder.use()
        return ShardView(held.waiting(worker, self._keeps).__iter__, held.is_open, self._show)

    def _keeps(self, record: ReadRecord) -> bool:
        return self._passes is None or self._passes(self._show(record))

    def _new_holder(self, leases: LeaseTable) -> LeaseHolder:
        is_busy = lambda: any(each.is_at_work for each in list(self._shards.values()))  # noqa: E731
        return LeaseHolder(leases, new_owner(), is_busy=is_busy)

    def _take_shards(self) -> None:
        """Takes what is free of its share, as it is listed now."""
        self._looked_at = time.monotonic()
        list_shards = partial(listed_shards, self._execute, self.stream_arn)
        start = lambda is_child: [OLDEST if is_child else self._start]  # noqa: E731
        for shard, positions in self._holder.take_share(list_shards, start).items():
            self._shards.pop(shard, None)  # Its lease lapsed while the service gave no answer.
            self._hold(shard, positions)
        self._elsewhere = self._holder.elsewhere()

    def _hold(self, shard: str, positions: list[str]) -> None:
        assert shard not in self._shards, f"{shard} is read twice"
        new_cursor = partial(ShardCursor, self._execute, self.stream_arn, shard, pause_seconds=self._pause_seconds)
        count = self._settings.ParallelizationFactor
        each = positions if len(positions) == count else [min(positions, key=first_number)] * count
        held = self._shards[shard] = HeldShard(new_cursor, shard, each, self._partition_key)
        self.workers[shard] = held.workers

    def _settle(self) -> None:
        """Gives up what has been lost or is not read, and hands over what others have asked for and nobody is at."""
        for shard, held in list(self._shards.items()):
            if not self._holder.holds(shard):
                self._let_go(shard)
            elif shard in self._holder.wanted() and not held.is_at_work and not held.is_in_window:
                self._give_back(shard, held)
            elif held.end_windows():
                self.save(shard)
        self._holder.drop_others(self._shards)

    def _release(self, end: float, is_released: threading.Event) -> None:
        if not self._lock.acquire(timeout=max(0.0, end - time.monotonic())):
            return
        try:
            for shard in [each for each, held in self._shards.items() if not held.is_at_work]:
                self._give_back(shard, self._shards[shard])
            is_released.set()
        finally:
            self._lock.release()

    def _give_back(self, shard: str, held: HeldShard) -> None:
        try:
            self._holder.release(shard, held.positions)
        except DynamoError as error:
            logger.warning("the lease of %s was not given back, and lapses: %s", shard, error)
        self._let_go(shard)

    def _let_go(self, shard: str) -> None:
        if shard in self._shards:
            self._holder.remember(shard, self._shards.pop(shard).positions)
            self._holder.drop(shard)
            del self.workers[shard]
