"""Rules of the state machine that speak PartiQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from minidynamo.errors import DynamoError
from minidynamo.testing.reference import ReferenceModel, order_key
from minidynamo.values.attribute_value import Item
from tests.database.table_strategies import items, keys, partition_keys, payloads, sort_keys


def inserted(item: Item) -> dict[str, Any]:
    """The statement that inserts an item, every value a parameter."""
    members = ", ".join(f"'{name}': ?" for name in item)
    return {"Statement": f"INSERT INTO tbl VALUE {{{members}}}", "Parameters": list(item.values())}


def deleted(key: Item) -> dict[str, Any]:
    return {"Statement": "DELETE FROM tbl WHERE pk = ? AND sk = ?", "Parameters": [key["pk"], key["sk"]]}


class StatementRules:
    """To be mixed into a machine with a table `tbl` of the key pk, sk and a model of it."""

    model: ReferenceModel
    execute: Callable[..., dict[str, Any]]
    write: Callable[..., None]

    @rule(item=items)
    def insert(self, item: Item) -> None:
        if self.model.get(item) is None:
            self.write("ExecuteStatement", inserted(item), {self.model.identity(item): item})
            return
        with pytest.raises(DynamoError, match="Duplicate primary key exists in table"):
            self.execute("ExecuteStatement", **inserted(item))

    @rule(key=keys, d=payloads)
    def update_where(self, key: Item, d: Item) -> None:
        request = {
            "Statement": "UPDATE tbl SET d = ? REMOVE e WHERE pk = ? AND sk = ? RETURNING ALL OLD *",
            "Parameters": [d, key["pk"], key["sk"]],
        }
        old = self.model.get(key)
        if old is None:
            with pytest.raises(DynamoError, match="The conditional request failed"):
                self.execute("ExecuteStatement", **request)
            return
        new = {name: value for name, value in {**old, "d": d}.items() if name != "e"}
        self.write("ExecuteStatement", request, {self.model.identity(key): new})

    @rule(key=keys)
    def delete_where(self, key: Item) -> None:
        self.execute("ExecuteStatement", **deleted(key))
        self.model.delete(key)

    @rule(puts=st.lists(items, max_size=4), removed=st.lists(keys, max_size=3), is_transaction=st.booleans())
    def statements_together(self, puts: list[Item], removed: list[Item], is_transaction: bool) -> None:
        """A transaction does all or nothing, a batch each by itself."""
        new = {self.model.identity(item): item for item in puts}
        gone = {self.model.identity(key): key for key in removed if self.model.identity(key) not in new}
        requests = [*map(inserted, new.values()), *map(deleted, gone.values())]
        if not requests:
            return
        fresh = {place: item for place, item in new.items() if self.model.get(item) is None}
        if not is_transaction:
            entries = self.execute("BatchExecuteStatement", Statements=requests)["Responses"]
            codes = [entry.get("Error", {}).get("Code") for entry in entries]
            for (place, item), code in zip(new.items(), codes, strict=False):
                assert (code == "DuplicateItem") == (place not in fresh)
                if code is None:
                    self.model.items[place] = item
            for key in gone.values():
                self.model.delete(key)
            return
        if len(fresh) == len(new):
            self.write("ExecuteTransaction", {"TransactStatements": requests}, {**new, **dict.fromkeys(gone)})
            return
        with pytest.raises(DynamoError, match="DuplicateItem"):
            self.execute("ExecuteTransaction", TransactStatements=requests)

    @rule(
        partitions=st.lists(partition_keys, min_size=1, max_size=3, unique_by=lambda key: key["S"]),
        bounds=st.tuples(sort_keys, sort_keys),
        is_descending=st.booleans(),
        limit=st.integers(1, 5),
    )
    def select(self, partitions: list[Item], bounds: tuple[Item, Item], is_descending: bool, limit: int) -> None:
        low, high = sorted(bounds, key=order_key)
        marks = ", ".join("?" for _ in partitions)
        text = f"SELECT * FROM tbl WHERE pk IN [{marks}] AND sk BETWEEN ? AND ?"
        request = {
            "Statement": text + (" ORDER BY sk DESC" if is_descending else ""),
            "Parameters": [*partitions, low, high],
            "Limit": limit,
        }
        found = [item for page in self.selected_pages(request) for item in page]
        expected: list[Item] = []
        for partition in partitions:
            collection = [
                item
                for item in self.model.collection(None, partition)
                if order_key(low) <= order_key(item["sk"]) <= order_key(high)
            ]
            expected += collection[::-1] if is_descending else collection
        assert found == expected

    def selected_pages(self, request: dict[str, Any]) -> Iterator[list[Item]]:
        while True:
            page = self.execute("ExecuteStatement", **request)
            assert len(page["Items"]) <= request["Limit"]
            yield page["Items"]
            if "NextToken" not in page:
                return
            request = {**request, "NextToken": page["NextToken"]}
