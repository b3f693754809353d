"""What an invocation costs over its handler, in a thread and in a process, and requests per second to a function."""

from __future__ import annotations

import itertools
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvloop

import minidynamo
from bench.throughput import loaded, own_server

_CALLS, _ROUNDS = 300, 9
_TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Own:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      InlineCode: |
        def handler(event, context):
            return {"statusCode": 200, "body": "own"}
      Events: {All: {Type: HttpApi}}
"""
_HANDLER = "def handler(event, context):\n    return event\n"


def print_functions() -> None:
    """Prints microseconds per invocation over a bare call of its handler, and requests per second of `serve --app`."""
    namespace: dict[str, Any] = {}
    exec(_HANDLER, namespace)
    with tempfile.TemporaryDirectory() as folder, minidynamo.connect() as database:
        (Path(folder) / "app.py").write_text(_HANDLER)
        database.functions.register("callable", namespace["handler"])
        database.functions.deploy("thread", folder, "app.handler")
        database.functions.deploy("process", folder, "app.handler", isolation="process")
        operations: dict[str, Callable[[], Any]] = {
            "handler": lambda: namespace["handler"]({"a": 1}, None),
            **{name: _invocation(database, name) for name in ("callable", "thread", "process")},
        }
        times: dict[str, list[float]] = {name: [] for name in operations}
        for _ in range(_ROUNDS):  # Interleaved, since the machine is shared.
            for name, operation in operations.items():
                times[name].append(_measured(operation))
        medians = {name: statistics.median(found) for name, found in times.items()}
        for name in ("callable", "thread", "process"):
            print(f"{name:10}{medians[name] - medians['handler']:>8.1f} µs over its handler")
        _print_requests(Path(folder))


def _print_requests(folder: Path) -> None:
    template = folder / "template.yaml"
    template.write_text(_TEMPLATE)
    for isolation in ("thread", "process"):
        with own_server(arguments=("--app", str(template), "--isolation", isolation)) as server:
            request = f"GET /x HTTP/1.1\r\nhost: {urlsplit(server.url).netloc}\r\n\r\n".encode()
            answered, seconds = uvloop.run(loaded(server.url, itertools.repeat(request)))
            print(f"{isolation:10}{answered / seconds:>8,.0f} requests per second at 16 connections")


def _invocation(database: minidynamo.Database, name: str) -> Callable[[], Any]:
    return lambda: database.functions.invoke(name, {"a": 1})


def _measured(operation: Callable[[], Any]) -> float:
    started = time.perf_counter()
    for _ in range(_CALLS):
        operation()
    return (time.perf_counter() - started) / _CALLS * 1e6
