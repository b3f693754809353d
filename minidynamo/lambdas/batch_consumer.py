"""Handing batches of changes over to a function: once, again after failures, in halves, window by window.

Source: AWS Lambda Developer Guide, "How Lambda processes records from stream and queue-based event sources".
"""

from __future__ import annotations

import logging

from minidynamo.errors import ResourceNotFound, TooManyRequests
from minidynamo.execution.error_payloads import raised
from minidynamo.lambdas.change import Change, ShowChange
from minidynamo.lambdas.failures import Destinations, batch_failure, batch_info, reported_failures, second_text
from minidynamo.lambdas.function import LATEST, Metrics, Outcome
from minidynamo.lambdas.runtime import Runtime
from minidynamo.lambdas.settings import MappingSettings
from minidynamo.lambdas.shard_workers import ShardBatch, ShardWorker
from minidynamo.lambdas.source import FunctionContext, Reader
from minidynamo.limits import (
    INVOCATION_CHAIN_MAX,
    MAPPING_BACK_OFF_SECONDS_MAX,
    STREAM_RETENTION_SECONDS,
    WINDOW_STATE_BYTES_MAX,
)
from minidynamo.streams.change_record import CHAIN
from minidynamo.values.api_types import JsonObject

logger = logging.getLogger("minidynamo.lambdas")

_NO_RECORDS, _OK, _PROBLEM = "No records processed", "OK", "PROBLEM: Function call failed"


def _back_off(failures: int) -> float:
    """How many seconds a batch rests before it is tried again."""
    return min(2.0 ** min(failures, 6), MAPPING_BACK_OFF_SECONDS_MAX)


