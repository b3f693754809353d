"""The tools on a store that other processes work on as well: it can be forked, and keeps no snapshots."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from minidynamo import Database
from minidynamo.database.shared import SharedDatabase
from tests.mcp_server.agents import Agent, agent_of, fill, key, order, pay, put
from tests.shared.simulated_link import SimulatedStore
from tests.shared.turns import Turns


@pytest.fixture
def processes() -> Iterator[tuple[SharedDatabase, SharedDatabase]]:
    """Two databases over one store, as two processes have them."""
    chance = random.Random(0)
    store = SimulatedStore(chance, Turns(chance))
    with SharedDatabase("here", store.link) as here, SharedDatabase("there", store.link) as there:
        fill(here)
        yield here, there


@pytest.fixture
def agent(processes: tuple[SharedDatabase, SharedDatabase]) -> Iterator[Agent]:
    with agent_of(processes[0]) as opened:
        yield opened


@pytest.fixture
def other(processes: tuple[SharedDatabase, SharedDatabase]) -> Database:
    """What another process has of the store."""
    return processes[1]


def stored(database: Database, number: int) -> object:
    return database.execute("GetItem", {"TableName": "Shop", "Key": key(number)}).get("Item")


def write(database: Database, number: int) -> dict[str, object]:
    """Another process writes an order."""
    item = order(number, note={"S": "others"})
    database.execute("PutItem", {"TableName": "Shop", "Item": item})
    return item


def test_what_another_process_has_changed_is_noticed(agent: Agent, other: Database) -> None:
    agent.ask("try", writes=[pay(0), put(90)])
    item = write(other, 0)
    assert "ORDER#0000" in agent.refused("apply")
    assert (stored(other, 0), stored(other, 90)) == (item, None)


def test_undo_puts_items_back_and_leaves_those_of_others(agent: Agent, other: Database) -> None:
    agent.ask(
        "try", writes=[pay(0), put(90), {"statement": "DELETE FROM Shop WHERE pk='CUSTOMER#2' AND sk='ORDER#0002'"}]
    )
    assert agent.ask("apply")["applied"] == 3
    item = write(other, 1)
    assert agent.ask("undo")["undone"] == 3
    assert [stored(other, number) for number in (0, 1, 2, 90)] == [order(0), item, order(2), None]


def test_undo_refuses_to_lose_what_another_process_has_written(agent: Agent, other: Database) -> None:
    agent.ask("try", writes=[pay(0)])
    agent.ask("apply")
    item = write(other, 0)
    assert "others have changed 1 of the items" in agent.refused("undo")
    assert stored(other, 0) == item
    assert agent.ask("undo", confirm=True)["lost_of_others"] == 1
    assert stored(other, 0) == order(0)


def test_tables_are_not_brought_back(agent: Agent, other: Database) -> None:
    """Which is said in one line."""
    agent.ask("try", writes=[{"operation": "DeleteTable", "request": {"TableName": "Shop"}}])
    agent.ask("apply")
    assert agent.refused("undo") == "this store keeps no snapshots, and tables were changed: Shop"
    assert other.tables == []
