"""Putting items where there are none of their keys: what is there stays, and what is refused is named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

import minidynamo
from minidynamo import Database, DynamoError, simulate
from minidynamo.endpoints.middleware import Call, Middleware, Proceed
from minidynamo.errors import error_of
from minidynamo.moving.pace import Pace
from minidynamo.moving.putting import ItemPutter, PutReport
from minidynamo.simulation import Conflict, ResponseLost, ServerError, SimulatedDatabase, Throttled
from minidynamo.values.api_types import Response
from minidynamo.values.attribute_value import Item
from tests.moving.moved_tables import NAME, items_of, make_things, put, thing


class Counting(Middleware):
    """Counts what is asked, and does not know some operations."""

    def __init__(self, *unknown: str) -> None:
        self.counts: Counter[str] = Counter()
        self._unknown = unknown

    def execute(self, call: Call, proceed: Proceed) -> Response:
        self.counts[call.operation] += 1
        if call.operation in self._unknown:
            raise error_of("UnknownOperationException", "", {}, 400)
        return proceed(call.operation, call.request)


@pytest.fixture
def counted(target: Database) -> Counting:
    make_things(target)
    counting = Counting()
    target.use(counting)
    return counting


@pytest.fixture
def simulated() -> Iterator[SimulatedDatabase]:
    with simulate(profile="calm") as database:
        make_things(database)
        yield database


def put_absent(database: Database, items: list[Item], by_transactions: bool = True) -> PutReport:
    """Puts items, without waiting where they are throttled."""
    putter = ItemPutter(database, NAME, ("id",), Pace(sleep=lambda seconds: None), by_transactions)
    try:
        return putter.put_absent(items)
    finally:
        putter.close()


def things(count: int, text: str = "new") -> list[Item]:
    return [thing(f"thing {number}", text) for number in range(count)]


@pytest.mark.parametrize("by_transactions", [True, False])
def test_what_is_there_stays(target: Database, counted: Counting, by_transactions: bool) -> None:
    put(target, thing("thing 3", "old"), thing("thing 7", "old"))
    report = put_absent(target, things(10), by_transactions)
    assert report == PutReport(put_count=8, present_count=2, other_count=2)
    texts = Counter(item["text"]["S"] for item in items_of(target).values())
    assert texts == {"new": 8, "old": 2}


def test_many_are_put_at_once(target: Database, counted: Counting) -> None:
    """A hundred in one transaction; the last one alone needs none."""
    assert put_absent(target, things(201)) == PutReport(put_count=201)
    assert counted.counts == {"TransactWriteItems": 2, "PutItem": 1}


def test_one_by_one_where_transactions_cost_twice_as_much(target: Database, counted: Counting) -> None:
    put_absent(target, things(20), by_transactions=False)
    assert counted.counts == {"PutItem": 20}


def test_all_that_is_there_takes_one_request(target: Database, counted: Counting) -> None:
    put_absent(target, things(50))
    counted.counts.clear()
    assert put_absent(target, things(50)) == PutReport(present_count=50)
    assert counted.counts == {"TransactWriteItems": 1}


def test_a_key_that_comes_twice_is_put_once(target: Database, counted: Counting) -> None:
    """The first one stays; a transaction may not hold both."""
    report = put_absent(target, [thing("a", "1"), thing("b"), thing("a", "2"), thing("c")])
    assert report == PutReport(put_count=3, present_count=1, other_count=1)
    assert items_of(target)["a"] == thing("a", "1")


def test_a_key_that_is_spelled_in_two_ways_is_put_once(target: Database) -> None:
    """As a foreign export may have it."""
    key = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}
    make_things(target, AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}], **key)
    report = put_absent(target, [{"id": {"N": "1"}}, {"id": {"N": "1.0"}}, {"id": {"N": "2"}}])
    assert report == PutReport(put_count=2, present_count=1)


def test_items_of_all_sizes_fit(target: Database, counted: Counting) -> None:
    """Large ones go into transactions of their own."""
    assert put_absent(target, [thing(str(number), "x" * 390_000) for number in range(12)]).put_count == 12
    assert counted.counts["TransactWriteItems"] > 2


REFUSED = [
    ({"id": {"S": "long"}, "text": {"S": "x" * 420_000}}, "Item size has exceeded the maximum allowed size"),
    ({"id": {"N": "5"}, "text": {"S": "x"}}, "Type mismatch for key id expected: S actual: N"),
    ({"text": {"S": "x"}}, "Missing the key id in the item"),
    ({"id": {"S": "n"}, "n": {"N": "1e999"}}, "Number overflow"),
]


@pytest.mark.parametrize("by_transactions", [True, False])
@pytest.mark.parametrize(("item", "why"), REFUSED)
def test_what_is_refused_is_named(
    target: Database, counted: Counting, item: Item, why: str, by_transactions: bool
) -> None:
    """With its key, whoever else is put."""
    report = put_absent(target, [*things(3), item], by_transactions)
    assert (report.put_count, report.present_count, len(report.refused)) == (3, 0, 1)
    key, reason = report.refused[0]
    assert key == {name: item[name] for name in item.keys() & {"id"}}
    assert why in reason
    assert len(items_of(target)) == 3


def test_a_refused_item_beside_one_that_is_there(target: Database, counted: Counting) -> None:
    put(target, thing("thing 0", "old"))
    report = put_absent(target, [*things(3), REFUSED[1][0]])
    assert (report.put_count, report.present_count, len(report.refused)) == (2, 1, 1)


def test_a_target_without_transactions_gets_items_one_by_one(target: Database) -> None:
    """It is asked for one once."""
    make_things(target)
    counting = Counting("TransactWriteItems")
    target.use(counting)
    assert put_absent(target, things(250)) == PutReport(put_count=250)
    assert counting.counts == {"TransactWriteItems": 1, "PutItem": 250}


@pytest.mark.parametrize("operation", ["TransactWriteItems", "PutItem"])
@pytest.mark.parametrize("kind", [Throttled, Conflict])
def test_what_is_throttled_or_in_conflict_is_tried_again(
    simulated: SimulatedDatabase, operation: str, kind: minidynamo.simulation.Kind
) -> None:
    """Nothing is lost, nothing counts twice."""
    aim = simulated.faults.on(operation, fault=kind, times=3)
    assert put_absent(simulated, things(20), operation != "PutItem") == PutReport(put_count=20)
    assert aim.fired == 3
    assert len(items_of(simulated)) == 20


def test_a_lost_answer_is_asked_for_again(simulated: SimulatedDatabase) -> None:
    """By then all is there."""
    simulated.faults.on("TransactWriteItems", fault=ResponseLost)
    assert put_absent(simulated, things(20)) == PutReport(present_count=20)


def test_an_error_of_the_server_is_waited_for(simulated: SimulatedDatabase) -> None:
    simulated.faults.on("PutItem", fault=ServerError)
    assert put_absent(simulated, things(2), by_transactions=False) == PutReport(put_count=2)


def test_a_table_that_is_gone_passes(target: Database) -> None:
    with pytest.raises(DynamoError) as raised:
        put_absent(target, things(2))
    assert raised.value.code == "ResourceNotFoundException"
