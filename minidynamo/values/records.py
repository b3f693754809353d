"""Records: items at rest.

    record = item size u24, big-endian | msgpack(item)

The size is the service's item size, so that paging and capacity need no decoding. The item is a normal one in wire
form: strings as msgpack str, binary as bin, numbers as their canonical text.
"""

from __future__ import annotations

import gc
import struct
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgpack

from minidynamo.compiled import IS_IN_USE, compiled
from minidynamo.errors import ValidationError
from minidynamo.limits import ITEM_SIZE_BYTES_MAX
from minidynamo.messages import ITEM_TOO_LARGE
from minidynamo.values.attribute_value import Item, checked_item, checked_value, name_size_bytes, value_size_bytes

SIZE_BYTES = 3
_ARRAY_32 = 0xDD
_ARRAY_HEADER = struct.Struct(">BI")
# From so many on, the collector rests: fewer make too few objects for it to come more than once.
_MANY_RECORDS = 200

_pack = msgpack.Packer(autoreset=True).pack
_unpack = msgpack.unpackb


class ItemTooLarge(ValidationError):
    """An item that is larger than items may be."""

    def __init__(self) -> None:
        super().__init__(ITEM_TOO_LARGE)


@compiled
def checked_record(item: Item, /) -> tuple[Item, bytes]:
    """Checks and normalises an item, as `checked_item` does, and makes its record.

    Returns:
        The normal item (the same object where nothing had to be changed) and its record.

    Raises:
        ItemTooLarge: it has more than 400 KB.
        ValidationError, SerializationError: as by `checked_item`.
    """
    normal, size = checked_item(item)
    if size > ITEM_SIZE_BYTES_MAX:
        raise ItemTooLarge
    return normal, packed_record(normal, size)


@compiled
def edited_record(item: Item, old: Item, old_size_bytes: int, edited: Iterable[str], /) -> tuple[Item, bytes]:
    """Checks an item, as `checked_record` does, that differs from a normal one in some attributes alone.

    Parameters:
        item: the item.
        old: the normal one, whose size is `old_size_bytes`.
        edited: the names of attributes in which they may differ.
    """
    size, normal_item = old_size_bytes, item
    for name in edited:
        if name in old:
            size -= name_size_bytes(name) + value_size_bytes(old[name])
        if name in item:
            normal, value_size = checked_value(item[name])
            size += name_size_bytes(name) + value_size
            if normal is not item[name]:
                normal_item = dict(item) if normal_item is item else normal_item
                normal_item[name] = normal
    if size > ITEM_SIZE_BYTES_MAX:
        raise ItemTooLarge
    return normal_item, packed_record(normal_item, size)


def packed_record(item: Mapping[str, object], item_size_bytes: int) -> bytes:
    """The record of a normal item, or of something else that is kept as one."""
    packed: bytes = _pack(item)
    return item_size_bytes.to_bytes(SIZE_BYTES, "big") + packed


@compiled
def record_item(record: bytes, /) -> Item:
    """The item of a record, as a fresh object."""
    item: Item = _unpack(record[SIZE_BYTES:])
    return item


def record_content(record: bytes) -> Any:
    """What a record holds that is no item; the caller knows what."""
    return _unpack(record[SIZE_BYTES:])


@compiled
def record_items(records: Sequence[bytes], /) -> list[Item]:
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


# Whether a part of a record is decoded without the rest of it.
DECODES_PARTS = IS_IN_USE


@compiled
def partial_items(records: Sequence[bytes], names: Collection[str], /) -> list[Item]:
    """The items of some records with the attributes of these names at least, as far as they have them.

    The others may not be looked at, so that damage to them shows when the whole record is decoded.
    """
    return record_items(records)


def fresh_copy(item: Item) -> Item:
    """An equal item that shares nothing with the given one."""
    return record_item(packed_record(item, 0))


def record_size_bytes(record: bytes) -> int:
    """The size of the record's item by the service's rule."""
    return record[0] << 16 | record[1] << 8 | record[2]
