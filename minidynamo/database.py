"""The database: owns engine, catalog, clock and identifiers, and carries out requests.

Every face turns its caller's words into a request and calls `Database.execute`.
"""

from __future__ import annotations

import itertools
import os
import random
import threading
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from minidynamo.clock import Clock, SystemClock
from minidynamo.errors import (
    DatabaseClosed,
    DynamoError,
    SerializationError,
    StorageFailure,
    StoreError,
    ValidationError,
)
from minidynamo.limits import PARTITION_SIZE_BYTES_MAX
from minidynamo.operations import OPERATIONS
from minidynamo.requests.checker import check_request_types, checked_request
from minidynamo.schema.arns import Location
from minidynamo.storage.engine import Engine
from minidynamo.storage.keyspace import Keyspace
from minidynamo.storage.memory_engine import MemoryEngine
from minidynamo.tables.catalog import Catalog, StatusDelays
from minidynamo.tables.idempotency import IdempotencyTokens
from minidynamo.tables.writing import WriteBatch
from minidynamo.values.records import packed_record, record_item
from minidynamo.values.wire_types import NOT_UTF8
from minidynamo.wording import Wording

if TYPE_CHECKING:
    from pathlib import Path

    from minidynamo.interfaces.client import Client
    from minidynamo.interfaces.resource import Resource, TableResource
    from minidynamo.interfaces.server.running import Server

Response = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PartitionInfo:
    """One partition of a table or index.

    Attributes:
        index: the name of the index, None for the table itself.
        start, stop: the range of key bytes, start <= key < stop; stop None for no end. The first eight bytes are the
            token, the hash of the partition key.
        size_bytes, item_count: what it holds.
        read_units, write_units: capacity units consumed in it.
    """

    index: str | None
    start: bytes
    stop: bytes | None
    size_bytes: int
    item_count: int
    read_units: float
    write_units: float


