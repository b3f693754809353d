"""The ledger: what is noted, how it is added up, budgets, bounds, and what is kept in files."""

from __future__ import annotations

from pathlib import Path

import pytest

import minidynamo
from minidynamo import Database, Ledger
from minidynamo.embedded.client import Client
from minidynamo.insight import ledger as ledger_module
from minidynamo.insight.known_tables import DescribedTables
from minidynamo.insight.observed import Observed
from minidynamo.insight.saved import LedgerError
from minidynamo.metrics.asked_capacity import Consumed
from tests.insight.conftest import order

PAID = {
    "KeyConditionExpression": "pk = :p",
    "FilterExpression": "#s = :s",
    "ExpressionAttributeNames": {"#s": "status"},
    "ExpressionAttributeValues": {":p": {"S": "c0"}, ":s": {"S": "paid"}},
}


def here(ledger: Ledger) -> set[str]:
    return {each.place.rpartition(":")[0] for each in ledger.entries}


def test_lines_are_told_by_table_index_and_place(client: Client, shop: Database) -> None:
    with minidynamo.observe(shop) as ledger:
        for number in range(5):
            client.put_item(TableName="Shop", Item=order(number))
        client.query(TableName="Shop", **PAID)
    lines = [(e.operation, e.table, e.index, e.calls, e.units, e.items_read, e.items_kept) for e in ledger.entries]
    assert lines == [
        ("PutItem", "Shop", None, 5, 5.0, 0, 0),
        ("PutItem", "Shop", "by_status", 5, 5.0, 0, 0),
        ("Query", "Shop", None, 1, 3.0, 60, 20),
    ]
    assert here(ledger) == {"tests/insight/test_ledger.py"}


def test_sums_count_each_call_once(client: Client, shop: Database) -> None:
    with minidynamo.observe(shop) as ledger:
        for number in range(5):
            client.put_item(TableName="Shop", Item=order(number))
        client.query(TableName="Shop", **PAID)
    assert [(e.operation, e.calls, e.units) for e in ledger.by_operation()] == [("PutItem", 5, 10.0), ("Query", 1, 3.0)]
    assert [(e.table, e.calls, e.units) for e in ledger.by_table()] == [("Shop", 6, 13.0)]
    assert [(e.index, e.calls) for e in ledger.by_index()] == [(None, 6), ("by_status", 5)]
    assert [e.calls for e in ledger.by_place()] == [5, 1]
    assert (ledger.calls, ledger.read_units, ledger.write_units) == (6, 3.0, 10.0)


def test_a_batch_over_two_tables_is_a_call_of_both(shop: Database) -> None:
    shop.execute("CreateTable", plain_table("Other"))
    put = {"PutRequest": {"Item": {"id": {"S": "1"}}}}
    with minidynamo.observe(shop) as ledger:
        shop.client().batch_write_item(RequestItems={"Other": [put], "Shop": [{"PutRequest": {"Item": order(1)}}]})
    assert {e.table: e.calls for e in ledger.by_table()} == {"Other": 1, "Shop": 1}
    assert ledger.by_operation()[0].calls == ledger.calls == 1


def plain_table(name: str) -> dict[str, object]:
    return {
        "TableName": name,
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }


def test_failures_are_calls_without_units(client: Client, shop: Database) -> None:
    with minidynamo.observe(shop) as ledger, pytest.raises(minidynamo.ClientError):
        client.get_item(TableName="Nowhere", Key={"id": {"S": "1"}})
    (entry,) = ledger.entries
    assert (entry.table, entry.calls, entry.errors, entry.units) == ("Nowhere", 1, 1, 0.0)


def test_callers_see_the_capacity_they_asked_for(client: Client, shop: Database) -> None:
    with minidynamo.observe(shop):
        plain = client.query(TableName="Shop", **PAID)
        total = client.query(TableName="Shop", ReturnConsumedCapacity="TOTAL", **PAID)
    assert "ConsumedCapacity" not in plain
    assert total["ConsumedCapacity"] == {"TableName": "Shop", "CapacityUnits": 3.0}


def test_a_local_index_is_told_apart_from_its_table() -> None:
    database = minidynamo.connect()
    schema = [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}]
    database.execute(
        "CreateTable",
        plain_table("Local")
        | {
            "KeySchema": [*schema[:1], {"AttributeName": "sk", "KeyType": "RANGE"}],
            "AttributeDefinitions": [{"AttributeName": each, "AttributeType": "S"} for each in ("id", "sk", "at")],
            "LocalSecondaryIndexes": [
                {"IndexName": "by_at", "KeySchema": schema, "Projection": {"ProjectionType": "ALL"}}
            ],
        },
    )
    with minidynamo.observe(database) as ledger:
        item = {name: {"S": "1"} for name in ("id", "sk", "at")}
        database.client().put_item(TableName="Local", Item=item)
    assert {e.index: e.write_units for e in ledger.by_index()} == {None: 1.0, "by_at": 1.0}


def test_hot_keys_are_told_by_table_and_index(client: Client, shop: Database) -> None:
    with minidynamo.observe(shop) as ledger:
        for number in (1, 4, 7, 2):
            client.put_item(TableName="Shop", Item=order(number))
        client.query(TableName="Shop", **PAID)
    found = {(each.index, each.key): (each.units, each.calls) for each in ledger.hot_keys()}
    assert found == {
        (None, "c1"): (3.0, 3),
        (None, "c2"): (1.0, 1),
        (None, "c0"): (3.0, 1),
        ("by_status", "open"): (4.0, 4),
    }


