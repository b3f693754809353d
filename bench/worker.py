"""A process that performs workloads for one target, told by its standard input; see `runner.py`.

Each line `WORKLOAD<TAB>SECONDS` is answered by the microseconds per operation over about that time.
"""

from __future__ import annotations

import gc
import sys
import time

from bench.reaching import new_client, table_of
from bench.table_workloads import TABLE_WORKLOADS
from bench.workloads import INDEXED, WORKLOADS, Operation, create_table, fill


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


def main(kind: str, count: int, url: str) -> None:
    """Answers until standard input ends."""
    make = new_client(kind, url)
    workloads = TABLE_WORKLOADS if kind.endswith("table") else WORKLOADS
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
            target = table_of(client) if kind.endswith("table") else client
        if name not in prepared:
            prepared[name] = workloads[name](target, count)
        print(microseconds(prepared[name], float(seconds)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
