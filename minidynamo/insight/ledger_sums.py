"""What the lines of a ledger come to: sums of operations, tables, indexes and places."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from operator import attrgetter

from minidynamo.insight.entry import Entry
from minidynamo.prices.price_list import PriceList

# Operation, table, index and place.
Key = tuple[str, str, str | None, str]


class LedgerSums(ABC):
    """The sums of lines.

    Attributes:
        prices: what units cost.
        region: whose prices count.
    """

    prices: PriceList
    region: str

    @abstractmethod
    def _copied(self) -> list[Entry]:
        """All lines, in whatever order."""

    @property
    def entries(self) -> list[Entry]:
        """All lines, dearest first."""
        return self._dearest(self._copied())

    @property
    def read_units(self) -> float:
        """Of all requests."""
        return sum(each.read_units for each in self._copied())

    @property
    def write_units(self) -> float:
        """Of all requests."""
        return sum(each.write_units for each in self._copied())

    @property
    def dollars(self) -> float:
        """What all requests cost on demand."""
        return sum(each.dollars(self.prices, self.region) for each in self._copied())

    def by_operation(self) -> list[Entry]:
        """Sums of each operation, dearest first."""
        return self._grouped(lambda each: (each.operation, "", None, ""))

    def by_table(self) -> list[Entry]:
        """Sums of each table with its indexes, dearest first."""
        return self._grouped(lambda each: ("", each.table, None, ""), attrgetter("table_calls"))

    def by_index(self) -> list[Entry]:
        """Sums of each table without its indexes, and of each index, dearest first."""
        return self._grouped(lambda each: ("", each.table, each.index, ""), attrgetter("calls"))

    def by_place(self) -> list[Entry]:
        """Sums of each line of the caller's code, dearest first."""
        return self._grouped(lambda each: ("", "", None, each.place))

    def _grouped(
        self,
        key_of: Callable[[Entry], Key],
        calls_of: Callable[[Entry], int] = attrgetter("leading_calls"),
    ) -> list[Entry]:
        found: dict[Key, Entry] = {}
        for each in self._copied():
            key = key_of(each)
            found.setdefault(key, Entry(*key)).add(each)
        for each in found.values():
            each.calls = calls_of(each)
        return self._dearest(found.values())

    def _dearest(self, entries: Iterable[Entry]) -> list[Entry]:
        def order(entry: Entry) -> tuple[float, int, str, str, str, str]:
            dollars = entry.dollars(self.prices, self.region)
            return -dollars, -entry.calls, entry.operation, entry.table, entry.index or "", entry.place

        return sorted(entries, key=order)
