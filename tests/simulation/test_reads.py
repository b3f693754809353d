"""Reads that show earlier states, and pages that end early: what a reader may see, and what it never sees."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from minidynamo import DynamoError
from minidynamo.simulation import CALM, EmptyPage, IndexLag, NoTrailingKey, ShortPage, SimulatedDatabase, StaleRead
from tests.simulation.small_table import get, item, keys_of, opened, pages, put, query


def test_a_stale_read_shows_an_earlier_state(database: SimulatedDatabase) -> None:
    for n in (1, 2, 3):
        put(database, "a", n=n)
    for variant, expected in ((0, "2"), (1, "1"), (2, None)):
        database.faults.on("GetItem", fault=StaleRead, variant=variant)
        found = get(database, "a")
        assert (found and found["n"]["S"]) == expected
    assert get(database, "a")["n"]["S"] == "3"


def test_a_consistent_read_is_never_stale(database: SimulatedDatabase) -> None:
    database.faults.on(fault=StaleRead, times=None)
    put(database, "a", n=1)
    assert get(database, "a", consistent=True)["n"]["S"] == "1"
    assert query(database, ConsistentRead=True)["Count"] == 1
    assert query(database, ConsistentRead=True, IndexName="by_l")["Count"] == 0
    response = database.execute(
        "BatchGetItem", {"RequestItems": {"tbl": {"Keys": [item("a")], "ConsistentRead": True}}}
    )
    assert response["Responses"]["tbl"]
    gets = database.execute("TransactGetItems", {"TransactItems": [{"Get": {"TableName": "tbl", "Key": item("a")}}]})
    assert gets["Responses"][0]["Item"]["n"] == {"S": "1"}
    assert get(database, "a") is None  # An eventually consistent one is.


def test_a_stale_page_is_one_state_of_the_partition(database: SimulatedDatabase) -> None:
    for sk in "1234":
        put(database, "a", sk, l=sk)
    database.faults.on("Query", fault=StaleRead, variant=1)
    assert keys_of(query(database)["Items"]) == ["1", "2"]
    database.faults.on("Query", fault=StaleRead, variant=1)
    found = query(database, IndexName="by_l", Select="ALL_ATTRIBUTES")["Items"]
    assert found == [item("a", "1", l="1"), item("a", "2", l="2")]


def test_a_lagging_index_is_in_order_per_item_only(database: SimulatedDatabase) -> None:
    put(database, "a", "1", g="x")
    put(database, "a", "2", g="x")
    put(database, "a", "1", g="x", n=2)
    shown = set()
    for variant in range(12):
        database.faults.on("Query", fault=IndexLag, variant=variant)
        found = query(database, "x", IndexName="by_g")["Items"]
        shown.add(tuple(sorted((each["sk"]["S"], each.get("n", {}).get("S", "1")) for each in found)))
    assert (("1", "2"),) in shown  # The third write, and not the second.
    assert () in shown and (("2", "1"),) in shown
    assert (("1", "2"), ("2", "1")) not in shown  # Something lagged each time.


def test_what_lags_is_seen_when_its_time_is_over() -> None:
    database = opened(replace(CALM, stale_read=1.0, index_lag=1.0, is_worst=True))
    put(database, "a", g="x")
    assert get(database, "a") is None
    assert query(database, "x", IndexName="by_g")["Count"] == 0
    database.clock.advance(1.0)
    assert get(database, "a") is not None
    assert query(database, "x", IndexName="by_g")["Count"] == 0
    database.clock.advance(1.0)
    assert query(database, "x", IndexName="by_g")["Count"] == 1


def test_reads_go_back_unless_they_keep_their_replica() -> None:
    for goes_back in (True, False):
        database = opened(replace(CALM, reads_go_back=goes_back))
        put(database, "a", n=1)
        put(database, "a", n=2)
        assert get(database, "a")["n"]["S"] == "2"
        database.faults.on("GetItem", fault=StaleRead)
        assert get(database, "a")["n"]["S"] == ("1" if goes_back else "2")


@pytest.mark.parametrize("variant", range(12))
def test_short_pages_lose_nothing(database: SimulatedDatabase, variant: int) -> None:
    expected = [str(number) for number in range(8)]
    for sk in expected:
        put(database, "a", sk)
    database.faults.on("Query", fault=ShortPage, times=None, variant=variant)
    found = pages(database)
    assert list(itertools.chain(*(keys_of(page["Items"]) for page in found))) == expected
    assert len(found) > 1 or variant % 5 == 4


def test_an_empty_page_goes_on_where_it_began(database: SimulatedDatabase) -> None:
    for sk in "123":
        put(database, "a", sk)
    database.faults.on("Query", fault=EmptyPage)
    first, second, third = pages(database, Limit=2, ReturnConsumedCapacity="TOTAL")
    assert (second["Items"], second["Count"], second["ScannedCount"]) == ([], 0, 0)
    assert second["LastEvaluatedKey"] == first["LastEvaluatedKey"]
    assert second["ConsumedCapacity"]["CapacityUnits"] == 0.5
    assert keys_of(third["Items"]) == ["3"]


def test_limit_at_the_very_end_may_leave_no_key(database: SimulatedDatabase) -> None:
    for sk in "12":
        put(database, "a", sk)
    assert "LastEvaluatedKey" in query(database, Limit=2)
    database.faults.on("Query", fault=NoTrailingKey, times=None)
    assert "LastEvaluatedKey" not in query(database, Limit=2)
    assert "LastEvaluatedKey" in query(database, Limit=1)


def test_wrong_limits_are_refused_as_ever(database: SimulatedDatabase) -> None:
    database.faults.on("Query", fault=ShortPage, times=None)
    database.faults.on("Query", fault=EmptyPage, times=None)
    for limit in (0, -1, "1"):
        with pytest.raises(DynamoError) as raised:
            query(database, Limit=limit, ExclusiveStartKey=item("a"))
        assert raised.value.code in ("ValidationException", "SerializationException")
