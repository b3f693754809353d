"""Mutants whose writes are wrong."""

from __future__ import annotations

from minidynamo import DynamoError
from minidynamo.testing.mutation.mutant import Asked, Mutant, without
from minidynamo.values.api_types import Response

_SINGLE = frozenset({"PutItem", "UpdateItem", "DeleteItem"})
_CONDITION = ("ConditionExpression", "Expected", "ConditionalOperator")
_CONDITION_FAILED = "ConditionalCheckFailedException"


def _drops_condition(asked: Asked) -> Response:
    try:
        return asked.truth()
    except DynamoError as error:
        if error.code != _CONDITION_FAILED:
            raise
        return asked.broken(asked.truth_without(*_CONDITION))


def _loses_failed_item(asked: Asked) -> Response:
    try:
        return asked.truth()
    except DynamoError as error:
        asked.is_broken = error.members.pop("Item", None) is not None
        raise


def _accepts_invalid_write(asked: Asked) -> Response:
    try:
        return asked.truth()
    except DynamoError as error:
        if error.code != "ValidationException":
            raise
        return asked.broken({})


def _loses_replacement(asked: Asked) -> Response:
    """A put that would replace an item leaves it as it is."""
    before = _with_old(asked)
    old = before.get("Attributes")
    if old is not None and old != asked.request["Item"]:
        asked.is_broken = True
        asked.aside("PutItem", {"TableName": asked.request["TableName"], "Item": old})
    return _as_wanted(asked, before)


def _merges_put(asked: Asked) -> Response:
    """A put leaves the attributes that it does not name."""
    before = _with_old(asked)
    old, new = before.get("Attributes", {}), asked.request["Item"]
    if old.keys() - new.keys():
        asked.is_broken = True
        asked.aside("PutItem", {"TableName": asked.request["TableName"], "Item": {**old, **new}})
    return _as_wanted(asked, before)


def _with_old(asked: Asked) -> Response:
    """The right answer with the item that was there before, whether the caller wants it or not."""
    wanted = asked.request.get("ReturnValues", "NONE")
    return asked.truth(ReturnValues="ALL_OLD" if wanted == "NONE" else wanted)


def _as_wanted(asked: Asked, response: Response) -> Response:
    """What the caller wants of such an answer."""
    if asked.request.get("ReturnValues") != "ALL_OLD":
        response.pop("Attributes", None)
    return response


def _ignores_delete(asked: Asked) -> Response:
    response = _with_old(asked)
    if "Attributes" in response:
        asked.is_broken = True
        asked.aside("PutItem", {"TableName": asked.request["TableName"], "Item": response["Attributes"]})
    return _as_wanted(asked, response)


def _ignores_update(asked: Asked) -> Response:
    return asked.truth_but_for([(asked.request.get("TableName", ""), asked.request)])


def _repeats_update(asked: Asked) -> Response:
    response = asked.truth()
    once = asked.item()
    try:
        asked.aside("UpdateItem", {**without(asked.request, *_CONDITION), "ReturnValues": "NONE"})
    except DynamoError:
        return response
    asked.is_broken = asked.item() != once
    return response


def _loses_return_values(asked: Asked) -> Response:
    response = asked.truth()
    asked.is_broken = response.pop("Attributes", None) is not None
    return response


def _loses_batch_entry(asked: Asked) -> Response:
    tables = asked.request.get("RequestItems")
    entries = tables if isinstance(tables, dict) else {}
    name = max(entries, key=lambda each: len(entries[each]), default="")
    if len(entries.get(name, ())) < 2:
        return asked.truth()
    return asked.truth_but_for([(name, action) for action in entries[name][-1].values()])


def _accepts_second_table(asked: Asked) -> Response:
    try:
        return asked.truth()
    except DynamoError as error:
        if error.code != "ResourceInUseException":
            raise
        described = asked.aside("DescribeTable", {"TableName": asked.request["TableName"]})
        return asked.broken({"TableDescription": described["Table"]})


def _keeps_expired_item(asked: Asked) -> Response:
    """An item that has been put alone, and is gone after its time to live, is shown all the same."""
    request, table = asked.request, asked.request.get("TableName", "")
    response = asked.truth()
    if asked.operation == "PutItem":
        item = request["Item"]
        key = {name: item[name] for name in asked.key_names(table)}
        asked.memory[_place(table, key)] = item
    elif asked.operation == "GetItem":
        kept = asked.memory.get(_place(table, request["Key"]))
        if "Item" not in response and kept is not None and _is_expired(asked, table, kept):
            return asked.broken({**response, "Item": kept})
    elif asked.operation in ("DeleteItem", "UpdateItem"):
        asked.memory.pop(_place(table, request["Key"]), None)
    else:
        asked.memory.clear()
    return response


def _place(table: str, key: Response) -> str:
    return repr((table, sorted(key.items())))


def _is_expired(asked: Asked, table: str, item: Response) -> bool:
    described = asked.aside("DescribeTimeToLive", {"TableName": table})["TimeToLiveDescription"]
    time = item.get(described.get("AttributeName", ""), {}).get("N")
    return time is not None and float(time) < asked.endpoint.clock.now()


# fmt: off
MUTANTS = (
    Mutant("drops_condition", "a write whose condition is false is refused",
           "write where the condition is false, and expect ConditionalCheckFailedException", _SINGLE, _drops_condition,
           needs=_CONDITION),
    Mutant("loses_failed_item", "a condition that fails gives the item, where that is asked for",
           "assert on the Item of a ConditionalCheckFailedException", _SINGLE, _loses_failed_item,
           needs=("ReturnValuesOnConditionCheckFailure",)),
    Mutant("accepts_invalid_write", "an invalid write is refused",
           "write what is too large or misses its key, and expect an error", _SINGLE, _accepts_invalid_write),
    Mutant("loses_replacement", "a put replaces the item that was there",
           "put an item twice with other attributes, and read it", frozenset({"PutItem"}), _loses_replacement),
    Mutant("merges_put", "a put leaves nothing of the item that was there",
           "put an item again with fewer attributes, and assert that the others are gone",
           frozenset({"PutItem"}), _merges_put),
    Mutant("ignores_delete", "a deleted item is gone",
           "read an item after its deletion", frozenset({"DeleteItem"}), _ignores_delete),
    Mutant("ignores_update", "an update changes its item",
           "read an item after an update", frozenset({"UpdateItem"}), _ignores_update),
    Mutant("repeats_update", "an update is carried out once",
           "read a counter or a list after an update", frozenset({"UpdateItem"}), _repeats_update),
    Mutant("loses_return_values", "a write returns the attributes that ReturnValues asks for",
           "assert on what a write with ReturnValues returns", _SINGLE, _loses_return_values,
           needs=("ReturnValues",)),
    Mutant("loses_batch_entry", "what a batch of writes does not do comes back unprocessed",
           "read every item after a batch of writes", frozenset({"BatchWriteItem"}), _loses_batch_entry),
    Mutant("accepts_second_table", "no two tables have one name",
           "create a table that there is, and expect ResourceInUseException", frozenset({"CreateTable"}),
           _accepts_second_table),
    Mutant("keeps_expired_item", "an expired item is deleted",
           "advance the clock beyond the time to live, call db.expire(), and read the item",
           frozenset({"GetItem", "BatchWriteItem", "TransactWriteItems"}) | _SINGLE, _keeps_expired_item),
)
# fmt: on
