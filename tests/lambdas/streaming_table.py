"""A table with a stream, changes of it, and what handlers have got."""

from __future__ import annotations

from typing import Any

from minidynamo import Database
from minidynamo.formats.short_tables import create_table_request

Event = dict[str, Any]


def create(database: Database, name: str = "tbl", view_type: str = "NEW_AND_OLD_IMAGES") -> None:
    specification = {"StreamEnabled": True, "StreamViewType": view_type}
    request = create_table_request(name, {"key": ["pk S"]})
    database.execute("CreateTable", {**request, "StreamSpecification": specification})


def put(database: Database, *keys: str, table: str = "tbl", **more: Any) -> None:
    for key in keys:
        database.execute("PutItem", {"TableName": table, "Item": {"pk": {"S": key}, **more}})


def keys_of(event: Event) -> str:
    return "".join(each["dynamodb"]["Keys"]["pk"]["S"] for each in event["Records"])
