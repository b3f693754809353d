"""What a statement reads: page by page of the service, screen by screen of a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable

from minidynamo.database.database import Database
from minidynamo.values.api_types import RequestDraft
from minidynamo.values.attribute_value import Item

_LIMIT_MAX = 100_000


class Reading:
    """The items that a statement gives, read as they are wanted.

    Parameters:
        database: what is asked.
        statement: the text.

    Attributes:
        count: of the items read.
        units: capacity consumed; None where it is not told.
        seconds: how long the service took.
        attributes: the names met.
    """

    def __init__(self, database: Database, statement: str) -> None:
        self._database = database
        self._request: RequestDraft = {"Statement": statement, "ReturnConsumedCapacity": "TOTAL"}
        self._held: list[Item] = []
        self._is_over = False
        self.count = 0
        self.units: float | None = None
        self.seconds = 0.0
        self.attributes: dict[str, None] = {}

    @property
    def is_done(self) -> bool:
        """Whether everything has been given."""
        return self._is_over and not self._held

    def part(self) -> list[Item]:
        """What is left of what has been read, or the next page."""
        if not self._held:
            self._read(None)
        return self._given(len(self._held))

    def screen(self, rows: int, rows_of: Callable[[Item], int]) -> list[Item]:
        """As many items as some rows hold, at least one; fewer are all that there are.

        Reads one item more than it gives, so that it is known whether others follow. Where few items are found, ever
        more are looked through.
        """
        assert rows > 0, "a screen has no room for items"
        limit = max(rows + 1 - len(self._held), 1)
        while (fitting := self._fitting(rows, rows_of)) == len(self._held) and not self._is_over:
            self._read(limit)
            limit = min(2 * limit, _LIMIT_MAX)
        return self._given(fitting)

    def _fitting(self, rows: int, rows_of: Callable[[Item], int]) -> int:
        for number, item in enumerate(self._held):
            rows -= rows_of(item)
            if rows < 0:
                return max(number, 1)
        return len(self._held)

    def _given(self, number: int) -> list[Item]:
        assert 0 <= number <= len(self._held), f"{number} items are given of {len(self._held)}"
        given, self._held = self._held[:number], self._held[number:]
        self.count += len(given)
        return given

    def _read(self, limit: int | None) -> None:
        assert not self._is_over, "a statement is read beyond its end"
        if limit is None:
            self._request.pop("Limit", None)
        else:
            self._request["Limit"] = limit
        started = time.perf_counter()
        page = self._database.execute("ExecuteStatement", dict(self._request))
        self.seconds += time.perf_counter() - started
        self._held += page.get("Items", ())
        self.attributes |= dict.fromkeys(name for item in page.get("Items", ()) for name in item)
        if "ConsumedCapacity" in page:
            self.units = (self.units or 0) + page["ConsumedCapacity"]["CapacityUnits"]
        self._is_over = "NextToken" not in page
        if not self._is_over:
            self._request["NextToken"] = page["NextToken"]
