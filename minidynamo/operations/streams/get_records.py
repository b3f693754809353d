"""GetRecords: the records of a shard from an iterator on, at most 1,000 or 1 MB of them."""

from __future__ import annotations

from minidynamo.errors import ResourceNotFound, TrimmedDataAccess, ValidationError
from minidynamo.limits import GET_RECORDS_BYTES_MAX, GET_RECORDS_MAX
from minidynamo.messages import PARAMETERS_INVALID, SHARD_NOT_FOUND, TRIMMED
from minidynamo.operations.context import OperationContext
from minidynamo.operations.streams.found_stream import find_stream
from minidynamo.streams.change_record import ChangeRecord
from minidynamo.streams.iterator import ShardIterator, read_iterator
from minidynamo.streams.shard import Shard
from minidynamo.streams.stream import Stream
from minidynamo.values.api_types import Request, Response


def get_records(context: OperationContext, request: Request) -> Response:
    """Answers with the records and with the iterator after them, unless the shard is closed and read to its end."""
    limit = request.get("Limit", GET_RECORDS_MAX)
    if limit > GET_RECORDS_MAX:
        raise ValidationError(f"{PARAMETERS_INVALID}Limit should be less than or equal to {GET_RECORDS_MAX}")
    now = context.clock.now()
    place = read_iterator(request["ShardIterator"], now)
    with context.lock:
        stream = find_stream(context, place.arn)
        shard = next((each for each in stream.visible_shards() if each.ordinal == place.ordinal), None)
        if shard is None:
            if stream.is_enabled:
                raise TrimmedDataAccess(TRIMMED)
            raise ResourceNotFound(SHARD_NOT_FOUND)
        found, is_end = _read(stream, shard, place, limit)
        origin = stream.origin(context.scope)
    response: Response = {"Records": [change.shown(origin) for change in found]}
    if not (is_end and not shard.is_open):
        position = found[-1].number + 1 if found else place.number
        follows = ShardIterator(place.arn, shard.ordinal, position, place.skips_trimmed and not found, float(now))
        response["NextShardIterator"] = follows.text
    return response


def _read(stream: Stream, shard: Shard, place: ShardIterator, limit: int) -> tuple[list[ChangeRecord], bool]:
    """The changes from a place on, and whether the end of the shard is reached."""
    if place.number <= shard.trimmed and not place.skips_trimmed:
        raise TrimmedDataAccess(TRIMMED)
    found: list[ChangeRecord] = []
    size = 0
    for change in stream.changes(shard, place.number):
        if not found and stream.is_too_old(change.time):
            if not place.skips_trimmed:
                raise TrimmedDataAccess(TRIMMED)
            continue
        size += len(change.packed)
        if len(found) == limit or (found and size > GET_RECORDS_BYTES_MAX):
            return found, False
        found.append(change)
    return found, True
