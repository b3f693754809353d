"""Mutants whose reads are wrong."""

from __future__ import annotations

import re

from minidynamo import DynamoError
from minidynamo.testing.mutation.mutant import Asked, Mutant
from minidynamo.values.api_types import JsonValue, Response

_PAGES = frozenset({"Query", "Scan"})
_PROJECTION = ("ProjectionExpression", "AttributesToGet")
_FILTER = ("FilterExpression", "QueryFilter", "ScanFilter")
_NO_ITEMS: Response = {"Items": [], "Count": 0, "ScannedCount": 0}


def _repeats_reads(asked: Asked) -> Response:
    """A consistent read that asks again what it has been asked before a change answers as it did then, once."""
    response = asked.truth()
    if not asked.request.get("ConsistentRead"):
        return response
    name = repr(sorted(asked.request.items(), key=lambda member: member[0]))
    earlier = asked.memory.setdefault(name, {**response})
    if earlier == response:
        return response
    del asked.memory[name]
    return asked.broken(earlier)


def _ignores_missing_table(asked: Asked) -> Response:
    try:
        return asked.truth()
    except DynamoError as error:
        if error.code != "ResourceNotFoundException":
            raise
        return asked.broken({} if asked.operation == "GetItem" else {**_NO_ITEMS})


def _ignores_projection(asked: Asked) -> Response:
    if not any(name in asked.request for name in _PROJECTION):
        return asked.truth()
    of_items = "Item" if asked.operation == "GetItem" else "Items"
    return asked.loosened(of_items, *_PROJECTION, "Select")


def _ignores_filter(asked: Asked) -> Response:
    if not any(name in asked.request for name in _FILTER):
        return asked.truth()
    return asked.loosened("Count", *_FILTER, "ConditionalOperator")


def _ignores_key_range(asked: Asked) -> Response:
    """Keeps of a key condition only what it says of the partition key."""
    asked.aside(asked.operation, asked.request)  # What is wrong with the request, this says.
    text, names = asked.request.get("KeyConditionExpression", ""), asked.request.get("ExpressionAttributeNames", {})
    key = asked.partition_key(asked.request["TableName"], asked.request.get("IndexName"))
    found = re.search(r"(#?\w+)\s*=\s*:\w+", text)
    while found is not None and names.get(found[1], found[1]) != key:
        found = re.compile(r"(#?\w+)\s*=\s*:\w+").search(text, found.end())
    if found is None:
        return asked.truth()
    return asked.loosened("Count", KeyConditionExpression=found[0])


def _ignores_limit(asked: Asked) -> Response:
    return asked.loosened("Count", "Limit") if "Limit" in asked.request else asked.truth()


def _ends_paging(asked: Asked) -> Response:
    response = asked.truth()
    asked.is_broken = response.pop("LastEvaluatedKey", None) is not None
    return response


def _repeats_page_item(asked: Asked) -> Response:
    """A page begins with the item that ended the one before."""
    response, start = asked.truth(), asked.request.get("ExclusiveStartKey")
    item = asked.item(start) if start is not None and "IndexName" not in asked.request else None
    if item is None or "Items" not in response or "FilterExpression" in asked.request:
        return response
    response["Items"].insert(0, item)
    response["Count"] += 1
    return asked.broken(response)


def _reverses_query(asked: Asked) -> Response:
    response = asked.truth()
    items = response.get("Items", [])
    return asked.broken({**response, "Items": items[::-1]}, response) if items else response


def _ignores_direction(asked: Asked) -> Response:
    if asked.request.get("ScanIndexForward", True):
        return asked.truth()
    return asked.loosened("Items", ScanIndexForward=True)


def _loses_item(asked: Asked) -> Response:
    response = asked.truth()
    return response if "IndexName" in asked.request else _without_item(asked, response, -1)


def _skips_index_entry(asked: Asked) -> Response:
    response = asked.truth()
    return _without_item(asked, response, 0) if "IndexName" in asked.request else response


def _without_item(asked: Asked, response: Response, position: int) -> Response:
    if not response.get("Items"):
        return response
    del response["Items"][position]
    response["Count"] -= 1
    return asked.broken(response)


def _miscounts(asked: Asked) -> Response:
    response = asked.truth()
    if asked.request.get("Select") != "COUNT" or not response["Count"]:
        return response
    return asked.broken({**response, "Count": response["Count"] - 1})


def _repeats_segments(asked: Asked) -> Response:
    if asked.request.get("TotalSegments", 1) == 1:
        return asked.truth()
    return asked.loosened("Count", "Segment", "TotalSegments")


def _loses_batch_item(asked: Asked) -> Response:
    response = asked.truth()
    table = next((name for name, items in response["Responses"].items() if items), None)
    if table is None:
        return response
    response["Responses"][table].pop()
    return asked.broken(response)


