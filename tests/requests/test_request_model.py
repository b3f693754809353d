"""The table of request shapes against botocore's model of the service, so that drift shows."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest

from minidynamo.operations import OPERATIONS
from minidynamo.requests.operations import API, STREAM
from minidynamo.requests.shapes import Shape

MODELS = {
    is_streams: botocore.session.get_session().get_service_model("dynamodbstreams" if is_streams else "dynamodb")
    for is_streams in (False, True)
}

# Kinds of botocore to ours.
KINDS = {
    "string": "String",
    "integer": "Integer",
    "long": "Long",
    "boolean": "Boolean",
    "timestamp": "Timestamp",
    "list": "List",
    "map": "Map",
    "structure": "Structure",
}
# Where the service itself differs from its model; the reason behind each.
REQUIRED_HERE_ONLY = {("CreateTable", ""): {"AttributeDefinitions", "KeySchema"}}  # Optional for global tables alone.
BOUNDS_DIFFER = {
    "TableName": "the model allows ARNs; the service checks names by their own bounds",
    "Tags.Key": "the service refuses bad tags in words of its own",
    "Tags.Value": "the service refuses bad tags in words of its own",
    "TagKeys": "unknown tag keys are fine",
    "TableClass": "the service refuses an unknown class in words of its own",
    "ResourceArn": "the service refuses bad ARNs in words of its own",
    "KeySchema": "the service allows two elements in tables and LSIs",
    "LocalSecondaryIndexes.KeySchema": "the service allows two elements in tables and LSIs",
    "AttributesToGet": "attribute names are checked as values",
    "ExpressionAttributeNames": "the service refuses long names in words of its own",
}


def compare(operation: str, path: str, ours: Shape, model: Any) -> list[str]:
    """What differs between our shape and the model's, as sentences."""
    place = f"{operation}.{path}"
    if ours.kind == "Opaque":
        return []
    if ours.kind == "Value":
        return [] if model.name == "AttributeValue" else [f"{place} is {model.name}"]
    if KINDS[model.type_name] != ours.kind:
        return [f"{place} is a {model.type_name}, not a {ours.kind}"]
    if ours.kind == "Structure":
        return compare_members(operation, path, ours, model)
    differences = compare_bounds(place, path, ours, model)
    if ours.element is not None:
        inner = model.member if ours.kind == "List" else model.value
        differences += compare(operation, path, ours.element, inner)
    return differences


def compare_members(operation: str, path: str, ours: Shape, model: Any) -> list[str]:
    place = f"{operation}.{path}"
    differences = []
    if ours.name != model.name and path:
        differences.append(f"{place} is called {model.name}, not {ours.name}")
    if set(ours.members) != set(model.members):
        differences.append(f"{place} has other members: {set(ours.members) ^ set(model.members)}")
    extra = REQUIRED_HERE_ONLY.get((operation, path), set())
    if ours.required - extra != set(model.required_members):
        differences.append(f"{place} requires {sorted(model.required_members)}")
    for name in ours.members.keys() & model.members.keys():
        inner = f"{path}.{name}".lstrip(".")
        differences += compare(operation, inner, ours.members[name], model.members[name])
    return differences


def compare_bounds(place: str, path: str, ours: Shape, model: Any) -> list[str]:
    differences = []
    if path in BOUNDS_DIFFER or path.rsplit(".", 1)[-1] in ("TableName", "ExpressionAttributeNames"):
        return []
    if set(ours.enum or ()) != set(model.metadata.get("enum", ())):
        differences.append(f"{place} has other values")
    bounds = (ours.minimum, ours.maximum)
    if bounds != (model.metadata.get("min"), model.metadata.get("max")) and ours.kind != "Map":
        differences.append(f"{place} has bounds {model.metadata}")
    if ours.pattern != model.metadata.get("pattern"):
        differences.append(f"{place} has another pattern")
    return differences


@pytest.mark.parametrize("operation", OPERATIONS)
def test_shapes_are_those_of_the_model(operation: str) -> None:
    """Members, names, types, required members, enums and bounds agree with botocore's model."""
    model = MODELS[API[operation].subject == STREAM].operation_model(operation).input_shape
    assert compare(operation, "", API[operation].request, model) == []
