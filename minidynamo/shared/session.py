"""A session: what operations see of a shared store, one thread at a time. Its lock is a transaction."""

from __future__ import annotations

from types import TracebackType

from minidynamo.clock import Clock
from minidynamo.errors import DynamoError
from minidynamo.limits import PARTITION_SIZE_BYTES_MAX
from minidynamo.schema.arns import ArnScope
from minidynamo.shared.settings import StoreSettings
from minidynamo.storage.engine import Engine
from minidynamo.storage.shared.engine import SessionEngine
from minidynamo.storage.shared.link import CatalogChanged, Conflict, Kind, Link
from minidynamo.storage.shared.statistics import Statistics
from minidynamo.tables.catalog import Catalog
from minidynamo.tables.changes import WriteBatch
from minidynamo.tables.idempotency import IdempotencyTokens
from minidynamo.tables.table import index_keyspace_name


class Session:
    """The database as operations see it, while a thread has it; see `OperationContext`.

    The tables are those of the last look at them. Every read tells their version; where that is another one, they are
    read again, and the operation begins again.

    Parameters:
        link: to the engine.
        statistics: about how large keyspaces are.
        settings: of the database.

    Attributes:
        store: its engine.
        kind: of the transactions that its lock begins.
    """

    def __init__(self, link: Link, statistics: Statistics, settings: StoreSettings) -> None:
        self.store = SessionEngine(link, statistics, settings.shard_count)
        self.engine: Engine = self.store
        self.clock: Clock = settings.clock
        self.scope: ArnScope = settings.scope
        self.delays, self.wording, self.meter = settings.delays, settings.wording, settings.meter
        self.kind: Kind = "write"
        self._settings = settings
        self._transaction = _Transaction(self)
        self.is_closed = False
        self.has_tables = False

    @property
    def lock(self) -> _Transaction:
        """A transaction, from the first read of an operation to its batch."""
        return self._transaction

    def commit(self, batch: WriteBatch) -> None:
        """Stages a batch, which is committed when the lock is released.

        Raises:
            WrongKind: the transaction is none that may.
        """
        if self.catalog.unsaved and (batch.states or batch.creates or batch.drops):
            self.catalog.join(batch)
        batch.commit(self.engine, self.meter)

    def new_uuid(self) -> str:
        """An identifier for a new table."""
        return self._settings.new_uuid()

    def open_tables(self) -> None:
        """Reads the tables, as they are now, if that has to be."""
        if self.has_tables:
            return
        self.store.version = None
        self.store.begin("snapshot")
        try:
            self.catalog = Catalog(self.engine, self.clock, self.scope, PARTITION_SIZE_BYTES_MAX)
            self.tokens = IdempotencyTokens(self.catalog.system, forgets=False)
        except BaseException:
            self.store.abort()
            raise
        self.store.finish()
        self.store.version = self.store.link.version
        self.store.filling = {
            index_keyspace_name(table.state, each.name)
            for table in self.catalog.tables.values()
            for each in table.state.indexes
            if each.is_being_filled
        }
        assert self.store.version is not None, "tables have been read, and no version of them"
        self.has_tables = True


class _Transaction:
    """The lock of a session: entered, it begins a transaction; left, it commits or gives it up. Re-entrant."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._depth = 0

    def __enter__(self) -> object:
        if self._depth == 0:
            self._session.open_tables()
            self._session.store.begin(self._session.kind)
        self._depth += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._depth -= 1
        assert self._depth >= 0, "a transaction is left that was not entered"
        if self._depth:
            return
        store = self._session.store
        try:
            if error is None:
                store.finish()
            elif isinstance(error, DynamoError):
                store.refuse()
            else:
                store.abort()
        except BaseException as failure:
            self._session.has_tables = self._session.has_tables and _leaves_tables(failure, self._session.kind)
            raise
        if self._session.kind == "definition" or isinstance(error, CatalogChanged):
            self._session.has_tables = False  # They have another version now, or what is live here is nowhere else.


def _leaves_tables(failure: BaseException, kind: Kind) -> bool:
    """Whether the tables that are known are right after something has failed."""
    return type(failure) is Conflict and kind != "definition"
