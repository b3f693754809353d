"""Requests per second of HTTP servers at 16 connections, and what each costs our own server in processor time."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvloop
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.reaching import new_client
from bench.runner import ROOT
from bench.workloads import TABLE, create_table, fill, item, key, numbers
from minidynamo.http.messages import HttpRequest
from minidynamo.remote.signing import sign_formally

_CONNECTIONS = 16
_ITEMS = 2_000
_SECONDS = 1.5
_WARM_UP = 2_000
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_LAST_CHUNK = b"\r\n0\r\n\r\n"  # Of a response whose length is not told before.
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)

Requests = Iterator[bytes]


@dataclass(frozen=True)
class OwnServer:
    """Our server in a process of its own."""

    url: str
    pid: int


@contextmanager
def own_server(tree: Path = ROOT, arguments: Sequence[str] = ()) -> Iterator[OwnServer]:
    """Starts `minidynamo serve` of a tree and stops it."""
    command = [sys.executable, "-m", "minidynamo", "serve", "--port", "0", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tree)
    assert process.stdout is not None
    url = process.stdout.readline().split(" answers at ")[1].partition(";")[0]
    try:
        yield OwnServer(url, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


class _Connection(asyncio.Protocol):
    """Sends a request as soon as the response to the last one is whole."""

    def __init__(self, requests: Requests, count: Callable[[int], None]) -> None:
        self._requests, self._count = requests, count
        self._received = b""
        self.is_stopped = False

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        self._received = received = self._received + data if self._received else data
        end_of_head = received.find(b"\r\n\r\n")
        if end_of_head < 0:
            return
        length = _LENGTH.search(received)
        is_whole = (
            received.endswith(_LAST_CHUNK) if length is None else len(received) >= end_of_head + 4 + int(length[1])
        )
        if not is_whole:
            return
        self._received = b""
        self._count(int(received[9:12]))
        if not self.is_stopped:
            self._transport.write(next(self._requests))


def print_throughput(urls: dict[str, str], pids: dict[str, int], rounds: int) -> None:
    """Measures gets, puts and queries on every server, turn by turn, and prints the table."""
    console = Console()
    for url in urls.values():
        client = new_client("raw", url)()
        create_table(client, has_index=False)
        fill(client, _ITEMS)
        for number in range(_WARM_UP):  # A server in Java takes seconds for the first ones.
            client.get_item(TableName=TABLE, Key=key(number))
    rates: dict[tuple[str, str], list[float]] = {}
    costs: dict[tuple[str, str], list[float]] = {}
    steps = [(kind, turn) for kind in _REQUESTS for turn in range(rounds)]
    for kind, turn in track(steps, "Measuring", console=console, transient=True):
        names = list(urls)
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            before = _processor_seconds(pids[name]) if name in pids else 0.0
            answered, seconds = uvloop.run(loaded(urls[name], _REQUESTS[kind](urlsplit(urls[name]).netloc)))
            rates.setdefault((kind, name), []).append(answered / seconds)
            if name in pids:
                spent = _processor_seconds(pids[name]) - before
                costs.setdefault((kind, name), []).append(spent / answered * 1e6)
    console.print(_table(urls, rates, costs, rounds))


async def loaded(url: str, requests: Requests) -> tuple[int, float]:
    """How many requests a server answered, and in what time."""
    statuses: list[int] = []
    host = urlsplit(url)
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    opening = [
        loop.create_connection(lambda: _Connection(requests, statuses.append), host.hostname, host.port)
        for _ in range(_CONNECTIONS)
    ]
    connections = await asyncio.gather(*opening)
    await asyncio.sleep(_SECONDS)
    for _, connection in connections:
        connection.is_stopped = True
    answered, seconds = len(statuses), time.perf_counter() - started
    await asyncio.sleep(0.1)
    for transport, _ in connections:
        transport.close()
    assert set(statuses) == {200}, f"{url} answered {sorted(set(statuses))}"
    return answered, seconds


def request_bytes(host: str, operation: str, members: Any, body: str | None = None) -> bytes:
    """A request as a client sends it, formally signed."""
    body = json.dumps(members) if body is None else body
    headers = {
        "host": host,
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": f"DynamoDB_20120810.{operation}",
        "content-length": str(len(body)),
    }
    signed = sign_formally(HttpRequest("POST", "/", "", headers, b"")).headers
    head = "".join(f"{name}: {value}\r\n" for name, value in signed.items())
    return f"POST / HTTP/1.1\r\n{head}\r\n{body}".encode()


def _gets(host: str) -> Requests:
    number = numbers(_ITEMS, 2)
    members = [{"TableName": TABLE, "Key": key(number())} for _ in range(512)]
    return itertools.cycle([request_bytes(host, "GetItem", each) for each in members])


def _puts(host: str) -> Requests:
    randomness = random.Random(1)
    items = [item(number, randomness) for number in range(512)]
    return itertools.cycle([request_bytes(host, "PutItem", {"TableName": TABLE, "Item": each}) for each in items])


def _queries(host: str) -> Requests:
    number = numbers(_ITEMS - 100, 4)
    members = [
        {
            "TableName": TABLE,
            "KeyConditionExpression": "pk = :p AND sk >= :s",
            "ExpressionAttributeValues": {":p": key(first)["pk"], ":s": key(first)["sk"]},
            "Limit": 100,
        }
        for first in (number() // 1000 * 1000 + each for each in range(512))
    ]
    return itertools.cycle([request_bytes(host, "Query", each) for each in members])


_REQUESTS: dict[str, Callable[[str], Requests]] = {"get": _gets, "put": _puts, "query 100": _queries}


def _processor_seconds(pid: int) -> float:
    """What a process has used so far, in user and system mode together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND


def _table(urls: dict[str, str], rates: Any, costs: Any, rounds: int) -> Table:
    table = Table(title=f"Requests per second, {_CONNECTIONS} connections: median of {rounds} interleaved rounds")
    table.add_column("operation")
    for name in urls:
        table.add_column(name, justify="right")
    table.add_column("our processor\nµs per request", justify="right")
    for kind in _REQUESTS:
        base = statistics.median(rates[kind, next(iter(urls))])
        row = [kind]
        for name in urls:
            rate = statistics.median(rates[kind, name])
            row.append(f"{rate:,.0f}" + (f" (ours is {base / rate:.2f} times that)" if rate != base else ""))
        own = [each for (operation, _), times in costs.items() if operation == kind for each in times]
        table.add_row(*row, f"{statistics.median(own):,.0f}" if own else "")
    return table
