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
from typing import Any

import msgpack

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
    size = (record_size_bytes(new) if new else 0) + (record_size_bytes(old) if old else 0)
    packed: bytes = _pack([kind, time, by_service, keys, new, old, CHAIN.get()])
    return size.to_bytes(SIZE_BYTES, "big") + packed


def change_time(change: bytes) -> float:
    """When a change was made, in epoch seconds."""
    fields: Any = msgpack.unpackb(change[SIZE_BYTES:])
    return float(fields[1])


def change_chain(change: bytes) -> int:
    """How many invocations led to a change."""
    fields: Any = msgpack.unpackb(change[SIZE_BYTES:])
    return int(fields[6])


def sequence_text(number: int) -> str:
    """A sequence number as the API gives it: at least 21 digits."""
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


def holds_binaries(change: bytes) -> bool:
    """Whether there may be binary values in a record; False is certain."""
    return _BINARY in change or _BINARY_SET in change


def _key_size_bytes(keys: Item) -> int:
    """The size of a key, whose values are scalars, by the service's rule."""
    size = 0
    for name, value in keys.items():
        ((kind, content),) = value.items()
        size += name_size_bytes(name)
        size += number_size_bytes(content) if kind == "N" else len(content.encode() if kind == "S" else content)
    return size


def shown_change(origin: StreamOrigin, number: int, change: bytes) -> dict[str, Any]:
    """A change as GetRecords shows it, with its time in whole epoch seconds."""
    fields: Any = msgpack.unpackb(change[SIZE_BYTES:])
    kind, time, by_service, keys, new, old, _ = fields
    images = [(name, record_item(image)) for name, image in (("NewImage", new), ("OldImage", old)) if image]
    if keys is None:
        keys = {name: images[0][1][name] for name in origin.key_names}
    shown: dict[str, Any] = {"ApproximateCreationDateTime": float(int(time)), "Keys": keys}
    shown.update(images)
    shown["SequenceNumber"] = sequence_text(number)
    shown["SizeBytes"] = _key_size_bytes(keys) + record_size_bytes(change)
    shown["StreamViewType"] = origin.view_type
    record = {
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
