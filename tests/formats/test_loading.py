"""Putting records into a table: order, refusals, and patience with an endpoint that asks for it."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

import minidynamo
from minidynamo import Database, Fault, FaultSchedule
from minidynamo.errors import DynamoError, Throttling
from minidynamo.formats import patience
from minidynamo.formats.dumping import scanned_items
from minidynamo.formats.loading import LoadReport, load_records
from minidynamo.formats.records import Record
from minidynamo.formats.short_tables import create_table_request
from minidynamo.values.api_types import Request, Response


@pytest.fixture
def table(database: Database) -> Database:
    database.execute("CreateTable", create_table_request("Items", {"key": ["id S"]}))
    return database


def records(ids: Iterable[str]) -> list[Record]:
    return [Record(n, {"id": {"S": each}, "n": {"N": str(n)}}) for n, each in enumerate(ids, start=1)]


def loaded(database: Database) -> dict[str, int]:
    return {item["id"]["S"]: int(item["n"]["N"]) for item in scanned_items(database, "Items")}


def test_of_equal_keys_the_last_stays(table: Database) -> None:
    """In one batch, which the service refuses as a whole, and from batch to batch."""
    ids = [f"k{n % 20}" for n in range(60)]
    report = LoadReport()
    assert load_records(table, "Items", records(ids), report)
    assert loaded(table) == {f"k{n}": 41 + n for n in range(20)}
    assert (report.item_count, report.bad_count) == (60, 0)


def test_a_refusal_is_of_one_record(table: Database) -> None:
    """The others of its batch are put."""
    report = LoadReport()
    assert load_records(table, "Items", records(["a", "", "b", "x" * 3_000, "c"]), report)
    assert loaded(table) == {"a": 1, "b": 3, "c": 5}
    assert [number for number, _ in report.bad_lines] == [2, 4]


def test_a_refusal_of_the_table_ends_it(database: Database) -> None:
    """No record is bad for it."""
    report = LoadReport()
    with pytest.raises(DynamoError, match="Requested resource not found"):
        load_records(database, "Items", records(["a", "b"]), report)
    assert (report.answered_count, report.bad_lines) == (0, [])


def test_what_was_left_over_is_sent_again(table: Database) -> None:
    """And what was throttled."""
    schedule = FaultSchedule([Fault("unprocessed", at=1), Fault("throttled", at=2), Fault("throttled", at=4)])
    report = LoadReport()
    with minidynamo.simulate(table, schedule=schedule) as simulated:
        assert load_records(simulated, "Items", records(f"k{n}" for n in range(60)), report)
        simulated.faults.switch_off()
        assert loaded(simulated) == {f"k{n}": n + 1 for n in range(60)}
    assert (report.item_count, report.bad_count) == (60, 0)


class Busy:
    """An endpoint that does nothing at all."""

    def execute(self, operation: str, request: Request) -> Response:
        if operation == "BatchWriteItem":
            return {"UnprocessedItems": request["RequestItems"]}
        raise Throttling("not now")


def test_patience_ends() -> None:
    """After a minute of waiting, ever longer."""
    slept: list[float] = []
    with pytest.raises(Throttling, match="1 items of a batch were left unprocessed for 60 seconds"):
        patience.write_batch(Busy(), "Items", [{"PutRequest": {}}], slept.append)
    assert slept[:4] == [0.05, 0.1, 0.2, 0.4]
    assert 60 <= sum(slept) <= 65
    with pytest.raises(Throttling, match="not now"):
        patience.execute_patiently(Busy(), "PutItem", {}, slept.append)
    assert 120 <= sum(slept) <= 130
