"""Bugs of applications that read what may be old, short or late."""

from __future__ import annotations

from typing import Any

from boto3.dynamodb.conditions import Key
from hypothesis import strategies as st
from hypothesis.stateful import rule

from bench.bugs.base import BuggyApplication

_names = st.sampled_from("abc")


class ForgottenPaging(BuggyApplication):
    """Lists the table with one Scan and takes that for all."""

    title = "LastEvaluatedKey is forgotten"
    least = (3, 1)

    @rule(name=_names)
    def add(self, name: str) -> None:
        self.attempt(lambda: self.put(name))

    @rule()
    def list_all(self) -> None:
        listed = self.attempt(lambda: self.resource.Table("Things").scan(ConsistentRead=True)["Items"])
        if listed is not None:
            assert len(listed) == len(self.items("Things"))


class IndexAfterWrite(BuggyApplication):
    """Puts a thing and expects to find it in the index at once."""

    title = "an index is read right after a write"
    least = (1, 1)

    @rule(name=_names)
    def add_and_find(self, name: str) -> None:
        def found() -> list[Any]:
            self.put(name, kind="new")
            query = {"IndexName": "by_kind", "KeyConditionExpression": Key("kind").eq("new")}
            names: list[Any] = []
            while True:
                page = self.resource.Table("Things").query(**query)
                names += [item["id"] for item in page["Items"]]
                if "LastEvaluatedKey" not in page:
                    return names
                query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

        names = self.attempt(found)
        assert names is None or name in names


class StaleReadTrusted(BuggyApplication):
    """Gives a name away if an eventually consistent read does not see its owner."""

    title = "a stale read is trusted"
    least = (2, 1)

    def begin(self) -> None:
        self.owners: dict[str, int] = {}

    @rule(name=_names)
    def register(self, name: str) -> None:
        owner = self.step_count

        def registered() -> bool:
            if "Item" in self.resource.Table("Things").get_item(Key={"id": name}):
                return False
            self.put(name, owner=owner)
            return True

        if self.attempt(registered):
            assert name not in self.owners, f"{name} belongs to two"
            self.owners[name] = owner


class LostUpdate(BuggyApplication):
    """Two desks take from one stock: each reads it, and writes what is left later."""

    title = "check, then act: an update is lost"
    least = (4, 0)

    def populate(self, database: Any) -> None:
        database.resource().Table("Things").put_item(Item={"id": "stock", "left": 10})

    def begin(self) -> None:
        self.seen: dict[str, int] = {}
        self.taken = 0

    @rule(desk=st.sampled_from("xy"))
    def look(self, desk: str) -> None:
        item = self.attempt(
            lambda: self.resource.Table("Things").get_item(Key={"id": "stock"}, ConsistentRead=True)["Item"]
        )
        if item is not None:
            self.seen[desk] = int(item["left"])

    @rule(desk=st.sampled_from("xy"))
    def take(self, desk: str) -> None:
        left = self.seen.pop(desk, 0) - 1
        if left < 0:
            return
        if self.attempt(lambda: (self.put("stock", left=left),)) is None:
            self.taken = 10 - int((self.really("stock") or {})["left"])
            return
        self.taken += 1
        assert int((self.really("stock") or {})["left"]) == 10 - self.taken


class ExpiryTrusted(BuggyApplication):
    """Takes a session for valid as long as its item is there."""

    title = "expiry is trusted to delete in time"
    least = (3, 1)

    def populate(self, database: Any) -> None:
        expiry = {"Enabled": True, "AttributeName": "until"}
        database.client().update_time_to_live(TableName="Things", TimeToLiveSpecification=expiry)

    def begin(self) -> None:
        self.until: dict[str, float] = {}

    @rule(name=_names)
    def log_in(self, name: str) -> None:
        until = int(self.database.clock.now()) + 60
        if self.attempt(lambda: (self.put(name, until=until),)) is not None:
            self.until[name] = until

    @rule()
    def hours_pass(self) -> None:
        self.step_count += 1
        self.database.clock.advance(3 * 3600)
        self.database.expire()

    @rule()
    def who_is_online(self) -> None:
        def sessions() -> list[Any]:
            pages = self.client.get_paginator("scan").paginate(TableName="Things", ConsistentRead=True)
            return [item["id"]["S"] for page in pages for item in page["Items"]]

        for name in self.attempt(sessions) or ():
            expired = self.until.get(name, self.database.clock.now()) + 3600
            assert self.database.clock.now() < expired, f"the session of {name} has expired"
