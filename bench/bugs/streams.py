"""Bugs of handlers of streams."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from bench.bugs.base import BuggyApplication
from minidynamo.formats.short_tables import create_table_request

_STREAMED = create_table_request(
    "Things",
    {"key": ["id S"], "extra": {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}}},
)
_names = st.sampled_from("abc")


class DuplicateDelivery(BuggyApplication):
    """Counts each record it is handed, and takes that for the number of writes."""

    tables = _STREAMED
    title = "a record that is delivered twice counts twice"
    least = (1, 1)

    def begin(self) -> None:
        self.sent = self.counted = 0
        self.database.on_stream("Things", self._count)

    def _count(self, event: Any, context: Any) -> None:
        self.counted += len(event["Records"])

    @rule(name=_names)
    def send(self, name: str) -> None:
        if self.attempt(lambda: (self.put(name, number=self.step_count),)) is None:
            self.sent += int((self.really(name) or {}).get("number", 0) == self.step_count)
        else:
            self.sent += 1

    @invariant()
    def no_more_are_counted_than_sent(self) -> None:
        if hasattr(self, "sent"):
            assert self.counted <= self.sent


class OrderAcrossItems(BuggyApplication):
    """Has its changes handled in parallel, and expects them in the order in which they were made."""

    tables = _STREAMED
    title = "order is assumed across items"
    least = (1, 0)

    def begin(self) -> None:
        self.sent: list[int] = []
        self.handled: list[int] = []
        self.database.on_stream("Things", self._handle, ParallelizationFactor=4)

    def _handle(self, event: Any, context: Any) -> None:
        self.handled += [int(record["dynamodb"]["NewImage"]["number"]["N"]) for record in event["Records"]]

    @rule(names=st.permutations("abc"))
    def send_two(self, names: list[str]) -> None:
        def send() -> None:
            for name in names[:2]:
                self.sent.append(len(self.sent))
                self.put(name, number=self.sent[-1])

        self.attempt(send)

    @invariant()
    def numbers_come_in_order(self) -> None:
        if hasattr(self, "handled"):
            firsts = list(dict.fromkeys(self.handled))
            assert firsts == sorted(firsts)
