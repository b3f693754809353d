"""What a plan says: units and dollars as one computes them by hand, and what is in the way."""

from __future__ import annotations

from pathlib import Path

import pytest

import minidynamo
from minidynamo import Database
from minidynamo.exports.files import Folder
from minidynamo.moving.move import Move, MoveSettings
from minidynamo.moving.places import Place
from minidynamo.moving.planning import TablePlan, plan_of
from minidynamo.prices.price_list import PriceList
from tests.exports.written_exports import write_songs
from tests.moving.moved_tables import NAME, AmazonPlace, copied, make_things, move_of, put, thing

PRICES = PriceList(
    "2024-11-14",
    "USD",
    {
        "on_demand": {"write_units": 1_000_000.0, "read_units": 100_000.0},
        "storage": {"standard": 1024.0},
        "regions": {"us-east-1": 1.0, "eu-west-1": 2.0},
    },
)
GSI = {
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by_text",
            "KeySchema": [{"AttributeName": "text", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "AttributeDefinitions": [{"AttributeName": each, "AttributeType": "S"} for each in ("id", "text")],
}


def planned(source: Place, target: Place, journal: Path, **settings: object) -> TablePlan:
    return plan_of(Move(source, target, journal, MoveSettings(**settings)), NAME, PRICES)  # type: ignore[arg-type]


def fill(database: Database, count: int, size_bytes: int) -> None:
    """Puts items of exactly that size: the names "id" and "text" take six bytes, and the id two."""
    for number in range(count):
        put(database, thing(f"{number:02}", "x" * (size_bytes - 8)))


def test_units_and_dollars(source: Database, target: Database, journal: Path) -> None:
    """Eight items of 1,500 bytes: 12,000 bytes are 2.93 units of 4 KB to read, and 16 units of 1 KB to write."""
    fill(source, 8, 1_500)
    plan = planned(AmazonPlace("a", source), AmazonPlace("b", target), journal)
    assert (plan.name, plan.item_count, plan.size_bytes) == (NAME, 8, 12_000)
    assert plan.copying.read_units == pytest.approx(12_000 / 4_096)
    assert plan.copying.write_units == 16
    assert plan.copying.dollars == pytest.approx(12_000 / 4_096 * 0.1 + 16 * 1.0)
    assert plan.verifying.read_units == pytest.approx(2 * 12_000 / 4_096)
    assert plan.verifying.dollars == pytest.approx(2 * 12_000 / 4_096 * 0.1)
    assert plan.monthly == pytest.approx(12_000 / 1024**2)


def test_eventual_reads_cost_half(source: Database, target: Database, journal: Path) -> None:
    fill(source, 8, 1_024)
    plan = planned(AmazonPlace("a", source), AmazonPlace("b", target), journal, is_eventual=True)
    assert (plan.copying.read_units, plan.verifying.read_units) == (1.0, 2.0)


def test_entries_of_indexes_are_written_as_well(target: Database, journal: Path) -> None:
    """Three items of 500 bytes, and their three entries: six units."""
    with minidynamo.connect() as source:
        make_things(source, **GSI)
        fill(source, 3, 500)
        assert planned(AmazonPlace("a", source), AmazonPlace("b", target), journal).copying.write_units == 6


def test_the_region_says_what_it_costs(journal: Path) -> None:
    with minidynamo.connect(region="eu-west-1") as source, minidynamo.connect() as target:
        make_things(source)
        fill(source, 4, 1_024)
        plan = planned(AmazonPlace("a", source), Place("b", target), journal)
        assert plan.copying.dollars == pytest.approx(2 * 0.1)


def test_only_what_is_amazons_costs_money(source: Database, target: Database, journal: Path) -> None:
    fill(source, 8, 1_500)
    plan = planned(Place("a", source), AmazonPlace("b", target), journal)
    assert plan.copying.dollars == pytest.approx(16)
    plan = planned(Place("a", source), Place("b", target), journal)
    assert (plan.copying.dollars, plan.verifying.dollars, plan.monthly) == (0, 0, 0)


def test_an_empty_table_costs_nothing(source: Database, target: Database, journal: Path) -> None:
    plan = planned(AmazonPlace("a", source), AmazonPlace("b", target), journal)
    assert (plan.copying.dollars, plan.verifying.dollars, plan.monthly, plan.seconds) == (0, 0, 0, 0)


def test_how_long_it_takes(target: Database, journal: Path) -> None:
    """Nine items of 2 KB are 18 units, at 3 units a second, where the target is Amazon's; 3,000 items a second else."""
    throughput = {"ReadCapacityUnits": 3, "WriteCapacityUnits": 3}
    with minidynamo.connect() as source:
        make_things(source, BillingMode="PROVISIONED", ProvisionedThroughput=throughput)
        fill(source, 9, 2_000)
        assert planned(Place("a", source), AmazonPlace("b", target), journal).seconds == 6
        assert planned(Place("a", source), Place("b", target), journal).seconds == pytest.approx(9 / 3_000)


def findings(plan: TablePlan) -> dict[str, bool]:
    return {each.what: each.is_grave for each in plan.findings}


def test_nothing_is_in_the_way_of_a_simple_table(source: Database, target: Database, journal: Path) -> None:
    plan = planned(Place("a", source), Place("b", target), journal)
    assert (plan.can_follow, plan.findings) == (True, [])


def test_a_table_without_a_stream_cannot_be_followed(target: Database, journal: Path) -> None:
    with minidynamo.connect() as source:
        make_things(source, StreamSpecification=None)
        plan = planned(Place("a", source), Place("b", target), journal)
        assert (plan.can_follow, findings(plan)) == (False, {"no stream": False})


def test_more_than_a_day_is_too_long_for_a_stream(target: Database, journal: Path) -> None:
    throughput = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    with minidynamo.connect() as source:
        make_things(source, BillingMode="PROVISIONED", ProvisionedThroughput=throughput)
        for number in range(225):
            put(source, thing(f"{number:03}", "x" * 400_000))
        plan = planned(Place("a", source), AmazonPlace("b", target), journal)
        assert findings(plan)["copying takes more than a day"]


def test_what_is_at_the_target_already_is_told(source: Database, target: Database, journal: Path) -> None:
    put(source, thing("a"))
    copied(move_of(source, target, journal))
    plan = planned(Place("a", source), Place("b", target), journal.with_name("other.json"))
    assert findings(plan) == {"1 items at the target": False}


def test_an_export_as_target_forgets_the_definition(source: Database, journal: Path, tmp_path: Path) -> None:
    plan = planned(Place("a", source), Place("b", files=Folder(tmp_path)), journal)
    assert findings(plan) == {"indexes, stream, time to live, tags and policy": False}
    assert plan.copying.write_units == 0


def test_an_export_as_source_does_not_tell_the_key(target: Database, journal: Path, tmp_path: Path) -> None:
    """And nothing of what came after it."""
    write_songs(Folder(tmp_path))
    plan = planned(Place("a", files=Folder(tmp_path)), Place("b", target), journal)
    assert (plan.item_count, plan.can_follow, plan.copying.dollars) == (5, False, 0)
    assert findings(plan) == {"the table at the target": True, "changes since the export": False}
    make_things(target)
    plan = planned(Place("a", files=Folder(tmp_path)), Place("b", target), journal)
    assert findings(plan) == {"changes since the export": False}
