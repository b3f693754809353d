"""Reading shards: what a worker's next batch is, and when it is due, wherever the changes come from.

Source: AWS Lambda Developer Guide, "How Lambda processes records from stream and queue-based event sources".
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

from minidynamo.lambdas.change import Change, ShowChange
from minidynamo.lambdas.settings import MappingSettings
from minidynamo.lambdas.shard_workers import ShardBatch, ShardWorker, Window
from minidynamo.limits import INVOCATION_PAYLOAD_BYTES_MAX


@dataclass(frozen=True, slots=True)
class ShardView:
    """What a worker sees of its shard.

    Attributes:
        changes: gives what lies before the worker and passes the filter.
        is_open: whether changes are still added to the shard.
        show: gives a change as it stands in an event.
    """

    changes: Callable[[], Iterator[Change]]
    is_open: bool
    show: ShowChange


class ShardReading(ABC):
    """How the workers of a stream read; where the changes come from is added by `StreamReader` and `RemoteReader`.

    Attributes:
        workers: by shard.
    """

    _settings: MappingSettings
    workers: dict[str, list[ShardWorker]]

    @property
    @abstractmethod
    def lock(self) -> AbstractContextManager[object, None]:
        """Held while workers are changed."""

    @abstractmethod
    def view(self, worker: ShardWorker) -> ShardView | None:
        """What a worker sees, None where its shard is gone; called with the lock held."""

    def due_at(self, worker: ShardWorker) -> float | None:
        """When a worker has something to do, in epoch seconds (maybe in the past); None for nothing."""
        with self.lock:
            view = self.view(worker)
            if view is None:
                return None
            if worker.batches:
                return worker.due_at
            first = next(view.changes(), None)
            if first is None:
                return None if worker.window is None else self._window_end(worker.window, view)
            if worker.window is not None and first.time >= worker.window.start + self._settings.TumblingWindowInSeconds:
                return 0.0
            wait = self._settings.MaximumBatchingWindowInSeconds
            if not wait or not view.is_open or len(self._collect(view)) >= self._settings.BatchSize:
                return 0.0
            return first.time + wait

    def read(self, worker: ShardWorker) -> ShowChange | None:
        """Reads the next batch of a worker that has none, unless its window is over; None where the shard is gone."""
        with self.lock:
            view = self.view(worker)
            if view is None:
                return None
            if not worker.batches:
                found = self._collect(view)
                length = self._settings.TumblingWindowInSeconds
                is_over = worker.window is not None and (not found or found[0].time >= worker.window.start + length)
                if found and not is_over:
                    worker.position = found[-1].number + 1
                    worker.batches.append(ShardBatch(found))
                    if length and worker.window is None:
                        worker.window = Window(found[0].time // length * length)
            return view.show

    def _window_end(self, window: Window, view: ShardView) -> float:
        return window.start + self._settings.TumblingWindowInSeconds if view.is_open else 0.0

    def _collect(self, view: ShardView) -> list[Change]:
        """The next batch of a worker, of one tumbling window where there are any."""
        found: list[Change] = []
        size, length = 0, self._settings.TumblingWindowInSeconds
        for change in view.changes():
            size += change.size_bytes
            is_elsewhere = length and found and change.time // length != found[0].time // length
            if is_elsewhere or (found and size > INVOCATION_PAYLOAD_BYTES_MAX):
                break
            found.append(change)
            if len(found) == self._settings.BatchSize:
                break
        return found
