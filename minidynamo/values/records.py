"""Records: items at rest.

    record = item size u24, big-endian | msgpack(item)

The size is the service's item size, so that paging and capacity need no decoding. The item is a normal one in wire
form: strings as msgpack str, binary as bin, numbers as their canonical text.
"""

from __future__ import annotations

import gc
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import msgpack

from minidynamo.values.attribute_value import Item

SIZE_BYTES = 3
_ARRAY_32 = 0xDD
_ARRAY_HEADER = struct.Struct(">BI")
# From so many on, the collector rests: fewer make too few objects for it to come more than once.
_MANY_RECORDS = 200

_pack = msgpack.Packer(autoreset=True).pack
_unpack = msgpack.unpackb


def packed_record(item: Mapping[str, object], item_size_bytes: int) -> bytes:
    """The record of a normal item, or of something else that is kept as one."""
    packed: bytes = _pack(item)
    return item_size_bytes.to_bytes(SIZE_BYTES, "big") + packed


def record_item(record: bytes) -> Item:
    """The item of a record, as a fresh object."""
    item: Item = _unpack(record[SIZE_BYTES:])
    return item


def record_content(record: bytes) -> Any:
    """What a record holds that is no item; the caller knows what."""
    return _unpack(record[SIZE_BYTES:])


def record_items(records: Sequence[bytes]) -> list[Item]:
    """The items of some records, decoded as one msgpack array, which costs far less than one by one.

    While many are decoded, the collector of cyclic garbage rests: what is made is all new and none of it garbage, and
    the collector would walk it again and again, which took longer than decoding it.
    """
    header = _ARRAY_HEADER.pack(_ARRAY_32, len(records))
    packed = header + b"".join([record[SIZE_BYTES:] for record in records])
    if len(records) < _MANY_RECORDS or not gc.isenabled():
        items: list[Item] = _unpack(packed)
        return items
    gc.disable()
    try:
        items = _unpack(packed)
    finally:
        gc.enable()
    return items


def fresh_copy(item: Item) -> Item:
    """An equal item that shares nothing with the given one."""
    return record_item(packed_record(item, 0))


def record_size_bytes(record: bytes) -> int:
    """The size of the record's item by the service's rule."""
    return record[0] << 16 | record[1] << 8 | record[2]
