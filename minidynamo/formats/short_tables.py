"""Short descriptions of tables, for tests and spec cases.

`{"key": ["pk S", "sk N"], "gsi": {"g": {"key": ["a S"], "projection": ["b"]}}}` becomes the request of CreateTable.
"""

from __future__ import annotations

from collections.abc import Mapping

from minidynamo.values.api_types import JsonValue, RequestDraft

ShortTable = Mapping[str, JsonValue]
"""A short description of a table."""


def create_table_request(name: str, table: ShortTable) -> RequestDraft:
    """The CreateTable request of a short description.

    Parameters:
        name: the table's name.
        table: `key`, `lsi`, `gsi` (each index with `key` and `projection`: a type or the names of INCLUDE; a GSI with
            several key attributes lists them under `hash` and `range`), `extra` for further members.
    """
    attributes: dict[str, str] = {}

    def elements(hash_: list[str], range_: list[str]) -> list[dict[str, str]]:
        schema = []
        for role, parts in (("HASH", hash_), ("RANGE", range_)):
            for part in parts:
                attribute, kind = part.split()
                attributes[attribute] = kind
                schema.append({"AttributeName": attribute, "KeyType": role})
        return schema

    def key(definition: ShortTable) -> list[dict[str, str]]:
        if "key" in definition:
            return elements(definition["key"][:1], definition["key"][1:])
        return elements(definition["hash"], definition.get("range", []))

    request: RequestDraft = {"TableName": name, "KeySchema": key(table), "BillingMode": "PAY_PER_REQUEST"}
    for short, member in (("lsi", "LocalSecondaryIndexes"), ("gsi", "GlobalSecondaryIndexes")):
        if short in table:
            request[member] = [
                {
                    "IndexName": index_name,
                    "KeySchema": key(index),
                    "Projection": _projection(index.get("projection", "ALL")),
                }
                for index_name, index in table[short].items()
            ]
    request["AttributeDefinitions"] = [
        {"AttributeName": attribute, "AttributeType": kind} for attribute, kind in attributes.items()
    ]
    return {**request, **table.get("extra", {})}


def _projection(projection: str | list[str]) -> RequestDraft:
    if isinstance(projection, str):
        return {"ProjectionType": projection}
    return {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(projection)}
