"""Databases in files: how threads share the syncs of a disk, and what a file larger than memory costs."""

from __future__ import annotations

import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

import minidynamo
from bench.workloads import TABLE, create_table, fill, key, put
from minidynamo.cli.display import byte_count

_SECONDS = 2.0
_THREADS = (1, 4, 16)
_DELAYS_SECONDS = (0.0, 0.001, 0.005)
_GETS = 20_000


def print_threads() -> None:
    """Prints puts per second by threads, on this disk and on ones whose syncs take longer."""
    table = Table(title="puts per second, durability full (÷ one thread; puts per sync)", title_justify="left")
    table.add_column("a sync takes")
    for threads in _THREADS:
        table.add_column(f"{threads} thread{'s' * (threads > 1)}", justify="right")
    for delay in _DELAYS_SECONDS:
        cells, base = [], 0.0
        for threads in _THREADS:
            rate, per_sync = _puts(threads, delay)
            base = base or rate
            cells.append(f"{rate:,.0f} ({rate / base:.2f}; {per_sync:.1f})")
        table.add_row(f"{delay * 1e3:.0f} ms longer" if delay else "as on this disk", *cells)
    Console().print(table)


def _puts(threads: int, delay_seconds: float) -> tuple[float, float]:
    """Puts per second, and puts per sync."""
    with tempfile.TemporaryDirectory() as folder, minidynamo.connect(Path(folder) / "bench.db") as database:
        client = database.client()
        create_table(client, has_index=False)
        fill(client, 1_000)
        counts = [0] * threads
        end = time.perf_counter() + _SECONDS

        def work(number: int) -> None:
            operation = put(client, 1_000 + number)
            while time.perf_counter() < end:
                operation()
                counts[number] += 1

        with _slower_syncs(delay_seconds) as syncs:
            workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
        return sum(counts) / _SECONDS, sum(counts) / max(len(syncs), 1)


@contextmanager
def _slower_syncs(delay_seconds: float) -> Iterator[list[int]]:
    """Makes each fsync take longer; gives the list of all of them."""
    sync, syncs = os.fsync, []

    def slow(file: int) -> None:
        sync(file)
        time.sleep(delay_seconds)
        syncs.append(file)

    os.fsync = slow  # type: ignore[assignment]
    try:
        yield syncs
    finally:
        os.fsync = sync


def print_large(gigabytes: float) -> None:
    """Builds a file of that size, then opens it in a fresh process and gets items at random."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.db"
        count = _build(path, int(gigabytes * 1e9))
        size = path.stat().st_size
        code = f"from bench.stores import report_large; report_large({str(path)!r}, {count})"
        found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        Console().print(f"{byte_count(size)}, {count:,} items: {found.strip()}")


def report_large(path: str, count: int) -> None:
    """Prints the figures of one process that opens a file and gets items at random."""
    started = time.perf_counter()
    with minidynamo.connect(path) as database:
        opened = time.perf_counter() - started
        client = database.client()
        chance = random.Random(1)
        times = []
        for _ in range(_GETS):
            number = chance.randrange(count)
            began = time.perf_counter()
            assert "Item" in client.get_item(TableName=TABLE, Key=key(number))
            times.append(time.perf_counter() - began)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    median = statistics.median(times) * 1e6
    print(f"opened in {opened * 1e3:.0f} ms, {_GETS:,} gets at {median:.1f} µs (median), {memory:.0f} MB of memory")


def _build(path: Path, size_bytes: int) -> int:
    """Fills a new file up to a size; the number of items in it."""
    count, step = 0, 5_000
    with minidynamo.connect(path, durability="process") as database, Progress(transient=True) as progress:
        client = database.client()
        create_table(client, has_index=False)
        task = progress.add_task("Building", total=size_bytes)
        while path.stat().st_size < size_bytes:
            fill(client, step, start=count)
            count += step
            progress.update(task, completed=path.stat().st_size)
    return count
