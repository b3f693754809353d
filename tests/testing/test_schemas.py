"""Schemas: made from whatever describes a table, and drawn."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import minidynamo
from minidynamo.testing import TableSchema, items, reference_model, table_schemas
from tests.testing.kit_tables import SCHEMA, TABLE, TEMPLATE, is_refused, quick


def test_schemas_are_made_from_what_there_is(tmp_path: Any) -> None:
    description = TEMPLATE.client().describe_table(TableName="tbl")
    path = tmp_path / "table.json"
    path.write_text(json.dumps({"Table": TABLE}))
    for source in (TEMPLATE, description, description["Table"], TABLE, SCHEMA, TEMPLATE.Table("tbl"), path):
        schema = TableSchema.of(source)
        assert (schema.key, schema.types, schema.indexes) == (SCHEMA.key, SCHEMA.types, SCHEMA.indexes)


@pytest.mark.parametrize(
    ("kind", "source", "text"),
    [
        (TypeError, 7, "a file's path, not 7$"),
        (ValueError, {"a": 1}, "neither a describe_table answer"),
        (ValueError, minidynamo.connect(), "there is no table yet"),
    ],
)
def test_what_is_no_schema_is_refused(kind: type[Exception], source: Any, text: str) -> None:
    with pytest.raises(kind, match=text):
        TableSchema.of(source)


@given(table_schemas(), st.data())
@quick
def test_drawn_tables_can_be_made_and_filled(schema: TableSchema, data: Any) -> None:
    database = minidynamo.connect()
    schema.create(database)
    model = reference_model(schema)
    for item in data.draw(st.lists(items(schema), max_size=5)):
        if not is_refused(database, "PutItem", {"TableName": schema.name, "Item": item}):
            model.put(item)
    assert {*map(model.identity, database.execute("Scan", {"TableName": schema.name})["Items"])} == model.items.keys()
    database.check()
