"""What replicas and indexes may not have seen yet: the latest changes, and what was there before each.

Two things are late in DynamoDB, each in its own order.

    A replica has the changes of a partition up to some point. An eventually consistent read asks one replica: it sees,
    of each partition, a prefix of the changes. The leader has them all, and a consistent read asks the leader.

    An index has the changes of each item up to some point, and these points are independent. A read of a global index
    sees, of each item, a prefix of its changes; never a state of one item that did not exist.

So what a read does not see is always the end of the changes of each group: groups are partitions for tables and local
indexes, items for global indexes. Changes are kept here in order of time, for as long as they may be unseen, each with
what was there before it. The older state is not stored: it is the present with the unseen changes taken back, newest
first, which `overlays.py` lays over the tables for the time of one read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from minidynamo.operations.overlays import KeySpan
from minidynamo.simulation.faults.chance import Draw
from minidynamo.storage.engine import Batch
from minidynamo.storage.keyspace import Keyspace
from minidynamo.storage.memory.layers import TOMBSTONE
from minidynamo.tables.catalog import Catalog
from minidynamo.values.records import SIZE_BYTES

# More changes than these are never unseen.
_CHANGES_MAX = 1_000


@dataclass(frozen=True, slots=True)
class UnseenChange:
    """One change of one item.

    Attributes:
        number: counted from 1, over all tables.
        time: when, by the database's clock.
        place: the table's keyspace, and the key bytes of the item in it.
        before: what was there, as keyspace, key and record (TOMBSTONE for nothing), for the item and all its entries.
        global_names: those of the keyspaces that belong to global indexes.
    """

    number: int
    time: float
    place: tuple[str, bytes]
    before: list[tuple[str, bytes, bytes]]
    global_names: frozenset[str]

    def check(self) -> None:
        """Asserts that it begins with its item, is of one table, and that what was there before are records."""
        name, table = f"change {self.number}", self.place[0]
        first = self.before[0][:2]
        assert first == self.place, f"{name} of {self.place} begins with what was at {first}"
        own = table.rpartition("/")[0] + "/"
        strange = {each for each, _, _ in self.before if not each.startswith(own)} | {
            each for each in self.global_names if not each.startswith(f"{own}index/")
        }
        assert not strange, f"{name} of {table} names the keyspaces {sorted(strange)}"
        for keyspace, key, record in self.before:
            is_record = record == TOMBSTONE or len(record) > SIZE_BYTES
            assert is_record, f"{name} has replaced {record!r} at {key!r} of {keyspace}, which is no record"

    def touches(self, spans: Iterable[KeySpan], is_global: bool) -> bool:
        """Whether it changed something in a range of a table or local index, or else of a global one."""
        return any(
            keyspace == name and start <= key and (stop is None or key < stop)
            for keyspace, key, _ in self.before
            if (keyspace in self.global_names) is is_global
            for name, start, stop in spans
        )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a keyspace belongs: itself, the name of the table's own, and those of the table's global ones."""

    keyspace: Keyspace
    table: str
    global_names: frozenset[str]


