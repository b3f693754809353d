"""Requests and answers of the resource layer: Python values where the API has attribute values.

Requests are walked by their shape; answers by the few members that hold items. Condition objects become expressions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minidynamo.embedded.conditions import ExpressionBuilder, is_condition
from minidynamo.requests.operations import API
from minidynamo.requests.shapes import Shape
from minidynamo.requests.walk import rebuilt
from minidynamo.values.api_types import PythonItem, PythonValue, Request, RequestDraft, Response
from minidynamo.values.attribute_value import Item
from minidynamo.values.python_values import from_attribute_value, from_item, to_attribute_value

# In the order in which boto3 numbers their placeholders.
_CONDITIONS = ("ConditionExpression", "FilterExpression", "KeyConditionExpression")


def wire_request(operation: str, parameters: Request) -> RequestDraft:
    """The request of an operation, from parameters with Python values and condition objects.

    Raises:
        TypeError: a value that DynamoDB cannot store, such as a float.
    """
    request: RequestDraft = rebuilt(API[operation].request, _with_expressions(parameters), _wire_leaf)
    return request


def python_response(response: Response) -> Response:
    """A response of the client with Python values for attribute values."""
    return {name: _READERS[name](value) if name in _READERS else value for name, value in response.items()}


def _with_expressions(parameters: Request) -> Request:
    given = [name for name in _CONDITIONS if is_condition(parameters.get(name))]
    if not given:
        return parameters
    builder = ExpressionBuilder()
    # Key conditions are numbered first, so that a filter added later leaves their placeholders alone.
    built = {name: builder.build(parameters[name]) for name in reversed(given)}
    result = {**parameters, **built}
    for member, placeholders in (
        ("ExpressionAttributeNames", builder.names),
        ("ExpressionAttributeValues", builder.values),
    ):
        if placeholders:
            result[member] = {**result.get(member, {}), **placeholders}
    return result


def _wire_leaf(shape: Shape, value: PythonValue) -> PythonValue:
    return to_attribute_value(value) if shape.kind == "Value" else value


def _items(items: list[Item]) -> list[PythonItem]:
    return [from_item(item) for item in items]


def _responses(responses: dict[str, list[Item]] | list[dict[str, Item]]) -> object:
    if isinstance(responses, dict):  # BatchGetItem: items per table.
        return {table: _items(items) for table, items in responses.items()}
    return [{name: from_item(item) for name, item in entry.items()} for entry in responses]


def _unprocessed_keys(tables: Response) -> Response:
    return {table: {**entry, "Keys": _items(entry["Keys"])} for table, entry in tables.items()}


def _unprocessed_items(tables: Response) -> Response:
    return {
        table: [
            {kind: {member: from_item(item) for member, item in body.items()} for kind, body in entry.items()}
            for entry in entries
        ]
        for table, entries in tables.items()
    }


def _collection_metrics(metrics: Response) -> Response:
    if "ItemCollectionKey" not in metrics:
        return {table: [_collection_metrics(entry) for entry in entries] for table, entries in metrics.items()}
    key = {name: from_attribute_value(value) for name, value in metrics["ItemCollectionKey"].items()}
    return {**metrics, "ItemCollectionKey": key}


_READERS: dict[str, Callable[[Any], object]] = {
    "Item": from_item,
    "Items": _items,
    "Attributes": from_item,
    "LastEvaluatedKey": from_item,
    "Responses": _responses,
    "UnprocessedKeys": _unprocessed_keys,
    "UnprocessedItems": _unprocessed_items,
    "ItemCollectionMetrics": _collection_metrics,
}
