"""What pages are told of tables, items, collections and partitions."""

from __future__ import annotations

import json
from typing import Any

import pytest

import minidynamo
from minidynamo import Database
from minidynamo.console.door import ConsoleDoor
from tests.console.asking import called, posted, refusal
from tests.console.shop import shop

ANN = {"pk": {"S": "CUSTOMER#ann"}, "sk": {"S": "PROFILE"}}


@pytest.fixture(scope="module")
def shop_door() -> ConsoleDoor:
    """A shop that no test changes."""
    return ConsoleDoor(shop())


def rows_of(door: ConsoleDoor, **parameters: Any) -> dict[str, Any]:
    return {each["name"]: each for each in called(door, "tables.list", **parameters)["tables"]}


def test_tables_are_told_with_their_indexes(shop_door: ConsoleDoor) -> None:
    rows = rows_of(shop_door)
    assert list(rows) == ["Carts", "Sessions", "Shop"]
    assert (rows["Sessions"]["expires"], rows["Shop"]["stream"]) == ("until", "NEW_AND_OLD_IMAGES")
    assert [(each["name"], each["items"]) for each in rows["Shop"]["indexes"]] == [("by_status", 18), ("by_email", 6)]


def test_an_index_is_dead_until_it_is_read() -> None:
    """Written and never read, as far as the database has counted."""
    database = shop()
    door = ConsoleDoor(database)
    assert [each["is_dead"] for each in rows_of(door)["Shop"]["indexes"]] == [True, True]
    database.Table("Shop").scan(IndexName="by_email")
    assert [each["is_dead"] for each in rows_of(door)["Shop"]["indexes"]] == [True, False]


@pytest.mark.parametrize(
    ("order", "first"), [("name", "Carts"), ("items", "Shop"), ("bytes", "Shop"), ("units", "Shop")]
)
def test_tables_come_in_an_order(shop_door: ConsoleDoor, order: str, first: str) -> None:
    assert next(iter(rows_of(shop_door, order=order))) == first


def test_a_page_of_tables_is_a_part_of_them(shop_door: ConsoleDoor) -> None:
    answer = called(shop_door, "tables.list", start=1, count=1)
    assert ([each["name"] for each in answer["tables"]], answer["found"]) == (["Sessions"], 3)


def test_looking_is_no_request() -> None:
    """A simulated database neither counts it as a call nor lets it meet a fault."""
    database = minidynamo.simulate(shop(), profile="adversary")
    door = ConsoleDoor(database)
    called(door, "tables.list")
    called(door, "items.find", operation="Scan", request={"TableName": "Shop"})
    assert database.history().calls == []


def test_a_query_returns_items_and_what_they_cost(shop_door: ConsoleDoor) -> None:
    request = {
        "TableName": "Shop",
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": "CUSTOMER#cleo"}},
    }
    answer = called(shop_door, "items.find", operation="Query", request=request)
    assert (answer["count"], answer["units"], answer["columns"][:2]) == (5, 0.5, ["pk", "sk"])
    assert answer["items"][0]["cells"]["sk"] == ["S", "ORDER#2026-03-12", False]
    assert answer["items"][0]["entity"] == "Order"


def test_large_values_are_shown_shortened() -> None:
    """An item of 400 KB is no more than a line of a page."""
    database = shop()
    database.Table("Shop").put_item(Item={"pk": "BIG", "sk": "BIG", "text": "x" * 390_000, "map": {"a": ["y" * 5_000]}})
    door = ConsoleDoor(database)
    request = {
        "TableName": "Shop",
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": "BIG"}},
    }
    response = posted(door, {"method": "items.find", "operation": "Query", "request": request})
    assert len(response.body) < 2_000
    assert json.loads(response.body)["items"][0]["cells"]["text"] == ["S", "x" * 80, True]


def test_only_reading_operations_are_run(shop_door: ConsoleDoor) -> None:
    status, text = refusal(shop_door, "items.find", operation="DeleteTable", request={"TableName": "Shop"})
    assert (status, text) == (400, "operation must be one of ExecuteStatement, Query, Scan")


def test_binary_values_go_as_base64() -> None:
    database = shop()
    database.Table("Shop").put_item(Item={"pk": "B", "sk": "B", "raw": b"\x00\xff"})
    door = ConsoleDoor(database)
    key = {"pk": {"S": "B"}, "sk": {"S": "B"}}
    answer = called(door, "items.get", table="Shop", key=key)
    assert json.loads(answer["wire"])["raw"] == {"B": "AP8="}
    assert answer["plain"] is None
    opened = {"before": answer["wire"], "key": key}
    called(door, "items.put", table="Shop", text=answer["wire"].replace("AP8=", "AQI="), form="wire", **opened)
    assert database.Table("Shop").get_item(Key={"pk": "B", "sk": "B"})["Item"]["raw"] == b"\x01\x02"


