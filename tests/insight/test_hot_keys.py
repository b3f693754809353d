"""The sketch of hot keys: bounded, and right about those that are hot."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from minidynamo.insight.hot_keys import Sketch

KEYS_MAX = 8


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9)), max_size=300))
def test_counts_are_bounded_from_both_sides(adds: list[tuple[int, int]]) -> None:
    """No count is below the truth, or above it by more than its error; what has more than 1/n of all is kept."""
    sketch, truth = Sketch(KEYS_MAX), Counter[str]()
    for key, units in adds:
        sketch.add(str(key), float(units), True, 0)
        truth[str(key)] += units
    found = dict(sketch.heaviest())
    assert len(found) <= KEYS_MAX
    assert sketch.units == truth.total()
    for key, count in found.items():
        assert count.units - count.error <= truth[key] <= count.units
    assert {key for key, units in truth.items() if units > truth.total() / KEYS_MAX} <= found.keys()


def test_seconds_are_counted_in_which_a_key_takes_more_than_a_partition_gives() -> None:
    sketch = Sketch()
    for second, units in ((1, 600.0), (1, 600.0), (1, 600.0), (2, 900.0), (3, 1001.0)):
        sketch.add("a", units, True, second)
    count = dict(sketch.heaviest())["a"]
    assert (count.hot_read_seconds, count.hot_write_seconds) == (0, 2)