def test_requests_of_many_items_divide_their_units_among_keys(shop: Database) -> None:
    keys = [{"pk": {"S": f"c{number % 2}"}, "sk": {"S": f"{number:04}"}} for number in range(4)]
    with minidynamo.observe(shop) as ledger:
        shop.client().batch_get_item(RequestItems={"Shop": {"Keys": keys}})
    assert {each.key: each.units for each in ledger.hot_keys()} == {"c0": 1.0, "c1": 1.0}


def test_a_budget_that_holds_says_nothing(client: Client, shop: Database) -> None:
    with minidynamo.observe(shop) as ledger:
        client.query(TableName="Shop", **PAID)
    ledger.require(max_read_units=3, max_write_units=0, max_units=3, max_calls=1)


def test_a_broken_budget_names_the_dearest_places(client: Client, shop: Database) -> None:
    with minidynamo.observe(shop) as ledger:
        for _ in range(3):
            client.query(TableName="Shop", **PAID)
    with pytest.raises(AssertionError) as raised:
        ledger.require(max_read_units=8, max_calls=2)
    text = str(raised.value)
    assert text.startswith("9 read units, at most 8 allowed; 3 calls, at most 2 allowed; the dearest: Query Shop at ")
    assert text.endswith(" (9 units, 3 calls)")


@pytest.mark.parametrize("bound", [-1, "5", True])
def test_a_budget_is_a_number(bound: object) -> None:
    with pytest.raises(TypeError, match="max_calls takes a number of at least 0"):
        Ledger().require(max_calls=bound)  # type: ignore[arg-type]


def test_a_ledger_prints_as_a_table(client: Client, shop: Database) -> None:
    with minidynamo.observe(shop) as ledger:
        client.query(TableName="Shop", **PAID)
    head, line, sums = str(ledger).splitlines()
    assert head.split() == ["operation", "table", "index", "calls", "units", "read", "kept", "$/M", "calls", "place"]
    assert line.split()[:7] == ["Query", "Shop", "1", "3", "60", "20", "0.375"]
    assert sums.startswith("1 call, 3 read units, 0 write units: $0.000000 on demand in us-east-1, prices of ")
    assert "| Query | Shop |" in ledger.as_markdown()


def noted(ledger: Ledger, place: str, key: str = "1") -> None:
    tables = DescribedTables(lambda operation, request: {})
    request = {"TableName": "T", "Item": {"id": {"S": key}}}
    consumed = [Consumed("T", None, 1.0, True)]
    ledger.note(Observed("PutItem", request, {}, None, consumed, place, 0.0, 0.0, tables))


def test_a_ledger_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes after it is full is one line more, and nothing is lost of the sums."""
    monkeypatch.setattr(ledger_module, "ENTRIES_MAX", 10)
    ledger = Ledger()
    for number in range(30):
        noted(ledger, f"app.py:{number}")
    assert len(ledger.entries) == 11
    assert (ledger.entries[0].operation, ledger.entries[0].calls) == ("others", 20)
    assert (ledger.calls, ledger.write_units) == (30, 30.0)


def test_a_saved_ledger_is_read_as_it_was(client: Client, shop: Database, tmp_path: Path) -> None:
    with minidynamo.observe(shop) as ledger:
        client.query(TableName="Shop", **PAID)
        client.put_item(TableName="Shop", Item=order(1))
    ledger.save(tmp_path / "cost.json")
    read = Ledger.load(tmp_path / "cost.json")
    assert (read.entries, read.calls) == (ledger.entries, ledger.calls)
    assert str(read.compare(ledger)) == "nothing costs more or less than before"
    assert read.hot_keys() == ledger.hot_keys()


def test_a_saved_ledger_keeps_its_advice(client: Client, shop: Database, tmp_path: Path) -> None:
    with minidynamo.observe(shop) as ledger:
        for _ in range(3):
            client.scan(TableName="Shop", FilterExpression="kind = :k", ExpressionAttributeValues={":k": {"S": "1"}})
    ledger.save(tmp_path / "cost.json")
    assert Ledger.load(tmp_path / "cost.json").advice() == ledger.advice() != []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is no JSON"),
        ("[]", "write one with Ledger.save"),
        ('{"format": "minidynamo ledger", "version": 9}', "this minidynamo reads 1"),
        ('{"format": "minidynamo ledger", "version": 1, "calls": 1, "entries": [{}]}', "its entries are damaged"),
    ],
)
def test_what_is_no_ledger_is_refused(text: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "cost.json").write_text(text)
    with pytest.raises(LedgerError, match=reason):
        Ledger.load(tmp_path / "cost.json")
    with pytest.raises(LedgerError, match="cannot read"):
        Ledger.load(tmp_path / "none.json")
    with pytest.raises(LedgerError, match="cannot write"):
        Ledger().save(tmp_path / "none" / "cost.json")


def test_comparisons_tell_what_has_become_dearer() -> None:
    before, after = Ledger(), Ledger()
    for ledger, places in ((before, ("a.py:1", "b.py:2")), (after, ("a.py:7", "a.py:7", "c.py:3"))):
        for place in places:
            noted(ledger, place)
    comparison = after.compare(before)
    assert [(each.shown.place, each.units, each.calls) for each in comparison.differences] == [
        ("a.py:7", 1.0, 1),
        ("c.py:3", 1.0, 1),
        ("b.py:2", -1.0, -1),
    ]
    assert comparison.is_dearer
    assert "in all +1 units, +1 calls" in str(comparison)


def test_a_line_that_has_only_moved_is_no_difference() -> None:
    before, after = Ledger(), Ledger()
    noted(before, "a.py:1")
    noted(after, "a.py:9")
    assert not after.compare(before).differences
