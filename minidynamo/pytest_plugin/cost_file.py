"""What each test costs, in a file: sorted, a line per test, fit for review."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from minidynamo.insight.ledger_table import number
from minidynamo.insight.observed import Observed
from minidynamo.insight.saved import LedgerError, is_amount
from minidynamo.metrics.asked_capacity import read_and_written
from minidynamo.prices.price_list import PriceList

_FORMAT, _VERSION = "minidynamo test costs", 1


@dataclass
class Cost:
    """What a test costs.

    Attributes:
        calls: its requests.
        read_units, write_units: capacity units of them.
    """

    calls: int = 0
    read_units: float = 0.0
    write_units: float = 0.0

    def __str__(self) -> str:
        calls = f"{self.calls} call{'' if self.calls == 1 else 's'}"
        return f"{calls}, {number(self.read_units)} read units, {number(self.write_units)} write units"

    def add(self, observed: Observed) -> None:
        """Adds a request."""
        self.calls += 1
        read, written = read_and_written(observed.consumed)
        self.read_units += read
        self.write_units += written

    def merge(self, other: Cost) -> None:
        """Adds another cost."""
        self.calls += other.calls
        self.read_units += other.read_units
        self.write_units += other.write_units

    def is_more_than(self, other: Cost) -> bool:
        """Whether it is more in any way."""
        return self.calls > other.calls or self.read_units > other.read_units or self.write_units > other.write_units

    def more_than(self, other: Cost) -> str:
        """By what it is more than another, in words."""
        differences = (
            (self.calls - other.calls, "calls"),
            (self.read_units - other.read_units, "read units"),
            (self.write_units - other.write_units, "write units"),
        )
        return ", ".join(f"{number(more)} {name}" for more, name in differences if more > 0)

    def dollars(self, prices: PriceList) -> float:
        """What it costs on demand."""
        return prices.reads(self.read_units) + prices.writes(self.write_units)


def write_costs(path: Path, tests: Mapping[str, Cost]) -> None:
    """Writes what tests cost to a file."""
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(asdict(cost))}" for name, cost in sorted(tests.items()))
    head = json.dumps({"format": _FORMAT, "version": _VERSION})
    path.write_text(f'{head[:-1]}, "tests": {{\n{lines}\n}}}}\n', encoding="utf-8")


def read_costs(path: Path) -> dict[str, Cost]:
    """What tests cost by a file.

    Raises:
        LedgerError: it cannot be read, or says something else.
    """
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        remedy = "make it with --dynamodb-cost=write"
        raise LedgerError(f"cannot read {path.name}: {error.strerror or error}; {remedy}") from None
    except (ValueError, RecursionError):
        raise LedgerError(f"{path.name} does not say what tests cost: it is no JSON") from None
    is_known = isinstance(read, dict) and read.get("format") == _FORMAT and read.get("version") == _VERSION
    if not is_known or not isinstance(read.get("tests"), dict):
        raise LedgerError(f"{path.name} does not say what tests cost: make it anew with --dynamodb-cost=write")
    tests = read["tests"]
    if not all(isinstance(each, dict) and each.keys() == asdict(Cost()).keys() for each in tests.values()) or not all(
        is_amount(number) for each in tests.values() for number in each.values()
    ):
        raise LedgerError(f"{path.name} is damaged: make it anew with --dynamodb-cost=write")
    return {name: Cost(**cost) for name, cost in tests.items()}
