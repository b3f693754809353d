"""The floor of a durable store: the same rows kept with SQLite by hand, and nothing of a service around them.

No checks, no counts, no partitions, no indexes, no durability beyond the process: what is left is what SQLite costs.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import msgpack

FLOOR_WORKLOADS = ("put", "get", "query 100")


class FloorClient:
    """As much of a client as those workloads call.

    Parameters:
        path: of a new file.
    """

    def __init__(self, path: Path) -> None:
        self._execute = sqlite3.connect(path, isolation_level=None).execute
        for setting in ("page_size = 8192", "journal_mode = WAL", "synchronous = OFF", "cache_size = -65536"):
            self._execute(f"PRAGMA {setting}")

    def create_table(self, **request: Any) -> None:
        self._execute("CREATE TABLE items (pk TEXT, sk REAL, record BLOB, PRIMARY KEY (pk, sk)) WITHOUT ROWID")

    def batch_write_item(self, RequestItems: dict[str, list[Any]]) -> None:
        self._execute("BEGIN")
        for request in next(iter(RequestItems.values())):
            self.put_item("", request["PutRequest"]["Item"])
        self._execute("COMMIT")

    def put_item(self, TableName: str, Item: dict[str, Any]) -> None:
        row = (Item["pk"]["S"], float(Item["sk"]["N"]), msgpack.packb(Item))
        self._execute("INSERT OR REPLACE INTO items VALUES (?, ?, ?)", row)

    def get_item(self, TableName: str, Key: dict[str, Any]) -> dict[str, Any]:
        key = (Key["pk"]["S"], float(Key["sk"]["N"]))
        (record,) = self._execute("SELECT record FROM items WHERE pk = ? AND sk = ?", key).fetchone()
        return {"Item": msgpack.unpackb(record)}

    def query(self, ExpressionAttributeValues: dict[str, Any], Limit: int, **request: Any) -> dict[str, Any]:
        values = (ExpressionAttributeValues[":p"]["S"], float(ExpressionAttributeValues[":s"]["N"]), Limit)
        rows = self._execute("SELECT record FROM items WHERE pk = ? AND sk >= ? ORDER BY sk LIMIT ?", values)
        return {"Items": [msgpack.unpackb(record) for (record,) in rows]}
