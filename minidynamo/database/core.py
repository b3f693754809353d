"""The core of a database: owns engine, catalog, clock and identifiers, and carries out requests.

Every face turns its caller's words into a request and calls `execute`.
"""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from minidynamo.clock import Clock, SystemClock, checked_time
from minidynamo.database.fork import follow
from minidynamo.errors import (
    DatabaseClosed,
    DynamoError,
    InternalServerError,
    SerializationError,
    StorageFailure,
    StoreError,
    ValidationError,
)
from minidynamo.limits import PARTITION_SIZE_BYTES_MAX
from minidynamo.operations import OPERATIONS
from minidynamo.operations.store import Store
from minidynamo.requests.checker import check_request_types, checked_request
from minidynamo.requests.operations import API
from minidynamo.schema.arns import Location
from minidynamo.storage.engine import Engine
from minidynamo.storage.memory.engine import MemoryEngine
from minidynamo.tables.catalog import Catalog, StatusDelays
from minidynamo.tables.changes import WriteBatch
from minidynamo.tables.idempotency import IdempotencyTokens
from minidynamo.values.records import packed_record, record_item
from minidynamo.values.wire_types import NOT_UTF8
from minidynamo.wording import Wording

Response = dict[str, Any]


class Core:
    """What carries out requests; its parameters are those of `Database`, which everybody uses."""

    def __init__(
        self,
        engine: Engine | None = None,
        clock: Clock | None = None,
        seed: int | str = 0,
        region: str = "us-east-1",
        account_id: str = "000000000000",
        partition_size: int = PARTITION_SIZE_BYTES_MAX,
        table_delays: float | Mapping[str, float] | StatusDelays | None = None,
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
        self._partition_size = partition_size
        fault = self._clock_fault()
        if fault is not None:
            raise StoreError(f"the database cannot be opened: {fault}") if self.engine.is_durable else ValueError(fault)
        try:
            self._open_tables()
            self._opening = self._count_opening() if self.engine.is_durable else 0
        except StorageFailure as error:
            remedy = "Free some room on its disk, or open it with read_only=True"
            raise StoreError(f"the database cannot be opened: {error.message} {remedy}") from None
        self._identity = f"{seed}/{self._opening}" if self._opening else str(seed)
        self._fork_numbers = itertools.count(1)
        self._random = random.Random(self._identity)
        self._request_numbers = itertools.count(1)
        self._request_id_head = "".join(self._random.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=40))
        self._closed_because: str | None = None
        follow(self)

    @property
    def lock(self) -> AbstractContextManager[Any, Any]:
        """Held by an operation from its first read to its batch."""
        return self._lock

    @property
    def is_closed(self) -> bool:
        """Whether it has been closed, or is another process's."""
        return self._closed_because is not None

    # Requests.

    def execute(self, operation: str, request: Mapping[str, Any], store: Store | None = None) -> Response:
        """Carries out one request.

        Parameters:
            operation: the API name, such as "PutItem".
            request: its members in the API's own shape, binary values as bytes. It is not changed.
            store: what the operation sees in place of the database; for `simulation` alone.

        Returns:
            The members of the answer, without ResponseMetadata.

        Raises:
            DynamoError: the service's own error.
        """
        self._require_open()
        try:
            checked: Any = checked_request(operation, request, self.wording)
            return OPERATIONS[operation](self if store is None else store, checked)
        except ValidationError as error:
            check_request_types(operation, request)  # A wrong type is reported before anything else.
            raise ValidationError(self.wording.render(error, API[operation].layers)) from None
        except (DynamoError, AttributeError, TypeError):
            # Python types that JSON does not have, such as an attribute name that is a number, fail anywhere.
            if operation in API:
                check_request_types(operation, request)
            raise
        except UnicodeEncodeError:  # In a text that would have been stored; nothing has been.
            raise SerializationError(NOT_UTF8) from None
        except self.engine.faults as error:
            raise StorageFailure(f"The data could not be read: {error}.") from error
        except (ValueError, OverflowError):
            fault = self._clock_fault()
            if fault is None:
                raise
            raise InternalServerError(f"{fault}.") from None
        finally:
            # Whatever an answer has seen, an error included, is as durable as promised before anybody sees it.
            self.engine.settle()

    def commit(self, batch: WriteBatch) -> None:
        """Commits a batch: all of it or nothing."""
        batch.commit(self.engine)

    def _open_tables(self) -> None:
        """Makes the tables live that the engine holds."""
        try:
            self.catalog = Catalog(self.engine, self.clock, self.location, self._partition_size)
            self.tokens = IdempotencyTokens(self.catalog.system)
        except Exception as error:
            if not self.engine.faults or isinstance(error, DynamoError):
                raise
            raise StoreError(f"the database is damaged: {type(error).__name__} {error}") from error

    def _clock_fault(self) -> str | None:
        """What is wrong with what the clock tells, None where dates can be made of it."""
        try:
            checked_time(self.clock.now())
        except ValueError as error:
            return str(error)
        return None

    def _count_opening(self, least: int = 0) -> int:
        """How often the store has been opened, this time included: identifiers must never come twice."""
        key, system = b"openings", self.catalog.system
        record = system.get(key)
        opening: Any = {"Count": 0} if record is None else record_item(record)
        opening["Count"] = count = max(opening["Count"], least) + 1
        batch = WriteBatch()
        system.keep(batch, key, packed_record(opening, 0))
        batch.commit(self.engine)
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
        if not self.engine.faults or self._closed_because is not None:
            return
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
