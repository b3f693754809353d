"""Two ledgers held against each other: what has become dearer, cheaper, new, or is gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import NamedTuple

from minidynamo.insight.entry import Entry
from minidynamo.insight.ledger_table import markdown_lines, number, text_lines
from minidynamo.insight.noted import Noted
from minidynamo.values.api_types import JsonObject

_HEAD = ("operation", "table", "index", "place", "calls", "units", "change")
_NUMBERS = range(4, 7)


class Difference(NamedTuple):
    """A line of the ledger before and after; None where there is none.

    Attributes:
        before, after: what it cost.
    """

    before: Entry | None
    after: Entry | None

    @property
    def shown(self) -> Entry:
        """The line that there is, the later one first."""
        entry = self.after or self.before
        assert entry is not None, "a difference of nothing"
        return entry

    @property
    def units(self) -> float:
        """How many units more it takes now."""
        return (self.after.units if self.after else 0.0) - (self.before.units if self.before else 0.0)

    @property
    def calls(self) -> int:
        """How many calls more there are now."""
        return (self.after.calls if self.after else 0) - (self.before.calls if self.before else 0)


@dataclass(frozen=True)
class Comparison:
    """How two ledgers differ.

    Attributes:
        differences: lines that cost something else than before, those that have become dearest first.
        units: how many units more all of it takes now.
        calls: how many calls more there are now.
    """

    differences: list[Difference]
    units: float
    calls: int

    @classmethod
    def of(cls, before: Noted, after: Noted) -> Comparison:
        """How a later ledger differs from an earlier one. Lines that have only moved within their file are one."""
        found = [each for each in _paired(_by_key(before), _by_key(after)) if each.units or each.calls]
        found.sort(key=lambda each: (-each.units, -each.calls, each.shown.operation, each.shown.place))
        units = after.read_units + after.write_units - before.read_units - before.write_units
        return cls(found, units, after.calls - before.calls)

    @property
    def is_dearer(self) -> bool:
        """Whether anything takes more units or calls than before."""
        return any(each.units > 0 or each.calls > 0 for each in self.differences)

    def as_json(self) -> JsonObject:
        """The differences as JSON has them."""
        entries = [
            {
                "before": each.before.as_json() if each.before else None,
                "after": each.after.as_json() if each.after else None,
                "units": each.units,
                "calls": each.calls,
            }
            for each in self.differences
        ]
        return {"units": self.units, "calls": self.calls, "differences": entries}

    def as_markdown(self) -> str:
        """The differences as a table of Markdown."""
        lines = markdown_lines(_HEAD, [_row(each) for each in self.differences], _NUMBERS)
        return "\n".join([*(lines if self.differences else []), "", self._sum()]).lstrip()

    def __str__(self) -> str:
        lines = text_lines(_HEAD, [_row(each) for each in self.differences], _NUMBERS)
        return "\n".join([*(lines if self.differences else []), self._sum()])

    def _sum(self) -> str:
        if not self.differences:
            return "nothing costs more or less than before"
        return f"in all {signed(self.units)} units, {signed(self.calls)} calls"


def signed(value: float) -> str:
    """A difference with its sign: +3, -2.5, 0."""
    return f"+{number(value)}" if value > 0 else number(value)


_Key = tuple[str, str, str | None, str]


def _by_key(ledger: Noted) -> dict[_Key, list[Entry]]:
    """Lines by what they are of. Those of one file are together, in their order, since every edit moves them."""
    found: dict[_Key, list[Entry]] = {}
    for each in sorted(ledger.entries, key=lambda each: _line_number(each.place)):
        key = each.operation, each.table, each.index, each.place.rpartition(":")[0]
        found.setdefault(key, []).append(each)
    return found


def _line_number(place: str) -> int:
    line = place.rpartition(":")[2]
    return int(line) if line.isdecimal() else 0


def _paired(before: dict[_Key, list[Entry]], after: dict[_Key, list[Entry]]) -> Iterator[Difference]:
    """Lines before and after: those that cost the same are the same, the others are in their order."""
    for key in {**before, **after}:
        old, new = list(before.get(key, ())), list(after.get(key, ()))
        for each in list(new):
            same = next((other for other in old if _cost(other) == _cost(each)), None)
            if same is not None:
                old.remove(same)
                new.remove(each)
        for was, now in zip_longest(old, new):
            yield Difference(was, now)


def _cost(entry: Entry) -> tuple[int, float, float]:
    return entry.calls, entry.read_units, entry.write_units


def _row(difference: Difference) -> tuple[str, ...]:
    entry = difference.shown
    was, now = (number(each.units) if each else "none" for each in difference)
    calls = " -> ".join(str(each.calls if each else 0) for each in difference)
    return (
        entry.operation,
        entry.table,
        entry.index or "",
        entry.place,
        calls,
        f"{was} -> {now}",
        signed(difference.units),
    )
