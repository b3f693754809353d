"""Bugs of applications whose writes are refused, done in part, or done twice."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from bench.bugs.base import FAILURES, BuggyApplication

_names = st.sampled_from("abc")


class UnprocessedIgnored(BuggyApplication):
    """Writes a batch and does not look at what was left over."""

    title = "UnprocessedItems are ignored"
    least = (1, 1)

    @rule(names=st.lists(_names, min_size=1, unique=True))
    def add_all(self, names: list[str]) -> None:
        puts = [{"PutRequest": {"Item": {"id": {"S": name}}}} for name in names]
        done = self.attempt(lambda: self.client.batch_write_item(RequestItems={"Things": puts}))
        assert done is None or all(self.really(name) for name in names)


class RetryNotIdempotent(BuggyApplication):
    """Adds points, and adds them again where no response came."""

    title = "what is not idempotent is tried again"
    least = (1, 1)

    @rule(name=_names)
    def earn(self, name: str) -> None:
        before = int((self.really(name) or {}).get("points", 0))

        def add() -> tuple[None]:
            self.resource.Table("Things").update_item(
                Key={"id": name}, UpdateExpression="ADD points :p", ExpressionAttributeValues={":p": 5}
            )
            return (None,)

        def add_twice_if_need_be() -> tuple[None]:
            try:
                return add()
            except FAILURES:
                return add()

        if self.attempt(add_twice_if_need_be) is not None:
            assert int((self.really(name) or {})["points"]) == before + 5


class ConflictTakenForRefusal(BuggyApplication):
    """Tells a customer that the money does not suffice, whatever cancelled the transaction."""

    title = "a conflict is taken for a failed condition"
    least = (1, 1)

    def populate(self, database: Any) -> None:
        database.resource().Table("Things").put_item(Item={"id": "account", "money": 10**6})

    @rule(number=st.integers(0, 3))
    def buy(self, number: int) -> None:
        pay = {
            "Update": {
                "TableName": "Things",
                "Key": {"id": {"S": "account"}},
                "UpdateExpression": "SET money = money - :p",
                "ConditionExpression": "money >= :p",
                "ExpressionAttributeValues": {":p": {"N": "1"}},
            }
        }
        deliver = {"Put": {"TableName": "Things", "Item": {"id": {"S": f"order {number}"}}}}

        def bought() -> str:
            try:
                self.client.transact_write_items(TransactItems=[pay, deliver])
            except self.client.exceptions.TransactionCanceledException:
                return "not enough money"
            return "bought"

        assert self.attempt(bought) != "not enough money"


class ThrottleSwallowed(BuggyApplication):
    """Says that a thing has been kept, although the call was refused."""

    title = "errors are swallowed"
    least = (1, 1)

    @rule(name=_names)
    def keep(self, name: str) -> None:
        self.step_count += 1
        try:
            self.put(name)
        except FAILURES:
            self.bug = "it will work next time"
        assert self.really(name) is not None


class HalfDoneMigration(BuggyApplication):
    """Moves things to a new form, and cannot go on where it was interrupted."""

    title = "a migration that is interrupted loses what it was at"
    least = (2, 1)

    def begin(self) -> None:
        self.kept: set[str] = set()

    @rule(name=_names)
    def add(self, name: str) -> None:
        if self.attempt(lambda: (self.put(name),)) is not None:
            self.kept.add(name)

    @rule()
    def migrate(self) -> None:
        def moved() -> None:
            for item in self.items("Things"):
                name = item["id"]["S"]
                if not name.startswith("new-"):
                    self.client.delete_item(TableName="Things", Key={"id": {"S": name}})
                    self.put(f"new-{name}")

        self.attempt(moved)
        there = {item["id"]["S"].removeprefix("new-") for item in self.items("Things")}
        assert self.kept <= there


class WriteDoneTwice(BuggyApplication):
    """Books with a condition, and takes its own earlier booking for somebody else's when it tries again."""

    title = "a conditional write is tried again after it was done"
    least = (1, 1)

    def begin(self) -> None:
        self.seats = 0

    @rule()
    def book(self) -> None:
        self.seats += 1
        seat = f"seat {self.seats}"

        def booked() -> bool:
            for _ in range(2):
                try:
                    self.resource.Table("Things").put_item(
                        Item={"id": seat}, ConditionExpression="attribute_not_exists(id)"
                    )
                    return True
                except self.client.exceptions.ConditionalCheckFailedException:
                    return False
                except FAILURES:
                    continue
            raise self.client.exceptions.ClientError({}, "PutItem")

        assert self.attempt(booked) is not False, f"{seat} was free"
