"""Repairing what a verification has found: items are put as they are at the source, or deleted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Literal, NamedTuple

from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.moving.differences import Difference, compared
from minidynamo.moving.pace import Pace
from minidynamo.moving.sides import Side

_AT_ONCE = 16


class Repaired(NamedTuple):
    """What a repair has done.

    Attributes:
        put_count, deleted_count: how many items it has put and deleted.
    """

    put_count: int
    deleted_count: int


def repair(differences: Sequence[Difference], source: Side, target: Endpoint, table_name: str, pace: Pace) -> Repaired:
    """Makes the items of a target what they are at the source now.

    Parameters:
        differences: what differs.
        source: where the items are read.
        target, table_name: where they are written.
        pace: of the writes.

    Returns:
        What it has done; all of them are right now.

    Raises:
        DynamoError: of either side.
    """
    # What was made anonymous cannot be looked up by its key: whether it has come since is asked of all items at once.
    unknown = {source.target_digest(each.key) for each in differences if each.source_key is None}
    come = source.keys_of(unknown)
    left = [each for each in differences if each.source_key is not None or source.target_digest(each.key) not in come]
    with ThreadPoolExecutor(_AT_ONCE, "minidynamo repair") as pool:
        done = Counter(pool.map(partial(_repair_one, source, target, table_name, pace), left))
    return Repaired(done["put"], done["deleted"])


def _repair_one(
    source: Side, target: Endpoint, table_name: str, pace: Pace, difference: Difference
) -> Literal["", "put", "deleted"]:
    """Makes one item what it is at the source now, unless it is so by now; what that took."""
    item = None if difference.source_key is None else source.current(difference.source_key)
    expected = None if item is None else source.edit(item)
    request = {"TableName": table_name, "Key": difference.key}
    actual = pace.execute(target, "GetItem", {**request, "ConsistentRead": True}).get("Item")
    if compared(expected, actual) is None:
        return ""
    if expected is None:
        pace.execute(target, "DeleteItem", request)
        return "deleted"
    pace.execute(target, "PutItem", {"TableName": table_name, "Item": expected})
    return "put"
