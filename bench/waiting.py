"""How long a well-behaved client of a server waits: beside long work of others, and beside clients that mean harm."""

from __future__ import annotations

import gzip
import multiprocessing
import socket
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.reaching import new_client
from bench.runner import ROOT, checkout
from bench.throughput import OwnServer, own_server, request_bytes
from bench.workloads import TABLE, create_table, fill, key

_PROCESSES = multiprocessing.get_context("fork")
_SECONDS = 3.0
_ITEMS = 2_000
_MIB = 1024 * 1024

Work = Callable[["_Client"], None]


class _Client:
    """A plain connection."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self.host = address.netloc
        self._address = (str(address.hostname), int(address.port or 0))
        self._socket: socket.socket | None = None

    def open(self) -> socket.socket:
        if self._socket is None:
            self._socket = socket.create_connection(self._address, timeout=600)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def call(self, operation: str, members: object) -> None:
        connection = self.open()
        connection.sendall(request_bytes(self.host, operation, members))
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._more()
        head, _, body = received.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), received[:300]
        missing = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]) - len(body)
        while missing > 0:
            missing -= len(self._more())

    def send(self, data: bytes) -> None:
        """Sends something and waits for whatever comes back, or the end."""
        with suppress(OSError):
            self.open().sendall(data)
            self.open().recv(65536)
        self.close()

    def _more(self) -> bytes:
        assert self._socket is not None
        data = self._socket.recv(1 << 20)
        assert data, "the server has ended the connection"
        return data


# Long work of others.


def _scans(client: _Client) -> None:
    client.call("Scan", {"TableName": "large"})


def _puts(client: _Client) -> None:
    client.call("PutItem", {"TableName": TABLE, "Item": {**key(1), "t": {"S": "." * 200}}})


def _transactions(client: _Client) -> None:
    puts = [{"Put": {"TableName": TABLE, "Item": {**key(number), "t": {"S": "." * 500}}}} for number in range(100)]
    client.call("TransactWriteItems", {"TransactItems": puts})


_LONG: dict[str, tuple[Work | None, int]] = {
    "nothing": (None, 0),
    "scans of 1 MB, 4 clients": (_scans, 4),
    "puts, 4 clients": (_puts, 4),
    "transactions of 100, 2 clients": (_transactions, 2),
}


# Clients that mean harm.


def _repeated_header(client: _Client) -> None:
    client.send(b"POST / HTTP/1.1\r\nHost: localhost\r\n" + (b"a: " + b"v" * 100 + b"\r\n") * 47_000)


def _endless_value(client: _Client) -> None:
    client.send(b"POST / HTTP/1.1\r\nHost: localhost\r\na: " + b"v" * (60 * _MIB))


def _members(client: _Client) -> None:
    body = gzip.compress(b"") * 200_000
    client.send(_posted(body, b"Content-Encoding: gzip\r\n"))


def _abandoned(client: _Client) -> None:
    connections = [_Client(f"http://{client.host}") for _ in range(10)]
    for each in connections:
        with suppress(OSError):
            each.open().sendall(_posted(b"x" * 16_000_000, b"", 16 * _MIB))
    for each in connections:
        each.close()


def _reads_nothing(client: _Client) -> None:
    scan = request_bytes(client.host, "Scan", {"TableName": "large"})
    connections = [_Client(f"http://{client.host}") for _ in range(20)]
    for each in connections:
        with suppress(OSError):
            each.open().settimeout(0.2)
            each.open().sendall(scan * 200)
    time.sleep(1)
    for each in connections:
        each.close()


def _objects(client: _Client) -> None:
    client.send(_posted(b'{"a":[' + b"{}," * (16 * _MIB // 3 - 8) + b"{}]}"))


def _signed_objects(client: _Client) -> None:
    body = '{"TableName":"x","a":[' + '{"S":""},' * (16 * _MIB // 9 - 8) + "{}]}"
    client.send(request_bytes(client.host, "GetItem", None, body))


def _posted(body: bytes, headers: bytes = b"", length: int = 0) -> bytes:
    size = length or len(body)
    return b"POST / HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: %d\r\n\r\n" % (headers, size) + body


_HOSTILE: dict[str, Work] = {
    "5 MB of one header (R2)": _repeated_header,
    "a value of 60 MB (R2)": _endless_value,
    "gzip, 200,000 members (R3)": _members,
    "bodies abandoned (R5 a, b)": _abandoned,
    "200 scans, nothing read (R5 c)": _reads_nothing,
    "16 MB of {},{}, (R5 d)": _objects,
    "the same, signed, as values": _signed_objects,
}


def print_waiting(against: str | None) -> None:
    """Prints how long gets take beside long work, in memory and in a file, of this tree and another revision."""
    trees = {"this tree": ROOT, **({against: checkout(against)} if against else {})}
    console, table = Console(), Table(title="a get waits, ms: median / 99th percentile / longest", title_justify="left")
    table.add_column("beside")
    rows: dict[str, list[str]] = {}
    for where in ("memory", "file"):
        for name, tree in trees.items():
            table.add_column(f"{where}\n{name}", justify="right")
            with tempfile.TemporaryDirectory() as folder:
                arguments = ["--db", f"{folder}/x.db"] if where == "file" else []
                with own_server(tree, arguments) as server:
                    _prepare(server)
                    for what, (work, clients) in track(_LONG.items(), f"{name}, {where}", console=console):
                        times = _times_beside(server, work, clients)
                        shown = (statistics.median(times), statistics.quantiles(times, n=100)[-1], max(times))
                        rows.setdefault(what, []).append(" / ".join(f"{each * 1e3:.2f}" for each in shown))
    for what, cells in rows.items():
        table.add_row(what, *cells)
    console.print(table)


def print_hostile(against: str | None) -> None:
    """Prints the longest wait of a well-behaved client beside each shape of attack, and what memory that took."""
    trees = {"this tree": ROOT, **({against: checkout(against)} if against else {})}
    console, table = Console(), Table(title="beside one hostile client", title_justify="left")
    table.add_column("attack")
    rows: dict[str, list[str]] = {}
    for name, tree in trees.items():
        table.add_column(f"longest wait\n{name}", justify="right")
        table.add_column("memory\nat most", justify="right")
        for what, work in track(_HOSTILE.items(), name, console=console):
            with own_server(tree, []) as server:
                _prepare(server)
                before = _memory(server.pid, "VmRSS")
                times = _times_beside(server, work, 1, once=True)
                grown = _memory(server.pid, "VmHWM") - before
                rows.setdefault(what, []).extend([f"{max(times) * 1e3:,.0f} ms", f"+{grown / 1024:,.0f} MB"])
    for what, cells in rows.items():
        table.add_row(what, *cells)
    console.print(table)


def _prepare(server: OwnServer) -> None:
    client = new_client("raw", server.url)()
    create_table(client, has_index=False)
    fill(client, _ITEMS)
    definition = {"AttributeName": "pk", "AttributeType": "S"}
    client.create_table(
        TableName="large",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[definition],
        BillingMode="PAY_PER_REQUEST",
    )
    for number in range(3_000):
        client.put_item(TableName="large", Item={"pk": {"S": f"{number:05d}"}, "t": {"S": "x" * 400}})


def _times_beside(server: OwnServer, work: Work | None, clients: int, once: bool = False) -> list[float]:
    """How long each get took, one after the other, while others work (again and again, or once).

    The others are processes of their own: in one with them a get would wait for the interpreter here, too.
    """
    is_over = _PROCESSES.Event()

    def repeat() -> None:
        client = _Client(server.url)
        while work is not None and not is_over.is_set():
            work(client)
            if once:
                break
        client.close()

    others = [_PROCESSES.Process(target=repeat, daemon=True) for _ in range(clients)]
    victim, times = _Client(server.url), []
    victim.call("GetItem", {"TableName": TABLE, "Key": key(1)})
    for each in others:
        each.start()
    end = time.perf_counter() + _SECONDS
    while (any(each.is_alive() for each in others) if once else False) or time.perf_counter() < end:
        started = time.perf_counter()
        victim.call("GetItem", {"TableName": TABLE, "Key": key(1)})
        times.append(time.perf_counter() - started)
        time.sleep(0.001)
    is_over.set()
    for each in others:
        each.join()
    victim.close()
    return times


def _memory(pid: int, kind: str) -> int:
    """What a process holds now (VmRSS), or has held at most (VmHWM), in KiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(kind))
