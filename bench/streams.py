"""What a stream costs its writers, how fast a handler gets its changes, and what a change weighs in memory."""

from __future__ import annotations

import gc
import resource
import statistics
import time
from typing import Any

from rich.console import Console

import minidynamo
from bench.worker import microseconds
from bench.workloads import TABLE, create_table, fill, put

_ITEMS = 10_000
_CHANGES = 100_000
_ROUNDS = 7
_STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}


def print_streams() -> None:
    """Prints the three figures."""
    console = Console()
    operations = [_puts(has_stream) for has_stream in (False, True)]
    times: list[list[float]] = [[], []]
    for _ in range(_ROUNDS):
        for operation, found in zip(operations, times, strict=True):
            found.append(microseconds(operation, 0.2))
    without, beside = (statistics.median(each) for each in times)
    console.print(f"put: {without:.1f} µs, {beside:.1f} µs with a stream of new and old images: {beside / without:.2f}")
    operations.clear()
    console.print(_drained())


def _puts(has_stream: bool) -> Any:
    client = minidynamo.connect().client()
    create_table(client, has_index=False)
    fill(client, _ITEMS)
    if has_stream:
        client.update_table(TableName=TABLE, StreamSpecification=_STREAM)
    return put(client, _ITEMS)


def _drained() -> str:
    database = minidynamo.connect()
    client = database.client()
    create_table(client, has_index=False)
    fill(client, _CHANGES)
    client.update_table(TableName=TABLE, StreamSpecification=_STREAM)
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    touch = {"UpdateExpression": "SET visits = visits + :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}
    for page in client.get_paginator("scan").paginate(TableName=TABLE, ProjectionExpression="pk, sk"):
        for key in page["Items"]:
            client.update_item(TableName=TABLE, Key=key, **touch)
    weight = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / _CHANGES
    counted = 0

    def handler(event: Any, context: Any) -> None:
        nonlocal counted
        counted += len(event["Records"])

    database.on_stream(TABLE, handler, BatchSize=100)
    started = time.perf_counter()
    database.drain()
    rate = counted / (time.perf_counter() - started)
    assert counted == _CHANGES
    return f"{rate:,.0f} changes per second through a handler at BatchSize 100; {weight:,.0f} bytes per change"
