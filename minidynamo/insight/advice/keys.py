"""Advice on partition keys: one that takes most of a table's units, or more than a partition can give."""

from __future__ import annotations

from collections.abc import Iterator

from minidynamo.insight.advice.advice import Advice
from minidynamo.insight.hot_keys import KeyCount, Sketch
from minidynamo.insight.known_tables import KnownIndex
from minidynamo.insight.noted import Noted
from minidynamo.limits import PARTITION_READ_UNITS, PARTITION_WRITE_UNITS

_UNITS_MIN = 100.0
_KEYS_MIN = 3
_SHARE_MAX = 0.4
_HOT_SECONDS_MIN = 10
# Whoever writes less of a key than this can do with a cache.
_WRITTEN_SHARE_MIN = 0.1


def hot_partition_keys(ledger: Noted) -> Iterator[Advice]:
    """Keys that take more than 40 % of the units of a table or index, or more in a second than a partition gives.

    Local indexes lie in the partitions of their tables, of which it is said.
    """
    tables = {line.entry.table: line.known for line in ledger.lines if line.known is not None}
    places: dict[tuple[str, str | None], str] = {}
    for entry in ledger.entries:  # Dearest first.
        places.setdefault((entry.table, entry.index), entry.place)
    for (table, index), sketch in ledger.sketches.items():
        known = tables[table].index(index) if table in tables else None
        if known is not None and known.is_local:
            continue
        for key, count in sketch.heaviest()[:_KEYS_MIN]:
            said = _too_much(count, sketch)
            if said:
                where = table if index is None else f"the index {index} of {table}"
                text = f"the key {key!r} of {where} {said}: {_remedy(count, known)}"
                yield Advice("hot-key", places.get((table, index), ""), text)


def _too_much(count: KeyCount, sketch: Sketch) -> str:
    # Bursts are the service's to absorb; programs in a test are faster than any user.
    for seconds, way, given in (
        (count.hot_read_seconds, "read", PARTITION_READ_UNITS),
        (count.hot_write_seconds, "write", PARTITION_WRITE_UNITS),
    ):
        if seconds >= _HOT_SECONDS_MIN:
            return f"took more than the {given:,} {way} units that a partition gives in each of {seconds} seconds"
    certain = count.units - count.error
    if len(sketch) >= _KEYS_MIN and sketch.units >= _UNITS_MIN and certain > _SHARE_MAX * sketch.units:
        return f"takes {certain / sketch.units:.0%} of its {sketch.units:,.0f} units"
    return ""


def _remedy(count: KeyCount, known: KnownIndex | None) -> str:
    name = "the key" if known is None else known.partition_key[0]
    spread = (
        f"spread it (write sharding): append one of some suffixes to {name} where it is written, such as '#0' to '#9', "
        "and read all of them"
    )
    if count.written < _WRITTEN_SHARE_MIN * count.units:
        return f"it is read, and hardly written: keep what is read so often in a cache, such as DAX; or {spread}"
    return f"{spread}; or keep what is read so often in a cache"
