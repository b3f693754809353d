"""The state machine: it finds programs that count twice, and lets sound ones be."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

import minidynamo
from minidynamo import DynamoError
from minidynamo.testing import DynamoDBStateMachine, items
from tests.testing.kit_tables import COUNTER, KEYS, SCHEMA, STREAMING, TABLE, minimal


def failing_machine(machine: type[DynamoDBStateMachine]) -> str:
    """What Hypothesis reports of the machine's smallest failure."""
    with pytest.raises(AssertionError) as raised:
        run_state_machine_as_test(machine, settings=settings(minimal, max_examples=400, stateful_step_count=8))
    return "\n".join([str(raised.value), *getattr(raised.value, "__notes__", ())])


class Retrying(DynamoDBStateMachine):
    """An application that adds one, and tries again where it gets an error."""

    tables = TABLE
    profile = "stormy"
    count = 0

    @rule()
    def add_one(self) -> None:
        for _ in range(20):
            try:
                self.database.execute("UpdateItem", {"TableName": "tbl", "Key": KEYS[1], **COUNTER})
                break
            except DynamoError:
                pass
        self.count += 1

    @invariant()
    def it_counts_right(self) -> None:
        if self.count:
            assert [item["n"]["N"] for item in self.items("tbl")] == [str(self.count)]


def test_a_machine_finds_a_retry_that_counts_twice() -> None:
    report = failing_machine(Retrying)
    assert "Faults of this run: minidynamo.simulate(..., schedule=FaultSchedule([Fault(" in report
    _, _, drawn = report.partition("Faults of this run: ")
    assert drawn.count("Fault('") == 1 and report.count("state.add_one()") == 1
    history = report
    assert any(f"Fault('{kind}'" in report for kind in ("response_lost", "connection_lost_after", "timed_out"))
    assert ": spec/faults/" in history


class Handling(DynamoDBStateMachine):
    """An application whose handler counts changes, and does not expect one twice."""

    tables = STREAMING
    profile = minidynamo.Profile(duplicate_delivery=0.5)
    count = seen = 0

    def begin(self) -> None:
        def handler(event: Any, context: Any) -> None:
            self.seen += len(event["Records"])

        self.database.on_stream("tbl", handler)

    @rule()
    def put(self) -> None:
        self.count += 1
        item = {"pk": {"S": "a"}, "sk": {"N": str(self.count)}}
        self.client.put_item(TableName="tbl", Item=item)

    @invariant()
    def every_change_was_seen_once(self) -> None:
        assert self.seen == self.count


def test_a_machine_finds_a_handler_that_counts_twice() -> None:
    report = failing_machine(Handling)
    assert "FaultSchedule([Fault('duplicate_delivery')])" in report


class Sound(DynamoDBStateMachine):
    """An application of nothing but puts that are tried again, against the reference model."""

    tables = TABLE
    answers_boto3 = True

    @rule(item=items(SCHEMA))
    def put(self, item: Any) -> None:
        self.database.faults.switch_off("control_limit")
        for _ in range(30):
            try:
                self.database.execute("PutItem", {"TableName": "tbl", "Item": item})
                break
            except DynamoError:
                pass
        self.model["tbl"].put(item)

    @invariant()
    def it_holds_what_the_model_holds(self) -> None:
        if hasattr(self, "model"):
            model = self.model["tbl"]
            for index in (None, "by_g", "by_h", "by_l"):
                found = sorted(map(model.identity, self.items("tbl", index)))
                assert found == sorted(map(model.identity, model.entries(index)))


TestSound = Sound.TestCase
TestSound.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)
