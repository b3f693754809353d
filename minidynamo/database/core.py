"""The core of a database: an endpoint that owns engine, catalog, clock and identifiers, and carries out requests."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager

from minidynamo.arguments import require
from minidynamo.clock import Clock, SystemClock, clock_error
from minidynamo.database.fork import follow
from minidynamo.database.setting_rules import check_settings
from minidynamo.endpoints.middleware import Wrapped
from minidynamo.errors import DatabaseClosed, DynamoError, StorageFailure, StoreDamaged, StoreError
from minidynamo.limits import PARTITION_SIZE_BYTES_MAX
from minidynamo.operations.perform import perform
from minidynamo.schema.arns import DEFAULT_ACCOUNT_ID, DEFAULT_REGION, ArnScope
from minidynamo.storage.engine import Batch, Engine, RecordDamaged
from minidynamo.storage.memory.engine import MemoryEngine
from minidynamo.tables.catalog import Catalog, StatusDelays
from minidynamo.tables.changes import WriteBatch
from minidynamo.tables.damage import damaged_place, opening_failure
from minidynamo.tables.idempotency import IdempotencyTokens
from minidynamo.tables.metering import Meter
from minidynamo.values.api_types import JsonObject, Request, Response
from minidynamo.values.records import packed_record, record_item
from minidynamo.wording import Wording


class Core(Wrapped):
    """What carries out requests; its parameters are those of `Database`, which everybody uses."""

    def __init__(
        self,
        engine: Engine | None = None,
        clock: Clock | None = None,
        seed: int | str = 0,
        region: str | None = None,
        account_id: str = DEFAULT_ACCOUNT_ID,
        partition_size: int = PARTITION_SIZE_BYTES_MAX,
        table_delays: float | Mapping[str, float] | StatusDelays | None = None,
        wording: str = "current",
    ) -> None:
        is_engine = engine is None or hasattr(engine, "is_durable")
        require(is_engine, "Database", "an engine; minidynamo.connect(path) opens a file", engine)
        check_settings(
            clock=clock,
            seed=seed,
            region=region,
            account_id=account_id,
            partition_size=partition_size,
            table_delays=table_delays,
            wording=wording,
        )
        self._lock = threading.RLock()
        self.engine = MemoryEngine() if engine is None else engine
        self._is_durable = self.engine.is_durable
        self.clock = SystemClock() if clock is None else clock
        self.scope = ArnScope(region or DEFAULT_REGION, account_id)
        self.delays = StatusDelays.of(table_delays)
        self.meter = Meter()
        self.wording = Wording(wording)
        self._partition_size = partition_size
        wrong = clock_error(self.clock)
        if wrong is not None:
            raise StoreError(f"the database cannot be opened: {wrong}") if self.engine.is_durable else ValueError(wrong)
        try:
            self._open_tables()
            self._opening = self._count_opening() if self.engine.is_durable else 0
        except StorageFailure as error:
            remedy = "Free some room on its disk, or open it with read_only=True"
            raise StoreError(f"the database cannot be opened: {error.message} {remedy}") from None
        self._begin_identifiers(seed)
        self._closed_because: str | None = None
        self.engine.close_at_exit(self._lock)
        follow(self)
        super().__init__()

    @property
    def url(self) -> str:
        """An address that no client could call."""
        return f"minidynamo://{self.scope.account_id}"

    @property
    def next_status_change(self) -> float | None:
        """When the status of a table will change by itself; None for never."""
        return self.catalog.next_due

    def try_lock(self, is_read: bool) -> bool:
        """See `Endpoint.try_lock`."""
        if self.engine.waits_for_disk and not (is_read and self.engine.is_durable_now):
            return False
        return self._lock.acquire(False)

    def unlock(self) -> None:
        """See `Endpoint.unlock`."""
        self._lock.release()

    @property
    def lock(self) -> AbstractContextManager[object, None]:
        """Held by an operation from its first read to its batch."""
        return self._lock

    @property
    def is_closed(self) -> bool:
        """Whether the database has been closed, or belongs to another process."""
        return self._closed_because is not None

    def _carry_out(self, operation: str, request: Request) -> Response:
        if self._closed_because is not None:
            raise DatabaseClosed(self._closed_because)
        try:
            return perform(self, operation, request)
        finally:
            if self._is_durable:
                # Whatever a response has seen, an error included, is as durable as promised before anybody sees it.
                self.engine.make_durable()

    def commit(self, batch: WriteBatch) -> None:
        """Commits a batch: all of it or nothing."""
        if self.catalog.unsaved:
            self.catalog.join(batch)
        batch.commit(self.engine, self.meter)

    def _open_tables(self) -> None:
        """Makes the tables live that the engine holds."""
        try:
            self.catalog = Catalog(self.engine, self.clock, self.scope, self._partition_size)
            self.tokens = IdempotencyTokens(self.catalog.system)
        except Exception as error:
            if not self.engine.io_errors or isinstance(error, DynamoError):
                raise
            raise StoreDamaged(f"the database is damaged: {opening_failure(error)}") from error
        skipped = self.engine.skipped
        if skipped is not None and skipped.describe is None:  # A fork leaves it to what it is a fork of.
            skipped.describe = self._damaged_place

    def _damaged_place(self, error: RecordDamaged) -> str:
        with self._lock:
            return damaged_place(self.catalog, error)

    def _count_opening(self, least: int = 0) -> int:
        """How often the store has been opened, this time included: identifiers must never come twice."""
        key, system = b"openings", self.catalog.system
        record = system.get(key)
        opening: JsonObject = {"Count": 0} if record is None else record_item(record)
        opening["Count"] = count = max(opening["Count"], least) + 1
        batch = Batch()
        system.keep(batch, key, packed_record(opening, 0))
        self.engine.commit(batch)
        return int(count)

    def _require_open(self) -> None:
        if self._closed_because is not None:
            raise DatabaseClosed(self._closed_because)

    @property
    def fork_lock(self) -> threading.RLock:
        """Held while this process forks."""
        return self._lock

    def begin_as_child(self) -> None:
        """Begins anew in a child process: with a copy of what is in memory, without a file that is its parent's."""
        if not self.engine.io_errors or self._closed_because is not None:
            return
        self._closed_because = (
            "The database belongs to the process that opened it, of which this is a child. "
            "Share it through a server: minidynamo serve --db FILE."
        )
        self.engine.detach_after_fork()

    # Identifiers.

    def _begin_identifiers(self, seed: int | str) -> None:
        self._identity = f"{seed}/{self._opening}" if self._opening else str(seed)
        self._fork_numbers = itertools.count(1)
        self._random = random.Random(self._identity)
        self._request_numbers = itertools.count(1)
        self._request_id_head = "".join(self._random.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=40))

    def new_uuid(self) -> str:
        """An identifier for a new table, drawn from the seed."""
        import uuid  # Slow to import, and only needed for new tables.

        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def new_request_id(self) -> str:
        """An identifier for one request: 52 upper-case letters and digits."""
        return f"{self._request_id_head}{next(self._request_numbers):012d}"
