"""The floors: the same items kept by hand, and nothing of a service around them.

No checks, no counts, no partitions, no indexes, no durability beyond the process: what is left is what a `SortedDict`
and msgpack cost, or SQLite.
"""

from __future__ import annotations

import sqlite3
from itertools import islice
from pathlib import Path
from typing import Any

import msgpack
from sortedcontainers import SortedDict

_MIB = 1 << 20

# What the floors know, by their kinds.
FLOOR_WORKLOADS = {
    "bare": ("put", "get", "query 100", "scan 1 MB", "batch write 25"),
    "floor": ("put", "get", "query 100"),
}


class BareClient:
    """As much of a client as the workloads call, over a `SortedDict`."""

    def __init__(self) -> None:
        self._records: SortedDict[tuple[str, float], bytes] = SortedDict()

    def create_table(self, **request: Any) -> None:
        pass

    def batch_write_item(self, RequestItems: dict[str, list[Any]]) -> None:
        for request in next(iter(RequestItems.values())):
            self.put_item("", request["PutRequest"]["Item"])

    def put_item(self, TableName: str, Item: dict[str, Any]) -> None:
        self._records[Item["pk"]["S"], float(Item["sk"]["N"])] = msgpack.packb(Item)

    def get_item(self, TableName: str, Key: dict[str, Any]) -> dict[str, Any]:
        return {"Item": msgpack.unpackb(self._records[Key["pk"]["S"], float(Key["sk"]["N"])])}

    def query(self, ExpressionAttributeValues: dict[str, Any], Limit: int, **request: Any) -> dict[str, Any]:
        start = (ExpressionAttributeValues[":p"]["S"], float(ExpressionAttributeValues[":s"]["N"]))
        stop = (start[0], float("inf"))
        return {
            "Items": [msgpack.unpackb(self._records[key]) for key in islice(self._records.irange(start, stop), Limit)]
        }

    def scan(self, TableName: str) -> dict[str, Any]:
        items, size = [], 0
        for record in self._records.values():
            items.append(msgpack.unpackb(record))
            size += len(record)
            if size >= _MIB:
                break
        return {"Items": items}


class FloorClient:
    """As much of a client as the workloads call, over SQLite.

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
