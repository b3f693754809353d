"""A request carried out on an overlay of a database: everything is as it would be, and nothing is written."""

from __future__ import annotations

from minidynamo.arguments import require
from minidynamo.errors import (
    ConditionalCheckFailed,
    DuplicateItem,
    DynamoError,
    TransactionCanceled,
    ValidationError,
)
from minidynamo.metrics.asked_capacity import ALL_INDEXES, Consumed, asking_for_all, take_consumed
from minidynamo.operations.context import OperationContext
from minidynamo.operations.overlays import KeySpan, Overlay
from minidynamo.operations.perform import perform
from minidynamo.requests.operations import BATCH, ITEM, PAGES, STATEMENT, TRANSACTION, named
from minidynamo.tables.changes import WriteBatch
from minidynamo.values.api_types import Request, Response

EXPLAINED = named(subjects=(ITEM, BATCH, TRANSACTION, PAGES, STATEMENT))
# What a request may come to that is right as it is: the present state forbids it.
_OUTCOMES = (ConditionalCheckFailed, DuplicateItem, TransactionCanceled)


class Rehearsal:
    """A request, and what it would come to.

    Parameters:
        context: the database; its lock is held meanwhile.
        operation: the API name.
        request: its members.

    Attributes:
        response: the answer; None where the present state forbids it.
        error: why it does; None where it does not.
        consumed: the units that it takes, by table and index.
        overlay: what it was carried out on: what was read, and how much in which partition.
        batches: what it would have committed.

    Raises:
        DynamoError: the request is wrong, in the service's words.
    """

    def __init__(self, context: OperationContext, operation: str, request: Request) -> None:
        require_explained(operation)
        self.operation, self.request = operation, request
        self.response: Response | None = None
        self.error: DynamoError | None = None
        self.consumed: list[Consumed] = []
        self.overlay = _Watching(context)
        self.batches: list[WriteBatch] = self.overlay.batches
        try:
            self.response = perform(self.overlay, operation, asking_for_all(operation, request))
        except _OUTCOMES as error:
            self.error = error
        else:
            self.consumed = take_consumed(operation, request, self.response, ALL_INDEXES)

    @property
    def spans(self) -> list[KeySpan]:
        """The stretches of keys that were read."""
        return self.overlay.spans

    @property
    def units(self) -> float:
        """All units together."""
        return sum(each.units for each in self.consumed)


class _Watching(Overlay):
    """An overlay that keeps what would have been committed."""

    def __init__(self, context: OperationContext) -> None:
        super().__init__(context)
        self.batches: list[WriteBatch] = []

    def commit(self, batch: WriteBatch) -> None:
        super().commit(batch)
        self.batches.append(batch)


def require_explained(operation: str) -> None:
    """Raises ValidationError for an operation that reads and writes no items."""
    require(isinstance(operation, str), "explain", "the API name of an operation, such as 'Query'", operation)
    if operation not in EXPLAINED:
        text = f"{operation} cannot be explained: explain takes {', '.join(sorted(EXPLAINED))}"
        raise ValidationError(text)
