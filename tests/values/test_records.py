"""Records that are decoded together."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import msgpack
import pytest

from minidynamo.values.attribute_value import Item
from minidynamo.values.records import packed_record, record_items

ITEMS: list[Item] = [
    {"pk": {"S": str(number)}, "tags": {"L": [{"S": "a"}, {"M": {"b": {"N": "1"}}}]}} for number in range(5_000)
]
RECORDS = [packed_record(item, 20) for item in ITEMS]


@contextmanager
def collections() -> Iterator[list[str]]:
    """The phases of the collections of cyclic garbage while this is on."""
    phases: list[str] = []

    def note(phase: str, details: dict[str, int]) -> None:
        phases.append(phase)

    gc.callbacks.append(note)
    try:
        yield phases
    finally:
        gc.callbacks.remove(note)


def test_many_are_decoded_without_a_collection() -> None:
    gc.collect()
    with collections() as by_hand:
        kept = [msgpack.unpackb(record[3:]) for record in RECORDS]
    gc.collect()
    with collections() as found:
        items = record_items(RECORDS)
    assert items == kept == ITEMS
    assert len(by_hand) > 20
    assert len(found) <= 2  # One, at the first object made after them.


@pytest.mark.parametrize("is_on", [True, False])
def test_the_collector_is_left_as_it_was(is_on: bool) -> None:
    """Whatever the user has chosen, and whatever goes wrong."""
    (gc.enable if is_on else gc.disable)()
    try:
        assert len(record_items(RECORDS)) == len(RECORDS)
        assert gc.isenabled() is is_on
        with pytest.raises(ValueError, match="extra"):
            record_items([*RECORDS, RECORDS[0] + b"\x01"])
        assert gc.isenabled() is is_on
    finally:
        gc.enable()
