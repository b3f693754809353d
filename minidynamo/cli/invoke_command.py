"""`minidynamo invoke FUNCTION`: invokes a function at an endpoint with an event, and prints what it returns."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from minidynamo.cli.function_server import FunctionServer, add_server_options, reporting
from minidynamo.errors import StoreError
from minidynamo.http.messages import HttpRequest, HttpResponse
from minidynamo.limits import FUNCTION_TIMEOUT_SECONDS_MAX
from minidynamo.values.printable import printable

_TYPES = {"wait": "RequestResponse", "queue": "Event", "look": "DryRun"}


def add_invoke_options(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("function", help="its name, name:version, name:alias or ARN")
    parser.add_argument("--event", metavar="FILE", help="the event, as JSON: a file, or - for standard input ({})")
    parser.add_argument(
        "--mode", choices=_TYPES, default="wait", help="wait for the answer, queue the event, or look for the function"
    )
    add_server_options(parser)
    parser.set_defaults(run=run_invoke)


def run_invoke(options: argparse.Namespace) -> int:
    """Invokes it; returns 0, 1 where the function or the request failed, 2 where it could not be sent."""
    return reporting(options, _run)


def _run(options: argparse.Namespace) -> int:
    response = _response(options, _event(options.event))
    text = response.body.decode(errors="replace")
    if response.status >= 300:
        print(f"minidynamo: {_refusal(response, text)}", file=sys.stderr)
        return 1
    if text:
        print(printable(text))
    failure = response.headers.get("x-amz-function-error")
    if failure is not None:
        print(f"minidynamo: the function {options.function} failed ({printable(failure)})", file=sys.stderr)
    return int(failure is not None)


def _event(path: str | None) -> bytes:
    if path is None:
        return b"{}"
    try:
        event = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise StoreError(f"cannot read the event {path}: {error.strerror}") from None
    try:
        json.loads(event)
    except (ValueError, RecursionError) as error:
        raise StoreError(f"the event {path} is not JSON: {error}") from None
    return event


def _response(options: argparse.Namespace, event: bytes) -> HttpResponse:
    headers = {
        "content-type": "application/json",
        "x-amz-invocation-type": _TYPES[options.mode],
    }
    path = f"/2015-03-31/functions/{quote(options.function, safe='')}/invocations"
    request = HttpRequest("POST", path, "", headers, event)
    with closing(FunctionServer(options, "lambda", FUNCTION_TIMEOUT_SECONDS_MAX)) as server:
        return server.exchange(request)


def _refusal(response: HttpResponse, text: str) -> str:
    """What an error response says, in one line."""
    code = response.headers.get("x-amzn-errortype")
    try:
        members = json.loads(text)
        message = members.get("message") or members.get("Message") or ""
    except (ValueError, AttributeError):
        return f"the server answered with status {response.status}: no API of Lambda answers there"
    return printable(f"{code or response.status}: {message}")
