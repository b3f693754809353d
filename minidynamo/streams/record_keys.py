"""Where the records of a stream lie: under `ordinal of the shard u32 | sequence number u64`, both big-endian."""

from __future__ import annotations

_ORDINAL_BYTES, _NUMBER_BYTES = 4, 8


def record_key(ordinal: int, number: int) -> bytes:
    """The key of a record, by the ordinal of its shard and its sequence number; of the first for a negative one."""
    return ordinal.to_bytes(_ORDINAL_BYTES, "big") + max(number, 0).to_bytes(_NUMBER_BYTES, "big")


def shard_prefix(ordinal: int) -> bytes:
    """What the keys of a shard's records begin with; a sequence number follows."""
    return ordinal.to_bytes(_ORDINAL_BYTES, "big")


def record_range(ordinal: int) -> tuple[bytes, bytes]:
    """The range of the keys of a shard's records."""
    return ordinal.to_bytes(_ORDINAL_BYTES, "big"), (ordinal + 1).to_bytes(_ORDINAL_BYTES, "big")


def ordinal_in(key: bytes) -> int:
    """The ordinal of the shard of a record's key."""
    return int.from_bytes(key[:_ORDINAL_BYTES], "big")


def number_in(key: bytes) -> int:
    """The sequence number of a record's key."""
    assert len(key) == _ORDINAL_BYTES + _NUMBER_BYTES, f"the key {key!r} of a change record"
    return int.from_bytes(key[_ORDINAL_BYTES:], "big")
