"""The datapoints of one metric in one period, and the statistics that are taken of them.

Values are kept with how often they came, so that percentiles are exact: the p-th is the least value that p percent of
all are not above.
Source: Amazon CloudWatch User Guide, "CloudWatch statistics definitions".
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from itertools import accumulate

_PERCENTILE = re.compile(r"p(100(?:\.0+)?|[0-9]{1,2}(?:\.[0-9]{1,10})?)")


class Bucket:
    """The datapoints of one metric in one period.

    Attributes:
        unit: of its first datapoint.
        count, sum, minimum, maximum: of all values.
        values: how often each value came.
        is_complete: whether `values` has all of them, so that there are percentiles.
    """

    __slots__ = ("count", "is_complete", "maximum", "minimum", "sum", "unit", "values")

    def __init__(self, unit: str) -> None:
        self.unit = unit
        self.count = self.sum = 0.0
        self.minimum, self.maximum = math.inf, -math.inf
        self.values: dict[float, float] = {}
        self.is_complete = True

    def add(self, value: float, count: float = 1.0, keeps_value: bool = True) -> int:
        """Counts a value; by how many more different ones are kept now."""
        self.add_set(count, value * count, value, value)
        if not keeps_value and value not in self.values:
            self.is_complete = False
            return 0
        known = self.values.get(value)
        self.values[value] = count if known is None else known + count
        return known is None

    def add_set(self, count: float, total: float, minimum: float, maximum: float) -> None:
        """Counts values of which only their number, sum and bounds are known."""
        assert count > 0 and minimum <= maximum, f"{count} values from {minimum} to {maximum}"
        self.count += count
        self.sum += total
        self.minimum, self.maximum = min(self.minimum, minimum), max(self.maximum, maximum)

    def merge(self, other: Bucket) -> None:
        """Counts all that another one has."""
        self.add_set(other.count, other.sum, other.minimum, other.maximum)
        for value, count in other.values.items():
            self.values[value] = self.values.get(value, 0.0) + count
        self.is_complete = self.is_complete and other.is_complete

    def check(self) -> None:
        """Asserts that what is known of the values fits together."""
        assert self.count > 0 and self.minimum <= self.maximum, f"{self.count} values up to {self.maximum}"
        known = sum(self.values.values())
        assert known <= self.count * (1 + 1e-9), f"{known} values are kept of {self.count}"
        assert not self.is_complete or known >= self.count * (1 - 1e-9), f"{known} values are all of {self.count}"
        assert all(self.minimum <= value <= self.maximum for value in self.values), f"beyond {self.maximum}"

    def percentile(self, percent: float) -> float | None:
        """The least value that so many percent of all are not above; None where not every value is known."""
        if not self.is_complete:
            return None
        ordered = sorted(self.values)
        wanted = self.count * percent / 100
        reached = accumulate(self.values[value] for value in ordered)
        return next((value for value, count in zip(ordered, reached, strict=True) if count >= wanted), ordered[-1])


# Takes a statistic of a bucket; None where the bucket does not know it.
Statistic = Callable[[Bucket], "float | None"]

_STATISTICS: Mapping[str, Statistic] = {
    "Sum": lambda bucket: bucket.sum,
    "Average": lambda bucket: bucket.sum / bucket.count,
    "Minimum": lambda bucket: bucket.minimum,
    "Maximum": lambda bucket: bucket.maximum,
    "SampleCount": lambda bucket: bucket.count,
}
STATISTICS = tuple(_STATISTICS)
# What these are where there is no datapoint; the others are nothing then.
WITHOUT_DATAPOINTS: Mapping[str, float] = {"Sum": 0.0, "SampleCount": 0.0}


def statistic_of(name: str) -> Statistic:
    """The statistic of a name: one of `STATISTICS`, or a percentile such as p99 or p99.9.

    Raises:
        ValueError: there is none of that name.
    """
    known = _STATISTICS.get(name)
    if known is not None:
        return known
    match = _PERCENTILE.fullmatch(name)
    if match is None:
        raise ValueError(f"there is no statistic {name!r}: it is one of {', '.join(STATISTICS)}, or such as p99.9")
    percent = float(match[1])
    return lambda bucket: bucket.percentile(percent)
