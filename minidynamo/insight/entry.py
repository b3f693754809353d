"""A line of the ledger: what the calls of one operation at one place have cost in one table or index."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from minidynamo.prices.price_list import PriceList
from minidynamo.values.api_types import JsonObject

# What stands for all that came after the ledger was full.
OTHERS = "others"


@dataclass(slots=True)
class Entry:
    """A line of the ledger.

    Attributes:
        operation: the API name; "" where lines of several were added up.
        table: its name; "" of a request that names none, or where lines of several were added up.
        index: its name, None for the table itself.
        place: the line of code, such as "orders.py:88"; "" where that is not known, or lines of several were added up.
        calls: requests that took anything here, or failed.
        errors: how many of them failed.
        read_units, write_units: capacity units that they took here.
        items_read, items_kept: ScannedCount and Count of Query and Scan; items that other reads returned.
        leading_calls: calls of which this is the first line, so that sums count each call once.
        table_calls: calls of which this is the first line of its table.
    """

    operation: str = ""
    table: str = ""
    index: str | None = None
    place: str = ""
    calls: int = 0
    errors: int = 0
    read_units: float = 0.0
    write_units: float = 0.0
    items_read: int = 0
    items_kept: int = 0
    leading_calls: int = 0
    table_calls: int = 0

    @property
    def units(self) -> float:
        """Of reading and writing together."""
        return self.read_units + self.write_units

    def dollars(self, prices: PriceList, region: str = "us-east-1") -> float:
        """What all of its calls cost on demand."""
        return prices.reads(self.read_units, region) + prices.writes(self.write_units, region)

    def dollars_per_million(self, prices: PriceList, region: str = "us-east-1") -> float:
        """What a million calls like them cost on demand."""
        return self.dollars(prices, region) / self.calls * 1_000_000 if self.calls else 0.0

    def add(self, other: Entry) -> None:
        """Adds another line's numbers."""
        self.calls += other.calls
        self.errors += other.errors
        self.read_units += other.read_units
        self.write_units += other.write_units
        self.items_read += other.items_read
        self.items_kept += other.items_kept
        self.leading_calls += other.leading_calls
        self.table_calls += other.table_calls

    def as_json(self) -> JsonObject:
        """Its attributes as JSON has them."""
        assert self.errors <= self.calls, f"{self.errors} of {self.calls} calls of {self.operation} failed"
        return asdict(self)
