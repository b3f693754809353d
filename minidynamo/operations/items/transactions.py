"""What TransactGetItems and TransactWriteItems share: what they cost, and the reasons for which they are cancelled."""

from __future__ import annotations

from minidynamo.errors import (
    ConditionalCheckFailed,
    DynamoError,
    ItemCollectionSizeLimitExceeded,
    TransactionCanceled,
    ValidationError,
)
from minidynamo.values.api_types import Response
from minidynamo.wording import Layers, Wording

TABLE_FACTOR = 2.0  # A transaction consumes twice the units on tables, not on indexes.


def cancelled(faults: list[DynamoError | None], wording: Wording, layers: Layers) -> TransactionCanceled:
    """The error of a transaction whose actions are at fault; None for those that are not.

    Structure:
        wording, layers: how the errors of the operation read.
    """
    return TransactionCanceled([_reason(fault, wording, layers) for fault in faults])


def _reason(fault: DynamoError | None, wording: Wording, layers: Layers) -> Response:
    if fault is None:
        return {"Code": "None"}
    if isinstance(fault, ConditionalCheckFailed):
        return {"Code": "ConditionalCheckFailed", "Message": fault.message, **fault.members}
    if isinstance(fault, ItemCollectionSizeLimitExceeded):
        return {"Code": "ItemCollectionSizeLimitExceeded", "Message": "Collection size exceeded."}
    text = wording.render(fault, layers) if isinstance(fault, ValidationError) else fault.message
    return {"Code": "ValidationError", "Message": text}
