"""How far a mapping has come, as it is kept in the system keyspace under "mapping/<function>/<table>"."""

from __future__ import annotations

from typing import TypedDict

from minidynamo.operations.context import OperationContext
from minidynamo.tables.changes import WriteBatch
from minidynamo.values.records import packed_record, record_content

# By shard, the sequence number from which each of its workers goes on.
WorkerPositions = dict[str, list[int]]


class _StoredPositions(TypedDict):
    Label: str
    Positions: WorkerPositions


class Positions:
    """The stored positions of one mapping.

    Attributes:
        name: of the mapping: its function and its table.
    """

    def __init__(self, context: OperationContext, function_name: str, table_name: str) -> None:
        self._context, self._table_name = context, table_name
        self.name = f"{function_name}/{table_name}"

    @property
    def _key(self) -> bytes:
        return f"mapping/{self.name}".encode()

    def load(self, label: str) -> WorkerPositions | None:
        """Those in the stream of a label, None where there are none; to be called with the lock held."""
        record = self._context.catalog.system.get(self._key)
        if record is None:
            return None
        stored: _StoredPositions = record_content(record)
        return stored["Positions"] if stored["Label"] == label else None

    def save(self, label: str, positions: WorkerPositions) -> None:
        """Stores them; to be called with the lock held."""
        stored: _StoredPositions = {"Label": label, "Positions": positions}
        batch = WriteBatch()
        self._context.catalog.system.keep(batch, self._key, packed_record(stored, 0))
        self._context.commit(batch)

    def move(self, function_name: str) -> None:
        """Makes them those of another function; to be called with the lock held."""
        system, key = self._context.catalog.system, self._key
        record = system.get(key)
        self.name = f"{function_name}/{self._table_name}"
        if self._key != key and record is not None:
            batch = WriteBatch()
            system.keep(batch, key, None)
            system.keep(batch, self._key, record)
            self._context.commit(batch)

    def forget(self) -> None:
        """Deletes them."""
        with self._context.lock:
            system = self._context.catalog.system
            if system.get(self._key) is not None:
                batch = WriteBatch()
                system.keep(batch, self._key, None)
                self._context.commit(batch)