class Visibility:
    """The latest changes of a database.

    Parameters:
        catalog: gives its catalog as it is now.
        seconds_max: for how long a change may be unseen at most.
    """

    def __init__(self, catalog: Callable[[], Catalog], seconds_max: float) -> None:
        self._catalog = catalog
        self._seconds_max = seconds_max
        self._changes: deque[UnseenChange] = deque(maxlen=_CHANGES_MAX)
        self._count = 0
        self._latest = 0.0  # Of the times that have been told: among changes time does not turn back.
        self._places: dict[str, _Place | None] = {}
        self._seen: dict[tuple[bool, tuple[str, bytes]], int] = {}

    def forget(self) -> None:
        """Nothing is unseen any more: everything is as it has been put."""
        self._changes.clear()
        self._places.clear()
        self._seen.clear()

    def look_again(self, begun: Collection[str]) -> None:
        """Looks anew where keyspaces belong, since a table or index has begun, changed or ended.

        Parameters:
            begun: the keyspaces that have begun; what was in others of their names has ended with these.
        """
        self._places.clear()
        if begun:
            for change in self._changes:
                change.before[:] = [each for each in change.before if each[0] not in begun]

    def note(self, batch: Batch, now: float) -> list[UnseenChange]:
        """The changes of a batch that is about to be committed; `add` them once it has been."""
        noted: list[UnseenChange] = []
        self._latest = now = max(self._latest, now)
        for name, key, _, _, _ in batch.writes:
            place = self._place_of(name)
            if place is None:
                continue
            before = (name, key, place.keyspace.get(key) or TOMBSTONE)
            if name == place.table:
                number = self._count + len(noted) + 1
                noted.append(UnseenChange(number, now, (place.table, key), [before], place.global_names))
            elif noted:
                table = noted[-1].place[0]
                assert place.table == table, f"an entry in {name} follows an item of {table}"
                noted[-1].before.append(before)  # Entries are staged after their item.
        return noted

    def add(self, changes: Sequence[UnseenChange]) -> None:
        """Remembers changes that have been committed, and forgets those that everybody has seen."""
        number = changes[0].number if changes else None
        assert number in (None, self._count + 1), f"change {number} follows change {self._count}"
        self._changes += changes
        self._count += len(changes)
        if changes:
            horizon = changes[-1].time - self._seconds_max
            while self._changes and self._changes[0].time <= horizon:
                self._changes.popleft()

    def recent(self, spans: Sequence[KeySpan], since: float, is_global: bool) -> list[UnseenChange]:
        """The changes after a moment in what was read of tables and local indexes, or else of global ones."""
        return [each for each in self._changes if each.time > since and each.touches(spans, is_global)]

    def unseen(self, groups: dict[Hashable, list[UnseenChange]], draw: Draw) -> list[int]:
        """The numbers of changes that some groups do not show: of each the last ones.

        Parameters:
            groups: the changes that might be unseen, by what becomes visible in order.
            draw: tells of which groups, and how many.
        """
        assert all(groups.values()), f"no change is left of a group: {groups}"
        latest = sorted(groups.values(), key=lambda changes: changes[-1].number)
        found: list[int] = []
        for changes in draw.some(latest, draw.count(1, len(latest))):
            found += [each.number for each in changes[-draw.count(1, len(changes)) :]]
        return sorted(found)

    def overlay(self, unseen: Iterable[int]) -> dict[str, dict[bytes, bytes]]:
        """What lay there before the changes that are not seen."""
        numbers = set(unseen)
        overlay: dict[str, dict[bytes, bytes]] = {}
        for change in reversed(self._changes):
            if change.number in numbers:
                for keyspace, key, record in change.before:
                    overlay.setdefault(keyspace, {})[key] = record
        return overlay

    def not_seen_before(
        self, changes: list[UnseenChange], group_of: Callable[[UnseenChange], Hashable], is_global: bool
    ) -> list[UnseenChange]:
        """Those of some changes that no earlier read has shown, nor any later one of their group."""
        floors: dict[Hashable, int] = {}
        for each in changes:
            if each.number <= self._seen.get((is_global, each.place), 0):
                floors[group_of(each)] = each.number
        return [each for each in changes if each.number > floors.get(group_of(each), 0)]

    def show(self, changes: Iterable[UnseenChange], unseen: Iterable[int], is_global: bool) -> None:
        """Remembers that a read has shown some changes, apart from those unseen."""
        hidden = set(unseen)
        for each in changes:
            if each.number not in hidden:
                place = (is_global, each.place)
                self._seen[place] = max(each.number, self._seen.get(place, 0))

    def check(self) -> None:
        """Asserts that changes are in order and of keyspaces of one table each, and those of tables as they are now."""
        for one, two in pairwise(self._changes):
            assert one.number + 1 == two.number, f"change {two.number} follows change {one.number}"
            assert one.time <= two.time, f"change {one.number} was made at {one.time}, the next one at {two.time}"
        latest = self._changes[-1].number if self._changes else self._count
        assert latest == self._count, f"the last change is {latest}, of {self._count}"
        for change in self._changes:
            change.check()
        for (is_global, seen), number in self._seen.items():
            assert 0 < number <= self._count, (
                f"change {number} of {seen} was seen (global: {is_global}), of {self._count}"
            )
        present = _places_of(self._catalog())
        for name, known in self._places.items():
            place = present.get(name, known)
            is_same = place is known or (place is not None and known is not None and known.keyspace is place.keyspace)
            assert is_same, f"the keyspace {name} is known as {known} and is {place}"
            names = (frozenset() if place is None else place.global_names) - (known.global_names if known else set())
            assert not names, f"{name} is known without its global indexes {sorted(names)}"

    def _place_of(self, name: str) -> _Place | None:
        """Where a keyspace belongs, None where it is of no table."""
        if name not in self._places:
            # Those of streams and of the catalog itself belong nowhere.
            self._places = {name: None, **_places_of(self._catalog())}
        return self._places[name]


def _places_of(catalog: Catalog) -> dict[str, _Place]:
    found: dict[str, _Place] = {}
    for table in catalog.tables.values():
        global_names = frozenset(each.keyspace.name for each in table.indexes.values() if each.kind.has_own_throughput)
        for keyspace in table.keyspaces:
            found[keyspace.name] = _Place(keyspace, table.keyspace.name, global_names)
    return found


def group_by(
    changes: Iterable[UnseenChange], group_of: Callable[[UnseenChange], Hashable]
) -> dict[Hashable, list[UnseenChange]]:
    """Changes by group, each in its order."""
    groups: dict[Hashable, list[UnseenChange]] = {}
    for each in changes:
        groups.setdefault(group_of(each), []).append(each)
    return groups
