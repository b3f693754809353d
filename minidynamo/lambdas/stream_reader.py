"""Reading a table's stream for a mapping: which worker goes on where, and what is its next batch.

A child's workers begin when those of its parent are done. How far each has come is stored (`positions.py`).
Source: AWS Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB".
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial

from minidynamo.errors import ResourceNotFound
from minidynamo.lambdas.filter_patterns import compiled_filters
from minidynamo.lambdas.positions import Positions
from minidynamo.lambdas.settings import MappingSettings
from minidynamo.lambdas.shard_reading import ShardReading, ShardView
from minidynamo.lambdas.shard_workers import ShardWorker, worker_of
from minidynamo.lambdas.source import no_stream
from minidynamo.lambdas.stream_events import event_record
from minidynamo.operations.context import OperationContext
from minidynamo.operations.streams.found_stream import align_stream
from minidynamo.schema.key_schema import PrimaryKey
from minidynamo.streams.change_record import ChangeRecord, sequence_text
from minidynamo.streams.shard import Shard
from minidynamo.streams.stream import Stream


class LocalStreams:
    """The streams of a database of this process."""

    def __init__(self, context: OperationContext) -> None:
        self._context = context

    def reader(self, settings: MappingSettings, function_name: str, table_name: str) -> StreamReader:
        """A reader of a table's stream; see `Streams.reader`."""
        with self._context.lock:
            state = self._context.catalog.described_table(table_name).state
            if not state.has_stream or state.stream_label is None:
                raise no_stream(table_name)
            return StreamReader(self._context, settings, function_name, table_name, state.stream_label)

    def primary_key(self, table_name: str) -> PrimaryKey | None:
        """The primary key of a table, None where there is none."""
        try:
            with self._context.lock:
                return self._context.catalog.described_table(table_name).primary_key
        except ResourceNotFound:
            return None


