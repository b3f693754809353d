"""What an operation sees of the database."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from minidynamo.clock import Clock
from minidynamo.schema.arns import ArnScope
from minidynamo.storage.engine import Engine
from minidynamo.tables.catalog import Catalog, StatusDelays
from minidynamo.tables.changes import WriteBatch
from minidynamo.tables.idempotency import IdempotencyTokens
from minidynamo.tables.metering import Meter
from minidynamo.wording import Wording


class OperationContext(Protocol):
    """The database, as far as operations need it.

    Attributes:
        catalog: the tables.
        engine: where they are kept.
        clock: the time.
        scope: names ARNs.
        delays: how long statuses pass.
        tokens: the idempotency tokens of transactions.
        wording: the words of its errors.
        meter: counts capacity units.
    """

    catalog: Catalog
    engine: Engine
    clock: Clock
    scope: ArnScope
    delays: StatusDelays
    tokens: IdempotencyTokens
    wording: Wording
    meter: Meter

    @property
    def lock(self) -> AbstractContextManager[object, None]:
        """Held from the first read of an operation to its batch."""
        ...

    @property
    def is_closed(self) -> bool:
        """Whether nothing is answered any more."""
        ...

    def commit(self, batch: WriteBatch) -> None:
        """Commits a batch: all of it or nothing."""
        ...

    def new_uuid(self) -> str:
        """An identifier for a new table."""
        ...