class Database:
    """A DynamoDB in this process. Safe to use from many threads.

    Parameters:
        engine: where the data live; in memory by default. Tables found there are opened.
        clock: where the time comes from; the machine's clock by default.
        seed: what table ids and request ids are made from.
        region, account_id: name the ARNs.
        partition_size: the size in bytes at which partitions split; small values make splits visible.
        table_delays: how many seconds tables are CREATING, UPDATING and DELETING: a number for all, or a mapping.
        wording: "current" or "2025", the generation of error texts; see `wording.py`.
    """

    def __init__(
        self,
        engine: Engine | None = None,
        clock: Clock | None = None,
        seed: int = 0,
        region: str = "us-east-1",
        account_id: str = "000000000000",
        partition_size: int = PARTITION_SIZE_BYTES_MAX,
        table_delays: float | Mapping[str, float] | None = None,
        wording: str = "current",
    ) -> None:
        if partition_size < 1:
            raise ValueError(f"partition_size must be at least 1 byte, not {partition_size}")
        self._lock = threading.RLock()
        self.engine = MemoryEngine() if engine is None else engine
        self.clock = SystemClock() if clock is None else clock
        self.location = Location(region, account_id)
        self.delays = StatusDelays.of(table_delays)
        self.wording = Wording(wording)
        identity: int | str = seed
        try:
            self.catalog = Catalog(self.engine, self.clock, self.location, partition_size)
            self.tokens = IdempotencyTokens(self.catalog.system)
            if self.engine.is_durable:
                identity = f"{seed}/{self._count_opening()}"
        except Exception as error:
            if not self.engine.is_durable or isinstance(error, DynamoError):
                raise
            raise StoreError(f"the database is damaged: {type(error).__name__} {error}") from error
        self._random = random.Random(identity)
        self._request_numbers = itertools.count(1)
        self._request_id_head = "".join(self._random.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=40))
        self._closed_because: str | None = None
        if self.engine.is_durable:
            _DURABLE.add(self)

    @property
    def lock(self) -> threading.RLock:
        """Held by an operation from its first read to its batch."""
        return self._lock

    # Requests.

    def execute(self, operation: str, request: Mapping[str, Any]) -> Response:
        """Carries out one request.

        Parameters:
            operation: the API name, such as "PutItem".
            request: its members in the API's own shape, binary values as bytes. It is not changed.

        Returns:
            The members of the answer, without ResponseMetadata.

        Raises:
            DynamoError: the service's own error.
        """
        if self._closed_because is not None:
            raise DatabaseClosed(self._closed_because)
        try:
            checked: Any = checked_request(operation, request, self.wording)
            return OPERATIONS[operation](self, checked)
        except ValidationError as error:
            check_request_types(operation, request)  # A wrong type is reported before anything else.
            raise ValidationError(self.wording.render(error, operation)) from None
        except (DynamoError, AttributeError, TypeError):
            # Python types that JSON does not have, such as an attribute name that is a number, fail anywhere.
            if operation in OPERATIONS:
                check_request_types(operation, request)
            raise
        except UnicodeEncodeError:  # In a text that would have been stored; nothing has been.
            raise SerializationError(NOT_UTF8) from None
        except self.engine.faults as error:
            raise StorageFailure(f"The data could not be read: {error}.") from error
        finally:
            # Whatever an answer has seen, an error included, is as durable as promised before anybody sees it.
            self.engine.settle()

    def commit(self, batch: WriteBatch) -> None:
        """Commits a batch: all of it or nothing."""
        batch.commit(self.engine)

    def _count_opening(self) -> int:
        """How often the store has been opened, this time included: identifiers must never come twice."""
        key, system = b"openings", self.catalog.system
        record = system.get(key)
        opening: Any = {"Count": 0} if record is None else record_item(record)
        opening["Count"] += 1
        batch = WriteBatch()
        batch.stage(system, key, packed_record(opening, 0), None if record is None else 0, 0.0)
        batch.commit(self.engine)
        count: int = opening["Count"]
        return count

    def _disown(self) -> None:
        """Ends the use of a store in a child process."""
        self._closed_because = (
            "The database belongs to the process that opened it, of which this is a child. "
            "Share it through a server: minidynamo serve --db FILE."
        )
        self.engine.disown()

    # Identifiers.

    def new_uuid(self) -> str:
        """An identifier for a new table, drawn from the seed."""
        import uuid  # Slow to import, and only needed for new tables.

        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def new_request_id(self) -> str:
        """An identifier for one request: 52 upper-case letters and digits."""
        return f"{self._request_id_head}{next(self._request_numbers):012d}"

    # Faces.

    def client(self) -> Client:
        """A client with boto3's methods, parameters and answers."""
        from minidynamo.interfaces.client import Client

        return Client(self)

    def resource(self) -> Resource:
        """A resource with boto3's methods, which takes and gives Python values."""
        from minidynamo.interfaces.resource import Resource

        return Resource(self)

    def Table(self, name: str) -> TableResource:
        """The table resource of a name; there need not be such a table yet."""
        return self.resource().Table(name)

    def serve(self, port: int = 0, host: str = "127.0.0.1", **options: Any) -> Server:
        """A server that answers for this database over HTTP, as a context manager: `with db.serve() as server:`.

        Parameters:
            port: where it listens; 0 for a free port. `server.url` tells.
            host: the address it listens on.
            options: further ones of `ServerOptions`: credentials, certificate and others.

        Raises:
            ServeError: it would listen to other machines without any credentials.
        """
        from minidynamo.interfaces.server.running import Server, ServerOptions

        return Server(self, ServerOptions(host=host, port=port, **options))

    # Insight.

    def partitions(self, table_name: str) -> list[PartitionInfo]:
        """The partitions of a table, then of each of its indexes, in key order.

        Raises:
            ResourceNotFound: there is no such table.
        """
        with self.lock:
            table = self.catalog.described_table(table_name)
            keyspaces: list[tuple[str | None, Keyspace]] = [(None, table.keyspace)]
            keyspaces += [(name, index.keyspace) for name, index in table.indexes.items()]
            return [
                PartitionInfo(
                    name,
                    each.map.start,
                    each.map.stop,
                    each.map.size_bytes,
                    each.map.item_count,
                    each.read_units,
                    each.write_units,
                )
                for name, keyspace in keyspaces
                for each in keyspace.partitions
            ]

    def backup(self, path: str | Path) -> None:
        """Copies a database that is in a file to a new file: one consistent state, while others go on writing.

        Parameters:
            path: of the copy, which must not be there yet.

        Raises:
            StoreError: it is there already, or cannot be written.
            ValueError: the database is in memory.
        """
        from pathlib import Path

        self.engine.backup(Path(path))

    def check(self) -> None:
        """Asserts every invariant: order, counts, sizes, tiling partitions, and index entries that fit their items."""
        with self.lock:
            self.engine.check()
            self.catalog.check()

    def close(self) -> None:
        """Closes the database. Further requests answer InternalServerError."""
        with self.lock:
            if self._closed_because is None:
                self._closed_because = "The database is closed. Open it again with minidynamo.connect()."
                self.engine.close()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


# Databases in files: a child process must not touch those of its parent.
_DURABLE: weakref.WeakSet[Database] = weakref.WeakSet()


def _disown_all() -> None:
    for database in _DURABLE:
        database._disown()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_disown_all)


def connect(
    path: str | Path | None = None,
    *,
    durability: str | None = None,
    clock: Clock | None = None,
    seed: int = 0,
    region: str = "us-east-1",
    account_id: str = "000000000000",
    partition_size: int = PARTITION_SIZE_BYTES_MAX,
    table_delays: float | Mapping[str, float] | None = None,
    wording: str = "current",
) -> Database:
    """Opens a database: the one in a file, or a new, empty one in memory.

    Parameters:
        path: of the file, which is made where there is none; None for memory.
        durability: "full" (default): an answer is given when all it tells of is on the disk. "process": it outlives
            the process, though not a power cut.
        clock, seed, region, account_id, partition_size, table_delays, wording: those of `Database`.

    Raises:
        StoreError: the file is no database of ours, is damaged, or another process owns it.
    """
    engine = None
    if path is not None:
        from pathlib import Path  # Slow to import, as is SQLite; only databases in files need them.

        from minidynamo.storage.sqlite_engine import SqliteEngine

        engine = SqliteEngine(Path(path), durability or "full")
    elif durability is not None:
        raise ValueError("durability is for a database in a file: give a path as well")
    try:
        return Database(
            engine=engine,
            clock=clock,
            seed=seed,
            region=region,
            account_id=account_id,
            partition_size=partition_size,
            table_delays=table_delays,
            wording=wording,
        )
    except BaseException:
        if engine is not None:
            engine.close()
        raise
