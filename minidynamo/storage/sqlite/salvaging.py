"""Making a new store of what can be read of a damaged one: rows in whatever order, counted anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path

from minidynamo.storage.ordered_map import OrderedMap
from minidynamo.storage.sqlite.map import RowWriter, SqliteMap
from minidynamo.storage.sqlite.store_file import finish_store, new_store
from minidynamo.values.records import record_size_bytes

_Entry = tuple[bytes, bytes]


def readable_rows(maps: Sequence[OrderedMap]) -> Iterator[_Entry]:
    """What can be read of a keyspace of a damaged store, in the order in which damage has left it."""
    first = maps[0]
    assert isinstance(first, SqliteMap), f"{first!r} is no map of a file"
    return first.readable_rows()


class SalvagedStore:
    """A new store, to be filled as a context manager: nobody else may know of it before its end.

    Parameters:
        path: of an empty file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> SalvagedStore:
        self._connection = new_store(self._path)
        self._writer = RowWriter(self._connection)
        self._connection.execute("BEGIN IMMEDIATE")
        return self

    def __exit__(self, kind: type[BaseException] | None, *exception: object) -> None:
        with closing(self._connection):
            if kind is None:
                self._connection.execute("COMMIT")
                finish_store(self._connection, self._path)

    def write(self, name: str, starts: Sequence[bytes], rows: Iterable[_Entry]) -> list[SqliteMap]:
        """Writes a keyspace.

        Parameters:
            name: of the keyspace.
            starts: where its partitions begin, in order.
            rows: keys and records, in any order.

        Returns:
            Its maps, to be read from.
        """
        keyspace_id = self._writer.add_keyspace(name)
        for key, record in rows:
            self._writer.put(keyspace_id, key, record)
        self._writer.drop_maps(keyspace_id)
        maps = []
        for start, stop in pairwise([*starts, None]):
            assert start is not None, f"a partition of {name} begins at no key"
            new = SqliteMap(self._connection, keyspace_id, name, start, stop, 0, 0)
            for _, record in new.range(None, None):
                new.item_count, new.size_bytes = new.item_count + 1, new.size_bytes + record_size_bytes(record)
            self._writer.put_map(keyspace_id, start, new.item_count, new.size_bytes)
            maps.append(new)
        return maps
