"""Streams as readers may find them: late records, shards that end, iterators that expire."""

from __future__ import annotations

from minidynamo.clock import advanced
from minidynamo.limits import SHARD_ITERATOR_SECONDS, STREAM_RETENTION_SECONDS
from minidynamo.operations.streams.found_stream import align_stream
from minidynamo.simulation.effects.target import Target
from minidynamo.simulation.faults.chance import Detail, Draw
from minidynamo.streams.iterator import read_iterator
from minidynamo.values.api_types import Request, Response

_PAUSES = (SHARD_ITERATOR_SECONDS + 60, STREAM_RETENTION_SECONDS + 3600)


def get_records(target: Target, request: Request) -> Response:
    """Answers GetRecords."""
    if hasattr(target.clock, "advance"):
        detail = target.injector.choose("consumer_paused", lambda draw: {"seconds": draw.among(_PAUSES)})
        if detail is not None:
            advanced(target.clock, detail["seconds"])
    _split_shard(target, request)
    response = target.perform("GetRecords", request)
    since = target.clock.now() - target.injector.profile.lag_seconds
    times = [each["dynamodb"]["ApproximateCreationDateTime"] for each in response["Records"]]
    count, late = len(times), sum(time >= int(since) for time in times)
    least = count - late
    if least == 0 and not target.injector.may_refuse:
        least = 1

    def show_fewer(draw: Draw) -> Detail:
        shown = draw.among(range(count - 1, least - 1, -1))
        return {"shown": shown} if shown else {"shown": 0, "nothing": "shown"}

    if count <= least:
        return response
    detail = target.injector.choose("stream_lag", show_fewer)
    if detail is None:
        return response
    if detail["shown"] == 0:
        return {"Records": [], "NextShardIterator": request["ShardIterator"]}
    return target.perform("GetRecords", {**request, "Limit": detail["shown"]})


def _split_shard(target: Target, request: Request) -> None:
    """Splits a partition of the table that the shard belongs to, where that is possible and chosen."""
    try:
        arn = read_iterator(request["ShardIterator"], target.clock.now()).arn
        table = target.catalog.table(arn.partition("/stream/")[0])
    except Exception:
        return  # What is wrong with the request, the operation says.
    keyspace = table.keyspace
    parts = [number for number, each in enumerate(keyspace.partitions) if each.map.item_count > 1]
    if table.stream is None or not parts:
        return
    detail = target.injector.choose("shard_split", lambda draw: {"partition": draw.among(parts)})
    if detail is not None:
        keyspace.split(keyspace.partitions[detail["partition"]])
        align_stream(target.context, table.name)
