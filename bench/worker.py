"""A process that performs workloads for one target, told by its standard input; see `runner.py`.

Each line `WORKLOAD<TAB>SECONDS` is answered by the microseconds per operation over about that time.
"""

from __future__ import annotations

import gc
import sys
import time
from typing import Any

from bench.workloads import INDEXED, WORKLOADS, Operation, create_table, fill


def clients(target: str) -> Any:
    """Makes a fresh client of a target each time it is called."""
    if target == "embedded":
        import minidynamo

        return lambda: minidynamo.connect().client()
    assert target == "moto", f"unknown target {target}"
    import os

    import boto3
    from moto import mock_aws

    os.environ |= {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    mocks = []

    def make() -> Any:
        for mock in mocks:
            mock.stop()
        mocks[:] = [mock_aws()]
        mocks[0].start()
        return boto3.client("dynamodb", region_name="us-east-1")

    return make


def microseconds(operation: Operation, seconds: float) -> float:
    """The mean time of an operation, run for about `seconds`."""
    operation()
    started = time.perf_counter()
    operation()
    once = max(time.perf_counter() - started, 1e-7)
    repeats = max(int(seconds / once), 1)
    gc.collect()
    started = time.perf_counter()
    for _ in range(repeats):
        operation()
    return (time.perf_counter() - started) / repeats * 1e6


def main(target: str, count: int) -> None:
    """Answers until standard input ends."""
    make = clients(target)
    prepared: dict[str, Operation] = {}
    has_index: bool | None = None
    for line in sys.stdin:
        name, seconds = line.rstrip("\n").split("\t")
        if (name in INDEXED) is not has_index:
            has_index = name in INDEXED
            client = make()
            prepared.clear()
            create_table(client, has_index)
            fill(client, count)
        if name not in prepared:
            prepared[name] = WORKLOADS[name](client, count)
        print(microseconds(prepared[name], float(seconds)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
