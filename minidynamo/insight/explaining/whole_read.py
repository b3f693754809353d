"""All pages of a Query or Scan, read one after the other on the shadow, within a bound."""

from __future__ import annotations

from dataclasses import dataclass, replace

from minidynamo.insight.explaining.rehearsal import Rehearsal
from minidynamo.operations.context import OperationContext
from minidynamo.tables.capacity import read_units
from minidynamo.values.api_types import Request
from minidynamo.values.records import checked_record, record_size_bytes

_PAGES_MAX = 8


@dataclass(slots=True)
class WholeRead:
    """What all pages come to, or the first eight of them.

    Attributes:
        pages: how many were read.
        items_read, items_kept: before and after the filter.
        units: that they take.
        kept_bytes: the size of the items that were kept, where they were shown.
        is_whole: whether these were all pages.
    """

    pages: int = 0
    items_read: int = 0
    items_kept: int = 0
    units: float = 0.0
    kept_bytes: int = 0
    is_whole: bool = True

    def first(self, count: int) -> WholeRead:
        """The same where no more than some items are kept."""
        if self.items_kept <= count:
            return self
        size = self.kept_bytes * count // self.items_kept
        return replace(self, items_kept=count, kept_bytes=size, is_whole=True)

    def units_of_kept(self, is_consistent: bool) -> float:
        """What reading those alone that were kept would take, if they lay together."""
        return read_units(self.kept_bytes, is_consistent)


def read_whole(
    context: OperationContext, operation: str, request: Request, first: Rehearsal | None = None
) -> WholeRead:
    """Reads all pages of a request.

    Parameters:
        context: the database.
        operation: Query or Scan.
        request: its members.
        first: its first page, where that was read already.

    Raises:
        DynamoError: the request is wrong.
    """
    found = WholeRead()
    page = first or Rehearsal(context, operation, request)
    while True:
        response = page.response
        assert response is not None, f"{operation} has no outcome but its answer"
        found.pages += 1
        found.units += page.units
        found.items_read += response["ScannedCount"]
        found.items_kept += response["Count"]
        items = response.get("Items", ())
        found.kept_bytes += sum(record_size_bytes(checked_record(item)[1]) for item in items)
        key = response.get("LastEvaluatedKey")
        # Who asks for a number of items is done with them.
        if key is None or request.get("Limit") is not None:
            return found
        if found.pages == _PAGES_MAX:
            found.is_whole = False
            return found
        page = Rehearsal(context, operation, {**request, "ExclusiveStartKey": key})
