"""An event source mapping: reads the shards of a stream in order and invokes a function with what it finds.

Parents come before children; within a shard a failing batch holds up its worker, and nothing else. How far each worker
has come is stored after each batch: a change may be handed over twice when the process ends in between, and never not
at all. That is kept in the store, where the stream is one of this process (`positions.py`), and otherwise in the leases
of its shards, rows of a table beside it (`consumers/leases.py`). A `Reader` (`source.py`) reads, `batch_consumer.py`
invokes.
Source: AWS Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB"; "How Lambda processes records from stream
and queue-based event sources".
"""

from __future__ import annotations

import threading
import time

from minidynamo.lambdas.background import STOP_SECONDS, Background
from minidynamo.lambdas.batch_consumer import BatchConsumer
from minidynamo.lambdas.drain import Work
from minidynamo.lambdas.failures import Destinations
from minidynamo.lambdas.function import Metrics
from minidynamo.lambdas.passing_status import PassingStatus
from minidynamo.lambdas.runtime import Runtime
from minidynamo.lambdas.setting_rules import check_called
from minidynamo.lambdas.settings import MappingSettings
from minidynamo.lambdas.shard_workers import ShardWork, ShardWorker
from minidynamo.lambdas.source import FunctionContext, Reader


class EventSourceMapping:
    """A mapping of a table's stream onto a function.

    Attributes:
        uuid: what Lambda's API calls it.
        table_name, function_name: what it connects.
        settings: what it was created with.
        state: "Enabled", "Disabled" or "Deleted".
        status: how that shows in Lambda's API.
    """

    def __init__(
        self,
        context: FunctionContext,
        runtime: Runtime,
        destinations: Destinations,
        reader: Reader,
        table_name: str,
        function_name: str,
        settings: MappingSettings,
        uuid: str,
    ) -> None:
        self._context = context
        self._has_other_settings = False  # Than reader and consumer go by.
        self.uuid, self.status = uuid, PassingStatus(context.clock)
        self.table_name, self.function_name, self.settings = table_name, function_name, settings
        self.state = "Enabled" if settings.Enabled else "Disabled"
        self.turn = threading.Lock()  # Held while a worker is taken up.
        self._background: Background | None = None
        self._reader, self.stream_arn = reader, reader.stream_arn
        self._consumer = BatchConsumer(context, runtime, destinations, reader, settings, function_name)

    # What users do with it.

    def __repr__(self) -> str:
        return f"<EventSourceMapping {self.table_name} -> {self.function_name}: {self.state}>"

    @property
    def reader(self) -> Reader:
        """What reads its stream."""
        return self._reader

    @property
    def position(self) -> dict[str, list[str]]:
        """By shard, where each worker goes on; see `Reader.position`."""
        return self._reader.position

    def start(self) -> None:
        """Runs it in the background, in a thread of its own, until `stop`, `delete` or the end of the database."""
        if self._background is None or not self._background.is_alive:
            self._background = Background(self.work, self._context.clock)

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Ends that, after the invocation it is at; does not wait longer for it than some seconds."""
        check_called(timeout=seconds)
        background, end = self.leave(), time.monotonic() + seconds
        if background is not None:
            background.join(seconds)
        self.release(max(0.0, end - time.monotonic()))

    def release(self, seconds: float = STOP_SECONDS) -> None:
        """Lets other processes go on with the shards that none of its workers is at; no longer than some seconds."""
        self._reader.release(seconds)

    def leave(self) -> Background | None:
        """Lets its thread end, if it has one, and returns that."""
        background, self._background = self._background, None
        if background is not None:
            background.stop()
        return background

    def begin_as_child(self) -> None:
        """Begins anew in a child process, which has none of the threads."""
        self._background, self.turn = None, threading.Lock()
        self._reader.begin_as_child()

    def configure(self, settings: MappingSettings, function_name: str) -> None:
        """Goes on with other settings, for another function too: from where it was, after what is under way."""
        with self._reader.lock:
            self._reader.move(function_name)
        self.settings, self.function_name = settings, function_name
        self.state = "Enabled" if settings.Enabled else "Disabled"
        self._has_other_settings = True
        self._take_up_settings()
        if not settings.Enabled:
            self.release()

    def _take_up_settings(self) -> None:
        with self.turn, self._reader.lock:
            workers = [each for shard in self._reader.workers.values() for each in shard]
            if self._has_other_settings and not any(each.is_at_work for each in workers):
                self._has_other_settings = False
                self._consumer.configure(self.settings, self.function_name)
                self._reader.configure(self.settings)

    def enable(self) -> None:
        """Goes on from where it was."""
        self.state = "Enabled"

    def disable(self) -> None:
        """Hands nothing over any more; its position stays, and other processes go on with its shards."""
        self.state = "Disabled"
        self.release()

    def delete(self) -> None:
        """Ends the mapping and forgets its position."""
        self.state = "Deleted"
        self.stop()
        self._reader.forget()

    @property
    def last_processing_result(self) -> str:
        """How the last invocation ended."""
        return self._consumer.last_processing_result

    @property
    def metrics(self) -> Metrics:
        """Invocations, errors, records, and the age of the last batch."""
        return self._consumer.metrics

    # What runs it.

    def resume(self) -> None:
        """Takes up the position that is stored now, after the database has been restored."""
        with self._reader.lock:
            self._reader.begin()

    def check(self) -> None:
        """Asserts that its workers are sound, apart from those that are at work; to be called with the lock held."""
        with self.turn:  # So that nobody takes up one of the others meanwhile.
            self._reader.check()

    def work(self) -> list[Work]:
        """What there may be to do, for `drain` and the background."""
        if self._has_other_settings:
            self._take_up_settings()
        return [ShardWork(self, worker) for worker in self._reader.ready()] if self.state == "Enabled" else []

    def due_at(self, worker: ShardWorker) -> float | None:
        """When a worker has something to do, in epoch seconds (maybe in the past); None for nothing."""
        return self._reader.due_at(worker)

    def take_step(self, worker: ShardWorker) -> bool:
        """Invokes the function once for a worker that is due; returns whether there was anything to do."""
        show = self._reader.read(worker)
        if show is None:
            return False
        if worker.batches:
            self._consumer.process(worker, show)
        elif worker.window is not None:
            self._consumer.close_window(worker)
        else:
            return False
        return True
