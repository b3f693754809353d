"""What transactions share: what they cost, and the reasons for which they are cancelled."""

from __future__ import annotations

from collections.abc import Sequence

from minidynamo.errors import (
    ConditionalCheckFailed,
    DuplicateItem,
    DynamoError,
    ItemCollectionSizeLimitExceeded,
    TransactionCanceled,
    ValidationError,
)
from minidynamo.messages import TRANSACTION_DUPLICATE_ITEM
from minidynamo.values.api_types import Response
from minidynamo.wording import Layers, Wording


class CallFault(ValidationError):
    """A fault of a statement that the whole transaction is refused for, and not cancelled."""

    def of_statement(self, index: int) -> ValidationError:
        """The error of the transaction, of which the statement is the `index`th, counted from 0."""
        return ValidationError(f"Validation failed in TransactStatements[{index}]: {self.text_2025}")


TABLE_FACTOR = 2.0  # A transaction consumes twice the units on tables, not on indexes.


def refuse_same_items(places: Sequence[tuple[str, bytes]]) -> None:
    """Refuses a transaction with two actions on one item, which lies in a table under its key bytes."""
    found = [place for place in places if place[1]]
    if len(set(found)) < len(found):
        raise ValidationError(TRANSACTION_DUPLICATE_ITEM)


def cancelled(errors: list[DynamoError | None], wording: Wording, layers: Layers) -> TransactionCanceled:
    """The error of a transaction with the errors of its actions; None for those that have none.

    Structure:
        wording, layers: how the errors of the operation read.
    """
    return TransactionCanceled([_reason(error, wording, layers) for error in errors])


def _reason(error: DynamoError | None, wording: Wording, layers: Layers) -> Response:
    if error is None:
        return {"Code": "None"}
    if isinstance(error, ConditionalCheckFailed):
        return {"Code": "ConditionalCheckFailed", "Message": error.message, **error.members}
    if isinstance(error, ItemCollectionSizeLimitExceeded):
        return {"Code": "ItemCollectionSizeLimitExceeded", "Message": "Collection size exceeded."}
    if isinstance(error, DuplicateItem):
        return {"Code": "DuplicateItem", "Message": error.message}
    text = wording.render(error, layers) if isinstance(error, ValidationError) else error.message
    return {"Code": "ValidationError", "Message": text}
