"""Live: what happens now, and whether a handler is stuck; with the means to set it going again."""

from __future__ import annotations

from collections.abc import Callable

from minidynamo.console.console import Console, Method
from minidynamo.console.observation import Observation
from minidynamo.console.parameters import Refused, text_of
from minidynamo.console.subject import Subject
from minidynamo.lambdas.mapping import EventSourceMapping
from minidynamo.lambdas.service import Functions
from minidynamo.lambdas.shard_reading import ShardReading
from minidynamo.lambdas.shard_workers import ShardWorker
from minidynamo.lambdas.stream_reader import StreamReader
from minidynamo.streams.change_record import sequence_number, sequence_text
from minidynamo.values.api_types import JsonObject

_BATCHES_MAX = 1_000
_LANES_MAX = 100


def lanes(console: Console, parameters: JsonObject) -> JsonObject:
    """The mappings of streams onto functions: how far each has come, and what it is at."""
    subject, observation = console.subject(parameters), console.observation(parameters)
    functions = _functions(subject)
    mappings = [] if functions is None else functions.live_mappings()
    shown = [_lane(subject, observation, each) for each in mappings[:_LANES_MAX]]
    return {"lanes": shown, "all": len(mappings), "now": subject.database.clock.now()}


def _functions(subject: Subject) -> Functions | None:
    """The functions of a database, without making them where nobody has asked for any."""
    found = vars(subject.database).get("_functions")
    return found if isinstance(found, Functions) else None


def _lane(subject: Subject, observation: Observation, mapping: EventSourceMapping) -> JsonObject:
    failure = observation.failures.get(mapping.function_name.partition(":")[0])
    metrics = mapping.metrics
    return {
        "mapping": mapping.uuid,
        "table": mapping.table_name,
        "function": mapping.function_name,
        "state": mapping.state,
        "result": mapping.last_processing_result,
        "last_error": "" if failure is None else failure.text,
        "failed_at": None if failure is None else failure.time,
        "invocations": metrics.invocations,
        "errors": metrics.errors,
        "records": metrics.records,
        "workers": _workers(mapping.reader, subject.database.clock.now()),
    }


def _workers(reader: object, now: float) -> list[JsonObject]:
    """What each worker is at, of shards that have something to be done or are being worked on."""
    if not isinstance(reader, ShardReading):
        return []
    with reader.lock:
        every = [worker for workers in reader.workers.values() for worker in workers]
        return [_worker(reader, each, now) for each in every[-_LANES_MAX:]]


def _worker(reader: ShardReading, worker: ShardWorker, now: float) -> JsonObject:
    batch = worker.batches[0] if worker.batches else None
    view = None if batch is not None else reader.view(worker)
    waiting = None if view is None else next(view.changes(), None)
    oldest = batch.changes[0] if batch is not None else waiting
    return {
        "shard": worker.shard_id,
        "index": worker.index,
        "position": sequence_text(worker.checkpoint),
        "age": None if oldest is None else max(0.0, now - oldest.time),
        "batch": 0 if batch is None else len(batch.changes),
        "attempts": 0 if batch is None else batch.attempts,
        "failures": 0 if batch is None else batch.failures,
        "due_in": max(0.0, worker.due_at - now) if batch is not None and batch.failures else None,
        "is_at_work": worker.is_at_work,
    }


def _mapping(console: Console, parameters: JsonObject) -> EventSourceMapping:
    functions, uuid = _functions(console.subject(parameters)), text_of(parameters, "mapping")
    mappings = [] if functions is None else functions.live_mappings()
    found = next((each for each in mappings if each.uuid == uuid), None)
    if found is None:
        raise Refused(404, "There is no such mapping any more.")
    return found


def _changing(change: Callable[[EventSourceMapping], object]) -> Callable[[Console, JsonObject], JsonObject]:
    """A method that does something with a mapping."""

    def answer(console: Console, parameters: JsonObject) -> JsonObject:
        change(_mapping(console, parameters))
        return {}

    return answer


def drained(console: Console, parameters: JsonObject) -> JsonObject:
    """Hands over what waits, of all mappings, in this thread; a handler that fails ends it, and keeps its batch."""
    drain = console.subject(parameters).method("drain")
    try:
        drain(max_batches=_BATCHES_MAX)
    except Exception as error:  # Whatever a handler raises.
        raise Refused(409, f"A handler has failed: {type(error).__name__}: {error}") from None
    return {}


def replayed(console: Console, parameters: JsonObject) -> JsonObject:
    """Lets a mapping read on from a change again, in the shards that hold it or later ones."""
    mapping, number = _mapping(console, parameters), sequence_number(text_of(parameters, "sequence"))
    reader = mapping.reader
    if number is None or not isinstance(reader, StreamReader):
        raise Refused(400, "Replaying needs a sequence number, and a stream of this process.")
    try:
        with mapping.turn:
            return {"workers": reader.go_back(number)}
    except ValueError:
        raise Refused(409, "The handler is at work: pause the mapping, and try again.") from None


METHODS = (
    Method("live.lanes", lanes),
    Method("live.pause", _changing(EventSourceMapping.disable), writes=True),
    Method("live.resume", _changing(EventSourceMapping.enable), writes=True),
    Method("live.drain", drained, writes=True),
    Method("live.replay", replayed, writes=True),
)
