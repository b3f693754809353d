"""Repairing what a verification has found: items are put as they are at the source, or deleted."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.moving.differences import Difference
from minidynamo.moving.pace import Pace
from minidynamo.moving.sides import Side

_AT_ONCE = 16


def repair(differences: Sequence[Difference], source: Side, target: Endpoint, table_name: str, pace: Pace) -> int:
    """Makes the items of a target what they are at the source now.

    Parameters:
        differences: what differs.
        source: where the items are read.
        target, table_name: where they are written.
        pace: of the writes.

    Returns:
        How many were repaired.

    Raises:
        DynamoError: of either side.
    """
    with ThreadPoolExecutor(_AT_ONCE, "minidynamo repair") as pool:
        return sum(pool.map(partial(_repaired, source, target, table_name, pace), differences))


def _repaired(source: Side, target: Endpoint, table_name: str, pace: Pace, difference: Difference) -> int:
    item = None if difference.source_key is None else source.current(difference.source_key)
    if item is None:
        pace.execute(target, "DeleteItem", {"TableName": table_name, "Key": difference.key})
    else:
        pace.execute(target, "PutItem", {"TableName": table_name, "Item": source.edit(item)})
    return 1
