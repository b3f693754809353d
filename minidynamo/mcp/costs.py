"""What requests have cost: units by table and index, and dollars on demand."""

from __future__ import annotations

from collections.abc import Sequence

from minidynamo.metrics.asked_capacity import Consumed, read_and_written
from minidynamo.prices.price_list import listed_prices
from minidynamo.values.api_types import JsonObject


def cost_of(consumed: Sequence[Consumed], region: str, calls: int = 1) -> JsonObject:
    """What requests have cost.

    Parameters:
        consumed: what they have consumed.
        region: whose prices count.
        calls: of how many requests a million is told.
    """
    assert calls > 0, f"{calls} calls"
    reads, writes = read_and_written(consumed)
    prices = listed_prices()
    dollars = (prices.reads(reads, region) + prices.writes(writes, region)) / calls
    told: JsonObject = {}
    if reads or not writes:
        told["read_units"] = reads
    if writes:
        told["write_units"] = writes
    told["dollars_per_million_calls"] = round(dollars * 1_000_000, 4)
    by_place: dict[str, float] = {}
    for each in consumed:
        place = each.table if each.index_name is None else f"{each.table} index {each.index_name}"
        by_place[place] = by_place.get(place, 0.0) + each.units
    return told if len(by_place) < 2 else {**told, "units_by_place": by_place}