def _rounds_numbers(asked: Asked) -> Response:
    response = asked.truth()
    return asked.broken(_rounded(response), response)


def _rounded(value: JsonValue) -> JsonValue:
    """What is left of values if their numbers have been floats."""
    if isinstance(value, list):
        return [_rounded(each) for each in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"N"} and isinstance(value["N"], str):
        digits = value["N"].lstrip("-").replace(".", "").strip("0")
        return value if len(digits) <= 15 else {"N": f"{float(value['N']):.15g}"}
    return {name: _rounded(each) for name, each in value.items()}


def _loses_empty_values(asked: Asked) -> Response:
    response = asked.truth()
    answer = {name: _without_empty(value) if name in ("Item", "Items") else value for name, value in response.items()}
    return asked.broken(answer, response)


def _without_empty(value: JsonValue) -> JsonValue:
    if isinstance(value, list):
        return [_without_empty(each) for each in value]
    empty: tuple[Response, ...] = ({"S": ""}, {"B": b""}, {"NULL": True}, {"L": []}, {"M": {}})
    return {name: each for name, each in value.items() if each not in empty}


# fmt: off
MUTANTS = (
    Mutant("repeats_reads", "a consistent read shows the latest write",
           "read an item consistently, change it, and read it again", frozenset({"GetItem"}), _repeats_reads,
           needs=("ConsistentRead",)),
    Mutant("ignores_missing_table", "a table that is missing is an error",
           "read from a table that is missing, and expect ResourceNotFoundException",
           _PAGES | {"GetItem"}, _ignores_missing_table),
    Mutant("ignores_projection", "a projection leaves out all other attributes",
           "assert that what a projection leaves out is absent", _PAGES | {"GetItem"}, _ignores_projection,
           needs=_PROJECTION),
    Mutant("ignores_filter", "a filter leaves out what does not match",
           "store an item that the filter must leave out, and assert that it is", _PAGES, _ignores_filter,
           needs=_FILTER),
    Mutant("ignores_key_range", "a condition on the sort key leaves out what does not match",
           "store items on both sides of the range, and assert which come back", frozenset({"Query"}),
           _ignores_key_range,
           needs=("KeyConditionExpression",)),
    Mutant("ignores_limit", "a page has no more items than Limit",
           "store more items than Limit, and count those of the page", _PAGES, _ignores_limit,
           needs=("Limit",)),
    Mutant("ends_paging", "LastEvaluatedKey is there while there is more",
           "read with a small Limit to the end, and assert that all items came", _PAGES, _ends_paging),
    Mutant("repeats_page_item", "each item is on one page only",
           "read with a small Limit to the end, and assert that no item came twice", _PAGES, _repeats_page_item,
           needs=("ExclusiveStartKey",)),
    Mutant("reverses_query", "a query is in the order of the sort key",
           "assert on the order of several items of one partition key", frozenset({"Query"}), _reverses_query),
    Mutant("ignores_direction", "ScanIndexForward=False reads backwards",
           "query several items backwards, and assert on their order", frozenset({"Query"}), _ignores_direction,
           needs=("ScanIndexForward",)),
    Mutant("loses_query_item", "a query shows every item of its partition key",
           "assert on all items that a query finds", frozenset({"Query"}), _loses_item),
    Mutant("loses_scan_item", "a scan shows every item",
           "assert on all items that a scan finds", frozenset({"Scan"}), _loses_item),
    Mutant("skips_index_entry", "an index shows every item that has its key",
           "assert on all items that an index shows", _PAGES, _skips_index_entry,
           needs=("IndexName",)),
    Mutant("miscounts", "Select=COUNT counts all items",
           "assert on the number that a count gives", _PAGES, _miscounts,
           needs=("Select",)),
    Mutant("repeats_segments", "each item is in one segment of a parallel scan",
           "scan in segments, and assert that no item came twice", frozenset({"Scan"}), _repeats_segments,
           needs=("TotalSegments",)),
    Mutant("loses_batch_item", "a batch of reads answers every key that is not unprocessed",
           "assert on all items that a batch of reads gives", frozenset({"BatchGetItem"}), _loses_batch_item),
    Mutant("rounds_numbers", "a number keeps all its digits",
           "store a number of more than 15 digits, and assert on what is read",
           _PAGES | {"GetItem", "BatchGetItem", "TransactGetItems"}, _rounds_numbers),
    Mutant("loses_empty_values", "an empty value is kept",
           "store an empty string, list or map or a null, and assert on what is read",
           _PAGES | {"GetItem"}, _loses_empty_values),
)
# fmt: on
