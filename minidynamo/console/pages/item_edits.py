"""Changes of items from the editor: as DynamoDB JSON or as plain JSON, and only if nobody else was quicker."""

from __future__ import annotations

from minidynamo.console.console import Console, Method
from minidynamo.console.pages.items import read_item
from minidynamo.console.parameters import Refused, object_of, text_of, wrong
from minidynamo.console.plain_json import plain_text, read_plain, read_wire
from minidynamo.console.shown import wire_text, with_bytes
from minidynamo.errors import ConditionalCheckFailed
from minidynamo.requests.statements import is_write, statements_of
from minidynamo.values.api_types import Item, JsonObject, RequestDraft
from minidynamo.values.attribute_value import checked_item

_TAKEN = "There is an item with this key: open that to change it, or give this one another key."
_CHANGED = "The item has been changed since it was opened: open it again to see how it is now."


def converted(console: Console, parameters: JsonObject) -> JsonObject:
    """An item's text in the other form."""
    item = _item_of(parameters)
    if text_of(parameters, "form") == "plain":
        return {"text": wire_text(item)}
    text = plain_text(item)
    if text is None:
        raise wrong("Sets and binary values have no plain form: edit this item as DynamoDB JSON.")
    return {"text": text}


def _item_of(parameters: JsonObject) -> Item:
    text = text_of(parameters, "text")
    item = read_plain(text) if text_of(parameters, "form") == "plain" else with_bytes(read_wire(text))
    return checked_item(item)[0]


def put(console: Console, parameters: JsonObject) -> JsonObject:
    """Puts an item: in the place of the one that was opened, if that has not changed meanwhile, or where none is."""
    subject, item, table = console.subject(parameters), _item_of(parameters), text_of(parameters, "table")
    request: RequestDraft = {"TableName": table, "Item": item}
    if "before" not in parameters:
        key = subject.read("DescribeTable", {"TableName": table})["Table"]["KeySchema"][0]["AttributeName"]
        request |= {"ConditionExpression": "attribute_not_exists(#key)", "ExpressionAttributeNames": {"#key": key}}
    with subject.lock:
        _require_same(console, parameters)
        try:
            subject.write("PutItem", request)
        except ConditionalCheckFailed:
            raise Refused(409, _TAKEN) from None
    return {}


def deleted(console: Console, parameters: JsonObject) -> JsonObject:
    """Deletes an item, unless it has changed since it was opened."""
    subject = console.subject(parameters)
    with subject.lock:
        _require_same(console, parameters)
        key = with_bytes(object_of(parameters, "key"))
        subject.write("DeleteItem", {"TableName": text_of(parameters, "table"), "Key": key})
    return {}


def _require_same(console: Console, parameters: JsonObject) -> None:
    """Raises Refused where the item is not any more what the page has opened."""
    if "before" not in parameters:
        return
    before = parameters["before"]
    item = read_item(console.subject(parameters), parameters)
    if (None if item is None else wire_text(item)) != before:
        raise Refused(409, _CHANGED)


def written(console: Console, parameters: JsonObject) -> JsonObject:
    """Carries out a statement that writes."""
    request = {"Statement": text_of(parameters, "statement"), "ReturnConsumedCapacity": "TOTAL"}
    if statements_of(request) and not is_write("ExecuteStatement", request):
        raise wrong("This statement does not write.")
    response = console.subject(parameters).write("ExecuteStatement", request)
    return {"units": response.get("ConsumedCapacity", {}).get("CapacityUnits", 0)}


METHODS = (
    Method("items.convert", converted),
    Method("items.put", put, writes=True),
    Method("items.delete", deleted, writes=True),
    Method("items.write", written, writes=True),
)
