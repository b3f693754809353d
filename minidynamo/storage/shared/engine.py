"""The engine of one session above a shared engine: what a transaction has read and staged, until it is committed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sortedcontainers import SortedDict

from minidynamo.storage.cut_search import Cut
from minidynamo.storage.engine import Batch, Engine, Snapshot
from minidynamo.storage.ordered_map import OrderedMap
from minidynamo.storage.shared.link import (
    CHANGE_BITS,
    Append,
    CatalogChanged,
    Changes,
    Key,
    Kind,
    Link,
    Write,
    WrongKind,
)
from minidynamo.storage.shared.maps import SharedMap
from minidynamo.storage.shared.statistics import Statistics

# What is read in these need not be checked: it follows from the item that it belongs to, and that is checked.
_DERIVED = ("/index/", "/expiry", "/stream/")


class SessionEngine(Engine):
    """What one session does to a shared engine. Used by one thread at a time.

    Parameters:
        link: to the engine.
        statistics: what is known of sizes, and what this process has added.
        shard_count: how many shards streams have that begin now; each takes as many tokens as the others.

    Attributes:
        version: of the store, whose tables have been read; None where they have to be read again.
        filling: keyspaces of indexes that are being filled: items there may lack entries, and get them meanwhile.
    """

    is_shared = True

    def __init__(self, link: Link, statistics: Statistics, shard_count: int = 4) -> None:
        assert shard_count >= 1, f"streams of {shard_count} shards"
        self.link = link
        self.shard_starts = [b"", *((each * 2**64 // shard_count).to_bytes(8, "big") for each in range(1, shard_count))]
        self.version: int | None = None
        self.filling: set[str] = set()
        self._statistics = statistics
        self._kind: Kind | None = None
        self._maps: dict[str, SharedMap] = {}
        self._forget()

    def _forget(self) -> None:
        self._seen: dict[Key, bytes | None] = {}
        self._staged: dict[str, SortedDict[bytes, bytes | None]] = {}
        self._appends: list[tuple[Batch, Append]] = []
        self._ready: list[Append] = []
        self._creates: list[str] = []
        self._drops: list[str] = []
        self._counts: dict[str, tuple[int, int]] = {}

    # Transactions.

    @property
    def horizon(self) -> int:
        """The number that no change below it can join any more, as of this transaction."""
        if self.link.version is None:
            self.link.touch()
            self._require_version()
        return self.link.horizon << CHANGE_BITS

    def begin(self, kind: Kind) -> None:
        """Begins a transaction."""
        assert self._kind is None, f"a transaction of the kind {self._kind} has not ended"
        self._kind = kind
        self._forget()
        self.link.begin(kind)

    def finish(self) -> None:
        """Ends the transaction, with all that has been staged in it.

        Raises:
            Conflict: it has to be begun again; nothing has happened.
            Unresolved, Lost: the link was cut.
        """
        kind, self._kind = self._kind, None
        if self.link.version is None:
            self.link.touch()
            self._require_version()
        if kind != "definition" and not self._staged and not self._ready:
            self.link.end()
            return
        changes = self._changes()
        self.link.commit(changes)
        self._statistics.add(changes.counts)

    def refuse(self) -> None:
        """Gives the transaction up, since what was asked for is refused.

        Raises:
            CatalogChanged: that rested on tables which are others by now.
        """
        try:
            if self.link.version is None:
                self.link.touch()
            self._require_version()
        finally:
            self.abort()

    def abort(self) -> None:
        """Gives the transaction up."""
        self._kind = None
        self.link.end()

    def _changes(self) -> Changes:
        writes = [
            Write((name, key), record, self._seen.get((name, key)), (name, key) in self._seen)
            for name, records in sorted(self._staged.items())
            for key, record in records.items()
            if not (record is None and self._seen.get((name, key), b"") is None)
        ]
        written = {each.key for each in writes}
        checks = {key: seen for key, seen in self._seen.items() if key not in written and self._is_checked(key[0])}
        return Changes(writes, checks, self._ready, self._creates, self._drops, self._counts)

    def _is_checked(self, keyspace: str) -> bool:
        """Whether what was read in a keyspace is compared at the end."""
        return keyspace in self.filling or not any(part in keyspace for part in _DERIVED)

    def _require_version(self) -> None:
        """Raises CatalogChanged where the tables that are known are not those of the state that is read."""
        if self.version is not None and self.link.version != self.version:
            raise CatalogChanged

    # Reading.

    def expect(self, keys: Iterable[Key]) -> None:
        """Reads the records of keys that will be asked for, at once."""
        missing = [key for key in dict.fromkeys(keys) if key not in self._seen and not self._is_staged(key)]
        if len(missing) > 1:
            self._seen.update(zip(missing, self._fetched(missing), strict=True))

    def _get(self, keyspace: str, key: bytes) -> bytes | None:
        staged = self._staged.get(keyspace)
        if staged is not None and key in staged:
            return staged[key]
        place = keyspace, key
        if place not in self._seen:
            (self._seen[place],) = self._fetched([place])
        return self._seen[place]

    def _fetched(self, keys: Sequence[Key]) -> list[bytes | None]:
        self._require_transaction()
        records = self.link.get_many(keys)
        self._require_version()
        return records

    def _fetch_range(
        self, keyspace: str, start: bytes, stop: bytes | None, reverse: bool, count: int
    ) -> list[tuple[bytes, bytes]]:
        self._require_transaction()
        found = self.link.range(keyspace, start, stop, reverse, count)
        self._require_version()
        return found

    def _require_transaction(self) -> None:
        assert self._kind is not None, "a shared engine is read outside of a transaction"

    def _is_staged(self, key: Key) -> bool:
        return key[1] in self._staged.get(key[0], ())

    # What every engine has.

    def keyspaces(self) -> list[str]:
        return self.link.keyspaces()

    def maps(self, keyspace: str) -> Sequence[OrderedMap]:
        found = self._maps.get(keyspace)
        if found is None:
            found = self._maps[keyspace] = SharedMap(
                keyspace, self._get, self._fetch_range, self._staged_in, self._statistics.of
            )
        return [found]

    def _staged_in(self, keyspace: str) -> SortedDict[bytes, bytes | None] | None:
        return self._staged.get(keyspace)

    def commit(self, batch: Batch) -> None:
        """Stages a batch; it is committed when the transaction ends.

        Raises:
            WrongKind: the transaction is for reads alone, or for items and this changes tables.
        """
        needed: Kind = "definition" if batch.creates or batch.drops or getattr(batch, "states", None) else "write"
        if self._kind != "definition" and (needed == "definition" or self._kind not in ("item", "write")):
            raise WrongKind(needed)
        for keyspace, key, record, size_change, count_change in batch.writes:
            self._staged.setdefault(keyspace, SortedDict())[key] = record
            items, size = self._counts.get(keyspace, (0, 0))
            self._counts[keyspace] = items + count_change, size + size_change
        assert len(self._ready) < 2**CHANGE_BITS, f"{len(self._ready)} changes in one transaction"
        self._ready += [append for other, append in self._appends if other is batch]
        self._creates += batch.creates
        self._drops += batch.drops

    def append(self, batch: Batch, append: Append) -> None:
        """Stages the record of a change, whose number it gets when its batch is committed."""
        assert self._kind is not None, f"a change of {append.keyspace} is staged outside of a transaction"
        self._appends.append((batch, append))

    def split(self, keyspace: str, lower: OrderedMap, cut: Cut) -> OrderedMap:
        raise AssertionError(f"{keyspace} is one map, and its engine splits it by itself")

    def snapshot(self) -> Snapshot:
        """Everything as it is now, read completely."""
        raise AssertionError("a shared engine is copied by its database")

    def close(self) -> None:
        self.link.close()

    def check(self) -> None:
        for name, records in self._staged.items():
            assert list(records) == sorted(records), f"what is staged in {name} is out of order"
