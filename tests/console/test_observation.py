"""What pages follow: requests, changes, costs, handlers, faults; and that nobody pays for it when nobody looks."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

import minidynamo
from minidynamo import Database
from minidynamo.console.door import ConsoleDoor
from minidynamo.console.observation import CHANGES_KEPT, REQUESTS_KEPT, Observation
from minidynamo.console.subject import Subject
from tests.console.asking import called, got, news, refusal
from tests.console.shop import pass_day, shop


def put(database: Database, count: int = 1, start: int = 0) -> None:
    table = database.Table("Shop")
    for number in range(start, start + count):
        table.put_item(Item={"pk": "LOG", "sk": f"{number:06}", "n": number})


def test_requests_are_followed_from_where_the_page_was() -> None:
    database = shop()
    door = ConsoleDoor(database)
    mark, _ = news(door, "requests")
    put(database, 2)
    mark, found = news(door, "requests", mark)
    assert [(each["operation"], each["about"]) for each in found["requests"]] == [
        ("PutItem", 'pk "LOG", sk "000000"'),
        ("PutItem", 'pk "LOG", sk "000001"'),
    ]
    assert "test_observation.py:" in found["requests"][0]["place"]
    assert news(door, "requests", mark)[1]["requests"] == []


def test_a_failed_request_says_why() -> None:
    database = shop()
    door = ConsoleDoor(database)
    news(door, "requests")
    pass_day(database)
    last = news(door, "requests")[1]["requests"][-1]
    assert (last["error"], last["text"]) == ("ConditionalCheckFailedException", "The conditional request failed")


def test_the_consoles_own_requests_are_not_shown() -> None:
    door = ConsoleDoor(shop())
    news(door, "requests")
    called(door, "items.find", operation="Scan", request={"TableName": "Shop"})
    assert news(door, "requests")[1]["requests"] == []


def test_changes_are_followed_with_what_is_different() -> None:
    database = shop()
    door = ConsoleDoor(database)
    mark, _ = news(door, "changes")
    database.Table("Shop").put_item(Item={"pk": "LOG", "sk": "1", "n": 1, "same": True})
    database.Table("Shop").put_item(Item={"pk": "LOG", "sk": "1", "n": 2, "same": True})
    _, found = news(door, "changes", mark)
    first, second = found["changes"]
    assert (first["kind"], second["kind"], second["key"]) == ("INSERT", "MODIFY", 'pk "LOG", sk "1"')
    assert second["differences"] == [["n", "1", "2"]]


def test_more_changes_than_are_kept_are_counted() -> None:
    database = shop(partition_size=10 * 1024**3)
    door = ConsoleDoor(database)
    mark, _ = news(door, "changes")
    put(database, CHANGES_KEPT + 100)
    _, found = news(door, "changes", mark)
    assert (len(found["changes"]), found["skipped"]) == (CHANGES_KEPT, 100)
    assert found["changes"][-1]["key"] == f'pk "LOG", sk "{CHANGES_KEPT + 99:06}"'


def test_changes_go_on_after_a_restore() -> None:
    """Sequence numbers are then given again."""
    database = shop()
    door = ConsoleDoor(database)
    snapshot = database.snapshot()
    put(database, 100)
    mark, _ = news(door, "changes")
    database.restore(snapshot)
    put(database, 1, 500)
    assert news(door, "changes", mark)[1]["changes"][-1]["key"] == 'pk "LOG", sk "000500"'


def test_requests_kept_are_bounded() -> None:
    database = shop()
    door = ConsoleDoor(database)
    news(door, "requests")
    put(database, REQUESTS_KEPT + 50)
    assert len(news(door, "requests")[1]["requests"]) == REQUESTS_KEPT


def test_observation_ends_ten_seconds_after_the_last_page() -> None:
    """The first request after that takes it out; then a request passes nothing but the database."""
    database = shop()
    now = [100.0]
    observation = Observation(Subject("main", database), lambda: now[0])
    assert database._entry is None
    observation.renew()
    now[0] += 9.0
    put(database)
    assert observation.is_on
    now[0] += 2.0
    put(database)
    assert not observation.is_on
    assert database._entry is None
    observation.renew()
    put(database)
    assert observation.requests.last == 2


@pytest.mark.parametrize("path", ["/console/", "/console/events"])
def test_a_page_that_needs_no_observation_switches_none_on(path: str) -> None:
    database = shop()
    door = ConsoleDoor(database)
    got(door, path, "topics=")
    called(door, "tables.list")
    assert database._entry is None


def test_nothing_is_imported_where_no_console_is_asked_for() -> None:
    code = (
        "import sys, minidynamo\n"
        "with minidynamo.connect().serve() as server: pass\n"
        "print([name for name in sys.modules if name.startswith(('minidynamo.console', 'minidynamo.insight.'))])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "minidynamo.console" not in result.stdout


def test_the_ledger_says_what_places_cost() -> None:
    database = shop()
    door = ConsoleDoor(database)
    news(door, "cost")
    pass_day(database)
    seen = called(door, "cost.see")
    dearest = seen["rows"][0]
    assert (dearest["operation"], dearest["calls"]) == ("Scan", 3)
    assert dearest["place"].startswith("shop.py:") or "shop.py:" in dearest["place"]
    assert seen["calls"] == 24
    assert any(each["rule"] for each in seen["advice"])


@pytest.mark.parametrize("by", ["operation", "table", "index", "place", "key"])
def test_the_ledger_is_grouped(by: str) -> None:
    database = shop()
    door = ConsoleDoor(database)
    news(door, "cost")
    pass_day(database)
    assert called(door, "cost.see", by=by)["rows"]


def test_a_saved_ledger_is_compared() -> None:
    database = shop()
    door = ConsoleDoor(database)
    news(door, "cost")
    pass_day(database)
    saved = json.loads(called(door, "cost.save")["text"])
    pass_day(database)
    assert "Scan" in called(door, "cost.compare", saved=saved)["text"]
    assert refusal(door, "cost.compare", saved={"a": 1})[0] == 400
    called(door, "cost.reset")
    assert called(door, "cost.see")["calls"] == 0


def test_collections_name_the_places_that_read_them() -> None:
    database = shop()
    door = ConsoleDoor(database)
    news(door, "cost")
    pass_day(database)
    answer = called(door, "collections.around", table="Shop", key="CUSTOMER#ann")
    own, by_status = answer["columns"][0], answer["columns"][1]
    assert any("shop.py" in place for place in own["collections"][0]["places"])
    assert any("shop.py" in each["place"] for each in by_status["places"])


def test_top_keys_are_told_per_table() -> None:
    database = shop()
    door = ConsoleDoor(database)
    news(door, "cost")
    pass_day(database)
    keys = called(door, "partitions.see", table="Shop")["hot_keys"]
    assert keys[0]["key"] == "CUSTOMER#ann"
    assert called(door, "partitions.see", table="Carts")["hot_keys"] == []


def stuck_shop() -> tuple[Database, ConsoleDoor, list[Any]]:
    """A shop whose handler fails as long as it is told so."""
    database = shop()
    handled: list[Any] = []

    def total(event: Any, context: Any) -> None:
        if not handled:
            raise ValueError("no such product")
        handled.extend(event["Records"])

    database.on_stream("Shop", total, StartingPosition="LATEST", BatchSize=10)
    door = ConsoleDoor(database)
    news(door, "requests,changes")
    return database, door, handled


def test_a_stuck_handler_is_seen() -> None:
    """Its batch, how often it was tried, when it is tried again, and what it has raised."""
    database, door, _ = stuck_shop()
    put(database, 3)
    (mapping,) = database.functions.live_mappings()
    for work in mapping.work():
        work.do()
    (lane,) = called(door, "live.lanes")["lanes"]
    (worker,) = [each for each in lane["workers"] if each["batch"]]
    assert (worker["failures"], worker["attempts"], lane["last_error"]) == (1, 1, "ValueError: no such product")
    assert worker["due_in"] > 0


def test_draining_ends_with_a_handler_that_fails() -> None:
    """The batch stays, to be tried again."""
    database, door, handled = stuck_shop()
    put(database)
    assert refusal(door, "live.drain") == (409, "A handler has failed: ValueError: no such product")
    handled.append("go")
    called(door, "live.drain")
    assert len(handled) == 2


def test_a_handler_is_paused_drained_and_replayed() -> None:
    database, door, handled = stuck_shop()
    handled.append("go")
    (lane,) = called(door, "live.lanes")["lanes"]
    uuid, position = lane["mapping"], lane["workers"][0]["position"]
    called(door, "live.pause", mapping=uuid)
    put(database, 3)
    called(door, "live.drain")
    assert handled == ["go"]
    called(door, "live.resume", mapping=uuid)
    called(door, "live.drain")
    first = len(handled)
    assert first > 1
    called(door, "live.replay", mapping=uuid, sequence=position)
    called(door, "live.drain")
    assert len(handled) == 2 * first - 1
    assert refusal(door, "live.replay", mapping=uuid, sequence="one")[0] == 400
    assert refusal(door, "live.pause", mapping="none")[0] == 404


def test_faults_are_switched_and_the_history_says_why() -> None:
    database = minidynamo.simulate(shop(), profile="stormy", seed=4)
    door = ConsoleDoor(database)
    for name in ("ann", "bo", "cleo", "dov") * 6:
        try:
            database.execute("GetItem", {"TableName": "Shop", "Key": {"pk": {"S": name}, "sk": {"S": "PROFILE"}}})
        except minidynamo.DynamoError:
            continue
    seen = called(door, "faults.see")
    chosen = [choice for call in seen["calls"] for choice in call["choices"]]
    assert (seen["profile"], seen["seed"], seen["all_calls"]) == ("stormy", "4", 24)
    assert chosen and all(each["why"] for each in chosen)
    called(door, "faults.switch", kind="throttled", is_on=False)
    assert {each["name"]: each["is_on"] for each in called(door, "faults.see")["kinds"]}["throttled"] is False
    called(door, "faults.switch", kind="", is_on=False)
    assert not any(each["is_on"] for each in called(door, "faults.see")["kinds"])


def test_a_plain_database_has_no_faults() -> None:
    door = ConsoleDoor(shop())
    assert called(door, "about")["can"]["misbehave"] is False
    assert "--simulate" in refusal(door, "faults.see")[1]
