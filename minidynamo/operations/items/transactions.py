"""What TransactGetItems and TransactWriteItems share: what they cost, and the reasons for which they are cancelled."""

from __future__ import annotations

from typing import Any

from minidynamo.errors import ConditionalCheckFailed, DynamoError, ItemCollectionSizeLimitExceeded, ValidationError

TABLE_FACTOR = 2.0  # A transaction consumes twice the units on tables, not on indexes.


def reasons_of(faults: list[DynamoError | None]) -> list[dict[str, Any]]:
    """The cancellation reasons of some actions; None for those that are not at fault."""
    return [_reason(fault) for fault in faults]


def _reason(fault: DynamoError | None) -> dict[str, Any]:
    if fault is None:
        return {"Code": "None"}
    if isinstance(fault, ConditionalCheckFailed):
        return {"Code": "ConditionalCheckFailed", "Message": fault.message, **fault.members}
    if isinstance(fault, ItemCollectionSizeLimitExceeded):
        return {"Code": "ItemCollectionSizeLimitExceeded", "Message": "Collection size exceeded."}
    # The actions of transactions are worded by the older layer; where the newer one differs, it refuses them earlier.
    text = fault.text_2025 if isinstance(fault, ValidationError) else fault.message
    return {"Code": "ValidationError", "Message": text}
