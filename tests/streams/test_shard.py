"""Shards as values: how one is named, shown and kept, and when those of a stream fit its partitions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from minidynamo.limits import SHARD_OPEN_SECONDS_MAX
from minidynamo.streams.change_record import sequence_number, sequence_text
from minidynamo.streams.shard import Shard, is_aligned, new_shard

NOW = 1_700_000_000.0


def opened(ordinal: int, start: bytes = b"", parent: str | None = None, now: float = NOW) -> Shard:
    return new_shard("label", ordinal, parent, start, 100 + ordinal, now)


def test_a_new_shard_is_open_and_has_a_name_of_its_own() -> None:
    shard = opened(0)
    assert shard.is_open
    assert shard.id.startswith("shardId-00000001700000000000-")
    assert len({shard.id, opened(1).id, new_shard("other", 0, None, b"", 100, NOW).id}) == 3
    assert opened(0).id == shard.id


def test_an_open_shard_shows_no_end() -> None:
    shown = opened(0).shown
    assert shown["SequenceNumberRange"] == {"StartingSequenceNumber": "100000000000000000100"}
    assert "ParentShardId" not in shown


def test_a_closed_shard_shows_its_end_and_a_child_its_parent() -> None:
    parent = replace(opened(0), last=120, closed_at=NOW + 1)
    assert not parent.is_open
    assert parent.shown["SequenceNumberRange"]["EndingSequenceNumber"] == "100000000000000000120"
    assert opened(1, parent=parent.id).shown["ParentShardId"] == parent.id


def test_what_is_kept_makes_the_same_shard() -> None:
    shard = replace(opened(3, b"\x80", "parent"), last=7, closed_at=NOW, trimmed=5)
    assert Shard(**shard.stored) == shard


@pytest.mark.parametrize("number", [0, 1, 2**63 - 1])
def test_sequence_numbers_have_21_digits_and_are_read_again(number: int) -> None:
    assert len(sequence_text(number)) == 21
    assert sequence_number(sequence_text(number)) == number


@pytest.mark.parametrize("text", ["", "x", "-1", "1.0", "\u0661"])
def test_what_is_no_sequence_number(text: str) -> None:
    assert sequence_number(text) is None


def test_one_open_shard_per_partition_is_aligned() -> None:
    shards = [opened(1, b"m"), opened(0, b"")]
    assert is_aligned(shards, [b"", b"m"], NOW)
    assert not is_aligned(shards, [b""], NOW)
    assert not is_aligned(shards, [b"", b"m", b"x"], NOW)
    assert not is_aligned(shards, [b"", b"n"], NOW)


def test_closed_shards_do_not_count() -> None:
    closed = replace(opened(0), last=120, closed_at=NOW)
    assert is_aligned([closed, opened(1, b""), opened(2, b"m")], [b"", b"m"], NOW)
    assert not is_aligned([closed], [b""], NOW)


def test_a_shard_is_open_for_four_hours() -> None:
    assert is_aligned([opened(0)], [b""], NOW + SHARD_OPEN_SECONDS_MAX - 1)
    assert not is_aligned([opened(0)], [b""], NOW + SHARD_OPEN_SECONDS_MAX)
