"""Where items come from: the segments of a table, or the parts of an export, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple, Protocol

from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.exports.exports import Export
from minidynamo.moving.pace import Pace
from minidynamo.values.api_types import JsonValue, RequestDraft
from minidynamo.values.attribute_value import Item
from minidynamo.values.json_form import from_json, item_to_json

_EXPORT_PAGE_ITEMS = 1_000


class ItemPage(NamedTuple):
    """Some items, and behind what to go on.

    Attributes:
        items: the items.
        after: what `ItemSource.pages` takes to go on behind them, in JSON; None where they are the last ones.
    """

    items: list[Item]
    after: JsonValue


class ItemSource(Protocol):
    """A table, or what has been exported of one.

    Attributes:
        segments: their names; they can be read by several threads.
        item_count: about how many items there are, 0 where that is not known.
    """

    segments: list[str]
    item_count: int

    def pages(self, segment: str, after: JsonValue = None) -> Iterator[ItemPage]:
        """The items of a segment, behind those before `after`."""
        ...


class TableSource:
    """The items of a table.

    Parameters:
        endpoint, table_name: the table.
        segment_count: in how many segments it is read.
        is_consistent: whether reads are strongly consistent, which cost twice as much.
        pace: of the reads.
        item_count: about how many items there are.
    """

    def __init__(
        self, endpoint: Endpoint, table_name: str, segment_count: int, is_consistent: bool, pace: Pace, item_count: int
    ) -> None:
        assert segment_count >= 1, f"{table_name} is read in {segment_count} segments"
        self._endpoint, self._pace = endpoint, pace
        self._request: RequestDraft = {
            "TableName": table_name,
            "ConsistentRead": is_consistent,
            "TotalSegments": segment_count,
        }
        self.segments = [f"{number}/{segment_count}" for number in range(segment_count)]
        self.item_count = item_count

    def pages(self, segment: str, after: JsonValue = None) -> Iterator[ItemPage]:
        """The items of a segment; `after` is a key."""
        request = {**self._request, "Segment": int(segment.partition("/")[0])}
        while True:
            if after is not None:
                request["ExclusiveStartKey"] = {name: from_json(value) for name, value in after.items()}
            response = self._pace.execute(self._endpoint, "Scan", request)
            key = response.get("LastEvaluatedKey")
            after = None if key is None else item_to_json(key)
            yield ItemPage(response["Items"], after)
            if after is None:
                return


class ExportSource:
    """The items of an export."""

    def __init__(self, export: Export) -> None:
        self._export = export
        self.segments = list(export.parts)
        self.item_count = export.item_count or 0

    def pages(self, segment: str, after: JsonValue = None) -> Iterator[ItemPage]:
        """The items of a part; `after` is how many come before them."""
        count = int(after or 0)
        assert segment in self.segments, f"{segment} is no part of the export"
        items = self._export.items(segment, count)
        while True:
            page = list(islice(items, _EXPORT_PAGE_ITEMS))
            count += len(page)
            is_last = len(page) < _EXPORT_PAGE_ITEMS
            yield ItemPage(page, None if is_last else count)
            if is_last:
                return