class StreamReader(ShardReading):
    """Reads one stream of a database of this process.

    Parameters:
        context: the database.
        settings: those of the mapping.
        function_name, table_name: what the mapping connects.
        label: of the stream.

    Attributes:
        stream_arn: of the stream.
        workers: by shard.
    """

    def __init__(
        self, context: OperationContext, settings: MappingSettings, function_name: str, table_name: str, label: str
    ) -> None:
        self._context, self._settings = context, settings
        self._table_name, self._label = table_name, label
        self.stream_arn = context.scope.stream_arn(table_name, label)
        self._passes = compiled_filters(settings.FilterCriteria)
        self._positions = Positions(context, function_name, table_name)
        self.workers: dict[str, list[ShardWorker]] = {}
        self._is_forgotten = False
        self.begin()

    @property
    def lock(self) -> AbstractContextManager[object, None]:
        """The database's."""
        return self._context.lock

    @property
    def position(self) -> dict[str, list[str]]:
        """By shard, the sequence number from which each worker goes on."""
        return {shard: [sequence_text(each.checkpoint) for each in workers] for shard, workers in self.workers.items()}

    def release(self, seconds: float) -> None:
        """Nothing: no other process reads the stream."""

    def begin_as_child(self) -> None:
        """Leaves to the parent what its threads are at."""
        for workers in self.workers.values():
            for worker in workers:
                worker.is_at_work = False

    def move(self, function_name: str) -> None:
        """Keeps how far the workers have come as another function's from now on; to be called with the lock held."""
        self._positions.move(function_name)

    def configure(self, settings: MappingSettings) -> None:
        """Reads by other settings: what is not done is read again; to be called with the lock held."""
        if self.workers:
            self.save()
        self._settings, self._passes = settings, compiled_filters(settings.FilterCriteria)
        self.begin()

    def begin(self) -> None:
        """Takes up the stored position, or the starting position; to be called with the lock held."""
        self.workers = {}
        stored, stream = self._positions.load(self._label), self._stream()
        if stored is not None:
            for shard_id, positions in stored.items():
                taken_up = self._taken_up(positions, stream)
                self.workers[shard_id] = [ShardWorker(shard_id, index, each) for index, each in enumerate(taken_up)]
        elif self._settings.StartingPosition == "LATEST" and stream is not None:
            align_stream(self._context, self._table_name)
            for shard in stream.visible_shards():
                self.workers[shard.id] = self._new_workers(shard.id, stream.last_number + 1)
            self.save()

    def _taken_up(self, positions: list[int], stream: Stream | None) -> list[int]:
        """Where the workers of a shard go on from stored positions.

        Other workers than there were take other changes: all of them begin with the first that may not be done. Numbers
        that writes had which failed are given again.
        """
        count = self._settings.ParallelizationFactor
        found = positions if len(positions) == count else [min(positions)] * count
        return found if stream is None else [min(each, stream.last_number + 1) for each in found]

    def check(self) -> None:
        """Asserts that workers are of shards of the stream, and go on in order, behind what is stored of them."""
        stream, stored = self._stream(), self._positions.load(self._label) or {}
        for shard_id, workers in self.workers.items():
            name, count = f"the mapping {self._positions.name}", self._settings.ParallelizationFactor
            assert len(workers) == count, f"{name} has {len(workers)} workers of {shard_id} instead of {count}"
            assert stream is None or stream.has_had(shard_id), (
                f"{name} has workers of {shard_id}, no shard of its stream"
            )
            shard = None if stream is None else stream.shard(shard_id)
            floors = self._taken_up(stored[shard_id], stream) if shard_id in stored else [0] * count
            for index, (worker, floor) in enumerate(zip(workers, floors, strict=True)):
                own = worker.shard_id, worker.index
                assert own == (shard_id, index), f"{name} has the worker {own} as {index} of {shard_id}"
                if not worker.is_at_work:
                    last_number = None if stream is None else stream.last_number
                    worker.check(name, max(floor, 0 if shard is None else shard.first), last_number)

    def go_back(self, number: int) -> int:
        """Reads on from a change again, in all workers that are behind it; how many these are.

        Parameters:
            number: the sequence number of the change.

        Raises:
            ValueError: one of these is at work.
        """
        with self._context.lock:
            behind = [each for row in self.workers.values() for each in row if each.checkpoint > number]
            if any(each.is_at_work for each in behind):
                raise ValueError("the handler is at work")
            for each in behind:
                each.batches.clear()
                each.position, each.due_at, each.window = number, 0.0, None
            self.save()
        return len(behind)

    def save(self, shard_id: str | None = None) -> None:
        """Stores how far every worker has come, in one record, unless that is forgotten for good."""
        with self._context.lock:
            if self._is_forgotten:
                return
            positions = {shard: [each.checkpoint for each in workers] for shard, workers in self.workers.items()}
            self._positions.save(self._label, positions)

    def forget(self) -> None:
        """Forgets how far they have come, also where one is still at work."""
        with self._context.lock:
            self._is_forgotten = True
            self._positions.forget()

    def ready(self) -> list[ShardWorker]:
        """The workers that may have work, in the order of their shards; those of children when parents are done."""
        with self._context.lock:
            stream = self._stream()
            if stream is None:
                return []
            shards = sorted(stream.visible_shards(), key=lambda each: each.id)
            known = {each.id for each in shards}
            for shard in shards:
                if shard.id not in self.workers:
                    self.workers[shard.id] = self._new_workers(shard.id, shard.first)
            done = {each.id for each in shards if self._is_done(stream, each)}
            ready = [
                worker
                for shard in shards
                if shard.id not in done and (shard.parent not in known or shard.parent in done)
                for worker in self.workers[shard.id]
            ]
            for gone in self.workers.keys() - known:
                del self.workers[gone]
        return ready

    def view(self, worker: ShardWorker) -> ShardView | None:
        """See `ShardReading.view`."""
        stream = self._stream()
        shard = None if stream is None else stream.shard(worker.shard_id)
        if stream is None or shard is None:
            return None
        show = partial(event_record, stream.origin(self._context.scope))
        return ShardView(partial(self._changes, stream, shard, worker), shard.is_open, show)

    def _new_workers(self, shard_id: str, position: int) -> list[ShardWorker]:
        return [ShardWorker(shard_id, index, position) for index in range(self._settings.ParallelizationFactor)]

    def _stream(self) -> Stream | None:
        return self._context.catalog.streams.find(self._table_name, self._label)

    def _is_done(self, stream: Stream, shard: Shard) -> bool:
        return not shard.is_open and all(
            not worker.batches and worker.window is None and self._next_of(stream, shard, worker) is None
            for worker in self.workers[shard.id]
        )

    def _next_of(self, stream: Stream, shard: Shard, worker: ShardWorker) -> ChangeRecord | None:
        return next(self._changes(stream, shard, worker), None)

    def _changes(self, stream: Stream, shard: Shard, worker: ShardWorker) -> Iterator[ChangeRecord]:
        """What lies before a worker and passes the filter; the worker moves on past what does not."""
        origin, count = stream.origin(self._context.scope), self._settings.ParallelizationFactor
        found_any = False
        for change in stream.changes(shard, worker.position):
            is_ours = not stream.is_too_old(change.time) and worker_of(origin, change, count) == worker.index
            if is_ours and self._passes is not None:
                is_ours = self._passes(event_record(origin, change))
            if is_ours:
                found_any = True
                yield change
            elif not found_any:
                worker.position = change.number + 1
