"""A piece of advice, and what the rules that give it have in common."""

from __future__ import annotations

import linecache
import re
from typing import NamedTuple

from minidynamo.insight.entry import Entry
from minidynamo.insight.places import Source, source_of
from minidynamo.values.printable import printable

# On a line, or on the one above: `# minidynamo: ok` silences all rules, `# minidynamo: ok scan` the one of this name.
_SILENCING = re.compile(r"#\s*minidynamo:\s*ok\b(?P<rules>[\w\s,-]*)")


# By which the rules are silenced.
RULE_NAMES = frozenset(
    ("scan", "filter", "page", "limit", "unprocessed", "single-reads", "single-writes", "hot-key", "index", "item")
)


class Advice(NamedTuple):
    """What would be cheaper, or is a mistake.

    Attributes:
        rule: the name of the rule, such as "scan".
        place: the line of code that it is about, such as "orders.py:88"; "" where that is not known.
        text: what was seen, and what to do.
        units_saved: how many of the units that were noted this would save; 0 where it saves calls, or mends a mistake.
    """

    rule: str
    place: str
    text: str
    units_saved: float = 0.0

    def __str__(self) -> str:
        saved = f" (saves {self.units_saved:.0f} units)" if self.units_saved >= 1 else ""
        return printable(f"{self.place or 'somewhere'}: {self.rule}: {self.text}{saved}")

    @property
    def is_silenced(self) -> bool:
        """Whether a comment at its place says that it is right as it is."""
        return self.rule in silenced_at(self.place)


def silenced_at(place: str) -> frozenset[str]:
    """The rules that comments silence at a place: on the lines of its call, or on a line of their own above."""
    source = source_of(place)
    if source is None:
        return frozenset()
    linecache.checkcache(source.path)
    above = linecache.getline(source.path, source.line - 1)
    lines = [above] if above.lstrip().startswith("#") else []
    lines += [linecache.getline(source.path, number) for number in range(source.line, _last_line(source) + 1)]
    silenced: frozenset[str] = frozenset()
    for found in filter(None, map(_SILENCING.search, lines)):
        named = RULE_NAMES.intersection(found["rules"].replace(",", " ").split())
        silenced |= named or RULE_NAMES
    return silenced


def _last_line(source: Source) -> int:
    """The last line of the call at a place, which may stand on several."""
    code = source.code()
    if code is None:
        return source.line
    positions = (each for each in code.co_positions() if each[0] == source.line)
    return max((end or source.line for _, end, _, _ in positions), default=source.line)


def times(count: int) -> str:
    """How often, in words: "once", "3 times"."""
    return "once" if count == 1 else f"{count} times"


def subject(entry: Entry) -> str:
    """What an entry reads or writes: "Shop", or "by_status of Shop"."""
    return entry.table if entry.index is None else f"{entry.index} of {entry.table}"
