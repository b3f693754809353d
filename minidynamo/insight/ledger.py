"""The ledger: what requests cost, by operation, table, index, key and place in the caller's code."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from minidynamo.insight.budget import require_within
from minidynamo.insight.entry import OTHERS, Entry
from minidynamo.insight.evidence import Evidence, Trace
from minidynamo.insight.hot_keys import KEYS_ALL_MAX, KEYS_MAX, HotKey, Sketch, hot_keys_of
from minidynamo.insight.known_tables import CHANGING, KnownTable
from minidynamo.insight.ledger_sums import Key, LedgerSums
from minidynamo.insight.ledger_table import ledger_table
from minidynamo.insight.noted import Line, items_kept, items_read
from minidynamo.insight.observed import EXPIRY, Observed
from minidynamo.insight.touched_keys import touched_keys
from minidynamo.prices.price_list import PriceList, listed_prices
from minidynamo.schema.arns import bare_name
from minidynamo.values.api_types import JsonObject

if TYPE_CHECKING:
    from minidynamo.insight.advice.advice import Advice
    from minidynamo.insight.comparison import Comparison

ENTRIES_MAX = 5_000
_OTHERS: Key = (OTHERS, OTHERS, None, OTHERS)


_LEDGERS: weakref.WeakSet[Ledger] = weakref.WeakSet()


class Ledger(LedgerSums):
    """What requests have cost. Safe to use from many threads; its size is bounded, whatever is noted.

    Parameters:
        prices: what units cost; by default the list that comes with the package.
        region: whose prices count.
    """

    def __init__(self, prices: PriceList | None = None, region: str = "us-east-1") -> None:
        self.prices = listed_prices() if prices is None else prices
        self.region = region
        self.calls = 0
        self.evidence = Evidence()
        self._lines: dict[Key, Line] = {}
        self._keys: dict[tuple[str, str | None], Sketch] = {}
        self._known: dict[str, KnownTable | None] = {}
        # Rules and places that comments silence, as far as they are read elsewhere; and what a file has told.
        self.silenced: set[tuple[str, str]] = set()
        self._told_advice: list[Advice] = []
        self._told_keys: list[HotKey] = []
        self._lock = threading.Lock()
        _LEDGERS.add(self)

    def note(self, observed: Observed) -> None:
        """Adds a request."""
        self._look_up(observed)  # Without the lock: whoever is asked may be observed as well.
        with self._lock:
            if observed.operation == EXPIRY:
                self._book_expiry(observed)
                return
            self.calls += 1
            lead = self._book(observed) if observed.consumed else self._book_nothing(observed)
            lead.entry.leading_calls += 1
            self.evidence.note(observed, lead.trace, self._known.get(lead.entry.table))

    def _look_up(self, observed: Observed) -> None:
        """Finds out what the tables are like that a request has used for the first time, or has changed."""
        known = self._known
        if observed.operation in CHANGING:
            table = observed.request.get("TableName")
            name = bare_name(table) if isinstance(table, str) else ""
            if name in known:  # What was known of one that is gone still counts.
                known[name] = observed.tables.find(name) or known[name]
        for each in observed.consumed:
            name = each.table if ":" not in each.table else bare_name(each.table)
            if name not in known and len(known) < ENTRIES_MAX:
                known[name] = observed.tables.find(each.table)

    # What it says.

    @property
    def lines(self) -> list[Line]:
        """All lines with what advice looks at, in the order in which they began."""
        with self._lock:
            for line in self._lines.values():
                line.known = self._known.get(line.entry.table)
            return list(self._lines.values())

    @property
    def sketches(self) -> dict[tuple[str, str | None], Sketch]:
        """What partition keys have taken, by table and index."""
        with self._lock:
            return dict(self._keys)

    def hot_keys(self, count: int = 10) -> list[HotKey]:
        """The partition keys that have taken the most units, the heaviest first."""
        with self._lock:
            found = [*hot_keys_of(self._keys), *self._told_keys]
        return sorted(found, key=lambda each: (-each.units, each.table, each.index or "", each.key))[:count]

    def advice(self) -> list[Advice]:
        """What would be cheaper, or is a mistake, by ten rules; what saves the most comes first."""
        from minidynamo.insight.advice.rules import advice_from

        return [*advice_from(self), *self._told_advice]

    def require(
        self,
        *,
        max_read_units: float | None = None,
        max_write_units: float | None = None,
        max_units: float | None = None,
        max_calls: int | None = None,
    ) -> None:
        """Asserts that what was noted is within a budget.

        Parameters:
            max_read_units, max_write_units, max_units: capacity units at most; None for any number.
            max_calls: requests at most.

        Raises:
            AssertionError: it is more; the text names the three dearest places.
        """
        bounds = {"read units": max_read_units, "write units": max_write_units, "units": max_units, "calls": max_calls}
        require_within(self, bounds)

    def save(self, path: str | Path) -> None:
        """Writes it to a file, as JSON, sorted, so that two of them can be compared by eye; see `load`."""
        from minidynamo.insight.saved import write_ledger

        write_ledger(self.as_text(), Path(path))

    def as_text(self) -> str:
        """What `save` writes."""
        from minidynamo.insight.saved import ledger_text

        return ledger_text(self, self.advice())

    @classmethod
    def load(cls, path: str | Path) -> Ledger:
        """What `save` has written: lines, the heaviest keys, and the advice that there was.

        Raises:
            LedgerError: it cannot be read, or is no ledger; it is a ValueError.
        """
        from minidynamo.insight.saved import read_ledger

        return cls.of_text(read_ledger(Path(path)), path)

    @classmethod
    def of_text(cls, text: bytes | str, path: str | Path) -> Ledger:
        """The same of a text, named by a path in errors."""
        from minidynamo.insight.saved import parsed_ledger

        loaded = parsed_ledger(text, Path(path))
        ledger = cls()
        ledger.add(loaded.entries, loaded.calls)
        ledger._told_advice, ledger._told_keys = loaded.advice, loaded.hot_keys
        return ledger

    def compare(self, before: Ledger) -> Comparison:
        """How this one differs from an earlier one, operation by operation and place by place."""
        from minidynamo.insight.comparison import Comparison

        return Comparison.of(before, self)

    def as_json(self) -> JsonObject:
        """All lines as JSON has them, dearest first, with sums."""
        shown: JsonObject = {"calls": self.calls, "read_units": self.read_units, "write_units": self.write_units}
        return shown | {
            "dollars": self.dollars,
            "prices": self.prices.date,
            "region": self.region,
            "entries": [each.as_json() | {"dollars": each.dollars(self.prices, self.region)} for each in self.entries],
        }

    def as_markdown(self, count: int = 10) -> str:
        """The dearest lines as a table of Markdown, for a summary of a run."""
        return ledger_table(self, count, is_markdown=True)

    def __str__(self) -> str:
        return ledger_table(self, 40)

    def __repr__(self) -> str:
        return f"<Ledger: {self.calls} calls, {self.read_units:g} read units, {self.write_units:g} write units>"

    # How it is kept.

    def _copied(self) -> list[Entry]:
        with self._lock:
            return [replace(line.entry) for line in self._lines.values()]

    def sketch(self, table: str, index: str | None) -> Sketch:
        """What the keys of a table or index have taken, made where there is none."""
        with self._lock:
            return self._sketch(table, index)

    def line_of(self, key: Key) -> Line:
        """The line of an operation, a table, an index and a place, made where there is none."""
        with self._lock:
            return self._line(key)

    def know(self, tables: Mapping[str, KnownTable]) -> None:
        """Takes over what somebody else knows of tables."""
        for name, table in tables.items():
            if self._known.get(name) is None:
                self._known[name] = table

    @property
    def known(self) -> dict[str, KnownTable]:
        """What is known of tables, by name."""
        return {name: table for name, table in list(self._known.items()) if table is not None}

    def add(self, entries: Iterable[Entry], calls: int) -> None:
        """Adds lines of another ledger, such as a worker's."""
        with self._lock:
            self.calls += calls
            for each in entries:
                self._line((each.operation, each.table, each.index, each.place)).entry.add(each)

    def _book(self, observed: Observed) -> Line:
        """Adds what a request took; the line of what it was about."""
        operation, request, place = observed.operation, observed.request, observed.place
        wanted = request.get("IndexName")
        second = int(observed.began)
        lead: Line | None = None
        previous = ""
        for consumed in observed.consumed:
            table, index, units, is_write = consumed
            key = operation, table if ":" not in table else bare_name(table), index, place
            line = self._lines.get(key) or self._line(key)
            entry = line.entry
            entry.calls += 1
            if is_write:
                entry.write_units += units
            else:
                entry.read_units += units
            if table != previous:  # What is told of one table stands together.
                entry.table_calls += 1
                previous = table
            known = self._known.get(key[1])
            if known is not None:
                keys = touched_keys(request, known, index)
                for each in keys:
                    line.keys.add(each, units / len(keys), is_write, second)
            if lead is None or index == wanted:
                lead = line
        assert lead is not None and observed.response is not None, f"{operation} has consumed nothing"
        response = observed.response
        if "Item" in response:
            lead.entry.items_read += 1
            lead.entry.items_kept += 1
        elif response:
            lead.entry.items_read += items_read(response)
            lead.entry.items_kept += items_kept(response)
        return lead

    def _book_expiry(self, observed: Observed) -> None:
        """Adds what the service itself has deleted: no request, and no units."""
        table, count = observed.request["TableName"], observed.request["Count"]
        entry = self._line((EXPIRY, table, None, observed.place)).entry
        entry.calls += 1
        entry.items_read += count
        entry.items_kept += count

    def _book_nothing(self, observed: Observed) -> Line:
        """Adds a request that took nothing, or failed; its line."""
        table = observed.request.get("TableName")
        name = bare_name(table) if isinstance(table, str) else ""
        line = self._line((observed.operation, name, None, observed.place))
        line.entry.calls += 1
        line.entry.table_calls += 1
        line.entry.errors += observed.error is not None
        return line

    def _line(self, key: Key) -> Line:
        line = self._lines.get(key)
        if line is None:
            if len(self._lines) >= ENTRIES_MAX:
                key = _OTHERS
                if key in self._lines:
                    return self._lines[key]
            line = self._lines[key] = Line(Entry(*key), Trace(), None, self._sketch(key[1], key[2]))
        return line

    def _sketch(self, table: str, index: str | None) -> Sketch:
        sketch = self._keys.get((table, index))
        if sketch is None:
            share = min(KEYS_MAX, max(1, KEYS_ALL_MAX // (len(self._keys) + 1)))
            if share < KEYS_MAX:
                for each in self._keys.values():
                    each.shrink(share)
            sketch = self._keys[table, index] = Sketch(share)
        return sketch


def _begin_as_child() -> None:
    """Gives ledgers locks of their own in a child process, where a thread that held one is gone."""
    for each in list(_LEDGERS):
        each._lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_as_child)
