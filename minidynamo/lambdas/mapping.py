"""An event source mapping: reads the shards of a stream in order and invokes a function with what it finds.

Parents come before children; within a shard a failing batch holds up its lane, and nothing else. How far each lane has
come is stored (`positions.py`) after each batch: a change may be handed over twice when the process ends in between,
and never not at all.
Source: AWS Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB"; "How Lambda processes records from stream
and queue-based event sources".
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Any

from minidynamo.errors import TooManyRequests
from minidynamo.lambdas.background import STOP_SECONDS, Background
from minidynamo.lambdas.drain import Work
from minidynamo.lambdas.failures import Destinations, batch_failure, batch_info, reported_failures, second_text
from minidynamo.lambdas.filter_patterns import compiled_filters
from minidynamo.lambdas.positions import Positions
from minidynamo.lambdas.runtime import Metrics, Outcome, Runtime
from minidynamo.lambdas.settings import MappingSettings
from minidynamo.lambdas.shard_workers import Batch, Change, Lane, LaneWork, Window, lane_of
from minidynamo.lambdas.stream_events import event_record
from minidynamo.limits import STREAM_RETENTION_SECONDS
from minidynamo.operations.context import OperationContext
from minidynamo.operations.streams.found_stream import align_stream
from minidynamo.streams.record import (
    CHAIN,
    StreamOrigin,
    change_chain,
    change_time,
    sequence_text,
)
from minidynamo.streams.shard import Shard
from minidynamo.streams.stream import ChangeLog

logger = logging.getLogger("minidynamo.lambdas")

_CHAIN_MAX = 16
_PAYLOAD_BYTES_MAX = 6 * 1024 * 1024
_BACK_OFF_SECONDS_MAX = 60.0
_STATE_BYTES_MAX = 1024 * 1024
_NO_RECORDS, _OK, _PROBLEM = "No records processed", "OK", "PROBLEM: Function call failed"


class EventSourceMapping:
    """A mapping of a table's stream onto a function.

    Attributes:
        table_name, function_name: what it connects.
        settings: what it was created with.
        state: "Enabled", "Disabled" or "Deleted".
        last_processing_result: how the last invocation ended.
        metrics: invocations, errors, records, and the age of the last batch.
    """

    def __init__(
        self,
        context: OperationContext,
        runtime: Runtime,
        destinations: Destinations,
        table_name: str,
        function_name: str,
        settings: MappingSettings,
    ) -> None:
        self._context = context
        self._runtime = runtime
        self._destinations = destinations
        self.table_name, self.function_name, self.settings = table_name, function_name, settings
        self.state = "Enabled" if settings.Enabled else "Disabled"
        self.last_processing_result = _NO_RECORDS
        self.metrics = Metrics()
        self.turn = threading.Lock()  # Held while somebody takes up a lane.
        self._background: Background | None = None
        self._passes = compiled_filters(settings.FilterCriteria)
        self._positions = Positions(context, function_name, table_name)
        self._lanes: dict[str, list[Lane]] = {}
        with context.lock:
            state = context.catalog.described_table(table_name).state
            if not state.has_stream or state.stream_label is None:
                raise ValueError(f"table {table_name} has no enabled stream: give it a StreamSpecification")
            self._label = state.stream_label
            self.stream_arn = context.scope.stream_arn(table_name, self._label)
            self._begin()

    # What users do with it.

    @property
    def position(self) -> dict[str, list[str]]:
        """By shard, the sequence number from which each lane goes on."""
        return {shard: [sequence_text(each.checkpoint) for each in lanes] for shard, lanes in self._lanes.items()}

    def start(self) -> None:
        """Runs it in the background, in a thread of its own, until `stop`, `delete` or the end of the database."""
        if self._background is None or not self._background.is_alive:
            self._background = Background(self.work, self._context.clock)

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Ends that, after the invocation it is at; does not wait longer for it than some seconds."""
        background = self.leave()
        if background is not None:
            background.join(seconds)

    def leave(self) -> Background | None:
        """Lets its thread end, if it has one, and returns that."""
        background, self._background = self._background, None
        if background is not None:
            background.stop()
        return background

    def begin_as_child(self) -> None:
        """Begins anew in a child process, which has none of the threads."""
        self._background, self.turn = None, threading.Lock()
        for lanes in self._lanes.values():
            for lane in lanes:
                lane.is_at_work = False

    def enable(self) -> None:
        """Goes on from where it was."""
        self.state = "Enabled"

    def disable(self) -> None:
        """Hands nothing over any more; its position stays."""
        self.state = "Disabled"

    def delete(self) -> None:
        """Ends it and forgets its position."""
        self.state = "Deleted"
        self.stop()
        self._positions.forget()

    # Reading.

    def begin_again(self) -> None:
        """Takes up the position that is stored now, after the database has been restored."""
        with self._context.lock:
            self._lanes = {}
            self._begin()

    def _begin(self) -> None:
        """Takes up the stored position, or the starting position."""
        stored, log = self._positions.load(self._label), self._log()
        if stored is not None:
            for shard_id, positions in stored.items():
                self._lanes[shard_id] = [Lane(shard_id, index, each) for index, each in enumerate(positions)]
        elif self.settings.StartingPosition == "LATEST" and log is not None:
            align_stream(self._context, self.table_name)
            for shard in log.visible_shards():
                self._lanes[shard.id] = self._new_lanes(shard.id, log.last_number + 1)
            self._save()

    def _new_lanes(self, shard_id: str, position: int) -> list[Lane]:
        return [Lane(shard_id, index, position) for index in range(self.settings.ParallelizationFactor)]

    def _log(self) -> ChangeLog | None:
        return self._context.catalog.streams.find(self.table_name, self._label)

    def work(self) -> list[Work]:
        """What there may be to do, for `drain` and the background."""
        return [LaneWork(self, lane) for lane in self.lanes()]

    def lanes(self) -> Iterator[Lane]:
        """The lanes that may have work, in the order of their shards; those of children once their parents are done."""
        with self._context.lock:
            log = self._log()
            if log is None or self.state != "Enabled":
                return
            shards = sorted(log.visible_shards(), key=lambda each: each.id)
            known = {each.id for each in shards}
            for shard in shards:
                if shard.id not in self._lanes:
                    self._lanes[shard.id] = self._new_lanes(shard.id, shard.first)
            done = {each.id for each in shards if self._is_done(log, each)}
            ready = [
                lane
                for shard in shards
                if shard.id not in done and (shard.parent not in known or shard.parent in done)
                for lane in self._lanes[shard.id]
            ]
            for gone in self._lanes.keys() - known:
                del self._lanes[gone]
        yield from ready

    def _is_done(self, log: ChangeLog, shard: Shard) -> bool:
        return not shard.is_open and all(
            not lane.batches and lane.window is None and self._next_of(log, shard, lane) is None
            for lane in self._lanes[shard.id]
        )

    def _next_of(self, log: ChangeLog, shard: Shard, lane: Lane) -> Change | None:
        return next(self._changes(log, shard, lane), None)

    def _changes(self, log: ChangeLog, shard: Shard, lane: Lane) -> Iterator[Change]:
        """What lies before a lane and passes the filter; the lane moves on past what does not."""
        origin, count = log.origin(self._context.scope), self.settings.ParallelizationFactor
        found_any = False
        for number, packed in log.changes(shard, lane.position):
            time = change_time(packed)
            is_ours = not log.is_too_old(time) and lane_of(origin, packed, count) == lane.index
            if is_ours and self._passes is not None:
                is_ours = self._passes(event_record(origin, number, packed))
            if is_ours:
                found_any = True
                yield Change(number, time, packed)
            elif not found_any:
                lane.position = number + 1

    # Processing.

    def due_at(self, lane: Lane) -> float | None:
        """When a lane has something to do, in epoch seconds (maybe in the past); None for nothing."""
        with self._context.lock:
            log = self._log()
            shard = None if log is None else log.shard(lane.shard_id)
            if log is None or shard is None:
                return None
            if lane.batches:
                return lane.due_at
            first = self._next_of(log, shard, lane)
            if first is None:
                return None if lane.window is None else self._window_end(lane, shard)
            if lane.window is not None and first.time >= lane.window.start + self.settings.TumblingWindowInSeconds:
                return 0.0
            wait = self.settings.MaximumBatchingWindowInSeconds
            if not wait or not shard.is_open or len(self._collect(log, shard, lane)) >= self.settings.BatchSize:
                return 0.0
            return first.time + wait

    def _window_end(self, lane: Lane, shard: Shard) -> float:
        assert lane.window is not None
        return lane.window.start + self.settings.TumblingWindowInSeconds if shard.is_open else 0.0

    def _collect(self, log: ChangeLog, shard: Shard, lane: Lane) -> list[Change]:
        """The next batch of a lane, of one tumbling window where there are any."""
        found: list[Change] = []
        size, length = 0, self.settings.TumblingWindowInSeconds
        for change in self._changes(log, shard, lane):
            size += len(change.packed)
            is_elsewhere = length and found and change.time // length != found[0].time // length
            if is_elsewhere or (found and size > _PAYLOAD_BYTES_MAX):
                break
            found.append(change)
            if len(found) == self.settings.BatchSize:
                break
        return found

    def take_step(self, lane: Lane) -> bool:
        """Invokes the function once for a lane that is due; returns whether there was anything to do."""
        with self._context.lock:
            log = self._log()
            shard = None if log is None else log.shard(lane.shard_id)
            if log is None or shard is None:
                return False
            origin = log.origin(self._context.scope)
            if not lane.batches:
                found = self._collect(log, shard, lane)
                length = self.settings.TumblingWindowInSeconds
                is_over = lane.window is not None and (not found or found[0].time >= lane.window.start + length)
                if found and not is_over:
                    lane.position = found[-1].number + 1
                    lane.batches.append(Batch(found))
                    if length and lane.window is None:
                        lane.window = Window(found[0].time // length * length)
        if lane.batches:
            self._process(lane, origin)
        elif lane.window is not None:
            self._close_window(lane)
        else:
            return False
        return True

    def _process(self, lane: Lane, origin: StreamOrigin) -> None:
        batch = lane.batches[0]
        now = self._context.clock.now()
        age_max = self.settings.MaximumRecordAgeInSeconds
        age_max = STREAM_RETENTION_SECONDS if age_max < 0 else min(age_max, STREAM_RETENTION_SECONDS)
        expired = [each for each in batch.changes if now - each.time > age_max]
        if expired:
            self._give_up(lane, Batch(expired, batch.failures, batch.attempts), "RecordAgeExceeded", None)
            batch.changes = batch.changes[len(expired) :]
            if not batch.changes:
                self._finish(lane)
                return
        chain = max(change_chain(each.packed) for each in batch.changes) + 1
        if chain > _CHAIN_MAX:
            logger.error(
                "function %s was stopped: its own writes have invoked it %d times in a row",
                self.function_name,
                chain - 1,
            )
            self._give_up(lane, batch, "RecursiveInvocationDetected", None)
            self._finish(lane)
            return
        try:
            outcome = self._invoke(self._event(lane, batch, origin), chain)
        except TooManyRequests:
            self._retry(lane, batch, None)
            return
        if self._context.is_closed:
            return  # By the handler, or while it ran: the batch is handed over again when it is opened.
        batch.attempts += 1
        self.metrics.records += len(batch.changes)
        self.metrics.iterator_age_millis = int((now - batch.changes[0].time) * 1000)
        remaining = self._remaining(lane, batch, outcome)
        self.last_processing_result = _PROBLEM if remaining else _OK
        if not remaining:
            self._finish(lane)
        else:
            self._fail(lane, batch, remaining, outcome)

    def _event(self, lane: Lane, batch: Batch, origin: StreamOrigin) -> dict[str, Any]:
        records = [event_record(origin, each.number, each.packed) for each in batch.changes]
        return {"Records": records, **self._window_members(lane, is_final=False)}

    def _window_members(self, lane: Lane, is_final: bool) -> dict[str, Any]:
        if lane.window is None:
            return {}
        end = lane.window.start + self.settings.TumblingWindowInSeconds
        return {
            "window": {"start": second_text(lane.window.start), "end": second_text(end)},
            "state": dict(lane.window.state),
            "shardId": lane.shard_id,
            "eventSourceARN": self.stream_arn,
            "isFinalInvokeForWindow": is_final,
            "isWindowTerminatedEarly": False,
        }

    def _invoke(self, event: dict[str, Any], chain: int) -> Outcome:
        function, version = self._runtime.find(self.function_name)
        token = CHAIN.set(chain)
        try:
            outcome = self._runtime.run(function, version, event)
        finally:
            CHAIN.reset(token)
        self.metrics.invocations += 1
        self.metrics.errors += outcome.is_error
        return outcome

    def _remaining(self, lane: Lane, batch: Batch, outcome: Outcome) -> list[Change]:
        """The changes that are not done after an invocation."""
        if outcome.is_error:
            return batch.changes
        if lane.window is not None:
            state = outcome.value.get("state") if isinstance(outcome.value, dict) else None
            if not isinstance(state, dict) or len(repr(state)) > _STATE_BYTES_MAX:
                return batch.changes
            lane.window.state = state
        return reported_failures(batch.changes, outcome.value) if self.settings.reports_failures else []

    def _fail(self, lane: Lane, batch: Batch, remaining: list[Change], outcome: Outcome) -> None:
        """Tries again with what remains, in halves where the mapping says so, until the retries are used up."""
        is_partial = len(remaining) < len(batch.changes)
        batch.changes = remaining
        if self.settings.BisectBatchOnFunctionError and len(remaining) > 1 and not is_partial:
            half = len(remaining) // 2
            batch.changes = remaining[:half]
            lane.batches.insert(1, Batch(remaining[half:], batch.failures, batch.attempts))
            lane.due_at = self._context.clock.now()
            self._save_position()
            return
        self._retry(lane, batch, outcome)

    def _retry(self, lane: Lane, batch: Batch, outcome: Outcome | None) -> None:
        batch.failures += outcome is not None
        retries = self.settings.MaximumRetryAttempts
        if 0 <= retries < batch.failures:
            self._give_up(lane, batch, "RetryAttemptsExhausted", outcome)
            self._finish(lane)
            return
        lane.due_at = self._context.clock.now() + min(2.0 ** min(batch.failures, 6), _BACK_OFF_SECONDS_MAX)
        self._save_position()

    def _give_up(self, lane: Lane, batch: Batch, condition: str, outcome: Outcome | None) -> None:
        arn = self._runtime.arn_of(self._runtime.find(self.function_name)[0])
        described = batch_info(lane.shard_id, batch.changes, self.stream_arn)
        record = batch_failure(condition, arn, outcome, batch.attempts, described, self._context.clock.now())
        self._destinations.send(self.settings.failure_destination, record)

    def _finish(self, lane: Lane) -> None:
        lane.batches.popleft()
        lane.due_at = 0.0
        self._save_position()

    def _close_window(self, lane: Lane) -> None:
        """The last invocation of a tumbling window, without records."""
        outcome = self._invoke({"Records": [], **self._window_members(lane, is_final=True)}, 1)
        if outcome.is_error:
            lane.due_at = self._context.clock.now() + 1.0
        lane.window = None

    def _save_position(self) -> None:
        with self._context.lock:
            self._save()

    def _save(self) -> None:
        positions = {shard: [each.checkpoint for each in lanes] for shard, lanes in self._lanes.items()}
        self._positions.save(self._label, positions)
