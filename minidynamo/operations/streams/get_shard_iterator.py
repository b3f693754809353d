"""GetShardIterator: a place in a shard from which records can be read."""

from __future__ import annotations

from datetime import datetime

from minidynamo.errors import ResourceNotFound, TrimmedDataAccess, ValidationError
from minidynamo.messages import PARAMETERS_INVALID, SHARD_NOT_FOUND, TRIMMED
from minidynamo.operations.context import OperationContext
from minidynamo.operations.streams.found_stream import find_stream
from minidynamo.streams.change_record import sequence_number
from minidynamo.streams.iterator import ShardIterator
from minidynamo.streams.shard import Shard
from minidynamo.streams.stream import Stream
from minidynamo.values.api_types import Request, Response

_BY_NUMBER = ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")


def get_shard_iterator(context: OperationContext, request: Request) -> Response:
    """Answers with an iterator that is valid for 15 minutes."""
    kind = request["ShardIteratorType"]
    number = _checked_number(kind, request)
    if kind == "AT_TIMESTAMP" and "Timestamp" not in request:
        raise ValidationError(f"{PARAMETERS_INVALID}Timestamp is required for this iterator type")
    with context.lock:
        stream = find_stream(context, request["StreamArn"])
        shard = stream.shard(request["ShardId"])
        if shard is None:
            raise ResourceNotFound(SHARD_NOT_FOUND)
        position = _position(stream, shard, request, number)
        if number is not None and position <= shard.trimmed:
            raise TrimmedDataAccess(TRIMMED)
        place = ShardIterator(
            request["StreamArn"], shard.ordinal, position, kind not in _BY_NUMBER, float(context.clock.now())
        )
    return {"ShardIterator": place.text}


def _checked_number(kind: str, request: Request) -> int | None:
    text = request.get("SequenceNumber")
    if kind not in _BY_NUMBER:
        if text is not None:
            raise ValidationError(f"{PARAMETERS_INVALID}SequenceNumber should not be passed for this iterator type")
        return None
    number = None if text is None else sequence_number(text)
    if number is None or number < 0 or number >= 2**62:
        raise ValidationError(f"{PARAMETERS_INVALID}Invalid SequenceNumber")
    return number


def _position(stream: Stream, shard: Shard, request: Request, number: int | None) -> int:
    """The sequence number to go on from."""
    kind: str = request["ShardIteratorType"]
    if number is not None:
        return number + (kind == "AFTER_SEQUENCE_NUMBER")
    if kind == "TRIM_HORIZON":
        return shard.first
    end = stream.next_number if shard.last is None else shard.last + 1
    if kind == "LATEST":
        return end
    moment = request["Timestamp"]
    seconds = moment.timestamp() if isinstance(moment, datetime) else float(moment)
    return next((change.number for change in stream.changes(shard, shard.first) if change.time >= seconds), end)
