"""Advice on loops of a program of its own, around the function that asks for one item or puts one."""

from __future__ import annotations

from typing import Any

import minidynamo
from minidynamo import Database
from minidynamo.embedded.client import Client
from tests.insight.conftest import order
from tests.insight.test_advice import spoken

WAREHOUSE = """
class Store:
    def __init__(self, client):
        self.client = client

    def get(self, number):
        return self.client.get_item(TableName="Shop", Key={"pk": {"S": "c0"}, "sk": {"S": str(number)}})

    def get_many(self, numbers):
        return [self.get(each) for each in numbers]

    def save(self, item):
        self.client.put_item(TableName="Shop", Item=item)

    def save_many(self, items):
        for each in items:
            self.save(each)

    def wait_for(self, number, times):
        for _ in range(times):
            self.get(number)

    def serve(self, items):
        while items:
            self.save(items.pop())
"""


def stored(client: Client, name: str = "warehouse.store") -> Any:
    """A Store of a package of its own."""
    names: dict[str, Any] = {"__name__": name}
    exec(compile(WAREHOUSE, "/srv/warehouse/store.py", "exec"), names)
    return names["Store"](client)


def test_a_program_that_reads_one_by_one_is_told(client: Client, shop: Database) -> None:
    """The loop is in the function that calls the one that reads."""
    with minidynamo.observe(shop) as ledger:
        stored(client).get_many(range(30))
    (advice,) = ledger.advice()
    assert str(advice) == (
        "warehouse/store.py:10: single-reads: 30 GetItem of Shop in a row: ask BatchGetItem for 100 at a time "
        "(1 instead of 30 calls)"
    )


def test_a_program_that_puts_one_by_one_is_told(client: Client, shop: Database) -> None:
    with minidynamo.observe(shop) as ledger:
        stored(client).save_many([order(number) for number in range(30)])
    assert spoken(ledger)["single-writes"].startswith("30 PutItem into Shop in a row")
    assert next(each.place for each in ledger.advice() if each.rule == "single-writes") == "warehouse/store.py:17"


def test_a_program_that_waits_for_an_item_is_not(client: Client, shop: Database) -> None:
    with minidynamo.observe(shop) as ledger:
        stored(client).wait_for(1, 30)
    assert spoken(ledger) == {}


def test_a_program_that_is_called_in_a_loop_is_not(client: Client, shop: Database) -> None:
    """Tests, and what serves requests, call again and again what a program does once for each."""
    store = stored(client)
    with minidynamo.observe(shop) as ledger:
        for number in range(30):
            store.get(number)
            if number == 29:
                store.serve([order(each) for each in range(30)])
    assert spoken(ledger) == {}


def test_loops_of_tests_are_not(client: Client, shop: Database) -> None:
    with minidynamo.observe(shop) as ledger:
        stored(client, "tests.test_store").get_many(range(30))
    assert spoken(ledger) == {}
