"""What an explanation says, as data, as JSON and as text."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from minidynamo.insight.ledger_table import number
from minidynamo.prices.price_list import listed_prices
from minidynamo.values.api_types import JsonObject
from minidynamo.values.printable import printable

_LABEL_WIDTH = 10


@dataclass(frozen=True)
class Range:
    """Keys that are read.

    Attributes:
        table, index: where; index None for the table itself.
        keys: which, such as `pk = "c1", all sort keys`.
        partitions, partitions_of: in how many partitions they lie, of how many; None where that is not known.
    """

    table: str
    index: str | None
    keys: str
    partitions: int | None = None
    partitions_of: int | None = None


@dataclass(frozen=True)
class Change:
    """Something that is written.

    Attributes:
        where: "table Shop", "index by_status of Shop" or "stream of Shop".
        what: what changes, and why.
        units: what that takes.
        size_before, size_after: of the item or entry, in bytes; 0 for none.
    """

    where: str
    what: str
    units: float = 0.0
    size_before: int = 0
    size_after: int = 0


@dataclass(frozen=True)
class Better:
    """A cheaper way.

    Attributes:
        index: its name; None for the table itself, or for an index that there is not.
        key: the attributes of its key.
        exists: whether there is such an index.
        items_read: how many items it would read.
        units: what that would take.
        text: what to do.
    """

    index: str | None
    key: str
    exists: bool
    items_read: int
    units: float
    text: str


@dataclass(frozen=True)
class Explanation:
    """What a request would do, and cost.

    Attributes:
        operation: the API name.
        table, index: what it reads or writes, index None for the table itself; of many the first.
        read_units, write_units: what it takes.
        dollars_per_million: what a million of it would cost on demand.
        reads: what it reads.
        items_read, items_kept: how many items, before and after a filter; of statements only the latter is told.
        has_more: whether there is a next page.
        pages_estimate, units_estimate: about how many pages there are in all, and what they take together; None where
            that is not known.
        is_consistent: whether it reads consistently.
        changes: what it writes.
        condition: "holds" or "fails"; None where there is none.
        error: what the service would answer instead; None where it would not.
        better: cheaper ways, the cheapest first.
        remarks: what else there is to know.
    """

    operation: str
    table: str
    index: str | None = None
    read_units: float = 0.0
    write_units: float = 0.0
    reads: tuple[Range, ...] = ()
    items_read: int = 0
    items_kept: int = 0
    has_more: bool = False
    pages_estimate: int | None = None
    units_estimate: float | None = None
    is_consistent: bool = False
    changes: tuple[Change, ...] = ()
    condition: str | None = None
    error: str | None = None
    better: tuple[Better, ...] = ()
    remarks: tuple[str, ...] = field(default=())

    @property
    def units(self) -> float:
        """Of reading and writing together."""
        return self.read_units + self.write_units

    @property
    def unit(self) -> str:
        """What they are: RRU or WRU."""
        return "WRU" if self.write_units or self.condition == "fails" else "RRU"

    @property
    def consistency(self) -> str:
        """How it reads, in words; "" where it writes."""
        if self.write_units or not self.read_units:
            return ""
        return "strongly consistent" if self.is_consistent else "eventually consistent"

    @property
    def dollars_per_million(self) -> float:
        """What a million of it would cost on demand in us-east-1."""
        prices = listed_prices()
        return (prices.reads(self.read_units) + prices.writes(self.write_units)) * 1_000_000

    def as_json(self) -> JsonObject:
        """All of it as JSON has it, with what follows from it."""
        first = self.reads[0] if self.reads else None
        shown: JsonObject = asdict(self)
        return shown | {
            "ranges": shown["reads"],
            "reads": None if first is None else first.keys,
            "partitions": None if first is None else first.partitions,
            "partitions_of": None if first is None else first.partitions_of,
            "units": self.units,
            "unit": self.unit,
            "consistency": self.consistency,
            "dollars_per_million": self.dollars_per_million,
        }

    def __str__(self) -> str:
        lines = [self._title()]
        lines += [_line("reads", _range_text(each)) for each in self.reads[:10]]
        lines += [_line("", f"and {len(self.reads) - 10} keys more")] if len(self.reads) > 10 else []
        if self.items_kept or self.items_read:
            lines.append(_line("items", self._items()))
        if self.has_more or self.pages_estimate is not None:
            lines.append(_line("pages", self._pages()))
        lines += [_line("writes", _change_text(each)) for each in self.changes]
        lines += [_line("condition", self.condition)] if self.condition is not None else []
        lines += [_line("answer", self.error)] if self.error is not None else []
        lines += [_line("better", each.text) for each in self.better]
        lines += [_line("note", each) for each in self.remarks]
        return "\n".join(map(printable, lines))

    def _title(self) -> str:
        where = self.table if self.index is None else f"{self.table}, index {self.index}"
        head = f"{self.operation} on {where}"
        how = f" ({self.consistency})" if self.consistency else ""
        units = " and ".join(
            f"{number(units)} {unit}"
            for units, unit in ((self.read_units, "RRU"), (self.write_units, "WRU"))
            if units or (unit == self.unit and not self.units)
        )
        return f"{head:<48} {units}{how}, ${self.dollars_per_million:.2f} per million"

    def _items(self) -> str:
        if not self.items_read:
            return f"{self.items_kept:,} shown"
        if self.items_kept == self.items_read:
            return f"{self.items_read:,} read, all kept"
        wasted = 1 - self.items_kept / self.items_read
        assert 0 <= wasted <= 1, f"{self.items_kept} of {self.items_read} items are kept"
        kept = f"{self.items_read:,} read, {self.items_kept:,} kept by the filter"
        share = "over 99%" if 0.99 < wasted < 1 else f"{wasted:.0%}"
        return f"{kept:<45} {share} of what is paid for is thrown away"

    def _pages(self) -> str:
        if not self.has_more:
            return "the last"
        if self.pages_estimate is None or self.units_estimate is None:
            return "the first; go on with LastEvaluatedKey"
        together = f"which take about {number(self.units_estimate)} RRU together"
        return f"the first of about {self.pages_estimate:,}, {together}; go on with LastEvaluatedKey"


def _line(label: str, text: str) -> str:
    return f"  {label:<{_LABEL_WIDTH}}{text}"


def _range_text(each: Range) -> str:
    if each.partitions is None:
        return each.keys
    return f"{each.keys:<45} {each.partitions} partition{'' if each.partitions == 1 else 's'} of {each.partitions_of}"


def _change_text(each: Change) -> str:
    sizes = f", {each.size_before:,} -> {each.size_after:,} bytes" if each.size_before or each.size_after else ""
    units = f", {number(each.units)} WRU" if each.units else ""
    return f"{each.where}: {each.what}{sizes}{units}"
