"""A cursor in a shard: reads its records in order, and goes on behind the last of them, whatever befalls its iterators.

A position is a text: "" for the oldest record that there is; "@1700000000" for the first made at that second or later;
the same with "~" and a shard iterator behind it for where that iterator is, as long as it is good; otherwise the
sequence number behind which to go on. Sequence numbers of a shard only grow.

A page may be empty although there is more behind it: the service looks through a shard piece by piece. So a shard
counts as read to where it is now when `EMPTY_PAGES_MAX` pages in a row were empty, and for `TIP_SECONDS` after that
when one is: not much can have come to be looked through since. A page of records from before the time at which to begin
is not empty.
Source: API reference of DynamoDB Streams, GetShardIterator and GetRecords.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass

from minidynamo.consumers.shards import Execute
from minidynamo.errors import DynamoError
from minidynamo.values.api_types import JsonObject, RequestDraft

logger = logging.getLogger("minidynamo.streams")

OLDEST = ""
# How much too early "from now on" begins: clocks differ, and reads may be late. To read more is no loss.
_OVERLAP_SECONDS = 300.0
EMPTY_PAGES_MAX = 10
TIP_SECONDS = 10.0
_SINCE, _ITERATOR = "@", "~"
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


def since_now() -> str:
    """The position before the first change that is made from now on, some minutes early, since clocks differ."""
    return since(time.time() - _OVERLAP_SECONDS)


def is_number(position: str) -> bool:
    """Whether a position is a sequence number."""
    return position.isascii() and position.isdigit()


def first_number(position: str) -> int:
    """The least number that a record behind a position can have."""
    return int(position) + 1 if is_number(position) else 0


def latest_position(execute: Execute, stream_arn: str, shard_id: str, start: str) -> str:
    """The position behind all that a shard has now.

    It names a shard iterator, which is good for a quarter of an hour, for whoever has it. The service has no other name
    for that place before a record comes.

    Parameters:
        execute: carries out requests.
        stream_arn, shard_id: the shard.
        start: a time, as `since` gives it, which counts when the iterator has expired.
    """
    assert start.startswith(_SINCE) and _ITERATOR not in start, f"{start!r} is no time"
    request: RequestDraft = {"StreamArn": stream_arn, "ShardId": shard_id, "ShardIteratorType": "LATEST"}
    try:
        return f"{start}{_ITERATOR}{execute('GetShardIterator', request)['ShardIterator']}"
    except DynamoError as error:
        if error.code not in (_TRIMMED, _GONE):
            raise
        return start


class ShardCursor:
    """Reads one shard. It asks for nothing before it is read.

    Parameters:
        execute: carries out requests.
        stream_arn, shard_id: the shard.
        position: behind which it begins.
        pause_seconds: how long `read_until_found` waits before it asks again.

    Attributes:
        position: behind which it goes on.
        is_at_end: whether the shard is closed and has been read to its end, or is gone.
        has_gap: whether records were too old before they were read.
        has_passed: whether the page that was read last had records from before the time at which to begin.
    """

    def __init__(
        self, execute: Execute, stream_arn: str, shard_id: str, position: str, pause_seconds: float = 0.0
    ) -> None:
        self._execute, self._stream_arn, self._shard_id = execute, stream_arn, shard_id
        self.position, self._pause_seconds = position, pause_seconds
        self.is_at_end = self.has_gap = self.has_passed = False
        self._iterator: str | None = position.partition(_ITERATOR)[2] or None
        self._tip_at: float | None = None

    def read(self, limit: int | None = None) -> list[ReadRecord]:
        """The records of the next page; none where there are none now, or where the service has not found any yet.

        Parameters:
            limit: how many at most.

        Raises:
            DynamoError: the stream cannot be read.
        """
        self.has_passed = False
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
        records = [self._taken(each) for each in page["Records"] if not self._is_early(each)]
        self.has_passed = len(records) < len(page["Records"])
        if _ITERATOR in self.position and self._iterator is not None:
            self.position = f"{self.position.partition(_ITERATOR)[0]}{_ITERATOR}{self._iterator}"
        return records

    def read_until_found(self, is_open: bool = True) -> list[ReadRecord]:
        """The records of the next page that has any; none where the shard has been read to its end, or to where it is
        now.

        Parameters:
            is_open: whether more may be added to the shard; one that is closed is read to its end.

        Raises:
            DynamoError: the stream cannot be read.
        """
        empty = 0
        while not self.is_at_end and (empty < self._empty_pages_max() or not is_open):
            if empty and not self.has_passed:
                time.sleep(self._pause_seconds)
            records = self.read()
            if records:
                return records
            empty = 0 if self.has_passed else empty + 1
        self._tip_at, self.has_passed = time.monotonic(), False
        return []

    def pages(self, is_open: bool = True) -> Iterator[list[ReadRecord]]:
        """The records that the shard has now, a page at a time; see `read_until_found`."""
        while records := self.read_until_found(is_open):
            yield records

    def _empty_pages_max(self) -> int:
        is_near = self._tip_at is not None and time.monotonic() - self._tip_at < TIP_SECONDS
        return 1 if is_near else EMPTY_PAGES_MAX

    def _taken(self, record: JsonObject) -> ReadRecord:
        sequence: str = record["dynamodb"]["SequenceNumber"]
        previous, self.position = self.position, sequence
        return ReadRecord(int(sequence), sequence, previous, _time_of(record), record)

    def _is_early(self, record: JsonObject) -> bool:
        """Whether a change was made before the time at which to begin; what an iterator gives is never early."""
        position = self.position
        if not position.startswith(_SINCE) or _ITERATOR in position:
            return False
        return _time_of(record) < int(position.removeprefix(_SINCE))

    def _lose_iterator(self, error: DynamoError) -> None:
        """Lets the next read make a new iterator, if that can help; raises the error otherwise."""
        if error.code not in (_EXPIRED, _TRIMMED, _GONE):
            raise error
        self._iterator = self._tip_at = None
        self.position = self.position.partition(_ITERATOR)[0]
        self._pass_by(error)

    def _pass_by(self, error: DynamoError) -> None:
        if error.code == _TRIMMED:
            logger.warning("changes of %s behind %r are gone: they were too old", self._shard_id, self.position)
            self.has_gap = True
            if is_number(self.position):
                self.position = OLDEST
        elif error.code == _GONE:
            logger.warning("%s is gone before it was read to its end: its changes were too old", self._shard_id)
            self.is_at_end = self.has_gap = True

    def _new_iterator(self) -> str | None:
        request: RequestDraft = {"StreamArn": self._stream_arn, "ShardId": self._shard_id}
        if is_number(self.position):
            request |= {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": self.position}
        else:
            request["ShardIteratorType"] = "TRIM_HORIZON"
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
