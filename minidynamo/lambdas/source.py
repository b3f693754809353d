"""What a mapping reads: the seam between streams and those who hand their changes over to functions.

A stream of this process (`stream_reader.py`) and one that is reached through the API (`remote_reader.py`) are read
alike.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from minidynamo.clock import Clock
from minidynamo.lambdas.change import ShowChange
from minidynamo.lambdas.settings import MappingSettings
from minidynamo.lambdas.shard_workers import ShardWorker
from minidynamo.schema.arns import ArnScope
from minidynamo.schema.key_schema import PrimaryKey


class FunctionContext(Protocol):
    """The database, as far as functions need it.

    Attributes:
        clock: the time.
        scope: names ARNs.
    """

    clock: Clock
    scope: ArnScope

    @property
    def is_closed(self) -> bool:
        """Whether nothing is answered any more."""
        ...


class Reader(Protocol):
    """Reads one stream for one mapping, and remembers how far it has come.

    Attributes:
        stream_arn: of the stream.
        workers: by shard.
    """

    stream_arn: str
    workers: dict[str, list[ShardWorker]]

    @property
    def lock(self) -> AbstractContextManager[object, None]:
        """Held while workers are changed."""
        ...

    @property
    def position(self) -> dict[str, list[str]]:
        """By shard, where each worker goes on if all that is not done is handed over again.

        Of a stream of this process that is the sequence number from which. Of one that is reached through the API it is
        the position behind which, as `consumers/cursor.py` has them, for the shards that this process reads.
        """
        ...

    def begin(self) -> None:
        """Takes up the stored position, or the starting position; to be called with the lock held."""
        ...

    def configure(self, settings: MappingSettings) -> None:
        """Reads by other settings: what is not done is read again; to be called with the lock held."""
        ...

    def move(self, function_name: str) -> None:
        """Keeps how far the workers have come as another function's from now on; to be called with the lock held."""
        ...

    def save(self, shard_id: str | None = None) -> None:
        """Stores how far every worker has come, or those of one shard, unless that is forgotten for good."""
        ...

    def release(self, seconds: float) -> None:
        """Lets others go on at once, where several processes share a stream; takes no longer than some seconds."""
        ...

    def forget(self) -> None:
        """Forgets how far they have come, also where one is still at work."""
        ...

    def begin_as_child(self) -> None:
        """Begins anew in a child process, which has none of the threads."""
        ...

    def check(self) -> None:
        """Asserts that the workers are sound; to be called with the lock held."""
        ...

    def ready(self) -> list[ShardWorker]:
        """The workers that may have work, in the order of their shards; those of children when parents are done."""
        ...

    def due_at(self, worker: ShardWorker) -> float | None:
        """When a worker has something to do, in epoch seconds (maybe in the past); None for nothing."""
        ...

    def read(self, worker: ShardWorker) -> ShowChange | None:
        """Reads the next batch of a worker that has none; what shows it, None where the shard is gone."""
        ...


class Streams(Protocol):
    """The streams of the tables that functions are mapped to."""

    def reader(self, settings: MappingSettings, function_name: str, table_name: str) -> Reader:
        """A reader of a table's stream.

        Raises:
            ResourceNotFound: there is no such table.
            ValueError: it has no enabled stream.
        """
        ...

    def primary_key(self, table_name: str) -> PrimaryKey | None:
        """The primary key of a table, None where there is none."""
        ...


def no_stream(table_name: str) -> ValueError:
    """What is raised for a table without a stream."""
    return ValueError(f"table {table_name} has no enabled stream: give it a StreamSpecification")
