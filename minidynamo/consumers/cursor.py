"""A cursor in a shard: reads its records in order, and goes on behind the last of them, whatever befalls its iterators.

A position is a text: "" for the oldest record that there is, "@1700000000" for the first made at that second or later,
otherwise the sequence number behind which to go on. Sequence numbers of a shard only grow.
Source: API reference of DynamoDB Streams, GetShardIterator and GetRecords.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from minidynamo.consumers.shards import Execute
from minidynamo.errors import DynamoError
from minidynamo.values.api_types import JsonObject, RequestDraft

logger = logging.getLogger("minidynamo.streams")

OLDEST = ""
_SINCE = "@"
_EXPIRED, _TRIMMED, _GONE = "ExpiredIteratorException", "TrimmedDataAccessException", "ResourceNotFoundException"


@dataclass(frozen=True, slots=True)
class ReadRecord:
    """A record that has been read.

    Attributes:
        number: its sequence number as a number.
        sequence: the sequence number itself.
        previous: the position that lies right before it.
        time: when the change was made, in epoch seconds.
        record: as GetRecords gives it.
        chain: how many invocations led to the change; not known: 0.
    """

    number: int
    sequence: str
    previous: str
    time: float
    record: JsonObject
    chain: int = 0

    @property
    def size_bytes(self) -> int:
        """About how large it is."""
        return int(self.record["dynamodb"].get("SizeBytes", 0))


def since(time: float) -> str:
    """The position before the first change of a second, given in epoch seconds."""
    assert time >= 0, f"{time} is no time"
    return f"{_SINCE}{int(time)}"


def is_number(position: str) -> bool:
    """Whether a position is a sequence number."""
    return position.isascii() and position.isdigit()


def first_number(position: str) -> int:
    """The least number that a record behind a position can have."""
    return int(position) + 1 if is_number(position) else 0


class ShardCursor:
    """Reads one shard.

    Parameters:
        execute: carries out requests.
        stream_arn, shard_id: the shard.
        position: behind which it begins.
        is_latest: whether to begin behind what has been added so far, as long as nothing has been read. The position
            says where to begin if that fails.

    Attributes:
        position: behind which it goes on.
        is_at_end: whether the shard is closed and has been read to its end, or is gone.
        has_gap: whether records were too old before they were read.
    """

    def __init__(
        self, execute: Execute, stream_arn: str, shard_id: str, position: str, is_latest: bool = False
    ) -> None:
        self._execute, self._stream_arn, self._shard_id = execute, stream_arn, shard_id
        self.position = position
        self.is_at_end = self.has_gap = False
        self._iterator = self._new_iterator("LATEST" if is_latest else "")

    def read(self, limit: int | None = None) -> list[ReadRecord]:
        """The next records; none where there are none now, or where the service has not found any yet.

        Parameters:
            limit: how many at most.

        Raises:
            DynamoError: the stream cannot be read.
        """
        if self.is_at_end:
            return []
        if self._iterator is None:
            self._iterator = self._new_iterator()
            if self._iterator is None:
                return []
        request: RequestDraft = {"ShardIterator": self._iterator}
        if limit is not None:
            request["Limit"] = limit
        try:
            page = self._execute("GetRecords", request)
        except DynamoError as error:
            self._lose_iterator(error)
            return []
        self._iterator = page.get("NextShardIterator")
        self.is_at_end = self._iterator is None
        return [self._taken(each) for each in page["Records"] if not self._is_early(each)]

    def _taken(self, record: JsonObject) -> ReadRecord:
        sequence: str = record["dynamodb"]["SequenceNumber"]
        previous, self.position = self.position, sequence
        return ReadRecord(int(sequence), sequence, previous, _time_of(record), record)

    def _is_early(self, record: JsonObject) -> bool:
        """Whether a change was made before the time at which to begin."""
        position = self.position
        return position.startswith(_SINCE) and _time_of(record) < int(position.removeprefix(_SINCE))

    def _lose_iterator(self, error: DynamoError) -> None:
        """Lets the next read make a new iterator, if that can help; raises the error otherwise."""
        if error.code not in (_EXPIRED, _TRIMMED, _GONE):
            raise error
        self._iterator = None
        self._pass_by(error)

    def _pass_by(self, error: DynamoError) -> None:
        if error.code == _TRIMMED:
            logger.warning("changes of %s behind %r are gone: they were too old", self._shard_id, self.position)
            self.position, self.has_gap = OLDEST, True
        elif error.code == _GONE:
            self.is_at_end = self.has_gap = True

    def _new_iterator(self, kind: str = "") -> str | None:
        request: RequestDraft = {"StreamArn": self._stream_arn, "ShardId": self._shard_id}
        if not kind and is_number(self.position):
            request |= {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": self.position}
        else:
            request["ShardIteratorType"] = kind or "TRIM_HORIZON"
        try:
            iterator: str = self._execute("GetShardIterator", request)["ShardIterator"]
        except DynamoError as error:
            if error.code not in (_TRIMMED, _GONE):
                raise
            self._pass_by(error)
            return None
        return iterator


def _time_of(record: JsonObject) -> float:
    return float(record["dynamodb"].get("ApproximateCreationDateTime", 0))
