"""A process that writes to a store and hands the changes to a handler until it is killed: see `test_handler_kill.py`.

Each change that the handler gets is written to a log, `<key> <sequence number>` per line, before the handler returns.
"""

from __future__ import annotations

import os
import random
import sys
from typing import Any

import minidynamo
from minidynamo import Database
from minidynamo.formats.short_tables import create_table_request

PARTITION_SIZE = 400


def open_store(path: str, log: str) -> Database:
    """The store, with its table and the handler's mapping."""
    database = minidynamo.connect(path, partition_size=PARTITION_SIZE)
    if not database.execute("ListTables", {})["TableNames"]:
        stream = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
        request = create_table_request("tbl", {"key": ["pk S"]})
        database.execute("CreateTable", {**request, "StreamSpecification": stream})
    file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def handler(event: Any, context: Any) -> None:
        for record in event["Records"]:
            change = record["dynamodb"]
            os.write(file, f"{change['Keys']['pk']['S']} {change['SequenceNumber']}\n".encode())

    database.on_stream("tbl", handler, BatchSize=5, ParallelizationFactor=2)
    return database


def main(path: str, log: str, seed: int) -> None:
    """Writes and drains in turns until it is killed."""
    database = open_store(path, log)
    database.drain()
    os.write(1, b"ready\n")
    chance = random.Random(seed)
    while True:
        for _ in range(chance.randrange(1, 30)):
            item = {"pk": {"S": f"k{chance.randrange(40)}"}, "n": {"N": str(chance.randrange(10**9))}}
            database.execute("PutItem", {"TableName": "tbl", "Item": item})
        database.drain(max_batches=chance.randrange(1, 8))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
