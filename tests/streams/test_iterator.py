"""Shard iterators as texts: each is read again for a quarter of an hour, and nothing else is one."""

from __future__ import annotations

import base64
import math
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minidynamo.errors import ExpiredIterator, ValidationError
from minidynamo.streams.iterator import ShardIterator, read_iterator

ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/tbl/stream/2023-11-14T22:13:20.000"
NOW = 1_700_000_000.0


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**63 - 1), st.booleans())
def test_its_text_is_read_again(ordinal: int, number: int, skips_trimmed: bool) -> None:
    iterator = ShardIterator(ARN, ordinal, number, skips_trimmed, NOW)
    assert read_iterator(iterator.text, NOW) == iterator


def test_it_holds_for_a_quarter_of_an_hour() -> None:
    iterator = ShardIterator(ARN, 0, 1, False, NOW)
    assert read_iterator(iterator.text, NOW + 900) == iterator
    with pytest.raises(ExpiredIterator, match="at time Tue Nov 14 22:13:20 UTC 2023 while right now it is Tue"):
        read_iterator(iterator.text, NOW + 901)


def text_of(*fields: Any, arn: str = ARN) -> str:
    return f"{arn}|1|{base64.b64encode(msgpack.packb(fields)).decode()}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        f"{ARN}|1|",
        f"{ARN}|1|%%%",
        f"{ARN}|2|{base64.b64encode(msgpack.packb([0, 1, False, NOW])).decode()}",
        text_of(0, 1, False),
        text_of(0, 1, False, NOW, 5),
        text_of("0", 1, False, NOW),
        text_of(True, 1, False, NOW),
        text_of(0, 1, 0, NOW),
        text_of(0, 1, False, 5),
        text_of(0, 1, False, math.nan),
        text_of(0, 1, False, math.inf),
        text_of(0, 1, False, -math.inf),
        text_of(0, 1, False, NOW + 1_000),
        text_of(-1, 1, False, NOW),
        text_of(2**32, 1, False, NOW),
        text_of(0, 2**63, False, NOW),
        text_of(0, 1, False, NOW, arn=""),
    ],
)
def test_what_is_no_iterator_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="Invalid ShardIterator"):
        read_iterator(text, NOW)
