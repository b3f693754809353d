"""Following the changes of a table: whatever is put or deleted at the source is put or deleted at the target.

Shards are read in the order of their lineage, and of several changes of one item at a time only the last is written. A
stream without new images tells which items have changed; they are read as they are now.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from minidynamo.consumers.cursor import ReadRecord, ShardCursor, is_number
from minidynamo.consumers.shards import ListedShard, beginnable, listed_shards
from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.errors import ResourceNotFound
from minidynamo.limits import BATCH_WRITE_REQUESTS_MAX, STREAM_RETENTION_SECONDS
from minidynamo.moving.copying import Edit
from minidynamo.moving.journal import FollowProgress, Journal
from minidynamo.moving.move_error import MoveError
from minidynamo.moving.pace import Pace
from minidynamo.values.api_types import JsonObject, RequestDraft
from minidynamo.values.attribute_value import Item

_AT_ONCE = 8
_UNSENT_MAX = 50


@dataclass(frozen=True)
class FollowStep:
    """What one turn has come to.

    Attributes:
        change_count: how many changes were read.
        is_caught_up: whether nothing more was waiting.
    """

    change_count: int
    is_caught_up: bool


class TableFollower:
    """Follows the changes of one table.

    Parameters:
        source, target: where it is read and written.
        table_name: its name at both.
        key_names: the attributes of its key.
        journal, progress: where it is noted how far it has come.
        edit: what is made of each item on its way.
        reading, writing: the paces of both sides.
    """

    def __init__(
        self,
        source: Endpoint,
        target: Endpoint,
        table_name: str,
        key_names: tuple[str, ...],
        journal: Journal,
        progress: FollowProgress,
        edit: Edit,
        reading: Pace,
        writing: Pace,
    ) -> None:
        self._target, self._table_name, self._key_names = target, table_name, key_names
        self._journal, self._progress, self._edit = journal, progress, edit
        self._execute, self._writing = partial(reading.execute, source), writing
        self._cursors: dict[str, ShardCursor] = {}
        self._pool = ThreadPoolExecutor(_AT_ONCE, "minidynamo follow")

    def close(self) -> None:
        """Ends its threads."""
        self._pool.shutdown(cancel_futures=True)

    def step(self) -> FollowStep:
        """Reads a page of each shard, and writes what has changed.

        Raises:
            DynamoError: of either side.
            MoveError: the stream is gone.
        """
        count, is_caught_up = 0, True
        for shard in self._shards():
            cursor = self._cursor(shard)
            records = cursor.read_until_found()
            try:
                self._write(records)
            except BaseException:
                del self._cursors[shard.id]  # The next step reads them again.
                raise
            self._note(shard, cursor, records)
            count += len(records)
            # Children may begin behind an end, and a closed shard that has nothing to show has not come to its own yet.
            is_caught_up = is_caught_up and not records and not cursor.is_at_end and shard.is_open
        if is_caught_up:
            self._progress.caught_up_at = time.time()
        self._journal.note(is_urgent=is_caught_up)
        return FollowStep(count, is_caught_up)

    def waiting(self) -> tuple[int, float]:
        """How many changes wait that have not been followed, and when the newest was made; nothing is written.

        Raises:
            DynamoError, MoveError: as `step`.
        """
        done = set(self._progress.done)
        count, newest = 0, 0.0
        left = self._shards()
        while left:
            for shard in left:
                cursor = self._new_cursor(shard)
                for records in cursor.pages(shard.is_open):
                    count, newest = count + len(records), max(newest, records[-1].time)
                self._progress.has_gap = self._progress.has_gap or cursor.has_gap
                done.add(shard.id)
            left = [each for each in beginnable(self._listed(), done) if each.id not in done]
        return count, newest

    def _shards(self) -> list[ListedShard]:
        listed = self._listed()
        known = {each.id for each in listed}
        gone = self._progress.positions.keys() - known
        # Where all shards have ended and no child has begun, those that have been read tell that nothing is missing.
        is_anywhere = self._progress.positions or not known.isdisjoint(self._progress.done)
        is_late = not is_anywhere or any(not is_number(each) for each in self._progress.positions.values())
        if gone or (is_late and self._seconds_behind() > STREAM_RETENTION_SECONDS):
            self._progress.has_gap = True
        for shard in gone:
            del self._progress.positions[shard]
            self._cursors.pop(shard, None)
        self._progress.done = [each for each in self._progress.done if each in known]
        return beginnable(listed, set(self._progress.done))

    def _seconds_behind(self) -> float:
        """How long ago nothing was waiting, or following began."""
        start = self._progress.start.removeprefix("@")
        return time.time() - max(self._progress.caught_up_at, float(start) if start.isdigit() else time.time())

    def _listed(self) -> list[ListedShard]:
        try:
            return listed_shards(self._execute, self._progress.stream_arn)
        except ResourceNotFound:
            raise MoveError(
                f"the stream of {self._table_name} from which changes are followed is gone: copy the table again"
            ) from None

    def _cursor(self, shard: ListedShard) -> ShardCursor:
        cursor = self._cursors.get(shard.id)
        if cursor is None:
            cursor = self._cursors[shard.id] = self._new_cursor(shard)
            self._progress.positions.setdefault(shard.id, self._progress.start)
        return cursor

    def _new_cursor(self, shard: ListedShard) -> ShardCursor:
        position = self._progress.positions.get(shard.id, self._progress.start)
        return ShardCursor(self._execute, self._progress.stream_arn, shard.id, position)

    def _note(self, shard: ListedShard, cursor: ShardCursor, records: list[ReadRecord]) -> None:
        progress = self._progress
        progress.has_gap = progress.has_gap or cursor.has_gap
        progress.change_count += len(records)
        if records:
            progress.newest = max(progress.newest, records[-1].time)
        if cursor.is_at_end:
            progress.done.append(shard.id)
            progress.positions.pop(shard.id, None)
            self._cursors.pop(shard.id, None)
        else:
            progress.positions[shard.id] = cursor.position

    def _write(self, records: list[ReadRecord]) -> None:
        """Writes the last change of each item; all of them can be written at once."""
        last = {repr(self._key(each.record)): each for each in records}
        requests = [self._request(each.record) for each in last.values()]
        batches = [
            requests[start : start + BATCH_WRITE_REQUESTS_MAX]
            for start in range(0, len(requests), BATCH_WRITE_REQUESTS_MAX)
        ]
        for _ in self._pool.map(self._send, batches):
            pass

    def _key(self, record: JsonObject) -> list[Item]:
        return [record["dynamodb"]["Keys"][name] for name in self._key_names]

    def _request(self, record: JsonObject) -> JsonObject:
        key: Item = record["dynamodb"]["Keys"]
        image: Item | None = record["dynamodb"].get("NewImage")
        if image is None and record["eventName"] != "REMOVE":
            request: RequestDraft = {"TableName": self._table_name, "Key": key, "ConsistentRead": True}
            image = self._execute("GetItem", request).get("Item")
        if image is not None:
            return {"PutRequest": {"Item": self._edit(image)}}
        edited = self._edit(key)
        return {"DeleteRequest": {"Key": {name: edited[name] for name in self._key_names}}}

    def _send(self, requests: list[JsonObject]) -> None:
        """Sends a batch, and what is left of it, until nothing is."""
        for _ in range(_UNSENT_MAX):
            request: RequestDraft = {"RequestItems": {self._table_name: requests}}
            sent = len(requests)
            response = self._writing.execute(self._target, "BatchWriteItem", request, sent)
            requests = response.get("UnprocessedItems", {}).get(self._table_name, [])
            if not requests:
                return
            self._writing.slow_down(sent)
        raise MoveError(f"{len(requests)} changes of {self._table_name} were left unprocessed again and again")
