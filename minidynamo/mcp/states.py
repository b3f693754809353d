"""What a database held of some items and tables at one time, and how two such states differ."""

from __future__ import annotations

from collections.abc import Iterator

from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.mcp.differences import item_difference, table_difference
from minidynamo.mcp.touched import ItemName, Touched, stored_item, stored_table
from minidynamo.values.api_types import Item, JsonObject


class State:
    """What was stored; it begins with nothing.

    Attributes:
        keys: the keys of its items.
        items: what was stored under them, None for nothing.
        tables: what tables were like, None for none.
    """

    def __init__(self) -> None:
        self.keys: dict[ItemName, Item] = {}
        self.items: dict[ItemName, Item | None] = {}
        self.tables: dict[str, JsonObject | None] = {}

    def note(self, endpoint: Endpoint, touched: Touched) -> None:
        """Adds what is stored now of what is touched; what is known stays as it was."""
        for name, key in touched.items.items():
            if name not in self.items:
                self.keys[name], self.items[name] = key, stored_item(endpoint, name.table, key)
        for table in touched.tables:
            if table not in self.tables:
                self.tables[table] = stored_table(endpoint, table)
        assert self.keys.keys() == self.items.keys(), "an item without its key"

    @property
    def touched(self) -> Touched:
        """Whatever it knows of."""
        return Touched(self.keys, tuple(self.tables))


def state_of(endpoint: Endpoint, touched: Touched) -> State:
    """What is stored now of what is touched."""
    state = State()
    state.note(endpoint, touched)
    return state


def differences(before: State, after: State) -> Iterator[JsonObject]:
    """How two states of the same items and tables differ: tables, then items, in the order in which they came."""
    assert before.items.keys() == after.items.keys(), "two states of different items"
    for table, told in before.tables.items():
        difference = table_difference(table, told, after.tables[table])
        if difference is not None:
            yield difference
    for name, item in before.items.items():
        difference = item_difference(name.table, before.keys[name], item, after.items[name])
        if difference is not None:
            yield difference
