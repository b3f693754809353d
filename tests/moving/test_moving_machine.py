"""Moves against a model: whatever is written, interrupted, killed and split, the target is what the source is."""

from __future__ import annotations

import threading
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import minidynamo
from minidynamo.endpoints.middleware import Call, Middleware, Proceed
from minidynamo.moving.following import TableFollower
from minidynamo.moving.move import Move
from minidynamo.values.api_types import Response
from minidynamo.values.attribute_value import Item
from tests.moving.moved_tables import (
    NAME,
    copied,
    delete,
    followed,
    items_of,
    kinds_of,
    make_things,
    move_of,
    put,
    thing,
    verified,
)

NAMES = st.integers(0, 30).map(lambda number: f"thing {number}")
TEXTS = st.sampled_from(["short", "other", "x" * 700, "y" * 900])


class SmallPages(Middleware):
    """Gives three items in a page of a Scan, and five records in one of a shard."""

    def execute(self, call: Call, proceed: Proceed) -> Response:
        limit = {"Scan": 3, "GetRecords": 5}.get(call.operation)
        return proceed(call.operation, call.request if limit is None else {**call.request, "Limit": limit})


class Moves(RuleBasedStateMachine):
    """A source whose partitions split soon, a target, and what the source holds."""

    @initialize(segment_count=st.integers(1, 4))
    def open(self, segment_count: int) -> None:
        self.folder = TemporaryDirectory()
        self.source, self.target = minidynamo.connect(partition_size=4_000), minidynamo.connect()
        make_things(self.source)
        self.source.use(SmallPages())
        self.model: dict[str, Item] = {}
        self.segment_count = segment_count
        self.follower: TableFollower | None = None
        self.is_copied = False
        self.serial = 0
        self.reopen()

    def reopen(self) -> None:
        path = Path(self.folder.name) / "move.json"
        self.move: Move = move_of(self.source, self.target, path, segment_count=self.segment_count)

    @rule(name=NAMES, text=TEXTS)
    def write(self, name: str, text: str) -> None:
        """Each item holds something that no other has ever held."""
        self.serial += 1
        self.model[name] = thing(name, text, serial=str(self.serial))
        put(self.source, self.model[name])

    @rule(first=st.integers(0, 25), text=TEXTS)
    def write_many(self, first: int, text: str) -> None:
        for number in range(first, first + 6):
            self.write(f"thing {number}", text)

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        delete(self.source, name)
        self.model.pop(name, None)

    @rule(page_count=st.integers(0, 4))
    def copy_a_bit(self, page_count: int) -> None:
        left, lock = iter(range(page_count)), threading.Lock()

        def goes_on() -> bool:
            with lock:
                return next(left, None) is not None

        self.is_copied = self.move.copy(self.move.prepare(NAME), goes_on)

    @rule(is_noted=st.booleans())
    def kill(self, is_noted: bool) -> None:
        """Of what is not urgent the journal may not know."""
        if is_noted:
            self.move.journal.note(is_urgent=True)
        self.stop_following()
        self.reopen()

    @rule()
    def follow_a_step(self) -> None:
        if not self.is_copied:  # No precondition: which segment got the pages depends on threads.
            return
        if self.follower is None:
            self.follower = self.move.follower(self.move.required_facts(NAME))
        self.follower.step()

    @invariant()
    def the_source_is_the_model(self) -> None:
        if hasattr(self, "source"):
            assert items_of(self.source) == self.model

    def stop_following(self) -> None:
        if self.follower is not None:
            self.follower.close()
            self.follower = None

    def plant(self) -> dict[str, str]:
        """One difference of each kind that there is room for; how they have to be called."""
        planted = {"strange": "extra"}
        put(self.target, thing("strange", "nowhere"))
        names = sorted(self.model)
        if len(names) >= 4:
            lost, changed, doubled, gone = names[:4]
            delete(self.target, lost)
            put(self.target, {**self.model[changed], "text": {"S": "changed"}})
            put(self.target, {**self.model[doubled], "id": {"S": "copy"}})
            delete(self.source, gone)
            del self.model[gone]
            planted |= {lost: "lost", changed: "changed", "copy": "doubled", gone: "resurrected"}
        return planted

    def teardown(self) -> None:
        if not hasattr(self, "source"):
            return
        self.stop_following()
        self.reopen()
        copied(self.move)
        followed(self.move)
        assert items_of(self.target) == self.model
        assert verified(self.move).differences == []
        planted = self.plant()
        assert kinds_of(verified(self.move, repairs=True)) == planted
        assert verified(self.move).differences == []
        assert items_of(self.target) == items_of(self.source) == self.model
        self.source.close()
        self.target.close()
        self.folder.cleanup()


Moves.TestCase.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
TestMoves = Moves.TestCase


class LongMoves(Moves):
    """The same at length."""


LongMoves.TestCase.settings = settings(max_examples=400, stateful_step_count=60, deadline=None)
TestLongMoves = pytest.mark.long(LongMoves.TestCase)
