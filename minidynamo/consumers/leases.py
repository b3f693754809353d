"""Leases: rows of a table that say which process reads which shard, and how far it has come.

A row belongs to a group, such as a function and its stream, and to a shard. Who reads the shard is its owner, and
counts the row up now and then; a row that stands still for too long, by the clock of whoever looks, is free. So clocks
need not agree. Every change of a row is conditional on its owner.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

from minidynamo.consumers.shards import Execute
from minidynamo.errors import DynamoError, ResourceNotFound, StoreError
from minidynamo.values.api_types import RequestDraft
from minidynamo.values.attribute_value import AttributeValue, Item

LEASES_TABLE = "minidynamo-leases"
# How long a row may stand still until its shard is free, and how often its owner counts it up.
LEASE_SECONDS = 10.0
RENEWAL_SECONDS = 3.0
assert LEASE_SECONDS > 2 * RENEWAL_SECONDS  # A renewal may come late, or fail once.
_NAMES = {"#owner": "owner", "#counter": "counter"}
_IS_OURS = "#owner = :me"
_START = "start"  # The row of a group, beside those of shards, which begin with "shardId-".
_ACTIVE_SECONDS = 60.0
_USABLE = ("ACTIVE", "UPDATING")
_IS_NEW = "attribute_not_exists(reader)"
_AS_SEEN = "#counter = :seen AND #owner = :was"


class Lease(NamedTuple):
    """A row.

    Attributes:
        shard: the id of the shard.
        owner: who reads it, "" for nobody.
        counter: what the owner counts up.
        wanted: who would like to have it, "" for nobody.
        positions: behind which each worker goes on; see `cursor.py`.
        is_done: whether the shard has been read to its end.
    """

    shard: str
    owner: str
    counter: int
    wanted: str
    positions: list[str]
    is_done: bool

    @classmethod
    def of(cls, item: Item) -> Lease:
        """A row as it is stored."""
        shard, owner, wanted = (str(item.get(name, {}).get("S", "")) for name in ("shard", "owner", "wanted"))
        positions = [each["S"] for each in item["positions"]["L"]]
        return cls(shard, owner, int(item["counter"]["N"]), wanted, positions, "done" in item)


class LeaseTable:
    """The leases of one group.

    Parameters:
        execute: carries out requests.
        group: the name of the group.
        table_name: where they are; the table is made where there is none.
    """

    def __init__(self, execute: Execute, group: str, table_name: str = LEASES_TABLE) -> None:
        self._execute, self.group, self._table_name = execute, group, table_name

    def make(self) -> None:
        """Makes the table unless it is there.

        Raises:
            DynamoError: that is not allowed.
            StoreError: the table does not become active.
        """
        status = self._status()
        if status is None:
            self._create()
        end = time.monotonic() + _ACTIVE_SECONDS
        while status not in _USABLE:
            if time.monotonic() >= end:
                raise StoreError(
                    f"the table {self._table_name}, which says who reads which shard, has not become ACTIVE in "
                    f"{_ACTIVE_SECONDS:g} s: it is {status or 'not there'}"
                )
            time.sleep(0.2)
            status = self._status()

    def begin(self, position: str) -> tuple[str, bool]:
        """Where the group begins: at the position given, unless somebody has begun already; and whether nobody had."""
        row = {**self._key(_START), "positions": {"L": [{"S": position}]}}
        request: RequestDraft = {"TableName": self._table_name, "Item": row}
        if self._done("PutItem", {**request, "ConditionExpression": _IS_NEW}):
            return position, True
        found = self.start()
        return position if found is None else found, False

    def start(self) -> str | None:
        """Where the group has begun; None where it has not."""
        found = self._execute("GetItem", {**self._place(_START), "ConsistentRead": True}).get("Item")
        return None if found is None else str(found["positions"]["L"][0]["S"])

    def named(self, group: str) -> LeaseTable:
        """The leases of another group."""
        return LeaseTable(self._execute, group, self._table_name)

    def put(self, lease: Lease) -> bool:
        """Stores a row where the shard has none; whether it had none."""
        row = {**self._key(lease.shard), "owner": {"S": lease.owner}, "counter": {"N": str(lease.counter)}}
        row["positions"] = _listed(lease.positions)
        if lease.is_done:
            row["done"] = {"BOOL": True}
        return self._done("PutItem", {"TableName": self._table_name, "Item": row, "ConditionExpression": _IS_NEW})

    def all(self) -> list[Lease]:
        """All leases of the group."""
        return [Lease.of(item) for item in self._rows() if item["shard"]["S"] != _START]

    def add(self, shard: str, owner: str, positions: list[str]) -> bool:
        """Makes the row of a shard; whether nobody else has."""
        return self.put(Lease(shard, owner, 1, "", positions, False))

    def take(self, lease: Lease, owner: str) -> bool:
        """Takes a lease that has not changed since it was seen; whether that succeeded."""
        change = "SET #owner = :me, #counter = :seen + :one REMOVE wanted"
        return self._update(lease.shard, owner, change, _AS_SEEN, {**_seen(lease), ":one": {"N": "1"}})

    def want(self, lease: Lease, owner: str) -> bool:
        """Asks the owner of a lease to hand it over."""
        condition = "#counter = :seen AND attribute_not_exists(wanted)"
        return self._update(lease.shard, owner, "SET wanted = :me", condition, {":seen": {"N": str(lease.counter)}})

    def renew(self, shard: str, owner: str) -> Lease | None:
        """Counts the row up; the row as it is now, None where it is somebody else's."""
        request = self._change(shard, owner, "ADD #counter :one", _IS_OURS, {":one": {"N": "1"}})
        try:
            return Lease.of(self._execute("UpdateItem", {**request, "ReturnValues": "ALL_NEW"})["Attributes"])
        except DynamoError as error:
            if error.code != "ConditionalCheckFailedException":
                raise
            return None

    def save(self, shard: str, owner: str, positions: list[str]) -> bool:
        """Stores how far a shard has been read; whether it is still the owner's."""
        return self._update(shard, owner, "SET positions = :at", _IS_OURS, {":at": _listed(positions)})

    def finish(self, shard: str, owner: str) -> bool:
        """Notes that a shard has been read to its end."""
        change = "SET done = :yes, #owner = :nobody REMOVE wanted"
        return self._update(shard, owner, change, _IS_OURS, {":yes": {"BOOL": True}, ":nobody": {"S": ""}})

    def hand_over(self, shard: str, owner: str, new_owner: str = "", positions: list[str] | None = None) -> bool:
        """Gives a lease to somebody else, or to whoever comes first; behind other positions where some are given."""
        change = f"SET #owner = :new{'' if positions is None else ', positions = :at'} ADD #counter :one REMOVE wanted"
        values: Item = {":new": {"S": new_owner}, ":one": {"N": "1"}}
        if positions is not None:
            values[":at"] = _listed(positions)
        return self._update(shard, owner, change, _IS_OURS, values)

    def remove(self, lease: Lease) -> bool:
        """Forgets a shard, unless its row has changed since it was seen; whether that succeeded."""
        request = {**self._place(lease.shard), "ConditionExpression": _AS_SEEN, "ExpressionAttributeNames": _NAMES}
        return self._done("DeleteItem", {**request, "ExpressionAttributeValues": _seen(lease)})

    def forget(self) -> None:
        """Forgets the group."""
        for item in list(self._rows()):
            self._execute("DeleteItem", self._place(item["shard"]["S"]))

    def _rows(self) -> Iterator[Item]:
        request: RequestDraft = {"TableName": self._table_name, "ConsistentRead": True}
        request["KeyConditionExpression"] = "reader = :reader"
        request["ExpressionAttributeValues"] = {":reader": {"S": self.group}}
        while True:
            page = self._execute("Query", request)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _update(self, shard: str, owner: str, change: str, condition: str, values: Item) -> bool:
        return self._done("UpdateItem", self._change(shard, owner, change, condition, values))

    def _change(self, shard: str, owner: str, change: str, condition: str, values: Item) -> RequestDraft:
        assert owner, f"nobody changes the lease of {shard}"
        texts = f"{change} {condition}"
        return {
            **self._place(shard),
            "UpdateExpression": change,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {name: text for name, text in _NAMES.items() if name in texts},
            "ExpressionAttributeValues": {":me": {"S": owner}, **values} if ":me" in texts else values,
        }

    def _done(self, operation: str, request: RequestDraft) -> bool:
        try:
            self._execute(operation, request)
        except DynamoError as error:
            if error.code != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def _create(self) -> None:
        try:
            self._execute("CreateTable", _table_request(self._table_name))
        except DynamoError as error:
            if error.code != "ResourceInUseException":  # Somebody else makes it.
                raise

    def _status(self) -> str | None:
        """The status of the table; None where there is none."""
        try:
            return str(self._execute("DescribeTable", {"TableName": self._table_name})["Table"]["TableStatus"])
        except ResourceNotFound:
            return None

    def _key(self, shard: str) -> Item:
        return {"reader": {"S": self.group}, "shard": {"S": shard}}

    def _place(self, shard: str) -> RequestDraft:
        return {"TableName": self._table_name, "Key": self._key(shard)}


def _seen(lease: Lease) -> Item:
    return {":seen": {"N": str(lease.counter)}, ":was": {"S": lease.owner}}


def _listed(positions: list[str]) -> AttributeValue:
    assert positions, "a shard is read from nowhere"
    return {"L": [{"S": each} for each in positions]}


def _table_request(name: str) -> RequestDraft:
    return {
        "TableName": name,
        "KeySchema": [{"AttributeName": "reader", "KeyType": "HASH"}, {"AttributeName": "shard", "KeyType": "RANGE"}],
        "AttributeDefinitions": [
            {"AttributeName": "reader", "AttributeType": "S"},
            {"AttributeName": "shard", "AttributeType": "S"},
        ],
        "BillingMode": "PAY_PER_REQUEST",
    }
