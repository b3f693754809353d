"""Partitions: where the heat is, and what will split."""

from __future__ import annotations

from itertools import islice

from minidynamo.console.console import Console, Method
from minidynamo.console.parameters import text_of
from minidynamo.console.shown import key_row
from minidynamo.storage.keyspace import Keyspace
from minidynamo.storage.partition import Partition
from minidynamo.values.api_types import JsonObject
from minidynamo.values.records import record_size_bytes

# How many items' sizes are looked at, over all partitions.
_SAMPLE_MAX = 5_000
_TOKEN_BYTES = 8
_SMALLEST, _LARGEST = 6, 19  # From 64 bytes to 512 KiB, in powers of two.
_KEYS_SHOWN = 10
_NEAR = 0.8  # Of the size at which it splits.


def seen(console: Console, parameters: JsonObject) -> JsonObject:
    """The partitions of a table and of its indexes with their load, and the sizes of items."""
    subject, name = console.subject(parameters), text_of(parameters, "table")
    observation = console.observation(parameters)
    with subject.lock:
        table = subject.table(name)
        keyspaces: dict[str | None, Keyspace] = {None: table.keyspace}
        keyspaces |= {each: index.keyspace for each, index in table.indexes.items()}
        shown = [_keyspace_row(index, each) for index, each in keyspaces.items()]
        sizes, sampled = _histogram(table.keyspace)
        count = table.keyspace.item_count
    keys = [each for each in observation.ledger.hot_keys(1_000) if each.table == name]
    hot = [key_row(each) for each in keys[:_KEYS_SHOWN]]
    return {"keyspaces": shown, "sizes": sizes, "sampled": sampled, "items": count, "hot_keys": hot}


def _keyspace_row(index: str | None, keyspace: Keyspace) -> JsonObject:
    return {"index": index, "partitions": [_partition_row(each) for each in keyspace.partitions]}


def _partition_row(partition: Partition) -> JsonObject:
    size, most = partition.map.size_bytes, partition.size_bytes_max
    return {
        "start": _token(partition.map.start),
        "stop": 1.0 if partition.map.stop is None else _token(partition.map.stop),
        "bytes": size,
        "bytes_max": most,
        "items": partition.map.item_count,
        "read": partition.read_units,
        "written": partition.write_units,
        "will_split": partition.map.item_count > 1 and size >= _NEAR * most,
    }


def _token(key: bytes) -> float:
    """Where a key lies in the range of tokens, from 0 to 1."""
    place = int.from_bytes(key[:_TOKEN_BYTES].ljust(_TOKEN_BYTES, b"\0"), "big") / (1 << 8 * _TOKEN_BYTES)
    assert 0 <= place <= 1, f"the token {key[:_TOKEN_BYTES]!r} lies at {place}"
    return place


def _histogram(keyspace: Keyspace) -> tuple[list[JsonObject], int]:
    """How many items are of which size, by powers of two, of a sample of each partition; and how many that are."""
    share = max(1, _SAMPLE_MAX // len(keyspace.partitions))
    counts = dict.fromkeys(range(_SMALLEST, _LARGEST + 1), 0)
    sampled = 0
    for partition in keyspace.partitions[:_SAMPLE_MAX]:
        for record in islice(partition.map.records(b"", None, False), share):
            power = max(_SMALLEST, (record_size_bytes(record) - 1).bit_length())
            counts[min(power, _LARGEST)] += 1
            sampled += 1
    return [{"up_to": 2**power, "count": count} for power, count in counts.items()], sampled


METHODS = (Method("partitions.see", seen),)