class BatchConsumer:
    """Invokes a function with what a reader has read.

    Parameters:
        context: the database.
        runtime: runs the function.
        destinations: take what is given up.
        reader: of the stream.
        settings: those of the mapping.
        function_name: of the function.

    Attributes:
        last_processing_result: how the last invocation ended.
        metrics: invocations, errors, records, and the age of the last batch.
    """

    def __init__(
        self,
        context: FunctionContext,
        runtime: Runtime,
        destinations: Destinations,
        reader: Reader,
        settings: MappingSettings,
        function_name: str,
    ) -> None:
        self._context, self._runtime, self._destinations, self._reader = context, runtime, destinations, reader
        self._settings, self._function_name = settings, function_name
        self.last_processing_result = _NO_RECORDS
        self.metrics = Metrics()

    def configure(self, settings: MappingSettings, function_name: str) -> None:
        """Goes by other settings, and invokes another function, from now on."""
        self._settings, self._function_name = settings, function_name

    def process(self, worker: ShardWorker, show: ShowChange) -> None:
        """Hands the batch that a worker is at over to the function, or gives it up."""
        batch = worker.batches[0]
        now = self._context.clock.now()
        if self._give_up_expired(worker, batch, now):
            self._finish(worker)
            return
        chain = max(each.chain for each in batch.changes) + 1
        if chain > INVOCATION_CHAIN_MAX:
            self._end_loop(worker, batch, chain)
            return
        try:
            outcome = self._invoke(worker, self._event(worker, batch, show), chain)
        except TooManyRequests:
            self._retry(worker, batch, None)
            return
        if self._context.is_closed:
            return  # By the handler, or while it ran: the batch is handed over again when it is opened.
        worker.tally.retries += batch.attempts > 0
        batch.attempts += 1
        self.metrics.records += len(batch.changes)
        self.metrics.iterator_age_millis = int((now - batch.changes[0].time) * 1000)
        if self._runtime.observer is not None:
            self._runtime.observer.read_batch(self._function_name.partition(":")[0], self.metrics.iterator_age_millis)
        remaining = self._remaining(worker, batch, outcome)
        self.last_processing_result = _PROBLEM if remaining else _OK
        if not remaining:
            self._finish(worker)
        else:
            self._fail(worker, batch, remaining, outcome)

    def _give_up_expired(self, worker: ShardWorker, batch: ShardBatch, now: float) -> bool:
        """Gives up the changes that are too old; whether none is left."""
        age_max = self._settings.MaximumRecordAgeInSeconds
        age_max = STREAM_RETENTION_SECONDS if age_max < 0 else min(age_max, STREAM_RETENTION_SECONDS)
        expired = [each for each in batch.changes if now - each.time > age_max]
        if expired:
            self._give_up(worker, ShardBatch(expired, batch.failures, batch.attempts), "RecordAgeExceeded", None)
        if len(expired) == len(batch.changes):
            return True  # The batch stays what it is until it is taken away, since others look where a worker is.
        batch.changes = batch.changes[len(expired) :]
        return False

    def _end_loop(self, worker: ShardWorker, batch: ShardBatch, chain: int) -> None:
        """Gives up a batch of changes that a function has led to itself, again and again."""
        text = "function %s was stopped: its own writes have invoked it %d times in a row"
        logger.error(text, self._function_name, chain - 1)
        self._give_up(worker, batch, "RecursiveInvocationDetected", None)
        self._finish(worker)

    def _event(self, worker: ShardWorker, batch: ShardBatch, show: ShowChange) -> JsonObject:
        records = [show(each) for each in batch.changes]
        return {"Records": records, **self._window_members(worker, is_final=False)}

    def _window_members(self, worker: ShardWorker, is_final: bool) -> JsonObject:
        if worker.window is None:
            return {}
        end = worker.window.start + self._settings.TumblingWindowInSeconds
        return {
            "window": {"start": second_text(worker.window.start), "end": second_text(end)},
            "state": dict(worker.window.state),
            "shardId": worker.shard_id,
            "eventSourceARN": self._reader.stream_arn,
            "isFinalInvokeForWindow": is_final,
            "isWindowTerminatedEarly": False,
        }

    def _invoke(self, worker: ShardWorker, event: JsonObject, chain: int) -> Outcome:
        token = CHAIN.set(chain)
        try:
            function, version = self._runtime.routed(self._function_name)
            outcome = self._runtime.run(function, version, event, self._runtime.qualifier_of(self._function_name))
        except ResourceNotFound as error:  # It has been deleted; the mapping stays, and fails.
            outcome = Outcome("", LATEST, raised(error, ""), True, error)
        finally:
            CHAIN.reset(token)
        self.metrics.invocations += 1
        self.metrics.errors += outcome.is_error
        worker.tally.invocations += 1
        worker.tally.error, worker.tally.is_excused = outcome.error, outcome.is_excused
        return outcome

    def _remaining(self, worker: ShardWorker, batch: ShardBatch, outcome: Outcome) -> list[Change]:
        """The changes that are not done after an invocation."""
        if outcome.is_error:
            return batch.changes
        if worker.window is not None:
            state = outcome.value.get("state") if isinstance(outcome.value, dict) else None
            if not isinstance(state, dict) or len(repr(state)) > WINDOW_STATE_BYTES_MAX:
                return batch.changes
            worker.window.state = state
        return reported_failures(batch.changes, outcome.value) if self._settings.reports_failures else []

    def _fail(self, worker: ShardWorker, batch: ShardBatch, remaining: list[Change], outcome: Outcome) -> None:
        """Tries again with what remains, in halves where the mapping says so, until the retries are used up."""
        now = self._context.clock.now()
        if len(remaining) < len(batch.changes):  # Progress renews the retries.
            self._replace(worker, [ShardBatch(remaining)], now + _back_off(0))
        elif self._settings.BisectBatchOnFunctionError and len(remaining) > 1:
            half = len(remaining) // 2
            self._replace(worker, [ShardBatch(remaining[:half]), ShardBatch(remaining[half:])], now)
        else:
            self._retry(worker, batch, outcome)

    def _replace(self, worker: ShardWorker, batches: list[ShardBatch], due_at: float) -> None:
        """Puts batches of their own, which have all retries, in the place of the one a worker is at."""
        old, new = worker.batches[0].changes, [change for batch in batches for change in batch.changes]
        assert new and new == old[-len(new) :], f"a batch of {len(old)} changes does not end with {len(new)} of them"
        with self._reader.lock:  # Others look where a worker is.
            worker.batches.popleft()
            worker.batches.extendleft(reversed(batches))
            worker.due_at = due_at
            self._reader.save(worker.shard_id)

    def _retry(self, worker: ShardWorker, batch: ShardBatch, outcome: Outcome | None) -> None:
        batch.failures += outcome is not None
        worker.tally.failures = batch.failures
        retries = self._settings.MaximumRetryAttempts
        if 0 <= retries < batch.failures:
            self._give_up(worker, batch, "RetryAttemptsExhausted", outcome)
            self._finish(worker)
            return
        worker.due_at = self._context.clock.now() + _back_off(batch.failures)
        self._reader.save(worker.shard_id)

    def _give_up(self, worker: ShardWorker, batch: ShardBatch, condition: str, outcome: Outcome | None) -> None:
        worker.tally.discarded += len(batch.changes)
        arn = self._runtime.arn(self._function_name.partition(":")[0])
        described = batch_info(worker.shard_id, batch.changes, self._reader.stream_arn)
        record = batch_failure(condition, arn, outcome, batch.attempts, described, self._context.clock.now())
        self._destinations.send(self._settings.failure_destination, record)

    def _finish(self, worker: ShardWorker) -> None:
        with self._reader.lock:  # Others look where a worker is.
            worker.batches.popleft()
            worker.due_at = 0.0
            self._reader.save(worker.shard_id)

    def close_window(self, worker: ShardWorker) -> None:
        """The last invocation of a tumbling window, without records."""
        outcome = self._invoke(worker, {"Records": [], **self._window_members(worker, is_final=True)}, 1)
        if outcome.is_error:
            worker.due_at = self._context.clock.now() + 1.0
        worker.window = None