def test_plain_numbers_keep_their_digits() -> None:
    database = shop()
    digits = "12345678901234567890.123456789012345678"
    text = json.dumps({"pk": "N", "sk": "N"})[:-1] + f', "n": {digits}}}'
    door = ConsoleDoor(database)
    called(door, "items.put", table="Shop", text=text, form="plain")
    answer = called(door, "items.get", table="Shop", key={"pk": {"S": "N"}, "sk": {"S": "N"}})
    assert f'"n": {digits}' in answer["plain"]


@pytest.mark.parametrize(
    ("form", "text", "says"),
    [
        ("plain", "{", "This is no JSON, from line 1, column 2 on"),
        ("plain", "[]", "An item is an object"),
        ("plain", '{"n": NaN}', "NaN is no number"),
        ("wire", '{"a": "b"}', "a has no type"),
        ("wire", '{"a": {"X": "b"}}', "Supplied AttributeValue"),
    ],
)
def test_what_is_wrong_with_an_item_is_said(shop_door: ConsoleDoor, form: str, text: str, says: str) -> None:
    assert says in refusal(shop_door, "items.convert", text=text, form=form)[1]


def test_an_item_that_has_changed_meanwhile_is_not_overwritten() -> None:
    database = shop()
    door = ConsoleDoor(database)
    before = called(door, "items.get", table="Shop", key=ANN)["wire"]
    database.Table("Shop").put_item(Item={"pk": "CUSTOMER#ann", "sk": "PROFILE", "name": "Ann of today"})
    change = {"table": "Shop", "key": ANN, "before": before, "text": before, "form": "wire"}
    assert refusal(door, "items.put", **change) == (
        409,
        "The item has been changed since it was opened: open it again to see how it is now.",
    )
    assert refusal(door, "items.delete", **change)[0] == 409
    assert called(door, "items.get", table="Shop", key=ANN)["plain"].count("Ann of today") == 1


def column_of(answer: Any, index: str | None) -> Any:
    return next(each for each in answer["columns"] if each["index"] == index)


def test_collections_are_shown_beside_those_of_the_indexes(shop_door: ConsoleDoor) -> None:
    """Around one customer: its orders by status, its profile by e-mail."""
    answer = called(shop_door, "collections.around", table="Shop", key="CUSTOMER#cleo")
    ((own,),) = [column_of(answer, None)["collections"]]
    assert [each["entity"] for each in own["items"]] == ["Order"] * 4 + ["Customer"]
    states = {each["key"] for each in column_of(answer, "by_status")["collections"]}
    assert states == {'status "open"', 'status "paid"', 'status "sent"'}
    ids = {each["id"] for each in own["items"]}
    beside = {item["id"] for each in column_of(answer, "by_email")["collections"] for item in each["items"]}
    assert len(beside & ids) == 1


def test_collections_are_whole_and_in_order(shop_door: ConsoleDoor) -> None:
    answer = called(shop_door, "collections.see", table="Shop", count=500)
    (cleo,) = [each for each in column_of(answer, None)["collections"] if each["key"] == 'pk "CUSTOMER#cleo"']
    sorts = [each["sort"] for each in cleo["items"]]
    assert sorts == sorted(sorts)


def test_partitions_tile_the_range_and_say_what_will_split(shop_door: ConsoleDoor) -> None:
    answer = called(shop_door, "partitions.see", table="Shop")
    partitions = answer["keyspaces"][0]["partitions"]
    assert len(partitions) > 2
    assert [each["stop"] for each in partitions] == [*(each["start"] for each in partitions[1:]), 1.0]
    assert all(each["will_split"] == (each["bytes"] >= 0.8 * each["bytes_max"]) for each in partitions)
    assert sum(each["count"] for each in answer["sizes"]) == answer["items"] == answer["sampled"]


def test_a_database_elsewhere_is_shown_as_far_as_it_goes() -> None:
    """Tables and items by requests; what needs the store says so."""
    with shop().serve() as server, minidynamo.connect(server.url) as remote:
        door = ConsoleDoor(remote)
        assert called(door, "about")["can"]["see_partitions"] is False
        assert list(rows_of(door)) == ["Carts", "Sessions", "Shop"]
        assert called(door, "items.get", table="Shop", key=ANN)["plain"]
        assert refusal(door, "partitions.see", table="Shop")[1].startswith("this needs the store itself")


def test_a_mistake_of_a_page_is_told_in_words(shop_door: ConsoleDoor) -> None:
    assert refusal(shop_door, "nothing") == (404, "There is no method 'nothing'.")
    assert refusal(shop_door, "tables.describe") == (400, "table must be a text")
    assert refusal(shop_door, "tables.describe", table="None")[0] == 400
    assert posted(shop_door, "text").status == 400


def test_a_bug_is_no_traceback_for_the_page(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    database = shop()

    def failing(self: Database, *given: object) -> None:
        raise RuntimeError("inside")

    door = ConsoleDoor(database)
    monkeypatch.setattr(Database, "fork", failing)
    assert refusal(door, "states.fork") == (500, "This is a bug in minidynamo: the server's log has more.")
    assert "inside" in caplog.text
