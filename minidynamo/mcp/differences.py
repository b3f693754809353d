"""What a list of writes has changed, told item by item and table by table."""

from __future__ import annotations

from minidynamo.mcp.answers import plain_item, plain_value, shortened
from minidynamo.mcp.bounds import SHOWN_CHARACTERS, SHOWN_MEMBERS
from minidynamo.values.api_types import Item, JsonObject, JsonValue

# Members of a description that say how it is, rather than what was asked for.
_UNTOLD = frozenset({"TableId", "TableArn", "TableStatus"})


def item_difference(table: str, key: Item, before: Item | None, after: Item | None) -> JsonObject | None:
    """How an item differs; None where it does not.

    Of a changed item: `{"attribute": [before, after]}`, null for an attribute that is not there.
    """
    if before == after:
        return None
    told: JsonObject = {"table": table, "key": plain_item(key)}
    if before is None:
        assert after is not None, f"nothing has become nothing in {table}"
        return {**told, "change": "new", "item": _shown(plain_item(after))}
    if after is None:
        return {**told, "change": "deleted", "item": _shown(plain_item(before))}
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    changes = {name: [_value(before.get(name)), _value(after.get(name))] for name in names}
    return {**told, "change": "changed", "attributes": changes}


def table_difference(name: str, before: JsonObject | None, after: JsonObject | None) -> JsonObject | None:
    """How a table itself differs; None where it does not."""
    if before == after:
        return None
    told: JsonObject = {"table": name}
    if before is None:
        return {**told, "change": "table created"}
    if after is None:
        return {**told, "change": "table deleted, with all its items"}
    if before.get("TableId") != after.get("TableId"):
        return {**told, "change": "table deleted, with all its items, and created anew"}
    names = [each for each in {**before, **after} if before.get(each) != after.get(each) and each not in _UNTOLD]
    return {**told, "change": "table changed", "members": _shown({each: after.get(each) for each in names})}


def _value(value: JsonObject | None) -> JsonValue:
    return None if value is None else _shown(plain_value(value))


def _shown(value: JsonValue) -> JsonValue:
    return shortened(value, SHOWN_CHARACTERS, SHOWN_MEMBERS)
