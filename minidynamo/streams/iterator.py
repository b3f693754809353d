"""Shard iterators: opaque texts that name a place in a shard for a quarter of an hour.

<stream ARN>|1|base64(msgpack([ordinal of the shard, sequence number, may skip what is trimmed, made at]))
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime

import msgpack

from minidynamo.errors import ExpiredIterator, ValidationError
from minidynamo.limits import SHARD_ITERATOR_SECONDS

_INVALID = "Invalid ShardIterator"


@dataclass(frozen=True, slots=True)
class ShardIterator:
    """A place in a shard.

    Attributes:
        arn: of the stream.
        ordinal: of the shard.
        number: the sequence number to go on from.
        skips_trimmed: whether it begins with the oldest record there is, whichever that is.
        made_at: when it was made, in epoch seconds.
    """

    arn: str
    ordinal: int
    number: int
    skips_trimmed: bool
    made_at: float

    @property
    def text(self) -> str:
        """The iterator as the API gives it."""
        ordinal, number = self.ordinal, self.number
        assert 0 <= ordinal < 2**32 and 0 <= number < 2**63, f"no iterator can name number {number} of shard {ordinal}"
        packed = msgpack.packb([ordinal, number, self.skips_trimmed, self.made_at])
        return f"{self.arn}|1|{base64.b64encode(packed).decode()}"


def read_iterator(text: str, now: float) -> ShardIterator:
    """The iterator of a text.

    Raises:
        ValidationError: it is none.
        ExpiredIterator: it is too old.
    """
    arn, _, rest = text.partition("|1|")
    try:
        ordinal, number, skips_trimmed, made_at = msgpack.unpackb(base64.b64decode(rest, validate=True))
        types = (type(ordinal), type(number), type(skips_trimmed), type(made_at))
    except (binascii.Error, ValueError, TypeError, msgpack.UnpackException):
        raise ValidationError(_INVALID) from None
    if types != (int, int, bool, float) or not (0 <= ordinal < 2**32 and 0 <= number < 2**63 and arn):
        raise ValidationError(_INVALID)
    # One from far ahead would never expire; a clock may have been set back a little.
    if not (0 <= made_at <= now + SHARD_ITERATOR_SECONDS):
        raise ValidationError(_INVALID)
    if now > made_at + SHARD_ITERATOR_SECONDS:
        raise ExpiredIterator(
            f"Iterator expired. The iterator was created at time {_date(made_at)} while right now it is {_date(now)}"
        )
    return ShardIterator(arn, ordinal, number, skips_trimmed, made_at)


def _date(time: float) -> str:
    try:
        return datetime.fromtimestamp(time, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")
    except (OverflowError, ValueError, OSError):
        return str(time)
