"""Readings of any DynamoDB from outside: what its tables say of themselves, and how many records their streams get."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import islice

from minidynamo.cli.top.reading import Counts, Reading
from minidynamo.consumers.shards import listed_shards
from minidynamo.database.database import Database
from minidynamo.errors import DynamoError

# As many tables are looked at: more would be a request for each, every second.
_TABLES_MAX = 100
# As many pages of a shard are read in one look.
_PAGES_MAX = 20


class Looker:
    """Looks at a database through the API alone.

    Parameters:
        database: which.
        note: see `Source`.
        clock: tells when.
    """

    def __init__(self, database: Database, note: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        self.note = note
        self._database, self._clock = database, clock
        self._streams: dict[str, StreamCounter] = {}

    def read(self) -> Reading:
        """See `Source.read`."""
        tables: dict[str, Counts] = {}
        names = self._names()
        for name in names[:_TABLES_MAX]:
            try:
                table = self._database.execute("DescribeTable", {"TableName": name})["Table"]
            except DynamoError as error:
                if error.code == "ResourceNotFoundException":
                    continue  # It was deleted meanwhile.
                raise
            items, size = table.get("ItemCount"), table.get("TableSizeBytes")
            tables[name] = Counts(items=items, size_bytes=size, records=self._records(table.get("LatestStreamArn")))
            for index in table.get("GlobalSecondaryIndexes", ()):
                counts = Counts(items=index.get("ItemCount"), size_bytes=index.get("IndexSizeBytes"))
                tables[f"{name}.{index['IndexName']}"] = counts
        if len(names) > _TABLES_MAX:
            self.note = f"the first {_TABLES_MAX} of {len(names)} tables"
        return Reading(self._clock(), tables)

    def close(self) -> None:
        """Closes the database."""
        self._database.close()

    def _names(self) -> list[str]:
        pages = self._database.client().get_paginator("list_tables").paginate()
        names = (name for page in pages for name in page["TableNames"])
        return list(islice(names, 10 * _TABLES_MAX))

    def _records(self, arn: str | None) -> float | None:
        """How many records the stream of a table has got since it was first looked at; None where it has none."""
        if arn is None:
            return None
        counter = self._streams.get(arn)
        if counter is None:
            counter = self._streams[arn] = StreamCounter(self._database, arn)
        try:
            return float(counter.count())
        except DynamoError:  # Its reader may have no right to streams, or others read it too often.
            return None


class StreamCounter:
    """Counts the records of a stream from now on, by reading it.

    Parameters:
        database: whose it is.
        arn: of the stream.
    """

    def __init__(self, database: Database, arn: str) -> None:
        self._database, self._arn = database, arn
        self._iterators: dict[str, str | None] = {}
        self._is_begun = False
        self._count = 0

    def count(self) -> int:
        """How many there have been, with those of now."""
        for shard in listed_shards(self._database.execute, self._arn):
            if shard.id in self._iterators:
                continue
            if not shard.is_open and not self._is_begun:
                self._iterators[shard.id] = None
                continue
            kind = "TRIM_HORIZON" if self._is_begun else "LATEST"  # A new shard has new records alone.
            asked = {"StreamArn": self._arn, "ShardId": shard.id, "ShardIteratorType": kind}
            self._iterators[shard.id] = self._database.execute("GetShardIterator", asked)["ShardIterator"]
        self._is_begun = True
        for shard_id in self._iterators:
            self._read(shard_id)
        assert self._count >= 0, f"{self._arn} has lost records"
        return self._count

    def _read(self, shard: str) -> None:
        for _ in range(_PAGES_MAX):
            iterator = self._iterators[shard]
            if iterator is None:
                return
            try:
                page = self._database.execute("GetRecords", {"ShardIterator": iterator})
            except DynamoError:
                self._iterators[shard] = None  # It has expired, or what it stands at is gone.
                raise
            self._iterators[shard] = page.get("NextShardIterator")
            self._count += len(page["Records"])
            if not page["Records"]:
                return
