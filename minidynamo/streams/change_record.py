"""Change records: what a stream keeps of the change of one item.

    change = size of the images u24 | msgpack([kind, time, by service, keys, new image, old image, chain])

The kind is 0 for INSERT, 1 for MODIFY, 2 for REMOVE; the time is in epoch seconds; images are records of items
(`values/records.py`), as far as the stream's view type has them. Keys are kept only where no image holds them. The
chain is how many functions, each invoked by what the one before had written, led to the change; see `CHAIN`.
Source: API reference of DynamoDB Streams, "Record" and "StreamRecord".
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

import msgpack

from minidynamo.values.api_types import Response
from minidynamo.values.attribute_value import Item, name_size_bytes
from minidynamo.values.numbers import number_size_bytes
from minidynamo.values.records import SIZE_BYTES, record_item, record_size_bytes

KINDS = ("INSERT", "MODIFY", "REMOVE")
INSERT, MODIFY, REMOVE = range(3)
# In a function's invocation: how many invocations led to it, itself included.
CHAIN: ContextVar[int] = ContextVar("minidynamo chain of invocations", default=0)
# Sequence numbers have 21 digits at least.
_FIRST_NUMBER = 10**20

# How msgpack writes the tags of binary values.
_BINARY, _BINARY_SET = msgpack.packb("B"), msgpack.packb("BS")

_pack = msgpack.Packer(autoreset=True).pack
_unpack = msgpack.unpackb


@dataclass(frozen=True, slots=True)
class ViewType:
    """Which images a stream keeps."""

    has_new: bool
    has_old: bool


VIEW_TYPES = {
    "KEYS_ONLY": ViewType(has_new=False, has_old=False),
    "NEW_IMAGE": ViewType(has_new=True, has_old=False),
    "OLD_IMAGE": ViewType(has_new=False, has_old=True),
    "NEW_AND_OLD_IMAGES": ViewType(has_new=True, has_old=True),
}


def recorded_change(
    view: ViewType,
    key_names: tuple[str, ...],
    time: float,
    old: bytes | None,
    new: bytes | None,
    item: Item | None,
    by_service: bool,
) -> bytes:
    """The record of a change, with the images that a view has.

    Parameters:
        view: of the stream.
        key_names: the attributes of the table's key.
        time: when, in epoch seconds.
        old, new: the item's records before and after; None where there is none.
        item: the new item, where it is known.
        by_service: whether the service itself deletes it.
    """
    kind = INSERT if old is None else REMOVE if new is None else MODIFY
    shown_new = new if view.has_new else None
    shown_old = old if view.has_old else None
    keys = None
    if not (shown_new or shown_old):
        known = record_item(new or old or b"") if item is None else item
        keys = {name: known[name] for name in key_names}
    return packed_change(kind, time, by_service, keys, shown_new, shown_old)


def packed_change(
    kind: int, time: float, by_service: bool, keys: Item | None, new: bytes | None, old: bytes | None
) -> bytes:
    """A change record.

    Parameters:
        kind: INSERT, MODIFY or REMOVE.
        time: when, in epoch seconds.
        by_service: whether the service itself made the change, as it does when items expire.
        keys: the key of the item, where no image holds it.
        new, old: the images, as records.
    """
    assert not (new and kind == REMOVE) and not (old and kind == INSERT), f"{KINDS[kind]} from {old!r} to {new!r}"
    assert (keys is None) == bool(new or old), f"{KINDS[kind]} from {old!r} to {new!r} is kept with the key {keys}"
    size = (record_size_bytes(new) if new else 0) + (record_size_bytes(old) if old else 0)
    packed: bytes = _pack([kind, time, by_service, keys, new, old, CHAIN.get()])
    return size.to_bytes(SIZE_BYTES, "big") + packed


def sequence_text(number: int) -> str:
    """A sequence number as the API gives it: at least 21 digits."""
    assert number >= 0, f"the sequence number {number}"
    return str(_FIRST_NUMBER + number)


def sequence_number(text: str) -> int | None:
    """The number behind such a text, None where it is none."""
    return int(text) - _FIRST_NUMBER if text.isascii() and text.isdigit() else None


@dataclass(frozen=True, slots=True)
class StreamOrigin:
    """What the records of one stream have in common.

    Attributes:
        arn: of the stream.
        region: of the database.
        view_type: its name.
        key_names: the key attributes of its table.
    """

    arn: str
    region: str
    view_type: str
    key_names: tuple[str, ...]


class ChangeRecord(NamedTuple):
    """The change of one item, decoded but for its images; after `packed` its members are those of the record.

    Attributes:
        number: its sequence number.
        packed: the record as it is kept.
        kind: INSERT, MODIFY or REMOVE.
        time: when it was made, in epoch seconds.
        by_service: whether the service itself made it.
        keys: the key of the item, None where an image holds it.
        new_image, old_image: the item after and before it, as records; None where the stream does not keep them.
        chain: how many invocations led to it.
    """

    number: int
    packed: bytes
    kind: int
    time: float
    by_service: bool
    keys: Item | None
    new_image: bytes | None
    old_image: bytes | None
    chain: int

    @property
    def sequence(self) -> str:
        """Its sequence number, as the API gives it."""
        return sequence_text(self.number)

    @property
    def size_bytes(self) -> int:
        """How large it is as it is kept."""
        return len(self.packed)

    @property
    def holds_binaries(self) -> bool:
        """Whether there may be binary values in it; False is certain."""
        return _BINARY in self.packed or _BINARY_SET in self.packed

    def key(self, names: tuple[str, ...]) -> Item:
        """The key of the item, whose attributes have these names."""
        if self.keys is not None:
            return self.keys
        image = record_item(self.new_image or self.old_image or b"")
        return {name: image[name] for name in names}

    def shown(self, origin: StreamOrigin) -> Response:
        """The change as GetRecords shows it, with its time in whole epoch seconds; what it holds is the caller's."""
        number, packed, kind, time, by_service, stored_keys, new, old, _ = self
        shown: Response = {"ApproximateCreationDateTime": float(int(time)), "Keys": stored_keys}
        if new:
            shown["NewImage"] = record_item(new)
        if old:
            shown["OldImage"] = record_item(old)
        if stored_keys is None:
            image = shown["NewImage"] if new else shown["OldImage"]
            shown["Keys"] = {name: image[name] for name in origin.key_names}
        else:
            shown["Keys"] = {name: dict(value) for name, value in stored_keys.items()}
        shown["SequenceNumber"] = sequence_text(number)
        shown["SizeBytes"] = _key_size_bytes(shown["Keys"]) + record_size_bytes(packed)
        shown["StreamViewType"] = origin.view_type
        record: Response = {
            "eventID": blake2b(f"{origin.arn} {number}".encode(), digest_size=16).hexdigest(),
            "eventName": KINDS[kind],
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": origin.region,
            "dynamodb": shown,
        }
        if by_service:
            record["userIdentity"] = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}
        return record


def is_unchanged(old: bytes, new: bytes) -> bool:
    """Whether two records hold equal items; sets and numbers in them are normal, the order of attributes is not."""
    if old == new:
        return True
    return len(old) == len(new) and old[:SIZE_BYTES] == new[:SIZE_BYTES] and record_item(old) == record_item(new)


def unpacked_change(number: int, packed: bytes) -> ChangeRecord:
    """The change of a sequence number and a record as it is kept."""
    return ChangeRecord(number, packed, *_unpack(packed[SIZE_BYTES:]))


def change_time(packed: bytes) -> float:
    """When a change was made, in epoch seconds: for whoever wants to know no more of many records."""
    return float(_unpack(packed[SIZE_BYTES:])[1])


def _key_size_bytes(keys: Item) -> int:
    """The size of a key, whose values are scalars, by the service's rule."""
    size = 0
    for name, value in keys.items():
        ((kind, content),) = value.items()
        size += name_size_bytes(name)
        size += number_size_bytes(content) if kind == "N" else len(content.encode() if kind == "S" else content)
    return size
