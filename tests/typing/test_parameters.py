"""The types of keyword arguments name exactly what their methods and functions take."""

from __future__ import annotations

import inspect
from dataclasses import fields
from typing import Any, Required, get_origin, get_type_hints, is_typeddict

import pytest

from minidynamo.database import settings
from minidynamo.database.connect import connect
from minidynamo.database.core import Core
from minidynamo.embedded import item_parameters, table_parameters
from minidynamo.embedded.table_resource import _ATTRIBUTES, TableActions
from minidynamo.http.server.server import ServerOptions
from minidynamo.lambdas.settings import MappingSettings
from minidynamo.requests.operations import API


def types_of(name: str) -> dict[str, Any]:
    module = item_parameters if hasattr(item_parameters, name) else table_parameters
    return get_type_hints(getattr(module, name), include_extras=True)


@pytest.mark.parametrize("operation", sorted(name for name, row in API.items() if row.request.members))
def test_operations(operation: str) -> None:
    """Every operation's members, and those that are required."""
    shape = API[operation].request
    found = types_of(operation)
    assert found.keys() == shape.members.keys()
    assert {name for name, kind in found.items() if get_origin(kind) is Required} == shape.required


@pytest.mark.parametrize(
    "operation", ["PutItem", "GetItem", "UpdateItem", "DeleteItem", "Query", "Scan", "UpdateTable"]
)
def test_methods_of_tables(operation: str) -> None:
    """Those of a table resource take all but the table's name."""
    assert types_of(f"{operation}OfTable").keys() | {"TableName"} == types_of(operation).keys()


def test_attributes_of_tables() -> None:
    """A table resource has the attributes that are annotated, one for each member of its description."""
    annotated = inspect.get_annotations(TableActions)
    assert {_ATTRIBUTES[name] for name in annotated} == set(_ATTRIBUTES.values())


def parameters_of(function: Any) -> set[str]:
    return set(inspect.signature(function).parameters)


@pytest.mark.parametrize(
    ("kind", "taken"),
    [
        (settings.MockSettings, parameters_of(connect)),
        (settings.ConnectSettings, parameters_of(connect) - {"path"}),
        (settings.ForkSettings, parameters_of(Core) - {"self"}),
        (settings.DatabaseSettings, parameters_of(Core) - {"self", "engine"}),
        (settings.ServeSettings, {each.name for each in fields(ServerOptions)} - {"host", "port"}),
        (settings.StreamSettings, {each.name for each in fields(MappingSettings)} | {"Timeout"}),
    ],
)
def test_settings(kind: Any, taken: set[str]) -> None:
    """The settings of databases, servers and mappings."""
    assert is_typeddict(kind)
    assert kind.__annotations__.keys() == taken
