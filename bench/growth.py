"""How costs grow with the table, what an item weighs in memory, and how long the import takes."""

from __future__ import annotations

import gc
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

import minidynamo
from bench.worker import microseconds
from bench.workloads import WORKLOADS, create_table, fill

_SIZES = (1_000, 10_000, 100_000, 1_000_000, 5_000_000)
_NAMES = ("put", "get", "query 100")
_MEMORY_ITEMS = 300_000


def print_growth(largest: int) -> None:
    """Prints put, get and query at growing sizes of one table, and the ratio of the largest to the smallest."""
    database = minidynamo.connect()
    client = database.client()
    create_table(client, has_index=False)
    sizes = [size for size in _SIZES if size <= largest]
    times: dict[str, list[float]] = {name: [] for name in _NAMES}
    filled = 0
    for size in sizes:
        fill(client, size - filled, start=filled)
        filled = size
        for name in _NAMES:
            operation = WORKLOADS[name](client, size)
            times[name].append(statistics.median(microseconds(operation, 0.3) for _ in range(5)))
    table = Table(title="µs per operation by items in the table")
    table.add_column("workload")
    for size in sizes:
        table.add_column(f"{size:,}", justify="right")
    table.add_column("largest ÷ smallest", justify="right")
    for name, values in times.items():
        table.add_row(name, *(f"{value:,.1f}" for value in values), f"{values[-1] / values[0]:.2f}")
    Console().print(table)


def print_memory() -> None:
    """Prints what the process grows by: per item of about 400 bytes, and per entry of a GSI that projects all."""
    databases = [minidynamo.connect(), minidynamo.connect()]  # Both stay, so that neither gets memory of the other.
    item, size = _memory_per_item(databases[0], has_index=False)
    both, _ = _memory_per_item(databases[1], has_index=True)
    Console().print(f"memory: {item:,.0f} bytes per item of {size:,.0f} bytes, {both - item:,.0f} per entry of a GSI")


def _memory_per_item(database: minidynamo.Database, has_index: bool) -> tuple[float, float]:
    """What an item takes of memory, with its entry where there is an index, and its size in bytes."""
    client = database.client()
    create_table(client, has_index, has_stream=False)
    fill(client, 1_000)
    gc.collect()
    before = _resident_bytes()
    fill(client, _MEMORY_ITEMS, start=1_000)
    gc.collect()
    per_item = (_resident_bytes() - before) / _MEMORY_ITEMS
    return per_item, client.describe_table(TableName="Bench")["Table"]["TableSizeBytes"] / (_MEMORY_ITEMS + 1_000)


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def print_pauses(count: int) -> None:
    """Prints how long a full collection of cyclic garbage takes, before and after so many items are in memory."""
    client = minidynamo.connect().client()
    create_table(client, has_index=False)
    before = _collections()
    fill(client, count)
    _collections()  # The first one meets what has come since.
    Console().print(f"full collection: {before:.1f} ms without items, {_collections():.1f} ms with {count:,} of them")


def _collections() -> float:
    """The longest of five full collections, in milliseconds."""
    times = []
    for _ in range(5):
        started = time.perf_counter()
        gc.collect()
        times.append((time.perf_counter() - started) * 1e3)
    return max(times)


def print_import() -> None:
    """Prints how long `import minidynamo` takes in a fresh process."""
    code = "import time; t = time.perf_counter(); import minidynamo; print((time.perf_counter() - t) * 1e3)"
    times = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
        for _ in range(15)
    ]
    Console().print(f"import: {statistics.median(times):.0f} ms (median of 15, {min(times):.0f} to {max(times):.0f})")
