"""What a ledger has noted, as those see it who make tables, comparisons and advice of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from minidynamo.insight.entry import Entry
from minidynamo.insight.evidence import Evidence, Trace
from minidynamo.insight.hot_keys import HotKey, Sketch
from minidynamo.insight.known_tables import KnownTable
from minidynamo.prices.price_list import PriceList
from minidynamo.values.api_types import Request, Response


@dataclass(slots=True)
class Line:
    """A line of the ledger as it is kept.

    Attributes:
        entry: what it says.
        trace: what advice looks at.
        known: what is known of its table.
        keys: the keys of its table or index.
    """

    entry: Entry
    trace: Trace
    known: KnownTable | None
    keys: Sketch


class Noted(Protocol):
    """A ledger that is read; see `Ledger`.

    Attributes:
        prices: what units cost.
        region: whose prices count.
        calls: how many requests were noted.
        evidence: what was odd about items.
    """

    prices: PriceList
    region: str
    calls: int
    evidence: Evidence

    @property
    def read_units(self) -> float: ...

    @property
    def write_units(self) -> float: ...

    @property
    def dollars(self) -> float: ...

    @property
    def entries(self) -> list[Entry]:
        """All lines, dearest first."""
        ...

    @property
    def lines(self) -> list[Line]:
        """All lines with what advice looks at."""
        ...

    @property
    def sketches(self) -> dict[tuple[str, str | None], Sketch]:
        """What partition keys have taken, by table and index."""
        ...

    @property
    def silenced(self) -> set[tuple[str, str]]:
        """Rules and places that comments silence, as far as they are read elsewhere."""
        ...

    def hot_keys(self, count: int = 10) -> list[HotKey]:
        """The partition keys that have taken the most units."""
        ...

    def by_index(self) -> list[Entry]:
        """Sums of each table without its indexes, and of each index."""
        ...


def has_more(response: Response) -> bool:
    """Whether a response says where to go on."""
    return any(response.get(name) for name in ("LastEvaluatedKey", "NextToken", "UnprocessedKeys"))


def is_consistent(operation: str, request: Request) -> bool:
    """Whether a request reads strongly consistently."""
    return bool(request.get("ConsistentRead")) or operation == "TransactGetItems"


def items_read(response: Response) -> int:
    """How many items a response says were read."""
    scanned = response.get("ScannedCount")
    return scanned if isinstance(scanned, int) else items_kept(response)


def items_kept(response: Response) -> int:
    """How many items a response has."""
    if "Item" in response:
        return 1
    count = response.get("Count")
    if isinstance(count, int):
        return count
    if "Items" in response:
        return len(response["Items"])
    if "Responses" in response:
        found = response["Responses"]
        return sum(map(len, found.values())) if isinstance(found, dict) else sum("Item" in each for each in found)
    return 0
